"""Published periods: frozen results, written once and never again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.cases import CaseRow, cases
from db.clock import local_bounds
from db.database import Session
from db.tables import AssessmentPublication, AssessmentResult
from db.visible import under
from db.vocabulary import CaseStage, Realm
from db.vocabulary.assessment import AssessedKind

_publications: Any = AssessmentPublication.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_results: Any = AssessmentResult.__table__  # type: ignore[attr-defined]

RESULTS_AT_ONCE = 500  # ten parameters each


async def add(session: Session, values: Mapping[str, Any]) -> int | None:
    """The new publication's id; None where the division has published that period by that scheme before."""
    statement = _insert(session, _publications).on_conflict_do_nothing().returning(_publications.c.id)
    found: int | None = (await session.execute(statement, dict(values))).scalar()
    return found


async def add_results(session: Session, results: Sequence[Mapping[str, Any]]) -> None:
    """Freeze what is not frozen yet: what a level below has published stays as it is."""
    statement = _insert(session, _results).on_conflict_do_nothing()
    for start in range(0, len(results), RESULTS_AT_ONCE):
        await session.execute(statement, [dict(one) for one in results[start : start + RESULTS_AT_ONCE]])


def _insert(session: Session, table: Any) -> Any:
    return (sqlite_insert if session.dialect.name == "sqlite" else postgresql_insert)(table)


async def publication(
    session: Session, realm: Realm, division_code: str, scheme: str, first: date, last: date
) -> Any | None:
    statement = select(_publications).where(
        _publications.c.realm == realm,
        _publications.c.division_code == division_code,
        _publications.c.scheme_code == scheme,
        _publications.c.first_day == first,
        _publications.c.last_day == last,
    )
    return (await session.execute(statement)).one_or_none()


async def by_ids(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    rows = await session.execute(select(_publications).where(_publications.c.id.in_(ids)))
    return {row.id: row for row in rows}


async def page(
    session: Session, realm: Realm, paths: Sequence[str], *, first: int, before_id: int | None
) -> list[Any]:
    """Publications of divisions at or below one of the paths, newest first."""
    from_here = [under(_publications.c.division_path, path) for path in paths]
    statement = select(_publications).where(_publications.c.realm == realm)
    if not from_here:
        return []
    clause = from_here[0]
    for one in from_here[1:]:
        clause = clause | one
    statement = statement.where(clause)
    if before_id is not None:
        statement = statement.where(_publications.c.id < before_id)
    return list(await session.execute(statement.order_by(_publications.c.id.desc()).limit(first)))


async def to_clear_without_scope(session: Session) -> Any | None:
    """The oldest publication whose cases still stand in the last link; a walk along an index of the few."""
    waiting = select(_publications).where(_publications.c.cleared_at.is_(None))
    return (await session.execute(waiting.order_by(_publications.c.id).limit(1))).one_or_none()


async def cases_of_without_scope(session: Session, published: Any, limit: int) -> list[CaseRow]:
    """Cases of a published period and place that are still in the last link."""
    start, end = local_bounds(published.first_day, published.last_day)
    statement = select(cases).where(
        cases.c.realm == published.realm,
        cases.c.closed_at >= start,
        cases.c.closed_at < end,
        under(cases.c.division_path.concat(""), published.division_path),  # found by when they were closed
        cases.c.stage == CaseStage.EVALUATION,
    )
    return list(await session.execute(statement.order_by(cases.c.closed_at).limit(limit)))


async def clear(session: Session, publication_id: int, at: datetime) -> None:
    mine = update(_publications).where(_publications.c.id == publication_id)
    await session.execute(mine.values(cleared_at=at))


async def results(
    session: Session,
    realm: Realm,
    scheme: str,
    first: date,
    last: date,
    kind: AssessedKind,
    subjects: Sequence[tuple[str, str]],
) -> dict[tuple[str, str], Any]:
    """Frozen results with their publications, by key and path of the subject."""
    found: dict[tuple[str, str], Any] = {}
    statement = (
        select(_results, _publications.c.scheme_version, _publications.c.published_at)
        .join(_publications, _publications.c.id == _results.c.publication_id)
        .where(
            _results.c.realm == realm,
            _results.c.scheme_code == scheme,
            _results.c.first_day == first,
            _results.c.last_day == last,
            _results.c.kind == kind,
        )
    )
    for start in range(0, len(subjects), RESULTS_AT_ONCE):
        some = tuple_(_results.c.subject_key, _results.c.subject_path).in_(subjects[start : start + RESULTS_AT_ONCE])
        rows = await session.execute(statement.where(some))
        found |= {(row.subject_key, row.subject_path): row for row in rows}
    return found
