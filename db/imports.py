"""Rows from files into tables: insert what is new, change what differs, leave the rest alone.

Each `save_...` compares with what is stored before it writes, so its counts are what really happened and
importing the same file twice touches no row. Call them inside one `db.write()`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Table, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

import db.tables  # noqa: F401  the metadata must be whole before a table is looked up by name
from db.database import Session
from db.vocabulary import (
    CaseAction,
    CaseKind,
    ClockKind,
    CodeScheme,
    DivisionLevel,
    GridKind,
    GridTask,
    LimitUnit,
    MatterClass,
    MatterDomain,
    PopulationBand,
    Priority,
    Realm,
    Role,
    ServiceProviderKind,
    Setting,
)
from db.vocabulary.assessment import AssessedKind, IndicatorCode, ScoreMethod
from db.vocabulary.grid_facts import GridProgramme, PartyOrganisationKind
from db.vocabulary.purchasing import InstitutionClass
from db.vocabulary.workers import WorkerKind

DATA = Path(__file__).parent / "data"  # what is shipped; db/data/SOURCES.md says where it comes from
BATCH_ROWS = 5_000  # a look-up by code stays below the 32,766 parameters either database takes

Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


class DivisionRow(NamedTuple):
    code: str
    level: DivisionLevel
    parent_code: str | None
    name: str
    path: str
    longitude: float | None = None
    latitude: float | None = None


class GridRow(NamedTuple):
    code_scheme: CodeScheme
    code: str
    kind: GridKind
    setting: Setting
    name: str
    community_code: str
    path: str
    population_band: PopulationBand | None = None
    longitude: float | None = None
    latitude: float | None = None
    polygon: Any = None  # a GeoJSON geometry: nested lists of unknown depth


class CentreRow(NamedTuple):
    division_code: str
    name: str


class DepartmentRow(NamedTuple):
    code: str
    name: str
    division_code: str
    path: str


class ServiceProviderRow(NamedTuple):
    code: str
    name: str
    kind: ServiceProviderKind
    uscc: str | None
    division_code: str
    path: str
    institution_class: InstitutionClass | None = None
    licence_until: date | None = None
    blacklisted_until: date | None = None


class PersonRow(NamedTuple):
    code: str
    name: str
    phone: str | None
    role: Role
    scope_code: str


class MatterRow(NamedTuple):
    code: str
    name: str
    domain: MatterDomain
    class_kind: MatterClass
    major_code: str
    major_name: str
    minor_code: str
    is_extension: bool
    kind: CaseKind
    priority: Priority
    standard: str
    limit_value: int
    limit_unit: LimitUnit
    needs_after_photo: bool
    is_delegable: bool
    needs_visit: bool = False


class TaskPermitRow(NamedTuple):
    matter_id: int
    division_code: str
    task: GridTask
    legal_basis: str
    valid_from: date
    valid_to: date
    minutes_per_task: int = 0
    realm: str = ""  # a permit that is imported holds in both realms


class PermitReviewerRow(NamedTuple):
    division_code: str
    department_code: str  # empty: the commander of the division's centre


class NegativeMatterRow(NamedTuple):
    division_code: str
    matter_id: int
    reason: str


class OfficeHoursRow(NamedTuple):
    division_code: str
    hours: str


class StageLimitRow(NamedTuple):
    division_code: str
    kind: ClockKind
    is_urgent: bool
    limit_value: int
    limit_unit: LimitUnit


class ResponseTemplateRow(NamedTuple):
    code: str
    name: str
    action: CaseAction | None
    kind: CaseKind | None
    matter_id: int | None
    text: str


class BurdenCeilingRow(NamedTuple):
    division_code: str
    tasks_per_day: int


class GridWorkerRow(NamedTuple):
    code: str
    name: str
    account: str | None
    is_sample: bool


class WorkerAssignmentRow(NamedTuple):
    realm: Realm
    worker_code: str
    grid_id: int
    kind: WorkerKind
    from_day: date
    path: str
    until_day: date | None


class PartyOrganisationRow(NamedTuple):
    grid_id: int
    kind: PartyOrganisationKind
    name: str


class ProgrammeGridRow(NamedTuple):
    grid_id: int
    programme: GridProgramme


class PoliceBeatRow(NamedTuple):
    code: str
    name: str
    division_code: str
    path: str


class BeatGridRow(NamedTuple):
    grid_id: int
    beat_id: int


class CalendarDayRow(NamedTuple):
    day: date
    is_working: bool
    note: str


class AssessmentRuleRow(NamedTuple):
    valid_from: date
    split_minutes: int
    split_metres: int
    cap_percentile: int
    residents: dict[str, int]
    evidence: str


class AssessmentSchemeRow(NamedTuple):
    code: str
    version: int
    name: str
    valid_from: date
    bands: list[list[Any]]
    evidence: str


class AssessmentComponentRow(NamedTuple):
    scheme_code: str
    scheme_version: int
    subject_kind: AssessedKind
    indicator: IndicatorCode
    weight: int
    method: ScoreMethod
    steps: list[list[Any]] | None
    evidence: str


class Counts(NamedTuple):
    added: int = 0
    changed: int = 0
    unchanged: int = 0


class _Row(Protocol):
    @property
    def _fields(self) -> tuple[str, ...]: ...
    def _asdict(self) -> dict[str, Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


async def save_divisions(session: Session, rows: Sequence[DivisionRow], progress: Progress | None = None) -> Counts:
    """Parents first. A row without a point keeps the point that is stored."""
    return await _save(session, "divisions", ("code",), rows, progress, keep=("longitude", "latitude"))


async def save_grids(session: Session, rows: Sequence[GridRow], progress: Progress | None = None) -> Counts:
    return await _save(
        session, "grids", ("code_scheme", "code"), rows, progress, look_up="code", fresh={"is_active": True}
    )


async def save_centres(session: Session, rows: Sequence[CentreRow]) -> Counts:
    return await _save(session, "centres", ("division_code",), rows)


async def save_departments(session: Session, rows: Sequence[DepartmentRow]) -> Counts:
    return await _save(session, "departments", ("code",), rows)


async def save_service_providers(session: Session, rows: Sequence[ServiceProviderRow]) -> Counts:
    """What a file leaves empty of class, licence and blacklist stays: not every list names them."""
    keep = ("institution_class", "licence_until", "blacklisted_until")
    return await _save(session, "service_providers", ("code",), rows, keep=keep, fresh={"is_active": True})


async def save_people(session: Session, rows: Sequence[PersonRow]) -> Counts:
    return await _save(session, "people", ("code",), rows)


async def save_matters(session: Session, rows: Sequence[MatterRow]) -> Counts:
    return await _save(session, "matters", ("code",), rows)


async def save_task_permits(session: Session, rows: Sequence[TaskPermitRow]) -> Counts:
    return await _save(session, "task_permits", ("matter_id", "division_code", "task", "valid_from", "realm"), rows)


async def save_permit_reviewers(session: Session, rows: Sequence[PermitReviewerRow]) -> Counts:
    return await _save(session, "permit_reviewers", ("division_code", "department_code"), rows)


async def save_negative_matters(session: Session, rows: Sequence[NegativeMatterRow]) -> Counts:
    return await _save(session, "negative_matters", ("division_code", "matter_id"), rows)


async def save_office_hours(session: Session, rows: Sequence[OfficeHoursRow]) -> Counts:
    return await _save(session, "office_hours", ("division_code",), rows)


async def save_stage_limits(session: Session, rows: Sequence[StageLimitRow]) -> Counts:
    return await _save(session, "stage_limits", ("division_code", "kind", "is_urgent"), rows)


async def save_response_templates(session: Session, rows: Sequence[ResponseTemplateRow]) -> Counts:
    return await _save(session, "response_templates", ("code",), rows)


async def save_burden_ceilings(session: Session, rows: Sequence[BurdenCeilingRow]) -> Counts:
    return await _save(session, "burden_ceilings", ("division_code",), rows)


async def save_grid_workers(
    session: Session, rows: Sequence[GridWorkerRow], progress: Progress | None = None
) -> Counts:
    return await _save(session, "grid_workers", ("code",), rows, progress)


async def save_worker_assignments(
    session: Session, rows: Sequence[WorkerAssignmentRow], progress: Progress | None = None
) -> Counts:
    """A row without an end keeps the end that is stored: it was handed over since."""
    key = ("realm", "worker_code", "grid_id", "kind", "from_day")
    keep = ("until_day",)
    return await _save(session, "worker_assignments", key, rows, progress, look_up="worker_code", keep=keep)


async def save_party_organisations(
    session: Session, rows: Sequence[PartyOrganisationRow], progress: Progress | None = None
) -> Counts:
    return await _save(session, "party_organisations", ("grid_id", "kind", "name"), rows, progress)


async def save_programmes(session: Session, rows: Sequence[ProgrammeGridRow]) -> Counts:
    """Tag grids; those that are not named keep what they have."""
    grids = _table("grids")
    changed = 0
    for programme in {row.programme for row in rows}:
        ids = [row.grid_id for row in rows if row.programme is programme]
        for start in range(0, len(ids), BATCH_ROWS):
            some = grids.c.id.in_(ids[start : start + BATCH_ROWS])
            differs = or_(grids.c.programme.is_(None), grids.c.programme != programme)
            changed += (
                await session.execute(update(grids).where(some, differs).values(programme=programme))
            ).rowcount
    return Counts(0, changed, len(rows) - changed)


async def save_police_beats(session: Session, rows: Sequence[PoliceBeatRow]) -> Counts:
    return await _save(session, "police_beats", ("code",), rows)


async def save_beat_grids(session: Session, rows: Sequence[BeatGridRow], progress: Progress | None = None) -> Counts:
    return await _save(session, "beat_grids", ("grid_id",), rows, progress)


async def beat_ids(session: Session) -> dict[str, int]:
    beats = _table("police_beats")
    return {code: id_ for code, id_ in await session.execute(select(beats.c.code, beats.c.id))}


async def save_calendar_days(session: Session, rows: Sequence[CalendarDayRow]) -> Counts:
    return await _save(session, "calendar_days", ("day",), rows)


async def save_assessment_rules(session: Session, rows: Sequence[AssessmentRuleRow]) -> Counts:
    return await _save(session, "assessment_rules", ("valid_from",), rows)


async def save_assessment_schemes(session: Session, rows: Sequence[AssessmentSchemeRow]) -> Counts:
    return await _save(session, "assessment_schemes", ("code", "version"), rows)


async def save_assessment_components(session: Session, rows: Sequence[AssessmentComponentRow]) -> Counts:
    """A version's components are those of the file: what it no longer lists is dropped."""
    table, key = _table("assessment_components"), ("scheme_code", "scheme_version", "subject_kind", "indicator")
    listed = {tuple(getattr(row, column) for column in key) for row in rows}
    for scheme, version in {(row.scheme_code, row.scheme_version) for row in rows}:
        of_version = and_(table.c.scheme_code == scheme, table.c.scheme_version == version)
        for row in (await session.execute(select(table).where(of_version))).all():
            if tuple(getattr(row, column) for column in key) not in listed:
                await session.execute(delete(table).where(table.c.id == row.id))
    return await _save(session, "assessment_components", key, rows)


