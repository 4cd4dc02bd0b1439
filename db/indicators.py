"""What indicators count: each is a set of cases, divided into counted, measured against and left out.

A case belongs to a period by the local day on which something happened to it, judged by how the case stands now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, literal_column, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from db import traces
from db.cases import cases, steps
from db.clock import local_bounds
from db.vocabulary import CaseAction, CaseOutcome, CaseSource, CaseState, ClockKind, VerificationResult
from db.vocabulary.assessment import ExclusionReason, IndicatorCode

Clause = ColumnElement[bool]

PUBLIC_SOURCES = frozenset(
    {
        CaseSource.RESIDENT_APP,
        CaseSource.ENTERPRISE_APP,
        CaseSource.HOTLINE,
        CaseSource.MAILBOX,
        CaseSource.PUBLIC_OPINION,
    }
)
HELD = (CaseState.ON_HOLD, CaseState.LONG_TERM)
METRES_PER_DEGREE = 111_320
RADIANS_PER_DEGREE = 0.017453292519943295


@dataclass(frozen=True, slots=True)
class Span:
    """Whole local days as moments: from `start` up to, not including, `end`."""

    start: datetime
    end: datetime

    @staticmethod
    def of(first: date, last: date) -> Span:
        return Span(*local_bounds(first, last))

    def holds(self, moment: Any) -> Clause:
        return and_(moment >= self.start, moment < self.end)

    def misses(self, moment: Any) -> Clause:
        """The opposite, for moments that may be missing."""
        return or_(moment.is_(None), moment < self.start, moment >= self.end)


@dataclass(frozen=True, slots=True)
class SplitRule:
    """Submissions of one account about one matter in one grid that follow each other this closely are one problem."""

    minutes: int
    metres: int


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that decides which cases an indicator counts, but for the place."""

    code: IndicatorCode
    span: Span
    split: SplitRule


@dataclass(frozen=True, slots=True)
class Recipe:
    """`within` are the ways into the period: no case comes by two of them. The rest divides what came."""

    within: tuple[Callable[[Question], Clause], ...]
    counts: Callable[[Question], Clause]
    measured: Callable[[Question], Clause] = lambda _: true()
    reasons: Callable[[Question], list[tuple[ExclusionReason, Clause]]] = lambda _: []
    done_by: tuple[CaseAction, ...] = ()  # of an account: what it did last among these, not what it handed in


# -- clauses


class minutes_before(FunctionElement[datetime]):  # named as SQL functions are
    """A moment some minutes before a column's: written so that either database compares it by index."""

    inherit_cache = True


@compiles(minutes_before, "postgresql")
def _minutes_before_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    moment, minutes = element.clauses
    return f"({compiler.process(moment, **kw)} - make_interval(mins => {compiler.process(minutes, **kw)}))"


@compiles(minutes_before, "sqlite")
def _minutes_before_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    moment, minutes = element.clauses
    moved = f"'-' || {compiler.process(minutes, **kw)} || ' minutes'"
    return f"strftime('%Y-%m-%d %H:%M:%f', {compiler.process(moment, **kw)}, {moved})"


def _is_valid(row: Any) -> Clause:
    """Neither a duplicate, nor nothing at all, nor taken back."""
    invalid = (CaseOutcome.DUPLICATE, CaseOutcome.NO_PROBLEM_FOUND, CaseOutcome.NOT_OURS)
    return and_(
        or_(row.c.outcome.is_(None), row.c.outcome.not_in(invalid)),
        row.c.state.not_in((CaseState.WITHDRAWN, CaseState.VOIDED)),
    )


def _is_split(rule: SplitRule) -> Clause:
    """A valid submission of the same account, grid and matter lies shortly before it and near it.

    The first of a row is no split, whatever period it belongs to: so days add up to months.
    """
    before = cases.alias("before")
    return (
        select(literal(1))
        .where(
            before.c.realm == cases.c.realm,
            before.c.is_discovery,
            before.c.submitter_key == cases.c.submitter_key,
            before.c.submitted_at >= minutes_before(cases.c.submitted_at, literal(rule.minutes)),
            before.c.submitted_at <= cases.c.submitted_at,
            before.c.id < cases.c.id,
            before.c.grid_id == cases.c.grid_id,
            before.c.matter_id == cases.c.matter_id,
            _is_valid(before),
            _is_near(before, rule.metres),
        )
        .correlate(cases)
        .exists()
    )


