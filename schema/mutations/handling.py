"""Giving a case to a unit, and what the unit does with it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db.vocabulary import CaseOutcome
from resolvers import dispatching, handling
from schema.context import Ask
from schema.filters import aware
from schema.mutations import payloads
from schema.mutations.intake import DispositionInput
from schema.mutations.payloads import (
    CaseActionInput,
    CasePayload,
    EvidenceInput,
    act_on_case,
    evidence_of,
    key_of,
    optional_key,
)


@strawberry.input(description="Give a case to a department.")
class CaseDispatchInput(CaseActionInput):
    department: strawberry.ID = strawberry.field(description="The responsible unit, of the case's place or above.")
    note: str | None = strawberry.field(default=None, description="At most 200 characters.")


@strawberry.input(description="Give a case to another department.")
class CaseReassignInput(CaseActionInput):
    department: strawberry.ID = strawberry.field(description="The new responsible unit.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Decide who handles a returned case; binding.")
class CaseRuleInput(CaseActionInput):
    department: strawberry.ID = strawberry.field(description="The unit the ruling binds.")
    reason: str = strawberry.field(description="At most 200 characters.")
    legal_basis: str | None = strawberry.field(
        default=None, description="The law or list of duties it rests on; at most 200 characters."
    )


@strawberry.input(description="Sign for a case.")
class CaseSignInput(CaseActionInput): ...


@strawberry.input(description="Send a case back.")
class CaseReturnInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")
    proposed_department: strawberry.ID = strawberry.field(description="Who should have it instead.")


@strawberry.input(description="Begin handling.")
class CaseStartInput(CaseActionInput): ...


@strawberry.input(description="Report a case handled.")
class CaseCompleteInput(CaseActionInput):
    outcome: CaseOutcome = strawberry.field(description="What became of it.")
    disposition: DispositionInput = strawberry.field(description="Finding and decision.")
    evidence: list[EvidenceInput] | None = strawberry.field(
        default=None, description="Photos, at most 9; AFTER where the standard asks for one."
    )


@strawberry.input(description="Settle an own submission on the spot.")
class CaseSelfHandleInput(CaseActionInput):
    outcome: CaseOutcome = strawberry.field(description="What became of it.")
    disposition: DispositionInput = strawberry.field(description="What was done.")
    matter: strawberry.ID | None = strawberry.field(default=None, description="Required where the case has none yet.")
    evidence: list[EvidenceInput] | None = strawberry.field(
        default=None, description="Photos BEFORE and AFTER, unless the case already has them."
    )


@strawberry.input(description="Put a case off.")
class CaseHoldInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")
    until: datetime = strawberry.field(description="When it is resumed by itself; in the future.")


@strawberry.input(description="Keep a case on the books.")
class CaseMakeLongTermInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")
    until: datetime = strawberry.field(description="When it is resumed by itself; in the future.")


@strawberry.input(description="Take a held case up again.")
class CaseResumeInput(CaseActionInput): ...


def _unit(info: Ask, given: strawberry.ID, field: str = "department") -> int:
    return key_of(given, "Department", field, payloads.DEPARTMENT, info)


def _until(moment: datetime) -> datetime:
    found = aware(moment, "until")
    assert found is not None
    return found


@strawberry.type
class HandlingMutation:
    @strawberry.mutation(description="派遣: give the case to a responsible unit.")
    async def case_dispatch(self, info: Ask, input: CaseDispatchInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: dispatching.dispatch(
                info.context.db, call, case, _unit(info, input.department), input.note
            ),
        )

    @strawberry.mutation(description="改派: give the case to another unit.")
    async def case_reassign(self, info: Ask, input: CaseReassignInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: dispatching.reassign(
                info.context.db, call, case, _unit(info, input.department), input.reason
            ),
        )

    @strawberry.mutation(description="权责裁定: the common superior decides who handles it; binding.")
    async def case_rule(self, info: Ask, input: CaseRuleInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: dispatching.rule(
                info.context.db, call, case, _unit(info, input.department), input.reason, input.legal_basis
            ),
        )

    @strawberry.mutation(description="签收: sign for the case.")
    async def case_sign(self, info: Ask, input: CaseSignInput) -> CasePayload:
        return await act_on_case(info, input, lambda call, case: handling.sign(info.context.db, call, case))

    @strawberry.mutation(description="退回: send the case back, naming who should have it.")
    async def case_return(self, info: Ask, input: CaseReturnInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: handling.send_back(
                info.context.db,
                call,
                case,
                input.reason,
                _unit(info, input.proposed_department, "proposedDepartment"),
            ),
        )

    @strawberry.mutation(description="开始处理: begin handling.")
    async def case_start(self, info: Ask, input: CaseStartInput) -> CasePayload:
        return await act_on_case(info, input, lambda call, case: handling.start(info.context.db, call, case))

    @strawberry.mutation(description="处置完成: report the case handled, with its disposition.")
    async def case_complete(self, info: Ask, input: CaseCompleteInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: handling.complete(
                info.context.db,
                call,
                case,
                outcome=input.outcome,
                disposition=input.disposition.value(),
                evidence=evidence_of(input.evidence),
            ),
        )

    @strawberry.mutation(description="自行处置: settle an own submission on the spot.")
    async def case_self_handle(self, info: Ask, input: CaseSelfHandleInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: handling.self_handle(
                info.context.db,
                call,
                case,
                matter_id=optional_key(input.matter, "Matter", "matter", payloads.MATTER, info),
                outcome=input.outcome,
                disposition=input.disposition.value(),
                evidence=evidence_of(input.evidence),
            ),
        )

    @strawberry.mutation(description="缓办: put the case off until a date; the clock stands still.")
    async def case_hold(self, info: Ask, input: CaseHoldInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: handling.hold(info.context.db, call, case, input.reason, _until(input.until)),
        )

    @strawberry.mutation(description="挂账: keep the case on the books until a date; the clock stands still.")
    async def case_make_long_term(self, info: Ask, input: CaseMakeLongTermInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: handling.make_long_term(
                info.context.db, call, case, input.reason, _until(input.until)
            ),
        )

    @strawberry.mutation(description="恢复办理: take a held case up again before its date.")
    async def case_resume(self, info: Ask, input: CaseResumeInput) -> CasePayload:
        return await act_on_case(info, input, lambda call, case: handling.resume(info.context.db, call, case))