async def place_divisions(session: Session) -> int:
    """Give divisions without a point the mean of what lies below them; how many were placed.

    From the community up, so that a county's point is the mean of its townships' points.
    """
    divisions, grids = _table("divisions"), _table("grids")
    below = divisions.alias("below")
    placed = await _place(session, DivisionLevel.COMMUNITY, grids, grids.c.community_code)
    for level in (
        DivisionLevel.TOWNSHIP,
        DivisionLevel.COUNTY,
        DivisionLevel.PREFECTURE,
        DivisionLevel.PROVINCE,
    ):
        placed += await _place(session, level, below, below.c.parent_code)
    return placed


async def _place(session: Session, level: DivisionLevel, below: Any, parent: Any) -> int:
    divisions = _table("divisions")
    means = [
        select(func.round(func.avg(below.c[axis]) * 1_000_000) / 1_000_000)
        .where(parent == divisions.c.code)
        .scalar_subquery()
        for axis in ("longitude", "latitude")
    ]
    has_points = select(parent).where(parent == divisions.c.code, below.c.longitude.is_not(None)).exists()
    unplaced = and_(divisions.c.level == level, divisions.c.longitude.is_(None), has_points)
    result = await session.execute(update(divisions).where(unplaced).values(longitude=means[0], latitude=means[1]))
    return int(result.rowcount)


