"""What indicators count: each is a set of cases, divided into counted, measured against and left out.

One expression per part, so that a figure and the rows behind it cannot tell different stories. A case belongs to a
period by the local day on which something happened to it, judged by how the case stands now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from db.cases import CaseRow, cases, steps
from db.clock import local_bounds
from db.database import Session
from db.scope import Scope
from db.visible import cases_under, in_scope, under
from db.vocabulary import (
    CaseAction,
    CaseOutcome,
    CaseSource,
    CaseState,
    Realm,
    Role,
    VerificationResult,
)
from db.vocabulary.assessment import AssessedKind, ExclusionReason, IndicatorCode, IndicatorSet

Clause = ColumnElement[bool]

STAFF = frozenset({Role.GRID_WORKER, Role.COMMUNITY_WORKER, Role.PATROL_OFFICER})
"""Whose own submissions are assessed. Nobody else's account is ever a subject."""

PUBLIC_SOURCES = frozenset(
    {
        CaseSource.RESIDENT_APP,
        CaseSource.ENTERPRISE_APP,
        CaseSource.HOTLINE,
        CaseSource.MAILBOX,
        CaseSource.PUBLIC_OPINION,
    }
)
COUNTY_DEPTH = 3  # province, prefecture, county
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
class Place:
    """The cases of a subject: below a division, in a grid, with a department, or handed in by an account.

    `within` narrows an account's cases to the divisions of who asks; empty means no narrowing.
    """

    kind: AssessedKind
    value: str = ""  # path, id as text, or account
    within: tuple[str, ...] = ()
    departments: tuple[int, ...] = ()  # several at once, instead of a value
    is_staff_only: bool = False  # only what staff handed in


