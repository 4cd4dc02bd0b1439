"""Leadership by lease: one holder at a time, and a token that fences off whoever only believes to be it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.database import Session
from db.tables import Lease

_leases: Any = Lease.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


class Fenced(Exception):
    """Somebody else leads now; nothing of this transaction may stay."""


@dataclass(frozen=True, slots=True)
class Fence:
    """What a leader shows with every write."""

    name: str
    token: int


async def take(session: Session, name: str, holder: str, *, now: datetime, until: datetime) -> Fence | None:
    """Lead from now on, or lead on; None while somebody else's lease lasts."""
    insert = sqlite_insert if session.dialect.name == "sqlite" else postgresql_insert
    statement = insert(_leases).values(name=name, holder=holder, token=1, until=until)
    is_mine = _leases.c.holder == holder
    statement = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "holder": holder,
            "token": case((is_mine, _leases.c.token), else_=_leases.c.token + 1),
            "until": until,
        },
        where=is_mine | (_leases.c.until <= now),
    )
    token = (await session.execute(statement.returning(_leases.c.token))).scalar()
    return None if token is None else Fence(name, token)


async def give_up(session: Session, fence: Fence, now: datetime) -> None:
    """Let the next one lead at once."""
    mine = (_leases.c.name == fence.name) & (_leases.c.token == fence.token)
    await session.execute(update(_leases).where(mine).values(until=now, holder=""))


async def check(session: Session, fence: Fence) -> None:
    """Raise `Fenced` unless the token still counts; nobody can take the lease before this transaction ends."""
    statement = select(_leases.c.token).where(_leases.c.name == fence.name).with_for_update(read=True)
    if (await session.execute(statement)).scalar() != fence.token:
        raise Fenced(fence.name)
