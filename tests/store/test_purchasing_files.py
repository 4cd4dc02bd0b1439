"""The files of government purchase: read whole, refused by line and column, imported twice without a change."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from db.imports import Counts
from db.purchasing import items, reserved_tasks, technicians
from resolvers.importing import import_units
from tests.city import Town

ITEM = (
    "code,major_name,middle_name,minor_name,division_code,matter_code,task_kind,unit,ceiling_yuan,qualifications,"
    "needs_before_photo,needs_after_photo,valid_from,valid_to\n"
)
FILES = {
    "qualification_kinds": "code,name\nQ,安全生产许可证\n",
    "provider_qualifications": "provider_code,kind_code,number,valid_from,valid_to\nSP-1,Q,1,2024-01-01,2030-12-31\n",
    "provider_areas": "provider_code,division_code\nSP-1,320508\n",
    "provider_crews": "provider_code,code,name\nSP-1,C9,九班\n",
    "provider_technicians": "provider_code,code,name,crew_code\nSP-1,T1,技工甲,C9\nSP-1,T2,技工乙,\n",
    "reserved_tasks": "division_code,task_kind,matter_code,reason\n32,行政处罚,,由机关实施\n",
    "catalogue_items": ITEM + "A1,甲,乙,丙,3205,M-POTHOLE,养护维修,处,80.5,Q,是,否,2026-01-01,2026-12-31\n",
}


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


async def test_the_files_are_imported_and_a_second_time_change_nothing(town: Town, tmp_path: Path) -> None:
    folder = write(tmp_path, **FILES)

    first = await import_units(town.db, folder)
    again = await import_units(town.db, folder)

    assert first.errors == () and first.counts["catalogue_items"] == Counts(1, 0, 0)
    assert {counts.added + counts.changed for counts in again.counts.values()} == {0}
    assert again.counts["provider_technicians"] == Counts(0, 0, 2)
    async with town.db.read() as session:
        item = (await session.execute(select(items).where(items.c.code == "A1"))).one()
        crews = (await session.execute(select(technicians.c.code, technicians.c.crew_id))).all()
        never = (await session.execute(select(reserved_tasks))).one()
    assert (item.ceiling_cents, item.qualifications, item.path) == (8_050, ["Q"], "32/3205/")
    assert [(code, crew is not None) for code, crew in crews] == [("T1", True), ("T2", False)]
    assert (never.task_kind, never.matter_id) == ("PENALTY", 0)


BAD = [
    ("catalogue_items", ITEM + "A,甲,乙,丙,32,M-POTHOLE,行政处罚,处,1,,否,否,2026-01-01,2026-12-31\n", "task_kind"),
    ("catalogue_items", ITEM + "A,甲,乙,丙,32,M-NONE,养护维修,处,1,,否,否,2026-01-01,2026-12-31\n", "matter_code"),
    (
        "catalogue_items",
        ITEM + "A,甲,乙,丙,32,M-GAS,养护维修,处,1.234,,否,否,2026-01-01,2026-12-31\n",
        "ceiling_yuan",
    ),
    ("catalogue_items", ITEM + "A,甲,乙,丙,32,M-GAS,养护维修,处,0,,否,否,2026-01-01,2026-12-31\n", "ceiling_yuan"),
    ("catalogue_items", ITEM + "A,甲,乙,丙,32,M-GAS,养护维修,处,1,Z,否,否,2026-01-01,2026-12-31\n", "qualifications"),
    ("catalogue_items", ITEM + "A,甲,乙,丙,32,M-GAS,养护维修,处,1,,否,否,2026-01-01,2025-12-31\n", "valid_to"),
    ("provider_areas", "provider_code,division_code\nSP-9,32\n", "provider_code"),
    ("provider_technicians", "provider_code,code,name,crew_code\nSP-2,T1,技工甲,C9\n", "crew_code"),
    ("reserved_tasks", "division_code,task_kind,matter_code,reason\n32,,,无\n", "task_kind"),
]


async def test_a_bad_cell_is_named_and_nothing_is_imported(town: Town, tmp_path: Path) -> None:
    for number, (file, text, column) in enumerate(BAD):
        folder = tmp_path / str(number)
        folder.mkdir()

        report = await import_units(town.db, write(folder, **(FILES | {file: text})))

        assert [(one.file, one.line, one.column) for one in report.errors] == [(f"{file}.csv", 2, column)], text
        assert report.counts == {}
