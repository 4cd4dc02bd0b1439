"""One process does it: a lease that is taken, renewed in time and given up, and the fence for its writes."""

from __future__ import annotations

from datetime import datetime, timedelta
from secrets import token_hex

import structlog

from db import leases
from db.clock import Clock
from db.database import Database
from db.leases import Fence

log = structlog.get_logger("gridcast.leading")


class Leader:
    def __init__(self, db: Database, clock: Clock, name: str, seconds: float) -> None:
        self._db = db
        self._clock = clock
        self._name = name
        self._seconds = seconds
        self._holder = token_hex(8)
        self._fence: Fence | None = None
        self._renew_at: datetime | None = None
        self.until: datetime | None = None  # nobody else leads before, as far as it knows

    @property
    def leads(self) -> bool:
        """As far as it knows."""
        return self._fence is not None

    async def fence(self) -> Fence | None:
        """The lease, taken or renewed; None where another process has it."""
        now = self._clock()
        if self._fence is None or self._renew_at is None or now >= self._renew_at:
            until = now + timedelta(seconds=self._seconds)
            async with self._db.write() as session:
                found = await leases.take(session, self._name, self._holder, now=now, until=until)
            if found is not None and found != self._fence:
                log.info("leading.leads", lease=self._name, token=found.token)
            self._fence, self._renew_at = found, now + timedelta(seconds=self._seconds / 2)
            self.until = until if found is not None else None
        return self._fence

    def lost(self) -> None:
        """A write was fenced off: somebody else leads."""
        log.warning("leading.fenced", lease=self._name)
        self._fence = self.until = None

    async def give_up(self) -> None:
        if self._fence is not None:
            try:
                async with self._db.write() as session:
                    await leases.give_up(session, self._fence, self._clock())
            except Exception:  # the lease runs out by itself
                log.warning("leading.lease_not_given_up", lease=self._name, exc_info=True)
            self._fence = self.until = None
