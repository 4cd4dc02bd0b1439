"""Command orders and their units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, insert, or_, select, update

from db.database import Session
from db.posts import Post
from db.tables import Centre, CommandOrder, CommandUnit, Department, Division
from db.visible import under
from db.vocabulary import Realm
from db.vocabulary.command_orders import CommandOrderState

OrderRow = Any
UnitRow = Any

orders: Any = CommandOrder.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
units: Any = CommandUnit.__table__  # type: ignore[attr-defined]
_departments: Any = Department.__table__  # type: ignore[attr-defined]
_centres: Any = Centre.__table__  # type: ignore[attr-defined]
_divisions: Any = Division.__table__  # type: ignore[attr-defined]

UNDER_WAY = (CommandOrderState.ISSUED, CommandOrderState.SIGNED)


def concerns(held: Sequence[Post]) -> ColumnElement[bool]:
    """Orders from where one stands or from below, and orders to a unit of one's own or below."""
    mine: list[ColumnElement[bool]] = [false()]
    clauses: list[ColumnElement[bool]] = []
    for post in held:
        if post.is_division:
            clauses.append(under(orders.c.path, post.path))
            mine.append(under(units.c.path, post.path))
        elif post.department_id is not None:
            mine.append(units.c.department_id == post.department_id)
    return or_(*clauses, orders.c.id.in_(select(units.c.order_id).where(or_(*mine))))


async def page(
    session: Session,
    realm: Realm,
    held: Sequence[Post],
    path: str | None,
    *,
    only_under_way: bool,
    first: int,
    before_id: int | None,
) -> list[OrderRow]:
    """Newest first; of a division: those from it or from below it."""
    statement = select(orders).where(orders.c.realm == realm, concerns(held))
    if path is not None:
        statement = statement.where(under(orders.c.path, path))
    if only_under_way:
        statement = statement.where(orders.c.state.in_(UNDER_WAY))
    if before_id is not None:
        statement = statement.where(orders.c.id < before_id)
    return list(await session.execute(statement.order_by(orders.c.id.desc()).limit(first)))


async def by_ids(session: Session, realm: Realm, held: Sequence[Post], ids: Sequence[int]) -> dict[int, OrderRow]:
    statement = select(orders).where(orders.c.id.in_(ids), orders.c.realm == realm, concerns(held))
    return {row.id: row for row in await session.execute(statement)}


async def units_by_order(session: Session, ids: Sequence[int]) -> dict[int, list[UnitRow]]:
    """In the order they were named."""
    grouped: dict[int, list[UnitRow]] = {order_id: [] for order_id in ids}
    for row in await session.execute(select(units).where(units.c.order_id.in_(ids)).order_by(units.c.id)):
        grouped[row.order_id].append(row)
    return grouped


async def departments_below(session: Session, ids: Sequence[int], path: str) -> dict[int, str]:
    """Path of each of these departments that belongs to a division or one below it."""
    statement = select(_departments.c.id, _departments.c.path).where(_departments.c.id.in_(ids))
    return {row.id: row.path for row in await session.execute(statement.where(under(_departments.c.path, path)))}


async def centres_below(session: Session, codes: Sequence[str], path: str) -> dict[str, str]:
    """Path of each of these centres that lies below a division."""
    statement = select(_centres.c.division_code, _divisions.c.path).join(
        _divisions, _divisions.c.code == _centres.c.division_code
    )
    below = (_centres.c.division_code.in_(codes), under(_divisions.c.path, path), _divisions.c.path != path)
    return {row.division_code: row.path for row in await session.execute(statement.where(*below))}


async def add(session: Session, order: Mapping[str, Any], named: Sequence[Mapping[str, Any]]) -> int:
    order_id = int((await session.execute(insert(orders).values(**order).returning(orders.c.id))).scalar_one())
    await session.execute(insert(units), [{**unit, "order_id": order_id} for unit in named])
    return order_id


async def lock_without_scope(session: Session, order_id: int) -> OrderRow | None:
    """The order, held until the transaction ends: its lock guards its units too."""
    return (await session.execute(select(orders).where(orders.c.id == order_id).with_for_update())).one_or_none()


async def change(session: Session, order_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(orders).where(orders.c.id == order_id).values(**values))


async def change_units(session: Session, ids: Sequence[int], values: Mapping[str, Any]) -> None:
    await session.execute(update(units).where(units.c.id.in_(ids)).values(**values))


async def overdue_without_scope(session: Session, now: datetime, limit: int) -> list[int]:
    """Orders with a unit whose limit to sign has passed and that is not flagged yet, longest first."""
    statement = (
        select(units.c.order_id, func.min(units.c.awaited_until).label("since"))
        .where(units.c.awaited_until <= now)
        .group_by(units.c.order_id)
        .order_by("since")
        .limit(limit)
    )
    return [row.order_id for row in await session.execute(statement)]


async def unsigned_from(session: Session, realm: Realm, code: str, limit: int) -> list[OrderRow]:
    """Orders of a level that some unit has not signed, oldest first."""
    statement = select(orders).where(*_unsigned(realm, code)).order_by(orders.c.id).limit(limit)
    return list(await session.execute(statement))


async def count_unsigned_from(session: Session, realm: Realm, code: str) -> int:
    statement = select(func.count()).select_from(orders).where(*_unsigned(realm, code))
    return int((await session.execute(statement)).scalar_one())


def _unsigned(realm: Realm, code: str) -> tuple[ColumnElement[bool], ...]:
    return (
        orders.c.realm == realm,
        orders.c.division_code == code,
        orders.c.state == CommandOrderState.ISSUED,
    )
