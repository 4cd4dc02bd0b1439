"""What outsourcing cost: sums over the orders that were settled in a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, and_, case, cast, distinct, func, literal, select

from db.cases import cases, work_orders
from db.database import Session
from db.visible import under
from db.vocabulary import CaseOutcome, Realm

ITEM: ColumnElement[Any] = work_orders.c.catalogue_item_id
PROVIDER: ColumnElement[Any] = work_orders.c.service_provider_id
EVERYTHING: ColumnElement[Any] = literal(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of the orders of one key, in cents of a yuan."""

    key: int | None  # null: ordered before there was a catalogue
    orders: int
    settled_cents: int
    agreed_cents: int  # quantity times price of one unit
    resolved: int  # cases with such an order that ended as resolved, each once


@dataclass(frozen=True, slots=True)
class Where:
    """Whose orders: of cases at or below a division, of a department, or both."""

    realm: Realm
    path: str | None
    department_id: int | None


def by_span(spans: Sequence[tuple[datetime, datetime]]) -> ColumnElement[Any]:
    """The number of the span in which an order was settled; the spans follow each other without a gap."""
    return case(
        *((work_orders.c.settled_at < until, number) for number, (_, until) in enumerate(spans)), else_=len(spans)
    )


async def settled(
    session: Session, where: Where, since: datetime, until: datetime, key: ColumnElement[Any]
) -> list[Cost]:
    """By key, of what was settled from `since` until before `until`, in no order. An order's own numbers fit 32 bits;
    neither their sums nor a product need to."""
    agreed = cast(work_orders.c.quantity, BigInteger) * func.coalesce(work_orders.c.unit_price_cents, 0)
    named = key.label("cost_key")
    statement = (
        select(
            named,
            func.count(),
            func.sum(cast(work_orders.c.settled_cents, BigInteger)),
            func.sum(agreed),
            func.count(distinct(case((cases.c.outcome == CaseOutcome.RESOLVED, cases.c.id)))),
        )
        .join(cases, cases.c.id == work_orders.c.case_id)
        .where(_of(where), work_orders.c.settled_at >= since, work_orders.c.settled_at < until)
        .group_by(named)
    )
    found = await session.execute(statement)
    return [Cost(one[0], *(int(number) for number in one[1:])) for one in found]


def _of(where: Where) -> ColumnElement[bool]:
    # Settled orders are few and cases are many: the expressions keep planners off the indexes of cases.
    clauses = [cast(cases.c.realm, String) == where.realm.value]
    if where.path is not None:
        clauses.append(under(cases.c.division_path.concat(""), where.path))
    if where.department_id is not None:
        clauses.append(work_orders.c.department_id == where.department_id)
    return and_(*clauses)
