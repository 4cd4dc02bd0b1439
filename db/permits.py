"""Task permits: the list itself, the applications behind it, and the record of what was refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, insert, or_, select, true, update

from db.database import Session
from db.scope import Grant, Scope, ScopeKind
from db.tables import (
    NegativeMatter,
    PermitApplication,
    PermitRefusal,
    PermitReview,
    PermitReviewer,
    PermitStep,
    TaskPermit,
)
from db.visible import under
from db.vocabulary import GridTask, Realm
from db.vocabulary.permits import PermitKind, PermitState

PermitRow = Any
ApplicationRow = Any
ReviewRow = Any

permits: Any = TaskPermit.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
applications: Any = PermitApplication.__table__  # type: ignore[attr-defined]
reviews: Any = PermitReview.__table__  # type: ignore[attr-defined]
steps: Any = PermitStep.__table__  # type: ignore[attr-defined]
reviewers: Any = PermitReviewer.__table__  # type: ignore[attr-defined]
negative_matters: Any = NegativeMatter.__table__  # type: ignore[attr-defined]
refusals: Any = PermitRefusal.__table__  # type: ignore[attr-defined]

NEWEST = 50  # applications of one matter that are looked through for a task


# -- the list


def listed(realm: Realm) -> ColumnElement[bool]:
    """Permits of a realm: its own, and the imported ones, which hold in both."""
    return permits.c.realm.in_(("", str(realm)))  # type: ignore[no-any-return]


def holding_in(codes: Sequence[str]) -> ColumnElement[bool]:
    """Permits that hold at a place: given for it or for a division above."""
    return permits.c.division_code.in_(codes)  # type: ignore[no-any-return]


def about(matter_id: int) -> ColumnElement[bool]:
    return permits.c.matter_id == matter_id  # type: ignore[no-any-return]


def valid_on(day: date) -> ColumnElement[bool]:
    return and_(permits.c.valid_from <= day, permits.c.valid_to >= day)


async def covering(
    session: Session, realm: Realm, matter_id: int, task: GridTask, codes: Sequence[str], day: date
) -> PermitRow | None:
    """A permit of one of the divisions (a place and its ancestors) for the task on that local day; the one with the
    most minutes, where several hold."""
    statement = (
        select(permits)
        .where(permits.c.matter_id == matter_id, permits.c.task == task, listed(realm))
        .where(holding_in(codes), valid_on(day))
        .order_by(permits.c.minutes_per_task.desc(), permits.c.id)
        .limit(1)
    )
    return (await session.execute(statement)).one_or_none()


async def page(
    session: Session, clauses: Sequence[ColumnElement[bool]], *, first: int, after_id: int | None
) -> list[PermitRow]:
    statement = select(permits).where(*clauses)
    if after_id is not None:
        statement = statement.where(permits.c.id > after_id)
    return list(await session.execute(statement.order_by(permits.c.id).limit(first)))


async def count(session: Session, clauses: Sequence[ColumnElement[bool]]) -> int:
    return int((await session.execute(select(func.count()).select_from(permits).where(*clauses))).scalar_one())


async def lock_permit(session: Session, realm: Realm, permit_id: int) -> PermitRow | None:
    statement = select(permits).where(permits.c.id == permit_id, listed(realm)).with_for_update()
    return (await session.execute(statement)).one_or_none()


async def permits_by_id(session: Session, ids: Sequence[int]) -> dict[int, PermitRow]:
    return {row.id: row for row in await session.execute(select(permits).where(permits.c.id.in_(ids)))}


async def permits_by_application(session: Session, ids: Sequence[int]) -> dict[int, list[PermitRow]]:
    return await _grouped(session, permits, permits.c.application_id, ids)


async def add_permit(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(insert(permits).values(**values).returning(permits.c.id))).scalar_one())


async def same_start(
    session: Session, realm: Realm, matter_id: int, division_code: str, task: str, day: date
) -> PermitRow | None:
    """A permit of the realm that begins on the same day: one of the two would be without meaning."""
    statement = select(permits).where(
        permits.c.matter_id == matter_id,
        permits.c.division_code == division_code,
        permits.c.task == task,
        permits.c.valid_from == day,
        permits.c.realm == str(realm),
    )
    return (await session.execute(statement)).one_or_none()


async def end_permits(session: Session, ids: Sequence[int], last_day: date, reason: str) -> None:
    """Off the list after `last_day`; one that would have ended sooner anyway ends then."""
    sooner = func.min if session.dialect.name == "sqlite" else func.least
    await session.execute(
        update(permits)
        .where(permits.c.id.in_(ids))
        .values(valid_to=sooner(permits.c.valid_to, last_day, type_=permits.c.valid_to.type), end_reason=reason)
    )


async def is_negative(session: Session, matter_id: int, codes: Sequence[str]) -> Any | None:
    """The entry of the negative list that forbids it at a place, or None."""
    statement = select(negative_matters).where(
        negative_matters.c.matter_id == matter_id, negative_matters.c.division_code.in_(codes)
    )
    return (await session.execute(statement.limit(1))).one_or_none()


async def negative_page(session: Session, codes: Sequence[str], *, first: int) -> list[Any]:
    """The negative list of a place, in order of matter, at most `first`."""
    statement = select(negative_matters).where(negative_matters.c.division_code.in_(codes))
    return list(await session.execute(statement.order_by(negative_matters.c.matter_id).limit(first)))


# -- applications


def readable(scope: Scope) -> ColumnElement[bool]:
    """Applications a viewer may read: of a division they hold a role over, of their own department, or that it
    reviews."""
    covered = or_(false(), *(_covered(grant) for grant in sorted(scope.grants)))
    return and_(applications.c.realm == scope.realm, covered)


def _covered(grant: Grant) -> ColumnElement[bool]:
    if grant.kind is ScopeKind.ALL:
        return true()
    if grant.kind is ScopeKind.DIVISION:
        return under(applications.c.path, grant.value)
    if grant.kind is ScopeKind.DEPARTMENT:
        asked = select(reviews.c.application_id).where(reviews.c.department_id == int(grant.value))
        return or_(applications.c.department_id == int(grant.value), applications.c.id.in_(asked))
    return false()


async def applications_page(
    session: Session, scope: Scope, clauses: Sequence[ColumnElement[bool]], *, first: int, before_id: int | None
) -> list[ApplicationRow]:
    """Newest first."""
    statement = select(applications).where(readable(scope), *clauses)
    if before_id is not None:
        statement = statement.where(applications.c.id < before_id)
    return list(await session.execute(statement.order_by(applications.c.id.desc()).limit(first)))


async def count_applications(session: Session, scope: Scope, clauses: Sequence[ColumnElement[bool]]) -> int:
    statement = select(func.count()).select_from(applications).where(readable(scope), *clauses)
    return int((await session.execute(statement)).scalar_one())


def applications_where(*, path: str | None, state: PermitState | None) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if path is not None:
        clauses.append(under(applications.c.path, path))
    if state is not None:
        clauses.append(applications.c.state == state)
    return clauses


async def by_ids(session: Session, scope: Scope, ids: Sequence[int]) -> dict[int, ApplicationRow]:
    rows = await session.execute(select(applications).where(applications.c.id.in_(ids), readable(scope)))
    return {row.id: row for row in rows}


async def applications_without_scope(session: Session, ids: Sequence[int]) -> dict[int, ApplicationRow]:
    """For what the public list says of each permit: its number, its unit, its reason."""
    return {row.id: row for row in await session.execute(select(applications).where(applications.c.id.in_(ids)))}


async def lock(session: Session, scope: Scope, application_id: int) -> ApplicationRow | None:
    statement = select(applications).where(applications.c.id == application_id, readable(scope)).with_for_update()
    return (await session.execute(statement)).one_or_none()


async def newest_for(
    session: Session, realm: Realm, matter_id: int, task: GridTask, codes: Sequence[str]
) -> ApplicationRow | None:
    """The newest application that a task of a matter be given to grids of a place."""
    statement = (
        select(applications)
        .where(applications.c.realm == realm, applications.c.matter_id == matter_id)
        .where(applications.c.division_code.in_(codes))
        .order_by(applications.c.id.desc())
        .limit(NEWEST)
    )
    return next((row for row in await session.execute(statement) if str(task) in row.tasks), None)


async def unreviewed_emergency(
    session: Session, realm: Realm, matter_id: int, codes: Sequence[str]
) -> ApplicationRow | None:
    statement = select(applications).where(
        applications.c.realm == realm,
        applications.c.matter_id == matter_id,
        applications.c.division_code.in_(codes),
        applications.c.kind == PermitKind.EMERGENCY,
        applications.c.reviewed_at.is_(None),
    )
    return (await session.execute(statement.limit(1))).one_or_none()


async def add_application(session: Session, values: Mapping[str, Any]) -> ApplicationRow:
    return (await session.execute(insert(applications).values(**values).returning(applications))).one()


async def change_application(session: Session, application_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(applications).where(applications.c.id == application_id).values(**values))


async def reviewers_of(session: Session, codes: Sequence[str]) -> list[Any]:
    """Reviewers named for the nearest of these divisions, which are in order from the province down."""
    rows = list(await session.execute(select(reviewers).where(reviewers.c.division_code.in_(codes))))
    for code in reversed(codes):
        found = [row for row in rows if row.division_code == code]
        if found:
            return sorted(found, key=lambda row: str(row.department_code))
    return []


async def add_reviews(session: Session, values: Sequence[Mapping[str, Any]]) -> None:
    await session.execute(insert(reviews), values)


async def say(session: Session, review_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(reviews).where(reviews.c.id == review_id).values(**values))


async def reviews_by_application(session: Session, ids: Sequence[int]) -> dict[int, list[ReviewRow]]:
    return await _grouped(session, reviews, reviews.c.application_id, ids)


async def add_step(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(steps).values(**values))


async def steps_by_application(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await _grouped(session, steps, steps.c.application_id, ids)


async def _grouped(session: Session, table: Any, column: Any, ids: Sequence[int]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {one: [] for one in ids}
    for row in await session.execute(select(table).where(column.in_(ids)).order_by(table.c.id)):
        grouped[getattr(row, column.name)].append(row)
    return grouped


# -- what was refused


async def add_refusal(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(refusals).values(**values))


async def refusal_counts(
    session: Session, realm: Realm, path: str, code: str, first_day: date, last_day: date, limit: int
) -> list[Any]:
    """Refused tasks by department, asking centre and matter; the most refused first, at most `limit`."""
    keys = (refusals.c.department_id, refusals.c.asked_by, refusals.c.matter_id)
    number = func.count().label("number")
    statement = (
        select(*keys, number, func.max(refusals.c.at).label("last_at"))
        .where(refusals.c.realm == realm, refusals.c.code == code, under(refusals.c.path, path))
        .where(refusals.c.day.between(first_day, last_day))
        .group_by(*keys)
        .order_by(number.desc(), *keys)
        .limit(limit)
    )
    return list(await session.execute(statement))
