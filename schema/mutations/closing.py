"""Checking, answering, closing, reopening; ending a case early."""

from __future__ import annotations

import strawberry

from db.vocabulary import CaseKind, CaseOutcome, CheckResult, Priority, TaskAssignee
from db.vocabulary.visits import RiskLevel
from resolvers import answering, closing
from resolvers.answering import Amendment
from resolvers.refusals import Refusal
from schema.context import Ask
from schema.enums import Crs
from schema.filters import InCrs
from schema.mutations import payloads
from schema.mutations.payloads import (
    OVERRIDE,
    CaseActionInput,
    CasePayload,
    EvidenceInput,
    KeyedInput,
    UserError,
    act_on_case,
    error_of,
    evidence_of,
    key_of,
    optional_key,
)
from schema.places import Point, point_of


@strawberry.input(description="Ask for a completion check.")
class CaseRequestCheckInput(CaseActionInput):
    assignee: TaskAssignee = strawberry.field(description="Who is asked; a grid task needs a permit.")
    note: str | None = strawberry.field(default=None, description="What to look at; at most 200 characters.")
    override_reason: str | None = strawberry.field(default=None, description=OVERRIDE)


@strawberry.input(description="Report a completion check.")
class CaseCheckInput(CaseActionInput):
    result: CheckResult = strawberry.field(description="What was found; FAIL sends the case back.")
    note: str | None = strawberry.field(default=None, description="At most 200 characters.")
    evidence: list[EvidenceInput] | None = strawberry.field(default=None, description="Photos, at most 9.")


@strawberry.input(description="Send a handled case back.")
class CaseReworkInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Close a case.")
class CaseCloseInput(CaseActionInput):
    outcome: CaseOutcome | None = strawberry.field(default=None, description="The unit's outcome where left out.")


@strawberry.input(description="Say whether it is solved.")
class CaseConfirmInput(CaseActionInput):
    is_solved: bool = strawberry.field(description="认可 or 未解决.")


@strawberry.input(description="Ask to have a case taken up again.")
class CaseRequestReopenInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Take a case up again.")
class CaseReopenInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Refuse to take a case up again, and answer why.")
class CaseRefuseReopenInput(CaseActionInput):
    reason: str = strawberry.field(description="Internal; at most 200 characters.")
    response: str = strawberry.field(description="What the submitter is told.")


@strawberry.input(description="Take the request to reopen back.")
class CaseWithdrawReopenInput(CaseActionInput): ...


@strawberry.input(description="Take an own case back.")
class CaseWithdrawInput(CaseActionInput):
    reason: str | None = strawberry.field(default=None, description="At most 200 characters.")


@strawberry.input(description="Declare a case void, and answer why.")
class CaseVoidInput(CaseActionInput):
    reason: str = strawberry.field(description="Internal; at most 200 characters.")
    response: str = strawberry.field(description="What the submitter is told.")


@strawberry.input(description="Tell the submitter.")
class CaseRespondInput(CaseActionInput):
    text: str | None = strawberry.field(default=None, description="At most 4,000 characters; or give a template.")
    template: strawberry.ID | None = strawberry.field(
        default=None, description="Of responseTemplates; it must be one that can be filled in whole."
    )


@strawberry.input(description="Correct a case; what is left out stays.")
class CaseAmendInput(CaseActionInput):
    title: str | None = strawberry.field(
        default=None, description="Never with a person in it; at most 120 characters."
    )
    matter: strawberry.ID | None = strawberry.field(
        default=None, description="Recomputes the due time from the original start and keeps pauses."
    )
    kind: CaseKind | None = strawberry.field(default=None, description="Kind of demand.")
    priority: Priority | None = strawberry.field(default=None, description="How urgent it is.")
    grid: strawberry.ID | None = strawberry.field(default=None, description="Where it is.")
    is_pressing: bool | None = strawberry.field(default=None, description="急难愁盼: what presses people most.")
    risk: RiskLevel | None = strawberry.field(default=None, description="How much harm it may do.")


@strawberry.input(description="Look at personal data in full, on the record.")
class CaseRevealContactInput(KeyedInput):
    case_id: strawberry.ID = strawberry.field(description="The case.")
    reason: str = strawberry.field(description="Why; kept with name and time; at most 200 characters.")


@strawberry.type(description="Personal data in full.")
class Contact:
    name: str | None = strawberry.field(description="Name; null where none was given.")
    phone: str | None = strawberry.field(description="Number; null where none was given.")
    address: str | None = strawberry.field(description="Address; null where none was given.")
    description: str = strawberry.field(description="The submitter's own words.")
    beneficiary_name: str | None = strawberry.field(description="For whom it was handed in; null where for nobody.")
    beneficiary_phone: str | None = strawberry.field(description="Their number; null where none was given.")
    place: strawberry.Private[tuple[float, float] | None] = None

    @strawberry.field(description="Exact place; null where none was given.")
    def point(self, crs: InCrs = Crs.WGS84) -> Point | None:
        return None if self.place is None else point_of(*self.place, crs)


