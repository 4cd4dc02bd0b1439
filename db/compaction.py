"""Retention of the journal: what is old enough leaves it in small steps. Steps, access records and cases stay."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, delete, select, update

from db import journal
from db.clock import Clock
from db.database import Database, Session
from db.tables import JournalCounter, JournalRow

BATCH_EVENTS = 1_000  # a writer waits for one such step at most: some ten milliseconds
LOOK_SECONDS = 60.0  # a minute of a busy city is one step

_counter: Any = JournalCounter.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_journal: Any = JournalRow.__table__  # type: ignore[attr-defined]

_OLDEST = (
    select(_journal.c.seq, _journal.c.at)
    .where(_journal.c.seq > bindparam("seq"))
    .order_by(_journal.c.seq)
    .limit(bindparam("limit"))
)
_REMOVE = delete(_journal).where(_journal.c.seq > bindparam("from"), _journal.c.seq <= bindparam("to"))
_MOVE = (
    update(_counter)
    .where(_counter.c.id == 1, _counter.c.epoch == bindparam("of"), _counter.c.compacted_to == bindparam("from"))
    .values(compacted_to=bindparam("to"))
)

log = structlog.get_logger("gridcast.compaction")


class _Overtaken(Exception):
    """Somebody else has removed these rows."""


@dataclass(frozen=True, slots=True)
class _Range:
    epoch: str
    above: int
    to: int


async def compact(db: Database, before: datetime, *, batch: int = BATCH_EVENTS) -> int:
    """Remove the events from the start of the journal that happened before a moment; how many went.

    Each step is a transaction of its own, so writers get in between. Two at once are harmless: a step counts only
    if `compacted_to` is still where it was when the step was chosen.
    """
    removed = 0
    while (found := await _next(db, before, batch)) is not None:
        try:
            async with db.write() as session:
                await _remove(session, found)
        except _Overtaken:
            continue
        removed += found.to - found.above
    return removed


async def _next(db: Database, before: datetime, batch: int) -> _Range | None:
    async with db.snapshot() as session:
        position = await journal.position(session)
        rows = await session.execute(_OLDEST, {"seq": position.compacted_to, "limit": batch})
    to = position.compacted_to
    for row in rows:  # times may be out of order by what clocks differ; a gap may not be
        if row.at >= before:
            break
        to = row.seq
    return None if to == position.compacted_to else _Range(position.epoch, position.compacted_to, to)


async def _remove(session: Session, chosen: _Range) -> None:
    await session.execute(_REMOVE, {"from": chosen.above, "to": chosen.to})
    # Counter last: every writer waits on its row from here to the commit.
    moved = await session.execute(_MOVE, {"of": chosen.epoch, "from": chosen.above, "to": chosen.to})
    if moved.rowcount != 1:
        raise _Overtaken


class Compaction:
    """Keeps the journal as short as the installation wants it. May run in every process."""

    def __init__(self, db: Database, clock: Clock, days: float) -> None:
        self._db = db
        self._clock = clock
        self._kept = timedelta(days=days)

    async def run(self) -> None:
        while True:
            try:
                if removed := await compact(self._db, self._clock() - self._kept):
                    log.info("compaction.removed", events=removed)
            except Exception:  # the database may be away for a moment; the next look tries again
                log.exception("compaction.failed")
            await asyncio.sleep(LOOK_SECONDS)
