"""Programmes that cases belong to."""

from __future__ import annotations

import strawberry

from db.vocabulary.grid_facts import GridProgramme
from resolvers import grid_facts
from schema.context import Ask
from schema.mutations.payloads import CaseActionInput, CasePayload, act_on_case


@strawberry.input(description="Put a case into a programme, or take it out.")
class CaseTagInput(CaseActionInput):
    programme: GridProgramme | None = strawberry.field(default=None, description="Left out: it belongs to none.")


@strawberry.type
class GridFactsMutation:
    @strawberry.mutation(description="打标签: put a case into a programme, or take it out.")
    async def case_tag(self, info: Ask, input: CaseTagInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: grid_facts.tag(info.context.db, call, case, input.programme)
        )
