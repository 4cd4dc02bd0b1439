"""Published clients, as others use them, through a day: tokens end, the server is killed, restarted and restored."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import WebSocketException

from api.auth import Tokens
from db.bell import Bell
from db.clock import now
from db.database import Database
from db.feed import Feed
from db.journal import renew_epoch
from db.vocabulary import Realm, Role
from tests.city import POTHOLE, Town, build_city
from tests.conftest import ROOT, SECRET

HERE = Path(__file__).resolve().parent
EXAMPLE = ROOT / "docs" / "examples" / "follow.mjs"
GRID = "320508019044001"
PUBLISHED = ("graphql-ws", "graphql-sse", "apollo", "urql", "urql-fetch")
OURS = (
    "gridcast-page-socket",
    "gridcast-page-stream",
    "gridcast-wx-socket",
    "gridcast-wx-polling",
)
ON_SOCKETS = ("graphql-ws", "apollo", "urql")
FIRST_TOKEN = timedelta(seconds=5)
PATIENCE = 60  # eight programs share the machine with other tests

LIST = "query { cases(first: 100) { cursor edges { node { id version } } } }"
SUBMIT = "mutation ($input: CaseSubmitInput!) { caseSubmit(input: $input) { case { id } userErrors { code } } }"
EVENTS = "subscription ($after: EventCursor) { caseEvents(after: $after) { kind cursor seq caseId version } }"


@dataclass
class Told:
    """What one client has said so far."""

    name: str
    heard: asyncio.Condition
    lines: list[Any] = field(default_factory=list)

    async def say(self, line: Any) -> None:
        async with self.heard:
            self.lines.append(line)
            self.heard.notify_all()

    def each(self, key: str) -> list[Any]:
        return [line[key] for line in self.lines if key in line]

    @property
    def seqs(self) -> list[int]:
        return [int(line["seq"]) for line in self.lines if line.get("kind") in ("SUBMITTED", "CHANGED")]

    @property
    def last(self) -> int:
        return max(self.seqs, default=0)

    @property
    def is_at_its_end(self) -> bool:
        return "RESYNC_REQUIRED" in self.each("kind")


class SignIn:
    """Gives each client one short token and then long ones, over HTTP."""

    def __init__(self, heard: asyncio.Condition) -> None:
        self.asked: Counter[str] = Counter()
        self._heard = heard
        self._tokens = Tokens(SECRET, now)

    def token(self, who: str) -> str:
        self.asked[who] += 1
        lifetime = FIRST_TOKEN if self.asked[who] == 1 else timedelta(hours=1)
        grants = [(Role.COMMUNITY_WORKER, GRID[:12])]
        return self._tokens.issue(who, Realm.LIVE, grants, name="", lifetime=lifetime)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        body = json.dumps({"token": self.token(parse_qs(urlsplit(target).query)["who"][0])})
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        writer.write(f"{head}connection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()
        async with self._heard:
            self._heard.notify_all()


class Server:
    """`python -m api serve`, again and again on one port."""

    def __init__(self, database: str, var: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = os.environ | {
            "GRIDCAST_DATABASE_URL": database,
            "GRIDCAST_VAR_DIR": str(var),
            "GRIDCAST_SECRET": SECRET,
        }
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        arguments = ("-m", "api", "serve", "--port", str(self.port))
        quiet = asyncio.subprocess.DEVNULL
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, env=self._environment, stdout=quiet, stderr=quiet
        )
        async with asyncio.timeout(PATIENCE), httpx2.AsyncClient(base_url=self.url, trust_env=False) as http:
            while True:
                with suppress(httpx2.TransportError):
                    if (await http.get("/readyz")).status_code == 200:
                        return
                assert self._process.returncode is None
                await asyncio.sleep(0.05)  # nothing announces it

    async def stop(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        async with asyncio.timeout(PATIENCE):
            return await self._process.wait()

    async def end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.stop(signal.SIGKILL)


@dataclass
class Day:
    server: Server
    town: Town
    sign_in: SignIn
    heard: asyncio.Condition
    environment: dict[str, str]
    clients: dict[str, Told] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    handed_in: int = 0

    def run(self, name: str, *command: str | Path) -> Told:
        """A program that says what it is told, line by line."""
        return self._start(name, lambda told: self._run(told, *command))

    def begin(self, name: str, work: Callable[[Told], Any]) -> Told:
        return self._start(name, work)

    def _start(self, name: str, work: Callable[[Told], Any]) -> Told:
        told = self.clients[name] = Told(name, self.heard)
        self.tasks.add(asyncio.create_task(work(told), name=name))
        return told

    async def _run(self, told: Told, *command: str | Path) -> None:
        environment = self.environment | {"TOKEN_URL": f"{self.environment['TOKEN_URL']}?who={told.name}"}
        process = await asyncio.create_subprocess_exec(
            *command, cwd=HERE, env=environment, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                await told.say(_read(line))
            assert await process.wait() == 0, told.name
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def until(self, holds: Callable[[Told], object], *but: str) -> None:
        """All clients (but these) are so far; says who is not."""

        def waiting() -> list[str]:
            return [name for name, told in self.clients.items() if name not in but and not holds(told)]

        try:
            async with asyncio.timeout(PATIENCE), self.heard:
                await self.heard.wait_for(lambda: not waiting() or any(_has_failed(task) for task in self.tasks))
        except TimeoutError:
            names = waiting()
            pytest.fail(f"still waiting for {names}: {[self.clients[name].lines[-3:] for name in names]}")
        for task in self.tasks:
            if _has_failed(task):
                task.result()

    async def hand_in(self) -> None:
        """Beside the server, which may be down."""
        resident = await self.town.as_(Role.RESIDENT, "zhang")
        city = self.town.city
        done = await resident.do("caseSubmit", description="x", matter=city.matters[POTHOLE], grid=city.grids[GRID])
        assert done["userErrors"] == []
        self.handed_in += 1

    async def all_hear(self) -> None:
        await self.until(lambda told: told.last == self.handed_in)


def _read(line: bytes) -> Any:
    """JSON, or the words of the example: number, kind, case, how many cases are shown."""
    if line.startswith(b"{"):
        return json.loads(line)
    words = line.decode().split()
    if words[0] in ("again:", "snapshot:"):
        return {words[0][:-1]: " ".join(words[1:])}
    return {"seq": words[0], "kind": words[1], "shown": int(words[3])}


def _has_failed(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None


@pytest.fixture(scope="session")
def node() -> str:
    """Node, with the clients of package-lock.json beside these tests."""
    found = shutil.which("node")
    if found is None:
        pytest.fail("these tests drive published JavaScript clients: Node 20.19 or newer is needed")
    if not (HERE / "node_modules" / "graphql-ws").is_dir():
        pytest.fail("the published clients are not installed: run make tests/clients/node_modules/.ready")
    if not (ROOT / "web" / "static" / "client" / "gridcast.mjs").is_file():
        pytest.fail("the typed client is not built: run make web")
    return found


@pytest.fixture
async def day(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Day]:
    db = Database(sqlite_url)
    city = await build_city(db)
    server, heard = Server(sqlite_url, tmp_path), asyncio.Condition()
    sign_in = SignIn(heard)
    desk = await asyncio.start_server(sign_in.answer, "127.0.0.1", 0)
    environment = os.environ | {
        "GRIDCAST_URL": server.url,
        "TOKEN_URL": f"http://127.0.0.1:{desk.sockets[0].getsockname()[1]}/",
        "GRID": city.grids[GRID],
    }
    town = Town(db, Feed(db), Bell(), now, city)  # changes only: nobody follows here
    started = Day(server, town, sign_in, heard, environment)
    yield started
    for task in started.tasks:
        task.cancel()
    await asyncio.gather(*started.tasks, return_exceptions=True)
    await server.end()
    desk.close()
    await db.close()


# -- Python


@asynccontextmanager
async def signed_in(day: Day) -> AsyncIterator[Any]:
    url = day.server.url.replace("http", "ws") + "/graphql"
    init = {"Authorization": f"Bearer {day.sign_in.token('gql')}"}
    async with Client(transport=WebsocketsTransport(url, init_payload=init)) as session:
        yield session


def _with(document: str, **variables: Any) -> Any:
    request = gql(document)
    request.variable_values = variables
    return request


async def follow_with_gql(day: Day, told: Told) -> None:
    async with signed_in(day) as session:
        cases = (await session.execute(gql(LIST)))["cases"]
        await told.say({"snapshot": len(cases["edges"])})
        given = {"idempotencyKey": "gql-1", "description": "请来看看", "grid": day.environment["GRID"]}
        done = await session.execute(_with(SUBMIT, input=given))
        await told.say({"submitted": done["caseSubmit"]["case"]["id"]})
    after = cases["cursor"]
    while True:
        try:
            async with signed_in(day) as session:
                async for answer in session.subscribe(_with(EVENTS, after=after)):
                    event = answer["caseEvents"]
                    await told.say(event)
                    if event["kind"] == "RESYNC_REQUIRED":
                        return
                    after = event["cursor"]
        except (TransportError, WebSocketException, OSError) as error:
            await told.say({"again": str(error)})
        await asyncio.sleep(0.2)


# -- the day


async def test_every_client_comes_back_without_hole_or_repetition(day: Day, node: str) -> None:
    example = HERE / "node_modules" / "example.mjs"  # beside the packages that it imports
    shutil.copyfile(EXAMPLE, example)
    await day.server.start()
    for name in PUBLISHED:
        day.run(name, node, "drive.mjs", name)
    for name in OURS:
        day.run(name, node, "gridcast.mjs", name)
    day.begin("gql", lambda told: follow_with_gql(day, told))
    await day.until(lambda told: told.each("submitted"))
    shown = day.run("example", node, "--import", "./websocket.mjs", example)
    day.handed_in = len(PUBLISHED) + len(OURS) + 1
    await day.hand_in()
    await day.until(lambda told: told.last == day.handed_in, "example")

    # The tokens end.
    await day.until(lambda told: day.sign_in.asked[told.name] >= 2)
    await day.hand_in()
    await day.all_hear()

    # The server dies, and comes back to find what happened meanwhile.
    assert await day.server.stop(signal.SIGKILL) == -signal.SIGKILL
    await day.hand_in()
    await day.server.start()
    await day.hand_in()
    await day.all_hear()

    # It is restarted.
    assert await day.server.stop(signal.SIGTERM) == 0
    await day.hand_in()
    await day.server.start()
    await day.hand_in()
    await day.all_hear()

    # The journal begins another history.
    async with day.town.db.write() as session:
        await renew_epoch(session)
    await day.until(lambda told: told.is_at_its_end, "example")
    await day.until(lambda told: told.name != "example" or len(told.each("snapshot")) == 2)
    assert "RESYNC_REQUIRED" in shown.each("again")
    before = day.handed_in
    await day.hand_in()
    await day.until(lambda told: told.name != "example" or told.last == day.handed_in)

    for name, told in day.clients.items():
        if name != "example":
            first = told.each("snapshot")[0] + 1  # one event a case so far
            assert told.seqs == list(range(first, before + 1)), name
            assert told.each("kind")[-1] == "RESYNC_REQUIRED", name
    for name in ON_SOCKETS:
        closes = {(line["closed"], line.get("reason")) for line in day.clients[name].lines if "closed" in line}
        assert closes >= {(4403, "token-expired"), (1012, "restart")}, (name, closes)
    assert shown.seqs == sorted(set(shown.seqs))
    assert shown.each("shown")[-1] == day.handed_in
