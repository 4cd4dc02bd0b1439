"""Handing in and taking up."""

from __future__ import annotations

from dataclasses import replace

import strawberry

from db import cases
from db.vocabulary import (
    CaseKind,
    CaseOutcome,
    CaseSource,
    Channel,
    DeclineReason,
    Priority,
    TaskAssignee,
    VerificationResult,
)
from resolvers import intake, submitting, tokens
from resolvers.advance import Disposition
from resolvers.refusals import Code, Refusal
from resolvers.submitting import Person, Submission
from schema import ids
from schema.cases import Case
from schema.context import Ask
from schema.mutations import payloads
from schema.mutations.payloads import (
    OVERRIDE,
    CaseActionInput,
    CasePayload,
    EvidenceInput,
    KeyedInput,
    UserError,
    act_on_case,
    case_now,
    error_of,
    key_of,
    optional_key,
)

SIMILAR_MAX = 5


@strawberry.input(description="A point, WGS-84 degrees.")
class PointInput:
    longitude: float = strawberry.field(description="Degrees east.")
    latitude: float = strawberry.field(description="Degrees north.")


@strawberry.input(description="Whom to answer. Personal: shown masked.")
class ContactInput:
    name: str | None = strawberry.field(default=None, description="Name, at most 40 characters.")
    phone: str | None = strawberry.field(default=None, description="Digits, +, - and spaces; at most 20.")


@strawberry.input(description="Somebody who is acted for. Personal: shown masked.")
class PersonInput:
    name: str = strawberry.field(description="Name, at most 40 characters.")
    phone: str | None = strawberry.field(default=None, description="Digits, +, - and spaces; at most 20.")


@strawberry.input(description="Where it is, and what it is about.")
class SubmissionInput:
    description: str = strawberry.field(description="In their own words; personal; at most 4,000 characters.")
    kind: CaseKind | None = strawberry.field(default=None, description="The matter's usual kind where left out.")
    matter: strawberry.ID | None = strawberry.field(default=None, description="The matter, where known.")
    grid: strawberry.ID | None = strawberry.field(default=None, description="The grid; or give a point.")
    point: PointInput | None = strawberry.field(
        default=None, description="The place; without a grid the nearest grid is taken."
    )
    address: str | None = strawberry.field(default=None, description="Personal; at most 200 characters.")
    priority: Priority | None = strawberry.field(
        default=None, description="Staff and systems only; the matter's where left out."
    )
    contact: ContactInput | None = strawberry.field(default=None, description="Whom to answer.")
    channel: Channel | None = strawberry.field(
        default=None, description="On which to be answered; SMS and PHONE need contact.phone; else by the source."
    )
    source: CaseSource | None = strawberry.field(
        default=None, description="Where it came from, for centres and systems; others' source is their role."
    )


@strawberry.input(description="A case handed in.")
class CaseSubmitInput(SubmissionInput, KeyedInput):
    on_behalf_of: PersonInput | None = strawberry.field(
        default=None, description="代办: for whom it is handed in; they get the answer too, by a token of their own."
    )
    evidence: list[EvidenceInput] | None = strawberry.field(default=None, description="Photos, at most 9.")


@strawberry.input(description="One item of a batch.")
class IngestItemInput(SubmissionInput):
    external_id: str = strawberry.field(description="Number in the source system; seen before means the same case.")


@strawberry.input(description="A batch from a hotline, sensor network or other system; at most 100 items.")
class CaseIngestInput(KeyedInput):
    items: list[IngestItemInput] = strawberry.field(description="The items, in order.")


@strawberry.type(description="Answer of caseSubmit.")
class CaseSubmitPayload:
    case: Case | None = strawberry.field(description="The new case, with its number; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")
    poll_token: str | None = strawberry.field(
        default=None,
        description="For who handed it in without an account: shows how it goes, with the number (`progress`, "
        "POST /guest). Kept nowhere; the same key gives a new one, which replaces it. Null for everybody else.",
    )
    beneficiary_token: str | None = strawberry.field(
        default=None, description="The same for whom it was handed in; to be passed on. Null where there is nobody."
    )

    @strawberry.field(
        description="Open cases in scope of the same matter in the same grid: probable duplicates; at most 5."
    )
    async def similar_cases(self, info: Ask) -> list[Case]:
        if self.case is None:
            return []
        async with info.context.db.read() as session:
            rows = await cases.similar(session, info.context.viewer.scope, self.case.row, SIMILAR_MAX)
        return [Case(row=row) for row in rows]


