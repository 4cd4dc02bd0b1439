"""Clocks that have stopped, and cases for which a deadline event is due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from db.cases import CaseRow, cases
from db.database import Session
from db.tables import StoppedClock
from db.vocabulary import ClockKind

stopped_clocks: Any = StoppedClock.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it

_ADD = insert(stopped_clocks)


async def record(session: Session, stopped: Sequence[Mapping[str, Any]]) -> None:
    if stopped:
        await session.execute(_ADD, list(stopped))


async def take_back(session: Session, case_id: int, kind: ClockKind, started_at: datetime) -> None:
    """A clock runs on that had stopped: what was recorded of it is not the last word."""
    mine = (stopped_clocks.c.case_id == case_id) & (stopped_clocks.c.kind == kind)
    await session.execute(delete(stopped_clocks).where(mine, stopped_clocks.c.started_at == started_at))


async def stopped_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    """Oldest first."""
    found: dict[int, list[Any]] = {case_id: [] for case_id in ids}
    statement = select(stopped_clocks).where(stopped_clocks.c.case_id.in_(ids)).order_by(stopped_clocks.c.id)
    for row in await session.execute(statement):
        found[row.case_id].append(row)
    return found


async def alarming_without_scope(session: Session, now: datetime, limit: int) -> list[CaseRow]:
    """Cases of both realms with a clock that has become near due or overdue and nobody was told, longest first."""
    statement = select(cases).where(cases.c.alarm_at <= now).order_by(cases.c.alarm_at).limit(limit)
    return list(await session.execute(statement))
