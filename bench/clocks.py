"""What deadlines cost: a million of them reckoned, and the due ones found among a million open cases.

    python -m bench.clocks [--cases 1000000]

Reckoning stands beside a walk over the office slots day by day, which is the plain way to say the same; both must
agree. Finding stands beside a count over all open cases. Seconds and milliseconds; processor time for the first.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import String, cast, func, insert, select

from db import clocks
from db.calendar import Calendar
from db.cases import cases
from db.clock import LOCAL, now
from db.database import Database
from db.migrate import analyze, migrate
from db.tables import Division
from db.vocabulary import CaseKind, CaseSource, CaseStage, CaseState, DivisionLevel, LimitUnit, Priority, Realm, Role
from resolvers.rules import deadlines
from resolvers.rules.deadlines import OFFICE_HOURS, OfficeTime

WORKING = (LimitUnit.WORKING_HOUR, LimitUnit.WORKING_DAY)


def walked(start: datetime, counted: timedelta, days: Calendar) -> datetime:
    """The same deadline by walking slots."""
    left = counted
    for opens, closes in _slots(start, days):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    raise AssertionError("slots never end")


def _slots(start: datetime, days: Calendar) -> Iterator[tuple[datetime, datetime]]:
    day = start.astimezone(LOCAL).date()
    while True:
        if days.is_working_day(day):
            for opens, closes in OFFICE_HOURS:
                if (end := datetime.combine(day, closes, LOCAL)) > start:
                    yield datetime.combine(day, opens, LOCAL), end
        day += timedelta(days=1)


def reckon(count: int) -> None:
    random, office, days = Random(1), OfficeTime(Calendar()), Calendar()
    begin = datetime(2026, 1, 5, tzinfo=LOCAL)
    starts = [begin + timedelta(seconds=random.randrange(300 * 86_400)) for _ in range(count)]
    units, values = [random.choice(WORKING) for _ in starts], [random.randint(1, 9) for _ in starts]
    before = time.process_time()
    found = [deadlines.due(s, v, u, office)[1] for s, v, u in zip(starts, values, units, strict=True)]
    seconds = time.process_time() - before
    sample = range(0, count, max(1, count // 20_000))
    before = time.process_time()
    for index in sample:
        length = deadlines.length(values[index], units[index], office)
        assert walked(starts[index], length, days) == found[index]
    walking = (time.process_time() - before) / len(sample) * count
    print(f"| {count:,} deadlines in office time, near due and due | {seconds:.1f} s | 10 s | walking the slots: "
          f"{walking:.0f} s | {seconds / walking:.2f} |")  # fmt: skip


async def find(count: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory(prefix="gridcast-bench-") as folder:
        db = Database(f"sqlite+aiosqlite:///{Path(folder) / 'bench.db'}")
        await migrate(db)
        await _fill(db, count)
        await analyze(db)
        moment, index, table = now(), [], []
        for _ in range(rounds):
            async with db.read() as session:
                before = time.perf_counter()
                due = await clocks.alarming_without_scope(session, moment, 50)
                index.append((time.perf_counter() - before) * 1000)
                assert len(due) == 50 and all(row.alarm_at <= moment for row in due)
                before = time.perf_counter()
                await session.execute(select(func.count()).where(cases.c.is_open, cast(cases.c.due_at, String) < "9"))
                table.append((time.perf_counter() - before) * 1000)
        await db.close()
    found, scanned = statistics.median(index), statistics.median(table)
    print(f"| the 50 longest due among {count:,} open cases | {found:.1f} ms | by index | reading all of them: "
          f"{scanned:.0f} ms | {found / scanned:.4f} |")  # fmt: skip


async def _fill(db: Database, count: int) -> None:
    random, start = Random(2), now()
    async with db.write() as session:
        await session.execute(
            insert(Division).values(code="32", level=DivisionLevel.PROVINCE, name="样例", path="32/")
        )
    common = {
        "realm": Realm.EXERCISE, "kind": CaseKind.PROBLEM, "source": CaseSource.HOTLINE, "priority": Priority.NORMAL,
        "title": "样例", "description": "样例", "submitter_key": "-", "submitter_role": Role.SOURCE_SYSTEM,
        "division_code": "32", "division_path": "32/", "state": CaseState.IN_PROGRESS, "stage": CaseStage.HANDLING,
        "is_open": True, "held_by": "32", "submitted_at": start, "updated_at": start, "stage_at": start,
        "clock_runs": True, "service_provider_ids": [],
    }  # fmt: skip
    for _ in range(0, count, 10_000):
        due = [start + timedelta(seconds=random.randrange(-3600, 30 * 86_400)) for _ in range(10_000)]
        async with db.write() as session:
            await session.execute(
                insert(cases), [common | {"alarm_at": one, "near_due_at": one, "due_at": one} for one in due]
            )


async def main(count: int, rounds: int) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {now():%Y-%m-%d}\n")
    print("| what | measured | wanted | reference, same run | ratio |\n| --- | --- | --- | --- | --- |")
    reckon(count)
    await find(count, rounds)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    arguments.add_argument("--cases", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=9)
    given = arguments.parse_args()
    asyncio.run(main(given.cases, given.rounds))
