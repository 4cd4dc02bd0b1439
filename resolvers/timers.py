"""What SYSTEM does by itself: resumes held cases at their date, and finishes cases settled on the spot.

Every action carries the version it saw, so two processes that find the same case act once: the other is told
CONFLICT and leaves it.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from hashlib import blake2b

import structlog

from db import cases, idempotency
from db.cases import CaseRow
from db.clock import Clock
from db.database import Database
from db.vocabulary import CaseState, TaskAssignee
from resolvers import closing, handling
from resolvers.call import Call
from resolvers.refusals import Refusal
from resolvers.rules.lifecycle import Policy
from resolvers.viewer import system_viewer

LOOK_SECONDS = 1.0
BATCH_CASES = 50
FORGET_EVERY = 600  # looks between removals of idempotency records older than a day

log = structlog.get_logger("gridcast.timers")


class Timers:
    def __init__(self, db: Database, clock: Clock, policy: Policy | None = None) -> None:
        self._db = db
        self._clock = clock
        self._policy = policy or Policy()

    async def run(self) -> None:
        looks = 0
        while True:
            try:
                while await self.act() == BATCH_CASES:
                    pass
                if looks % FORGET_EVERY == 0:
                    async with self._db.write() as session:
                        await idempotency.forget_old(session, self._clock())
            except Exception:  # the database may be away for a moment; the next look tries again
                log.exception("timers.failed")
            looks += 1
            await asyncio.sleep(LOOK_SECONDS)

    async def act(self) -> int:
        """Do what is due now; how many cases were finished. One that fails holds up no other."""
        now = self._clock()
        async with self._db.read() as session:
            due = await cases.due_timers_without_scope(session, now, BATCH_CASES)
        finished = 0
        for case in due:
            try:
                await self._finish(case, now)
                finished += 1
            except Refusal as refusal:  # somebody acted first
                log.info("timers.refused", case=cases.number_of(case), code=refusal.code)
            except Exception:
                log.exception("timers.failed", case=cases.number_of(case))
        return finished

    async def _finish(self, case: CaseRow, now: datetime) -> None:
        key = f"timer:{case.id}:{case.version}"
        call = Call(system_viewer(case.realm), now, key, {}, case.version, self._policy)
        if case.state in (CaseState.ON_HOLD, CaseState.LONG_TERM):
            await handling.resume(self._db, call, case.id)
        elif case.check_result is None and is_drawn(case.id, self._policy.check_share_percent):
            await closing.request_check(self._db, call, case.id, TaskAssignee.CHECKER)
        else:
            await closing.close(self._db, call, case.id)


def is_drawn(case_id: int, share_percent: int) -> bool:
    """Whether a case settled on the spot is drawn for a check: by its number, so nobody can arrange it by timing."""
    digest = blake2b(f"check:{case_id}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % 100 < share_percent
