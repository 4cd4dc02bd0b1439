"""Reading and writing hops: who of the levels has a case, and who has signed for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from db.cases import cases
from db.database import Session
from db.tables import Hop
from db.vocabulary import Realm

HopRow = Any

hops: Any = Hop.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it

_ADD = insert(hops).returning(hops.c.id)


async def add(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(_ADD, values)).scalar_one())


async def receive(session: Session, hop_id: int, at: datetime, by: str) -> None:
    await session.execute(update(hops).where(hops.c.id == hop_id).values(received_at=at, received_by=by))


async def pass_answer(session: Session, hop_id: int, at: datetime) -> None:
    await session.execute(update(hops).where(hops.c.id == hop_id).values(answer_passed_at=at))


async def ask_answers_again(session: Session, case_id: int) -> None:
    """What was passed on answered an earlier round: each level has to pass the new answer on."""
    await session.execute(update(hops).where(hops.c.case_id == case_id).values(answer_passed_at=None))


async def hops_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[HopRow]]:
    """Oldest first."""
    grouped: dict[int, list[HopRow]] = {case_id: [] for case_id in ids}
    for row in await session.execute(select(hops).where(hops.c.case_id.in_(ids)).order_by(hops.c.id)):
        grouped[row.case_id].append(row)
    return grouped


async def unreceived_hops(session: Session, realm: Realm, before: datetime, limit: int = 100) -> list[HopRow]:
    """Hops of open cases made before a moment that nobody has signed for, oldest first; of every division.

    A hop that the case has left behind (it was ended, or moved to another place) is not among them.
    """
    statement = (
        select(hops)
        .join(cases, cases.c.id == hops.c.case_id)
        .where(hops.c.realm == realm, hops.c.received_at.is_(None), hops.c.at < before)
        .where(cases.c.is_open, cases.c.hop_id == hops.c.id)
        .order_by(hops.c.at, hops.c.id)
        .limit(limit)
    )
    return list(await session.execute(statement))
