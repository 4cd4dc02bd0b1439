"""Urges of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from db.cases import CaseRow, rows_by_case
from db.database import Session
from db.tables import Urge

urges: Any = Urge.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


async def last_of(session: Session, case_id: int, urger_key: str) -> datetime | None:
    """When this person last urged this case."""
    statement = select(func.max(urges.c.at)).where(urges.c.case_id == case_id, urges.c.urger_key == urger_key)
    found: datetime | None = (await session.execute(statement)).scalar()
    return found


async def add(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(urges).values(**values))


async def followers_of_round(session: Session, case: CaseRow) -> int:
    """How many different followers have urged a case in its present round."""
    statement = select(func.count(func.distinct(urges.c.urger_key))).where(
        urges.c.case_id == case.id, urges.c.round == case.round, urges.c.is_follower
    )
    return int((await session.execute(statement)).scalar_one())


async def by_case(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await rows_by_case(session, urges, ids, urges.c.id)
