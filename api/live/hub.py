"""Takes what is new from the feed to the cohorts that may see it. One per process; it never waits for a socket."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import structlog

from api.engine import Engine
from api.live.cohorts import Cohort
from api.live.execution import Key, Selection
from api.live.index import Index
from api.live.kept import Kept
from db.feed import Feed
from resolvers.following import Delivery

SPEAK_SECONDS = 1.0  # who has been silent is looked for this often

log = structlog.get_logger("gridcast.live")


class Hub:
    def __init__(self, engine: Engine, feed: Feed) -> None:
        self.feed = feed
        self.seq = 0  # up to here every event has been offered to the cohorts it may concern
        self.kept = Kept(lambda: feed.first)
        self._epoch = ""
        self._metrics = engine.metrics
        self._index: Index[Cohort] = Index()
        self._cohorts: dict[Key, Cohort] = {}
        self._opening: dict[Key, asyncio.Task[Cohort]] = {}

    def __len__(self) -> int:
        return len(self._cohorts)

    def start(self) -> None:
        """After the feed has started."""
        self._epoch, self.seq = self.feed.epoch, self.feed.head

    # -- cohorts come and go

    async def enter(self, selection: Selection) -> Cohort:
        """The cohort of a selection; whoever enters it leaves it again. Those that come together open it once."""
        key = selection.key
        while True:
            cohort = self._cohorts.get(key)
            if cohort is not None and cohort.follower.epoch == self.feed.epoch:
                cohort.holders += 1
                return cohort
            if cohort is not None:
                self._retire(cohort)
            task = self._opening.get(key)
            if task is None:
                task = self._opening[key] = asyncio.create_task(self._open(key, selection), name="cohort-open")
                task.add_done_callback(_was_seen)
            await asyncio.shield(task)

    async def _open(self, key: Key, selection: Selection) -> Cohort:
        try:
            cohort = Cohort(selection, await selection.followed(), lambda: self.seq, self.kept)
            self._cohorts[key] = cohort
            self._index.add(cohort.follower.view, cohort)
            self._metrics.cohorts.inc()
            return cohort
        finally:
            del self._opening[key]

    def leave(self, cohort: Cohort) -> None:
        cohort.holders -= 1
        if cohort.holders == 0:
            self._retire(cohort)
            cohort.close()

    def _retire(self, cohort: Cohort) -> None:
        if self._cohorts.get(cohort.key) is cohort:
            del self._cohorts[cohort.key]
            self._index.remove(cohort.follower.view, cohort)
            self._metrics.cohorts.dec()

    # -- what runs as long as the process

    async def run(self) -> None:
        """For ever: events to cohorts."""
        while True:
            news = self.feed.news  # taken before looking: what arrives meanwhile sets this one
            if self.feed.epoch != self._epoch:
                self._begin_again()
            events = await self.feed.after(self.seq)
            if not events:
                await news.wait()
                continue
            offers: defaultdict[Cohort, list[Delivery]] = defaultdict(list)
            for event in events:
                for cohort in self._index.concerned(event):
                    if (delivery := cohort.follower.delivery(event)) is not None:
                        offers[cohort].append(delivery)
            self.seq = events[-1].seq
            for cohort, deliveries in offers.items():
                cohort.offer(deliveries)

    def _begin_again(self) -> None:
        """The journal was restored or rebuilt: nobody's position leads on."""
        self.start()
        for cohort in list(self._cohorts.values()):
            if cohort.follower.epoch != self._epoch:
                self._retire(cohort)
                for member in list(cohort.members):
                    member.resync()

    async def speak(self) -> None:
        """For ever: no member hears nothing for longer than the heartbeat's time."""
        while True:
            await asyncio.sleep(SPEAK_SECONDS)
            now = asyncio.get_running_loop().time()
            for cohort in list(self._cohorts.values()):
                if cohort.holders == 0:  # whoever asked for it went away while it was opened
                    self._retire(cohort)
                    continue
                try:
                    await cohort.speak(now)
                except Exception:
                    log.exception("heartbeat_failed")


def _was_seen(task: asyncio.Task[Cohort]) -> None:
    """Those who wait for it are told; when nobody waits any more, nobody needs to hear of it."""
    if not task.cancelled():
        task.exception()
