"""降本增效: what outsourcing cost a division or a department in a period, as settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from db import costs
from db.clock import local_bounds
from db.costs import Cost, Where
from db.database import Database
from resolvers.candidates import months_of
from resolvers.measuring import Period

NOTHING = Cost(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Month:
    """Of one local month, cut to the period."""

    first: date
    last: date
    cost: Cost


@dataclass(frozen=True, slots=True)
class Report:
    total: Cost
    months: Sequence[Month]
    items: Sequence[Cost]  # most money first
    providers: Sequence[Cost]


async def report(db: Database, where: Where, period: Period) -> Report:
    """Of one moment: the months, the items and the providers each add up to the total but for cases that were
    resolved by several orders."""
    since, until = period.moments
    months = months_of(period)
    spans = [local_bounds(first, last) for first, last in months]
    async with db.snapshot() as session:
        total = await costs.settled(session, where, since, until, costs.EVERYTHING)
        by_month = {one.key: one for one in await costs.settled(session, where, since, until, costs.by_span(spans))}
        items = await costs.settled(session, where, since, until, costs.ITEM)
        providers = await costs.settled(session, where, since, until, costs.PROVIDER)
    return Report(
        total[0] if total else NOTHING,
        [Month(first, last, by_month.get(number, NOTHING)) for number, (first, last) in enumerate(months)],
        sorted(items, key=_most_first),
        sorted(providers, key=_most_first),
    )


def _most_first(cost: Cost) -> tuple[int, int]:
    return -cost.settled_cents, cost.key or 0
