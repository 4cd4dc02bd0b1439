"""Crews and technicians as their own service provider keeps them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, insert, select, update

from db.catalogue import service_providers
from db.database import Session
from db.purchasing import ProviderRow, crews, technicians

CrewRow = Any
TechnicianRow = Any


async def hold_provider(session: Session, provider_id: int) -> ProviderRow | None:
    """Whoever adds to what a provider has waits for each other, so that a code is given once."""
    statement = select(service_providers).where(service_providers.c.id == provider_id).with_for_update()
    return (await session.execute(statement)).one_or_none()


async def providers_by_id(session: Session, ids: Sequence[int]) -> list[ProviderRow]:
    """By code."""
    statement = select(service_providers).where(service_providers.c.id.in_(ids))
    return list(await session.execute(statement.order_by(service_providers.c.code)))


async def crew(session: Session, crew_id: int, *, hold: bool = False) -> CrewRow | None:
    return await _one(session, crews, crew_id, hold)


async def technician(session: Session, technician_id: int, *, hold: bool = False) -> TechnicianRow | None:
    return await _one(session, technicians, technician_id, hold)


async def _one(session: Session, table: Any, row_id: int, hold: bool) -> Any | None:
    statement = select(table).where(table.c.id == row_id)
    return (await session.execute(statement.with_for_update() if hold else statement)).one_or_none()


async def name_of_code(session: Session, table: Any, provider_id: int, code: str) -> str | None:
    """Who has a code already, active or not."""
    statement = select(table.c.name).where(table.c.service_provider_id == provider_id, table.c.code == code)
    return (await session.execute(statement)).scalar_one_or_none()


async def count(session: Session, table: Any, provider_id: int) -> int:
    statement = select(func.count()).where(table.c.service_provider_id == provider_id)
    return int((await session.execute(statement)).scalar_one())


async def add(session: Session, table: Any, values: Mapping[str, Any]) -> int:
    return int((await session.execute(insert(table).values(**values).returning(table.c.id))).scalar_one())


async def change(session: Session, table: Any, row_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(table).where(table.c.id == row_id).values(**values))
