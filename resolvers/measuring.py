"""Figures: sums of tallies and counts of clocks for what a viewer may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from db import tallies
from db.cases import cases
from db.clock import local_bounds, local_day
from db.database import Database
from db.scope import Scope, ScopeKind
from db.tallies import Due
from resolvers.refusals import Code, Refusal

LONGEST_DAYS = 366


@dataclass(frozen=True, slots=True)
class Period:
    """Local days, both included."""

    first: date
    last: date

    @staticmethod
    def of(first: date | None, last: date | None, now: datetime) -> Period:
        """Today where nothing is said; one day when only one end is given up to today."""
        today = local_day(now)
        end = last or max(today, first or today)
        period = Period(first or end, end)
        if period.first > period.last or (period.last - period.first).days >= LONGEST_DAYS:
            raise Refusal(
                Code.BAD_USER_INPUT,
                detail=f"expected from <= to and at most {LONGEST_DAYS} days; came {first}, {last}",
            )
        return period

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """When it begins, and when it is over."""
        return local_bounds(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Subject:
    """What figures are about: a dimension of the tallies and one member of it."""

    dimension: str
    key: str  # division code or database id as text
    path: str = ""  # of the division, grid, department or service provider: decides who may read it
    matter: str = ""  # database id as text: division x matter


@dataclass(frozen=True, slots=True)
class Figures:
    subject: Subject
    period: Period
    as_of: datetime
    counts: Mapping[str, int]
    due: Due


def may_measure(scope: Scope, subject: Subject) -> bool:
    """Whether a viewer may read the figures: the place lies in a division of theirs, or the unit is their own.

    People who only see what they handed in read no figures of others.
    """
    own = {
        tallies.GRID: ScopeKind.GRID,
        tallies.DEPARTMENT: ScopeKind.DEPARTMENT,
        tallies.PROVIDER: ScopeKind.SERVICE_PROVIDER,
    }.get(subject.dimension)
    return any(
        grant.kind is ScopeKind.ALL
        or (grant.kind is ScopeKind.DIVISION and subject.path.startswith(grant.value))
        or (grant.kind is own and grant.value == subject.key)
        for grant in scope.grants
    )


async def measure(
    db: Database, scope: Scope, subjects: Sequence[Subject], period: Period, now: datetime
) -> list[Figures | None]:
    """Figures of each subject of one dimension and matter, in their order; None where the viewer may not read."""
    wanted = [subject for subject in subjects if may_measure(scope, subject)]
    if not wanted:
        return [None for _ in subjects]
    dimension, matter = wanted[0].dimension, wanted[0].matter
    async with db.read() as session:
        counts = await tallies.read(
            session,
            scope.realm,
            dimension,
            [subject.key for subject in wanted],
            matter=matter,
            first_day=period.first,
            last_day=period.last,
        )
        if dimension == tallies.DIVISION:
            matter_id = int(matter) if matter else None
            by_path = await tallies.due_by_division(
                session, scope.realm, [subject.path for subject in wanted], now, matter_id
            )
            due = {subject.key: by_path[subject.path] for subject in wanted}
        elif dimension == tallies.GRID:
            due = await tallies.due_by(session, scope.realm, cases.c.grid_id, [int(s.key) for s in wanted], now)
        elif dimension == tallies.DEPARTMENT:
            column = cases.c.responsible_unit_id
            due = await tallies.due_by(session, scope.realm, column, [int(s.key) for s in wanted], now)
        elif dimension == tallies.MATTER:
            due = await tallies.due_by(session, scope.realm, cases.c.matter_id, [int(s.key) for s in wanted], now)
        else:
            due = await tallies.due_by_provider(session, scope.realm, [int(s.key) for s in wanted], now)
    allowed = set(wanted)
    return [
        Figures(subject, period, now, counts[subject.key], due[subject.key]) if subject in allowed else None
        for subject in subjects
    ]


async def recount(db: Database, *, repair: bool) -> int:
    """How many tallies differ from counting all cases anew; with `repair` they are replaced by the count."""
    async with db.write() as session:
        await tallies.hold(session)
        counted, kept = await tallies.recounted(session), await tallies.stored(session)
        differing = sum(counted.get(key) != kept.get(key) for key in counted.keys() | kept.keys())
        if repair and differing:
            await tallies.rebuild(session, counted)
    return differing