@strawberry.type(description="What became of one item of a batch.")
class IngestedItem:
    external_id: str = strawberry.field(description="As it was sent.")
    is_new: bool = strawberry.field(description="False when it had been handed in before, or was refused.")
    case: Case | None = strawberry.field(description="Its case; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was taken.")


@strawberry.type(description="Answer of caseIngest.")
class CaseIngestPayload:
    items: list[IngestedItem] = strawberry.field(description="In the order of the batch.")
    user_errors: list[UserError] = strawberry.field(description="Why the whole batch was refused; empty otherwise.")


@strawberry.input(description="Take a submission up.")
class CaseAcceptInput(CaseActionInput): ...


@strawberry.input(description="Ask for verification before registering.")
class CaseRequestVerificationInput(CaseActionInput):
    assignee: TaskAssignee = strawberry.field(description="Who is asked; a grid task needs a permit.")
    note: str | None = strawberry.field(default=None, description="What to look at; at most 200 characters.")
    override_reason: str | None = strawberry.field(default=None, description=OVERRIDE)


@strawberry.input(description="Report a verification.")
class CaseVerifyInput(CaseActionInput):
    result: VerificationResult = strawberry.field(description="What was found.")
    note: str | None = strawberry.field(default=None, description="At most 200 characters.")
    evidence: list[EvidenceInput] | None = strawberry.field(default=None, description="Photos, at most 9.")


@strawberry.input(description="Take a verification back.")
class CaseCancelVerificationInput(CaseActionInput):
    note: str | None = strawberry.field(default=None, description="At most 200 characters.")


@strawberry.input(description="Register a case; its clock starts.")
class CaseRegisterInput(CaseActionInput):
    matter: strawberry.ID | None = strawberry.field(default=None, description="Required where the case has none yet.")
    priority: Priority | None = strawberry.field(default=None, description="To change it.")


@strawberry.input(description="The handling unit's finding and decision.")
class DispositionInput:
    text: str = strawberry.field(description="The decision; at most 4,000 characters.")
    basis: str | None = strawberry.field(default=None, description="What it rests on; at most 200 characters.")

    def value(self) -> Disposition:
        return Disposition(self.text, self.basis)


@strawberry.input(description="Decline a case, and answer why.")
class CaseDeclineInput(CaseActionInput):
    reason: DeclineReason = strawberry.field(description="Why.")
    outcome: CaseOutcome = strawberry.field(description="NOT_OURS or NO_PROBLEM_FOUND.")
    disposition: DispositionInput = strawberry.field(description="The decision.")
    response: str = strawberry.field(description="What the submitter is told.")
    suggested_channel: str = strawberry.field(description="Where the submitter may turn; at most 200 characters.")


@strawberry.input(description="Merge a duplicate into its master.")
class CaseMergeInput(CaseActionInput):
    master_id: strawberry.ID = strawberry.field(description="The master: open, and in scope.")


@strawberry.input(description="Separate a merged case again.")
class CaseUnmergeInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")


def submission_of(info: Ask, given: SubmissionInput, evidence: list[EvidenceInput] | None = None) -> Submission:
    return Submission(
        description=given.description,
        kind=given.kind,
        matter_id=_named(given.matter, "Matter"),
        grid_id=_named(given.grid, "Grid"),
        point=None if given.point is None else (given.point.longitude, given.point.latitude),
        address=given.address,
        priority=given.priority,
        contact_name=given.contact.name if given.contact else None,
        contact_phone=given.contact.phone if given.contact else None,
        source=given.source,
        channel=given.channel,
        evidence=payloads.evidence_of(evidence),
        external_id=given.external_id if isinstance(given, IngestItemInput) else None,
    )


def _named(id_: str | None, kind: str) -> int | None:
    """The database id; 0, which is nothing's, for what is no id of that kind: a bad item is refused by itself."""
    if id_ is None:
        return None
    try:
        return ids.number(id_, kind) or 0
    except Refusal:
        return 0


