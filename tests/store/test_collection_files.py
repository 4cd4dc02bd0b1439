"""The unified form as it comes from files: shipped examples that work at once, and files that undo no decision."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from db.collecting import consumers, fields
from db.imports import DATA, Counts
from db.vocabulary import Realm, Role
from resolvers.collection_files import import_fields
from resolvers.importing import ImportReport, import_units
from tests.city import Town
from tests.stories.walks import GRID, NEXT_GRID, rows

HEAD = "code,kind,part,name,definition,value_kind,choices,refresh_days,owner_code,is_personal,aliases\n"
CONSUMERS = "field_code,department_code,part,reason\n"
PHONE = "door_phone,HOUSEHOLD,BASE,门铃电话,住户的号码,TEXT,,180,320508-CG,true,电话|手机\n"
FORM = """query ($grid: ID!, $kind: CollectedKind!) { collectionForm(grid: $grid, kind: $kind, reference: "2-301") {
  fields { field { code part } } } }"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def write(folder: Path, lines: str, shared: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "collection_fields.csv").write_text(HEAD + lines, encoding="utf-8")
    (folder / "collection_consumers.csv").write_text(CONSUMERS + shared, encoding="utf-8")
    return folder


async def bring_in(town: Town, folder: Path | None = None, **more: Any) -> ImportReport:
    return await import_fields(town.db, Realm.LIVE, town.clock(), folder, **more)


