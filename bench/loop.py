"""Figures of the first loop: a durable submission, the wall's first query, the province's metrics.

    python -m bench.loop [--cases 100000] [--rounds 200]

Each figure stands beside a reference measured in the same run, in turn, so that both see the same machine:
a submission beside one bare durable INSERT of the same database; the wall's query beside the same rows read and
encoded without GraphQL; the metrics beside counting the cases. Medians of milliseconds; nothing is thrown away.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import func, select

from db import places
from db.cases import cases
from db.catalogue import matters
from db.clock import now
from db.database import Database
from db.feed import Feed
from db.migrate import analyze, migrate
from db.vocabulary import Realm, Role
from resolvers import importing, intake, submitting
from resolvers.call import Call
from resolvers.submitting import Submission
from resolvers.viewing import viewer_of
from schema.build import schema
from schema.context import Context
from schema.ids import global_id

SUBMIT = """mutation ($input: CaseSubmitInput!) {
  caseSubmit(input: $input) { case { id number version } userErrors { code message } } }"""
WALL = """{ cases(first: 50, filter: {isOpen: true}) { cursor edges { node {
  id number version state stage priority title submittedAt dueAt
  grid { name } matter { name } responsibleUnit { name } } } } }"""
METRICS = """{ metrics { submitted registered closed open overdue nearDue discovered
  openByStage { stage open } onTimeRate { percent } } }"""


async def viewer(db: Database, role: Role, code: str) -> Any:
    return await viewer_of(
        db, principal=f"{role}:{code}", realm=Realm.LIVE, grants=[(role, code)], name=None, language="zh",
        expires_at=None,
    )  # fmt: skip


async def fill(db: Database, count: int) -> None:
    """`count` cases through the use-case of source systems, spread over the province's grids."""
    source = await viewer(db, Role.SOURCE_SYSTEM, "bench")
    async with db.read() as session:
        grid_ids = [row.id for row in await session.execute(select(places.grids.c.id).order_by(places.grids.c.id))]
        matter_ids = [row.id for row in await session.execute(select(matters.c.id))]
    numbers = iter(range(count))
    batch = 0
    while some := list(itertools.islice(numbers, 100)):
        items = [
            Submission(
                description="路灯不亮，夜间出行不便。",
                matter_id=matter_ids[number % len(matter_ids)],
                grid_id=grid_ids[(number * 7919) % len(grid_ids)],
                external_id=f"b{number}",
            )
            for number in some
        ]
        batch += 1
        await submitting.ingest(db, Call(source, now(), f"fill-{batch}", {"batch": batch}), items)


async def register_some(db: Database, count: int) -> None:
    """Give every fiftieth case a running clock, so that near due and overdue have something to count."""
    officer = await viewer(db, Role.INTAKE_OFFICER, "32")
    long_ago = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    for case_id in range(1, count, 50):
        await intake.register(db, Call(officer, long_ago, f"register-{case_id}", {}, 1), case_id, None, None)


async def in_turn(rounds: int, *pairs: tuple[str, Callable[[int], Awaitable[object]]]) -> dict[str, list[float]]:
    """Milliseconds of each, measured A B A B ..., after ten rounds that do not count."""
    times: dict[str, list[float]] = {name: [] for name, _ in pairs}
    for round_ in range(-10, rounds):
        for name, run in pairs:
            start = time.perf_counter()
            await run(round_)
            if round_ >= 0:
                times[name].append((time.perf_counter() - start) * 1000)
    return times


def report(title: str, times: dict[str, list[float]], wanted: float) -> None:
    (ours, ours_ms), (reference, reference_ms) = times.items()
    median, floor = statistics.median(ours_ms), statistics.median(reference_ms)
    p95 = sorted(ours_ms)[int(len(ours_ms) * 0.95)]
    verdict = "met" if median < wanted else "missed"
    print(f"{title}\n  {ours}: median {median:.1f} ms, p95 {p95:.1f} ms\n  {reference}: median {floor:.1f} ms")
    name = title.split(":", maxsplit=1)[0]
    print(f"  ratio {median / floor:.1f}\ntarget {name} measured {median:.1f} wanted {wanted} {verdict}\n")