@strawberry.type
class IntakeMutation:
    @strawberry.mutation(description="Hand a case in.")
    async def case_submit(self, info: Ask, input: CaseSubmitInput) -> CaseSubmitPayload:
        try:
            call = payloads.call_of(info, input)
            submission = submission_of(info, input, input.evidence)
            if input.on_behalf_of is not None:
                person = Person(input.on_behalf_of.name, input.on_behalf_of.phone)
                submission = replace(submission, behalf_of=person)
            result = await submitting.submit(info.context.db, call, submission)
        except Refusal as refusal:
            return CaseSubmitPayload(case=None, user_errors=[error_of(refusal, info)])
        case = await case_now(info, result.case_id)
        poll, beneficiary = None, None
        if submission.behalf_of is not None or tokens.is_anonymous(info.context.viewer):
            poll, beneficiary = await tokens.hand_out(info.context.db, result.case_id)
        return CaseSubmitPayload(case=case, user_errors=[], poll_token=poll, beneficiary_token=beneficiary)

    @strawberry.mutation(
        description="Hand a batch in. An externalId seen before answers with its case; a bad item "
        "is refused by itself."
    )
    async def case_ingest(self, info: Ask, input: CaseIngestInput) -> CaseIngestPayload:
        try:
            items = [submission_of(info, one) for one in input.items]
            result = await submitting.ingest(info.context.db, payloads.call_of(info, input), items)
        except Refusal as refusal:
            return CaseIngestPayload(items=[], user_errors=[error_of(refusal, info)])
        info.context.renew()
        rows = await info.context.loaders.case.load_many([one.case_id or 0 for one in result.items])
        return CaseIngestPayload(
            items=[
                IngestedItem(
                    external_id=one.external_id,
                    is_new=one.is_new,
                    case=None if row is None else Case(row=row),
                    user_errors=[]
                    if one.code is None
                    else [error_of(Refusal(Code(one.code), field=one.field, **one.values), info)],
                )
                for one, row in zip(result.items, rows, strict=True)
            ],
            user_errors=[],
        )

    @strawberry.mutation(description="受理: take a submission up.")
    async def case_accept(self, info: Ask, input: CaseAcceptInput) -> CasePayload:
        return await act_on_case(info, input, lambda call, case: intake.accept(info.context.db, call, case))

    @strawberry.mutation(description="派核实: ask somebody on the spot whether the problem exists.")
    async def case_request_verification(self, info: Ask, input: CaseRequestVerificationInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: intake.request_verification(
                info.context.db, call, case, input.assignee, input.note, input.override_reason
            ),
        )

    @strawberry.mutation(description="核实: report whether the problem exists.")
    async def case_verify(self, info: Ask, input: CaseVerifyInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: intake.verify(
                info.context.db, call, case, input.result, input.note, payloads.evidence_of(input.evidence)
            ),
        )

    @strawberry.mutation(description="取消核实: take a verification back.")
    async def case_cancel_verification(self, info: Ask, input: CaseCancelVerificationInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: intake.cancel_verification(info.context.db, call, case, input.note)
        )

    @strawberry.mutation(description="立案: decide that it is a case.")
    async def case_register(self, info: Ask, input: CaseRegisterInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: intake.register(
                info.context.db,
                call,
                case,
                optional_key(input.matter, "Matter", "matter", payloads.MATTER, info),
                input.priority,
            ),
        )

    @strawberry.mutation(description="不予受理: decide that it is not a case, and answer why.")
    async def case_decline(self, info: Ask, input: CaseDeclineInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: intake.decline(
                info.context.db,
                call,
                case,
                reason=input.reason,
                outcome=input.outcome,
                disposition=input.disposition.value(),
                response=input.response,
                suggested_channel=input.suggested_channel,
            ),
        )

    @strawberry.mutation(description="并案: join a duplicate to its master.")
    async def case_merge(self, info: Ask, input: CaseMergeInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: intake.merge(
                info.context.db, call, case, key_of(input.master_id, "Case", "masterId", ("主件", "The master"), info)
            ),
        )

    @strawberry.mutation(description="取消并案: separate a merged case again.")
    async def case_unmerge(self, info: Ask, input: CaseUnmergeInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: intake.unmerge(info.context.db, call, case, input.reason)
        )
