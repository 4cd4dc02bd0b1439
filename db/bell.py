"""The bell: tells every process that there is news. It carries a number and nothing else.

Losing a ring costs latency (the feed's poll interval), never an event. broadcaster is the edge; only its memory
backend is used here, for one process. See docs/adr/0004-the-bell-only-rings.md.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

from broadcaster import Broadcast

CHANNEL = "journal"


class Bell:
    """`ring` never waits and never fails; listeners are told in the loop that called `start`."""

    def __init__(self, url: str = "memory://") -> None:
        self._broadcast = Broadcast(url)
        self._listener: asyncio.Task[None] | None = None
        self._ringer: asyncio.Task[None] | None = None
        self._rung = asyncio.Event()
        self._highest = 0
        self.on_ring: Callable[[int], None] = lambda seq: None

    async def start(self) -> None:
        await self._broadcast.connect()
        subscribed = asyncio.Event()
        self._listener = asyncio.create_task(self._listen(subscribed), name="bell-listen")
        self._ringer = asyncio.create_task(self._publish(), name="bell-ring")
        await subscribed.wait()

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
            await self._broadcast.publish(CHANNEL, str(self._highest))

    async def _listen(self, subscribed: asyncio.Event) -> None:
        async with self._broadcast.subscribe(CHANNEL) as messages:
            subscribed.set()
            stream: AsyncIterator[Any] = messages  # type: ignore[assignment]  # broadcaster types it as optional
            async for message in stream:
                if message.message.isdecimal():
                    self.on_ring(int(message.message))


def open_bell(url: str) -> Bell:
    if not url.startswith("memory://"):
        raise ValueError(f"expected a memory:// bell; came {url.split(':', 1)[0]}")
    return Bell(url)