@strawberry.type(description="Answer of caseRevealContact.")
class CaseRevealContactPayload:
    contact: Contact | None = strawberry.field(description="Null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was shown.")


@strawberry.type
class ClosingMutation:
    @strawberry.mutation(description="派核查: ask for a completion check.")
    async def case_request_check(self, info: Ask, input: CaseRequestCheckInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: closing.request_check(
                info.context.db, call, case, input.assignee, input.note, input.override_reason
            ),
        )

    @strawberry.mutation(description="核查: report whether it is really done.")
    async def case_check(self, info: Ask, input: CaseCheckInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: closing.check(
                info.context.db, call, case, input.result, input.note, evidence_of(input.evidence)
            ),
        )

    @strawberry.mutation(description="返工: send a handled case back.")
    async def case_rework(self, info: Ask, input: CaseReworkInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: closing.rework(info.context.db, call, case, input.reason)
        )

    @strawberry.mutation(description="结案: close, with outcome, disposition and a delivered response.")
    async def case_close(self, info: Ask, input: CaseCloseInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: closing.close(info.context.db, call, case, input.outcome)
        )

    @strawberry.mutation(description="评价: the submitter says solved or not.")
    async def case_confirm(self, info: Ask, input: CaseConfirmInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: closing.confirm(info.context.db, call, case, input.is_solved)
        )

    @strawberry.mutation(description="申请重办: the submitter asks to have it taken up again.")
    async def case_request_reopen(self, info: Ask, input: CaseRequestReopenInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: closing.request_reopen(info.context.db, call, case, input.reason)
        )

    @strawberry.mutation(description="重办: take it up again.")
    async def case_reopen(self, info: Ask, input: CaseReopenInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: closing.reopen(info.context.db, call, case, input.reason)
        )

    @strawberry.mutation(description="不予重办: answer that it stays as it is.")
    async def case_refuse_reopen(self, info: Ask, input: CaseRefuseReopenInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: closing.refuse_reopen(info.context.db, call, case, input.reason, input.response),
        )

    @strawberry.mutation(description="撤回重办申请: the submitter takes the request back.")
    async def case_withdraw_reopen(self, info: Ask, input: CaseWithdrawReopenInput) -> CasePayload:
        return await act_on_case(info, input, lambda call, case: closing.withdraw_reopen(info.context.db, call, case))

    @strawberry.mutation(description="撤回: the submitter takes the case back.")
    async def case_withdraw(self, info: Ask, input: CaseWithdrawInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: closing.withdraw(info.context.db, call, case, input.reason)
        )

    @strawberry.mutation(description="作废: declare the case void, and answer why.")
    async def case_void(self, info: Ask, input: CaseVoidInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: closing.void(info.context.db, call, case, input.reason, input.response)
        )

    @strawberry.mutation(description="回应: tell the submitter.")
    async def case_respond(self, info: Ask, input: CaseRespondInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: answering.respond(
                info.context.db,
                call,
                case,
                input.text,
                optional_key(input.template, "ResponseTemplate", "template", ("该模板", "The template"), info),
            ),
        )

    @strawberry.mutation(description="更正: correct title, matter, kind, priority or place.")
    async def case_amend(self, info: Ask, input: CaseAmendInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: answering.amend(
                info.context.db,
                call,
                case,
                Amendment(
                    title=input.title,
                    matter_id=optional_key(input.matter, "Matter", "matter", payloads.MATTER, info),
                    kind=input.kind,
                    priority=input.priority,
                    is_pressing=input.is_pressing,
                    risk=input.risk,
                    grid_id=optional_key(input.grid, "Grid", "grid", payloads.GRID, info),
                ),
            ),
        )

    @strawberry.mutation(description="查看联系方式: personal data in full, against a reason that is kept for good.")
    async def case_reveal_contact(self, info: Ask, input: CaseRevealContactInput) -> CaseRevealContactPayload:
        try:
            _, found = await answering.reveal_contact(
                info.context.db,
                payloads.call_of(info, input),
                key_of(input.case_id, "Case", "caseId", payloads.CASE, info),
                input.reason,
            )
        except Refusal as refusal:
            return CaseRevealContactPayload(contact=None, user_errors=[error_of(refusal, info)])
        contact = Contact(
            name=found.name,
            phone=found.phone,
            address=found.address,
            description=found.description,
            beneficiary_name=found.beneficiary_name,
            beneficiary_phone=found.beneficiary_phone,
            place=found.point,
        )
        return CaseRevealContactPayload(contact=contact, user_errors=[])
