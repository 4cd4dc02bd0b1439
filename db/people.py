"""People known by name, and the record of who looked at personal data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from db.database import Session
from db.tables import AccessRecord, Person

people: Any = Person.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
access_records: Any = AccessRecord.__table__  # type: ignore[attr-defined]


async def person(session: Session, code: str) -> Any | None:
    return (await session.execute(select(people).where(people.c.code == code))).one_or_none()


async def record_access(session: Session, values: Mapping[str, Any]) -> None:
    """Append one look at personal data; nothing ever changes or removes it."""
    await session.execute(insert(access_records).values(**values))
