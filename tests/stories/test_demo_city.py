"""The demo city lives by the rules: whatever it does, the books agree, and it is never mixed with real cases."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import random
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlmodel import SQLModel

from api.demo import City
from api.demo.city import Taken
from api.demo.reference import read_reference
from db import tallies
from db.attachments import PhotoFiles
from db.database import Database
from db.imports import DATA
from db.vocabulary import OPEN_STATES, CaseAction, CaseState, Realm, Role, SubjectKind
from resolvers.importing import import_divisions, import_grids, import_units, shipped_divisions
from resolvers.sample_grids import sample_grids, write_grids
from resolvers.timers import Timers
from tests.city import Town
from tests.conftest import Clock

TOWNSHIPS = ("320508019", "320508020", "320506001", "320102002")
UNIT_FILES = (
    "centres", "departments", "service_providers", "matters", "task_permits", "qualification_kinds",
    "provider_qualifications", "provider_crews", "provider_technicians", "catalogue_items", "reserved_tasks",
)  # fmt: skip
SEED = 7
MOST_STEPS = 1_500  # by then every main action has happened, whatever the seed
OPEN_CASES = 30  # a small city goes round quickly
A = CaseAction
MAIN_ACTIONS = {
    A.SUBMIT, A.SELF_HANDLE, A.ACCEPT, A.REQUEST_VERIFICATION, A.VERIFY, A.REGISTER, A.DECLINE, A.MERGE, A.DISPATCH,
    A.SIGN, A.RETURN, A.START, A.OUTSOURCE, A.COMPLETE, A.HOLD, A.RESUME, A.REQUEST_CHECK, A.CHECK, A.CLOSE,
    A.CONFIRM, A.DELIVER, A.REQUEST_REOPEN, A.REOPEN, A.REFUSE_REOPEN, A.WITHDRAW, A.RESPOND, A.WORK_ORDER_ACCEPT,
    A.WORK_ORDER_DECLINE,
    A.WORK_ORDER_SUBMIT, A.WORK_ORDER_ACCEPT_RESULT, A.WORK_ORDER_REJECT_RESULT, A.ACKNOWLEDGE, A.ESCALATE,
    A.RECEIVE_HOP, A.PASS_ANSWER, A.SHARE,
}  # fmt: skip
CHINESE = re.compile(r"[\u4e00-\u9fff]")
CASES, JOURNAL = SQLModel.metadata.tables["cases"], SQLModel.metadata.tables["journal"]
OF_CASES = select(JOURNAL.c.subject_id, func.count()).where(JOURNAL.c.subject_kind == SubjectKind.CASE)


def _write(file: Path, rows: list[dict[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="session")
async def slice_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few townships of the shipped province, with their units, all matters and all permits."""
    folder = tmp_path_factory.mktemp("slice")
    path = folder / "slice.db"
    shutil.copyfile(sqlite_template, path)
    kept = [one for one in shipped_divisions() if one.code.startswith(TOWNSHIPS) or _is_above(one.code)]
    divisions = [
        {"code": one.code, "level": one.level, "parent_code": one.parent_code or "", "name": one.name} for one in kept
    ]
    _write(folder / "divisions.csv", divisions)
    communities = sum(len(one.code) == 12 for one in kept)
    write_grids(folder / "grids.csv", sample_grids(kept, communities * 4))
    codes = {one.code for one in kept}
    for name in UNIT_FILES:
        with (DATA / "units" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = [
                row
                for row in csv.DictReader(file)
                if row.get("division_code", "32") in codes and row.get("provider_code", "32")[:4] in codes
            ]
        (folder / "units").mkdir(exist_ok=True)
        _write(folder / "units" / f"{name}.csv", rows)
    db = Database(f"sqlite+aiosqlite:///{path}")
    for report in (
        await import_divisions(db, folder / "divisions.csv"),
        await import_grids(db, folder / "grids.csv"),
        await import_units(db, folder / "units"),
    ):
        assert report.errors == ()
    await db.close()
    return path


def _is_above(code: str) -> bool:
    return any(township.startswith(code) for township in TOWNSHIPS)


OpenCity = Callable[..., Awaitable[tuple[Database, City]]]


@pytest.fixture
async def open_city(slice_template: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[OpenCity]:
    """A city on a fresh copy of the slice; its database is closed when the test is over."""
    opened: list[Database] = []

    async def start(*, at: Clock = clock) -> tuple[Database, City]:
        path = tmp_path / f"city-{len(opened)}.db"
        shutil.copyfile(slice_template, path)
        db = Database(f"sqlite+aiosqlite:///{path}")
        opened.append(db)
        city = City(db, at, seed=SEED, files=PhotoFiles(tmp_path / "files"), open_cases=OPEN_CASES)
        assert await city.open()
        return db, city

    yield start
    for db in opened:
        await db.close()


async def _live(db: Database, city: City, clock: Clock, steps: int) -> list[Taken | None]:
    """So many steps, half a second apart, with SYSTEM looking at its timers every ten."""
    timers, taken = Timers(db, clock), []
    for number in range(steps):
        clock.advance(timedelta(seconds=0.5))
        taken.append(await city.step())
        if number % 10 == 0:
            await timers.act()
    return taken


def _actions(taken: list[Taken | None]) -> set[CaseAction]:
    return {one.action for one in taken if one is not None}


async def _assert_the_books_agree(db: Database) -> list[Any]:
    async with db.read() as session:
        rows = list(await session.execute(select(CASES)))
        events = dict((await session.execute(OF_CASES.group_by(JOURNAL.c.subject_id))).all())
        numbers = list((await session.execute(select(JOURNAL.c.seq).order_by(JOURNAL.c.seq))).scalars())
        assert await tallies.recounted(session) == await tallies.stored(session)
    assert {row.realm for row in rows} == {Realm.EXERCISE}
    assert events == {row.id: row.version for row in rows}
    assert numbers == list(range(1, len(numbers) + 1))
    for row in rows:
        assert row.is_open == (row.state in OPEN_STATES)
        if row.state is CaseState.CLOSED:
            assert row.outcome is not None and row.dispositions > 0 and row.responses > 0
            assert row.unanswered_since is None
        if row.state is CaseState.DECLINED:
            assert row.dispositions > 0 and row.responses > 0 and row.unanswered_since is None
    return rows


async def test_a_city_lives_by_the_rules(open_city: OpenCity, clock: Clock) -> None:
    db, city = await open_city()

    taken = await _live(db, city, clock, 500)
    while not _actions(taken) >= MAIN_ACTIONS and len(taken) < MOST_STEPS:
        taken += await _live(db, city, clock, 50)

    rows = await _assert_the_books_agree(db)
    assert MAIN_ACTIONS - _actions(taken) == set()
    assert city.not_permitted > 0  # and a patrol officer went instead
    open_cases = sum(row.is_open for row in rows)
    assert OPEN_CASES * 0.6 < open_cases < OPEN_CASES * 1.6
    assert open_cases <= city.open_cases <= open_cases + 8  # what SYSTEM has closed is noticed at its next turn
    assert {row.submitter_role for row in rows} >= {
        Role.RESIDENT, Role.ENTERPRISE, Role.GRID_WORKER, Role.COMMUNITY_WORKER, Role.PATROL_OFFICER,
        Role.SOURCE_SYSTEM,
    }  # fmt: skip
    for row in rows:
        assert 6 <= len(row.description) <= 120
        assert len(CHINESE.findall(row.description)) > len(row.description) / 2
        assert row.submitter_phone is None or re.fullmatch(r"199000\d{5}", row.submitter_phone)
        assert row.submitter_name is None or row.submitter_name.endswith(("某", "负责人", "安全员", "店长"))
    most_told = Counter(row.description for row in rows).most_common(1)[0][1]
    assert most_told <= 3


async def test_most_of_it_happens_where_the_wall_opens(open_city: OpenCity) -> None:
    db, _ = await open_city()
    rng = random.Random(1)
    reference = await read_reference(db, rng)

    drawn = Counter(reference.spot(rng).county for _ in range(2_000))

    assert sum(count for county, count in drawn.items() if county.startswith("3205")) > 1_100
    assert drawn.most_common(1)[0][0] == "320508"
    assert drawn["320102"] > 600


async def test_the_same_seed_tells_the_same_story(open_city: OpenCity) -> None:
    stories = []
    for _ in range(2):
        clock = Clock()
        db, city = await open_city(at=clock)
        stories.append(await _live(db, city, clock, 110))

    assert stories[0] == stories[1]
    assert len(_actions(stories[0])) > 12


async def test_a_city_goes_on_where_it_stopped(open_city: OpenCity, tmp_path: Path, clock: Clock) -> None:
    db, city = await open_city()
    await _live(db, city, clock, 80)
    clock.advance(timedelta(minutes=1))

    again = City(db, clock, seed=7, files=PhotoFiles(tmp_path / "files"), open_cases=OPEN_CASES)
    assert await again.open()
    async with db.read() as session:
        open_cases = select(func.count()).where(CASES.c.is_open)
        assert again.open_cases == (await session.execute(open_cases)).scalar_one() > 0
    taken = await _live(db, again, clock, 80)

    rows = await _assert_the_books_agree(db)
    before = {row.id for row in rows[: city.counts[CaseAction.SUBMIT]]}
    worked_on = {
        id for one in taken if one is not None and one.action is not CaseAction.SUBMIT for id in one.case_ids
    }
    assert worked_on & before
    assert again.counts[CaseAction.SUBMIT] + city.counts[CaseAction.SUBMIT] == len(rows)


async def test_it_lives_on_either_database_and_beside_real_cases(town: Town, tmp_path: Path, clock: Clock) -> None:
    resident = await town.as_(Role.RESIDENT, "resident-1")
    payload = await resident.do("caseSubmit", description="真的一件事", grid=town.city.grids["320508019044001"])
    assert payload["userErrors"] == []
    city = City(town.db, clock, files=PhotoFiles(tmp_path), open_cases=20)
    assert await city.open()

    await _live(town.db, city, clock, 150)

    async with town.db.read() as session:
        live = (await session.execute(select(CASES).where(CASES.c.realm == Realm.LIVE))).one()
        exercise = select(func.count()).where(CASES.c.realm == Realm.EXERCISE)
        assert (await session.execute(exercise)).scalar_one() == city.counts[CaseAction.SUBMIT]
        assert await tallies.recounted(session) == await tallies.stored(session)
    assert (live.version, live.state) == (1, CaseState.SUBMITTED)
    leader = await town.as_(Role.SHIFT_LEADER, "32")
    assert (await leader.ask("{ metrics { submitted } }"))["metrics"] == {"submitted": 1}


async def test_it_survives_a_failure_and_stops_when_told(
    open_city: OpenCity, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, city = await open_city()
    monkeypatch.setattr("api.demo.city.WARM_UP_CASES", 30)
    monkeypatch.setattr("api.demo.city.FAILURE_SECONDS", 0)
    step, calls = city.step, 0
    lived = asyncio.Event()

    async def stumbling() -> Taken | None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise OSError("the disk hiccups")
        if calls == 100:
            lived.set()
        return await step()

    monkeypatch.setattr(city, "step", stumbling)
    monkeypatch.setattr(city, "_pause", lambda now: 0)

    life = asyncio.create_task(city.run())
    await lived.wait()
    life.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await life

    assert life.cancelled()
    await _assert_the_books_agree(db)
