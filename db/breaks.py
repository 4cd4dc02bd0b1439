"""Loop breaks: finding what is due for a look, writing what was found, reading it by the scope of the cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.cases import COUNT_LIMIT, CaseRow, cases, rows_by_case, steps
from db.clocks import stopped_clocks
from db.database import Session
from db.hops import hops
from db.scope import Scope
from db.tables import LinkNorm, LoopBreak
from db.visible import in_scope, under
from db.vocabulary import CaseAction, CaseStage, ClockKind, Realm
from db.vocabulary.breaks import BreakKind

BreakRow = Any

loop_breaks: Any = LoopBreak.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
link_norms: Any = LinkNorm.__table__  # type: ignore[attr-defined]

REPAIRS_READ = 10_000  # of the newest repairs of a period the median is taken

_OF_CASE = loop_breaks.join(cases, cases.c.id == loop_breaks.c.case_id)
_MARK = (
    update(cases)
    .where(cases.c.id == bindparam("which_id"), cases.c.version == bindparam("which_version"))
    .values(watch_at=bindparam("look_at"))
)
_SEEN = update(loop_breaks).where(loop_breaks.c.id == bindparam("which_id")).values(seen_version=bindparam("version"))


# -- what is due for a look


async def watched_without_scope(session: Session, now: datetime, limit: int) -> list[CaseRow]:
    """Open cases of both realms whose time for a look has come, the longest due first: a range of an index."""
    statement = select(cases).where(cases.c.watch_at <= now).order_by(cases.c.watch_at, cases.c.id).limit(limit)
    return list(await session.execute(statement))


async def look_again(session: Session, marks: Sequence[tuple[int, int, datetime | None]]) -> None:
    """(case, version seen, when): a case that has moved on since was given its own time by what moved it."""
    if marks:
        values = [{"which_id": id_, "which_version": version, "look_at": at} for id_, version, at in sorted(marks)]
        await session.execute(_MARK, values)


async def open_kinds(session: Session, ids: Sequence[int]) -> set[tuple[int, BreakKind]]:
    """(case, kind) of the open breaks of some cases."""
    statement = select(loop_breaks.c.case_id, loop_breaks.c.kind).where(
        loop_breaks.c.case_id.in_(ids), loop_breaks.c.repaired_at.is_(None)
    )
    return {(row.case_id, row.kind) for row in await session.execute(statement)}


async def hops_by_id(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    if not ids:
        return {}
    return {row.id: row for row in await session.execute(select(hops).where(hops.c.id.in_(ids)))}


# -- what was found, what is repaired


async def add_found(session: Session, values: Mapping[str, Any]) -> int | None:
    """The new break; None where the case has an open one of that kind: whoever looks twice finds once."""
    added = (await session.execute(_add_found(session.dialect.name), values)).scalar()
    return None if added is None else int(added)


@cache
def _add_found(dialect: str) -> Any:
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(loop_breaks)
    return statement.on_conflict_do_nothing(
        index_elements=["case_id", "kind"], index_where=loop_breaks.c.repaired_at.is_(None)
    ).returning(loop_breaks.c.id)


async def open_of_changed_cases(session: Session, limit: int) -> list[BreakRow]:
    """Open breaks whose case has changed since it was looked at; open ones are few."""
    statement = (
        select(loop_breaks)
        .select_from(_OF_CASE)
        .where(loop_breaks.c.repaired_at.is_(None), cases.c.version > loop_breaks.c.seen_version)
        .order_by(loop_breaks.c.realm, loop_breaks.c.id)  # as the index of open ones has them
        .limit(limit)
    )
    return list(await session.execute(statement))


async def repair(session: Session, break_id: int, at: datetime, by: CaseAction) -> bool:
    """Whether it was still open."""
    statement = update(loop_breaks).where(loop_breaks.c.id == break_id, loop_breaks.c.repaired_at.is_(None))
    return bool((await session.execute(statement.values(repaired_at=at, repaired_by=by, version=2))).rowcount)


async def mark_seen(session: Session, seen: Sequence[tuple[int, int]]) -> None:
    """(break, version of its case): looked at, and still there."""
    if seen:
        await session.execute(_SEEN, [{"which_id": id_, "version": version} for id_, version in sorted(seen)])


async def open_by_kind_without_scope(session: Session) -> dict[tuple[Realm, BreakKind], int]:
    """How many are open: a walk along the index of open ones."""
    statement = select(loop_breaks.c.realm, loop_breaks.c.kind, func.count()).where(
        loop_breaks.c.realm.in_(list(Realm)),  # which leads to the index
        loop_breaks.c.repaired_at.is_(None),
    )
    rows = await session.execute(statement.group_by(loop_breaks.c.realm, loop_breaks.c.kind))
    return {(realm, kind): count for realm, kind, count in rows}


async def cases_by_id_without_scope(session: Session, ids: Sequence[int]) -> dict[int, CaseRow]:
    return {row.id: row for row in await session.execute(select(cases).where(cases.c.id.in_(ids)))}


# -- what is usual


async def norms(session: Session) -> list[Any]:
    return list(await session.execute(select(link_norms)))


async def replace_norms(session: Session, values: Sequence[Mapping[str, Any]]) -> None:
    if values:
        await session.execute(_add_norms(session.dialect.name), values)


@cache
def _add_norms(dialect: str) -> Any:
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(link_norms)
    return statement.on_conflict_do_update(
        index_elements=["realm", "division_code", "stage"],
        set_={name: statement.excluded[name] for name in ("median_seconds", "samples", "reckoned_at")},
    )


async def latest_steps_without_scope(session: Session, since: datetime, limit: int) -> list[Any]:
    """The newest steps of all cases back to a day, case by case in order, with the place of each."""
    newest = (
        select(steps.c.id, steps.c.case_id, steps.c.version, steps.c.from_state, steps.c.to_state, steps.c.at)
        .order_by(steps.c.id.desc())
        .limit(limit)
        .subquery()
    )
    statement = (
        select(newest, cases.c.realm, cases.c.division_path, cases.c.priority)
        .join(cases, cases.c.id == newest.c.case_id)
        .where(newest.c.at >= since)
        .order_by(newest.c.case_id, newest.c.version)
    )
    return list(await session.execute(statement))


LINK_OF_CLOCK = {ClockKind.RESPOND: CaseStage.FEEDBACK, ClockKind.CLOSE: CaseStage.CHECK_AND_CLOSURE}
"""Links that only these clocks measure: a step does not say when an answer arrived."""


async def latest_answers_without_scope(session: Session, since: datetime, limit: int) -> list[Any]:
    """The newest stopped clocks from handled to answered, and from answered to closed."""
    newest = select(stopped_clocks).order_by(stopped_clocks.c.id.desc()).limit(limit).subquery()
    statement = (
        select(newest, cases.c.division_path, cases.c.priority)
        .join(cases, cases.c.id == newest.c.case_id)
        .where(newest.c.kind.in_(list(LINK_OF_CLOCK)), newest.c.stopped_at >= since)
    )
    return list(await session.execute(statement))


# -- reading


def where(*, path: str | None, kind: BreakKind | None, is_open: bool | None) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if path is not None:
        clauses.append(under(loop_breaks.c.division_path, path))
    if kind is not None:
        clauses.append(loop_breaks.c.kind == kind)
    if is_open is not None:
        repaired = loop_breaks.c.repaired_at
        clauses.append(repaired.is_(None) if is_open else repaired.is_not(None))
    return clauses


async def page(
    session: Session,
    scope: Scope,
    clauses: Sequence[ColumnElement[bool]],
    *,
    first: int,
    before_id: int | None = None,
) -> list[BreakRow]:
    """Breaks of cases in scope, newest first."""
    statement = select(loop_breaks).select_from(_OF_CASE).where(*_in(scope, clauses))
    if before_id is not None:
        statement = statement.where(loop_breaks.c.id < before_id)
    return list(await session.execute(statement.order_by(loop_breaks.c.id.desc()).limit(first)))


async def by_ids(session: Session, scope: Scope, ids: Sequence[int]) -> list[BreakRow]:
    """Those of cases in scope, newest first."""
    return await page(session, scope, [loop_breaks.c.id.in_(ids)], first=len(ids))


async def count(session: Session, scope: Scope, clauses: Sequence[ColumnElement[bool]]) -> int:
    """How many match, counted up to COUNT_LIMIT."""
    some = select(loop_breaks.c.id).select_from(_OF_CASE).where(*_in(scope, clauses)).limit(COUNT_LIMIT)
    return int((await session.execute(select(func.count()).select_from(some.subquery()))).scalar_one())


async def by_case(session: Session, ids: Sequence[int]) -> dict[int, list[BreakRow]]:
    """Oldest first."""
    return await rows_by_case(session, loop_breaks, ids, loop_breaks.c.id)


def _in(scope: Scope, clauses: Sequence[ColumnElement[bool]]) -> list[ColumnElement[bool]]:
    return [loop_breaks.c.realm == scope.realm, in_scope(scope), *clauses]


# -- figures


@dataclass(frozen=True, slots=True)
class Counted:
    found: dict[BreakKind, int]
    open: dict[BreakKind, int]
    cases_with_break: int  # open now, or closed in the period
    repair_seconds: list[float]


async def counted(session: Session, realm: Realm, path: str, since: datetime, until: datetime) -> Counted:
    """Breaks at or below a division, found or repaired between two moments; open ones as they stand now."""
    mine = [loop_breaks.c.realm == realm, under(loop_breaks.c.division_path, path)]
    in_period = [loop_breaks.c.found_at >= since, loop_breaks.c.found_at < until]
    by_kind = select(loop_breaks.c.kind, func.count().label("n")).group_by(loop_breaks.c.kind)
    found = await session.execute(by_kind.where(*mine, *in_period))
    still = await session.execute(by_kind.where(*mine, loop_breaks.c.repaired_at.is_(None)))
    closed = and_(cases.c.closed_at >= since, cases.c.closed_at < until)
    concerned = (
        select(func.count(func.distinct(loop_breaks.c.case_id)))
        .select_from(_OF_CASE)
        .where(*mine, *in_period, or_(cases.c.is_open, closed))
    )
    repaired = (
        select(loop_breaks.c.found_at, loop_breaks.c.repaired_at)
        .where(*mine, loop_breaks.c.repaired_at >= since, loop_breaks.c.repaired_at < until)
        .order_by(loop_breaks.c.id.desc())
        .limit(REPAIRS_READ)
    )
    return Counted(
        {row.kind: row.n for row in found},
        {row.kind: row.n for row in still},
        int((await session.execute(concerned)).scalar_one()),
        [(row.repaired_at - row.found_at).total_seconds() for row in await session.execute(repaired)],
    )
