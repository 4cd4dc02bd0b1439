"""What a (principal, key) was answered: the same question within a day gets the same answer and one effect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update
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
    values = {
        "principal": principal,
        "key": key,
        "body_hash": body_hash,
        "result": None,
        "created_at": now,
        "too_old": now - KEPT,
    }
    if (await session.execute(_claim(session.dialect.name), values)).first() is not None:
        return None
    row = (
        await session.execute(select(_records).where(_records.c.principal == principal, _records.c.key == key))
    ).one()
    return Stored(row.body_hash, row.result)


@cache
def _claim(dialect: str) -> Any:
    """Take a key that is new or whose record is older than a day."""
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(_records)
    return statement.on_conflict_do_update(
        index_elements=["principal", "key"],
        set_={name: statement.excluded[name] for name in ("body_hash", "result", "created_at")},
        where=_records.c.created_at < bindparam("too_old", type_=_records.c.created_at.type),
    ).returning(_records.c.key)


_SETTLE = (
    update(_records)
    .where(_records.c.principal == bindparam("whose"), _records.c.key == bindparam("which"))
    .values(result=bindparam("result", type_=_records.c.result.type))
)


async def settle(session: Session, principal: str, key: str, result: dict[str, Any]) -> None:
    await session.execute(_SETTLE, {"whose": principal, "which": key, "result": result})


async def forget_old(session: Session, now: datetime) -> int:
    return (await session.execute(delete(_records).where(_records.c.created_at < now - KEPT))).rowcount
