"""Views of units whose a case is, and rulings on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select

from db.cases import cases
from db.database import Session
from db.scope import Scope
from db.tables import Ruling, UnitView
from db.visible import cases_under, in_scope

views: Any = UnitView.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
rulings: Any = Ruling.__table__  # type: ignore[attr-defined]

ViewRow = Any
"""A Core row of table `unit_views`."""
RulingRow = Any
"""A Core row of table `rulings`."""


async def add_view(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(views).values(**values))


async def add_ruling(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(rulings).values(**values))


async def views_of_round(session: Session, case_id: int, round_: int) -> list[ViewRow]:
    """Oldest first."""
    statement = select(views).where(views.c.case_id == case_id, views.c.round == round_)
    return list(await session.execute(statement.order_by(views.c.id)))


async def views_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[ViewRow]]:
    return await _by_case(session, views, ids)


async def rulings_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[RulingRow]]:
    return await _by_case(session, rulings, ids)


async def _by_case(session: Session, table: Any, ids: Sequence[int]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {case_id: [] for case_id in ids}
    for row in await session.execute(select(table).where(table.c.case_id.in_(ids)).order_by(table.c.id)):
        grouped[row.case_id].append(row)
    return grouped


async def page(
    session: Session,
    scope: Scope,
    *,
    path: str | None,
    matter_id: int | None,
    first: int,
    before_id: int | None,
) -> list[RulingRow]:
    """Rulings on cases of the scope, newest first: precedents of a place or a matter."""
    statement = select(rulings).join(cases, cases.c.id == rulings.c.case_id).where(in_scope(scope))
    if path is not None:
        statement = statement.where(cases_under(path))
    if matter_id is not None:
        statement = statement.where(rulings.c.matter_id == matter_id)
    if before_id is not None:
        statement = statement.where(rulings.c.id < before_id)
    return list(await session.execute(statement.order_by(rulings.c.id.desc()).limit(first)))
