"""Processor time per delivery: every server with the same subscribers, measured in turn.

All servers are up at once, each with its thousand subscribers; only the one whose turn it is has anything to send.
A round gives each a few bursts of W events; a burst follows when the last frame of the one before has come. What the
server's process has used meanwhile, reading the journal and idling included, is divided by the frames received.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.fanout import servers
from bench.fanout.load import Load, Wrong
from bench.fanout.processes import OthersWatch
from bench.fanout.servers import Reference, Server, connect

SUBSCRIBERS = 1_000
WIDE, ALONE = 8, 1  # events waiting when the server looks
NAP_US = 200  # of the load client: waking it for every frame is work that a server pays for only on the loopback
SETTLE_SECONDS = 0.02  # what a server still does after the last frame has come
IDLE_SECONDS = 4.0

# What the design measured beside each other elsewhere, microseconds per delivery: a reference is honest when it comes
# within a quarter of this, scaled by the C loop, which is all kernel and tells how fast this machine is.
THERE = {
    "strawberry": 287.0,
    "graphql-ws": 55.0,
    "mercurius": 46.0,
    "broadcast": 11.4,
    "c-batch": 0.88,
    "c-frame": 4.8,
}
YARDSTICK = "c-frame"
TOLERANCE = 0.25

ENOUGH_CPU_SECONDS = 0.4  # of one server in one round, in as many bursts as that takes
MOST_BURSTS = 200
ENOUGH_SECONDS = 3.5  # or this long: without a bell each burst waits for the poll


@dataclass
class Measured:
    """One server's rounds; all figures in microseconds of processor time per delivery."""

    name: str
    wide: list[float] = field(default_factory=list)
    alone: list[float] = field(default_factory=list)
    client: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)  # percent of the core that somebody else used meanwhile
    idle_percent: float = 0.0
    frame_bytes: tuple[int, int] = (0, 0)
    void: str = ""  # why it does not count

    @property
    def median_wide(self) -> float:
        return statistics.median(self.wide)

    @property
    def median_alone(self) -> float:
        return statistics.median(self.alone)


@dataclass
class Contender:
    server: Server
    load: Load
    measured: Measured

    def bursts(self, width: int, *, most: int) -> tuple[float, float]:
        """Microseconds of the server and of the client per delivery, over bursts of `width` events."""
        began, server, client = time.monotonic(), self.server.process.cpu_seconds(), self.load.stats()["cpu_seconds"]
        count = used = 0.0
        while count < most and used < ENOUGH_CPU_SECONDS and time.monotonic() < began + ENOUGH_SECONDS:
            self.server.emit(width)
            self.load.events += width
            stats = self.load.wait()
            count, used = count + 1, self.server.process.cpu_seconds() - server
        time.sleep(SETTLE_SECONDS)
        used = self.server.process.cpu_seconds() - server
        deliveries = width * count * self.load.count
        self.load.forget()
        return used / deliveries * 1e6, (stats["cpu_seconds"] - client) / deliveries * 1e6


def measure(ours: Server, folder: Path, rounds: int) -> dict[str, Measured]:
    """Each server's figures, by name. A server that sent something wrong is void, and says what."""
    contenders: list[Contender] = []
    try:
        contenders.append(_contender(ours, folder))
        ours_bytes = _frame_bytes(contenders[0])
        for start in (
            servers.strawberry, servers.graphql_ws, servers.mercurius, servers.broadcast,
            lambda folder: servers.send_loop(folder, in_batches=False),
            lambda folder: servers.send_loop(folder, in_batches=True),
        ):  # fmt: skip
            reference = start(folder)
            try:
                servers.pad_to(reference, folder, ours_bytes)
                contenders.append(_contender(reference, folder))
            except BaseException:
                reference.stop()
                raise
        _measure_idle(contenders)
        for round_ in range(-1, rounds):
            _round(contenders, counts=round_ >= 0)
            print(f"  round {round_ + 1} of {rounds}" if round_ >= 0 else "  warm", flush=True)
        for one in contenders:
            smallest, largest = one.load.stats()["frame_bytes"]
            one.measured.frame_bytes = (smallest, largest)
            if largest != ours_bytes:
                one.measured.void = f"frames of {largest} bytes, ours of {ours_bytes}"
    finally:
        for one in contenders:
            one.load.stop()
            if isinstance(one.server, Reference):
                one.server.stop()
    found = {one.measured.name: one.measured for one in contenders}
    _judge(found)
    return found


def _contender(server: Server, folder: Path) -> Contender:
    load = connect(server, folder, SUBSCRIBERS, nap_us=NAP_US)
    print(f"  {server.name}: {load.ready['ready']} subscribers", flush=True)
    return Contender(server, load, Measured(server.name))


def _frame_bytes(ours: Contender) -> int:
    ours.server.emit(ALONE)
    ours.load.events += ALONE
    largest: int = ours.load.wait()["frame_bytes"][1]
    return largest


def _measure_idle(contenders: Sequence[Contender]) -> None:
    """All at once: each has a process of its own, and none has anything to do."""
    before = [one.server.process.cpu_seconds() for one in contenders]
    time.sleep(IDLE_SECONDS)
    for one, used in zip(contenders, before, strict=True):
        one.measured.idle_percent = (one.server.process.cpu_seconds() - used) / IDLE_SECONDS * 100


def _round(contenders: Sequence[Contender], *, counts: bool) -> None:
    for width in (WIDE, ALONE):
        for one in contenders:
            measured = one.measured
            if measured.void:
                continue
            watch = OthersWatch(one.server.process)
            try:
                server, client = one.bursts(width, most=MOST_BURSTS if counts else 1)
            except Wrong as wrong:
                if measured.name == "ours":
                    raise
                measured.void = str(wrong)
                continue
            if counts:
                (measured.wide if width == WIDE else measured.alone).append(server)
                if width == WIDE:
                    measured.client.append(client)
                measured.others.append(watch.percent())


def _judge(found: Mapping[str, Measured]) -> None:
    """A reference that is far from what it was elsewhere, on the scale of the C loop, does not count."""
    yardstick = found[YARDSTICK]
    for name, there in THERE.items():
        measured = found[name]
        if name == YARDSTICK or measured.void:
            continue
        here = ratio(measured.wide, yardstick.wide)
        expected = there / THERE[YARDSTICK]
        if abs(here / expected - 1) > TOLERANCE:
            measured.void = f"{here:.2f} C loops here, {expected:.2f} where the design was measured"


def ratio(these: Sequence[float], those: Sequence[float]) -> float:
    """The median of the ratios of the same rounds: what slows a round down slows both."""
    return statistics.median(one / other for one, other in zip(these, those, strict=True))


def as_json(found: Mapping[str, Measured]) -> dict[str, Any]:
    return {name: vars(measured) for name, measured in found.items()}
