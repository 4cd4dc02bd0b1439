"""Counting what indicators ask for, and the rows behind it.

One expression per part, so that a figure and the rows behind it cannot tell different stories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    type_coerce,
    union_all,
)

from db import traces
from db.cases import CaseRow, cases
from db.database import Session
from db.indicators import RECIPES, Clause, Question
from db.scope import Scope
from db.visible import cases_under, in_scope, under
from db.vocabulary import (
    Realm,
    Role,
)
from db.vocabulary.assessment import AssessedKind, ExclusionReason, IndicatorCode, IndicatorSet

STAFF = frozenset({Role.GRID_WORKER, Role.COMMUNITY_WORKER, Role.PATROL_OFFICER})
"""Whose own submissions are assessed. Nobody else's account is ever a subject."""

COUNTY_DEPTH = 3  # province, prefecture, county


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


# -- places


def _of_place(place: Place, question: Question) -> Clause:
    match place.kind:
        case AssessedKind.DIVISION:
            clause: Clause = cases_under(place.value)
        case AssessedKind.GRID:
            clause = cases.c.grid_id == int(place.value)
        case AssessedKind.DEPARTMENT:
            clause = cases.c.responsible_unit_id.in_(place.departments or (int(place.value),))
        case AssessedKind.WORKER:
            clause = _account(question.code) == place.value
            if place.within:
                clause = and_(clause, or_(*(_below(path) for path in place.within)))
    if place.is_staff_only or place.kind is AssessedKind.WORKER:
        clause = and_(clause, _role(question.code).in_(sorted(STAFF)))
    return clause


def _account(code: IndicatorCode) -> Any:
    """Whose figure a case belongs to: who handed it in, or who did last what the indicator is about."""
    done_by = RECIPES[code].done_by
    return traces.last_of(done_by, "actor") if done_by else cases.c.submitter_key


def _role(code: IndicatorCode) -> Any:
    done_by = RECIPES[code].done_by
    return traces.last_of(done_by, "actor_role") if done_by else cases.c.submitter_role


def _below(path: str) -> Clause:
    return under(cases.c.division_path.concat(""), path)  # the account's index finds them, not the place's


def _ways(realm: Realm, question: Question, place: Place) -> list[list[Clause]]:
    """Which cases an indicator looks at. Each way into the period is a search of its own, by its own index."""
    here = [cases.c.realm == realm, _of_place(place, question)]
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

    @staticmethod
    def worker(code: IndicatorCode) -> ColumnElement[Any]:
        """By role and account."""
        found: ColumnElement[Any] = type_coerce(_role(code), String).concat("|").concat(_account(code))
        return found


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
    handed_in = and_(cases.c.submitter_key == place.value, cases.c.submitter_role.in_(sorted(STAFF)))
    if place.within:
        handed_in = and_(handed_in, or_(*(_below(path) for path in place.within)))
    statement = select(cases.c.division_path).where(cases.c.realm == realm, handed_in)
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
