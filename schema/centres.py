"""Centres with their shifts, and what one shift hands to the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import centres
from db.centres import CentreRow, Item, Left, ShiftRow
from db.posts import stands_in_line, stands_over
from db.vocabulary import CaseState, DivisionLevel, SubjectKind
from db.vocabulary.centres import Capability, HandoverKind, ShiftState
from resolvers import centres as rules
from resolvers.centres import Handover as Found
from resolvers.following import notices
from resolvers.refusals import Code, Refusal
from resolvers.rules import access
from schema import connection, filters, ids
from schema.catalogue import Department
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division
from schema.posts import posts_of
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

OfCentre = Annotated[strawberry.ID, strawberry.argument(description="The division whose centre is meant.")]


@strawberry.type(description="One thing the next shift has to know of, as it was then.")
class HandoverItem:
    item: strawberry.Private[Item]

    @strawberry.field(description="The case; ask `case(id)` for how it stands now. Null of an order.")
    def case_id(self) -> strawberry.ID | None:
        return None if self.item.case_id is None else global_id("Case", self.item.case_id)

    @strawberry.field(description="The command order; null of a case.")
    def order_id(self) -> strawberry.ID | None:
        return None if self.item.order_id is None else global_id("CommandOrder", self.item.order_id)

    @strawberry.field(description="The case's number; null of an order.")
    def number(self) -> str | None:
        return self.item.number

    @strawberry.field(description="Matter and place of a case, the title of an order; never a person.")
    def title(self) -> str:
        return self.item.title

    @strawberry.field(description="Where it stood in the life-cycle; null of an order.")
    def state(self) -> CaseState | None:
        return self.item.state

    @strawberry.field(description="Since when: handed in, due, dispatched, given or issued, as the kind says.")
    def since(self) -> datetime:
        return self.item.since

    @strawberry.field(
        description="When handling is due, of a hop its receipt, of an order its signatures; null where nothing is."
    )
    def due_at(self) -> datetime | None:
        return self.item.due_at


@strawberry.type(description="Everything of one kind in a handover.")
class HandoverPart:
    part: strawberry.Private[Left]

    @strawberry.field(description="Why it stands here.")
    def kind(self) -> HandoverKind:
        return self.part.kind

    @strawberry.field(description="How many there were.")
    def count(self) -> int:
        return self.part.count

    @strawberry.field(description="The first of them, longest waiting first; at most 100.")
    def items(self) -> list[HandoverItem]:
        return [HandoverItem(item=one) for one in self.part.items]


@strawberry.type(description="交接清单: what a shift leaves to the next.")
class Handover:
    as_of: datetime = strawberry.field(description="When the server put it down.")
    until: datetime = strawberry.field(description="End of the next shift, up to which things fall due.")
    parts: list[HandoverPart] = strawberry.field(description="One for each kind.")


def handover_of(found: Found) -> Handover:
    return Handover(as_of=found.as_of, until=found.until, parts=[HandoverPart(part=one) for one in found.left])


@strawberry.type(description="班次: one duty shift of a centre, from one signature to the next.")
class Shift(Shown):
    row: strawberry.Private[ShiftRow]

    version: int = own("Rises by one with every change; name it as expectedVersion.")
    state: ShiftState = own("On duty, handed over, or ended.")
    leader_name: str = own("Who leads it: unit and role, never a private person's name.")
    started_at: datetime = own("When it began.")
    planned_end_at: datetime = own("When it is meant to end.")
    handed_over_at: datetime | None = own("The outgoing signature; null before.")
    handed_over_name: str | None = own("Who signed it: the leader, or a commander in their place; null before.")
    ended_at: datetime | None = own("The incoming signature, which began the next shift; null while on duty.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Shift", self.row.id)

    @strawberry.field(description="The centre.")
    async def centre(self, info: Ask) -> Centre:
        return Centre(row=await info.context.loaders.centre.load(self.row.centre_code))

    @strawberry.field(description="The outgoing leader's words; null without any, on walls and for analysts.")
    def note(self, info: Ask) -> str | None:
        return None if access.is_onlooker(info.context.viewer.scope) else self.row.note

    @strawberry.field(description="What was handed over, as it was signed; null before.")
    def handover(self) -> Handover | None:
        return None if self.row.handover is None else handover_of(Found.of(self.row.handover))

    @strawberry.field(description="Who took over; null while it is on duty.")
    async def taken_over_name(self, info: Ask) -> str | None:
        if self.row.next_id is None:
            return None
        async with info.context.db.read() as session:
            following = await centres.shift(session, self.row.realm, self.row.next_id)
        return None if following is None else str(following.leader_name)


@strawberry.type(description="A shift in a list.")
class ShiftEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Shift = strawberry.field(description="The shift.")


@strawberry.type(description="A page of shifts.")
class ShiftConnection:
    edges: list[ShiftEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="席位: a department that works at a centre.")
class Seat(Shown):
    row: strawberry.Private[Any]

    duty: str = own("What the seat is there for.")

    @strawberry.field(description="The department.")
    async def department(self, info: Ask) -> Department:
        return Department(row=await info.context.loaders.department.load(self.row.department_id))


@strawberry.type(description="指挥中心: the body of a division that runs the loop there.")
class Centre(Shown):
    row: strawberry.Private[CentreRow]

    name: str = own("Chinese name.")
    level: DivisionLevel = own("Level of its division.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Centre", self.row.code)

    @strawberry.field(description="Its division; name that where a centre is asked for.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.code))

    @strawberry.field(description="Which of the seven functions it has.")
    def capabilities(self) -> list[Capability]:
        return [one for one in Capability if one.value in self.row.capabilities]

    @strawberry.field(description="The next centre above; null for the topmost.")
    async def parent(self, info: Ask) -> Centre | None:
        codes = self.row.path.rstrip("/").split("/")[:-1]
        found = await info.context.loaders.centre.load_many(codes)
        return next((Centre(row=row) for row in reversed(found) if row is not None), None)

    @strawberry.field(
        description="The centres next below that lie in the viewer's own line, in order of code; unpaged, at most "
        "some 50."
    )
    async def children(self, info: Ask) -> list[Centre]:
        held, rows = await asyncio.gather(posts_of(info), info.context.loaders.centres_below.load(self.row.path))
        return [Centre(row=row) for row in rows if stands_in_line(held, row.path)]

    @strawberry.field(description="Departments that work there, in order of import; at most 100.")
    async def seats(self, info: Ask) -> list[Seat]:
        return [Seat(row=row) for row in await info.context.loaders.seats.load(self.row.code)]

    @strawberry.field(
        description="The shift on duty; null where there is none, or the viewer works neither there nor above."
    )
    async def current_shift(self, info: Ask) -> Shift | None:
        if not stands_over(await posts_of(info), self.row.path):
            return None
        row = await info.context.loaders.current_shift.load(self.row.code)
        return None if row is None else Shift(row=row)

    @strawberry.field(description="Shifts, newest first; empty where the viewer works neither there nor above.")
    async def shifts(self, info: Ask, first: filters.First = 20, after: filters.After = None) -> ShiftConnection:
        size, before_id = connection.page_size(first), connection.id_after(after, "shift")
        rows: list[ShiftRow] = []
        if stands_over(await posts_of(info), self.row.path):
            async with info.context.db.read() as session:
                rows = await centres.shifts_page(
                    session, info.context.viewer.realm, self.row.code, first=size + 1, before_id=before_id
                )
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("shift", row.id) for row in page.rows]
        edges = [ShiftEdge(cursor=c, node=Shift(row=row)) for c, row in zip(cursors, page.rows, strict=True)]
        return ShiftConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )


@strawberry.type(description="A centre in a list.")
class CentreEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Centre = strawberry.field(description="The centre.")


@strawberry.type(description="A page of centres.")
class CentreConnection:
    edges: list[CentreEdge] = strawberry.field(description="This page, in order of code.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type
class CentreQuery:
    @strawberry.field(
        description="The centre of a division; null where it has none, or it is neither the viewer's own, above it "
        "nor below it."
    )
    async def centre(self, info: Ask, division: OfCentre) -> Centre | None:
        row = await centre_in_line(info, division)
        return None if row is None else Centre(row=row)

    @strawberry.field(description="Centres of the viewer's own line: their own, those above and those below.")
    async def centres(
        self, info: Ask, division: filters.Of = None, first: filters.First = 20, after: filters.After = None
    ) -> CentreConnection:
        size, after_code = connection.page_size(first), connection.code_after(after, "centre")
        path, held = await path_of(info, division), await posts_of(info)
        async with info.context.db.read() as session:
            rows = await centres.page(session, held, path, first=size + 1, after_code=after_code)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("centre", row.code) for row in page.rows]
        edges = [CentreEdge(cursor=c, node=Centre(row=row)) for c, row in zip(cursors, page.rows, strict=True)]
        return CentreConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )

    @strawberry.field(
        description="What a centre would hand over now: open urgent cases, what falls due in the next shift, what is "
        "unsigned; null where the viewer works neither there nor above."
    )
    async def shift_handover(self, info: Ask, centre: OfCentre) -> Handover | None:
        row = await centre_in_line(info, centre)
        if row is None or not stands_over(await posts_of(info), row.path):
            return None
        context = info.context
        async with context.db.snapshot() as session:
            return handover_of(await rules.handover_now(session, context.viewer.realm, row.code, context.clock()))


@strawberry.type
class CentreSubscription:
    @strawberry.subscription(
        description="The shift on duty of a centre, at once and whenever it changes; null while there is none. "
        "Completes when your rights change."
    )
    async def shift_changed(self, info: Ask, centre: OfCentre) -> AsyncIterator[Shift | None]:
        context = info.context
        row = await centre_in_line(info, centre)
        if row is None or not stands_over(await posts_of(info), row.path):
            raise Refusal(Code.NOT_FOUND, what="centre")
        viewer, told = context.viewer, False
        async for changes in notices(context.feed, SubjectKind.SHIFT, viewer.realm, row.path, viewer.standing):
            if told and changes and all(one.after.division_path != row.path for one in changes):
                continue  # of a centre below
            context.renew()
            found = await context.loaders.current_shift.load(row.code)
            told = True
            yield None if found is None else Shift(row=found)


async def centre_in_line(info: Ask, division: str) -> CentreRow | None:
    row = await info.context.loaders.centre.load(ids.code(division, "Division") or "")
    return None if row is None or not stands_in_line(await posts_of(info), row.path) else row


async def shift_now(info: Ask, shift_id: int) -> Shift | None:
    async with info.context.db.read() as session:
        row = await centres.shift(session, info.context.viewer.realm, shift_id)
    return None if row is None else Shift(row=row)
