"""Walls, and what the duty desk lets them show."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

import strawberry

from db import screens
from db.places import DivisionRow
from db.posts import posts, stands_over
from db.screens import ScreenRow
from db.vocabulary import Role, SubjectKind
from db.vocabulary.screens import FocusKind
from resolvers.following import notices
from resolvers.refusals import Code, Refusal
from schema import ids
from schema.cases import Case
from schema.context import Ask, Context
from schema.places import Division, Grid

OfWalls = Annotated[strawberry.ID, strawberry.argument(description="The division whose walls are meant.")]


@strawberry.type(description="大屏聚焦: what the duty desk lets all walls of a division show.")
class ScreenFocus:
    screen: Division = strawberry.field(description="The division whose walls are meant.")
    row: strawberry.Private[ScreenRow]  # None before the first

    @strawberry.field(description="Rises with every change; 0 before the first.")
    def version(self) -> int:
        return 0 if self.row is None else self.row.version

    @strawberry.field(description="What is shown; NOTHING when the desk has let go, or its minute is over.")
    def kind(self, info: Ask) -> FocusKind:
        if self.row is None or self.row.ends_at is None or self.row.ends_at <= info.context.clock():
            return FocusKind.NOTHING
        kind: FocusKind = self.row.kind
        return kind

    @strawberry.field(description="When it was asked for; null before the first.")
    def at(self) -> datetime | None:
        return None if self.row is None else self.row.at

    @strawberry.field(description="When the wall shows its own picture again, 60 s later; null before the first.")
    def ends_at(self) -> datetime | None:
        return None if self.row is None else self.row.ends_at

    @strawberry.field(description="In which role it was asked for; null before the first.")
    def by_role(self) -> Role | None:
        return None if self.row is None else self.row.set_role

    @strawberry.field(description="The case; null for another kind, or when the viewer may not see it.")
    async def case(self, info: Ask) -> Case | None:
        if self.kind(info) is not FocusKind.CASE:
            return None
        row = await info.context.loaders.case.load(int(self.row.target))
        return None if row is None else Case(row=row)

    @strawberry.field(description="The division; null for another kind.")
    async def division(self, info: Ask) -> Division | None:
        if self.kind(info) is not FocusKind.DIVISION:
            return None
        row = await info.context.loaders.division.load(self.row.target)
        return None if row is None else Division(row=row)

    @strawberry.field(description="The grid; null for another kind.")
    async def grid(self, info: Ask) -> Grid | None:
        if self.kind(info) is not FocusKind.GRID:
            return None
        row = await info.context.loaders.grid.load(int(self.row.target))
        return None if row is None else Grid(row=row)


async def focus_now(context: Context, division: DivisionRow) -> ScreenFocus:
    async with context.db.read() as session:
        row = await screens.of_division(session, context.viewer.realm, division.code)
    return ScreenFocus(screen=Division(row=division), row=row)


async def watched(context: Context, division: str) -> DivisionRow:
    """The division whose walls somebody may watch: their own or one below. Refuses NOT_FOUND."""
    row = await context.loaders.division.load(ids.code(division, "Division") or "")
    async with context.db.read() as session:
        held = await posts(session, context.viewer.scope)
    if row is None or not stands_over(held, row.path):
        raise Refusal(Code.NOT_FOUND, what="screen")
    return row


@strawberry.type
class ScreenQuery:
    @strawberry.field(description="What the walls of a division are asked to show now.")
    async def screen_focus(self, info: Ask, division: OfWalls) -> ScreenFocus:
        return await focus_now(info.context, await watched(info.context, division))


@strawberry.type
class ScreenSubscription:
    @strawberry.subscription(
        description="What the walls of a division are asked to show: at once, and again when the desk changes it; "
        "whoever comes back is told how it stands. Completes when your rights change."
    )
    async def screen_focused(self, info: Ask, division: OfWalls) -> AsyncIterator[ScreenFocus]:
        context = info.context
        row = await watched(context, division)
        viewer = context.viewer
        async for events in notices(context.feed, SubjectKind.SCREEN, viewer.realm, row.path, viewer.standing):
            if events and not any(event.after.division_path == row.path for event in events):
                continue  # of a wall further down
            context.renew()
            focused = await focus_now(context, row)
            if not viewer.standing.is_current:
                return
            yield focused
