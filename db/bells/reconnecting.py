"""A broadcaster backend that comes back: one supervised line to a broker, dialled again whenever it breaks.

Only the highest number matters, so nothing is queued: what could not be said is said, once, when the line is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import structlog
from broadcaster import BroadcastBackend, Event

ANSWER_SECONDS = 2.0  # a broker that takes longer to connect, to send or to repeat a number counts as gone
CHECK_SECONDS = 4.0  # between two numbers sent to hear oneself: half-open lines are found after both together
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0  # before dialling again: back within 10 s of the broker
STEADY_SECONDS = 10.0  # a line that held this long may be dialled again at once

NUMBER = re.compile(rb"[0-9]{1,18}")  # anything else on the channel is somebody's rubbish

log = structlog.get_logger("gridcast.bell")


class Line(Protocol):
    """One open connection that the broker has confirmed. Any failure ends it; nothing is mended in it."""

    async def say(self, text: str) -> None: ...

    async def hear(self) -> bytes: ...


Dial = Callable[[str], AbstractAsyncContextManager[Line]]
"""Opens a line to a channel; closes it, without waiting for long, when left."""


class Reconnecting(BroadcastBackend):
    """`publish` never waits and never fails. Its own process is told at once, with or without a broker."""

    def __init__(self, dial: Dial, *, place: str, pause_seconds: float) -> None:
        """`place` stands in the log and holds no password; `pause_seconds` is the least time between two sendings."""
        self.is_connected = False
        self.on_connect: Callable[[], None] = lambda: None
        self.on_cut_off: Callable[[], None] = lambda: None
        self._dial = dial
        self._place = place
        self._pause_seconds = pause_seconds
        self._channel = ""
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()  # the first attempt has succeeded or failed
        self._cut_off_at: float | None = None
        self._published = 0  # the highest number of this process
        self._unsaid = asyncio.Event()
        self._heard = asyncio.Event()  # whatever it was: the line is alive
        self._told = 0
        self._news = asyncio.Event()

    # -- what broadcaster asks for

    async def connect(self) -> None:
        """Nothing to do before the channel is known."""

    async def subscribe(self, group: str) -> None:
        # Without an await: while one is waited for, broadcaster would forget a second subscriber.
        self._channel = group
        self._task = asyncio.create_task(self._stay_connected(), name="bell-line")

    async def unsubscribe(self, group: str) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self.is_connected = False

    async def disconnect(self) -> None:
        """The line went with the subscription."""

    async def publish(self, channel: str, message: Any) -> None:
        self._published = max(self._published, int(message))
        self._unsaid.set()
        self._tell(self._published)

    async def next_published(self) -> Event:
        await self._news.wait()
        self._news.clear()
        number, self._told = self._told, 0
        return Event(self._channel, str(number))

    # -- the line

    async def tried(self) -> None:
        """Returns once the first attempt is over: connected and confirmed, or cut off and trying again."""
        await self._tried.wait()

    async def _stay_connected(self) -> None:
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            began = loop.time()
            try:
                await self._hold_a_line()
            except Exception as error:  # whatever a driver raises: the line is gone, and is dialled again
                self._note_cut_off(error)
            failures = 0 if loop.time() - began > STEADY_SECONDS else failures + 1
            pause = min(FIRST_PAUSE_SECONDS * 2**failures, LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause * random.uniform(0.5, 1))

    async def _hold_a_line(self) -> None:
        async with contextlib.AsyncExitStack() as stack:
            async with asyncio.timeout(ANSWER_SECONDS):
                line = await stack.enter_async_context(self._dial(self._channel))
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            tasks.create_task(self._listen(line))
            tasks.create_task(self._speak(line))
            tasks.create_task(self._check())

    async def _listen(self, line: Line) -> None:
        while True:
            text = await line.hear()
            self._heard.set()
            if NUMBER.fullmatch(text) and int(text) > self._published:
                self._tell(int(text))

    async def _speak(self, line: Line) -> None:
        while True:
            await self._unsaid.wait()
            self._unsaid.clear()
            async with asyncio.timeout(ANSWER_SECONDS):
                await line.say(str(self._published))
            await asyncio.sleep(self._pause_seconds)

    async def _check(self) -> None:
        """Only what comes back proves both directions: a half-open line, or a proxy that swallows, looks alive."""
        while True:
            self._heard.clear()
            self._unsaid.set()  # the first time it also says what could not be said during the gap
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._heard.wait()
            self._note_connected()
            await asyncio.sleep(CHECK_SECONDS)

    def _tell(self, number: int) -> None:
        self._told = max(self._told, number)
        self._news.set()

    def _note_connected(self) -> None:
        if self.is_connected:
            return
        self.is_connected = True
        self._tried.set()
        if self._cut_off_at is not None:
            gap = asyncio.get_running_loop().time() - self._cut_off_at
            log.info("bell.back", bell=self._place, gap_seconds=round(gap, 1))
            self._cut_off_at = None
        self.on_connect()

    def _note_cut_off(self, error: BaseException) -> None:
        self.is_connected = False
        if self._cut_off_at is None:
            self._cut_off_at = asyncio.get_running_loop().time()
            # The kind of error and no more: what a driver writes may repeat an address with its password.
            log.warning("bell.cut_off", bell=self._place, reason=_kind(error))
            self.on_cut_off()
        self._tried.set()


def _kind(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__
