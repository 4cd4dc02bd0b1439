"""What units leave lying, and to whom they pass cases on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, String, and_, case, cast, func, literal_column, select, type_coerce

from db.cases import cases, steps
from db.database import Session
from db.expediting import expedite_orders
from db.visible import under
from db.vocabulary import CaseAction, CaseState, Realm

_place = cases.c.division_path.concat("")  # found by state or due time, not by place
_unit = cases.c.responsible_unit_id + 0  # nor by unit, though the answer is grouped by it
_is_open = cast(cases.c.is_open, Integer) == 1  # nor by being open: the orders that wait are few
_realm = type_coerce(cases.c.realm, String).concat("")  # nor by realm: returns lead to their cases
_given = steps.alias("given")
_GIVES = (CaseAction.DISPATCH, CaseAction.REASSIGN, CaseAction.RULE)  # their steps name the unit that has it then


@dataclass(frozen=True, slots=True)
class Pair:
    """How often one unit sent a case back and said that the other should have it."""

    returned_by: int
    proposed: int
    count: int


async def unsigned(session: Session, realm: Realm, path: str) -> dict[int, int]:
    """Cases below a division that were given to a unit which has neither signed nor returned them."""
    counted = select(_unit, func.count()).where(
        cases.c.realm == realm, cases.c.state == CaseState.DISPATCHED, _unit.is_not(None), under(_place, path)
    )
    return {unit: count for unit, count in await session.execute(counted.group_by(_unit))}


async def overdue(session: Session, realm: Realm, path: str, now: datetime) -> dict[int, int]:
    """Cases below a division whose unit has them longer than its limit: what the figures count as overdue."""
    late = func.sum(case((cases.c.due_at < now, 1), else_=0))  # no condition: it would lead to all that was ever due
    counted = select(_unit, late).where(
        cases.c.realm == realm,
        cases.c.clock_runs,
        cases.c.near_due_at <= now,
        _unit.is_not(None),
        under(_place, path),
    )
    return {unit: int(count) for unit, count in await session.execute(counted.group_by(_unit)) if count}


async def expedited(session: Session, realm: Realm, path: str) -> dict[int, int]:
    """Expedite orders that wait for a unit's reply, of open cases below a division."""
    unit = expedite_orders.c.department_id
    counted = (
        select(unit, func.count())
        .join_from(expedite_orders, cases, cases.c.id == expedite_orders.c.case_id)
        .where(expedite_orders.c.realm == realm, expedite_orders.c.replied_at.is_(None), unit.is_not(None))
        .where(_is_open, under(_place, path))
    )
    return {unit_id: count for unit_id, count in await session.execute(counted.group_by(unit))}


async def return_pairs(session: Session, realm: Realm, path: str, start: datetime, end: datetime) -> list[Pair]:
    """Returns from `start` to before `end` by the unit that had the case and the one it named; the most first."""
    before = (
        select(func.max(_given.c.version))
        .where(_given.c.case_id == steps.c.case_id, _given.c.version < steps.c.version, _given.c.action.in_(_GIVES))
        .correlate(steps)
        .scalar_subquery()
    )
    had = steps.alias("had")
    count = func.count()
    statement = (
        select(had.c.department_id, steps.c.department_id, count)
        .select_from(steps)
        .join(cases, cases.c.id == steps.c.case_id)
        .join(had, and_(had.c.case_id == steps.c.case_id, had.c.version == before))
        .where(literal_column("steps.action = 'RETURN'"))  # a bound value passes the partial index by
        .where(steps.c.at >= start, steps.c.at < end, _realm == str(realm), under(_place, path))
        .where(had.c.department_id.is_not(None), steps.c.department_id.is_not(None))
        .group_by(had.c.department_id, steps.c.department_id)
        .order_by(count.desc(), had.c.department_id, steps.c.department_id)
    )
    return [Pair(*row) for row in await session.execute(statement)]
