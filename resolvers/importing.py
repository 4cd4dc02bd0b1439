"""Bring divisions, grids and units in from files: everything of a file, or nothing.

Each function reads and checks the whole file first, then writes in one transaction. Any error, or a dry run,
leaves the database as it was; the report says what was, or would be, added and changed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape

from db.database import Database, Session
from db.imports import (
    DATA,
    Counts,
    DivisionRow,
    GridRow,
    Progress,
    division_paths,
    place_divisions,
    save_divisions,
    save_grids,
)
from db.vocabulary import CodeScheme, DivisionLevel, GridKind, PopulationBand, Setting
from resolvers.assessment_files import read_schemes, save_schemes
from resolvers.sample_grids import OUTLINES, sample_grids
from resolvers.spreadsheets import BadCell, Errors, Line, RowError, read_lines
from resolvers.unit_files import known_units, read_units, save_units

SHIPPED_DIVISIONS = DATA / "jiangsu_divisions_2023.csv.gz"
SHIPPED_UNITS = DATA / "units"
SHIPPED_ASSESSMENT = DATA / "assessment"

DIVISION_COLUMNS = ("code", "level", "parent_code", "name")
GRID_COLUMNS = ("code_scheme", "code", "kind", "setting", "name", "community_code")

CODE_LENGTHS = {
    DivisionLevel.PROVINCE: 2,
    DivisionLevel.PREFECTURE: 4,
    DivisionLevel.COUNTY: 6,
    DivisionLevel.TOWNSHIP: 9,
    DivisionLevel.COMMUNITY: 12,
}
PARENT_LENGTHS = {2: 0, 4: 2, 6: 4, 9: 6, 12: 9}

GRID_CODE_LENGTHS: dict[CodeScheme, tuple[int, ...]] = {
    CodeScheme.STAT15: (15,),
    CodeScheme.CJT349: (20,),
    CodeScheme.CITYGUARD16: (16,),
    CodeScheme.GBT30428_1: (14, 15),
    CodeScheme.XIAN3185: tuple(range(13, 33)),  # 12 and a sequence of any length that the column holds
}
BELOW_COMMUNITY = (CodeScheme.STAT15, CodeScheme.XIAN3185)  # begin with the 12 digits of their community
SEQUENCE_FROM = {CodeScheme.STAT15: 12, CodeScheme.XIAN3185: 12, CodeScheme.CITYGUARD16: 13}
"""Where a sequence that counts from one begins. CJ/T 349 uses 00 for a community that is not subdivided."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    counts: dict[str, Counts] = field(default_factory=dict)  # by kind of row; empty when there are errors
    errors: tuple[RowError, ...] = ()
    more_errors: int = 0  # found beyond those in `errors`
    dry_run: bool = False