def _is_near(before: Any, metres: int) -> Clause:
    """Within so many metres; where one has no point, the same grid is near enough.

    The cosine is its series: databases need not have the function (0.01 % off in the province).
    """
    x = cases.c.latitude * RADIANS_PER_DEGREE
    cosine = 1 - x * x / 2 + x * x * x * x / 24
    north = (cases.c.latitude - before.c.latitude) * METRES_PER_DEGREE
    east = (cases.c.longitude - before.c.longitude) * METRES_PER_DEGREE * cosine
    unknown = or_(cases.c.latitude.is_(None), before.c.latitude.is_(None))
    return or_(unknown, north * north + east * east <= metres * metres)


def _handed_in(question: Question) -> Clause:
    return and_(question.span.holds(cases.c.submitted_at), cases.c.parent_id.is_(None))


def _registered(question: Question) -> Clause:
    return and_(question.span.holds(cases.c.registered_at), cases.c.parent_id.is_(None))


def _handled(question: Question) -> Clause:
    return question.span.holds(cases.c.handled_at)


def _reworked(question: Question) -> Clause:
    return question.span.holds(cases.c.reworked_at)


def _closed(question: Question) -> Clause:
    return question.span.holds(cases.c.closed_at)


def _registered_only(question: Question) -> Clause:
    return and_(_registered(question), question.span.misses(cases.c.submitted_at))


def _reworked_only(question: Question) -> Clause:
    return and_(_reworked(question), question.span.misses(cases.c.handled_at))


def _due_but_not(done_at: Any) -> Callable[[Question], Clause]:
    """Due in the period and not done by its end."""

    def clause(question: Question) -> Clause:
        return and_(question.span.holds(cases.c.due_at), or_(done_at.is_(None), done_at >= question.span.end))

    return clause


def _closed_before(question: Question) -> Clause:
    """Closed in the period in an earlier round: reopening took its day of closing away, not the fact."""
    closing = select(literal(1)).where(
        steps.c.case_id == cases.c.id, steps.c.action == CaseAction.CLOSE, question.span.holds(steps.c.at)
    )
    # Spelt as the index spells it, or SQLite passes it by.
    return and_(literal_column("cases.round > 1"), closing.correlate(cases).exists())


def _closed_before_only(question: Question) -> Clause:
    """Of these, what is neither closed in the period again nor due in it and open at its end."""
    span, closed_at = question.span, cases.c.closed_at
    elsewhere = and_(span.misses(closed_at), or_(span.misses(cases.c.due_at), closed_at < span.start))
    return and_(_closed_before(question), elsewhere)


def _is_reopened(question: Question) -> Clause:
    return and_(_closed_before(question), question.span.misses(cases.c.closed_at))


def _is_found_by_staff(question: Question) -> Clause:
    return and_(_handed_in(question), cases.c.is_discovery)


def _left_out_of_discovery(question: Question) -> list[tuple[ExclusionReason, Clause]]:
    outcome, state = cases.c.outcome, cases.c.state
    return [
        (ExclusionReason.DUPLICATE, outcome == CaseOutcome.DUPLICATE),
        (ExclusionReason.INVALID, outcome == CaseOutcome.NO_PROBLEM_FOUND),
        (ExclusionReason.NOT_OURS, outcome == CaseOutcome.NOT_OURS),
        (ExclusionReason.WITHDRAWN, state == CaseState.WITHDRAWN),
        (ExclusionReason.VOIDED, state == CaseState.VOIDED),
        (ExclusionReason.SPLIT, _is_split(question.split)),
    ]


