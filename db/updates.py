"""Updates of service providers' systems: how far each order has counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.cases import work_orders
from db.database import Session
from db.tables import OrderAlias, OrderUpdate
from db.vocabulary import Realm

_aliases: Any = OrderAlias.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_updates: Any = OrderUpdate.__table__  # type: ignore[attr-defined]
_ADD = insert(_updates)


async def provider_of(session: Session, order_id: int) -> int | None:
    """Whose an order is; whether the caller may see it is decided elsewhere."""
    found = await session.execute(select(work_orders.c.service_provider_id).where(work_orders.c.id == order_id))
    return found.scalar()


async def hold_alias(session: Session, realm: Realm, provider_id: int, external_id: str, order_id: int) -> Any:
    """The alias, held until the transaction ends; a new one counts from nothing."""
    key = {"realm": realm, "service_provider_id": provider_id, "external_id": external_id}
    insert_new = sqlite_insert if session.dialect.name == "sqlite" else postgresql_insert
    new = insert_new(_aliases).values(**key, work_order_id=order_id, last_seq=-1)
    await session.execute(new.on_conflict_do_nothing(index_elements=["service_provider_id", "realm", "external_id"]))
    which = [getattr(_aliases.c, name) == value for name, value in key.items()]
    return (await session.execute(select(_aliases).where(*which).with_for_update())).one()


async def has_seq(session: Session, alias_id: int, external_seq: int) -> bool:
    which = (_updates.c.alias_id == alias_id, _updates.c.external_seq == external_seq)
    return (await session.execute(select(_updates.c.id).where(*which))).first() is not None


async def record(session: Session, alias_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD, {"alias_id": alias_id, **values})
    moved = update(_aliases).where(_aliases.c.id == alias_id).values(last_seq=values["external_seq"])
    await session.execute(moved)
