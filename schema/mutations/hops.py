"""Giving a case to another level, and passing its answer back."""

from __future__ import annotations

import strawberry

from resolvers import hops
from schema import ids
from schema.context import Ask
from schema.mutations.payloads import CaseActionInput, CasePayload, act_on_case


@strawberry.input(description="Give a case to the centre above.")
class CaseEscalateInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Give a case to a centre below.")
class CaseAssignDownInput(CaseActionInput):
    centre: strawberry.ID = strawberry.field(description="Division of the centre; the case lies in it.")
    reason: str = strawberry.field(description="What is asked for; at most 200 characters.")


@strawberry.input(description="Sign for a case that came from another level.")
class CaseReceiveHopInput(CaseActionInput): ...


@strawberry.input(description="Pass the answer on to the level the case came from.")
class CasePassAnswerInput(CaseActionInput):
    note: str | None = strawberry.field(default=None, description="At most 200 characters.")


@strawberry.type
class HopMutation:
    @strawberry.mutation(description="上交: give the case to the centre above, which has to sign for it.")
    async def case_escalate(self, info: Ask, input: CaseEscalateInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: hops.escalate(info.context.db, call, case, input.reason)
        )

    @strawberry.mutation(description="下派: give the case to a centre below, which has to sign for it.")
    async def case_assign_down(self, info: Ask, input: CaseAssignDownInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: hops.assign_down(
                info.context.db, call, case, ids.code_or_nothing(input.centre, "Division"), input.reason
            ),
        )

    @strawberry.mutation(description="层级签收: sign for a case that came from another level.")
    async def case_receive_hop(self, info: Ask, input: CaseReceiveHopInput) -> CasePayload:
        return await act_on_case(info, input, lambda call, case: hops.receive(info.context.db, call, case))

    @strawberry.mutation(
        description="回传答复: pass the answer on to the level the case came from; the last level first."
    )
    async def case_pass_answer(self, info: Ask, input: CasePassAnswerInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: hops.pass_answer(info.context.db, call, case, input.note)
        )