def _ended_otherwise(_: Question) -> list[tuple[ExclusionReason, Clause]]:
    state = cases.c.state
    return [
        (ExclusionReason.DUPLICATE, state == CaseState.MERGED),
        (ExclusionReason.WITHDRAWN, state == CaseState.WITHDRAWN),
        (ExclusionReason.VOIDED, state == CaseState.VOIDED),
        (ExclusionReason.DECLINED, state == CaseState.DECLINED),
        (ExclusionReason.ON_HOLD, state.in_(HELD)),
    ]


def _ended_otherwise_or_exempt(question: Question) -> list[tuple[ExclusionReason, Clause]]:
    return [*_ended_otherwise(question), (ExclusionReason.EXEMPT, _is_exempt())]


def _is_exempt() -> Clause:
    """Exempted on appeal: what was late stays on record and leaves the figures of lateness."""
    return and_(cases.c.was_late, cases.c.is_exempt)


def _left_out_of_resolution(question: Question) -> list[tuple[ExclusionReason, Clause]]:
    nothing = and_(_closed(question), cases.c.outcome == CaseOutcome.NO_PROBLEM_FOUND)
    *endings, (on_hold, held) = _ended_otherwise(question)
    # Putting a reopened case off must not take it out of the rate it has spoilt.
    return [*endings, (on_hold, and_(held, ~_is_reopened(question))), (ExclusionReason.INVALID, nothing)]


def _is_unanswered(question: Question) -> Clause:
    return and_(~_is_reopened(question), or_(~_is_closed_now(question), cases.c.is_confirmed.is_(None)))


def _is_closed_now(question: Question) -> Clause:
    return and_(cases.c.closed_at.is_not(None), _closed(question))


def _left_out_of_confirmed(question: Question) -> list[tuple[ExclusionReason, Clause]]:
    return [*_left_out_of_resolution(question), (ExclusionReason.UNANSWERED, _is_unanswered(question))]


def _done(kind: ClockKind) -> Callable[[Question], Clause]:
    return lambda question: traces.done_in(kind, question.span.start, question.span.end)


def _to_do(kind: ClockKind) -> tuple[Callable[[Question], Clause], ...]:
    """Done in the period, or due in it and waiting: each case once, however often it had to be done."""

    def waits(question: Question) -> Clause:
        return traces.runs_and_is_due_in(kind, question.span.start, question.span.end)

    return _done(kind), waits


def _in_time(kind: ClockKind) -> Callable[[Question], Clause]:
    """Done in the period, and never too late."""

    def clause(question: Question) -> Clause:
        span = question.span
        return and_(_done(kind)(question), ~traces.done_late_in(kind, span.start, span.end))

    return clause


def _dispatched_rightly(question: Question) -> Clause:
    return and_(_done(ClockKind.DISPATCH)(question), ~traces.took((CaseAction.RETURN,), question.span.start))


def _surveyed(question: Question) -> Clause:
    return traces.surveyed_in(question.span.start, question.span.end)


def _said(column: str, question: Question) -> Any:
    return traces.last_survey(column, question.span.start, question.span.end)


def _open_only(question: Question) -> Clause:
    return and_(cases.c.is_open, question.span.misses(cases.c.closed_at))


def _broke(question: Question) -> Clause:
    return traces.broke_in(question.span.start, question.span.end)


_TO_CLOSE = (_closed, _due_but_not(cases.c.closed_at))
_TO_HANDLE = (_handled, _due_but_not(cases.c.handled_at))
_PROBLEMS = (*_TO_CLOSE, _closed_before_only)
_IN_TIME, _LATE = ~cases.c.was_late, cases.c.was_late

