"""Reading and writing which cases are related."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, or_, select

from db.database import Session
from db.tables import CaseLink

links: Any = CaseLink.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it

LinkRow = Any
"""A Core row of table `case_links`."""


async def links_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[LinkRow]]:
    """Links of each case, whichever side it stands on, oldest first. Whether the other side may be seen is another
    question."""
    grouped: dict[int, list[LinkRow]] = {case_id: [] for case_id in ids}
    either = or_(links.c.first_id.in_(ids), links.c.second_id.in_(ids))
    for row in await session.execute(select(links).where(either).order_by(links.c.at, links.c.first_id)):
        for side in {row.first_id, row.second_id} & grouped.keys():
            grouped[side].append(row)
    return grouped


async def count(session: Session, case_id: int) -> int:
    either = or_(links.c.first_id == case_id, links.c.second_id == case_id)
    return int((await session.execute(select(func.count()).select_from(links).where(either))).scalar_one())


async def exists(session: Session, case_id: int, other_id: int) -> bool:
    return (await session.execute(select(links.c.first_id).where(*_pair(case_id, other_id)))).first() is not None


async def add(session: Session, case_id: int, other_id: int, *, reason: str, by: str, at: datetime) -> None:
    first, second = sorted((case_id, other_id))
    await session.execute(insert(links).values(first_id=first, second_id=second, reason=reason, by=by, at=at))


async def remove(session: Session, case_id: int, other_id: int) -> bool:
    """Whether there was one."""
    return bool((await session.execute(delete(links).where(*_pair(case_id, other_id)))).rowcount)


def _pair(case_id: int, other_id: int) -> tuple[Any, Any]:
    first, second = sorted((case_id, other_id))
    return links.c.first_id == first, links.c.second_id == second
