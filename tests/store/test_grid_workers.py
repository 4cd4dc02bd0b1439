"""A handover is one transaction, and gaps of staff are found by index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from db import places, workers
from db.database import Database
from db.vocabulary import Realm, Role
from db.vocabulary.workers import WorkerKind
from resolvers.fact_files import import_facts
from tests.city import GRIDS, Town, add_worker, key
from tests.conftest import A_WORKING_DAY
from tests.graph.test_burden import HANDOVER, asked
from tests.store.test_journal_and_tallies import survive
from tests.stories.walks import FAR_GRID, GRID, NEXT_GRID, cast, hand_in, rows


async def test_a_handover_is_whole_or_not_there_wherever_the_power_is_cut(town: Town) -> None:
    people = await cast(town)
    leader = await town.as_(Role.SHIFT_LEADER, "3205")
    await add_worker(town, "W1", GRID)
    await add_worker(town, "W1", NEXT_GRID, WorkerKind.PART_TIME)
    await add_worker(town, "W2", FAR_GRID)
    await asked(people)
    await hand_in(people, by=people.worker)
    given = {"from": "W1", "to": "W2", "reason": "调离", "idempotencyKey": key()}

    document = """mutation ($input: WorkerHandOverInput!) { workerHandOver(input: $input) {
      handover { assignments tasks submissions } userErrors { code } } }"""

    async def change() -> None:
        result = await leader.answer(document, input=given)
        if result.errors:
            raise result.errors[0]
        assert result.data["workerHandOver"]["handover"] == {"assignments": 2, "tasks": 1, "submissions": 1}

    statements = await survive(town, change)

    assert statements > 15


async def test_gaps_of_staff_are_found_by_the_index_of_assignments(sqlite: Database) -> None:
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(sqlite._reader.sync_engine, "before_cursor_execute", note)
    clauses = [
        *places.grids_below("3205/"),
        workers.without_full_time(Realm.LIVE, A_WORKING_DAY.date()),
    ]

    async with sqlite.read() as session:
        await places.count_grids(session, clauses)
        await places.grids_page(session, clauses, first=21, after_id=None)
    async with sqlite.read() as session:
        for statement, parameters in seen[:2]:
            plan = await session.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
            told = " ".join(row[3] for row in plan)
            assert "ix_worker_assignments_grid (realm=? AND grid_id=? AND kind=? AND from_day<?)" in told, told


# -- from files


def write_facts(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


PEOPLE = "code,name,account\nW1,李四,GRID_WORKER:x\nP1,王五,\n"
POSTS = f"""worker_code,grid_code,kind,from_day,until_day
W1,{GRID},专职网格员,2026-01-01,
P1,{GRID},PART_TIME,2026-01-01,
"""


async def test_workers_come_in_from_files_and_a_handover_outlives_the_next_import(town: Town, tmp_path: Path) -> None:
    folder = write_facts(tmp_path / "facts", grid_workers=PEOPLE, worker_assignments=POSTS)
    leader = await town.as_(Role.SHIFT_LEADER, "3205")

    report = await import_facts(town.db, Realm.LIVE, folder)
    await leader.do("workerHandOver", HANDOVER, **{"from": "W1", "to": "P1", "reason": "调离"})
    again = await import_facts(town.db, Realm.LIVE, folder)

    assert report.errors == () and again.errors == ()
    assert report.counts == {
        "grid_workers": (2, 0, 0), "worker_assignments": (2, 0, 0), "party_organisations": (0, 0, 0),
        "programmes": (0, 0, 0), "police_beats": (0, 0, 0), "beat_grids": (0, 0, 0),
    }  # fmt: skip
    assert again.counts == report.counts | {
        "grid_workers": (0, 0, 2), "worker_assignments": (0, 0, 2),
    }  # fmt: skip
    async with town.db.read() as session:
        found = await workers.by_grid(session, Realm.LIVE, A_WORKING_DAY.date(), [1])
    assert [(row.worker_code, row.kind.name) for row in found[1]] == [("P1", "FULL_TIME"), ("P1", "PART_TIME")]


async def test_a_bad_row_names_its_line_and_nothing_is_written(town: Town, tmp_path: Path) -> None:
    bad = "worker_code,grid_code,kind,from_day,until_day\nX1,1,专职网格员,2026-01-01,\nW1,9,FULL_TIME,2026-01-01,\n"
    bad += f"W1,{GRID},FULL_TIME,2026-01-02,2026-01-01\nW1,{GRID},KING,2026-01-02,\n"
    folder = write_facts(tmp_path / "facts", grid_workers=PEOPLE, worker_assignments=bad)
    before = await rows(town)

    report = await import_facts(town.db, Realm.LIVE, folder)
    empty = await import_facts(town.db, Realm.LIVE, write_facts(tmp_path / "empty"))

    assert [(error.line, error.column) for error in report.errors] == [
        (2, "worker_code"), (3, "grid_code"), (4, "until_day"), (5, "kind"),
    ]  # fmt: skip
    assert [error.column for error in empty.errors] == [""]
    assert await rows(town) == before


async def test_invented_workers_are_the_same_everywhere_and_say_what_they_are(town: Town) -> None:
    report = await import_facts(town.db, Realm.EXERCISE, None)
    again = await import_facts(town.db, Realm.EXERCISE, None)

    async with town.db.read() as session:
        found = await workers.by_grid(session, Realm.EXERCISE, A_WORKING_DAY.date(), range(1, 6))
        live = await workers.by_grid(session, Realm.LIVE, A_WORKING_DAY.date(), range(1, 6))
    people = [row for grid in found.values() for row in grid]
    assert len(people) == report.counts["grid_workers"].added == again.counts["grid_workers"].unchanged
    assert all(row.is_sample and row.name.startswith("样例") for row in people)
    assert {row.worker_code for row in people if row.kind is WorkerKind.GRID_LEADER} == {f"L{code}" for code in GRIDS}
    assert set(map(len, live.values())) == {0}