RECIPES: dict[IndicatorCode, Recipe] = {
    IndicatorCode.DISCOVERY_COUNT: Recipe((_is_found_by_staff,), lambda _: true(), reasons=_left_out_of_discovery),
    IndicatorCode.VALID_SUBMISSION_RATE: Recipe(
        (_is_found_by_staff,), lambda question: and_(_is_valid(cases), ~_is_split(question.split))
    ),
    IndicatorCode.DECLARED_RESOLUTION_RATE: Recipe(
        _PROBLEMS,
        lambda question: and_(_is_closed_now(question), cases.c.outcome == CaseOutcome.RESOLVED),
        reasons=_left_out_of_resolution,
    ),
    IndicatorCode.CONFIRMED_RESOLUTION_RATE: Recipe(
        _PROBLEMS,
        lambda question: and_(_is_closed_now(question), cases.c.is_confirmed),
        reasons=_left_out_of_confirmed,
    ),
    IndicatorCode.REGISTRATION_RATE: Recipe((_handed_in, _registered_only), _registered, measured=_handed_in),
    IndicatorCode.HANDLING_RATE: Recipe(_TO_HANDLE, _handled, reasons=_ended_otherwise),
    IndicatorCode.ON_TIME_HANDLING_RATE: Recipe(
        _TO_HANDLE, lambda question: and_(_handled(question), _IN_TIME), reasons=_ended_otherwise_or_exempt
    ),
    IndicatorCode.CLOSURE_RATE: Recipe(_TO_CLOSE, _closed, reasons=_ended_otherwise),
    IndicatorCode.ON_TIME_CLOSURE_RATE: Recipe(
        _TO_CLOSE, lambda question: and_(_closed(question), _IN_TIME), reasons=_ended_otherwise_or_exempt
    ),
    IndicatorCode.OVERDUE_CLOSURE_RATE: Recipe(
        _TO_CLOSE, lambda question: and_(_closed(question), _LATE), reasons=_ended_otherwise_or_exempt
    ),
    IndicatorCode.REWORK_RATE: Recipe((_handled, _reworked_only), _reworked),
    IndicatorCode.PATROL_SHARE: Recipe((_registered,), lambda _: cases.c.source == CaseSource.PATROL),
    IndicatorCode.PUBLIC_SUBMISSION_RATE: Recipe(
        (_registered,),
        lambda _: and_(
            cases.c.source.in_(sorted(PUBLIC_SOURCES)),
            or_(cases.c.verification.is_(None), cases.c.verification != VerificationResult.NOT_EXISTS),
        ),
    ),
    IndicatorCode.SATISFACTION_RATE: Recipe(
        (_surveyed,),
        lambda question: _said("is_satisfied", question).is_(True),
        reasons=lambda question: [(ExclusionReason.UNANSWERED, _said("answered_at", question).is_(None))],
    ),
    IndicatorCode.ON_TIME_REGISTRATION_RATE: Recipe((_registered,), lambda _: ~traces.registered_late()),
    IndicatorCode.ACCURATE_REGISTRATION_RATE: Recipe((_registered,), lambda _: cases.c.state != CaseState.VOIDED),
    IndicatorCode.ON_TIME_DISPATCH_RATE: Recipe(_to_do(ClockKind.DISPATCH), _in_time(ClockKind.DISPATCH)),
    IndicatorCode.ACCURATE_DISPATCH_RATE: Recipe(_to_do(ClockKind.DISPATCH), _dispatched_rightly),
    IndicatorCode.EXTENSION_RATE: Recipe((_done(ClockKind.DISPATCH),), lambda _: cases.c.extensions > 0),
    IndicatorCode.ON_TIME_VERIFICATION_RATE: Recipe(
        _to_do(ClockKind.VERIFY), _in_time(ClockKind.VERIFY), done_by=traces.DONE_BY[ClockKind.VERIFY]
    ),
    IndicatorCode.ON_TIME_CHECK_RATE: Recipe(
        _to_do(ClockKind.CHECK), _in_time(ClockKind.CHECK), done_by=traces.DONE_BY[ClockKind.CHECK]
    ),
    IndicatorCode.BREAK_RATE: Recipe((_closed, _open_only), _broke),
    IndicatorCode.ON_TIME_REPAIR_RATE: Recipe(
        (_broke,), lambda question: ~traces.repaired_late_in(question.span.start, question.span.end)
    ),
}
