"""Visits to the places of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from db.database import Session
from db.tables import CaseVisit

visits: Any = CaseVisit.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


async def add(session: Session, row: Mapping[str, Any]) -> None:
    await session.execute(insert(visits).values(**row))


async def by_case(session: Session, case_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Visits of each case, oldest first."""
    grouped: dict[int, list[Any]] = {one: [] for one in case_ids}
    statement = select(visits).where(visits.c.case_id.in_(case_ids)).order_by(visits.c.id)
    for row in await session.execute(statement):
        grouped[row.case_id].append(row)
    return grouped
