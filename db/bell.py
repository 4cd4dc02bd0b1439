"""The bell: tells every process that there is news. It carries a number and nothing else.

Losing a ring costs latency (the feed's poll interval), never an event. broadcaster is the edge: its memory backend
for one process, backends of our own for several. See docs/adr/0004-the-bell-only-rings.md and
docs/adr/0015-bells-that-come-back.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlsplit

from broadcaster import Broadcast

from db.bells.reconnecting import Reconnecting

VALKEY_SCHEMES = ("redis", "rediss", "valkey", "valkeys")
POSTGRES_SCHEMES = ("postgresql", "postgresql+asyncpg")


class Bell:
    """`ring` never waits and never fails; listeners are told in the loop that called `start`."""

    def __init__(self, line: Reconnecting | None = None) -> None:
        """Without a line it rings for this process alone."""
        self._line = line
        self._broadcast = Broadcast(backend=line) if line else Broadcast("memory://")
        self._listener: asyncio.Task[None] | None = None
        self._ringer: asyncio.Task[None] | None = None
        self._rung = asyncio.Event()
        self._highest = 0
        self._channel = ""
        self.on_ring: Callable[[int], None] = lambda seq: None
        self.on_connect: Callable[[], None] = lambda: None  # rings may have been missed until now
        self.on_cut_off: Callable[[], None] = lambda: None

    @property
    def is_connected(self) -> bool:
        return self._line is None or self._line.is_connected

    async def start(self, name: str = "") -> None:
        """Those who start with the same name hear each other. With the broker away it starts all the same."""
        self._channel = f"gridcast-{name}"
        if self._line is not None:
            self._line.on_connect, self._line.on_cut_off = self.on_connect, self.on_cut_off
        await self._broadcast.connect()
        subscribed = asyncio.Event()
        self._listener = asyncio.create_task(self._listen(subscribed), name="bell-listen")
        self._ringer = asyncio.create_task(self._publish(), name="bell-ring")
        await subscribed.wait()
        if self._line is not None:
            await self._line.tried()

    async def stop(self) -> None:
        for task in (self._ringer, self._listener):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self._broadcast.disconnect()

    def ring(self, seq: int) -> None:
        """There is news up to `seq`. Rings that come while one is under way are folded into the next."""
        self._highest = max(self._highest, seq)
        self._rung.set()

    async def _publish(self) -> None:
        while True:
            await self._rung.wait()
            self._rung.clear()
            await self._broadcast.publish(self._channel, str(self._highest))

    async def _listen(self, subscribed: asyncio.Event) -> None:
        async with self._broadcast.subscribe(self._channel) as messages:
            subscribed.set()
            stream: AsyncIterator[Any] = messages  # type: ignore[assignment]  # broadcaster types it as optional
            async for message in stream:
                if message.message.isdecimal():
                    self.on_ring(int(message.message))


def open_bell(url: str) -> Bell:
    """`memory://`, or the address of a Valkey, Redis or PostgreSQL server. Connects to nothing yet."""
    scheme = url.partition("://")[0]
    if scheme in VALKEY_SCHEMES:
        from db.bells import valkey  # noqa: PLC0415  # redis-py is an extra

        return Bell(Reconnecting(valkey.dialler(url), place=_place(url), pause_seconds=valkey.PAUSE_SECONDS))
    if scheme in POSTGRES_SCHEMES:
        from db.bells import postgres  # noqa: PLC0415  # SQLite needs no driver of it

        return Bell(Reconnecting(postgres.dialler(url), place=_place(url), pause_seconds=postgres.PAUSE_SECONDS))
    if scheme != "memory":
        raise ValueError("expected the address of a memory, Valkey, Redis or PostgreSQL bell")
    return Bell()


def _place(url: str) -> str:
    """Where the broker is, for the log: without name and password, also those in the query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
