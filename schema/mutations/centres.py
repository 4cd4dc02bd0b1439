"""What people on duty at a centre do."""

from __future__ import annotations

import strawberry

from resolvers import centres
from schema.context import Ask
from schema.mutations.payloads import CaseActionInput, CasePayload, act_on_case


@strawberry.input(description="Say that an urgent case has been seen.")
class CaseAcknowledgeInput(CaseActionInput):
    note: str | None = strawberry.field(default=None, description="At most 200 characters.")


@strawberry.type
class CentreMutation:
    @strawberry.mutation(description="紧急确认: say that an urgent case has been seen.")
    async def case_acknowledge(self, info: Ask, input: CaseAcknowledgeInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: centres.acknowledge(info.context.db, call, case, input.note)
        )
