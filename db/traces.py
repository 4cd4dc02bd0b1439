"""What a case leaves in other tables - stopped clocks, steps, surveys, loop breaks - as clauses over cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, literal, not_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from db.cases import cases, steps
from db.clocks import stopped_clocks
from db.tables import LoopBreak, Survey
from db.vocabulary import CaseAction, CaseState, ClockKind, Realm

Clause = ColumnElement[bool]

_breaks: Any = LoopBreak.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_surveys: Any = Survey.__table__  # type: ignore[attr-defined]

DONE_BY: dict[ClockKind, tuple[CaseAction, ...]] = {
    ClockKind.DISPATCH: (CaseAction.DISPATCH, CaseAction.RULE),
    ClockKind.VERIFY: (CaseAction.VERIFY,),
    ClockKind.CHECK: (CaseAction.CHECK,),
}
"""Actions that do what a clock is for. What ends it otherwise, a withdrawal say, was neither in time nor late."""

RUNS_IN: dict[ClockKind, tuple[CaseState, ...]] = {
    ClockKind.DISPATCH: (CaseState.REGISTERED, CaseState.RETURNED),
    ClockKind.VERIFY: (CaseState.VERIFYING,),
    ClockKind.CHECK: (CaseState.CHECKING,),
}

_BOTH = tuple(Realm)  # an index begins with the realm, which the case decides


def _are_in(ids: Any) -> Clause:
    clause: Clause = cases.c.id.in_(ids)
    return clause


def _between(moment: Any, start: datetime, end: datetime) -> Clause:
    return and_(moment >= start, moment < end)


# -- clocks


class running_due(FunctionElement[str]):  # named as SQL functions are
    """When the running clock of a kind is due, as a text that orders as moments do; null where none runs."""

    inherit_cache = True


@compiles(running_due, "postgresql")
def _running_due_postgresql(element: Any, compiler: Any, **kw: Any) -> str:
    clocks, kind = (compiler.process(clause, **kw) for clause in element.clauses)
    moment = "(clock ->> 'due_at')::timestamptz AT TIME ZONE 'UTC'"
    shown = f"to_char({moment}, 'YYYY-MM-DD HH24:MI:SS.MS')"
    return f"(SELECT min({shown}) FROM json_array_elements({clocks}) AS clock WHERE clock ->> 'kind' = {kind})"


@compiles(running_due, "sqlite")
def _running_due_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    clocks, kind = (compiler.process(clause, **kw) for clause in element.clauses)
    shown = "strftime('%Y-%m-%d %H:%M:%f', json_extract(clock.value, '$.due_at'))"
    which = f"json_extract(clock.value, '$.kind') = {kind}"
    return f"(SELECT min({shown}) FROM json_each({clocks}) AS clock WHERE {which})"


def done_in(kind: ClockKind, start: datetime, end: datetime) -> Clause:
    """What a clock is for was done between two moments, at least once."""
    return _are_in(_done(kind, start, end))


def done_late_in(kind: ClockKind, start: datetime, end: datetime) -> Clause:
    """At least once too late."""
    late = _done(kind, start, end).where(stopped_clocks.c.was_late, stopped_clocks.c.case_id == cases.c.id)
    clause: Clause = late.correlate(cases).exists()
    return clause


def _done(kind: ClockKind, start: datetime, end: datetime) -> Any:
    did = select(literal(1)).where(
        steps.c.case_id == stopped_clocks.c.case_id,
        steps.c.at == stopped_clocks.c.stopped_at,
        steps.c.action.in_(DONE_BY[kind]),
    )
    return select(stopped_clocks.c.case_id).where(
        stopped_clocks.c.kind == kind,
        _between(stopped_clocks.c.stopped_at, start, end),
        did.correlate(stopped_clocks).exists(),
    )


def runs_and_is_due_in(kind: ClockKind, start: datetime, end: datetime) -> Clause:
    """The clock runs, is due between two moments, and none of the kind has done its work between them."""
    due = running_due(cases.c.clocks, literal(kind.value))
    runs = cases.c.state.in_(RUNS_IN[kind])
    return and_(runs, due >= _text(start), due < _text(end), not_(done_in(kind, start, end)))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.000")


def registered_late() -> Clause:
    """Accepting or registering took longer than it may, before the case was registered."""
    return (
        select(literal(1))
        .where(
            stopped_clocks.c.case_id == cases.c.id,
            stopped_clocks.c.kind.in_((ClockKind.ACCEPT, ClockKind.REGISTER)),
            stopped_clocks.c.was_late,
            stopped_clocks.c.stopped_at <= cases.c.registered_at,
        )
        .correlate(cases)
        .exists()
    )


def took(actions: Sequence[CaseAction], since: datetime) -> Clause:
    """One of the actions was taken on it since then."""
    found = select(literal(1)).where(steps.c.case_id == cases.c.id, steps.c.action.in_(actions), steps.c.at >= since)
    return found.correlate(cases).exists()


def last_of(actions: Sequence[CaseAction], column: str) -> Any:
    """Who took one of the actions last, by a column of their step; null where nobody did."""
    return (
        select(steps.c[column])
        .where(steps.c.case_id == cases.c.id, steps.c.action.in_(actions))
        .order_by(steps.c.version.desc())
        .limit(1)
        .correlate(cases)
        .scalar_subquery()
    )


# -- surveys


def surveyed_in(start: datetime, end: datetime) -> Clause:
    """Whoever handed it in could be asked, since it was closed between two moments."""
    asked = select(_surveys.c.case_id).where(_surveys.c.realm.in_(_BOTH), _between(_surveys.c.created_at, start, end))
    return _are_in(asked)


def last_survey(column: str, start: datetime, end: datetime) -> Any:
    """What the last survey between two moments says: reopening a case does not take back what was said of it."""
    return (
        select(_surveys.c[column])
        .where(_surveys.c.case_id == cases.c.id, _between(_surveys.c.created_at, start, end))
        .order_by(_surveys.c.round.desc())
        .limit(1)
        .correlate(cases)
        .scalar_subquery()
    )


# -- loop breaks


def broke_in(start: datetime, end: datetime) -> Clause:
    """A break of its loop was found between two moments."""
    found = select(_breaks.c.case_id).where(_breaks.c.realm.in_(_BOTH), _between(_breaks.c.found_at, start, end))
    return _are_in(found)


def repaired_late_in(start: datetime, end: datetime) -> Clause:
    """Of the breaks found between two moments one was repaired too late, or not yet."""
    late = select(literal(1)).where(
        _breaks.c.case_id == cases.c.id,
        _between(_breaks.c.found_at, start, end),
        _breaks.c.repaired_at.is_(None) | (_breaks.c.repaired_at > _breaks.c.repair_by),
    )
    return late.correlate(cases).exists()
