"""Tasks given to grids, and what they add up to for who works them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.database import Session
from db.permits import refusals
from db.tables import Burden, BurdenCeiling, GivenTask
from db.visible import under
from db.vocabulary import Realm
from db.vocabulary.workers import GridTaskState

tasks: Any = GivenTask.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
burdens: Any = Burden.__table__  # type: ignore[attr-defined]
ceilings: Any = BurdenCeiling.__table__  # type: ignore[attr-defined]

KEYS = ("realm", "day", "holder", "grid_id")
MEASURES = ("verifications", "checks", "submissions", "self_handled", "minutes", "overrides")
TASKS = burdens.c.verifications + burdens.c.checks + burdens.c.submissions


def holder_of(worker_code: str | None, grid_id: int) -> str:
    """Whom a burden is counted for: the worker, or the grid that has none."""
    return worker_code or f"-{grid_id}"


async def ceiling_of(session: Session, codes: Sequence[str]) -> int | None:
    """Of the nearest of these divisions, which are in order from the province down; None where none has one."""
    rows = {
        row.division_code: row.tasks_per_day
        for row in await session.execute(select(ceilings).where(ceilings.c.division_code.in_(codes)))
    }
    return next((rows[code] for code in reversed(codes) if code in rows), None)


async def tasks_on(session: Session, realm: Realm, day: date, holder: str) -> int:
    """Tasks, own submissions among them, that somebody has had on a day, in all their grids."""
    statement = select(func.coalesce(func.sum(TASKS), 0)).where(
        burdens.c.realm == realm, burdens.c.day == day, burdens.c.holder == holder
    )
    return int((await session.execute(statement)).scalar_one())


async def add(session: Session, key: Mapping[str, Any], path: str, ceiling: int, **measures: int) -> None:
    """Count something for a holder in a grid on a day."""
    values = {**key, "path": path, "ceiling": ceiling, **dict.fromkeys(MEASURES, 0), **measures}
    await session.execute(_upsert(session.dialect.name), values)


@cache
def _upsert(dialect: str) -> Any:
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(burdens)
    added = {name: burdens.c[name] + statement.excluded[name] for name in MEASURES}
    return statement.on_conflict_do_update(
        index_elements=list(KEYS), set_={**added, "ceiling": statement.excluded.ceiling}
    )


async def give(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(tasks).values(**values))


async def end_open(session: Session, case_id: int, state: GridTaskState, at: datetime) -> None:
    """The open task of a case is answered, or no longer wanted."""
    await session.execute(
        update(tasks)
        .where(tasks.c.case_id == case_id, tasks.c.state == GridTaskState.OPEN)
        .values(state=state, ended_at=at)
    )


@dataclass(frozen=True, slots=True)
class Sums:
    holders: int
    tasks: int
    minutes: int
    overrides: int
    over_ceiling: int  # holders
    most: int  # of one holder


async def sums(session: Session, realm: Realm, path: str, day: date) -> Sums:
    """What was given at or below a division on a day, in one statement."""
    each = (
        select(
            burdens.c.holder,
            func.sum(TASKS).label("tasks"),
            func.sum(burdens.c.minutes).label("minutes"),
            func.sum(burdens.c.overrides).label("overrides"),
            func.max(burdens.c.ceiling).label("ceiling"),
        )
        .where(_of(realm, path, day))
        .group_by(burdens.c.holder)
        .subquery()
    )
    row = (
        await session.execute(
            select(
                func.count(),
                func.coalesce(func.sum(each.c.tasks), 0),
                func.coalesce(func.sum(each.c.minutes), 0),
                func.coalesce(func.sum(each.c.overrides), 0),
                func.count().filter(each.c.tasks > each.c.ceiling),
                func.coalesce(func.max(each.c.tasks), 0),
            ).select_from(each)
        )
    ).one()
    return Sums(*map(int, row))


async def page(session: Session, realm: Realm, path: str, day: date, *, first: int, after: str | None) -> list[Any]:
    """One row for each holder, in order of holder."""
    statement = (
        select(
            burdens.c.holder,
            func.min(burdens.c.grid_id).label("grid_id"),
            func.sum(TASKS).label("tasks"),
            *(func.sum(burdens.c[name]).label(name) for name in MEASURES),
            func.max(burdens.c.ceiling).label("ceiling"),
        )
        .where(_of(realm, path, day))
        .group_by(burdens.c.holder)
    )
    if after is not None:
        statement = statement.where(burdens.c.holder > after)
    return list(await session.execute(statement.order_by(burdens.c.holder).limit(first)))


def _of(realm: Realm, path: str, day: date) -> ColumnElement[bool]:
    return and_(burdens.c.realm == realm, burdens.c.day == day, under(burdens.c.path, path))


async def refused(session: Session, realm: Realm, path: str, day: date, code: str) -> int:
    statement = select(func.count()).where(
        refusals.c.realm == realm, refusals.c.day == day, under(refusals.c.path, path), refusals.c.code == code
    )
    return int((await session.execute(statement)).scalar_one())


async def open_tasks_page(
    session: Session, realm: Realm, worker_code: str, *, first: int, after_id: int | None
) -> list[Any]:
    """What a worker has been given and not yet done, oldest first."""
    statement = select(tasks).where(
        tasks.c.realm == realm, tasks.c.worker_code == worker_code, tasks.c.state == GridTaskState.OPEN
    )
    if after_id is not None:
        statement = statement.where(tasks.c.id > after_id)
    return list(await session.execute(statement.order_by(tasks.c.id).limit(first)))
