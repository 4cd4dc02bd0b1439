"""Parts of a case given to many units, as the case shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db import cases
from db.cases import CaseRow
from db.vocabulary import CaseOutcome, CaseState
from schema.catalogue import Department, department_of
from schema.context import Ask
from schema.ids import global_id
from schema.shown import Shown, is_in_view, own

if TYPE_CHECKING:
    from schema.cases import Case


@strawberry.type(
    description="子件: a part of a case that one unit works as a case of its own; who sees the whole sees it."
)
class CaseChild(Shown):
    row: strawberry.Private[CaseRow]

    @strawberry.field(description="Id of the child as a case.")
    def case_id(self) -> strawberry.ID:
        return global_id("Case", self.row.id)

    @strawberry.field(description="Its own number.")
    def number(self) -> str:
        return cases.number_of(self.row)

    title: str = own("Matter and place; never a person.")
    state: CaseState = own("Where it stands.")
    is_open: bool = own("Whether it is still on its way.")
    outcome: CaseOutcome | None = own("What became of it; null before.")
    due_at: datetime | None = own("When its unit's handling is due.")
    handled_at: datetime | None = own("When its unit reported it handled; null before.")
    was_late: bool = own("Handled after it was due.")

    @strawberry.field(description="The unit that works it; null while it was returned.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.responsible_unit_id)

    @strawberry.field(description="The child as a case; null where the viewer has no rights over it.")
    async def case(self, info: Ask) -> Annotated[Case, strawberry.lazy("schema.cases")] | None:
        from schema.cases import Case as Noun  # noqa: PLC0415  # which imports this module

        row = await info.context.loaders.case.load(self.row.id)
        return None if row is None else Noun(row=row)


@strawberry.type
class DividedCase:
    """What a case shows of its parts, and of what it is part of."""

    row: strawberry.Private[Any]

    @strawberry.field(description="Parts that are still open: the case is not completed before they are done.")
    def children_open(self) -> int:
        return self.row.open_children or 0

    @strawberry.field(description="Parts given to units, in the order they were added; unpaged, at most 50.")
    async def children(self, info: Ask) -> list[CaseChild]:
        if not self.row.children or not await is_in_view(info, self.row):
            return []
        return [CaseChild(row=row) for row in await info.context.loaders.case_children.load(self.row.id)]

    @strawberry.field(description="Whether it is a part of another case, given to one of many units.")
    def is_child(self) -> bool:
        return self.row.parent_id is not None

    @strawberry.field(description="The case it is part of; null where there is none or it is out of scope.")
    async def parent(self, info: Ask) -> Annotated[Case, strawberry.lazy("schema.cases")] | None:
        from schema.cases import Case as Noun  # noqa: PLC0415  # which imports this module

        row = None if self.row.parent_id is None else await info.context.loaders.case.load(self.row.parent_id)
        return None if row is None else Noun(row=row)
