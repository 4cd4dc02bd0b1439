"""基础+业务 总表: one form for a person, a household or premises; one submission reaches every unit that needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from db import collecting, places
from db.collecting import FieldRow, SubjectRow
from db.database import Database, Session
from db.scope import ScopeKind
from db.vocabulary import Role
from db.vocabulary.collecting import CollectedKind, CollectionPart
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.field_register import own_units
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.collecting import is_fresh, read_value
from resolvers.viewer import Viewer

REFERENCE_MAX = 60
VALUES_MOST = 100
FAST_CLOCK = timedelta(minutes=10)  # of a phone, that is set right without a word
COLLECTORS = frozenset({Role.GRID_WORKER, Role.COMMUNITY_WORKER})


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of a form, and what is known of it."""

    field: FieldRow
    value: str | None
    found_at: datetime | None
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class Form:
    subject: SubjectRow | None  # None while nothing was collected
    fields: Sequence[Asked]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a worker brings back from one door."""

    grid_id: int
    kind: CollectedKind
    reference: str
    found_at: datetime | None
    values: Mapping[str, str]  # by code of the field


def works_at(viewer: Viewer, grid_id: int, path: str) -> bool:
    """Whether somebody collects in a grid: who works it, and its community."""
    return any(
        (grant.role is Role.GRID_WORKER and grant.kind is ScopeKind.GRID and grant.value == str(grid_id))
        or (grant.role is Role.COMMUNITY_WORKER and grant.kind is ScopeKind.DIVISION and path.startswith(grant.value))
        for grant in viewer.grants
    )


def in_view(viewer: Viewer) -> Any | None:
    """Clause of the submissions somebody may read: of the grids they collect in, and those that reached their
    unit."""
    clauses = []
    grids = [int(g.value) for g in viewer.grants if g.role is Role.GRID_WORKER and g.kind is ScopeKind.GRID]
    if grids:
        clauses.append(collecting.of_grids(sorted(grids)))
    clauses += [
        collecting.of_place(grant.value)
        for grant in sorted(viewer.grants)
        if grant.role is Role.COMMUNITY_WORKER and grant.kind is ScopeKind.DIVISION
    ]
    if units := own_units(viewer):
        clauses.append(collecting.that_reached(sorted(units)))
    return collecting.any_of(clauses) if clauses else None


def readable_of(
    viewer: Viewer, where: Any, fields: Mapping[int, FieldRow], shared: Mapping[int, Sequence[Any]]
) -> set[int]:
    """Fields of what lies at `where` that somebody may read: who collects there all of them, a unit those it owns or
    shares."""
    if works_at(viewer, where.grid_id, where.path):
        return set(fields)
    units = own_units(viewer)
    return {
        field.id
        for field in fields.values()
        if where.path.startswith(field.owner_path)
        and (field.owner_id in units or any(_reaches(row, where.path, units) for row in shared[field.id]))
    }


def _reaches(row: Any, path: str, units: frozenset[int]) -> bool:
    return row.department_id in units and path.startswith(row.path)


async def form(
    db: Database, viewer: Viewer, now: datetime, grid_id: int, kind: CollectedKind, reference: str
) -> Form:
    """The form of a subject, filled in with what is known. NOT_FOUND where the viewer collects nothing."""
    async with db.read() as session:
        grid = (await places.grids_by_id(session, [grid_id])).get(grid_id)
        if grid is None or not works_at(viewer, grid.id, grid.path):
            raise Refusal(Code.NOT_FOUND, what="该网格" if viewer.language == "zh" else "The grid")
        subject = await collecting.subject_at(session, viewer.realm, grid.id, kind, reference.strip())
        known = {} if subject is None else await collecting.current_of(session, subject.id)
        fields = await collecting.asked_of(session, viewer.realm, kind, grid.path)
    return Form(subject, [_asked(field, known.get(field.id), now) for field in fields])


def _asked(field: FieldRow, known: Any | None, now: datetime) -> Asked:
    if known is None:
        return Asked(field, None, None, False)
    return Asked(field, known.value, known.found_at, is_fresh(known.found_at, field.refresh_days, now))


async def submit(db: Database, call: Call, visit: Visit) -> Result:
    """Hand a form in. Told again with its key, however late, it changes nothing.

    A value that was found earlier than the one that is known stays in the record and replaces nothing: a phone that
    comes out of a cellar must not undo what was found since.
    """

    async def work(session: Session) -> Result:
        known = await collecting.by_key(session, call.viewer.realm, call.viewer.principal, call.key)
        if known is not None:  # longer ago than the idempotency records reach
            if known.body_hash != call.body_hash:
                raise Refusal(Code.IDEMPOTENCY_MISMATCH)
            return await _done(session, call, known.id)
        grid = await _grid(session, call, visit.grid_id)
        reference = texts.text(visit.reference, "reference", limit=REFERENCE_MAX)
        fields = await collecting.asked_of(session, call.viewer.realm, visit.kind, grid.path)
        said = _said(fields, visit.values)
        found_at = _found_at(call, visit.found_at)
        subject = await collecting.held_subject(
            session,
            {
                "realm": call.viewer.realm,
                "grid_id": grid.id,
                "path": grid.path,
                "kind": visit.kind,
                "reference": reference,
            },
        )
        before = await collecting.current_of(session, subject.id)
        fresh = {
            field.id
            for field in fields
            if field.id in before and is_fresh(before[field.id].found_at, field.refresh_days, call.now)
        }
        row = {
            "realm": call.viewer.realm,
            "subject_id": subject.id,
            "grid_id": grid.id,
            "path": grid.path,
            "actor": call.viewer.principal,
            "key": call.key,
            "body_hash": call.body_hash,
            "found_at": found_at,
            "at": call.now,
            "collected": len(said),
            "reused": len(fresh - said.keys()),
            "asked_twice": sum(one in fresh and before[one].value == value for one, value in said.items()),
        }
        reached = await _reached(session, [field for field in fields if field.id in said], grid.path)
        submission_id = await collecting.add_submission(session, row, said, reached)
        newest = {one: value for one, value in said.items() if one not in before or before[one].found_at <= found_at}
        await collecting.set_current(session, subject.id, found_at, newest)
        return await _done(session, call, submission_id)

    return await once.once(db, call, work)


async def reveal(
    db: Database, call: Call, subject_id: int, codes: Sequence[str], reason: str | None
) -> tuple[Result, list[tuple[FieldRow, Any]]]:
    """Values in full, to who may read them; who looked at which and why is on record before they are shown."""
    words = texts.reason(reason)
    if not codes or len(codes) > VALUES_MOST:
        raise _invalid("fields", f"1 至 {VALUES_MOST} 个采集项", f"1 to {VALUES_MOST} fields")

    async def work(session: Session) -> Result:
        subject = await collecting.subject(session, call.viewer.realm, subject_id)
        found = [] if subject is None else await _values(session, call.viewer, subject, codes)
        if subject is None or not found:
            raise not_found(call, "subjectId", "该采集对象", "The subject")
        shown = sorted(field.code for field, _ in found)
        record = {"realm": subject.realm, "subject_id": subject.id, "principal": call.viewer.principal}
        await collecting.record_access(session, record | {"fields": shown, "reason": words, "at": call.now})
        return await _done(session, call, subject.id)

    result = await once.once(db, call, work)
    async with db.read() as session:
        subject = await collecting.subject(session, call.viewer.realm, subject_id)
        return result, [] if subject is None else await _values(session, call.viewer, subject, codes)


async def _values(
    session: Session, viewer: Viewer, subject: SubjectRow, codes: Sequence[str]
) -> list[tuple[FieldRow, Any]]:
    known = await collecting.current_of(session, subject.id)
    fields = await collecting.fields_by_id(session, sorted(known))
    wanted = {field.id: field for field in fields.values() if field.code in codes}
    allowed = readable_of(viewer, subject, wanted, await collecting.consumers_by_field(session, list(wanted)))
    return [(field, known[field.id]) for field in wanted.values() if field.id in allowed]


async def _grid(session: Session, call: Call, grid_id: int) -> Any:
    if not call.viewer.roles & COLLECTORS:
        raise Refusal(Code.FORBIDDEN, action="信息采集", action_name="COLLECTION_SUBMIT")
    grid = (await places.grids_by_id(session, [grid_id])).get(grid_id)
    if grid is None or not grid.is_active or not works_at(call.viewer, grid.id, grid.path):
        raise not_found(call, "grid", "该网格", "The grid")
    return grid


def _said(fields: Sequence[FieldRow], given: Mapping[str, str]) -> dict[int, str]:
    """Values by field; refuses what nobody asks there and what is no value of the field."""
    if not 1 <= len(given) <= VALUES_MOST:
        raise _invalid("values", f"1 至 {VALUES_MOST} 项", f"1 to {VALUES_MOST} values")
    by_code = {field.code: field for field in fields}
    said = {}
    for code, value in given.items():
        field = by_code.get(code)
        if field is None:
            raise _invalid(f"values.{code[:40]}", "该网格没有这个采集项", "a field that is asked there")
        read = read_value(field.value_kind, field.choices, value)
        if read is None:
            kind = field.value_kind
            raise _invalid(f"values.{code}", f"应为{kind.label}", f"a value of kind {kind.name}")
        said[field.id] = read
    return said


def _invalid(field_name: str, expected: str, expected_en: str) -> Refusal:
    return Refusal(Code.INVALID_INPUT, field=field_name.split("."), expected=expected, expected_en=expected_en)


def _found_at(call: Call, found_at: datetime | None) -> datetime:
    if found_at is None:
        return call.now
    if found_at > call.now + FAST_CLOCK:
        raise _invalid("foundAt", "不能晚于现在", "not in the future")
    return min(found_at, call.now)


async def _reached(session: Session, fields: Sequence[FieldRow], path: str) -> set[tuple[int, CollectionPart]]:
    """Owners and those they share with, each for its part of the form."""
    shared = await collecting.consumers_by_field(session, [field.id for field in fields])
    found = {(field.owner_id, field.part) for field in fields}
    there = (row for rows in shared.values() for row in rows if path.startswith(row.path))
    return found | {(row.department_id, row.part) for row in there}


async def _done(session: Session, call: Call, object_id: int) -> Result:
    result = Result(0, 1, object_id=object_id)
    await once.settle(session, call, result)
    return result
