"""What cases say for buying the work of a matter, and how much of what came in the catalogue held at the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select

from db.cases import cases, work_orders
from db.catalogue import matters
from db.database import Session
from db.posts import above
from db.purchasing import bought_at, in_force, items, reserved_tasks
from db.visible import under
from db.vocabulary import DONE_WORK_ORDER_STATES, OPEN_WORK_ORDER_STATES, CaseKind, Realm

CONTENTIOUS: ColumnElement[bool] = or_(
    cases.c.kind == CaseKind.DISPUTE,
    cases.c.is_confirmed.is_(False),
    cases.c.round > 1,
    cases.c.ruling_path.is_not(None),
    cases.c.is_ruled,
)
"""矛盾突出: people were at odds over it. A dispute; or its submitter calls it unsolved or had it taken up again; or
units were of different views."""

HARD: ColumnElement[bool] = or_(
    cases.c.returns > 0, cases.c.rework_count > 0, cases.c.extensions > 0, cases.c.was_late
)
"""监管难度大: it could not simply be done. A unit sent it back; or a check failed; or its limit was not enough,
whether more time was granted or not."""


BOUGHT = sorted(OPEN_WORK_ORDER_STATES | DONE_WORK_ORDER_STATES)
"""States of an order that was neither declined nor cancelled."""


@dataclass(frozen=True, slots=True)
class Said:
    """Counts of cases of one matter."""

    matter: Any
    registered: int
    contentious: int
    hard: int
    bought: int  # with a work order that was neither declined nor cancelled


async def by_matter(session: Session, realm: Realm, path: str, since: datetime, until: datetime) -> list[Said]:
    """Of the cases that were registered in a period at or below a division, as they stand now: by matter, only of
    those that may be bought there at all, in order of their ids."""
    was_bought = (
        select(work_orders.c.id).where(work_orders.c.case_id == cases.c.id, work_orders.c.state.in_(BOUGHT)).exists()
    )
    counted = [_sum(clause) for clause in (CONTENTIOUS, HARD, was_bought)]
    statement = (
        select(cases.c.matter_id, func.count(), *counted)
        .where(_registered(realm, path, since, until))
        .group_by(cases.c.matter_id)
    )
    counts = {matter_id: numbers for matter_id, *numbers in await session.execute(statement)}
    found = await session.execute(select(matters).where(_may_be_bought(path)).order_by(matters.c.id))
    return [Said(row, *counts[row.id]) for row in found if row.id in counts]


async def registered(session: Session, realm: Realm, path: str, since: datetime, until: datetime) -> int:
    """Cases of whatever matter."""
    statement = select(func.count()).select_from(cases).where(_registered(realm, path, since, until))
    return int((await session.execute(statement)).scalar_one())


async def listed(session: Session, path: str, day: date) -> frozenset[int]:
    """Matters with an item that is in force at a place on a day."""
    found = await session.execute(select(items.c.matter_id).where(bought_at(path), in_force(day)).distinct())
    return frozenset(found.scalars())


async def buyable(session: Session, path: str) -> frozenset[int]:
    """Matters that may be bought at a place at all."""
    return frozenset((await session.execute(select(matters.c.id).where(_may_be_bought(path)))).scalars())


async def listed_spans(session: Session, path: str) -> list[tuple[int, date, date]]:
    """Matter, first and last day of every item of a place, whenever it was in force."""
    found = await session.execute(
        select(items.c.matter_id, items.c.valid_from, items.c.valid_to).where(bought_at(path))
    )
    return [(matter_id, first, last) for matter_id, first, last in found]


async def registered_in(
    session: Session, realm: Realm, path: str, spans: Sequence[tuple[datetime, datetime]]
) -> dict[int, list[int]]:
    """Cases by matter that may be bought, and by span; the spans follow each other without a gap."""
    counted = [
        _sum(and_(cases.c.registered_at >= since, cases.c.registered_at < until)).label(f"span_{number}")
        for number, (since, until) in enumerate(spans)
    ]
    statement = (
        select(cases.c.matter_id, *counted)
        .join(matters, matters.c.id == cases.c.matter_id)
        .where(_registered(realm, path, spans[0][0], spans[-1][1]), _may_be_bought(path))
        .group_by(cases.c.matter_id)
    )
    return {
        matter_id: [int(number) for number in numbers] for matter_id, *numbers in await session.execute(statement)
    }


def _registered(realm: Realm, path: str, since: datetime, until: datetime) -> ColumnElement[bool]:
    return and_(
        cases.c.realm == realm,
        cases.c.registered_at >= since,
        cases.c.registered_at < until,
        under(cases.c.division_path, path),
    )


def _may_be_bought(path: str) -> ColumnElement[bool]:
    """Neither an act of authority nor on the list of what is never bought at the place."""
    codes = [one.rstrip("/").rpartition("/")[2] for one in above(path)]
    reserved = select(reserved_tasks.c.matter_id).where(
        reserved_tasks.c.division_code.in_(codes), reserved_tasks.c.task_kind == ""
    )
    return and_(matters.c.is_delegable, matters.c.id.not_in(reserved))


def _sum(clause: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((func.coalesce(clause, false()), 1), else_=0)), 0)
