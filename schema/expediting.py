"""Expedite orders, as they are shown and listed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import cases, expediting
from db.expediting import OrderRow
from db.vocabulary import Role
from db.vocabulary.expediting import ExpediteKind
from resolvers.rules import access
from schema import connection, filters
from schema.cases import Case
from schema.catalogue import Department, department_of
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, hides_person, is_in_view, own

OnlyOpen = Annotated[
    bool | None,
    strawberry.argument(description="Only those that wait for a reply, or only others; all where left out."),
]
OneKind = Annotated[ExpediteKind | None, strawberry.argument(description="Only of this kind.")]


@strawberry.type(description="督办单: action on a case is demanded; it ends with a reply.")
class ExpediteOrder(Shown):
    row: strawberry.Private[OrderRow]
    hides_words: strawberry.Private[bool] = False

    kind: ExpediteKind = own("Why it was issued.")
    issued_at: datetime = own("When it was issued.")
    issued_role: Role = own("In which role; SYSTEM where it follows by itself.")
    reply_by: datetime = own("Until when the reply is due; its clock is among `Case.clocks`.")
    replied_at: datetime | None = own("When it was answered; null while it was not.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("ExpediteOrder", self.row.id)

    @strawberry.field(description="Whether the reply came late, or is late by now.")
    def is_late(self, info: Ask) -> bool:
        return bool((self.row.replied_at or info.context.clock()) > self.row.reply_by)

    @strawberry.field(description="Why, in Chinese; null for walls and analysts.")
    def reason(self) -> str | None:
        return None if self.hides_words else self.row.reason

    @strawberry.field(description="The reply; null while there is none, and for walls and analysts.")
    def reply(self) -> str | None:
        return None if self.hides_words else self.row.reply

    @strawberry.field(description="The unit it was addressed to; null where none had the case.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="Division of the centre that held the case.")
    async def centre(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.centre_code))

    @strawberry.field(description="The case; null once it is out of the viewer's scope.")
    async def case(self, info: Ask) -> Case | None:
        row = await info.context.loaders.case.load(self.row.case_id)
        return None if row is None else Case(row=row)


async def orders_of(info: Ask, row: Any) -> list[ExpediteOrder]:
    """Of one case: for insiders, not for who handed it in and not for service providers."""
    scope = info.context.viewer.scope
    if access.hides_notes(scope, cases.columns_of(row)) or not await is_in_view(info, row):
        return []
    hides = hides_person(info, row)
    orders = await info.context.loaders.expedite_orders.load(row.id)
    return [ExpediteOrder(row=one, hides_words=hides) for one in orders]


@strawberry.type(description="An expedite order in a list.")
class ExpediteOrderEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: ExpediteOrder = strawberry.field(description="The order.")


@strawberry.type(description="A page of expedite orders.")
class ExpediteOrderConnection:
    edges: list[ExpediteOrderEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    clauses: strawberry.Private[Any] = None

    @strawberry.field(description="Orders that match, counted up to 10,000.")
    async def total_count(self, info: Ask) -> int:
        scope = access.working_scope(info.context.viewer.scope)
        async with info.context.db.read() as session:
            return await expediting.count(session, scope, self.clauses)


@strawberry.type
class ExpeditingQuery:
    @strawberry.field(
        description="督办: expedite orders about cases the viewer works with, newest first; empty for who only "
        "handed cases in, and for service providers."
    )
    async def expedite_orders(
        self,
        info: Ask,
        division: filters.Of = None,
        open: OnlyOpen = None,
        kind: OneKind = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> ExpediteOrderConnection:
        size = connection.page_size(first)
        before = connection.id_after(after, "expedite")
        clauses = expediting.where(path=await path_of(info, division), is_open=open, kind=kind)
        scope = access.working_scope(info.context.viewer.scope)
        async with info.context.db.read() as session:
            rows = await expediting.page(session, scope, clauses, first=size + 1, before_id=before)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("expedite", row.id) for row in page.rows]
        hides = access.is_onlooker(scope)
        nodes = [ExpediteOrder(row=row, hides_words=hides) for row in page.rows]
        edges = [ExpediteOrderEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return ExpediteOrderConnection(edges=edges, page_info=page_info, clauses=clauses)
