"""Commitments of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from db.cases import rows_by_case
from db.database import Session
from db.tables import Commitment

commitments: Any = Commitment.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


async def add(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(insert(commitments).returning(commitments.c.id), values)).scalar_one())


async def by_case(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await rows_by_case(session, commitments, ids, commitments.c.id)


async def of_case(session: Session, case_id: int, commitment_id: int) -> Any | None:
    mine = (commitments.c.id == commitment_id) & (commitments.c.case_id == case_id)
    return (await session.execute(select(commitments).where(mine))).one_or_none()


async def keep(session: Session, ids: Sequence[int], at: datetime) -> None:
    """Of a held case: they are kept now, unless they were before."""
    unkept = commitments.c.id.in_(ids) & commitments.c.kept_at.is_(None)
    await session.execute(update(commitments).where(unkept).values(kept_at=at))
