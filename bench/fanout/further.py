"""The other promises of fan-out: each beside its reference where it has one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.fanout import bells, servers
from bench.fanout.delivery import SUBSCRIBERS, Contender, Measured, ratio
from bench.fanout.load import Load, Wrong
from bench.fanout.ours import Ours
from bench.fanout.report import GOALS, Target
from bench.fanout.servers import ALL_DIFFERENT, Server, connect

Found = tuple[dict[str, Any], list[Target]]

HELD_MS = 50.0  # p99 from commit to frame
HELD_RATES = (50, 100, 150, 200, 300, 400, 500)  # events a second that are tried
HELD_SECONDS = 8.0
HELD_TRIES = 2  # of one rate: on a shared machine somebody else's burst spoils a p99
IDLE_FEW, IDLE_MANY = 1_000, 5_000
SOCKETS = 19_000  # within a descriptor limit of 20,000


def measure(source: Path, folder: Path, bell_url: str | None, *, rounds: int, only: str | None = None) -> Found:
    """Every further row. One that fails says why and does not take the others with it."""
    results: dict[str, Any] = {}
    targets: list[Target] = []
    rows: list[tuple[str, list[str], Callable[[], Found]]] = [
        ("all subscriptions different", ["all-different"], lambda: all_different(source, folder, bell_url, rounds)),
        ("events a second held", ["events-held"], lambda: events_held(source, folder, bell_url)),
        ("connecting and subscribing", ["connect"], lambda: connecting(source, folder, bell_url, rounds)),
        ("memory of idle subscribers", ["rss", "rss-kib"], lambda: memory(source, folder, bell_url)),
        ("live sockets in one process", ["sockets"], lambda: sockets(source, folder, bell_url)),
        ("commit to frame, bell dead", ["bell-dead"], lambda: bells.dead(source, folder)),
        ("commit to frame, Valkey", ["bell-valkey"], lambda: bells.valkey(source, folder)),
        ("commit to frame, PostgreSQL", ["bell-postgres"], lambda: bells.postgres(source, folder)),
    ]
    for title, names, row in rows:
        if only is not None and only not in names:
            continue
        print(title, flush=True)
        try:
            found, reached = row()
        except bells.Skipped as why:
            print(f"  skipped: {why}", flush=True)
            targets += [_not_measured(name, title, f"skipped: {why}") for name in names]
            continue
        except (Wrong, RuntimeError) as why:
            print(f"  failed: {why}", flush=True)
            results[title] = {"failed": str(why)}
            targets += [_not_measured(name, title, f"failed: {why}") for name in names]
            continue
        print("\n".join(f"  {name}: {value}" for name, value in found.items()), flush=True)
        results[title] = found
        targets += reached
    return results, targets


def _not_measured(name: str, title: str, why: str) -> Target:
    return Target(name, title, "-", "", "lower", None, *GOALS[name], note=why)


def all_different(source: Path, folder: Path, bell_url: str | None, rounds: int) -> Found:
    """A thousand subscriptions with a thousand documents: nothing can be shared."""
    ours, reference = Ours(source, folder / "different", bell_url), servers.graphql_ws(folder)
    contenders: list[Contender] = []
    try:
        for server in (ours, reference):
            load = connect(server, folder, SUBSCRIBERS, query=ALL_DIFFERENT, name=f"{server.name}-different")
            contenders.append(Contender(server, load, Measured(server.name)))
        for round_ in range(-1, rounds):
            for one in contenders:
                server_us, _ = one.bursts(8, most=100 if round_ >= 0 else 1)
                if round_ >= 0:
                    one.measured.wide.append(server_us)
    finally:
        for one in contenders:
            one.load.stop()
        ours.stop()
        reference.stop()
    mine, theirs = (one.measured.wide for one in contenders)
    measured = ratio(theirs, mine)
    target = Target(
        "all-different", "CPU per delivery, W=8, all subscriptions different, K=N=1000", "graphql-ws+ws",
        "x less", "higher", measured, *GOALS["all-different"],
    )  # fmt: skip
    return {"ours us": mine, "graphql-ws us": theirs, "ratio": measured}, [target]


def events_held(source: Path, folder: Path, bell_url: str | None) -> Found:
    """The highest rate at which p99 from commit to frame stays below the limit, tried from the lowest on."""
    if bell_url is None:
        raise bells.Skipped("a poll a second cannot hold 50 ms; needs a network bell")
    ours, tried, held = Ours(source, folder / "held", bell_url), dict[str, dict[str, Any]](), 0.0
    load = None
    try:
        load = connect(ours, folder, SUBSCRIBERS, name="held")
        bells.steadily(ours, load, HELD_RATES[0], 2.0)
        for rate in HELD_RATES:
            for again in range(HELD_TRIES):
                before = ours.process.cpu_seconds()
                found = bells.steadily(ours, load, rate, HELD_SECONDS)
                found["server_percent"] = round((ours.process.cpu_seconds() - before) / HELD_SECONDS * 100, 1)
                tried[f"{rate}/s, try {again + 1}"] = found
                if found["p99_ms"] < HELD_MS:
                    held = rate
                    break
            if held != rate:
                break
    finally:
        if load is not None:
            load.stop()
        ours.stop()
    others = list(tried.values())[-1]["others_percent"]
    wanted, _ = GOALS["events-held"]
    is_spoiled = held < (wanted or 0) and others > bells.OTHERS_PERCENT
    target = Target(
        "events-held", "events/s held at p99 < 50 ms, 1000 subscribers", "-", "events/s", "higher",
        None if is_spoiled else held, *GOALS["events-held"],
        note=f"void: {held:.0f} held while others used {others:.0f} % of the server's core",
    )  # fmt: skip
    return tried, [target]


def connecting(source: Path, folder: Path, bell_url: str | None, rounds: int) -> Found:
    """Connect, acknowledge, subscribe: a thousand at a time, 64 under way at once, in turn."""
    ours, reference = Ours(source, folder / "connecting", bell_url), servers.strawberry(folder)
    per_second: dict[str, list[float]] = {"ours": [], "strawberry": []}
    cpu_us: dict[str, list[float]] = {"ours": [], "strawberry": []}
    try:
        for round_ in range(-1, rounds):
            for server in (ours, reference):
                before = server.process.cpu_seconds()
                load = connect(server, folder, SUBSCRIBERS, name=f"{server.name}-connecting")
                used = server.process.cpu_seconds() - before
                load.stop()
                _settle(server)
                if round_ >= 0:
                    per_second[server.name].append(load.ready["per_second"])
                    cpu_us[server.name].append(used / SUBSCRIBERS * 1e6)
    finally:
        ours.stop()
        reference.stop()
    measured = ratio(per_second["ours"], per_second["strawberry"])
    target = Target(
        "connect", "connect + subscribe per second", "Strawberry as documented", "x", "higher", measured,
        *GOALS["connect"],
    )  # fmt: skip
    found = {f"{name} per second": values for name, values in per_second.items()}
    return found | {f"{name} server us each": values for name, values in cpu_us.items()} | {"ratio": measured}, [
        target
    ]


def _settle(server: Server) -> None:
    """Until the server has taken leave of those that hung up: until it rests for a fifth of a second."""
    for _ in range(100):
        before = server.process.cpu_seconds()
        time.sleep(0.2)
        if server.process.cpu_seconds() - before < 0.02:
            return


def memory(source: Path, folder: Path, bell_url: str | None) -> Found:
    """Resident memory for each idle subscriber: 5,000 of them against 1,000, so that what comes once is not in it."""
    found: dict[str, Any] = {}
    for start in (lambda: Ours(source, folder / "memory", bell_url), lambda: servers.strawberry(folder)):
        server: Server = start()
        loads: list[Load] = []
        try:
            empty = server.process.rss_kib()
            loads.append(connect(server, folder, IDLE_FEW, name=f"{server.name}-few"))
            _settle(server)
            few = server.process.rss_kib()
            loads.append(connect(server, folder, IDLE_MANY - IDLE_FEW, name=f"{server.name}-many"))
            _settle(server)
            many = server.process.rss_kib()
        finally:
            for load in loads:
                load.stop()
            server.stop()
        found[f"{server.name} KiB each"] = round((many - few) / (IDLE_MANY - IDLE_FEW), 1)
        found[f"{server.name} KiB each, against none"] = round((many - empty) / IDLE_MANY, 1)
    mine, theirs = found["ours KiB each"], found["strawberry KiB each"]
    what, reference = "RSS per idle subscriber", "Strawberry as documented (deflate off)"
    return found, [
        Target("rss", what, f"{reference}: {theirs} KiB", "x", "lower", mine / theirs, *GOALS["rss"]),
        Target("rss-kib", what, "-", "KiB", "lower", mine, *GOALS["rss-kib"]),
    ]


def sockets(source: Path, folder: Path, bell_url: str | None) -> Found:
    """As many live sockets as the design wants, one subscription each, and an event that reaches them all."""
    ours = Ours(source, folder / "sockets", bell_url)
    load = None
    try:
        load = connect(ours, folder, SOCKETS, name="sockets")
        reached = load.ready["ready"]
        commit = ours.emit(1)
        load.events += 1
        stats = load.wait(180)
        found = {
            "sockets": reached,
            "connected per second": load.ready["per_second"],
            "given the event": stats["deliveries"],
            "commit to last frame, ms": load.latency([commit])["max_ms"],
            "RSS MiB": ours.process.rss_kib() // 1024,
        }
    finally:
        if load is not None:
            load.stop()
        ours.stop()
    target = Target("sockets", "live sockets in one process", "-", "", "higher", reached, *GOALS["sockets"])
    return found, [target]
