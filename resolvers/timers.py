"""What SYSTEM does by itself: resumes held cases at their date, finishes cases settled on the spot, and says once of
every clock that it has become near due and overdue.

One process leads, by a lease in the database; every write shows the lease's token, so a leader that was only slow
changes nothing after another has taken over. Every action also carries the version it saw.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

import structlog

from db import cases, clocks, idempotency
from db.cases import CaseRow
from db.clock import Clock
from db.database import Database
from db.leases import Fence, Fenced
from db.vocabulary import CaseState, Realm, TaskAssignee
from resolvers import closing, extending, handling
from resolvers.call import Call
from resolvers.leading import Leader
from resolvers.refusals import Code, Refusal
from resolvers.rules.policy import Policy
from resolvers.viewer import system_viewer

LEASE = "timers"
LEASE_SECONDS = 10.0  # so long nothing happens by itself after the leader was killed
LOOK_SECONDS = 1.0
BATCH_CASES = 50
AGAIN_SECONDS = 60.0  # a case that fails is left alone for so long: the others are not to wait for it
FORGET_EVERY = 600  # looks between removals of idempotency records older than a day

log = structlog.get_logger("gridcast.timers")


@dataclass(frozen=True, slots=True)
class Lead:
    """What a duty is done with."""

    db: Database
    now: datetime
    fence: Fence
    policy: Policy

    def call(self, realm: Realm, key: str, version: int | None = None) -> Call:
        """A call of SYSTEM that is refused once somebody else leads; the same key has one effect."""
        return Call(system_viewer(realm), self.now, key, {}, version, self.policy, self.fence)


Duty = Callable[[Lead], Awaitable[int]]
"""Does some of what is due by itself, a bounded batch; how many things it did."""


class Timers:
    """Looks once a second. `duties` are what other subjects have to do by themselves."""

    def __init__(
        self, db: Database, clock: Clock, policy: Policy | None = None, *, duties: Sequence[Duty] = ()
    ) -> None:
        self._db = db
        self._clock = clock
        self._policy = policy or Policy()
        self._duties = tuple(duties)
        self._leader = Leader(db, clock, LEASE, LEASE_SECONDS)
        self._left_alone: dict[int, datetime] = {}  # cases that failed, until when
        self.looked_at: datetime | None = None
        """When this process last did everything that was due; None where it never led."""

    async def run(self) -> None:
        looks = 0
        try:
            while True:
                try:
                    while await self.act() >= BATCH_CASES:
                        pass
                    if looks % FORGET_EVERY == 0 and self._leader.leads:
                        async with self._db.write() as session:
                            await idempotency.forget_old(session, self._clock())
                except Exception:  # the database may be away for a moment; the next look tries again
                    log.exception("timers.failed")
                looks += 1
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._leader.give_up()

    async def act(self) -> int:
        """Do what is due now, if this process leads; how many things were done. One that fails holds up no other."""
        fence = await self._leader.fence()
        if fence is None:
            return 0
        lead = Lead(self._db, self._clock(), fence, self._policy)
        try:
            done = await self._timers(lead) + await self._alarms(lead)
            for duty in self._duties:
                done += await duty(lead)
        except Fenced:
            self._leader.lost()
            return 0
        self.looked_at = lead.now
        return done

    async def _timers(self, lead: Lead) -> int:
        async with self._db.read() as session:
            due = await cases.due_timers_without_scope(session, lead.now, BATCH_CASES + len(self._left_alone))
        return await self._each(lead, due, self._finish)

    async def _alarms(self, lead: Lead) -> int:
        async with self._db.read() as session:
            due = await clocks.alarming_without_scope(session, lead.now, BATCH_CASES + len(self._left_alone))
        return await self._each(lead, due, self._announce)

    async def _each(self, lead: Lead, due: Sequence[CaseRow], act: Callable[[Lead, CaseRow], Awaitable[None]]) -> int:
        self._left_alone = {case_id: until for case_id, until in self._left_alone.items() if until > lead.now}
        done = 0
        for case in due:
            if case.id in self._left_alone:
                continue
            try:
                await act(lead, case)
                done += 1
            except Refusal as refusal:  # somebody acted first
                log.info("timers.refused", case=cases.number_of(case), code=refusal.code)
                if refusal.code is Code.REPLY_REQUIRED:  # or a case that waits for people, not for a moment
                    self._left_alone[case.id] = lead.now + timedelta(seconds=AGAIN_SECONDS)
            except Fenced:
                raise
            except Exception:
                self._left_alone[case.id] = lead.now + timedelta(seconds=AGAIN_SECONDS)
                log.exception("timers.failed", case=cases.number_of(case))
        return done

    async def _finish(self, lead: Lead, case: CaseRow) -> None:
        call = lead.call(case.realm, f"timer:{case.id}:{case.version}", case.version)
        if case.state in (CaseState.ON_HOLD, CaseState.LONG_TERM):
            await handling.resume(self._db, call, case.id)
        elif case.check_result is None and is_drawn(case.id, self._policy.check_share_percent):
            await closing.request_check(self._db, call, case.id, TaskAssignee.CHECKER)
        else:
            await closing.close(self._db, call, case.id)

    async def _announce(self, lead: Lead, case: CaseRow) -> None:
        call = lead.call(case.realm, f"alarm:{case.id}:{case.version}", case.version)
        await extending.announce(self._db, call, case)


def is_drawn(case_id: int, share_percent: int) -> bool:
    """Whether a case settled on the spot is drawn for a check: by its number, so nobody can arrange it by timing."""
    digest = blake2b(f"check:{case_id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % 100 < share_percent
