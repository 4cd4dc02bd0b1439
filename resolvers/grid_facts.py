"""Coverage by party organisations, and the programme that grids take part in."""

from __future__ import annotations

from typing import Any

from db import grid_facts
from db.cases import CaseRow
from db.database import Database, Session
from db.grid_facts import OutpostCounts
from db.vocabulary import CaseAction, Realm
from db.vocabulary.grid_facts import GridProgramme
from resolvers.advance import Change, advance
from resolvers.call import Call
from resolvers.measuring import Period
from resolvers.once import Result
from resolvers.refusals import Code, Refusal


async def tag(db: Database, call: Call, case_id: int, programme: GridProgramme | None) -> Result:
    """Put a case into a programme, or take it out."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        if case.programme is programme:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["programme"],
                expected="标签没有变化",
                expected_en="another programme than it has",
            )
        return Change({"programme": programme}, note=programme.label if programme else "取消标签")

    return await advance(db, call, case_id, CaseAction.TAG, prepare)


def coverage_percent(covered: int, total: int) -> float | None:
    """x100, two decimals, rounded down: 100.00 only where nothing is missing; None where nothing is to be covered."""
    return None if total == 0 else covered * 10_000 // total / 100


async def measure_programme(
    db: Database, realm: Realm, programme: GridProgramme, place: Any, period: Period
) -> OutpostCounts:
    """Indicators of a programme over local days, both included."""
    first, end = period.moments
    async with db.read() as session:
        return await grid_facts.outpost_counts(session, realm, programme, place, first, end)
