"""Decisions that rest on cases, and what a case shows of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db.cases import CaseRow
from resolvers import deciding
from resolvers.rules import access
from schema import connection, filters, ids
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division
from schema.scalars import PageCursor
from schema.shown import Shown, is_in_view, own

if TYPE_CHECKING:
    from schema.cases import Case

TheDecision = Annotated[strawberry.ID, strawberry.argument(description="Id of the decision.")]


@strawberry.type
class DecidedCase:
    """What a case shows of decisions that rest on it."""

    row: strawberry.Private[CaseRow]

    @strawberry.field(
        description="供决策参考: how many decisions rest on this case, also for who handed it in; 0 on events."
    )
    async def used_in_decisions(self, info: Ask) -> int:
        if not await is_in_view(info, self.row):
            return 0
        return int(await info.context.loaders.decisions_of_case.load(self.row.id))


@strawberry.type(description="决策: what a division decided because of cases that were handed in.")
class Decision(Shown):
    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque id.")
    def id(self) -> strawberry.ID:
        return global_id("Decision", self.row.id)

    decided_at: datetime = own("When it was recorded.")
    followed_up_at: datetime | None = own("When its follow-up was written; null before.")

    @strawberry.field(description="The division that decided.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="What is to be done; long numbers masked for analysts.")
    def instruction(self, info: Ask) -> str:
        return _shown(info, self.row.instruction) or ""

    @strawberry.field(description="What has become of it; null before; masked like the instruction.")
    def follow_up(self, info: Ask) -> str | None:
        return _shown(info, self.row.follow_up)

    @strawberry.field(description="On how many cases it rests.")
    async def case_count(self, info: Ask) -> int:
        return len(await info.context.loaders.cases_of_decision.load(self.row.id))

    @strawberry.field(description="The cases it rests on that the viewer may see, oldest first; at most 100.")
    async def based_on_cases(self, info: Ask) -> list[Annotated[Case, strawberry.lazy("schema.cases")]]:
        from schema.cases import Case as Noun  # noqa: PLC0415  # which imports this module

        loaders = info.context.loaders
        rows = await loaders.case.load_many(await loaders.cases_of_decision.load(self.row.id))
        return [Noun(row=row) for row in rows if row is not None]


def _shown(info: Ask, words: str | None) -> str | None:
    if words is None or not access.is_onlooker(info.context.viewer.scope):
        return words
    return access.masked_words(words)


@strawberry.type(description="A decision in a list.")
class DecisionEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Decision = strawberry.field(description="The decision.")


@strawberry.type(description="A page of decisions.")
class DecisionConnection:
    edges: list[DecisionEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="Questions about decisions.")
class DecisionQuery:
    @strawberry.field(
        description="One decision, for commanders, shift leaders and analysts of its division; null for others."
    )
    async def decision(self, info: Ask, id: TheDecision) -> Decision | None:
        number = ids.number(id, "Decision")
        context = info.context
        row = None if number is None else await deciding.decision_of(context.db, context.viewer.scope, number)
        return None if row is None else Decision(row=row)

    @strawberry.field(
        description="Decisions of the viewer's divisions, or of one of them and below, newest first; empty for who "
        "is no commander, shift leader or analyst there."
    )
    async def decisions(
        self, info: Ask, division: filters.Of = None, first: filters.First = 20, after: filters.After = None
    ) -> DecisionConnection:
        context = info.context
        size = connection.page_size(first)
        before_id = connection.id_after(after, "decision")
        path = None
        if division is not None:
            row = await context.loaders.division.load(ids.code(division, "Division") or "")
            path = "" if row is None else row.path
        rows = await deciding.page_of(context.db, context.viewer.scope, path, first=size + 1, before_id=before_id)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("decision", one.id) for one in page.rows]
        return DecisionConnection(
            edges=[DecisionEdge(cursor=c, node=Decision(row=one)) for c, one in zip(cursors, page.rows, strict=True)],
            page_info=connection.page_info(cursors, has_next=page.has_next, after=after),
        )
