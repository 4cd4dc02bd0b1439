"""What a (principal, key) was answered: the same question within a day gets the same answer and one effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.database import Session
from db.tables import IdempotencyRecord

KEPT = timedelta(hours=24)

_records: Any = IdempotencyRecord.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Stored:
    body_hash: str
    result: dict[str, Any]


async def claim(session: Session, principal: str, key: str, body_hash: str, now: datetime) -> Stored | None:
    """None when the key is ours now; else what was answered. A second caller waits here for the first to commit."""
    insert = sqlite_insert if session.dialect.name == "sqlite" else postgresql_insert
    values = {"body_hash": body_hash, "result": None, "created_at": now}
    statement = (
        insert(_records)
        .values(principal=principal, key=key, **values)
        .on_conflict_do_update(
            index_elements=["principal", "key"], set_=values, where=_records.c.created_at < now - KEPT
        )
        .returning(_records.c.key)
    )
    if (await session.execute(statement)).first() is not None:
        return None
    row = (
        await session.execute(select(_records).where(_records.c.principal == principal, _records.c.key == key))
    ).one()
    return Stored(row.body_hash, row.result)


async def settle(session: Session, principal: str, key: str, result: dict[str, Any]) -> None:
    statement = update(_records).where(_records.c.principal == principal, _records.c.key == key)
    await session.execute(statement.values(result=result))


async def forget_old(session: Session, now: datetime) -> int:
    return (await session.execute(delete(_records).where(_records.c.created_at < now - KEPT))).rowcount
