"""Indicators of whoever is assessed: who may read them, the figures, and the cases behind each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db import assessment, schemes, tallies
from db.assessment import STAFF, Count, Place
from db.cases import CaseRow
from db.database import Database, Session
from db.indicators import Question, Span
from db.schemes import Rules, Size
from db.scope import Scope, ScopeKind
from db.vocabulary import Realm, Role
from db.vocabulary.assessment import AssessedKind, ExclusionReason, IndicatorCode, IndicatorSet, IndicatorUnit
from resolvers import measuring
from resolvers.measuring import Period
from resolvers.rules.assessment import unit_of, value_of
from resolvers.viewer import Viewer

DIMENSIONS = {
    AssessedKind.DIVISION: tallies.DIVISION,
    AssessedKind.GRID: tallies.GRID,
    AssessedKind.DEPARTMENT: tallies.DEPARTMENT,
}
COUNTED_AS = {
    IndicatorCode.DISCOVERIES_PER_1000: IndicatorCode.DISCOVERY_COUNT,
    IndicatorCode.REGISTERED_PER_GRID: IndicatorCode.PATROL_SHARE,
}
"""Indicators that measure a count of another against residents or grids."""

ASSESSORS = frozenset({Role.COMMANDER, Role.SHIFT_LEADER, Role.ANALYST})
"""Who reads the figures of other people by their account. A wall shows places, never a person."""


@dataclass(frozen=True, slots=True)
class Assessed:
    """Who or what is assessed, as the viewer may read it."""

    kind: AssessedKind
    key: str  # division code, id as text, or account
    path: str = ""  # of the division, grid or department; of an account, the county it works in
    within: tuple[str, ...] = ()  # an account's cases are counted in these divisions only; empty: everywhere
    row: Any = field(default=None, compare=False)

    @property
    def place(self) -> Place:
        value = self.path if self.kind is AssessedKind.DIVISION else self.key
        return Place(self.kind, value, self.within)


@dataclass(frozen=True, slots=True)
class Figure:
    """An indicator of a subject: what counts, what it is measured against, what was left out and why."""

    subject: Assessed
    question: Question
    code: IndicatorCode  # as it was asked; the question may count another
    period: Period
    as_of: datetime
    numerator: int
    denominator: int
    excluded: Mapping[ExclusionReason, int]

    @property
    def unit(self) -> IndicatorUnit:
        return unit_of(self.code)

    @property
    def value(self) -> float | None:
        return value_of(self.unit, self.numerator, self.denominator)


def may_read(scope: Scope, subject: Assessed) -> bool:
    """Who may read the metrics of a place or unit may read its indicators."""
    return measuring.may_measure(scope, measuring.Subject(DIMENSIONS[subject.kind], subject.key, subject.path))


async def worker_of(db: Database, viewer: Viewer, account: str) -> Assessed | None:
    """An account as a subject: one's own, or one that handed in cases below a division of the viewer's.

    Only grid workers, community workers and patrol officers are subjects; everybody else's account is not there.
    """
    is_own = account == viewer.principal and bool(viewer.roles & STAFF)
    held = {grant.value for grant in viewer.grants if grant.kind is ScopeKind.DIVISION and grant.role in ASSESSORS}
    paths = () if is_own else tuple(sorted(held))
    if not is_own and not paths:
        return None
    async with db.read() as session:
        county = await assessment.county_of(session, viewer.realm, Place(AssessedKind.WORKER, account, paths))
    if county is None and not is_own:
        return None
    return Assessed(AssessedKind.WORKER, account, county or "", paths)


async def figure(
    db: Database, realm: Realm, code: IndicatorCode, subject: Assessed, period: Period, now: datetime
) -> Figure:
    async with db.snapshot() as session:
        rules = await schemes.rules_on(session, period.first)
        question = question_of(code, period, rules)
        count = await _count(session, realm, question, subject, period)
        size = await _size(session, subject, rules) if code in COUNTED_AS else Size()
    numerator, denominator = measured(code, count, size)
    return Figure(subject, question, code, period, now, numerator, denominator, count.excluded)


def question_of(code: IndicatorCode, period: Period, rules: Rules) -> Question:
    return Question(COUNTED_AS.get(code, code), Span.of(period.first, period.last), rules.split)


def measured(code: IndicatorCode, count: Count, size: Size) -> tuple[int, int]:
    """Numerator and denominator: some indicators measure their count against residents or grids."""
    match code:
        case IndicatorCode.DISCOVERIES_PER_1000:
            return count.numerator, size.residents
        case IndicatorCode.REGISTERED_PER_GRID:
            return count.denominator, size.grids
    return count.numerator, count.denominator


async def _count(session: Session, realm: Realm, question: Question, subject: Assessed, period: Period) -> Count:
    if question.code is IndicatorCode.REGISTRATION_RATE and subject.kind in DIMENSIONS:
        # The tallies hold both; nothing is left out of this one.
        sums = await tallies.read(
            session,
            realm,
            DIMENSIONS[subject.kind],
            [subject.key],
            first_day=period.first,
            last_day=period.last,
        )
        return Count(sums[subject.key]["registered"], sums[subject.key]["submitted"])
    return await assessment.count(session, realm, question, subject.place)


async def _size(session: Session, subject: Assessed, rules: Rules) -> Size:
    if subject.kind is AssessedKind.DIVISION:
        return (await schemes.sizes_below(session, subject.path, len(subject.path), rules)).get(subject.path, Size())
    if subject.kind is AssessedKind.GRID:
        below = await schemes.grids_below(session, subject.path, rules)
        return next((Size(1, grid.residents) for grid in below if str(grid.id) == subject.key), Size())
    return Size()


async def cases_behind(
    db: Database,
    scope: Scope,
    figure: Figure,
    which: IndicatorSet,
    reason: ExclusionReason | None,
    *,
    first: int,
    before_id: int | None,
) -> list[CaseRow]:
    """The rows of one part of a figure that the viewer may see, newest first."""
    part = _part(figure.code, which)
    if part is None:
        return []
    async with db.snapshot() as session:
        return await assessment.rows_behind(
            session, scope, figure.question, figure.subject.place, part, reason, first=first, before_id=before_id
        )


async def count_behind(
    db: Database, scope: Scope, figure: Figure, which: IndicatorSet, reason: ExclusionReason | None
) -> int:
    part = _part(figure.code, which)
    if part is None:
        return 0
    async with db.read() as session:
        return await assessment.count_behind(session, scope, figure.question, figure.subject.place, part, reason)


def _part(code: IndicatorCode, which: IndicatorSet) -> IndicatorSet | None:
    """The part of the question that is counted; None where the denominator is residents or grids, not cases."""
    if code in COUNTED_AS and which is IndicatorSet.DENOMINATOR:
        return None
    if code is IndicatorCode.REGISTERED_PER_GRID and which is IndicatorSet.NUMERATOR:
        return IndicatorSet.DENOMINATOR
    return which
