"""Several processes on one port: a parent that binds it, replaces a worker that died, and ends when all have drained.

The parent serves nothing. Every worker is a whole server with a feed of its own; the bell tells one of the others.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

import structlog
from uvicorn.config import STARTUP_FAILURE

from api.logging_setup import set_up_logging
from api.server import GRACEFUL_SECONDS, Server, config_for
from api.settings import Settings
from db.feed import POLL_SECONDS

BACKLOG = 2_048
RESTART_SECONDS = 1.0  # a worker that dies at every start must not fill the log
OVERTIME_SECONDS = 3.0  # beyond what draining may take; then a worker hangs

log = structlog.get_logger("gridcast.workers")
spawn = multiprocessing.get_context("spawn")  # a fork would copy loops, threads and connections


def serve_together(settings: Settings) -> int:
    """Serve with `settings.workers` processes until SIGTERM or SIGINT. Returns the exit code."""
    if settings.bell == "memory://":
        log.warning("workers.poll", bell="memory://", delay_seconds=POLL_SECONDS, advice="set GRIDCAST_BELL_URL")
    if settings.database.startswith("sqlite"):
        log.warning("workers.queue", database="sqlite", advice="one process writes at a time; see PostgreSQL")
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        log.error("workers.no_port", host=settings.host, port=settings.port, reason=str(error))
        return STARTUP_FAILURE
    with listener:
        log.info("workers.listen", host=settings.host, port=listener.getsockname()[1], workers=settings.workers)
        return Parent(settings, listener).run()


class Parent:
    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        self._workers: dict[int, SpawnProcess] = {}  # by number, from 1
        self._started_at: dict[int, float] = {}
        self._told, self._tell = spawn.Pipe(duplex=False)  # workers say here that they serve
        self._has_served = False
        self._is_stopping = False
        self._kill_at: float | None = None
        self._exit_code = 0

    def run(self) -> int:
        woken, waker = socket.socketpair()
        with woken, waker:
            _wake_on_signals(waker)
            for number in range(1, self._settings.workers + 1):
                self._start(number)
            while self._workers:
                sentinels = [worker.sentinel for worker in self._workers.values()]
                self._look(woken, wait([woken, self._told, *sentinels], self._patience()))
        return self._exit_code

    def _look(self, woken: socket.socket, ready: Sequence[object]) -> None:
        if woken in ready:
            woken.recv(64)
            self._stop()
        if self._told in ready:
            self._told.recv()
            self._has_served = True
        for number, worker in list(self._workers.items()):
            if worker.sentinel in ready:
                self._ended(number, worker)
        if self._patience() == 0:
            self._kill()

    def _patience(self) -> float | None:
        return None if self._kill_at is None else max(0.0, self._kill_at - time.monotonic())

    def _start(self, number: int) -> None:
        given = (self._settings, self._listener, number, self._tell)
        worker = spawn.Process(target=work, args=given, name=f"worker-{number}", daemon=True)
        worker.start()
        self._workers[number], self._started_at[number] = worker, time.monotonic()

    def _ended(self, number: int, worker: SpawnProcess) -> None:
        del self._workers[number]
        worker.join()
        if self._is_stopping:
            # One that SIGTERM met before it could listen to signals had nothing to drain.
            self._exit_code = self._exit_code or int(worker.exitcode not in (0, -signal.SIGTERM))
        elif not self._has_served:
            log.error("worker.cannot_start", worker=number, exit_code=worker.exitcode)
            self._exit_code = STARTUP_FAILURE
            self._stop()
        else:
            log.error("worker.died", worker=number, pid=worker.pid, exit_code=worker.exitcode)
            time.sleep(max(0.0, RESTART_SECONDS - (time.monotonic() - self._started_at[number])))
            self._start(number)

    def _stop(self) -> None:
        if self._is_stopping:
            return
        self._is_stopping = True
        self._kill_at = time.monotonic() + self._settings.drain_seconds + GRACEFUL_SECONDS + OVERTIME_SECONDS
        self._listener.close()  # or callers would wait in a queue that nobody serves
        for worker in self._workers.values():
            worker.terminate()

    def _kill(self) -> None:
        self._exit_code, self._kill_at = 1, None
        for number, worker in self._workers.items():
            log.error("worker.hangs", worker=number, pid=worker.pid)
            worker.kill()


def work(settings: Settings, listener: socket.socket, number: int, tell: Connection) -> None:
    """One worker, in a process of its own."""
    from api.app import build_app  # noqa: PLC0415  # the parent needs no schema

    class Worker(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            tell.send(number)

    set_up_logging(dev=settings.dev)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    Worker(config_for(build_app(settings, is_first=number == 1))).run(sockets=[listener])


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)  # orphans would hold the port


def _wake_on_signals(waker: socket.socket) -> None:
    """SIGTERM and SIGINT become bytes to read: handled between two other things, never in the middle of one."""
    waker.setblocking(False)
    signal.set_wakeup_fd(waker.fileno())
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
