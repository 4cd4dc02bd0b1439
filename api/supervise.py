"""Tasks that run as long as the server does: owned, restarted when they fail, stopped and awaited at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

RESTART_SECONDS = (0.5, 1, 2, 5, 15, 30)  # a task that fails again and again must not fill the log

log = structlog.get_logger("gridcast.supervise")


class Supervisor:
    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        self._tasks.append(asyncio.create_task(_keep_running(name, run), name=name))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()


async def _keep_running(name: str, run: Callable[[], Awaitable[None]]) -> None:
    failures = 0
    while True:
        began = asyncio.get_running_loop().time()
        try:
            await run()
            return
        except Exception:
            is_long_ago = asyncio.get_running_loop().time() - began > 60
            failures = 0 if is_long_ago else failures
            pause = RESTART_SECONDS[min(failures, len(RESTART_SECONDS) - 1)]
            failures += 1
            log.exception("task_failed", task=name, restart_seconds=pause)
            await asyncio.sleep(pause)