async def division_paths(session: Session) -> dict[str, str]:
    """The path of every division by its code."""
    divisions = _table("divisions")
    return {code: path for code, path in await session.execute(select(divisions.c.code, divisions.c.path))}


async def codes_of(session: Session, table: str) -> set[str]:
    """Every code in `table`: grids, departments, service_providers, matters or people."""
    return set((await session.execute(select(_table(table).c.code))).scalars())


async def grids_by_code(session: Session) -> dict[str, tuple[int, str]]:
    """Id and path of every active grid by its code; the first one should two schemes use it."""
    grids = _table("grids")
    statement = select(grids.c.code, grids.c.id, grids.c.path).where(grids.c.is_active).order_by(grids.c.id.desc())
    return {code: (grid_id, path) for code, grid_id, path in await session.execute(statement)}


async def departments_by_code(session: Session) -> dict[str, tuple[int, str]]:
    """Id and path of every department by its code."""
    departments = _table("departments")
    found = await session.execute(select(departments.c.code, departments.c.id, departments.c.path))
    return {code: (unit_id, path) for code, unit_id, path in found}


async def matter_numbers(session: Session) -> dict[str, tuple[str, str]]:
    """Major and minor code of every matter by its code."""
    matters = _table("matters")
    found = await session.execute(select(matters.c.code, matters.c.major_code, matters.c.minor_code))
    return {code: (major, minor) for code, major, minor in found}


