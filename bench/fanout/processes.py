"""Processes under measurement: pinned to a core, ended by their id, their time and memory read from the kernel."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

SERVER_CORE, CLIENT_CORE = 0, 1
Words = Sequence[str | Path]

_libc = ctypes.CDLL(None, use_errno=True)


class Process:
    """A child on one core, its output in a file."""

    def __init__(
        self,
        words: Words,
        log: Path,
        *,
        core: int,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        is_spoken_to: bool = False,
    ) -> None:
        self.log = log
        pipe = subprocess.PIPE if is_spoken_to else None
        with log.open("w") as output:
            self._child = subprocess.Popen(
                ["taskset", "-c", str(core), *map(str, words)],
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdin=pipe or subprocess.DEVNULL,
                stdout=pipe or output,
                stderr=output,
                text=True,
                bufsize=1,
            )
        self.pid = self._child.pid  # taskset replaces itself by the program

    @property
    def is_running(self) -> bool:
        return self._child.poll() is None

    def say(self, line: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(line + "\n")

    def hear(self) -> str:
        """The next line of its standard output; raises with the end of its log when there is none."""
        output: IO[str] | None = self._child.stdout
        assert output is not None
        if line := output.readline():
            return line
        raise RuntimeError(f"{self.log.stem} ended: {self.log.read_text()[-1_000:]}")

    def stop(self) -> None:
        if self._child.stdin is not None:
            self._child.stdin.close()
        self._child.terminate()
        try:
            self._child.wait(15)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def cpu_seconds(self) -> float:
        """utime + stime of all its threads, ended ones included, finer than the ticks of /proc/PID/stat."""
        clock = ctypes.c_int()
        if _libc.clock_getcpuclockid(self.pid, ctypes.byref(clock)):
            raise RuntimeError(f"{self.log.stem} has gone: {self.log.read_text()[-1_000:]}")
        return time.clock_gettime(clock.value)

    def ticked_cpu_seconds(self) -> float:
        """The same from /proc/PID/stat."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_kib(self) -> int:
        found = re.search(r"^Rss:\s+(\d+) kB", Path(f"/proc/{self.pid}/smaps_rollup").read_text(), re.MULTILINE)
        assert found is not None
        return int(found[1])


class OthersWatch:
    """How much of the server's core somebody else has used: what spoils a latency on a shared machine."""

    def __init__(self, server: Process) -> None:
        self._server = server
        self._began = time.monotonic(), _busy_seconds(SERVER_CORE), server.cpu_seconds()

    def percent(self) -> float:
        began, busy, used = self._began
        others = _busy_seconds(SERVER_CORE) - busy - (self._server.cpu_seconds() - used)
        return round(max(0.0, others) / (time.monotonic() - began) * 100, 1)


def _busy_seconds(core: int) -> float:
    """User, nice, system, interrupts and what the host took."""
    lines = Path("/proc/stat").read_text().splitlines()
    fields = next(line for line in lines if line.startswith(f"cpu{core} ")).split()[1:]
    return sum(int(fields[index]) for index in (0, 1, 2, 5, 6, 7)) / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(process: Process, port: int, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.is_running:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{process.log.stem} does not listen: {process.log.read_text()[-1_000:]}")
