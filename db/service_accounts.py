"""Service accounts by key and by provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from db.database import Session
from db.tables import ServiceAccount, ServiceProvider
from db.vocabulary import Realm

AccountRow = Any

_accounts: Any = ServiceAccount.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_providers: Any = ServiceProvider.__table__  # type: ignore[attr-defined]


async def by_key_hash(session: Session, key_hash: str) -> AccountRow | None:
    """The account of a key, with its provider's code; also a revoked one."""
    statement = (
        select(_accounts, _providers.c.code.label("provider_code"))
        .join(_providers, _providers.c.id == _accounts.c.service_provider_id)
        .where(_accounts.c.key_hash == key_hash)
    )
    return (await session.execute(statement)).one_or_none()


async def by_id(session: Session, realm: Realm, account_id: int, *, hold: bool = False) -> AccountRow | None:
    statement = select(_accounts).where(_accounts.c.id == account_id, _accounts.c.realm == realm)
    return (await session.execute(statement.with_for_update() if hold else statement)).one_or_none()


async def of_provider(session: Session, realm: Realm, provider_id: int, limit: int) -> list[AccountRow]:
    """The newest first."""
    statement = select(_accounts).where(_accounts.c.service_provider_id == provider_id, _accounts.c.realm == realm)
    return list(await session.execute(statement.order_by(_accounts.c.id.desc()).limit(limit)))


async def add(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(insert(_accounts).values(**values).returning(_accounts.c.id))).scalar_one())


async def change(session: Session, account_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(_accounts).where(_accounts.c.id == account_id).values(**values))