async def matter_ids(session: Session) -> dict[str, int]:
    matters = _table("matters")
    return {code: id_ for code, id_ in await session.execute(select(matters.c.code, matters.c.id))}


def _table(name: str) -> Table:
    return SQLModel.metadata.tables[name]


async def _save(
    session: Session,
    name: str,
    key: tuple[str, ...],
    rows: Sequence[_Row],
    progress: Progress | None = None,
    *,
    look_up: str | None = None,
    keep: tuple[str, ...] = (),
    fresh: dict[str, Any] | None = None,
) -> Counts:
    """`look_up` is the column stored rows are fetched by, `keep` the columns an empty value does not clear,
    `fresh` what only a new row gets."""
    table = _table(name)
    counts = Counts()
    for start in range(0, len(rows), BATCH_ROWS):
        batch = rows[start : start + BATCH_ROWS]
        counts = Counts(
            *map(
                sum,
                zip(
                    counts,
                    await _save_batch(session, table, key, batch, table.c[look_up or key[0]], keep, fresh or {}),
                    strict=True,
                ),
            )
        )
        if progress:
            progress(start + len(batch), len(rows))
    return counts


async def _save_batch(
    session: Session,
    table: Table,
    key: tuple[str, ...],
    batch: Sequence[_Row],
    look_up: Any,
    keep: tuple[str, ...],
    fresh: dict[str, Any],
) -> Counts:
    fields = batch[0]._fields
    wanted = {getattr(row, look_up.name) for row in batch}
    found = await session.execute(select(*(table.c[field] for field in fields)).where(look_up.in_(wanted)))
    key_of = itemgetter(*(fields.index(column) for column in key))
    kept = [fields.index(column) for column in keep]
    stored = {key_of(row): tuple(row) for row in found}

    added: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for row in batch:
        values = tuple(row)
        before = stored.get(key_of(values))
        if before is None:
            added.append(row._asdict() | fresh)
            continue
        if kept:
            values = tuple(before[i] if i in kept and value is None else value for i, value in enumerate(values))
        if values != before:
            changed.append(dict(zip(fields, values, strict=True)) | fresh)
    if added or changed:
        await session.execute(_upsert(session, table, key, fields), added + changed)
    return Counts(len(added), len(changed), len(batch) - len(added) - len(changed))


def _upsert(session: Session, table: Table, key: tuple[str, ...], fields: tuple[str, ...]) -> Any:
    # Anybody may have inserted the row since we looked; then ours is the later word.
    dialect = sqlite if session.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    differing = {field: statement.excluded[field] for field in fields if field not in key}
    if not differing:
        return statement.on_conflict_do_nothing(index_elements=list(key))
    return statement.on_conflict_do_update(index_elements=list(key), set_=differing)
