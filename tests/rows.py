"""Cases written straight into the tables: thousands of them, in any state, on any day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from db import cases, tallies
from db.database import Database
from db.vocabulary import (
    OPEN_STATES,
    CaseAction,
    CaseKind,
    CaseOutcome,
    CaseSource,
    CaseState,
    Priority,
    Realm,
    Role,
    stage_of,
)
from tests.city import GRIDS, path_of
from tests.conftest import A_WORKING_DAY

DEFAULTS: dict[str, Any] = {
    "realm": Realm.LIVE,
    "version": 1,
    "round": 1,
    "kind": CaseKind.PROBLEM,
    "source": CaseSource.RESIDENT_APP,
    "priority": Priority.NORMAL,
    "title": "路面坑洼",
    "matter_id": 1,
    "description": "请来看看",
    "longitude": None,
    "latitude": None,
    "submitter_key": "RESIDENT:zhang",
    "submitter_role": Role.RESIDENT,
    "state": CaseState.SUBMITTED,
    "outcome": None,
    "responsible_unit_id": None,
    "service_provider_ids": [],
    "is_discovery": False,
    "is_confirmed": None,
    "verification": None,
    "was_late": False,
    "is_exempt": False,
    "submitted_at": A_WORKING_DAY,
    "registered_at": None,
    "handled_at": None,
    "reworked_at": None,
    "closed_at": None,
    "due_at": None,
}


def case_row(grid: str = GRIDS[0], **columns: Any) -> dict[str, Any]:
    """All columns a case needs; `found_by` is the account of a grid worker."""
    values = dict(DEFAULTS)
    if (account := columns.pop("found_by", None)) is not None:
        values |= {"submitter_key": account, "submitter_role": Role.GRID_WORKER, "is_discovery": True}
        values["source"] = CaseSource.GRID_WORKER
    values |= columns
    place = {"division_code": grid[:12], "division_path": path_of(grid[:12]), "grid_id": GRIDS.index(grid) + 1}
    state = values["state"]
    derived = {
        "is_open": state in OPEN_STATES,
        "stage": stage_of(state, is_answered=False),
        "held_by": "320508",
        "updated_at": values["submitted_at"],
        "stage_at": values["submitted_at"],
    }
    return values | place | derived


async def write_cases(db: Database, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert them with their tallies; their ids, in order."""
    found: list[Any] = []
    async with db.write() as session:
        for start in range(0, len(rows), 200):
            found += await cases.add(session, rows[start : start + 200])
        await tallies.apply(session, tallies.fold([tallies.difference(None, row) for row in found]))
    return [row.id for row in found]


async def write_closings(db: Database, closings: Sequence[tuple[int, datetime]]) -> None:
    """Steps that say that a case was closed once, whatever became of it."""
    same = {
        "action": CaseAction.CLOSE,
        "from_state": CaseState.HANDLED,
        "to_state": CaseState.CLOSED,
        "actor": "SHIFT_LEADER:3205",
        "actor_role": Role.SHIFT_LEADER,
    }
    rows = [
        same | {"case_id": case_id, "version": 1_000 + number, "at": at}
        for number, (case_id, at) in enumerate(closings)
    ]
    if rows:
        async with db.write() as session:
            await session.execute(insert(cases.steps), rows)


EVENTS, COMPONENTS = GRIDS[0], GRIDS[3]


async def write_tianmen(db: Database) -> None:
    """A month with the counts of the bulletin of Tianmen, December 2016."""
    closed = {"state": CaseState.CLOSED, "closed_at": A_WORKING_DAY, "outcome": CaseOutcome.RESOLVED}
    before = A_WORKING_DAY - days(60)
    due = [
        *(case_row(EVENTS, submitted_at=before, due_at=A_WORKING_DAY, **closed) for _ in range(730)),
        *(case_row(EVENTS, submitted_at=before, due_at=A_WORKING_DAY, was_late=True, **closed) for _ in range(172)),
        *(case_row(EVENTS, submitted_at=before, due_at=A_WORKING_DAY) for _ in range(54)),
        *(case_row(COMPONENTS, submitted_at=before, due_at=A_WORKING_DAY, **closed) for _ in range(7)),
        *(case_row(COMPONENTS, submitted_at=before, due_at=A_WORKING_DAY, was_late=True, **closed) for _ in range(2)),
        *(case_row(COMPONENTS, submitted_at=before, due_at=A_WORKING_DAY) for _ in range(7)),
    ]
    patrol = {"source": CaseSource.PATROL, "submitter_role": Role.PATROL_OFFICER, "submitter_key": "PATROL_OFFICER:1"}
    new = [
        *(case_row(registered_at=A_WORKING_DAY, **patrol) for _ in range(953)),
        *(case_row(registered_at=A_WORKING_DAY, source=CaseSource.HOTLINE) for _ in range(43)),
        *(case_row() for _ in range(1_054 - 953 - 43)),
    ]
    await write_cases(db, due + new)


def days(number: float) -> timedelta:
    return timedelta(days=number)
