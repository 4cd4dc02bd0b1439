"""More time for a case, and lateness that shall not count."""

from __future__ import annotations

import strawberry

from resolvers import extending
from schema.context import Ask
from schema.mutations.payloads import CaseActionInput, CasePayload, act_on_case


@strawberry.input(description="Ask for one more limit.")
class CaseRequestExtensionInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Approve or refuse an extension.")
class CaseDecideExtensionInput(CaseActionInput):
    approved: bool = strawberry.field(description="Whether the case gets one more limit.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Appeal a lateness.")
class CaseAppealLatenessInput(CaseActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Decide an appeal of a lateness.")
class CaseDecideAppealInput(CaseActionInput):
    exempt: bool = strawberry.field(description="Whether the lateness leaves the figures; `wasLate` stays.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.type
class ExtendingMutation:
    @strawberry.mutation(description="申请延期: ask for one more limit before the present one has passed.")
    async def case_request_extension(self, info: Ask, input: CaseRequestExtensionInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: extending.request_extension(info.context.db, call, case, input.reason),
        )

    @strawberry.mutation(description="延期审批: at most two are approved; a refusal does not count.")
    async def case_decide_extension(self, info: Ask, input: CaseDecideExtensionInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: extending.decide_extension(
                info.context.db, call, case, is_approved=input.approved, reason=input.reason
            ),
        )

    @strawberry.mutation(description="超期申诉: the unit asks, once a round, that its lateness does not count.")
    async def case_appeal_lateness(self, info: Ask, input: CaseAppealLatenessInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: extending.appeal_lateness(info.context.db, call, case, input.reason),
        )

    @strawberry.mutation(description="申诉裁定: take the lateness out of the figures, or leave it in.")
    async def case_decide_appeal(self, info: Ask, input: CaseDecideAppealInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: extending.decide_appeal(
                info.context.db, call, case, is_exempt=input.exempt, reason=input.reason
            ),
        )
