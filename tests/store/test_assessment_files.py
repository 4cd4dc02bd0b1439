"""Schemes come from files: whole and adding up, or not at all."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from db import schemes
from db.database import Database
from db.imports import Counts
from db.vocabulary.assessment import AssessedKind, IndicatorCode
from resolvers.importing import SHIPPED_ASSESSMENT, import_assessment


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be spoilt."""
    return Path(shutil.copytree(SHIPPED_ASSESSMENT, tmp_path / "assessment"))


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")


async def test_the_shipped_schemes_are_whole_and_importing_them_twice_changes_nothing(database: Database) -> None:
    first = await import_assessment(database)
    second = await import_assessment(database)

    assert first.errors == ()
    assert [counts.added for counts in first.counts.values()] == [1, 6, 50]
    assert [tuple(counts) for counts in second.counts.values()] == [(0, 0, 1), (0, 0, 6), (0, 0, 50)]
    async with database.read() as session:
        dual = await schemes.scheme_on(session, "JIANGSU_DUAL", date(2026, 3, 1))
        rules = await schemes.rules_on(session, date(2026, 3, 1))
        before = await schemes.scheme_on(session, "JIANGSU_DUAL", date(2019, 12, 31))
    assert dual is not None and before is None
    assert [part.weight for part in dual.of(AssessedKind.DIVISION)] == [20, 20, 10, 50]
    assert dual.of(AssessedKind.DIVISION)[3].indicator is IndicatorCode.DISCOVERIES_PER_1000
    assert (rules.split.minutes, rules.split.metres, rules.cap_percentile) == (30, 50, 90)
    assert dict(rules.residents)["FROM_500"] == 750


async def test_a_new_version_holds_from_its_day_and_drops_nothing_of_the_old_one(
    sqlite: Database, folder: Path
) -> None:
    await import_assessment(sqlite)
    (folder / "assessment_schemes.csv").write_text(
        "code,version,name,valid_from,bands,evidence\nJIANGSU_DUAL,2,新版,2026-04-01,优:80;良:0,样例\n", "utf-8"
    )
    (folder / "assessment_components.csv").write_text(
        "scheme_code,scheme_version,subject_kind,indicator,weight,method,steps,evidence\n"
        "JIANGSU_DUAL,2,行政区划,CLOSURE_RATE,100,按比率,,样例\n", "utf-8",
    )  # fmt: skip

    report = await import_assessment(sqlite, folder)

    assert report.errors == ()
    async with sqlite.read() as session:
        march = await schemes.scheme_on(session, "JIANGSU_DUAL", date(2026, 3, 1))
        april = await schemes.scheme_on(session, "JIANGSU_DUAL", date(2026, 4, 1))
        everything = await schemes.all_schemes(session)
    assert march is not None and april is not None
    assert (march.version, len(march.components)) == (1, 15)
    assert (april.version, april.bands, len(april.components)) == (2, (("优", 80), ("良", 0)), 1)
    assert [(one.code, one.version) for one in everything] == [
        ("JIANGSU_DUAL", 2), ("JIANGSU_DUAL", 1), ("URBAN_DISPATCH", 1), ("URBAN_PATROL", 1), ("URBAN_SHIFT", 1),
        ("URBAN_STANDARD", 1),
    ]  # fmt: skip


async def test_a_component_that_a_version_no_longer_lists_is_dropped(sqlite: Database, folder: Path) -> None:
    await import_assessment(sqlite)
    file = folder / "assessment_components.csv"
    lines = [line for line in file.read_text("utf-8").splitlines() if ",DEPARTMENT," not in line]
    file.write_text("\n".join(lines), "utf-8")

    report = await import_assessment(sqlite, folder)

    assert report.counts["assessment_components"] == Counts(0, 0, 43)
    async with sqlite.read() as session:
        dual = await schemes.scheme_on(session, "JIANGSU_DUAL", date(2026, 3, 1))
    assert dual is not None and dual.of(AssessedKind.DEPARTMENT) == ()


SPOILT = [
    ("assessment_components", "CLOSURE_RATE,30", "CLOSURE_RATE,31", "add up to 101, not 100"),
    ("assessment_components", "URBAN_STANDARD,1,DIVISION,PUBLIC", "URBAN_STANDARD,9,DIVISION,PUBLIC", "do not match"),
    ("assessment_components", "8:40;:0", "8:40", "the last step must have no upper end"),
    ("assessment_components", "8:40;:0", "8:40;9", "expected pairs"),
    ("assessment_components", "INVERSE_RATE", "BACKWARDS", "unknown word 'BACKWARDS'"),
    ("assessment_schemes", "A:90;B:75", "A:75;B:90", "from best to least"),
    ("assessment_rules", "UNDER_500:", "UNDER_5:", "unknown population band 'UNDER_5'"),
    ("assessment_rules", ",90,", ",101,", "whole number from 1 to 100"),
]


@pytest.mark.parametrize(("kind", "before", "after", "sentence"), SPOILT)
async def test_a_spoilt_file_is_named_and_nothing_is_written(
    sqlite: Database, folder: Path, kind: str, before: str, after: str, sentence: str
) -> None:
    change(folder / f"{kind}.csv", before, after)

    report = await import_assessment(sqlite, folder)

    assert any(error.file == f"{kind}.csv" and sentence in error.en for error in report.errors), report.errors
    async with sqlite.read() as session:
        assert await schemes.all_schemes(session) == []


async def test_a_missing_file_is_an_error(sqlite: Database, folder: Path) -> None:
    (folder / "assessment_rules.csv").unlink()

    report = await import_assessment(sqlite, folder)

    assert [error.file for error in report.errors] == ["assessment_rules.csv"]
