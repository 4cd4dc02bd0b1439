"""Expedite orders: read with the cases they are about, written beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update

from db.cases import COUNT_LIMIT, cases, rows_by_case
from db.database import Session
from db.scope import Scope
from db.tables import ExpediteOrder
from db.visible import in_scope, under
from db.vocabulary.expediting import ExpediteKind

OrderRow = Any

expedite_orders: Any = ExpediteOrder.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it

_ADD = insert(expedite_orders).returning(expedite_orders.c.id)
_OF_CASE = expedite_orders.join(cases, cases.c.id == expedite_orders.c.case_id)


async def add(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(_ADD, values)).scalar_one())


async def reply(session: Session, order_id: int, *, at: datetime, by: str, text: str) -> None:
    statement = update(expedite_orders).where(expedite_orders.c.id == order_id)
    await session.execute(statement.values(replied_at=at, replied_by=by, reply=text))


async def unanswered(session: Session, case_id: int) -> list[OrderRow]:
    """Of a case that is held, oldest first."""
    statement = select(expedite_orders).where(
        expedite_orders.c.case_id == case_id, expedite_orders.c.replied_at.is_(None)
    )
    return list(await session.execute(statement.order_by(expedite_orders.c.id)))


async def was_issued(session: Session, case_id: int, round_: int, kind: ExpediteKind) -> bool:
    """Whether a case has had an order of a kind in a round, answered or not."""
    statement = select(expedite_orders.c.id).where(
        expedite_orders.c.case_id == case_id, expedite_orders.c.round == round_, expedite_orders.c.kind == kind
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def by_case(session: Session, ids: Sequence[int]) -> dict[int, list[OrderRow]]:
    """Oldest first."""
    return await rows_by_case(session, expedite_orders, ids, expedite_orders.c.id)


def where(*, path: str | None, is_open: bool | None, kind: ExpediteKind | None) -> list[ColumnElement[bool]]:
    """Open: it waits for its reply and the case for its end."""
    clauses: list[ColumnElement[bool]] = []
    if path is not None:
        clauses.append(under(cases.c.division_path, path))
    if kind is not None:
        clauses.append(expedite_orders.c.kind == kind)
    if is_open is not None:
        waits = expedite_orders.c.replied_at.is_(None) & cases.c.is_open
        clauses.append(waits if is_open else ~waits)
    return clauses


async def page(
    session: Session, scope: Scope, clauses: Sequence[ColumnElement[bool]], *, first: int, before_id: int | None
) -> list[OrderRow]:
    """Orders about cases in scope, newest first."""
    statement = select(expedite_orders).select_from(_OF_CASE).where(*_in(scope, clauses))
    if before_id is not None:
        statement = statement.where(expedite_orders.c.id < before_id)
    return list(await session.execute(statement.order_by(expedite_orders.c.id.desc()).limit(first)))


async def count(session: Session, scope: Scope, clauses: Sequence[ColumnElement[bool]]) -> int:
    """How many match, counted up to COUNT_LIMIT."""
    some = select(expedite_orders.c.id).select_from(_OF_CASE).where(*_in(scope, clauses)).limit(COUNT_LIMIT)
    return int((await session.execute(select(func.count()).select_from(some.subquery()))).scalar_one())


def _in(scope: Scope, clauses: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    return [expedite_orders.c.realm == scope.realm, in_scope(scope), *clauses]
