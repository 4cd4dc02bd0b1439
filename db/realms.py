"""Which realm a database is used for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, select

from db.database import Database
from db.tables import Case
from db.vocabulary import Realm

_cases: Any = Case.__table__  # type: ignore[attr-defined]


async def holds_exercise(db: Database) -> bool:
    """Whether a demo, rehearsal or training has left cases here."""
    async with db.read() as session:
        found = await session.execute(select(exists().where(_cases.c.realm == Realm.EXERCISE)))
    return bool(found.scalar_one())
