"""Burden of grid workers, grids without a full-time worker, and handovers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from db import burden, places, tallies, workers
from db.clock import local_day
from db.vocabulary.workers import HandedOver
from resolvers import burden as measuring
from resolvers.burden import BurdenFigures
from resolvers.measuring import Subject, may_measure
from schema import connection, filters
from schema.connection import PageInfo
from schema.context import Ask
from schema.places import Grid, GridConnection, grid_page
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

ThePlace = Annotated[strawberry.ID, strawberry.argument(description="The division.")]
OnDay = Annotated[date | None, strawberry.argument(description="Local day; today where left out.")]


@strawberry.type(
    description="减负: what the grid workers of a division were given on one local day. Counted from what happened; "
    "nobody is asked for minutes."
)
class BurdenReport(Shown):
    row: strawberry.Private[BurdenFigures]

    day: date = own("The local day.")
    workers: int = own("People who are given tasks there: full-time, part-time, leaders.")
    tasks: int = own("Tasks given to grids, and what workers handed in themselves.")
    minutes: int = own("Estimated minutes of the tasks given, by their permits; 0 for what nobody has estimated.")
    per_worker: float | None = own("Tasks per worker, two decimals; null where nobody works.")
    loaded: int = own("Workers, or grids without one, who were given anything.")
    per_loaded: float | None = own("Tasks for each of these, two decimals; null where nobody was given anything.")
    most: int = own("Most tasks of one of them.")
    ceiling: int = own("Most tasks a day for one worker that holds for the division itself.")
    over_ceiling: int = own("Workers, or grids without one, with more than their ceiling.")
    overrides: int = own("Tasks given beyond the ceiling, with a reason.")
    refusals: int = own("Tasks refused because of the ceiling.")


@strawberry.type(description="What one worker, or a grid without one, was given on one local day.")
class WorkerBurden(Shown):
    row: strawberry.Private[Any]

    tasks: int = own("Tasks given, and own submissions.")
    verifications: int = own("Verifications asked for.")
    checks: int = own("Completion checks asked for.")
    submissions: int = own("Cases handed in.")
    self_handled: int = own("Cases settled on the spot; they are among the submissions of some day.")
    minutes: int = own("Estimated minutes of the tasks given, by their permits.")
    overrides: int = own("Tasks given beyond the ceiling.")
    ceiling: int = own("Most tasks a day that held for them.")

    @strawberry.field(description="Staff code; null where the grid has no worker.")
    def code(self) -> str | None:
        return None if self.row.holder.startswith("-") else str(self.row.holder)

    @strawberry.field(description="Systems touched: everything of this day came through one.")
    def systems_touched(self) -> int:
        return 1

    @strawberry.field(description="Whether they had more than the ceiling.")
    def is_over_ceiling(self) -> bool:
        return bool(self.row.tasks > self.row.ceiling)

    @strawberry.field(description="The grid, the first of them where several.")
    async def grid(self, info: Ask) -> Grid:
        return Grid(row=await info.context.loaders.grid.load(self.row.grid_id))


@strawberry.type(description="The burden of a worker in a list.")
class WorkerBurdenEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: WorkerBurden = strawberry.field(description="The burden.")


@strawberry.type(description="A page of burdens.")
class WorkerBurdenConnection:
    edges: list[WorkerBurdenEdge] = strawberry.field(description="This page, in order of staff code.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="人员交接: what one worker left to another.")
class WorkerHandover(Shown):
    row: strawberry.Private[Any]

    reason: str = own("Why.")
    at: datetime = own("When, by the server's clock.")
    from_code: str = own("Staff code of who left.")
    to_code: str = own("Staff code of who took over.")

    @strawberry.field(description="Grids and posts that went over.")
    async def assignments(self, info: Ask) -> int:
        return await self._count(info, HandedOver.ASSIGNMENT)

    @strawberry.field(description="Open tasks that went over.")
    async def tasks(self, info: Ask) -> int:
        return await self._count(info, HandedOver.TASK)

    @strawberry.field(description="Open cases of who left that the new worker follows.")
    async def submissions(self, info: Ask) -> int:
        return await self._count(info, HandedOver.SUBMISSION)

    async def _count(self, info: Ask, what: HandedOver) -> int:
        return int((await info.context.loaders.handover_counts.load(self.row.id))[what])


@strawberry.type(description="A handover in a list.")
class WorkerHandoverEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: WorkerHandover = strawberry.field(description="The handover.")


@strawberry.type(description="A page of handovers.")
class WorkerHandoverConnection:
    edges: list[WorkerHandoverEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


async def measured_path(info: Ask, division: strawberry.ID) -> str | None:
    """Path of a division; None where the viewer may not read its figures."""
    path = await path_of(info, division) or ""
    subject = Subject(tallies.DIVISION, tallies.ancestors(path)[-1], path)
    return path if may_measure(info.context.viewer.scope, subject) else None


@strawberry.type
class BurdenQuery:
    @strawberry.field(
        description="减负 of a division on a day; null where the viewer may not read figures of the division."
    )
    async def burden(self, info: Ask, division: ThePlace, day: OnDay = None) -> BurdenReport | None:
        path = await measured_path(info, division)
        if path is None:
            return None
        context = info.context
        day = day or local_day(context.clock())
        figures = await measuring.measure(context.db, context.viewer.realm, path, day, context.policy.burden_tasks)
        return BurdenReport(row=figures)

    @strawberry.field(description="减负 by worker, of those who were given anything on that day; null like `burden`.")
    async def worker_burdens(
        self,
        info: Ask,
        division: ThePlace,
        day: OnDay = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> WorkerBurdenConnection | None:
        path = await measured_path(info, division)
        if path is None:
            return None
        size, last = connection.page_size(first), connection.code_after(after, "holder")
        day = day or local_day(info.context.clock())
        async with info.context.db.read() as session:
            rows = await burden.page(session, info.context.viewer.realm, path, day, first=size + 1, after=last)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("holder", row.holder) for row in page.rows]
        nodes = [WorkerBurden(row=row) for row in page.rows]
        edges = [WorkerBurdenEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        return WorkerBurdenConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )

    @strawberry.field(
        description="Active grids that nobody works full-time today, in order of import; null like `burden`."
    )
    async def grid_staffing_gaps(
        self, info: Ask, division: ThePlace, first: filters.First = 20, after: filters.After = None
    ) -> GridConnection | None:
        path = await measured_path(info, division)
        if path is None:
            return None
        clauses = places.grids_below(path)
        clauses.append(workers.without_full_time(info.context.viewer.realm, local_day(info.context.clock())))
        return await grid_page(info, clauses, first=first, after=after)

    @strawberry.field(description="人员交接 of a division, newest first; null like `burden`.")
    async def worker_handovers(
        self, info: Ask, division: ThePlace, first: filters.First = 20, after: filters.After = None
    ) -> WorkerHandoverConnection | None:
        path = await measured_path(info, division)
        if path is None:
            return None
        size, before = connection.page_size(first), connection.id_after(after, "handover")
        async with info.context.db.read() as session:
            rows = await workers.handovers_page(
                session, info.context.viewer.realm, path, first=size + 1, before_id=before
            )
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("handover", row.id) for row in page.rows]
        nodes = [WorkerHandover(row=row) for row in page.rows]
        edges = [WorkerHandoverEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        return WorkerHandoverConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )
