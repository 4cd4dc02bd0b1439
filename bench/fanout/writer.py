"""Another process of the city: it commits events through the project's own journal, and says when.

    python writer.py DATABASE_URL [BELL_URL]

One command a line on the standard input, one line of JSON each on the standard output:

    commit W          one transaction with W events
    rate E SECONDS    E events a second, in at most a hundred transactions a second

An event is what registering a case writes: the columns before and after and the snapshot of real cases, each time
under another case id, so that a frame's length does not change within a run. Times are of the monotonic clock, taken
when the commit had returned.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from sqlalchemy import select

from db import cases, journal
from db.cases import CaseRow
from db.clock import now
from db.database import Database
from db.journal import Entry
from db.vocabulary import CaseAction, CaseState, Role

COMMITS_A_SECOND = 100
FIRST_CASE = 1_000_001  # seven digits, as a case number has: every frame is of one length


class Writer:
    def __init__(self, db: Database, rows: list[CaseRow]) -> None:
        self._db = db
        self._rows = rows
        self._written = 0

    async def commit(self, count: int) -> tuple[int, int, int]:
        """First and last number, and when they were committed."""
        entries = [self._entry() for _ in range(count)]
        async with self._db.write() as session:
            last = await journal.append(session, entries)
        return last - count + 1, last, time.monotonic_ns()

    async def rate(self, per_second: float, seconds: float) -> list[tuple[int, int, int]]:
        commits = min(per_second, COMMITS_A_SECOND)
        count, made = round(per_second / commits), []
        start = time.monotonic()
        for step in range(int(commits * seconds)):
            await asyncio.sleep(max(0.0, start + step / commits - time.monotonic()))
            made.append(await self.commit(count))
        return made

    def _entry(self) -> Entry:
        row = self._rows[self._written % len(self._rows)]
        case_id = FIRST_CASE + self._written
        self._written += 1
        after = cases.columns_of(row)
        return Entry(
            realm=row.realm,
            subject_id=case_id,
            version=row.version,
            action=CaseAction.REGISTER,
            actor_role=Role.INTAKE_OFFICER,
            at=now(),
            before=replace(after, state=CaseState.ACCEPTED),
            after=after,
            snapshot={**cases.snapshot_of(row), "id": case_id},
        )


@asynccontextmanager
async def _ringing(db: Database, url: str | None) -> AsyncIterator[None]:
    if url is None:  # nobody is told: the server's poll finds the news
        yield
        return
    from db.bell import open_bell  # noqa: PLC0415

    async with db.read() as session:
        epoch = (await journal.position(session)).epoch
    bell = open_bell(url)
    await bell.start(epoch)
    db.ring = bell.ring
    try:
        yield
    finally:
        await bell.stop()


async def main(database_url: str, bell_url: str | None) -> None:
    db = Database(database_url)
    loop = asyncio.get_running_loop()
    try:
        async with _ringing(db, bell_url):
            async with db.read() as session:
                rows = list(await session.execute(select(cases.cases).order_by(cases.cases.c.id)))
            writer = Writer(db, rows)
            print(json.dumps({"cases": len(rows)}), flush=True)
            while words := (await loop.run_in_executor(None, sys.stdin.readline)).split():
                if words[0] == "commit":
                    print(json.dumps(await writer.commit(int(words[1]))), flush=True)
                else:
                    print(json.dumps(await writer.rate(float(words[1]), float(words[2]))), flush=True)
    finally:
        await db.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
