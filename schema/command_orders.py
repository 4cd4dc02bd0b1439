"""Command orders as the levels and the units see them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import strawberry

from db import command_orders
from db.command_orders import OrderRow, UnitRow
from db.posts import stands_over
from db.vocabulary import SubjectKind
from db.vocabulary.command_orders import CommandOrderState, CommandUnitState
from resolvers import command_orders as rules
from resolvers.following import notices
from resolvers.refusals import Code, Refusal
from resolvers.rules import access
from schema import connection, filters, ids
from schema.cases import Case
from schema.catalogue import Department, department_of
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division
from schema.posts import posts_of
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

PROGRESS_MOST = 100

OneId = Annotated[strawberry.ID, strawberry.argument(description="Global id.")]
OnlyUnderWay = Annotated[bool, strawberry.argument(description="Only those that are neither done nor withdrawn.")]
FromDivision = Annotated[
    strawberry.ID | None, strawberry.argument(description="Orders from this division and below; or give the order.")
]
OneOrder = Annotated[strawberry.ID | None, strawberry.argument(description="This order; or give the division.")]


@strawberry.type(description="One unit of a command order.")
class CommandUnit(Shown):
    row: strawberry.Private[UnitRow]

    state: CommandUnitState = own("Where it stands.")
    signed_at: datetime | None = own("When it signed; null before.")
    done_at: datetime | None = own("When it reported the order done; null before.")
    flagged_at: datetime | None = own("When its limit to sign had passed unsigned; stays; null where it had not.")

    @strawberry.field(description="The department; null where the unit is a centre.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="Division of the centre; null where the unit is a department.")
    async def centre(self, info: Ask) -> Division | None:
        if self.row.centre_code is None:
            return None
        return Division(row=await info.context.loaders.division.load(self.row.centre_code))

    @strawberry.field(
        description="Its last words, long numbers masked; null where there are none, on walls and for analysts."
    )
    def feedback(self, info: Ask) -> str | None:
        if self.row.feedback is None or access.is_onlooker(info.context.viewer.scope):
            return None
        return access.masked_words(self.row.feedback)


@strawberry.type(description="指挥令: one requirement to many units.")
class CommandOrder(Shown):
    row: strawberry.Private[OrderRow]

    version: int = own("Rises by one with every change, also of a unit.")
    state: CommandOrderState = own("Where it stands: signed and done when every unit is.")
    title: str = own("In one line.")
    sign_due_at: datetime = own("Until when every unit is to sign; one that has not is flagged then.")
    due_at: datetime = own("Until when it is to be done.")
    issued_at: datetime = own("When it was issued.")
    issued_name: str = own("Unit or role that issued it; never a person.")
    withdrawn_at: datetime | None = own("When it was taken back; null while it was not.")
    withdrawn_reason: str | None = own("Why; null while it was not.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("CommandOrder", self.row.id)

    @strawberry.field(description="What is required; null on walls and for analysts.")
    def requirement(self, info: Ask) -> str | None:
        return None if access.is_onlooker(info.context.viewer.scope) else self.row.requirement

    @strawberry.field(description="The level it comes from.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(
        description="The case it is about; null where it is about none, or the viewer may not see the case."
    )
    async def case(self, info: Ask) -> Case | None:
        row = None if self.row.case_id is None else await info.context.loaders.case.load(self.row.case_id)
        return None if row is None else Case(row=row)

    @strawberry.field(description="How many units it goes to.")
    def unit_count(self) -> int:
        return int(self.row.units)

    @strawberry.field(description="How many of them have signed.")
    def signed_count(self) -> int:
        return int(self.row.signed)

    @strawberry.field(description="How many have reported it done.")
    def done_count(self) -> int:
        return int(self.row.done)

    @strawberry.field(description="How many had not signed at their limit.")
    def flagged_count(self) -> int:
        return int(self.row.flagged)

    @strawberry.field(
        description="Its units in the order they were named, at most 100: all for the level it comes from and above, "
        "their own and those below for others."
    )
    async def units(self, info: Ask) -> list[CommandUnit]:
        rows = await info.context.loaders.command_units.load(self.row.id)
        return [CommandUnit(row=row) for row in rules.seen_units(await posts_of(info), self.row, rows)]


@strawberry.type(description="A command order in a list.")
class CommandOrderEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: CommandOrder = strawberry.field(description="The order.")


@strawberry.type(description="A page of command orders.")
class CommandOrderConnection:
    edges: list[CommandOrderEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type
class CommandOrderQuery:
    @strawberry.field(description="One command order; null for what is not there or does not concern the viewer.")
    async def command_order(self, info: Ask, id: OneId) -> CommandOrder | None:
        number = ids.number(id, "CommandOrder")
        return None if number is None else await order_now(info, number)

    @strawberry.field(
        description="Command orders from the viewer's level and below, and those to units of theirs; newest first."
    )
    async def command_orders(
        self,
        info: Ask,
        division: filters.Of = None,
        only_under_way: OnlyUnderWay = False,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> CommandOrderConnection:
        size, before_id = connection.page_size(first), connection.id_after(after, "commandOrder")
        path = await path_of(info, division)
        rows = await _rows(info, path, only_under_way=only_under_way, first=size + 1, before_id=before_id)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("commandOrder", row.id) for row in page.rows]
        edges = [
            CommandOrderEdge(cursor=c, node=CommandOrder(row=row)) for c, row in zip(cursors, page.rows, strict=True)
        ]
        return CommandOrderConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )


@strawberry.type
class CommandOrderSubscription:
    @strawberry.subscription(
        description="How far command orders are: at once those under way (at most 100, newest first; of one order "
        "that one), then each that changes. Completes when your rights change."
    )
    async def command_progress(
        self, info: Ask, division: FromDivision = None, order: OneOrder = None
    ) -> AsyncIterator[list[CommandOrder]]:
        context = info.context
        if (division is None) == (order is None):
            raise Refusal(Code.BAD_USER_INPUT, detail="expected either division or order")
        number = None if order is None else ids.number(order, "CommandOrder") or 0
        path = await _followed(info, division, number)
        viewer = context.viewer
        async for changes in notices(context.feed, SubjectKind.COMMAND_ORDER, viewer.realm, path, viewer.standing):
            context.renew()
            changed = {change.subject_id for change in changes}
            if number is not None:
                found = [await order_now(info, number)] if not changes or number in changed else []
            elif changes:
                found = [await order_now(info, one) for one in sorted(changed, reverse=True)]
            else:
                rows = await _rows(info, path, only_under_way=True, first=PROGRESS_MOST, before_id=None)
                found = [CommandOrder(row=row) for row in rows]
            shown = [one for one in found if one is not None]
            if shown or not changes:
                yield shown


async def _followed(info: Ask, division: strawberry.ID | None, number: int | None) -> str:
    """Path below which changes are waited for; NOT_FOUND for what the viewer does not see."""
    if number is not None:
        found = await order_now(info, number)
        if found is None:
            raise Refusal(Code.NOT_FOUND, what="order")
        return str(found.row.path)
    path = await path_of(info, division)
    if path is None or not stands_over(await posts_of(info), path):
        raise Refusal(Code.NOT_FOUND, what="division")
    return path


async def _rows(
    info: Ask, path: str | None, *, only_under_way: bool, first: int, before_id: int | None
) -> list[OrderRow]:
    held = await posts_of(info)
    async with info.context.db.read() as session:
        return await command_orders.page(
            session,
            info.context.viewer.realm,
            held,
            path,
            only_under_way=only_under_way,
            first=first,
            before_id=before_id,
        )


async def order_now(info: Ask, order_id: int) -> CommandOrder | None:
    held = await posts_of(info)
    async with info.context.db.read() as session:
        rows = await command_orders.by_ids(session, info.context.viewer.realm, held, [order_id])
    return CommandOrder(row=rows[order_id]) if order_id in rows else None
