"""Rows of the files of government purchase into tables, as `db.imports` does it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from db.catalogue import service_providers
from db.database import Session
from db.imports import Counts, _save
from db.purchasing import crews, qualification_kinds, reserved_tasks
from db.vocabulary.purchasing import TaskKind


class QualificationKindRow(NamedTuple):
    code: str
    name: str


class ProviderQualificationRow(NamedTuple):
    service_provider_id: int
    kind_code: str
    number: str
    valid_from: date
    valid_to: date


class ProviderAreaRow(NamedTuple):
    service_provider_id: int
    division_code: str
    path: str


class ProviderCrewRow(NamedTuple):
    service_provider_id: int
    code: str
    name: str


class ProviderTechnicianRow(NamedTuple):
    service_provider_id: int
    code: str
    name: str
    crew_id: int | None


class CatalogueItemRow(NamedTuple):
    code: str
    major_name: str
    middle_name: str
    minor_name: str
    division_code: str
    path: str
    matter_id: int
    task_kind: TaskKind
    unit: str
    ceiling_cents: int
    qualifications: list[str]
    needs_before_photo: bool
    needs_after_photo: bool
    valid_from: date
    valid_to: date


class ReservedTaskRow(NamedTuple):
    division_code: str
    task_kind: str
    matter_id: int
    reason: str


async def save_qualification_kinds(session: Session, rows: Sequence[QualificationKindRow]) -> Counts:
    return await _save(session, "qualification_kinds", ("code",), rows)


async def save_provider_qualifications(session: Session, rows: Sequence[ProviderQualificationRow]) -> Counts:
    return await _save(session, "provider_qualifications", ("service_provider_id", "kind_code"), rows)


async def save_provider_areas(session: Session, rows: Sequence[ProviderAreaRow]) -> Counts:
    return await _save(session, "provider_areas", ("service_provider_id", "division_code"), rows)


async def save_provider_crews(session: Session, rows: Sequence[ProviderCrewRow]) -> Counts:
    return await _save(session, "provider_crews", ("service_provider_id", "code"), rows, fresh={"is_active": True})


async def save_provider_technicians(session: Session, rows: Sequence[ProviderTechnicianRow]) -> Counts:
    key = ("service_provider_id", "code")
    return await _save(session, "provider_technicians", key, rows, fresh={"is_active": True})


async def save_catalogue_items(session: Session, rows: Sequence[CatalogueItemRow]) -> Counts:
    return await _save(session, "catalogue_items", ("code",), rows)


async def save_reserved_tasks(session: Session, rows: Sequence[ReservedTaskRow]) -> Counts:
    return await _save(session, "reserved_tasks", ("division_code", "task_kind", "matter_id"), rows)


async def provider_ids(session: Session) -> dict[str, int]:
    found = await session.execute(select(service_providers.c.code, service_providers.c.id))
    return {code: id_ for code, id_ in found}


async def crew_ids(session: Session) -> dict[tuple[int, str], int]:
    """By provider and code."""
    found = await session.execute(select(crews.c.service_provider_id, crews.c.code, crews.c.id))
    return {(provider, code): id_ for provider, code, id_ in found}


async def crew_codes(session: Session) -> set[tuple[str, str]]:
    """Code of the provider and of the crew."""
    statement = select(service_providers.c.code, crews.c.code).join(
        crews, crews.c.service_provider_id == service_providers.c.id
    )
    return {(provider, code) for provider, code in await session.execute(statement)}


async def kind_codes(session: Session) -> set[str]:
    return set((await session.execute(select(qualification_kinds.c.code))).scalars())


async def reserved(session: Session) -> set[tuple[str, str, int]]:
    """Division code, kind of task and matter of everything that is never bought."""
    columns = reserved_tasks.c
    found = await session.execute(select(columns.division_code, columns.task_kind, columns.matter_id))
    return {(division, kind, matter) for division, kind, matter in found}
