"""The files of government purchase in a units folder: what may be bought, what never, and what providers bring."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

from db import purchasing_files as rows
from db.database import Session
from db.imports import Counts, matter_ids
from db.purchasing_files import (
    CatalogueItemRow,
    ProviderAreaRow,
    ProviderCrewRow,
    ProviderQualificationRow,
    ProviderTechnicianRow,
    QualificationKindRow,
    ReservedTaskRow,
)
from db.vocabulary.purchasing import TaskKind
from resolvers.spreadsheets import BadCell, Errors, Line, rows_of

KINDS, QUALIFICATIONS, AREAS = "qualification_kinds", "provider_qualifications", "provider_areas"
CREWS, TECHNICIANS = "provider_crews", "provider_technicians"
RESERVED, ITEMS = "reserved_tasks", "catalogue_items"
COLUMNS: dict[str, tuple[str, ...]] = {
    KINDS: ("code", "name"),
    QUALIFICATIONS: ("provider_code", "kind_code", "number", "valid_from", "valid_to"),
    AREAS: ("provider_code", "division_code"),
    CREWS: ("provider_code", "code", "name"),
    TECHNICIANS: ("provider_code", "code", "name", "crew_code"),
    RESERVED: ("division_code", "task_kind", "matter_code", "reason"),
    ITEMS: (
        "code", "major_name", "middle_name", "minor_name", "division_code", "matter_code", "task_kind", "unit",
        "ceiling_yuan", "qualifications", "needs_before_photo", "needs_after_photo", "valid_from", "valid_to",
    ),
}  # fmt: skip
HIGHEST_CEILING = 10_000_000  # yuan: what costs more is no routine task
LEVEL_ENDS = (2, 4, 6, 9, 12)


class Owned(NamedTuple):
    """A row that names its provider, and perhaps a matter or crew, by a code that has no id yet."""

    provider: str
    row: ProviderQualificationRow | ProviderAreaRow | ProviderCrewRow | ProviderTechnicianRow
    crew: str = ""


class About(NamedTuple):
    matter: str
    row: CatalogueItemRow | ReservedTaskRow


@dataclass(slots=True)
class Known:
    """What these rows may refer to."""

    paths: dict[str, str]
    providers: set[str]
    matters: set[str]
    kinds: set[str]
    crews: set[tuple[str, str]]
    reserved: set[tuple[str, str, str]]  # division, kind of task, matter


@dataclass(slots=True)
class Purchasing:
    kinds: list[QualificationKindRow] = field(default_factory=list)
    qualifications: list[Owned] = field(default_factory=list)
    areas: list[Owned] = field(default_factory=list)
    crews: list[Owned] = field(default_factory=list)
    technicians: list[Owned] = field(default_factory=list)
    reserved: list[About] = field(default_factory=list)
    items: list[About] = field(default_factory=list)


async def known_purchasing(session: Session, paths: dict[str, str], providers: set[str], matters: set[str]) -> Known:
    """`providers` and `matters` grow as the other files of the folder are read."""
    codes = {id_: code for code, id_ in (await matter_ids(session)).items()}
    reserved = {(where, kind, codes.get(matter, "")) for where, kind, matter in await rows.reserved(session)}
    kinds, crews = await rows.kind_codes(session), await rows.crew_codes(session)
    return Known(paths, providers, matters, kinds, crews, reserved)


def read_purchasing(folder: Path, known: Known, errors: Errors) -> Purchasing:
    found = Purchasing()
    found.kinds = rows_of(folder, KINDS, COLUMNS[KINDS], ("code",), _kind, errors)
    known.kinds.update(row.code for row in found.kinds)
    key = ("provider_code", "kind_code")
    found.qualifications = rows_of(
        folder, QUALIFICATIONS, COLUMNS[QUALIFICATIONS], key, partial(_qualification, known), errors
    )
    key = ("provider_code", "division_code")
    found.areas = rows_of(folder, AREAS, COLUMNS[AREAS], key, partial(_area, known), errors)
    key = ("provider_code", "code")
    found.crews = rows_of(folder, CREWS, COLUMNS[CREWS], key, partial(_crew, known), errors)
    known.crews.update((line.provider, line.row.code) for line in found.crews)  # type: ignore[union-attr]
    found.technicians = rows_of(folder, TECHNICIANS, COLUMNS[TECHNICIANS], key, partial(_technician, known), errors)
    reserved_key = ("division_code", "task_kind", "matter_code")
    found.reserved = rows_of(folder, RESERVED, COLUMNS[RESERVED], reserved_key, partial(_reserved, known), errors)
    found.items = rows_of(folder, ITEMS, COLUMNS[ITEMS], ("code",), partial(_item, known), errors)
    return found


async def save_purchasing(session: Session, found: Purchasing) -> dict[str, Counts]:
    providers, matters = await rows.provider_ids(session), await matter_ids(session)

    def owned(lines: list[Owned]) -> list[object]:
        return [line.row._replace(service_provider_id=providers[line.provider]) for line in lines]

    def about(lines: list[About]) -> list[object]:
        return [line.row._replace(matter_id=matters[line.matter] if line.matter else 0) for line in lines]

    counts = {
        KINDS: await rows.save_qualification_kinds(session, found.kinds),
        QUALIFICATIONS: await rows.save_provider_qualifications(session, owned(found.qualifications)),  # type: ignore[arg-type]
        AREAS: await rows.save_provider_areas(session, owned(found.areas)),  # type: ignore[arg-type]
        CREWS: await rows.save_provider_crews(session, owned(found.crews)),  # type: ignore[arg-type]
    }
    crews = await rows.crew_ids(session)
    technicians = [
        ProviderTechnicianRow(
            providers[line.provider],
            line.row.code,  # type: ignore[union-attr]
            line.row.name,  # type: ignore[union-attr]
            crews[providers[line.provider], line.crew] if line.crew else None,
        )
        for line in found.technicians
    ]
    counts[TECHNICIANS] = await rows.save_provider_technicians(session, technicians)
    counts[RESERVED] = await rows.save_reserved_tasks(session, about(found.reserved))  # type: ignore[arg-type]
    counts[ITEMS] = await rows.save_catalogue_items(session, about(found.items))  # type: ignore[arg-type]
    return counts


def _kind(line: Line) -> QualificationKindRow:
    return QualificationKindRow(line.code("code"), line.text("name", 80))


def _provider(known: Known, line: Line) -> str:
    code = line.cells["provider_code"]
    if code not in known.providers:
        raise BadCell("provider_code", f"服务商「{code}」不存在", f"service provider {code!r} is unknown")
    return code


def _known_kind(known: Known, column: str, code: str) -> str:
    if code not in known.kinds:
        raise BadCell(column, f"资质「{code}」不存在", f"qualification {code!r} is unknown")
    return code


def _days(line: Line) -> tuple[date, date]:
    first, last = line.day("valid_from"), line.day("valid_to")
    if last < first:
        raise BadCell("valid_to", "截止日期早于开始日期", "valid_to lies before valid_from")
    return first, last


def _qualification(known: Known, line: Line) -> Owned:
    provider = _provider(known, line)
    kind = _known_kind(known, "kind_code", line.cells["kind_code"])
    number = line.text("number", 60) if line.has("number") else ""
    return Owned(provider, ProviderQualificationRow(0, kind, number, *_days(line)))


def _place(known: Known, line: Line) -> tuple[str, str]:
    code = line.digits("division_code", LEVEL_ENDS)
    if code not in known.paths:
        raise BadCell("division_code", f"行政区划「{code}」不存在", f"division {code!r} is unknown")
    return code, known.paths[code]


def _area(known: Known, line: Line) -> Owned:
    return Owned(_provider(known, line), ProviderAreaRow(0, *_place(known, line)))


def _crew(known: Known, line: Line) -> Owned:
    return Owned(_provider(known, line), ProviderCrewRow(0, line.code("code"), line.text("name", 40)))


def _technician(known: Known, line: Line) -> Owned:
    provider, crew = _provider(known, line), line.cells["crew_code"]
    if crew and (provider, crew) not in known.crews:
        raise BadCell("crew_code", f"班组「{crew}」不存在", f"crew {crew!r} is unknown")
    return Owned(provider, ProviderTechnicianRow(0, line.code("code"), line.text("name", 40), None), crew)


def _matter(known: Known, line: Line) -> str:
    code = line.cells["matter_code"]
    if code not in known.matters:
        raise BadCell("matter_code", f"事项「{code}」不存在", f"matter {code!r} is unknown")
    return code


def _reserved(known: Known, line: Line) -> About:
    kind = str(line.word("task_kind", TaskKind)) if line.has("task_kind") else ""
    matter = _matter(known, line) if line.has("matter_code") else ""
    if not kind and not matter:
        raise BadCell("task_kind", "任务种类与事项至少填一项", "a kind of task or a matter must be named")
    division = _place(known, line)[0]
    known.reserved.add((division, kind, matter))
    return About(matter, ReservedTaskRow(division, kind, 0, line.text("reason", 200)))


def _item(known: Known, line: Line) -> About:
    division, path = _place(known, line)
    kind, matter = line.word("task_kind", TaskKind), _matter(known, line)
    for code in path.rstrip("/").split("/"):
        if known.reserved & {(code, str(kind), ""), (code, "", matter), (code, str(kind), matter)}:
            raise BadCell(
                "task_kind",
                f"「{kind.label}」在 {code} 属于不得购买的任务",
                f"{kind} is reserved in {code}: never bought",
            )
    qualifications = line.cells["qualifications"].split()
    for one in qualifications:
        _known_kind(known, "qualifications", one)
    first, last = _days(line)
    row = CatalogueItemRow(
        code=line.code("code"),
        major_name=line.text("major_name", 40),
        middle_name=line.text("middle_name", 40),
        minor_name=line.text("minor_name", 80),
        division_code=division,
        path=path,
        matter_id=0,
        task_kind=kind,
        unit=line.text("unit", 20),
        ceiling_cents=_cents(line, "ceiling_yuan"),
        qualifications=qualifications,
        needs_before_photo=line.yes_or_no("needs_before_photo"),
        needs_after_photo=line.yes_or_no("needs_after_photo"),
        valid_from=first,
        valid_to=last,
    )
    return About(matter, row)


def _cents(line: Line, column: str) -> int:
    """An amount of yuan with at most two decimals."""
    whole, _, part = line.cells[column].partition(".")
    digits = whole + part
    if not (digits.isascii() and digits.isdigit() and whole and len(part) <= 2 and len(whole) <= 8):
        raise _bad_amount(line, column)
    cents = int(whole) * 100 + int(f"{part:0<2}" or 0)
    if not 0 < cents <= HIGHEST_CEILING * 100:
        raise _bad_amount(line, column)
    return cents


def _bad_amount(line: Line, column: str) -> BadCell:
    value = line.cells[column]
    return BadCell(column, f"金额「{value}」应为元，最多两位小数", f"{value!r} must be yuan, two decimals at most")
