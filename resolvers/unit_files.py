"""The files of a units folder: what each row must hold and what it may refer to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

from db.database import Session
from db.imports import (
    BurdenCeilingRow,
    CalendarDayRow,
    CentreRow,
    Counts,
    DepartmentRow,
    MatterRow,
    NegativeMatterRow,
    OfficeHoursRow,
    PermitReviewerRow,
    PersonRow,
    ResponseTemplateRow,
    ServiceProviderRow,
    StageLimitRow,
    TaskPermitRow,
    codes_of,
    division_paths,
    matter_ids,
    matter_numbers,
    save_burden_ceilings,
    save_calendar_days,
    save_centres,
    save_departments,
    save_matters,
    save_negative_matters,
    save_office_hours,
    save_people,
    save_permit_reviewers,
    save_response_templates,
    save_service_providers,
    save_stage_limits,
    save_task_permits,
)
from db.vocabulary import (
    CaseAction,
    CaseKind,
    ClockKind,
    GridTask,
    LimitUnit,
    MatterClass,
    MatterDomain,
    Priority,
    Role,
    ServiceProviderKind,
)
from db.vocabulary.purchasing import InstitutionClass
from resolvers import purchasing_files, timetables
from resolvers.purchasing_files import Known as KnownPurchasing
from resolvers.purchasing_files import Purchasing, known_purchasing, read_purchasing, save_purchasing
from resolvers.rules.access import masked_words
from resolvers.rules.clocks import STAGE_LIMITS
from resolvers.rules.templates import PLACEHOLDERS, unknown_words
from resolvers.rules.uscc import is_valid_uscc
from resolvers.spreadsheets import BadCell, Errors, Line, rows_of

LONGEST_LIMIT = 10_000  # a slip of the keyboard, not a promise to anybody

CENTRES, DEPARTMENTS, SERVICE_PROVIDERS, PEOPLE, MATTERS, TASK_PERMITS, CALENDAR_DAYS = (
    "centres", "departments", "service_providers", "people", "matters", "task_permits", "calendar_days",
)  # fmt: skip
PERMIT_REVIEWERS, NEGATIVE_MATTERS = "permit_reviewers", "negative_matters"
OFFICE_HOURS, LIMITS_OF_STAGES = "office_hours", "stage_limits"
BURDEN_CEILINGS = "burden_ceilings"
LONGEST_TASK = 480  # minutes
MOST_TASKS = 1_000  # a day: beyond it a ceiling is none
RESPONSE_TEMPLATES = "response_templates"
COLUMNS: dict[str, tuple[str, ...]] = {
    CENTRES: ("division_code", "name"),
    DEPARTMENTS: ("code", "name", "division_code"),
    SERVICE_PROVIDERS: ("code", "name", "kind", "uscc", "division_code"),
    PEOPLE: ("code", "name", "phone", "role", "scope_code"),
    MATTERS: (
        "code", "name", "domain", "class_kind", "major_code", "major_name", "minor_code", "is_extension", "kind",
        "priority", "standard", "limit_value", "limit_unit", "needs_after_photo", "is_delegable",
    ),
    TASK_PERMITS: ("matter_code", "division_code", "task", "legal_basis", "valid_from", "valid_to"),
    PERMIT_REVIEWERS: ("division_code", "department_code"),
    NEGATIVE_MATTERS: ("matter_code", "division_code", "reason"),
    BURDEN_CEILINGS: ("division_code", "tasks_per_day"),
    RESPONSE_TEMPLATES: ("code", "name", "action", "kind", "matter_code", "text"),
    CALENDAR_DAYS: ("day", "is_working", "note"),
    OFFICE_HOURS: ("division_code", "hours"),
    LIMITS_OF_STAGES: ("division_code", "kind", "is_urgent", "limit_value", "limit_unit"),
}  # fmt: skip

DEPARTMENT_ROLES = frozenset({Role.HANDLER})
PROVIDER_ROLES = frozenset({Role.PROVIDER_STAFF, Role.PROVIDER_ADMIN})
GRID_ROLES = frozenset({Role.GRID_WORKER})
GRID_OR_DIVISION_ROLES = frozenset({Role.CHECKER, Role.POLICE})

R = TypeVar("R")


class PermitLine(NamedTuple):
    matter_code: str  # a matter of the same folder has no id yet
    permit: TaskPermitRow


class NegativeLine(NamedTuple):
    matter_code: str
    entry: NegativeMatterRow


class TemplateLine(NamedTuple):
    matter_code: str | None
    template: ResponseTemplateRow


@dataclass(slots=True)
class Known:
    """What rows may refer to: stored before, and read from the folder so far."""

    paths: dict[str, str]
    grids: set[str]
    departments: set[str]
    service_providers: set[str]
    matters: dict[str, tuple[str, str]]  # major and minor code
    purchasing: KnownPurchasing


@dataclass(slots=True)
class Units:
    centres: list[CentreRow] = field(default_factory=list)
    departments: list[DepartmentRow] = field(default_factory=list)
    service_providers: list[ServiceProviderRow] = field(default_factory=list)
    people: list[PersonRow] = field(default_factory=list)
    matters: list[MatterRow] = field(default_factory=list)
    task_permits: list[PermitLine] = field(default_factory=list)
    permit_reviewers: list[PermitReviewerRow] = field(default_factory=list)
    negative_matters: list[NegativeLine] = field(default_factory=list)
    burden_ceilings: list[BurdenCeilingRow] = field(default_factory=list)
    response_templates: list[TemplateLine] = field(default_factory=list)
    calendar_days: list[CalendarDayRow] = field(default_factory=list)
    office_hours: list[OfficeHoursRow] = field(default_factory=list)
    stage_limits: list[StageLimitRow] = field(default_factory=list)
    purchasing: Purchasing = field(default_factory=Purchasing)


async def known_units(session: Session) -> Known:
    paths, providers = await division_paths(session), await codes_of(session, "service_providers")
    matters = await matter_numbers(session)
    return Known(
        paths=paths,
        grids=await codes_of(session, "grids"),
        departments=await codes_of(session, "departments"),
        service_providers=providers,
        matters=matters,
        purchasing=await known_purchasing(session, paths, providers, set(matters)),
    )


def read_units(folder: Path, known: Known, errors: Errors) -> Units:
    """The files that are there, referred-to ones before those that refer. `known` grows on the way."""
    kinds = (*COLUMNS, *purchasing_files.COLUMNS)
    if not any((folder / f"{kind}.csv").is_file() for kind in kinds):
        names = "、".join(f"{kind}.csv" for kind in kinds)
        errors.add(folder.name, 0, "", f"文件夹内没有可导入的文件：{names}", "the folder holds none of these files")
    units = Units()
    units.centres = _rows(folder, CENTRES, ("division_code",), partial(_centre, known), errors)
    units.departments = _rows(folder, DEPARTMENTS, ("code",), partial(_department, known), errors)
    known.departments.update(row.code for row in units.departments)
    units.service_providers = _rows(folder, SERVICE_PROVIDERS, ("code",), partial(_provider, known), errors)
    known.service_providers.update(row.code for row in units.service_providers)
    units.people = _rows(folder, PEOPLE, ("code",), partial(_person, known), errors)
    numbers = {number: code for code, number in known.matters.items()}
    units.matters = _rows(folder, MATTERS, ("code",), partial(_matter, numbers), errors)
    known.matters.update({row.code: (row.major_code, row.minor_code) for row in units.matters})
    known.purchasing.matters.update(known.matters)
    units.purchasing = read_purchasing(folder, known.purchasing, errors)
    permit_key = ("matter_code", "division_code", "task", "valid_from")
    units.task_permits = _rows(folder, TASK_PERMITS, permit_key, partial(_permit, known), errors)
    reviewer_key = ("division_code", "department_code")
    units.permit_reviewers = _rows(folder, PERMIT_REVIEWERS, reviewer_key, partial(_reviewer, known), errors)
    negative_key = ("matter_code", "division_code")
    units.negative_matters = _rows(folder, NEGATIVE_MATTERS, negative_key, partial(_negative, known), errors)
    units.burden_ceilings = _rows(folder, BURDEN_CEILINGS, ("division_code",), partial(_ceiling, known), errors)
    units.response_templates = _rows(folder, RESPONSE_TEMPLATES, ("code",), partial(_template, known), errors)
    units.calendar_days = _rows(folder, CALENDAR_DAYS, ("day",), _calendar_day, errors)
    units.office_hours = _rows(folder, OFFICE_HOURS, ("division_code",), partial(_office_hours, known), errors)
    limit_key = ("division_code", "kind", "is_urgent")
    units.stage_limits = _rows(folder, LIMITS_OF_STAGES, limit_key, partial(_stage_limit, known), errors)
    return units


async def save_units(session: Session, units: Units) -> dict[str, Counts]:
    counts = {
        CENTRES: await save_centres(session, units.centres),
        DEPARTMENTS: await save_departments(session, units.departments),
        SERVICE_PROVIDERS: await save_service_providers(session, units.service_providers),
        PEOPLE: await save_people(session, units.people),
        MATTERS: await save_matters(session, units.matters),
    }
    counts |= await save_purchasing(session, units.purchasing)
    ids = await matter_ids(session)
    permits = [line.permit._replace(matter_id=ids[line.matter_code]) for line in units.task_permits]
    counts[TASK_PERMITS] = await save_task_permits(session, permits)
    counts[PERMIT_REVIEWERS] = await save_permit_reviewers(session, units.permit_reviewers)
    never = [line.entry._replace(matter_id=ids[line.matter_code]) for line in units.negative_matters]
    counts[NEGATIVE_MATTERS] = await save_negative_matters(session, never)
    counts[BURDEN_CEILINGS] = await save_burden_ceilings(session, units.burden_ceilings)
    templates = [
        line.template._replace(matter_id=None if line.matter_code is None else ids[line.matter_code])
        for line in units.response_templates
    ]
    counts[RESPONSE_TEMPLATES] = await save_response_templates(session, templates)
    counts[CALENDAR_DAYS] = await save_calendar_days(session, units.calendar_days)
    counts[OFFICE_HOURS] = await save_office_hours(session, units.office_hours)
    counts[LIMITS_OF_STAGES] = await save_stage_limits(session, units.stage_limits)
    timetables.forget()
    return counts


def _rows(folder: Path, kind: str, key: tuple[str, ...], read: Callable[[Line], R], errors: Errors) -> list[R]:
    return rows_of(folder, kind, COLUMNS[kind], key, read, errors)


def _division_path(line: Line, known: Known) -> tuple[str, str]:
    code = line.digits("division_code", (2, 4, 6, 9, 12))
    if code not in known.paths:
        raise BadCell("division_code", f"行政区划「{code}」不存在", f"division {code!r} is unknown")
    return code, known.paths[code]


def _centre(known: Known, line: Line) -> CentreRow:
    return CentreRow(_division_path(line, known)[0], line.text("name", 80))


def _department(known: Known, line: Line) -> DepartmentRow:
    return DepartmentRow(line.code("code"), line.text("name", 80), *_division_path(line, known))


def _provider(known: Known, line: Line) -> ServiceProviderRow:
    uscc = line.cells["uscc"].upper()
    if uscc and not is_valid_uscc(uscc):
        raise BadCell(
            "uscc",
            f"统一社会信用代码「{uscc}」校验不通过（GB 32100）",
            f"{uscc!r} is not a unified social credit code (GB 32100)",
        )
    kind = line.word("kind", ServiceProviderKind)
    return ServiceProviderRow(
        line.code("code"),
        line.text("name", 80),
        kind,
        uscc or None,
        *_division_path(line, known),
        institution_class=line.word("institution_class", InstitutionClass) if line.has("institution_class") else None,
        licence_until=line.day("licence_until") if line.has("licence_until") else None,
        blacklisted_until=line.day("blacklisted_until") if line.has("blacklisted_until") else None,
    )


def _person(known: Known, line: Line) -> PersonRow:
    role = line.word("role", Role)
    scope = line.cells["scope_code"]
    divisions = known.paths.keys()
    match role:
        case _ if role in DEPARTMENT_ROLES:
            allowed, zh, en = scope in known.departments, "部门", "department"
        case _ if role in PROVIDER_ROLES:
            allowed, zh, en = scope in known.service_providers, "服务商", "service provider"
        case _ if role in GRID_ROLES:
            allowed, zh, en = scope in known.grids, "网格", "grid"
        case _ if role in GRID_OR_DIVISION_ROLES:
            allowed, zh, en = scope in known.grids or scope in divisions, "网格或行政区划", "grid or division"
        case _:
            allowed, zh, en = scope in divisions, "行政区划", "division"
    if not allowed:
        raise BadCell("scope_code", f"{zh}「{scope}」不存在", f"{en} {scope!r} is unknown")
    phone = line.cells["phone"]
    if phone and not (phone.isascii() and phone.replace("-", "").isdigit() and len(phone) <= 20):
        raise BadCell("phone", f"电话「{phone}」应为数字", f"phone {phone!r} must be digits")
    return PersonRow(line.code("code"), line.text("name", 40), phone or None, role, scope)


def _matter(numbers: dict[tuple[str, str], str], line: Line) -> MatterRow:
    """`numbers` holds the matter of every pair of major and minor code, stored or read before."""
    row = MatterRow(
        code=line.code("code"),
        name=line.text("name", 80),
        domain=line.word("domain", MatterDomain),
        class_kind=line.word("class_kind", MatterClass),
        major_code=line.digits("major_code", (2,)),
        major_name=line.text("major_name", 40),
        minor_code=line.digits("minor_code", (2, 3)),
        is_extension=line.yes_or_no("is_extension"),
        kind=line.word("kind", CaseKind),
        priority=line.word("priority", Priority),
        standard=line.text("standard", 200),
        limit_value=line.whole("limit_value", 1, LONGEST_LIMIT),
        limit_unit=line.word("limit_unit", LimitUnit),
        needs_after_photo=line.yes_or_no("needs_after_photo"),
        is_delegable=line.yes_or_no("is_delegable"),
        needs_visit=line.has("needs_visit") and line.yes_or_no("needs_visit"),
    )
    other = numbers.setdefault((row.major_code, row.minor_code), row.code)
    if other != row.code:
        raise BadCell(
            "minor_code",
            f"大类 {row.major_code} 小类 {row.minor_code} 已用于事项「{other}」",
            f"major {row.major_code} minor {row.minor_code} is taken by matter {other!r}",
        )
    return row


def _matter_code(known: Known, line: Line) -> str:
    matter = line.cells["matter_code"]
    if matter not in known.matters:
        raise BadCell("matter_code", f"事项「{matter}」不存在", f"matter {matter!r} is unknown")
    return matter


def _permit(known: Known, line: Line) -> PermitLine:
    matter = _matter_code(known, line)
    first, last = line.day("valid_from"), line.day("valid_to")
    if last < first:
        raise BadCell("valid_to", "截止日期早于开始日期", "valid_to lies before valid_from")
    permit = TaskPermitRow(
        matter_id=0,
        division_code=_division_path(line, known)[0],
        task=line.word("task", GridTask),
        legal_basis=line.text("legal_basis", 200),
        valid_from=first,
        valid_to=last,
        minutes_per_task=line.whole("minutes_per_task", 1, LONGEST_TASK) if line.has("minutes_per_task") else 0,
    )
    return PermitLine(matter, permit)


def _reviewer(known: Known, line: Line) -> PermitReviewerRow:
    department = line.cells["department_code"]
    if department and department not in known.departments:
        raise BadCell("department_code", f"部门「{department}」不存在", f"department {department!r} is unknown")
    return PermitReviewerRow(_division_path(line, known)[0], department)


def _negative(known: Known, line: Line) -> NegativeLine:
    matter = _matter_code(known, line)
    return NegativeLine(matter, NegativeMatterRow(_division_path(line, known)[0], 0, line.text("reason", 200)))


def _template(known: Known, line: Line) -> TemplateLine:
    """Words with placeholders of the fixed set and no long number in them."""
    text = line.text("text", 1_000)
    if unknown := unknown_words(text):
        names = "、".join(sorted(PLACEHOLDERS))
        raise BadCell("text", f"未知占位符「{unknown[0]}」，可用：{names}", f"unknown placeholder {unknown[0]!r}")
    if masked_words(text) != text:
        raise BadCell("text", "模板不能含电话、证件等长数字", "a template holds no long numbers")
    row = ResponseTemplateRow(
        code=line.text("code", 32),
        name=line.text("name", 40),
        action=line.word("action", CaseAction) if line.has("action") else None,
        kind=line.word("kind", CaseKind) if line.has("kind") else None,
        matter_id=None,
        text=text,
    )
    return TemplateLine(_matter_code(known, line) if line.has("matter_code") else None, row)


def _ceiling(known: Known, line: Line) -> BurdenCeilingRow:
    return BurdenCeilingRow(_division_path(line, known)[0], line.whole("tasks_per_day", 1, MOST_TASKS))


def _calendar_day(line: Line) -> CalendarDayRow:
    note = line.text("note", 80) if line.has("note") else ""
    return CalendarDayRow(line.day("day"), line.yes_or_no("is_working"), note)


def _office_hours(known: Known, line: Line) -> OfficeHoursRow:
    hours = " ".join(line.text("hours", 80).split())
    try:
        timetables.slots(hours)
    except ValueError:
        raise BadCell(
            "hours",
            f"办公时间「{hours}」应如 08:00-12:00 14:00-18:00",
            f"{hours!r} is not hours like 08:00-12:00 14:00-18:00",
        ) from None
    return OfficeHoursRow(_division_path(line, known)[0], hours)


def _stage_limit(known: Known, line: Line) -> StageLimitRow:
    kind = line.word("kind", ClockKind)
    if kind not in STAGE_LIMITS:
        raise BadCell("kind", f"{kind.label}由事项标准规定", f"{kind} comes from the matter's standard")
    return StageLimitRow(
        _division_path(line, known)[0],
        kind,
        line.yes_or_no("is_urgent"),
        line.whole("limit_value", 1, LONGEST_LIMIT),
        line.word("limit_unit", LimitUnit),
    )
