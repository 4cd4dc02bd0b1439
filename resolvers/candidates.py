"""逐步扩大购买: which matters a division might buy the work of, and how much the catalogue holds month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from db import candidates
from db.clock import local_bounds
from db.database import Database
from db.vocabulary import Realm
from resolvers.measuring import Period
from resolvers.rules.candidates import Weighed, weighed


@dataclass(frozen=True, slots=True)
class Candidates:
    registered: int  # cases of whatever matter, in the period
    rows: Sequence[Weighed]
    listed: frozenset[int]  # matters with an item in force on the period's last day


@dataclass(frozen=True, slots=True)
class Month:
    """The catalogue on a month's last day within the period, and the cases of the month."""

    first: date
    last: date
    matters: int
    listed: int
    registered: int
    registered_listed: int


async def ranked(db: Database, realm: Realm, path: str, period: Period) -> Candidates:
    """Of the cases that were registered in the period at or below a division."""
    since, until = period.moments
    async with db.snapshot() as session:
        everything = await candidates.registered(session, realm, path, since, until)
        found = await candidates.by_matter(session, realm, path, since, until)
        there = await candidates.listed(session, path, period.last)
    return Candidates(everything, weighed(found), there)


async def coverage(db: Database, realm: Realm, path: str, period: Period) -> list[Month]:
    """Month by month. A case counts as covered where its matter was listed on the month's last day."""
    months = months_of(period)
    spans = [local_bounds(first, last) for first, last in months]
    async with db.snapshot() as session:
        matters = await candidates.buyable(session, path)
        items = await candidates.listed_spans(session, path)
        counts = await candidates.registered_in(session, realm, path, spans)
    found = []
    for number, (first, last) in enumerate(months):
        there = {matter for matter, begins, ends in items if begins <= last <= ends and matter in matters}
        came = {matter: numbers[number] for matter, numbers in counts.items()}
        covered = sum(count for matter, count in came.items() if matter in there)
        found.append(Month(first, last, len(matters), len(there), sum(came.values()), covered))
    return found


def months_of(period: Period) -> list[tuple[date, date]]:
    """First and last day of each month, cut to the period."""
    found, first = [], period.first
    while first <= period.last:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append((first, min(following - timedelta(days=1), period.last)))
        first = following
    return found
