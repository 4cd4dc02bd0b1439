"""Client apps by code and by place, and the documents they may send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from db.database import Session
from db.tables import ClientApp, ClientAppDocument
from db.visible import under
from db.vocabulary import Realm

AppRow = Any

apps: Any = ClientApp.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
documents: Any = ClientAppDocument.__table__  # type: ignore[attr-defined]


async def by_code(session: Session, realm: Realm, code: str) -> AppRow | None:
    statement = select(apps).where(apps.c.realm == realm, apps.c.code == code)
    return (await session.execute(statement)).one_or_none()


async def by_id(session: Session, realm: Realm, app_id: int, *, hold: bool = False) -> AppRow | None:
    statement = select(apps).where(apps.c.realm == realm, apps.c.id == app_id)
    return (await session.execute(statement.with_for_update() if hold else statement)).one_or_none()


async def page(session: Session, realm: Realm, path: str, *, first: int, after_id: int | None) -> list[AppRow]:
    """Apps at or below a division, in order of registration."""
    statement = select(apps).where(apps.c.realm == realm, under(apps.c.path, path))
    if after_id is not None:
        statement = statement.where(apps.c.id > after_id)
    return list(await session.execute(statement.order_by(apps.c.id).limit(first)))


async def add(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(insert(apps).values(**values).returning(apps.c.id))).scalar_one())


async def change(session: Session, app_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(apps).where(apps.c.id == app_id).values(**values))


async def set_documents(session: Session, app_id: int, named: Mapping[str, str]) -> None:
    """From now on these documents (name by sha256), and no others."""
    await session.execute(delete(documents).where(documents.c.app_id == app_id))
    if named:
        rows = [{"app_id": app_id, "sha256": digest, "name": name} for digest, name in sorted(named.items())]
        await session.execute(insert(documents), rows)


async def has_document(session: Session, app_id: int, sha256: str) -> bool:
    statement = select(documents.c.app_id).where(documents.c.app_id == app_id, documents.c.sha256 == sha256)
    return (await session.execute(statement)).first() is not None


async def documents_by_app(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {one: [] for one in ids}
    statement = select(documents).where(documents.c.app_id.in_(ids)).order_by(documents.c.name, documents.c.sha256)
    for row in await session.execute(statement):
        grouped[row.app_id].append(row)
    return grouped


async def is_logo(session: Session, realm: Realm, photo_id: str) -> bool:
    """Whether a picture is the logo of an app: everybody may see it."""
    statement = select(func.count()).where(apps.c.realm == realm, apps.c.logo_id == photo_id, apps.c.is_active)
    return bool((await session.execute(statement)).scalar_one())
