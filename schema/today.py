"""A grid worker's list of today."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db.vocabulary.collecting import TodayKind
from resolvers import today
from schema.cases import Case
from schema.context import Ask
from schema.places import Grid
from schema.shown import Shown, own


@strawberry.type(description="今日清单: something that waits for who works a grid.")
class TodayItem(Shown):
    row: strawberry.Private[today.TodayItem]

    kind: TodayKind = own("Why it stands here.")
    since: datetime = own("When it was given, or handed in.")
    due_at: datetime | None = own("When the first clock of the case runs out; null where none runs.")

    @strawberry.field(description="The case.")
    def case(self) -> Case:
        return Case(row=self.row.case)

    @strawberry.field(description="Whether that time has passed.")
    def is_overdue(self, info: Ask) -> bool:
        return self.row.due_at is not None and self.row.due_at < info.context.clock()

    @strawberry.field(description="Estimated minutes of the task, by its permit; null where nobody has estimated.")
    def minutes(self) -> int | None:
        return None if self.row.task is None else self.row.task.minutes or None


@strawberry.type
class TodayQuery:
    @strawberry.field(
        description="今日清单 of a grid or community worker: verifications and completion checks that were asked "
        "for, and own submissions that may be settled on the spot; what is due first on top, at most 200."
    )
    async def today_list(self, info: Ask) -> list[TodayItem]:
        return [TodayItem(row=row) for row in await today.todays(info.context.db, info.context.viewer)]

    @strawberry.field(
        description="我的网格: active grids that a grid worker works, and those of the community a community worker "
        "works in; empty for everybody else, at most 200."
    )
    async def my_grids(self, info: Ask) -> list[Grid]:
        found = await today.own_grids(info.context.db, info.context.viewer)
        return [Grid(row=row) for row in found]
