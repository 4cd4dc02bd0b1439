"""The live tail of the journal in memory: one per process, read once per wake-up for everybody."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from datetime import datetime
from typing import Protocol

import structlog

from db import journal
from db.bell import Bell
from db.clock import Clock, now
from db.database import TROUBLE, Database
from db.journal import Event

POLL_SECONDS = 1.0  # worst delay of an event while the bell is dead
TAIL_EVENTS = 10_000  # a crowd that returns after a restart is served from memory
BATCH_EVENTS = 500
START_PAUSES = (0.2, 0.5, 1.0)  # a connection may be cut while the process starts; a wrong address stays wrong

log = structlog.get_logger("gridcast.feed")


class OnRights(Protocol):
    async def __call__(self, version: int, *, is_anew: bool) -> None:
        """`is_anew`: of another history than before, or of the first that is read."""


class Feed:
    """Followers read `after(seq)` and wait on `news`; nobody has a queue, so nobody can fill one."""

    def __init__(self, db: Database, bell: Bell | None = None, *, clock: Clock = now) -> None:
        self.epoch = ""
        self.head = 0
        self.compacted_to = 0
        self.read_at: datetime | None = None  # when the journal was last read to its end
        self.on_rights: OnRights = _nobody_asks
        """Awaited when rights have changed, before any event is shown that was read with the change or after it."""
        self._rights_version: int | None = None
        self._db = db
        self._clock = clock
        self._tail: deque[Event] = deque(maxlen=TAIL_EVENTS)
        self._wake = asyncio.Event()
        self._news = asyncio.Event()
        self._pulling = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        if bell is not None:
            bell.on_ring = self._rung
            bell.on_connect = self._wake.set  # rings of the gap are lost: look for oneself

    async def start(self) -> None:
        for pause in START_PAUSES:
            try:
                await self._load()
                break
            except TROUBLE:
                log.warning("feed.not_started", again_in_seconds=pause)
                await asyncio.sleep(pause)
        else:
            await self._load()
        self._task = asyncio.create_task(self._run(), name="feed")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def news(self) -> asyncio.Event:
        """Set once when the head has moved; take it before you look, wait on it after you found nothing."""
        return self._news

    @property
    def first(self) -> int:
        """The lowest number in the tail; one above the head when it is empty."""
        return self._tail[0].seq if self._tail else self.head + 1

    async def after(self, seq: int, limit: int = BATCH_EVENTS) -> list[Event]:
        """Events above `seq` that this process has read, from memory or, behind the tail, from the journal."""
        if seq >= self.head:
            return []
        if seq + 1 >= self.first:
            start = seq + 1 - self.first
            return [self._tail[index] for index in range(start, min(start + limit, len(self._tail)))]
        ahead = self.head - seq  # no more than this process has read: what it has not, it has not judged either
        async with self._db.snapshot() as session:
            self.compacted_to = max(self.compacted_to, (await journal.position(session)).compacted_to)
            # Of what was removed meanwhile nothing is answered: the follower looks again and is told to start anew.
            return [] if seq < self.compacted_to else await journal.after(session, seq, min(limit, ahead))

    def _rung(self, seq: int) -> None:
        if seq > self.head:
            self._wake.set()

    async def _load(self) -> None:
        async with self._db.snapshot() as session:
            position = await journal.position(session)
            start = max(position.compacted_to, position.seq - TAIL_EVENTS)
            events: list[Event] = []
            while batch := await journal.after(session, start, 2_000):
                events += batch
                start = batch[-1].seq
        await self._tell_rights(position.rights_version, is_anew=position.epoch != self.epoch)
        self.epoch, self.compacted_to = position.epoch, position.compacted_to
        self._tail.clear()
        self._tail.extend(events)
        self.head = events[-1].seq if events else position.seq
        self.read_at = self._clock()

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                await self._pull()
            except Exception:  # the database may be away for a moment; the next poll tries again
                log.exception("feed.read_failed", head=self.head)

    async def _pull(self) -> None:
        # One at a time: an older look, held against a newer head, would seem to be another history.
        async with self._pulling:
            await self._read_on()

    async def _read_on(self) -> None:
        while True:
            async with self._db.snapshot() as session:
                position = await journal.position(session)
                batch = await journal.after(session, self.head - 1, BATCH_EVENTS + 1)
            if position.epoch != self.epoch or position.compacted_to > self.head:
                # Restored and told so; or we were away for so long that what we had not read is gone.
                await self._begin_anew()
                return
            if position.seq < self.head or not self._continues(batch, position.compacted_to):
                await self._renew_epoch()
                return
            await self._tell_rights(position.rights_version, is_anew=False)
            batch = [event for event in batch if event.seq > self.head]
            self.compacted_to = position.compacted_to
            if batch:
                self._tail.extend(batch)
                self.head = batch[-1].seq
                self._announce()
            if len(batch) < BATCH_EVENTS:
                self.read_at = self._clock()
                return

    async def _tell_rights(self, version: int, *, is_anew: bool) -> None:
        if is_anew or version != self._rights_version:
            # When it fails nothing is shown; the next poll tries again.
            await self.on_rights(version, is_anew=is_anew)
            self._rights_version = version
            self._announce()  # whoever waits looks at their rights

    def _continues(self, batch: list[Event], compacted_to: int) -> bool:
        """Whether what was read from the last known event on begins with that event, and not with another one."""
        if not self._tail or compacted_to >= self.head:
            return True  # it is gone, as it may be
        return bool(batch) and _is_same(batch[0], self._tail[-1])

    async def _renew_epoch(self) -> None:
        """Another history stands where ours was: a backup came back and nobody said so. Cursors must not go on."""
        log.error("feed.history_replaced", head=self.head, epoch=self.epoch)
        async with self._db.write() as session:
            await journal.renew_epoch(session, instead_of=self.epoch)
        await self._begin_anew()

    async def _begin_anew(self) -> None:
        before, head = self.epoch, self.head
        await self._load()
        log.warning("feed.begins_anew", head_before=head, head=self.head, epoch_before=before, epoch=self.epoch)
        self._announce()

    def _announce(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


async def _nobody_asks(version: int, *, is_anew: bool) -> None: ...


def _is_same(one: Event, other: Event) -> bool:
    # Not the snapshots: they may be written in another form one day.
    return (one.seq, one.subject_id, one.version, one.action, one.at) == (
        other.seq, other.subject_id, other.version, other.action, other.at,
    )  # fmt: skip
