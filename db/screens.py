"""Walls of a division, and what they are asked to show."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.database import Session
from db.tables import Screen
from db.vocabulary import Realm
from db.vocabulary.screens import FocusKind

ScreenRow = Any

_screens: Any = Screen.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


async def of_division(session: Session, realm: Realm, code: str) -> ScreenRow | None:
    """None as long as nobody has asked these walls for anything."""
    statement = select(_screens).where(_screens.c.realm == realm, _screens.c.division_code == code)
    return (await session.execute(statement)).one_or_none()


async def lock(session: Session, realm: Realm, code: str, path: str) -> ScreenRow:
    """The walls of a division, held until the transaction ends. Written down when first asked for something."""
    new = {"realm": realm, "division_code": code, "path": path, "version": 0, "kind": FocusKind.NOTHING}
    await session.execute(_add(session.dialect.name), new | {"target": "", "set_by": ""})
    statement = select(_screens).where(_screens.c.realm == realm, _screens.c.division_code == code)
    return (await session.execute(statement.with_for_update())).one()


@cache
def _add(dialect: str) -> Any:
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(_screens)
    return statement.on_conflict_do_nothing(index_elements=["realm", "division_code"])


async def change(session: Session, screen_id: int, columns: Mapping[str, Any]) -> None:
    await session.execute(update(_screens).where(_screens.c.id == screen_id).values(**columns))