async def with_units(town: Town, folder: Path) -> None:
    """The shipped departments of the province and of one county."""
    with (DATA / "units" / "departments.csv").open(encoding="utf-8", newline="") as file:
        kept = [row for row in csv.reader(file) if row[2] in ("division_code", "32", "320508")]
    with (folder / "departments.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(kept)
    assert (await import_units(town.db, folder)).errors == ()


async def test_the_shipped_form_is_asked_at_once_and_one_submission_reaches_every_line(
    town: Town, tmp_path: Path
) -> None:
    await with_units(town, tmp_path)
    worker = await town.as_(Role.GRID_WORKER, GRID)

    first = await bring_in(town)
    again = await bring_in(town)

    assert (first.errors, first.counts["collection_fields"]) == ((), Counts(29, 0, 0))
    assert again.counts == {"collection_fields": Counts(0, 0, 29), "collection_consumers": Counts(0, 0, 94)}
    asked = {}
    for kind in ("PERSON", "HOUSEHOLD", "PREMISES"):
        form = (await worker.ask(FORM, grid=town.city.grids[GRID], kind=kind))["collectionForm"]["fields"]
        asked[kind] = [one["field"]["part"] for one in form]
    parts = ["BASE", "SOCIAL_SECURITY", "EMERGENCY", "GOVERNANCE"]
    assert {kind: list(dict.fromkeys(found)) for kind, found in asked.items()} == dict.fromkeys(asked, parts)
    assert {kind: len(found) for kind, found in asked.items()} == {"PERSON": 9, "HOUSEHOLD": 10, "PREMISES": 10}
    told = await worker.do(
        "collectionSubmit", "submission { reached { part department { name } } }", grid=town.city.grids[GRID],
        kind="HOUSEHOLD", reference="2-301", values=[{"field": "household_contact", "value": "张三"}],
    )  # fmt: skip
    reached = {(one["part"], one["department"]["name"]) for one in told["submission"]["reached"]}
    assert reached == {
        ("BASE", "江苏省公安厅"), ("SOCIAL_SECURITY", "江苏省人力资源和社会保障厅"),
        ("EMERGENCY", "江苏省应急管理厅"), ("GOVERNANCE", "江苏省委政法委员会"),
        ("SOCIAL_SECURITY", "姑苏区人力资源和社会保障局"), ("EMERGENCY", "姑苏区应急管理局"),
        ("GOVERNANCE", "姑苏区公安局"),
    }  # fmt: skip


async def test_what_a_unit_registered_first_stays_and_the_shipped_twin_is_left_out(
    town: Town, tmp_path: Path
) -> None:
    await with_units(town, tmp_path)
    handler = await town.as_(Role.HANDLER, "320508-CG")
    own = {
        "owner": town.city.departments["320508-CG"], "code": "gas_kind", "kind": "HOUSEHOLD", "part": "EMERGENCY",
        "name": "燃气类型", "definition": "户内燃气", "valueKind": "TEXT", "refreshDays": 90, "isPersonal": False,
    }  # fmt: skip
    assert (await handler.do("fieldRegister", "field { code }", **own))["userErrors"] == []

    shipped = await bring_in(town)
    line = "household_gas,HOUSEHOLD,EMERGENCY,居民燃气类型,燃气,TEXT,,90,32-YJ,false,\n"
    file = await bring_in(town, write(tmp_path / "own", line))

    assert (shipped.errors, shipped.counts["collection_fields"]) == ((), Counts(28, 0, 0))
    assert [(one.line, one.column) for one in file.errors] == [(2, "name")]
    worker = await town.as_(Role.GRID_WORKER, GRID)
    form = await worker.ask(FORM, grid=town.city.grids[GRID], kind="HOUSEHOLD")
    codes = {one["field"]["code"] for one in form["collectionForm"]["fields"]}
    assert "gas_kind" in codes and "household_gas" not in codes


async def test_a_file_changes_a_definition_and_undoes_no_decision_of_the_owner(town: Town, tmp_path: Path) -> None:
    shared = "door_phone,320508-ZJ,EMERGENCY,联系住户\ndoor_bell,320508-ZJ,EMERGENCY,联系住户\n"
    bell = "door_bell,HOUSEHOLD,BASE,门铃,有无门铃,YES_NO,,365,320508-CG,false,\n"
    await bring_in(town, write(tmp_path, PHONE + bell, shared))
    owner = await town.as_(Role.HANDLER, "320508-CG")
    unit = town.city.departments["320508-ZJ"]
    assert (await owner.do("fieldUnshare", "field { code }", field="door_phone", department=unit))["userErrors"] == []
    assert (await owner.do("fieldRetire", "field { code }", field="door_bell"))["userErrors"] == []

    changed = PHONE.replace("180", "90").replace("电话|手机", "电话")
    report = await bring_in(town, write(tmp_path, changed + bell.replace("365", "30"), shared))

    assert report.counts == {"collection_fields": Counts(0, 1, 1), "collection_consumers": Counts(0, 0, 2)}
    async with town.db.read() as session:
        found = await session.execute(select(fields).order_by(fields.c.id))
        stored = [(row.code, row.refresh_days, row.is_active, row.version) for row in found]
        units = (await session.execute(select(consumers.c.field_id))).scalars().all()
    assert stored == [("door_phone", 90, True, 3), ("door_bell", 365, False, 2)]
    assert units == [2]
    registering = {
        "owner": town.city.departments["320508-CG"], "code": "mobile", "kind": "HOUSEHOLD", "part": "BASE",
        "name": "手机", "definition": "手机", "valueKind": "TEXT", "refreshDays": 90, "isPersonal": True,
    }  # fmt: skip
    assert (await owner.do("fieldRegister", "field { code }", **registering))["userErrors"] == []


BAD = [
    (PHONE + PHONE.replace("door_phone", "Door"), "", (3, "code")),
    (PHONE + PHONE, "", (3, "code")),
    (PHONE + PHONE.replace("door_phone", "bell").replace("门铃电话", "手 机"), "", (3, "name")),
    (PHONE.replace("TEXT,", "CHOICE,自住"), "", (2, "choices")),
    (PHONE.replace("TEXT,", "TEXT,自住|出租"), "", (2, "choices")),
    (PHONE.replace("320508-CG", "99-XX"), "", (2, "owner_code")),
    (PHONE.replace("180", "0"), "", (2, "refresh_days")),
    (PHONE, "other,320508-ZJ,BASE,x\n", (2, "field_code")),
    (PHONE, "door_phone,99-XX,BASE,x\n", (2, "department_code")),
]


async def test_a_bad_cell_is_named_and_nothing_is_brought_in(town: Town, tmp_path: Path) -> None:
    before = await rows(town)

    for number, (lines, shared, where) in enumerate(BAD):
        report = await bring_in(town, write(tmp_path / str(number), lines, shared))
        assert [(one.line, one.column) for one in report.errors] == [where], lines
    dry = await bring_in(town, write(tmp_path / "dry", PHONE), dry_run=True)

    assert dry.counts["collection_fields"] == Counts(1, 0, 0)
    assert await rows(town) == before


async def test_a_field_keeps_its_kind_and_its_registrar(town: Town, tmp_path: Path) -> None:
    await bring_in(town, write(tmp_path, PHONE))
    other_kind = await bring_in(town, write(tmp_path, PHONE.replace("TEXT", "NUMBER")))
    worker = await town.as_(Role.GRID_WORKER, NEXT_GRID)

    assert [(one.line, one.column) for one in other_kind.errors] == [(2, "value_kind")]
    form = await worker.ask(FORM, grid=town.city.grids[NEXT_GRID], kind="HOUSEHOLD")
    assert [one["field"]["code"] for one in form["collectionForm"]["fields"]] == ["door_phone"]
