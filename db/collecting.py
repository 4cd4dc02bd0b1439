"""The register of fields, and what was collected of people, households and premises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.database import Session
from db.tables import (
    CollectedValue,
    CollectionAccess,
    CollectionConsumer,
    CollectionField,
    CollectionFieldName,
    CollectionReach,
    CollectionSubject,
    CollectionSubmission,
    CurrentValue,
)
from db.visible import under
from db.vocabulary import Realm
from db.vocabulary.collecting import CollectedKind, CollectionPart

FieldRow = Any
SubjectRow = Any
SubmissionRow = Any

fields: Any = CollectionField.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
names: Any = CollectionFieldName.__table__  # type: ignore[attr-defined]
consumers: Any = CollectionConsumer.__table__  # type: ignore[attr-defined]
subjects: Any = CollectionSubject.__table__  # type: ignore[attr-defined]
submissions: Any = CollectionSubmission.__table__  # type: ignore[attr-defined]
reaches: Any = CollectionReach.__table__  # type: ignore[attr-defined]
values: Any = CollectedValue.__table__  # type: ignore[attr-defined]
current: Any = CurrentValue.__table__  # type: ignore[attr-defined]
accesses: Any = CollectionAccess.__table__  # type: ignore[attr-defined]


def prefixes(path: str) -> list[str]:
    """The path and those above it, from the province down."""
    codes = path.rstrip("/").split("/")
    return ["".join(f"{code}/" for code in codes[: depth + 1]) for depth in range(len(codes))]


# -- the register


async def hold_register(session: Session, realm: Realm) -> None:
    """Let others who register wait until this transaction ends: two of them may mean the same field."""
    if session.dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"collection_fields:{realm}"))))


async def same_field(
    session: Session, realm: Realm, kind: CollectedKind, path: str, code: str, keys: Iterable[str]
) -> FieldRow | None:
    """A field that is asked already where a unit of `path` would: of the same code, or with one of these names."""
    alike = select(names.c.field_id).where(names.c.name_key.in_(sorted(keys)))
    overlaps = or_(fields.c.owner_path.in_(prefixes(path)), under(fields.c.owner_path, path))
    named = (fields.c.kind == kind) & fields.c.is_active & overlaps & fields.c.id.in_(alike)
    statement = select(fields).where(fields.c.realm == realm, or_(fields.c.code == code, named))
    return (await session.execute(statement.order_by(fields.c.id).limit(1))).one_or_none()


async def add_field(session: Session, row: Mapping[str, Any], keys: Iterable[str]) -> int:
    found = int((await session.execute(insert(fields).values(**row).returning(fields.c.id))).scalar_one())
    await call_field(session, found, keys)
    return found


async def call_field(session: Session, field_id: int, keys: Iterable[str]) -> None:
    """Let a field go by these names and no others."""
    await session.execute(delete(names).where(names.c.field_id == field_id))
    await session.execute(insert(names), [{"field_id": field_id, "name_key": key} for key in sorted(set(keys))])


async def names_of(session: Session, field_id: int) -> set[str]:
    return set((await session.execute(select(names.c.name_key).where(names.c.field_id == field_id))).scalars())


async def field_by_code(session: Session, realm: Realm, code: str, *, hold: bool = False) -> FieldRow | None:
    statement = select(fields).where(fields.c.realm == realm, fields.c.code == code)
    return (await session.execute(statement.with_for_update() if hold else statement)).one_or_none()


async def fields_by_id(session: Session, ids: Sequence[int]) -> dict[int, FieldRow]:
    return {row.id: row for row in await session.execute(select(fields).where(fields.c.id.in_(ids)))}


async def change_field(session: Session, field_id: int, columns: Mapping[str, Any]) -> None:
    await session.execute(update(fields).where(fields.c.id == field_id).values(**columns))


async def fields_page(
    session: Session,
    realm: Realm,
    clauses: Sequence[ColumnElement[bool]],
    *,
    first: int,
    after_id: int | None,
) -> list[FieldRow]:
    """Active fields in order of registration."""
    statement = select(fields).where(fields.c.realm == realm, fields.c.is_active, *clauses)
    if after_id is not None:
        statement = statement.where(fields.c.id > after_id)
    return list(await session.execute(statement.order_by(fields.c.id).limit(first)))


def of_words(kind: CollectedKind | None, part: CollectionPart | None) -> list[tuple[Any, Any]]:
    """Columns of fields with what they are to be; None where that does not matter."""
    return [(fields.c.kind, kind), (fields.c.part, part)]


def asked_at(path: str) -> ColumnElement[bool]:
    """Fields whose owners lie at or above a place."""
    return fields.c.owner_path.in_(prefixes(path))  # type: ignore[no-any-return]


async def asked_of(session: Session, realm: Realm, kind: CollectedKind, path: str) -> list[FieldRow]:
    """The form for one kind at a place: base part first, then the others, each in order of registration."""
    clauses = (fields.c.realm == realm, fields.c.kind == kind, fields.c.is_active, asked_at(path))
    rows = list(await session.execute(select(fields).where(*clauses).order_by(fields.c.id)))
    order = list(CollectionPart)
    return sorted(rows, key=lambda row: (order.index(row.part), row.id))


async def consumers_by_field(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {one: [] for one in ids}
    statement = select(consumers).where(consumers.c.field_id.in_(ids)).order_by(consumers.c.department_id)
    for row in await session.execute(statement):
        grouped[row.field_id].append(row)
    return grouped


async def let_consume(session: Session, row: Mapping[str, Any]) -> None:
    await stop_consuming(session, row["field_id"], row["department_id"])
    await session.execute(insert(consumers).values(**row))


async def stop_consuming(session: Session, field_id: int, department_id: int) -> bool:
    mine = (consumers.c.field_id == field_id) & (consumers.c.department_id == department_id)
    return bool((await session.execute(delete(consumers).where(mine))).rowcount)


# -- what was collected


async def subject_at(
    session: Session, realm: Realm, grid_id: int, kind: CollectedKind, reference: str
) -> SubjectRow | None:
    statement = select(subjects).where(
        subjects.c.realm == realm,
        subjects.c.grid_id == grid_id,
        subjects.c.kind == kind,
        subjects.c.reference == reference,
    )
    return (await session.execute(statement)).one_or_none()


async def held_subject(session: Session, row: Mapping[str, Any]) -> SubjectRow:
    """The subject, made where it is new, held until the transaction ends."""
    made = sqlite_insert(subjects) if session.dialect.name == "sqlite" else postgresql_insert(subjects)
    await session.execute(made.values(**row).on_conflict_do_nothing())
    statement = select(subjects).where(*(subjects.c[name] == row[name] for name in ("realm", "grid_id", "kind")))
    return (await session.execute(statement.where(subjects.c.reference == row["reference"]).with_for_update())).one()


async def subject(session: Session, realm: Realm, subject_id: int) -> SubjectRow | None:
    statement = select(subjects).where(subjects.c.id == subject_id, subjects.c.realm == realm)
    return (await session.execute(statement)).one_or_none()


async def subjects_by_id(session: Session, ids: Sequence[int]) -> dict[int, SubjectRow]:
    return {row.id: row for row in await session.execute(select(subjects).where(subjects.c.id.in_(ids)))}


async def current_of(session: Session, subject_id: int) -> dict[int, Any]:
    """The newest values of a subject by field."""
    rows = await session.execute(select(current).where(current.c.subject_id == subject_id))
    return {row.field_id: row for row in rows}


async def by_key(session: Session, realm: Realm, actor: str, key: str) -> SubmissionRow | None:
    statement = select(submissions).where(
        submissions.c.realm == realm, submissions.c.actor == actor, submissions.c.key == key
    )
    return (await session.execute(statement)).one_or_none()


async def add_submission(
    session: Session, row: Mapping[str, Any], said: Mapping[int, str], reached: Iterable[tuple[int, CollectionPart]]
) -> int:
    """A submission with its values, and whom it reached."""
    made = insert(submissions).values(**row).returning(submissions.c.id)
    found = int((await session.execute(made)).scalar_one())
    lines = [{"submission_id": found, "field_id": field_id, "value": value} for field_id, value in said.items()]
    await session.execute(insert(values), lines)
    told = [{"submission_id": found, "department_id": unit, "part": part} for unit, part in sorted(reached)]
    if told:
        await session.execute(insert(reaches), told)
    return found


async def set_current(session: Session, subject_id: int, found_at: datetime, said: Mapping[int, str]) -> None:
    """Newest values of a held subject; what is older than these is replaced."""
    await session.execute(
        delete(current).where(current.c.subject_id == subject_id, current.c.field_id.in_(sorted(said)))
    )
    lines = [
        {"subject_id": subject_id, "field_id": field_id, "value": value, "found_at": found_at}
        for field_id, value in said.items()
    ]
    if lines:
        await session.execute(insert(current), lines)


async def submission(session: Session, submission_id: int) -> SubmissionRow:
    return (await session.execute(select(submissions).where(submissions.c.id == submission_id))).one()


async def submissions_page(
    session: Session, realm: Realm, clause: ColumnElement[bool], *, first: int, before_id: int | None
) -> list[SubmissionRow]:
    """Newest first."""
    statement = select(submissions).where(submissions.c.realm == realm, clause)
    if before_id is not None:
        statement = statement.where(submissions.c.id < before_id)
    return list(await session.execute(statement.order_by(submissions.c.id.desc()).limit(first)))


def any_of(clauses: Sequence[ColumnElement[bool]]) -> ColumnElement[bool]:
    return or_(*clauses)


def of_grids(ids: Sequence[int]) -> ColumnElement[bool]:
    return submissions.c.grid_id.in_(ids)  # type: ignore[no-any-return]


def of_place(path: str) -> ColumnElement[bool]:
    return under(submissions.c.path, path)


def that_reached(department_ids: Sequence[int]) -> ColumnElement[bool]:
    told = select(reaches.c.submission_id).where(reaches.c.department_id.in_(department_ids))
    return submissions.c.id.in_(told)  # type: ignore[no-any-return]


def for_part(part: CollectionPart) -> ColumnElement[bool]:
    return submissions.c.id.in_(select(reaches.c.submission_id).where(reaches.c.part == part))  # type: ignore[no-any-return]


async def reached_by_submission(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {one: [] for one in ids}
    statement = select(reaches).where(reaches.c.submission_id.in_(ids)).order_by(reaches.c.department_id)
    for row in await session.execute(statement):
        grouped[row.submission_id].append(row)
    return grouped


async def values_by_submission(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = {one: [] for one in ids}
    statement = select(values).where(values.c.submission_id.in_(ids)).order_by(values.c.field_id)
    for row in await session.execute(statement):
        grouped[row.submission_id].append(row)
    return grouped


async def record_access(session: Session, row: Mapping[str, Any]) -> None:
    """Append one look at values in full; nothing ever changes or removes it."""
    await session.execute(insert(accesses).values(**row))


async def sums(session: Session, realm: Realm, path: str, start: datetime, end: datetime) -> Any:
    """Of submissions at or below a division in a period: how many, and their counts."""
    counted = [func.coalesce(func.sum(submissions.c[name]), 0).label(name) for name in COUNTS]
    statement = select(func.count().label("submissions"), *counted).where(
        submissions.c.realm == realm,
        under(submissions.c.path, path),
        submissions.c.at >= start,
        submissions.c.at < end,
    )
    return (await session.execute(statement)).one()


COUNTS = ("collected", "reused", "asked_twice")