async def import_divisions(
    db: Database, source: Path | None = None, *, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """The tree of divisions; without a source, the one that is shipped. What the file omits stays."""
    async with db.read() as session:
        stored = await division_paths(session)
    errors = Errors()
    rows = _read_divisions(source or SHIPPED_DIVISIONS, stored, errors)

    async def save(session: Session) -> dict[str, Counts]:
        return {"divisions": await save_divisions(session, rows, progress)}

    return await all_or_nothing(db, errors, save, dry_run=dry_run)


async def import_grids(
    db: Database, source: Path | None = None, *, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Grids below the stored communities; without a source, the 105,000 invented ones.

    Divisions that have no point yet get the mean of theirs; the report counts these as changed.
    """
    async with db.read() as session:
        paths = await division_paths(session)
    errors = Errors()
    rows = _sample_rows(paths, errors) if source is None else _read_grids(source, paths, errors)

    async def save(session: Session) -> dict[str, Counts]:
        grids = await save_grids(session, rows, progress)
        placed = await place_divisions(session)
        return {"grids": grids, "divisions": Counts(0, placed, len(paths) - placed)}

    return await all_or_nothing(db, errors, save, dry_run=dry_run)


async def import_units(db: Database, folder: Path | None = None, *, dry_run: bool = False) -> ImportReport:
    """Centres, departments, service providers, people, matters, task permits and calendar days.

    A folder may hold some of the files only; what a row refers to must be in the same folder or stored.
    """
    errors = Errors()
    async with db.read() as session:
        known = await known_units(session)
    units = read_units(folder or SHIPPED_UNITS, known, errors)

    async def save(session: Session) -> dict[str, Counts]:
        return await save_units(session, units)

    return await all_or_nothing(db, errors, save, dry_run=dry_run)


async def import_assessment(db: Database, folder: Path | None = None, *, dry_run: bool = False) -> ImportReport:
    """The rules and schemes of performance reviews. Results that were published stay as they are."""
    errors = Errors()
    schemes = read_schemes(folder or SHIPPED_ASSESSMENT, errors)

    async def save(session: Session) -> dict[str, Counts]:
        return await save_schemes(session, schemes)

    return await all_or_nothing(db, errors, save, dry_run=dry_run)


def shipped_divisions() -> list[DivisionRow]:
    """The 23,563 divisions of Jiangsu, without a database."""
    errors = Errors()
    rows = _read_divisions(SHIPPED_DIVISIONS, {}, errors)
    if errors.count:
        raise ValueError(f"the shipped divisions are damaged: {errors.shown[0]}")
    return rows


class _Undo(Exception):
    def __init__(self, counts: dict[str, Counts]) -> None:
        super().__init__("dry run")
        self.counts = counts


async def all_or_nothing(
    db: Database, errors: Errors, save: Callable[[Session], Awaitable[dict[str, Counts]]], *, dry_run: bool
) -> ImportReport:
    """Save in one transaction; with errors, or on a dry run, leave everything as it was."""
    if errors.count:
        return ImportReport(errors=tuple(errors.shown), more_errors=errors.more, dry_run=dry_run)
    try:
        async with db.write() as session:
            counts = await save(session)
            if dry_run:
                raise _Undo(counts)
    except _Undo as undo:
        counts = undo.counts
    return ImportReport(counts, dry_run=dry_run)


def _read_divisions(source: Path, stored: dict[str, str], errors: Errors) -> list[DivisionRow]:
    """Parents before children, whatever the order of the file."""
    first_seen: dict[str, Line] = {}
    rows: list[tuple[Line, DivisionRow]] = []
    centres = _prefecture_centres()
    for line in read_lines(source, DIVISION_COLUMNS, errors):
        try:
            row = _division(line, centres)
            _check_first(line, "code", row.code, first_seen)
        except BadCell as bad:
            errors.note(line.file, line.number, bad)
        else:
            rows.append((line, row))
    rows.sort(key=lambda pair: (len(pair[1].code), pair[1].code))
    return _with_paths(rows, dict(stored), errors)


def _division(line: Line, centres: dict[str, tuple[float, float]]) -> DivisionRow:
    is_village = line.cells["level"].lower() == "village"  # what the statistical code list calls our community
    level = DivisionLevel.COMMUNITY if is_village else line.word("level", DivisionLevel)
    code = line.digits("code", (CODE_LENGTHS[level],))
    parent = line.cells["parent_code"]
    if parent != code[: PARENT_LENGTHS[len(code)]]:
        expected = code[: PARENT_LENGTHS[len(code)]]
        raise BadCell(
            "parent_code",
            f"上级编码应为「{expected}」，实为「{parent}」",
            f"parent code must be {expected!r}, came {parent!r}",
        )
    point = _point(line) or centres.get(code) or (None, None)
    return DivisionRow(code, level, parent or None, line.text("name", 80), "", *point)


def _with_paths(rows: list[tuple[Line, DivisionRow]], paths: dict[str, str], errors: Errors) -> list[DivisionRow]:
    """`paths` holds those of stored divisions, and gains those of the file on the way."""
    placed = []
    for line, row in rows:
        above = paths.get(row.parent_code, "") if row.parent_code else ""
        if row.parent_code and not above:
            errors.add(
                line.file,
                line.number,
                "parent_code",
                f"上级区划「{row.parent_code}」不存在",
                f"parent division {row.parent_code!r} is unknown",
            )
            continue
        paths[row.code] = f"{above}{row.code}/"
        placed.append(row._replace(path=paths[row.code]))
    return placed


def _prefecture_centres() -> dict[str, tuple[float, float]]:
    features = json.loads(OUTLINES.read_text(encoding="utf-8"))["features"]
    return {one["properties"]["code"]: tuple(one["properties"]["center"]) for one in features}


def _sample_rows(paths: dict[str, str], errors: Errors) -> Sequence[GridRow]:
    divisions = shipped_divisions()
    if any(paths.get(row.code) != row.path for row in divisions):
        zh, en = "请先导入行政区划（import-divisions）", "run import-divisions first"
        errors.add(SHIPPED_DIVISIONS.name, 0, "code", zh, en)
        return []
    return sample_grids(divisions)


def _read_grids(source: Path, paths: dict[str, str], errors: Errors) -> list[GridRow]:
    first_seen: dict[tuple[CodeScheme, str], Line] = {}
    rows = []
    for line in read_lines(source, GRID_COLUMNS, errors):
        try:
            row = _grid(line, paths)
            _check_first(line, "code", (row.code_scheme, row.code), first_seen)
        except BadCell as bad:
            errors.note(line.file, line.number, bad)
        else:
            rows.append(row)
    return rows


def _grid(line: Line, paths: dict[str, str]) -> GridRow:
    scheme = line.word("code_scheme", CodeScheme)
    code = line.digits("code", GRID_CODE_LENGTHS[scheme])
    community = line.digits("community_code", (12,))
    if community not in paths:
        raise BadCell("community_code", f"村（社区）「{community}」不存在", f"community {community!r} is unknown")
    _check_grid_code(scheme, code, community)
    band = line.word("population_band", PopulationBand) if line.has("population_band") else None
    polygon, outline = _polygon(line)
    longitude, latitude = _point(line, outline) or (None, None)
    return GridRow(
        scheme,
        code,
        line.word("kind", GridKind),
        line.word("setting", Setting),
        line.text("name", 80),
        community,
        paths[community],
        band,
        longitude,
        latitude,
        polygon,
    )


def _check_grid_code(scheme: CodeScheme, code: str, community: str) -> None:
    if scheme in BELOW_COMMUNITY and not code.startswith(community):
        raise BadCell(
            "code",
            f"网格编码前 12 位应为所属村（社区）编码「{community}」",
            f"the first 12 digits must be the community code {community!r}",
        )
    start = SEQUENCE_FROM.get(scheme)
    if start is not None and not code[start:].strip("0"):
        raise BadCell("code", f"网格顺序号不能为 {code[start:]}", f"the sequence must not be {code[start:]}")


def _check_first(line: Line, column: str, key: Any, first_seen: dict[Any, Line]) -> None:
    first = first_seen.setdefault(key, line)
    if first is not line:
        raise BadCell(column, f"编码与第 {first.number} 行重复", f"same code as line {first.number}")


def _point(line: Line, outline: Any = None) -> tuple[float, float] | None:
    """The point of the row, else one inside `outline`; both coordinates or neither."""
    if not line.has("longitude") and not line.has("latitude"):
        if outline is None:
            return None
        inner = outline.representative_point()
        return round(inner.x, 6), round(inner.y, 6)
    for column in ("longitude", "latitude"):
        if not line.has(column):
            raise BadCell(column, "经度和纬度须同时填写", "longitude and latitude go together")
    longitude, latitude = line.degrees("longitude", 180), line.degrees("latitude", 90)
    if outline is not None and not shapely.intersects_xy(outline, longitude, latitude):
        raise BadCell("longitude", "坐标点不在网格边界内", "the point lies outside the polygon")
    return longitude, latitude


def _polygon(line: Line) -> tuple[Any, Any]:
    """The GeoJSON geometry and its shape, or two None."""
    if not line.has("polygon"):
        return None, None
    try:
        geometry = json.loads(line.cells["polygon"])
        kind, coordinates = geometry["type"], geometry["coordinates"]
        outline = shape({"type": kind, "coordinates": coordinates})
        reason = _fault(kind, outline)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, shapely.errors.ShapelyError):
        reason = "not a GeoJSON geometry"
    if reason:
        raise BadCell(
            "polygon",
            f"不是有效的 GeoJSON Polygon/MultiPolygon（{reason}）",
            f"not a valid GeoJSON Polygon or MultiPolygon ({reason})",
        )
    return json.loads(shapely.to_geojson(outline)), outline  # numbers as numbers, whatever the file held


def _fault(kind: object, outline: Any) -> str:
    if kind not in ("Polygon", "MultiPolygon"):
        return f"type {kind}"
    if outline.is_empty:
        return "empty"
    west, south, east, north = outline.bounds
    if not all(map(math.isfinite, outline.bounds)) or west < -180 or east > 180 or south < -90 or north > 90:
        return "coordinates are not degrees"
    return "" if outline.is_valid else str(shapely.is_valid_reason(outline))
