"""Following the feed: which events concern a scope and a filter, from a position on, without a hole.

A follower is a cursor, not a queue: whoever is behind reads on from where they are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from db import journal
from db.cases import CaseFilter
from db.clock import Clock
from db.database import Database
from db.feed import Feed
from db.journal import Event
from db.paging import CursorError, EventPosition, event_cursor, parse_event_cursor
from db.scope import Scope
from db.vocabulary import CaseEventKind, Realm, SubjectKind
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Standing

HEARTBEAT_SECONDS = 10.0  # no silence longer than 15 s, on a loaded machine too
POLL_SCAN_EVENTS = 2_000  # one polling query reads no further; it says hasMore and goes on next time


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to send: an event as this follower sees it, or a control kind without one."""

    kind: CaseEventKind
    cursor: str
    seq: int
    at: datetime
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Page:
    deliveries: list[Delivery]
    cursor: str
    has_more: bool


class View:
    """What a subscriber may and wants to see of the journal: rights and filter, nothing of the person."""

    def __init__(self, scope: Scope, narrowed: CaseFilter, subject: SubjectKind = SubjectKind.CASE) -> None:
        self.scope = scope
        self.narrowed = narrowed
        self.subject = subject
        self.rights = scope.digest

    def kind_of(self, event: Event) -> CaseEventKind | None:
        """How an event looks from here, judged on the columns before and after; None: not at all."""
        scope, narrowed = self.scope, self.narrowed
        if event.realm is not scope.realm or event.subject_kind is not self.subject:
            return None
        if scope.covers(event.after) and narrowed.matches(event.after):
            return CaseEventKind.SUBMITTED if event.before is None else CaseEventKind.CHANGED
        if event.before is not None and scope.covers(event.before) and narrowed.matches(event.before):
            return CaseEventKind.LEFT_VIEW
        return None

    def cursor(self, epoch: str, seq: int) -> str:
        return event_cursor(EventPosition(epoch, seq, self.rights))


@dataclass(frozen=True, slots=True)
class Start:
    """Where a follower begins; a resync says that it cannot."""

    seq: int
    needs_resync: bool = False


class Follower:
    """Reads one view. It belongs to an epoch of the journal and keeps no position: those who follow do."""

    def __init__(self, db: Database, feed: Feed, view: View, clock: Clock, standing: Standing | None = None) -> None:
        self.view = view
        self.epoch = feed.epoch
        self._db = db
        self._feed = feed
        self._clock = clock
        self._standing = standing or Standing()  # of whom `follow` follows for

    def cursor(self, seq: int) -> str:
        return self.view.cursor(self.epoch, seq)

    async def start(self, after: str | None) -> Start:
        """Refuses CURSOR_INVALID for what is not a cursor or lies ahead of the database."""
        if after is None:
            return Start(self._feed.head)
        try:
            position = parse_event_cursor(after)
        except CursorError as error:
            raise Refusal(Code.CURSOR_INVALID, detail=str(error)) from error
        if position.epoch != self.epoch or position.rights != self.view.rights or self.is_lost(position.seq):
            return Start(position.seq, needs_resync=True)
        if position.seq > self._feed.head:  # perhaps only this process has not read so far yet
            async with self._db.read() as session:
                newest = (await journal.position(session)).seq
            if position.seq > newest:
                raise Refusal(Code.CURSOR_INVALID, detail="ahead of the journal")
        return Start(position.seq)

    def is_lost(self, seq: int) -> bool:
        """Whether nothing leads on from here: the journal was replaced, or removed up to a later number."""
        return self._feed.epoch != self.epoch or seq < self._feed.compacted_to

    def age(self, at: datetime) -> float:
        """Seconds since then, by this process's clock."""
        return max(0.0, (self._clock() - at).total_seconds())

    async def follow(self, after: str | None) -> AsyncIterator[Delivery]:
        """Everything of this view after a cursor, then live, without end. Ends only with RESYNC_REQUIRED."""
        start = await self.start(after)
        seq, given = start.seq, after or self.cursor(start.seq)
        if start.needs_resync:
            yield self.resync(given, seq)
            return
        if after is None:
            yield self.heartbeat(seq)
        loop = asyncio.get_running_loop()
        spoken = loop.time()
        while True:
            news = self._feed.news  # taken before looking: what arrives meanwhile sets this one
            if self.is_lost(seq) or not self._standing.is_current:
                yield self.resync(given, seq)
                return
            for event in await self._feed.after(seq):
                if self._feed.epoch != self.epoch or not self._standing.is_current:
                    break  # what was read may be of another history, or not for these eyes any more
                seq = event.seq
                if (delivery := self.delivery(event)) is not None:
                    yield delivery
                    given, spoken = delivery.cursor, loop.time()
            if loop.time() - spoken >= HEARTBEAT_SECONDS:
                yield self.heartbeat(seq)
                given, spoken = self.cursor(seq), loop.time()
            if seq >= self._feed.head:
                await wait_for_news(news, spoken + HEARTBEAT_SECONDS - loop.time())

    async def page(self, after: str, first: int) -> Page:
        """The polling query: at most `first` events of this view after a cursor."""
        start = await self.start(after)
        if start.needs_resync:
            return Page([self.resync(after, start.seq)], after, has_more=False)
        seq, scanned, found = start.seq, 0, list[Delivery]()
        while len(found) < first and scanned < POLL_SCAN_EVENTS:
            batch = await self._feed.after(seq)
            if not batch or self._feed.epoch != self.epoch:
                break
            for event in batch:
                seq, scanned = event.seq, scanned + 1
                if (delivery := self.delivery(event)) is not None:
                    found.append(delivery)
                if len(found) == first:
                    break
        if not found and self.is_lost(seq):  # removed or replaced while we read
            return Page([self.resync(after, start.seq)], after, has_more=False)
        return Page(found, self.cursor(seq), has_more=seq < self._feed.head)

    def delivery(self, event: Event) -> Delivery | None:
        kind = self.view.kind_of(event)
        return None if kind is None else Delivery(kind, self.cursor(event.seq), event.seq, event.at, event)

    def heartbeat(self, seq: int) -> Delivery:
        return Delivery(CaseEventKind.HEARTBEAT, self.cursor(seq), seq, self._clock())

    def resync(self, cursor: str, seq: int) -> Delivery:
        return Delivery(CaseEventKind.RESYNC_REQUIRED, cursor, seq, self._clock())


async def wait_for_news(news: asyncio.Event, seconds: float) -> None:
    """Until there is news, or for that long."""
    try:
        async with asyncio.timeout(max(seconds, 0)):
            await news.wait()
    except TimeoutError:
        pass


async def notices(
    feed: Feed, kind: SubjectKind, realm: Realm, path: str, standing: Standing
) -> AsyncIterator[list[Event]]:
    """Changes of subjects of one kind at or below a division, without end; first, and after the journal was replaced,
    an empty list: read how things stand. Ends when the viewer's rights change.

    What happened before this is asked is in the state that is read; whoever comes back reads it again.
    """
    epoch: str | None = None
    seq = 0
    while standing.is_current:
        news = feed.news  # taken before looking: what arrives meanwhile sets this one
        if feed.epoch != epoch:
            epoch, seq = feed.epoch, feed.head
            yield []
        events = await feed.after(seq)
        seq = events[-1].seq if events else seq
        found = [
            one
            for one in events
            if one.subject_kind is kind and one.realm is realm and one.after.division_path.startswith(path)
        ]
        if found:
            yield found
        elif not events:
            await wait_for_news(news, HEARTBEAT_SECONDS)