@dataclass(frozen=True, slots=True)
class Count:
    numerator: int = 0
    denominator: int = 0
    excluded: Mapping[ExclusionReason, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Recipe:
    """`within` are the ways into the period: no case comes by two of them. The rest divides what came."""

    within: tuple[Callable[[Question], Clause], ...]
    counts: Callable[[Question], Clause]
    measured: Callable[[Question], Clause] = lambda _: true()
    reasons: Callable[[Question], list[tuple[ExclusionReason, Clause]]] = lambda _: []


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


_TO_CLOSE = (_closed, _due_but_not(cases.c.closed_at))
_TO_HANDLE = (_handled, _due_but_not(cases.c.handled_at))
_PROBLEMS = (*_TO_CLOSE, _closed_before_only)
_IN_TIME, _LATE = ~cases.c.was_late, cases.c.was_late

RECIPES: dict[IndicatorCode, _Recipe] = {
    IndicatorCode.DISCOVERY_COUNT: _Recipe((_is_found_by_staff,), lambda _: true(), reasons=_left_out_of_discovery),
    IndicatorCode.VALID_SUBMISSION_RATE: _Recipe(
        (_is_found_by_staff,), lambda question: and_(_is_valid(cases), ~_is_split(question.split))
    ),
    IndicatorCode.DECLARED_RESOLUTION_RATE: _Recipe(
        _PROBLEMS,
        lambda question: and_(_is_closed_now(question), cases.c.outcome == CaseOutcome.RESOLVED),
        reasons=_left_out_of_resolution,
    ),
    IndicatorCode.CONFIRMED_RESOLUTION_RATE: _Recipe(
        _PROBLEMS,
        lambda question: and_(_is_closed_now(question), cases.c.is_confirmed),
        reasons=_left_out_of_confirmed,
    ),
    IndicatorCode.REGISTRATION_RATE: _Recipe((_handed_in, _registered_only), _registered, measured=_handed_in),
    IndicatorCode.HANDLING_RATE: _Recipe(_TO_HANDLE, _handled, reasons=_ended_otherwise),
    IndicatorCode.ON_TIME_HANDLING_RATE: _Recipe(
        _TO_HANDLE, lambda question: and_(_handled(question), _IN_TIME), reasons=_ended_otherwise_or_exempt
    ),
    IndicatorCode.CLOSURE_RATE: _Recipe(_TO_CLOSE, _closed, reasons=_ended_otherwise),
    IndicatorCode.ON_TIME_CLOSURE_RATE: _Recipe(
        _TO_CLOSE, lambda question: and_(_closed(question), _IN_TIME), reasons=_ended_otherwise_or_exempt
    ),
    IndicatorCode.OVERDUE_CLOSURE_RATE: _Recipe(
        _TO_CLOSE, lambda question: and_(_closed(question), _LATE), reasons=_ended_otherwise_or_exempt
    ),
    IndicatorCode.REWORK_RATE: _Recipe((_handled, _reworked_only), _reworked),
    IndicatorCode.PATROL_SHARE: _Recipe((_registered,), lambda _: cases.c.source == CaseSource.PATROL),
    IndicatorCode.PUBLIC_SUBMISSION_RATE: _Recipe(
        (_registered,),
        lambda _: and_(
            cases.c.source.in_(sorted(PUBLIC_SOURCES)),
            or_(cases.c.verification.is_(None), cases.c.verification != VerificationResult.NOT_EXISTS),
        ),
    ),
}


# -- places


def _of_place(place: Place) -> Clause:
    match place.kind:
        case AssessedKind.DIVISION:
            clause: Clause = cases_under(place.value)
        case AssessedKind.GRID:
            clause = cases.c.grid_id == int(place.value)
        case AssessedKind.DEPARTMENT:
            clause = cases.c.responsible_unit_id.in_(place.departments or (int(place.value),))
        case AssessedKind.WORKER:
            clause = cases.c.submitter_key == place.value
            if place.within:
                clause = and_(clause, or_(*(_below(path) for path in place.within)))
    if place.is_staff_only or place.kind is AssessedKind.WORKER:
        clause = and_(clause, cases.c.submitter_role.in_(sorted(STAFF)))
    return clause


def _below(path: str) -> Clause:
    return under(cases.c.division_path.concat(""), path)  # the account's index finds them, not the place's


def _ways(realm: Realm, question: Question, place: Place) -> list[list[Clause]]:
    """Which cases an indicator looks at. Each way into the period is a search of its own, by its own index."""
    here = [cases.c.realm == realm, _of_place(place)]
    return [[*here, way(question)] for way in RECIPES[question.code].within]


def _reason(question: Question) -> ColumnElement[Any]:
    reasons = RECIPES[question.code].reasons(question)
    if not reasons:
        return literal_column("''")
    return case(*((clause, literal(reason.value)) for reason, clause in reasons), else_=literal_column("''"))


# -- counting


class Grouping:
    """How a place is divided into subjects that are counted at once."""

    @staticmethod
    def children(length: int) -> ColumnElement[Any]:
        """By division, of which every path has that length."""
        return func.substr(cases.c.division_path, 1, length)

    GRID = cases.c.grid_id
    DEPARTMENT = cases.c.responsible_unit_id
    WORKER = type_coerce(cases.c.submitter_role, String).concat("|").concat(cases.c.submitter_key)  # role and account


async def count(session: Session, realm: Realm, question: Question, place: Place) -> Count:
    found = await count_by(session, realm, question, place, literal_column("0"))
    return next(iter(found.values()), Count())


async def count_by(
    session: Session, realm: Realm, question: Question, place: Place, subject: ColumnElement[Any]
) -> dict[str, Count]:
    """Figures of every subject below a place that has any, in one statement."""
    recipe = RECIPES[question.code]
    divided = select(
        subject.label("subject"),
        _reason(question).label("reason"),
        case((recipe.counts(question), 1), else_=0).label("counts"),
        case((recipe.measured(question), 1), else_=0).label("measured"),
    )
    inner = union_all(*(divided.where(*way) for way in _ways(realm, question, place))).subquery()
    statement = select(
        inner.c.subject, inner.c.reason, func.count(), func.sum(inner.c.counts), func.sum(inner.c.measured)
    ).group_by(inner.c.subject, inner.c.reason)
    found: dict[str, Count] = {}
    for key, reason, rows, counts, measured in await session.execute(statement):
        if key is None:
            continue
        so_far = found.get(str(key), Count())
        if reason:
            excluded = {**so_far.excluded, ExclusionReason[reason]: rows}
            found[str(key)] = Count(so_far.numerator, so_far.denominator, excluded)
        else:
            found[str(key)] = Count(int(counts), int(measured), so_far.excluded)
    return found


async def county_of(session: Session, realm: Realm, place: Place) -> str | None:
    """Path of the county in which an account last handed something in; None where it never has."""
    statement = select(cases.c.division_path).where(cases.c.realm == realm, _of_place(place))
    path = (await session.execute(statement.order_by(cases.c.id.desc()).limit(1))).scalar()
    return None if path is None else "/".join(path.split("/")[:COUNTY_DEPTH]) + "/"


# -- the rows behind a figure


def _members(question: Question, which: IndicatorSet, reason: ExclusionReason | None) -> list[Clause]:
    recipe = RECIPES[question.code]
    why = _reason(question)
    if which is IndicatorSet.EXCLUDED:
        return [why != "" if reason is None else why == reason.value]
    part = recipe.counts if which is IndicatorSet.NUMERATOR else recipe.measured
    return [why == "", part(question)]


def _behind(
    scope: Scope, question: Question, place: Place, which: IndicatorSet, reason: ExclusionReason | None
) -> list[Clause]:
    ways = _ways(scope.realm, question, place)
    ids = union_all(*(select(cases.c.id).where(*way) for way in ways)).subquery()
    rows = ways[0] if len(ways) == 1 else [cases.c.id.in_(select(ids.c.id))]
    return [in_scope(scope), *rows, *_members(question, which, reason)]


async def rows_behind(
    session: Session,
    scope: Scope,
    question: Question,
    place: Place,
    which: IndicatorSet,
    reason: ExclusionReason | None,
    *,
    first: int,
    before_id: int | None,
) -> list[CaseRow]:
    """The cases of one part of a figure that the viewer may see, newest first, at most `first`."""
    statement = select(cases).where(*_behind(scope, question, place, which, reason))
    if before_id is not None:
        statement = statement.where(cases.c.id < before_id)
    return list(await session.execute(statement.order_by(cases.c.id.desc()).limit(first)))


async def count_behind(
    session: Session,
    scope: Scope,
    question: Question,
    place: Place,
    which: IndicatorSet,
    reason: ExclusionReason | None,
) -> int:
    statement = select(func.count()).select_from(cases).where(*_behind(scope, question, place, which, reason))
    return int((await session.execute(statement)).scalar_one())
