"""How long cases stand in each link of the loop."""

from __future__ import annotations

import strawberry

from db.vocabulary import CaseStage
from resolvers import dwell
from schema.context import Ask
from schema.shown import Shown, own
from schema.unit_board import OfDivision, measured_path


@strawberry.type(
    description="停留: how long open cases have stood in a link: the one in the middle of them, so that a single "
    "forgotten case does not speak for all."
)
class StageDwell(Shown):
    row: strawberry.Private[dwell.Dwell]

    stage: CaseStage = own("The link.")
    count: int = own("Open cases that stand in it now.")
    percent_of_limit: int | None = own(
        "How much of the link's limit that case has used, from start to due by the calendar: 100 is due now, more is "
        "overdue; null where no clock of the link runs."
    )

    @strawberry.field(description="Wall-clock seconds the middle one has stood there.")
    def median_seconds(self) -> int:
        return self.row.seconds


@strawberry.type
class DwellQuery:
    @strawberry.field(
        description="How long cases of a division and below have stood in their links now, in the order of the loop, "
        "without empty links; null where the viewer may not read its figures."
    )
    async def stage_dwell(self, info: Ask, division: OfDivision) -> list[StageDwell] | None:
        path = await measured_path(info, division)
        if path is None:
            return None
        context = info.context
        found = await dwell.by_stage(context.db, context.viewer.realm, path, context.clock())
        return [StageDwell(row=one) for one in found]
