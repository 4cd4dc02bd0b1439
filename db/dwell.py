"""How long cases have stood in their link of the loop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from db.cases import cases
from db.database import Session
from db.visible import under
from db.vocabulary import CaseStage, Realm

_place = cases.c.division_path.concat("")  # found by stage and time, not by place


@dataclass(frozen=True, slots=True)
class Middle:
    """The case in the middle of those that stand in a link, by how long they have stood there."""

    stage: CaseStage
    count: int
    case: Any  # id, stage_at, clocks


async def middles(session: Session, realm: Realm, path: str) -> list[Middle]:
    """For each link with open cases: one count of all, then one step along the index for each."""
    open_here = (cases.c.realm == realm, cases.c.is_open, under(_place, path))
    counted = select(cases.c.stage, func.count()).where(*open_here, cases.c.stage.is_not(None))
    counts = [(stage, count) for stage, count in await session.execute(counted.group_by(cases.c.stage))]
    found = []
    for stage, count in counts:
        ranked = select(cases.c.id, cases.c.stage_at, cases.c.clocks).where(*open_here, cases.c.stage == stage)
        middle = ranked.order_by(cases.c.stage_at).limit(1).offset((count - 1) // 2)
        found.append(Middle(stage, count, (await session.execute(middle)).one()))
    return found