async def main(count: int, rounds: int) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}, {now():%Y-%m-%d}; {count} cases, {rounds} rounds\n")
    with tempfile.TemporaryDirectory(prefix="gridcast-bench-") as folder:
        path = Path(folder) / "bench.db"
        db = Database(f"sqlite+aiosqlite:///{path}")
        await migrate(db)
        await load_city(db)
        start = time.perf_counter()
        await fill(db, count)
        took = time.perf_counter() - start
        print(f"ingest: {count} cases in batches of 100 took {took:.1f} s: {count / took:.0f} cases/s\n")
        await register_some(db, count)
        await analyze(db)
        feed = Feed(db)
        await feed.start()
        try:
            await measure_submit(db, feed, path, rounds)
            await measure_wall(db, feed, rounds)
            await measure_metrics(db, feed, rounds)
        finally:
            await feed.stop()
            await db.close()


async def load_city(db: Database) -> None:
    """The shipped divisions, grids and units."""
    for load in (importing.import_divisions, importing.import_grids, importing.import_units):
        report = await load(db)
        assert not report.errors, report.errors


async def measure_submit(db: Database, feed: Feed, path: Path, rounds: int) -> None:
    resident = await viewer(db, Role.RESIDENT, "bench")
    bare = sqlite3.connect(path, isolation_level=None, timeout=10)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        bare.execute(f"PRAGMA {pragma}")
    bare.execute("CREATE TABLE bench_floor (id INTEGER PRIMARY KEY, body TEXT)")

    async def submit(round_: int) -> None:
        given = {
            "idempotencyKey": f"bench-{round_}",
            "description": "路灯不亮",
            "matter": global_id("Matter", 3),
            "grid": global_id("Grid", 1000 + round_),
        }
        context = Context(db, feed, resident, now)
        result = await schema.execute(SUBMIT, variable_values={"input": given}, context_value=context)
        assert result.data and not result.data["caseSubmit"]["userErrors"], result.errors

    async def insert(round_: int) -> None:
        bare.execute("INSERT INTO bench_floor (body) VALUES (?)", ("x" * 1000,))

    times = await in_turn(rounds, ("caseSubmit", submit), ("one durable INSERT", insert))
    bare.close()
    report("submit: caseSubmit through the schema, synchronous=FULL", times, 10)


async def measure_wall(db: Database, feed: Feed, rounds: int) -> None:
    display = await viewer(db, Role.DISPLAY, "32")

    async def ask(round_: int) -> None:
        result = await schema.execute(WALL, context_value=Context(db, feed, display, now))
        assert result.data and len(result.data["cases"]["edges"]) == 50, result.errors
        orjson.dumps(result.data)

    async def rows(round_: int) -> None:
        async with db.read() as session:
            newest = select(cases).where(cases.c.realm == Realm.LIVE, cases.c.is_open)
            found = list(await session.execute(newest.order_by(cases.c.id.desc()).limit(50)))
            await places.grids_by_id(session, [row.grid_id for row in found])
        orjson.dumps([dict(row._mapping) for row in found])

    report(
        "wall: first query, 50 cases with grid, matter, department",
        await in_turn(rounds, ("through the schema", ask), ("the same rows without GraphQL", rows)),
        40,
    )


async def measure_metrics(db: Database, feed: Feed, rounds: int) -> None:
    display = await viewer(db, Role.DISPLAY, "32")

    async def ask(round_: int) -> None:
        result = await schema.execute(METRICS, context_value=Context(db, feed, display, now))
        assert result.data and result.data["metrics"]["submitted"] > 0, result.errors

    async def count(round_: int) -> None:
        async with db.read() as session:
            await session.execute(
                select(cases.c.stage, func.count()).where(cases.c.realm == Realm.LIVE).group_by(cases.c.stage)
            )

    report(
        "metrics: the province, tallies and due clocks",
        await in_turn(rounds, ("from tallies", ask), ("counting the cases", count)),
        10,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200)
    chosen = parser.parse_args()
    asyncio.run(main(chosen.cases, chosen.rounds))
