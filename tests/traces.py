"""What cases leave in other tables, written straight into them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from db.breaks import loop_breaks
from db.cases import steps
from db.clocks import stopped_clocks
from db.database import Database
from db.surveys import surveys
from db.vocabulary import CaseAction, CaseState, ClockKind, LimitUnit, Realm, Role
from db.vocabulary.assessment import IndicatorCode as I
from db.vocabulary.breaks import BreakCause, BreakKind
from tests.city import GRIDS, path_of

TRACED = frozenset(
    {
        I.SATISFACTION_RATE, I.ON_TIME_REGISTRATION_RATE, I.ACCURATE_REGISTRATION_RATE, I.ON_TIME_DISPATCH_RATE,
        I.ACCURATE_DISPATCH_RATE, I.EXTENSION_RATE, I.ON_TIME_VERIFICATION_RATE, I.ON_TIME_CHECK_RATE, I.BREAK_RATE,
        I.ON_TIME_REPAIR_RATE,
    }
)  # fmt: skip
"""Indicators that read more than the case itself."""

PATH = path_of(GRIDS[0][:12])


@dataclass(frozen=True)
class Trace:
    """`table` says what; `case_id` may be an index into cases that are still to be written."""

    table: Any
    case: int
    values: dict[str, Any]


def step(case: int, action: CaseAction, at: datetime, *, by: str = "DISPATCHER:320508") -> Trace:
    values = {
        "action": action, "from_state": CaseState.REGISTERED, "to_state": CaseState.DISPATCHED, "actor": by,
        "actor_role": Role.DISPATCHER, "at": at,
    }  # fmt: skip
    return Trace(steps, case, values)


def stopped(case: int, kind: ClockKind, at: datetime, *, late: bool = False) -> Trace:
    due = at - timedelta(minutes=10) if late else at + timedelta(minutes=10)
    values = {
        "realm": Realm.LIVE, "round": 1, "kind": kind, "subject": "", "started_at": at - timedelta(hours=3),
        "near_due_at": due - timedelta(hours=1), "due_at": due, "stopped_at": at, "was_late": late,
        "limit_value": 4, "limit_unit": LimitUnit.WORKING_HOUR,
    }  # fmt: skip
    return Trace(stopped_clocks, case, values)


def running(kind: ClockKind, due: datetime) -> dict[str, Any]:
    """A clock as a case keeps it."""
    moment = due.isoformat()
    return {
        "kind": kind, "subject": "", "started_at": moment, "near_due_at": moment, "due_at": moment,
        "limit_value": 4, "limit_unit": LimitUnit.WORKING_HOUR, "paused_at": None, "told": 0,
    }  # fmt: skip


def survey(case: int, number: int, at: datetime, satisfied: bool | None) -> Trace:
    answered = None if satisfied is None else at
    values = {
        "realm": Realm.LIVE, "round": number, "division_path": PATH, "created_at": at,
        "expires_at": at + timedelta(days=15), "send_by_sms": False, "answered_at": answered,
        "is_solved": satisfied, "is_satisfied": satisfied,
    }  # fmt: skip
    return Trace(surveys, case, values)


def loop_break(case: int, kind: BreakKind, at: datetime, repaired_at: datetime | None) -> Trace:
    """To be repaired within a day."""
    values = {
        "realm": Realm.LIVE, "case_version": 1, "seen_version": 1, "kind": kind, "cause": next(iter(BreakCause)),
        "evidence": {}, "division_path": PATH, "centre_code": "320508", "found_at": at,
        "repair_by": at + timedelta(days=1), "repaired_at": repaired_at,
    }  # fmt: skip
    return Trace(loop_breaks, case, values)


async def write_traces(db: Database, ids: Sequence[int], traces: Sequence[Trace]) -> None:
    async with db.write() as session:
        for table in (steps, stopped_clocks, surveys, loop_breaks):
            rows = [one.values | {"case_id": ids[one.case]} for one in traces if one.table is table]
            if table is steps:
                rows = [row | {"version": 100 + number} for number, row in enumerate(rows)]
            if rows:
                await session.execute(insert(table), rows)
