"""Reading units, matters, permits and the calendar's local days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select

from db.database import Session
from db.tables import CalendarDay, Department, Matter, ServiceProvider, TaskPermit
from db.visible import under
from db.vocabulary import MatterDomain

DepartmentRow = Any
ServiceProviderRow = Any
MatterRow = Any

departments: Any = Department.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
service_providers: Any = ServiceProvider.__table__  # type: ignore[attr-defined]
matters: Any = Matter.__table__  # type: ignore[attr-defined]
permits: Any = TaskPermit.__table__  # type: ignore[attr-defined]
calendar_days: Any = CalendarDay.__table__  # type: ignore[attr-defined]


async def by_ids(session: Session, table: Any, ids: Sequence[int]) -> dict[int, Any]:
    return {row.id: row for row in await session.execute(_by_ids(table), {"ids": list(ids)})}


@cache
def _by_ids(table: Any) -> Any:
    return select(table).where(table.c.id.in_(bindparam("ids", expanding=True)))


async def by_id(session: Session, table: Any, row_id: int) -> Any | None:
    return (await by_ids(session, table, [row_id])).get(row_id)


async def by_code(session: Session, table: Any, code: str) -> Any | None:
    return (await session.execute(select(table).where(table.c.code == code))).one_or_none()


def matters_where(*, domain: MatterDomain | None, text: str | None) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if domain is not None:
        clauses.append(matters.c.domain == domain)
    if text:
        clauses.append(or_(matters.c.name.contains(text, autoescape=True), matters.c.code == text))
    return clauses


def units_where(table: Any, path: str | None) -> list[ColumnElement[bool]]:
    """Departments or service providers at or below a division."""
    return [] if path is None else [under(table.c.path, path)]


async def departments_below(session: Session, path: str) -> list[DepartmentRow]:
    """Departments of a division and of all below it, in order of id."""
    statement = select(departments).where(under(departments.c.path, path)).order_by(departments.c.id)
    return list(await session.execute(statement))


async def page(
    session: Session, table: Any, clauses: Sequence[ColumnElement[bool]], *, first: int, after_id: int | None
) -> list[Any]:
    statement = select(table).where(*clauses)
    if after_id is not None:
        statement = statement.where(table.c.id > after_id)
    return list(await session.execute(statement.order_by(table.c.id).limit(first)))


async def count(session: Session, table: Any, clauses: Sequence[ColumnElement[bool]]) -> int:
    return int((await session.execute(select(func.count()).select_from(table).where(*clauses))).scalar_one())


async def local_days(session: Session, first: date, last: date) -> dict[date, bool]:
    """Days on which this deployment differs from the national calendar: True where it works."""
    statement = select(calendar_days).where(calendar_days.c.day.between(first, last))
    return {row.day: row.is_working for row in await session.execute(statement)}
