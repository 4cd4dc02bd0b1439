"""The demo city at work: one step is one action of one person, through the use-cases and nothing else."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from api.demo import orders, permits, shifts
from api.demo.agenda import Agenda, Entry
from api.demo.album import Album
from api.demo.arrivals import Arrivals
from api.demo.intake import EVERYWHERE
from api.demo.oversight import beside
from api.demo.plot import ENDS, HEARD_AFTER, NEXT, WAIT_BY_PRIORITY, WAIT_SHARE
from api.demo.reference import Reference, read_reference
from api.demo.rhythm import pace
from api.demo.stage import Stage
from api.settings import Settings
from db import cases
from db.attachments import PhotoFiles
from db.cases import CaseListFilter
from db.clock import Clock
from db.database import Database
from db.realms import holds_exercise
from db.vocabulary import CaseAction
from resolvers.refusals import Refusal

OPEN_CASES = 400  # where the number of open cases levels off
NEW_SHARE = 1 / 3  # of actions, while there are fewer open cases than that
RAIN_SHARE = 0.3  # more of them while it rains
WARM_UP_CASES = 300
WARM_UP_HASTE = (0.01, 0.03, 0.3, 1.0)  # of the ordinary waits, by case, so that all stages are peopled
WARM_UP_WORK = 3  # further actions per case once all are handed in: the middle of the loop fills last
REFRESH_TURNS = 600
SHIFT_TURNS = 300
ORDER_TURNS = 30
REFRESH_CASES = 1_000  # read at a refresh, newest first
REFERENCE_RETRY_SECONDS = 30  # somebody may be importing right now
LONGEST_PAUSE = 3.0  # times the ordinary one
FAILURE_SECONDS = 1.0

log = structlog.get_logger("gridcast.demo")


@dataclass(frozen=True, slots=True)
class Taken:
    """What one step did."""

    action: CaseAction
    case_ids: tuple[int, ...]


class City:
    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        rate_per_second: float = 2.0,
        seed: int = 1,
        files: PhotoFiles | None = None,
        open_cases: int = OPEN_CASES,
    ) -> None:
        """`rate_per_second` counts actions, at an average hour. Photos go where the settings say, or to `files`."""
        self._db = db
        self._clock = clock
        self._rate = rate_per_second
        self._seed = seed
        self._files = files or PhotoFiles(Settings().files_dir)
        self._target = open_cases
        self._rng = random.Random(seed)
        self._pauses = random.Random(f"{seed}:pauses")
        self._agenda = Agenda()
        self._turn = 0
        self._is_warming = False
        self._stage: Stage | None = None
        self._arrivals: Arrivals | None = None
        self.counts: Counter[str] = Counter()

    @property
    def open_cases(self) -> int:
        return self._agenda.open_cases

    @property
    def not_permitted(self) -> int:
        """Grid tasks that the permit list refused so far; a patrol officer got them instead."""
        return 0 if self._stage is None else self._stage.not_permitted

    async def run(self) -> None:
        """Live until cancelled. A step that fails is logged and the next one follows."""
        while not await self.open():
            log.warning("demo.nothing_imported", hint="import-divisions, import-grids --sample, import-units")
            await asyncio.sleep(REFERENCE_RETRY_SECONDS)
        if not await holds_exercise(self._db):
            await self.warm_up()
        while True:
            await self._step_or_warn()
            await asyncio.sleep(self._pause(self._clock()))

    async def open(self) -> bool:
        """Read the province and pick up the open cases of the exercise; False when there is nothing to live in."""
        reference = await read_reference(self._db, random.Random(f"{self._seed}:places"))
        if not reference.is_complete:
            return False
        self._begin(reference)
        await self._refresh()
        return True

    def _begin(self, reference: Reference) -> None:
        # With the moment of the start in it, a restart on the same database never repeats a key.
        prefix = f"demo-{self._seed}-{int(self._clock().timestamp() * 1000):x}"
        album = Album(self._db, self._files, self._clock, self._seed)
        self._stage = Stage(self._db, self._clock, self._rng, reference, album, prefix)
        self._arrivals = Arrivals(self._stage)

    async def warm_up(self, cases_wanted: int = WARM_UP_CASES) -> None:
        """A quick history at full speed, in server time, so that a wall is alive from the first minute."""
        self._is_warming = True
        if self._stage is not None:
            await permits.tell(self._stage)
        for _ in range(cases_wanted * 4):  # enough, unless every other step fails
            if self.counts[CaseAction.SUBMIT] >= cases_wanted:
                break
            await self._step_or_warn()
            await asyncio.sleep(0)
        for _ in range(cases_wanted * WARM_UP_WORK):
            await self._step_or_warn(self._work_on)
            await asyncio.sleep(0)
        self._is_warming = False
        log.info("demo.warm", cases=self.counts[CaseAction.SUBMIT], actions=self._turn)

    async def _step_or_warn(self, step: Callable[[], Awaitable[Taken | None]] | None = None) -> None:
        try:
            await (step or self.step)()
        except Refusal as refusal:
            log.warning("demo.refused", code=refusal.code, **{"in": refusal.message("zh")})
        except Exception:  # whatever it was, the city goes on; the supervisor would start it from scratch
            log.warning("demo.failed", exc_info=True)
            await asyncio.sleep(FAILURE_SECONDS)

    async def step(self) -> Taken | None:
        """One action: something is handed in, or a case goes on. None when the case of this turn rests."""
        if self._stage is None or self._arrivals is None:
            raise RuntimeError("expected an open city; call open() first")
        self._turn += 1
        if self._turn % REFRESH_TURNS == 0:
            await self._refresh()
        if self._turn % SHIFT_TURNS == 1:
            await shifts.look(self._stage)
        if self._turn % ORDER_TURNS == 1:
            await orders.look(self._stage)
        self._arrivals.look_at_the_sky()
        if self._rng.random() < self._new_share(self._arrivals):
            return await self._hand_in(self._arrivals)
        entry = self._agenda.take(self._turn)
        if entry is None and self.open_cases < self._target:
            return await self._hand_in(self._arrivals)
        entry = entry or self._agenda.take_early()
        return await self._go_on(self._stage, entry) if entry is not None else await self._hand_in(self._arrivals)

    async def _work_on(self) -> Taken | None:
        """One action on a case that is there already."""
        if self._stage is None:
            raise RuntimeError("expected an open city; call open() first")
        self._turn += 1
        entry = self._agenda.take(self._turn) or self._agenda.take_early()
        return None if entry is None else await self._go_on(self._stage, entry)

    def _new_share(self, arrivals: Arrivals) -> float:
        """The chance that this step hands something in: the fuller the city, the smaller."""
        fullness = self.open_cases / self._target
        room = min(max((1.1 - fullness) / 0.5, 0.0), 1.0)
        return NEW_SHARE * room + (RAIN_SHARE if arrivals.is_raining and fullness < 1.5 else 0.0)

    async def _hand_in(self, arrivals: Arrivals) -> Taken:
        entries = await arrivals.one_more()
        for entry in entries:
            self._agenda.put(entry, self._turn + self._wait(entry, CaseAction.SUBMIT))
        self.counts[CaseAction.SUBMIT] += len(entries)
        return Taken(CaseAction.SUBMIT, tuple(entry.case_id for entry in entries))

    async def _go_on(self, stage: Stage, entry: Entry) -> Taken | None:
        async with self._db.read() as session:
            case = (await cases.by_ids(session, EVERYWHERE, [entry.case_id])).get(entry.case_id)
        if case is None or case.state not in NEXT:
            return None
        entry.is_open, entry.priority = case.is_open, case.priority
        try:
            aside = await beside(stage, case)
            action = aside or await NEXT[case.state](stage, case, entry)
        except Exception:
            entry.passes += 1
            if case.is_open:
                self._agenda.put(entry, self._turn + self._target * entry.passes)
            raise
        if action is None:
            self._rest(entry)
            return None
        entry.passes = 0
        if aside is None:
            self._queue_after(entry, action)
        else:  # the case stands where it stood
            self._agenda.put(entry, self._turn + self._wait(entry, action))
        self.counts[action] += 1
        return Taken(action, (entry.case_id,))

    def _rest(self, entry: Entry) -> None:
        entry.passes += 1
        if entry.is_open:
            self._agenda.put(entry, self._turn + self._wait(entry, CaseAction.SUBMIT))

    def _queue_after(self, entry: Entry, action: CaseAction) -> None:
        entry.is_open = action not in ENDS
        if entry.is_open or self._rng.random() < HEARD_AFTER.get(action, 0.0):
            self._agenda.put(entry, self._turn + self._wait(entry, action))

    def _wait(self, entry: Entry, action: CaseAction) -> float:
        """Turns until the next look. In proportion to the city's size: a small city answers sooner."""
        haste = WARM_UP_HASTE[entry.case_id % len(WARM_UP_HASTE)] if self._is_warming else 1.0
        mean = 0.75 * self._target * haste * WAIT_SHARE.get(action, 1.0) * WAIT_BY_PRIORITY[entry.priority]
        return min(self._rng.expovariate(1 / mean), 4 * mean)

    async def _refresh(self) -> None:
        """Take in open cases that others handed in or took up again, or that an earlier run left."""
        async with self._db.read() as session:
            wanted = CaseListFilter(is_open=True)
            rows = await cases.page(session, EVERYWHERE, wanted, self._clock(), first=REFRESH_CASES, before_id=None)
        for row in reversed(rows):
            if row.id not in self._agenda:
                entry = Entry(row.id, row.priority, matter_id=row.matter_id)
                self._agenda.put(entry, self._turn + self._wait(entry, CaseAction.SUBMIT))

    def _pause(self, now: datetime) -> float:
        """Seconds until the next step: irregular, as people are."""
        mean = 1 / (self._rate * pace(now))
        return min(self._pauses.expovariate(1 / mean), LONGEST_PAUSE * mean)
