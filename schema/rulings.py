"""Whose case it is, as it is shown: what units said, and how a superior ruled."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db import rulings
from db.cases import columns_of
from resolvers.rules import access
from schema import connection, filters, ids
from schema.catalogue import Department, Matter
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division
from schema.scalars import PageCursor
from schema.shown import Shown, hides_words, is_in_view, own

if TYPE_CHECKING:
    from schema.cases import Case

NOWHERE = "-/"  # below it lies no case
NOTES = "null for submitters, service providers, walls and analysts, and on events."


async def _department(info: Ask, key: int) -> Department:
    return Department(row=await info.context.loaders.department.load(key))


async def _division(info: Ask, code: str) -> Division:
    return Division(row=await info.context.loaders.division.load(code))


@strawberry.type(description="权责意见: a unit says that a case is not its own, and whose it is.")
class UnitView(Shown):
    row: strawberry.Private[rulings.ViewRow]
    hides_notes: strawberry.Private[bool] = False

    round: int = own("Round of the case it was said in.")
    version: int = own("The case's version by this return.")
    at: datetime = own("When.")

    @strawberry.field(description="The unit that sent the case back.")
    async def department(self, info: Ask) -> Department:
        return await _department(info, self.row.department_id)

    @strawberry.field(description="The unit it proposes instead.")
    async def proposes(self, info: Ask) -> Department:
        return await _department(info, self.row.proposed_unit_id)

    @strawberry.field(description=f"Why; {NOTES}")
    def reason(self) -> str | None:
        return None if self.hides_notes else self.row.reason


@strawberry.type(description="权责裁定: a superior decided which unit handles a case; it binds.")
class Ruling(Shown):
    row: strawberry.Private[rulings.RulingRow]
    hides_notes: strawberry.Private[bool] = False

    @strawberry.field(description="Opaque id.")
    def id(self) -> strawberry.ID:
        return global_id("Ruling", self.row.id)

    round: int = own("Round of the case it binds in.")
    version: int = own("The case's version by this ruling.")
    at: datetime = own("When.")
    legal_basis: str | None = own("The law or list of duties it rests on; null where none was named.")

    @strawberry.field(description="The division whose commander ruled.")
    async def division(self, info: Ask) -> Division:
        return await _division(info, self.row.division_code)

    @strawberry.field(description="The unit that was decided on.")
    async def department(self, info: Ask) -> Department:
        return await _department(info, self.row.department_id)

    @strawberry.field(description="Units that had sent the case back or were proposed; a handful, unpaged.")
    async def units_in_dispute(self, info: Ask) -> list[Department]:
        return [await _department(info, unit) for unit in self.row.unit_ids]

    @strawberry.field(description="What the case was about then; null where that was open.")
    async def matter(self, info: Ask) -> Matter | None:
        if self.row.matter_id is None:
            return None
        return Matter(row=await info.context.loaders.matter.load(self.row.matter_id))

    @strawberry.field(description=f"Why; {NOTES}")
    def reason(self) -> str | None:
        return None if self.hides_notes else self.row.reason

    @strawberry.field(description="The case; null once it is out of the viewer's scope.")
    async def case(self, info: Ask) -> Annotated[Case, strawberry.lazy("schema.cases")] | None:
        from schema.cases import Case  # noqa: PLC0415  # which imports this module

        row = await info.context.loaders.case.load(self.row.case_id)
        return None if row is None else Case(row=row)


@strawberry.type
class DisputedCase:
    """What a case shows of whose it is."""

    row: strawberry.Private[Any]

    @strawberry.field(description="What units said when they sent it back, oldest first; unpaged, one a return.")
    async def views(self, info: Ask) -> list[UnitView]:
        if not await is_in_view(info, self.row):
            return []
        rows = await info.context.loaders.unit_views.load(self.row.id)
        return [UnitView(row=row, hides_notes=_hides_notes(info, self.row)) for row in rows]

    @strawberry.field(description="How superiors ruled on it, oldest first; unpaged, one a round at most.")
    async def rulings(self, info: Ask) -> list[Ruling]:
        if not await is_in_view(info, self.row):
            return []
        rows = await info.context.loaders.rulings.load(self.row.id)
        return [Ruling(row=row, hides_notes=_hides_notes(info, self.row)) for row in rows]

    @strawberry.field(
        description="Division whose commander, or one above, has to rule because units disagree; null where none has."
    )
    async def ruling_by(self, info: Ask) -> Division | None:
        path = self.row.ruling_path
        return await _division(info, path.rstrip("/").rpartition("/")[2]) if path else None


def _hides_notes(info: Ask, case: Any) -> bool:
    return hides_words(info, case) or access.hides_notes(info.context.viewer.scope, columns_of(case))


@strawberry.type(description="A ruling in a list.")
class RulingEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Ruling = strawberry.field(description="The ruling.")


@strawberry.type(description="A page of rulings.")
class RulingConnection:
    edges: list[RulingEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type
class RulingQuery:
    @strawberry.field(
        description="Precedents: rulings on cases the viewer may see, of a division and below and of a matter where "
        "they are named, newest first."
    )
    async def rulings(
        self,
        info: Ask,
        division: filters.Of = None,
        matter: filters.OneMatter = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> RulingConnection:
        size = connection.page_size(first)
        before_id = connection.id_after(after, "ruling")
        context = info.context
        path = None
        if division is not None:
            found = await context.loaders.division.load(ids.code(division, "Division") or "")
            path = NOWHERE if found is None else found.path
        matter_id = None if matter is None else ids.number(matter, "Matter") or 0
        async with context.db.read() as session:
            rows = await rulings.page(
                session, context.viewer.scope, path=path, matter_id=matter_id, first=size + 1, before_id=before_id
            )
        page = connection.Slice.of(rows, size)
        cases = await context.loaders.case.load_many([row.case_id for row in page.rows])
        nodes = [
            Ruling(row=row, hides_notes=case is None or _hides_notes(info, case))
            for row, case in zip(page.rows, cases, strict=True)
        ]
        cursors = [connection.cursor("ruling", row.id) for row in page.rows]
        return RulingConnection(
            edges=[RulingEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)],
            page_info=connection.page_info(cursors, has_next=page.has_next, after=after),
        )
