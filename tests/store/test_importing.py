"""Divisions, grids and units come in from files: everything of a file, or nothing."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from sqlalchemy import func, select
from sqlmodel import SQLModel

from db.database import Database
from db.imports import Counts, DivisionRow, GridRow
from db.migrate import migrate
from db.vocabulary import (
    ClockKind,
    CodeScheme,
    DivisionLevel,
    GridKind,
    LimitUnit,
    MatterDomain,
    Role,
    ServiceProviderKind,
    Setting,
)
from resolvers.importing import import_divisions, import_grids, import_units, shipped_divisions
from resolvers.rules.uscc import is_valid_uscc
from resolvers.sample_grids import COLUMNS, is_urban, prefecture_outlines, sample_grids, write_grids
from resolvers.spreadsheets import SHOWN_ERRORS

HOME = "320508019044"  # a residents' committee in Gusu, Suzhou
SQUARE = [[[120.60, 31.30], [120.61, 31.30], [120.61, 31.31], [120.60, 31.31], [120.60, 31.30]]]
BOW_TIE = [[[120.60, 31.30], [120.61, 31.31], [120.61, 31.30], [120.60, 31.31], [120.60, 31.30]]]

DIVISIONS = [
    ("32", "province", "", "江苏省"),
    ("3205", "prefecture", "32", "苏州市"),
    ("320508", "county", "3205", "姑苏区"),
    ("320508019", "township", "320508", "金阊街道"),
    (HOME, "village", "320508019", "养育巷社区居委会"),
]
GRID: dict[str, str] = {
    "code_scheme": "STAT15",
    "code": f"{HOME}001",
    "kind": "BASIC",
    "setting": "URBAN",
    "name": "第一网格",
    "community_code": HOME,
    "population_band": "FROM_500",
    "longitude": "120.605",
    "latitude": "31.305",
    "polygon": "",
}


@pytest.fixture(params=["sqlite"])
def stores(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database; one test asks for PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def store(stores: str) -> AsyncIterator[Database]:
    db = Database(stores)
    yield db
    await db.close()


@pytest.fixture
async def city(store: Database, tmp_path: Path) -> Database:
    """One community and the divisions above it."""
    report = await import_divisions(store, write(tmp_path / "divisions.csv", DIVISION_HEADER, DIVISIONS))
    assert report.counts == {"divisions": Counts(5, 0, 0)}
    return store


@pytest.fixture(scope="module")
async def jiangsu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Database]:
    """The whole province: real divisions, invented grids, example units."""
    db = Database(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('jiangsu') / 'gridcast.db'}")
    await migrate(db)
    assert (await import_divisions(db)).counts == {"divisions": Counts(23_563, 0, 0)}
    assert (await import_grids(db)).counts["grids"] == Counts(105_000, 0, 0)
    assert (await import_units(db)).errors == ()
    yield db
    await db.close()


@pytest.fixture(scope="module")
def divisions() -> list[DivisionRow]:
    return shipped_divisions()


@pytest.fixture(scope="module")
def grids(divisions: list[DivisionRow]) -> list[GridRow]:
    return sample_grids(divisions)


DIVISION_HEADER = ("code", "level", "parent_code", "name")


def write(file: Path, header: tuple[str, ...], rows: list[tuple[str, ...]], encoding: str = "utf-8") -> Path:
    with file.open("w", encoding=encoding, newline="") as out:
        csv.writer(out).writerows([header, *rows])
    return file


def write_grid_file(file: Path, *rows: dict[str, str], encoding: str = "utf-8") -> Path:
    """Rows that differ from the good `GRID` only where they say so."""
    return write(file, COLUMNS, [tuple((GRID | row)[column] for column in COLUMNS) for row in rows], encoding)


async def rows_of(db: Database, name: str) -> list[tuple[Any, ...]]:
    table = SQLModel.metadata.tables[name]
    async with db.read() as session:
        return [tuple(row) for row in await session.execute(select(table).order_by(*table.primary_key))]


async def count_of(db: Database, name: str) -> int:
    async with db.read() as session:
        found = await session.execute(select(func.count()).select_from(SQLModel.metadata.tables[name]))
        return int(found.scalar_one())


# The province


def test_the_shipped_divisions_are_the_whole_province(divisions: list[DivisionRow]) -> None:
    assert Counter(row.level for row in divisions) == {
        DivisionLevel.PROVINCE: 1,
        DivisionLevel.PREFECTURE: 13,
        DivisionLevel.COUNTY: 104,
        DivisionLevel.TOWNSHIP: 1_487,
        DivisionLevel.COMMUNITY: 21_958,
    }
    assert len({row.code for row in divisions}) == 23_563


def test_a_path_names_every_division_from_the_province_down(divisions: list[DivisionRow]) -> None:
    paths = {row.code: row.path for row in divisions}

    assert paths["32"] == "32/"
    assert paths[HOME] == "32/3205/320508/320508019/320508019044/"
    assert all(row.path == f"{paths.get(row.parent_code or '', '')}{row.code}/" for row in divisions)


def test_the_sample_is_105000_grids_with_codes_of_their_own(
    divisions: list[DivisionRow], grids: list[GridRow]
) -> None:
    communities = {row.code: row.path for row in divisions if row.level is DivisionLevel.COMMUNITY}
    per_community = Counter(row.community_code for row in grids)

    assert len(grids) == 105_000
    assert len({row.code for row in grids}) == 105_000
    assert per_community.keys() == communities.keys()
    assert set(per_community.values()) == set(range(1, 10))
    assert all(row.code[:12] == row.community_code and len(row.code) == 15 for row in grids)
    assert all(1 <= int(row.code[12:]) <= per_community[row.community_code] for row in grids)
    assert all(row.path == communities[row.community_code] for row in grids)


def test_the_sample_tells_towns_from_villages(grids: list[GridRow]) -> None:
    towns = [row for row in grids if is_urban(row.community_code)]
    dedicated = [row for row in grids if row.kind is GridKind.DEDICATED]

    assert {row.setting for row in towns} == {Setting.URBAN}
    assert sum(row.setting is Setting.URBAN for row in grids) == len(towns)
    assert 0.15 < len(dedicated) / len(grids) < 0.30
    assert all(row.name.endswith("专属网格") for row in dedicated)
    assert len({(row.community_code, row.name) for row in grids}) == len(grids)
    assert max(len(row.name) for row in grids) <= 80


def test_every_sample_point_lies_inside_its_prefecture(grids: list[GridRow]) -> None:
    for code, outline in prefecture_outlines().items():
        own = [row for row in grids if row.code.startswith(code)]

        inside = shapely.contains_xy(outline, [row.longitude for row in own], [row.latitude for row in own])

        assert len(own) > 2_000
        assert inside.all()


def test_grids_of_a_community_are_neighbours(grids: list[GridRow]) -> None:
    home = [row for row in grids if row.community_code == HOME]

    assert len(home) > 1
    assert max(row.longitude or 0 for row in home) - min(row.longitude or 0 for row in home) < 0.1
    assert max(row.latitude or 0 for row in home) - min(row.latitude or 0 for row in home) < 0.1


def test_the_sample_is_the_same_every_time(divisions: list[DivisionRow]) -> None:
    some = [row for row in divisions if row.code.startswith("3205")]

    assert sample_grids(some, 9_000) == sample_grids(reversed(some), 9_000)


def test_a_sample_that_cannot_be_spread_is_a_mistake_of_ours(divisions: list[DivisionRow]) -> None:
    with pytest.raises(ValueError, match="expected 1 to 9 grids"):
        sample_grids(divisions[:2], 100)


async def test_importing_the_province_twice_changes_nothing(jiangsu: Database) -> None:
    tables = ("divisions", "grids", "departments", "matters", "task_permits")
    before = {table: await rows_of(jiangsu, table) for table in tables}

    again = [await import_divisions(jiangsu), await import_grids(jiangsu), await import_units(jiangsu)]

    assert again[0].counts == {"divisions": Counts(0, 0, 23_563)}
    assert again[1].counts == {"grids": Counts(0, 0, 105_000), "divisions": Counts(0, 0, 23_563)}
    assert all(counts.added == counts.changed == 0 for counts in again[2].counts.values())
    assert {table: await rows_of(jiangsu, table) for table in tables} == before


async def test_every_division_of_the_province_has_a_point(jiangsu: Database) -> None:
    divisions = SQLModel.metadata.tables["divisions"]
    async with jiangsu.read() as session:
        suzhou = (await session.execute(select(divisions).where(divisions.c.code == "3205"))).one()
        unplaced = await session.execute(select(divisions.c.code).where(divisions.c.longitude.is_(None)))

    assert (suzhou.longitude, suzhou.latitude) == (120.619585, 31.299379)
    assert unplaced.all() == []


async def test_the_shipped_units_refer_to_each_other(jiangsu: Database) -> None:
    matters = await rows_of(jiangsu, "matters")
    domains = Counter(row[3] for row in matters)
    permitted = {row[1] for row in await rows_of(jiangsu, "task_permits")}
    providers = await rows_of(jiangsu, "service_providers")
    people = await rows_of(jiangsu, "people")
    without_permit = sum(row[0] not in permitted for row in matters)

    assert set(domains) == set(MatterDomain)
    assert domains[MatterDomain.CITY_MANAGEMENT] == 39
    assert domains[MatterDomain.MEDIATION] == 17
    assert domains[MatterDomain.HAZARD] == 16
    assert (len(matters), without_permit) == (88, 18)
    assert {row[3] for row in providers} == set(ServiceProviderKind)
    assert all(is_valid_uscc(row[4]) and row[2].startswith("示范") for row in providers)
    assert {Role.GRID_WORKER, Role.HANDLER, Role.DISPATCHER, Role.PROVIDER_STAFF} <= {row[3] for row in people}
    assert all(row[2] is None or row[2].startswith("199000000") for row in people)
    assert await count_of(jiangsu, "centres") == 132
    assert await count_of(jiangsu, "departments") == 1_176


async def test_a_written_sample_reads_back_as_the_same_grids(
    jiangsu: Database, grids: list[GridRow], tmp_path: Path
) -> None:
    slice_of_them = [row for row in grids if row.code.startswith("320508")]
    square = {"type": "Polygon", "coordinates": SQUARE}
    slice_of_them[0] = slice_of_them[0]._replace(longitude=120.605, latitude=31.305, polygon=square)
    write_grids(tmp_path / "sample.csv", slice_of_them)

    report = await import_grids(jiangsu, tmp_path / "sample.csv", dry_run=True)

    assert report.errors == ()
    assert report.counts["grids"] == Counts(0, 1, len(slice_of_them) - 1)


# One file at a time


async def test_a_grid_file_adds_changes_and_leaves_alone(city: Database, tmp_path: Path) -> None:
    second = {"code": f"{HOME}002", "name": "小学专属网格", "kind": "专属网格", "population_band": ""}
    first_file = write_grid_file(tmp_path / "a.csv", {}, second)
    second_file = write_grid_file(tmp_path / "b.csv", {}, second | {"name": "中学专属网格"}, {"code": f"{HOME}003"})

    first = await import_grids(city, first_file)
    report = await import_grids(city, second_file)

    assert first.counts["grids"] == Counts(2, 0, 0)
    assert report.counts["grids"] == Counts(1, 1, 1)
    assert [row[5] for row in await rows_of(city, "grids")] == ["第一网格", "中学专属网格", "第一网格"]


async def test_what_a_file_omits_stays(city: Database, tmp_path: Path) -> None:
    await import_grids(city, write_grid_file(tmp_path / "a.csv", {}))

    await import_grids(city, write_grid_file(tmp_path / "b.csv", {"code": f"{HOME}002"}))

    assert await count_of(city, "grids") == 2


async def test_chinese_labels_mean_the_same_as_english_names(city: Database, tmp_path: Path) -> None:
    in_chinese = {
        "code_scheme": "统计码+序号",
        "kind": "基础网格",
        "setting": "城市",
        "population_band": "500-1000人",
    }
    await import_grids(city, write_grid_file(tmp_path / "english.csv", {}))

    report = await import_grids(city, write_grid_file(tmp_path / "chinese.csv", in_chinese))

    assert report.counts["grids"] == Counts(0, 0, 1)


@pytest.mark.parametrize("stores", ["postgres"], indirect=True)
async def test_postgresql_counts_and_keeps_the_same(city: Database, tmp_path: Path) -> None:
    outline = {"type": "Polygon", "coordinates": SQUARE}
    old = write_grid_file(tmp_path / "a.csv", {"polygon": json.dumps(outline)}, {"code": f"{HOME}002"})
    new = write_grid_file(tmp_path / "b.csv", {"polygon": json.dumps(outline)}, {"code": f"{HOME}002", "name": "新"})

    reports = [await import_grids(city, file) for file in (old, old, new)]

    assert [report.counts["grids"] for report in reports] == [Counts(2, 0, 0), Counts(0, 0, 2), Counts(0, 1, 1)]
    assert [report.counts["divisions"].changed for report in reports] == [4, 0, 0]
    assert [(row[5], row[11]) for row in await rows_of(city, "grids")] == [("第一网格", outline), ("新", None)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_file_may_come_in_any_usual_encoding(city: Database, tmp_path: Path, encoding: str) -> None:
    report = await import_grids(
        city, write_grid_file(tmp_path / "grids.csv", {"name": "金阊第㐂网格"}, encoding=encoding)
    )

    assert report.errors == ()
    assert (await rows_of(city, "grids"))[0][5] == "金阊第㐂网格"


async def test_a_polygon_without_a_point_gets_one_inside(city: Database, tmp_path: Path) -> None:
    outline = {"type": "MultiPolygon", "coordinates": [SQUARE]}
    row = {"longitude": "", "latitude": "", "polygon": json.dumps(outline)}

    await import_grids(city, write_grid_file(tmp_path / "grids.csv", row))

    grid = (await rows_of(city, "grids"))[0]
    assert grid[11] == outline
    assert shapely.contains_xy(shapely.from_geojson(json.dumps(outline)), grid[9], grid[10])


async def test_divisions_without_a_point_get_the_mean_of_what_lies_below(city: Database, tmp_path: Path) -> None:
    east = {"code": f"{HOME}002", "longitude": "120.607", "latitude": "31.307"}

    report = await import_grids(city, write_grid_file(tmp_path / "grids.csv", {}, east))

    points = {row[0]: row[5:7] for row in await rows_of(city, "divisions")}
    assert report.counts["divisions"] == Counts(0, 4, 1)
    assert points[HOME] == points["320508019"] == points["320508"] == (120.606, 31.306)
    assert points["3205"] == points["32"] == (120.619585, 31.299379)


@pytest.mark.parametrize(
    ("scheme", "code"),
    [
        ("CJT349", "01010032050801904400"),
        ("CITYGUARD16", "3205080190440012"),
        ("GBT30428_1", "32050801904401"),
        ("GBT30428_1", "320508019044012"),
        ("XIAN3185", f"{HOME}1"),
        ("XIAN3185", f"{HOME}0001"),
    ],
)
async def test_each_scheme_has_its_own_codes(city: Database, tmp_path: Path, scheme: str, code: str) -> None:
    report = await import_grids(city, write_grid_file(tmp_path / "grids.csv", {"code_scheme": scheme, "code": code}))

    assert report.errors == ()
    assert [row[1:3] for row in await rows_of(city, "grids")] == [(code, CodeScheme(scheme))]


async def test_one_code_may_stand_in_two_schemes(city: Database, tmp_path: Path) -> None:
    file = write_grid_file(tmp_path / "grids.csv", {}, {"code_scheme": "GBT30428_1"})

    report = await import_grids(city, file)

    assert report.counts["grids"] == Counts(2, 0, 0)


BAD_GRIDS: list[tuple[str, dict[str, str], str, str, str]] = [
    ("unknown community", {"community_code": "320508019999"}, "community_code", "不存在", "is unknown"),
    ("code too short", {"code": HOME + "01"}, "code", "应为 15 位，实为 14 位", "must have 15 digits, came 14"),
    ("cell grid of 15", {"code_scheme": "CITYGUARD16"}, "code", "应为 16 位", "must have 16 digits"),
    ("service grid of 15", {"code_scheme": "CJT349"}, "code", "应为 20 位", "must have 20 digits"),
    ("national grid of 13", {"code_scheme": "GBT30428_1", "code": HOME + "1"}, "code", "14/15 位", "14/15 digits"),
    ("unit without sequence", {"code_scheme": "XIAN3185", "code": HOME}, "code", "实为 12 位", "came 12"),
    ("spreadsheet number", {"code": "3.20508E+14"}, "code", "应全为数字", "digits only"),
    ("other community's code", {"code": "320508019045001"}, "code", "前 12 位", "first 12 digits"),
    ("sequence 000", {"code": HOME + "000"}, "code", "顺序号不能为 000", "must not be 000"),
    ("unknown scheme", {"code_scheme": "STAT99"}, "code_scheme", "未知取值「STAT99」", "unknown word 'STAT99'"),
    ("unknown kind", {"kind": "综合网格"}, "kind", "应为：基础网格、专属网格", "one of BASIC, DEDICATED"),
    ("unknown setting", {"setting": ""}, "setting", "应为：城市、农村", "one of URBAN, RURAL"),
    ("unknown band", {"population_band": "很多"}, "population_band", "未知取值「很多」", "unknown word"),
    ("empty name", {"name": "  "}, "name", "不能为空", "must not be empty"),
    ("long name", {"name": "长" * 81}, "name", "最多 80 字，实有 81 字", "at most 80 characters, came 81"),
    ("NUL", {"name": "第一\x00网格"}, "name", "控制字符 U+0000", "control character U+0000"),
    ("line break", {"name": "第一\n网格"}, "name", "控制字符 U+000A", "control character U+000A"),
    ("hidden direction mark", {"name": "第一\u202e网格"}, "name", "控制字符 U+202E", "control character U+202E"),
    ("point not a number", {"longitude": "nan"}, "longitude", "度数", "must be degrees"),
    ("latitude of 120", {"latitude": "120.6"}, "latitude", "-90 至 90", "from -90 to 90"),
    ("half a point", {"latitude": ""}, "latitude", "须同时填写", "go together"),
    ("polygon not JSON", {"polygon": "POLYGON((0 0))"}, "polygon", "不是有效的 GeoJSON", "not a GeoJSON geometry"),
    ("polygon a point", {"polygon": '{"type":"Point","coordinates":[120.6,31.3]}'}, "polygon", "Point", "type Point"),
    ("polygon without corners", {"polygon": '{"type":"Polygon","coordinates":[]}'}, "polygon", "empty", "empty"),
    ("polygon a number", {"polygon": "5"}, "polygon", "不是有效的", "not a GeoJSON geometry"),
    (
        "polygon crosses itself",
        {"polygon": json.dumps({"type": "Polygon", "coordinates": BOW_TIE})},
        "polygon",
        "Self-intersection",
        "Self-intersection",
    ),
    (
        "polygon in metres",
        {"polygon": '{"type":"Polygon","coordinates":[[[5000,10],[6000,10],[6000,20],[5000,10]]]}'},
        "polygon",
        "degrees",
        "coordinates are not degrees",
    ),
    (
        "point outside polygon",
        {"polygon": json.dumps({"type": "Polygon", "coordinates": SQUARE}), "longitude": "121"},
        "longitude",
        "不在网格边界内",
        "outside the polygon",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "column", "zh", "en"), [case[1:] for case in BAD_GRIDS], ids=[c[0] for c in BAD_GRIDS]
)
async def test_a_bad_grid_names_line_and_reason_and_changes_nothing(
    city: Database, tmp_path: Path, bad: dict[str, str], column: str, zh: str, en: str
) -> None:
    report = await import_grids(city, write_grid_file(tmp_path / "grids.csv", {"code": f"{HOME}009"}, bad))

    assert [(e.file, e.line, e.column) for e in report.errors] == [("grids.csv", 3, column)]
    assert zh in report.errors[0].zh
    assert en in report.errors[0].en
    assert report.counts == {}
    assert await count_of(city, "grids") == 0


async def test_a_code_that_comes_twice_names_the_first_line(city: Database, tmp_path: Path) -> None:
    report = await import_grids(city, write_grid_file(tmp_path / "grids.csv", {}, {"code": f"{HOME}002"}, {}))

    assert str(report.errors[0]) == "grids.csv:4: [code] 编码与第 2 行重复 / same code as line 2"
    assert await count_of(city, "grids") == 0


async def test_a_line_number_counts_lines_not_records(city: Database, tmp_path: Path) -> None:
    file = write_grid_file(tmp_path / "grids.csv", {"name": "两\n行"}, {"name": ""})

    report = await import_grids(city, file)

    assert [error.line for error in report.errors] == [2, 4]


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        (b"code,name\n1,x\n", 1, "header column is missing"),
        (b"", 1, "header column is missing"),
        (",".join([*COLUMNS, "name"]).encode(), 1, "header column appears twice"),
        (",".join(COLUMNS).encode() + b"\nSTAT15,1\n", 2, "expected 10 cells, came 2"),
        (",".join(COLUMNS).encode() + b'\n"STAT15"x,1\n', 2, "malformed CSV"),
        (",".join(COLUMNS).encode() + "\n第一网格第二网格,".encode() + b"\xe7\xbd,\n", 2, "broken encoding"),
        (b"\xef\xbb\xbfcode\n\xff\xff", 2, "broken encoding"),
    ],
    ids=["columns missing", "empty", "column twice", "cells missing", "bad quote", "broken UTF-8", "neither"],
)
async def test_a_broken_file_is_refused_with_its_line(
    city: Database, tmp_path: Path, raw: bytes, line: int, reason: str
) -> None:
    (tmp_path / "grids.csv").write_bytes(raw)

    report = await import_grids(city, tmp_path / "grids.csv")

    assert report.errors[0].line == line
    assert reason in report.errors[0].en
    assert await count_of(city, "grids") == 0


@pytest.mark.parametrize("name", ["absent.csv", "grids.csv.gz"])
async def test_a_file_that_cannot_be_read_is_an_error(city: Database, tmp_path: Path, name: str) -> None:
    (tmp_path / "grids.csv.gz").write_bytes(b"not gzip at all")

    report = await import_grids(city, tmp_path / name)

    assert [(e.file, e.line) for e in report.errors] == [(name, 0)]


async def test_a_hundred_errors_are_shown_and_the_rest_counted(city: Database, tmp_path: Path) -> None:
    bad = [{"code": f"{HOME}{i:03}", "name": ""} for i in range(1, 131)]

    report = await import_grids(city, write_grid_file(tmp_path / "grids.csv", *bad))

    assert len(report.errors) == SHOWN_ERRORS == 100
    assert report.more_errors == 30


async def test_a_dry_run_tells_what_would_happen_and_changes_nothing(city: Database, tmp_path: Path) -> None:
    await import_grids(city, write_grid_file(tmp_path / "a.csv", {}))
    before = [await rows_of(city, table) for table in ("grids", "divisions")]
    file = write_grid_file(tmp_path / "b.csv", {"name": "新名网格"}, {"code": f"{HOME}002"})

    report = await import_grids(city, file, dry_run=True)

    assert report.dry_run
    assert report.counts["grids"] == Counts(1, 1, 0)
    assert [await rows_of(city, table) for table in ("grids", "divisions")] == before


async def test_the_sample_asks_for_its_divisions_first(city: Database) -> None:
    report = await import_grids(city)

    assert [error.en for error in report.errors] == ["run import-divisions first"]
    assert await count_of(city, "grids") == 0


# Divisions


async def test_divisions_may_come_in_any_order(store: Database, tmp_path: Path) -> None:
    report = await import_divisions(store, write(tmp_path / "d.csv", DIVISION_HEADER, DIVISIONS[::-1]))

    assert report.counts == {"divisions": Counts(5, 0, 0)}


async def test_a_renamed_division_is_one_change(city: Database, tmp_path: Path) -> None:
    renamed = [*DIVISIONS[:-1], (*DIVISIONS[-1][:3], "新养育巷社区居委会")]

    report = await import_divisions(city, write(tmp_path / "d.csv", DIVISION_HEADER, renamed))

    assert report.counts == {"divisions": Counts(0, 1, 4)}


@pytest.mark.parametrize(
    ("bad", "column", "en"),
    [
        (("320508020", "township", "320507", "某街道"), "parent_code", "must be '320508', came '320507'"),
        (("320509001", "township", "320509", "某街道"), "parent_code", "'320509' is unknown"),
        (("32050802", "township", "320508", "某街道"), "code", "must have 9 digits"),
        (("320508020", "street", "320508", "某街道"), "level", "unknown word"),
        (("320508019", "township", "320508", "又一街道"), "code", "same code as line 5"),
        (("320508020", "township", "320508", ""), "name", "must not be empty"),
    ],
)
async def test_a_bad_division_names_line_and_reason_and_changes_nothing(
    store: Database, tmp_path: Path, bad: tuple[str, ...], column: str, en: str
) -> None:
    report = await import_divisions(store, write(tmp_path / "d.csv", DIVISION_HEADER, [*DIVISIONS, bad]))

    assert [(e.line, e.column) for e in report.errors] == [(7, column)]
    assert en in report.errors[0].en
    assert await count_of(store, "divisions") == 0


# Units

DEPARTMENT = "code,name,division_code\nD1,姑苏区城市管理局,320508\n"
PROVIDER = "code,name,kind,uscc,division_code\n"
PERSON = "code,name,phone,role,scope_code\n"
MATTER = (
    "code,name,domain,class_kind,major_code,major_name,minor_code,is_extension,kind,priority,standard,limit_value,"
    "limit_unit,needs_after_photo,is_delegable\n"
)
LIGHT = "C1,路灯不亮,城市管理,部件,01,公用设施,03,否,报事,一般,恢复照明,2,工作日,是,是\n"
PERMIT = "matter_code,division_code,task,legal_basis,valid_from,valid_to\n"


def write_units(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


async def test_units_may_refer_to_units_of_the_same_folder(city: Database, tmp_path: Path) -> None:
    files = {
        "departments": DEPARTMENT,
        "people": PERSON + "P1,承办人甲,19900000001,承办人,D1\n",
        "matters": MATTER + LIGHT,
        "task_permits": PERMIT + "C1,32,核实,示例,2024-01-01,2030-12-31\n",
        "calendar_days": "day,is_working,note\n2026-10-10,是,调休\n",
        "office_hours": "division_code,hours\n3205,09:00-12:00  13:30-17:30\n",
        "stage_limits": "division_code,kind,is_urgent,limit_value,limit_unit\n3205,SIGN,否,2,WORKING_HOUR\n",
    }

    report = await import_units(city, write_units(tmp_path / "units", files))

    assert report.errors == ()
    assert {kind: tuple(counts) for kind, counts in report.counts.items() if counts.added} == {
        "departments": (1, 0, 0),
        "people": (1, 0, 0),
        "matters": (1, 0, 0),
        "task_permits": (1, 0, 0),
        "calendar_days": (1, 0, 0),
        "office_hours": (1, 0, 0),
        "stage_limits": (1, 0, 0),
    }
    assert await rows_of(city, "office_hours") == [("3205", "09:00-12:00 13:30-17:30")]
    assert await rows_of(city, "stage_limits") == [("3205", ClockKind.SIGN, False, 2, LimitUnit.WORKING_HOUR)]
    assert await rows_of(city, "calendar_days") == [(date(2026, 10, 10), True, "调休")]


async def test_a_dry_run_of_units_changes_nothing(city: Database, tmp_path: Path) -> None:
    files = {"departments": DEPARTMENT, "matters": MATTER + LIGHT}

    report = await import_units(city, write_units(tmp_path / "units", files), dry_run=True)

    assert report.counts["departments"] == report.counts["matters"] == Counts(1, 0, 0)
    assert await count_of(city, "departments") == await count_of(city, "matters") == 0


async def test_a_folder_without_any_unit_file_is_an_error(city: Database, tmp_path: Path) -> None:
    report = await import_units(city, write_units(tmp_path / "empty", {}))

    assert [error.file for error in report.errors] == ["empty"]


BAD_UNITS: list[tuple[str, str, str, str]] = [
    ("departments", DEPARTMENT + "D2,某局,320599\n", "division_code", "division '320599' is unknown"),
    ("departments", DEPARTMENT + "D1,某局,320508\n", "code", "same key as line 2"),
    ("departments", DEPARTMENT + "城管,某局,320508\n", "code", "letters, digits, hyphens"),
    ("service_providers", PROVIDER + "\nP1,示范,企业,9132050000DEM0015X,3205\n", "uscc", "GB 32100"),
    ("service_providers", PROVIDER + "\nP1,示范,公司,,3205\n", "kind", "unknown word '公司'"),
    ("people", PERSON + "\nP1,网格员甲,,网格员,320508019044001\n", "scope_code", "grid '320508019044001' is unknown"),
    ("people", PERSON + "\nP1,承办人甲,,承办人,320508\n", "scope_code", "department '320508' is unknown"),
    ("people", PERSON + "\nP1,派遣员甲,一二三,派遣员,320508\n", "phone", "must be digits"),
    ("matters", MATTER + LIGHT + LIGHT.replace("C1", "C2"), "minor_code", "taken by matter 'C1'"),
    ("matters", MATTER + "\n" + LIGHT.replace(",2,", ",0,"), "limit_value", "from 1 to 10000"),
    ("matters", MATTER + "\n" + LIGHT.replace("是,是", "是,也许"), "is_delegable", "true or false"),
    ("matters", MATTER + "\n" + LIGHT.replace(",01,", ",1,"), "major_code", "must have 2 digits"),
    ("task_permits", PERMIT + "\nC9,32,核实,示例,2024-01-01,2030-12-31\n", "matter_code", "matter 'C9' is unknown"),
    ("office_hours", "division_code,hours\n\n3205,09:00-12:00 11:00-17:30\n", "hours", "hours like 08:00-12:00"),
    (
        "stage_limits",
        "division_code,kind,is_urgent,limit_value,limit_unit\n\n3205,HANDLING,否,2,WORKING_HOUR\n",
        "kind",
        "the matter's standard",
    ),
    ("calendar_days", "day,is_working,note\n\n2026/10/10,是,\n", "day", "a date like 2024-01-31"),
]


@pytest.mark.parametrize(
    ("kind", "text", "column", "en"), BAD_UNITS, ids=[f"{case[0]}: {case[3]}" for case in BAD_UNITS]
)
async def test_a_bad_unit_names_line_and_reason_and_changes_nothing(
    city: Database, tmp_path: Path, kind: str, text: str, column: str, en: str
) -> None:
    centres = "division_code,name\n320508,姑苏区指挥中心\n"

    report = await import_units(city, write_units(tmp_path / "units", {"centres": centres, kind: text}))

    assert [(e.file, e.line, e.column) for e in report.errors] == [(f"{kind}.csv", 3, column)]
    assert en in report.errors[0].en
    assert await count_of(city, "centres") == await count_of(city, kind) == 0


async def test_a_permit_cannot_end_before_it_begins(city: Database, tmp_path: Path) -> None:
    permit = PERMIT + "C1,32,核实,示例,2024-01-02,2024-01-01\n"

    report = await import_units(
        city, write_units(tmp_path / "units", {"matters": MATTER + LIGHT, "task_permits": permit})
    )

    assert [error.en for error in report.errors] == ["valid_to lies before valid_from"]


@pytest.mark.parametrize(
    ("code", "is_valid"),
    [
        ("91350100M000100Y43", True),  # a widely published example
        ("91350100M000100Y44", False),
        ("91350100M000100Y4", False),
        ("9135010OM000100Y43", False),
    ],
)
def test_the_last_character_of_a_credit_code_is_checked(code: str, is_valid: bool) -> None:
    assert is_valid_uscc(code) is is_valid
