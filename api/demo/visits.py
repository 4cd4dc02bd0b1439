"""Who goes to the place of a case where its standard asks for that."""

from __future__ import annotations

from typing import Any

from api.demo.stage import Stage
from db import places
from db.vocabulary import CaseAction
from resolvers import visits
from resolvers.call import Call

SOMEWHERE = (120.62, 31.31)  # where neither the case nor its grid has a point


def is_due(stage: Stage, case: Any, matter_id: int | None) -> bool:
    """Whether somebody has to go there before it ends."""
    matter = None if matter_id is None else stage.reference.matters.get(matter_id)
    return matter is not None and matter.needs_visit and not case.visits


async def visit(stage: Stage, case: Any, call: Call) -> CaseAction:
    await visits.visit(
        stage.db, call, case.id, point=await _place(stage, case), visited_at=None, note=None, evidence={}
    )
    return CaseAction.VISIT


async def _place(stage: Stage, case: Any) -> tuple[float, float]:
    if case.longitude is not None:
        return case.longitude, case.latitude
    async with stage.db.read() as session:
        grid = (await places.grids_by_id(session, [case.grid_id])).get(case.grid_id)
    return SOMEWHERE if grid is None or grid.longitude is None else (grid.longitude, grid.latitude)
