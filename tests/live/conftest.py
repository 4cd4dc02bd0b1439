"""Real sockets on a real server, many subscriptions each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api.app import build_app
from api.settings import Settings
from db.vocabulary import Realm, Role
from tests.city import POTHOLE, Town, build_city
from tests.conftest import SECRET, Clock

OWN = """subscription ($after: EventCursor, $filter: CaseEventFilter) {
  caseEvents(after: $after, filter: $filter) { cursor seq kind caseId version action case { number state } }
}"""
GRID = "320508019044001"
Payload = dict[str, Any]


@dataclass
class Subscriber:
    """What one subscription was told, in order."""

    id: str
    told: list[Payload] = field(default_factory=list)
    last: str | None = None  # how it ended: complete, error
    errors: Any = None
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def events(self) -> list[Payload]:
        return [one for one in (told["data"]["caseEvents"] for told in self.told) if one["kind"] != "HEARTBEAT"]

    @property
    def seqs(self) -> list[int]:
        return [int(one["seq"]) for one in self.events]

    @property
    def cursor(self) -> str:
        cursor: str = self.told[-1]["data"]["caseEvents"]["cursor"]
        return cursor

    async def until(self, holds: Callable[[], object], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                assert self.last is None, (self.last, self.errors)
                self.moved.clear()
                await self.moved.wait()

    async def events_told(self, count: int) -> list[Payload]:
        await self.until(lambda: len(self.events) >= count)
        return self.events


class Line:
    """One socket with any number of subscriptions; a task reads it as long as it is open."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.subscribers: dict[str, Subscriber] = {}
        self.texts: list[str] = []  # every message as it came
        self.close: tuple[int | None, str | None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._pong = asyncio.Event()

    def start(self) -> None:
        self._reader = asyncio.create_task(self._read())

    async def stop(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def subscribe(self, id: str, document: str = OWN, **variables: Any) -> Subscriber:
        subscriber = self.subscribers[id] = Subscriber(id)
        await self.send(type="subscribe", id=id, payload={"query": document, "variables": variables})
        return subscriber

    async def complete(self, id: str) -> None:
        await self.send(type="complete", id=id)

    async def fence(self) -> None:
        """Until everything the server said before now has come."""
        self._pong.clear()
        await self.send(type="ping")
        async with asyncio.timeout(60):
            await self._pong.wait()

    async def closed(self) -> tuple[int | None, str | None]:
        async with asyncio.timeout(60):
            await self.socket.wait_closed()
        return self.socket.close_code, self.socket.close_reason

    async def _read(self) -> None:
        try:
            async for text in self.socket:
                assert isinstance(text, str)
                self.texts.append(text)
                message = json.loads(text)
                subscriber = self.subscribers.get(message.get("id"))
                if message["type"] == "pong":
                    self._pong.set()
                if subscriber is None:
                    continue
                assert subscriber.last is None, f"told {message} after its end"
                if message["type"] == "next":
                    subscriber.told.append(message["payload"])
                else:
                    subscriber.last, subscriber.errors = message["type"], message.get("payload")
                subscriber.moved.set()
        except ConnectionClosed:
            pass


@dataclass
class Hall:
    """A served application and the town in its database."""

    town: Town
    app: Any
    server: Any
    ws: str

    def token(self, role: Role = Role.DISPLAY, scope: str = "3205", *, hours: float = 1, subject: str = "") -> str:
        issued: str = self.app.state.tokens.issue(
            subject or f"{role}:{scope}",
            Realm.LIVE,
            [(role, scope)],
            name="",
            lifetime=timedelta(hours=hours),
        )
        return issued

    def number(self, name: str, **labels: str) -> float:
        return float(self.app.state.metrics.registry.get_sample_value(name, labels) or 0.0)

    async def until(self, holds: Callable[[], object], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.005)

    async def submit(self, count: int = 1, grid: str = GRID) -> list[str]:
        """Hand in cases one after the other; their ids."""
        resident = await self.town.as_(Role.RESIDENT, "zhang")
        city, found = self.town.city, list[str]()
        for _ in range(count):
            done = await resident.do(
                "caseSubmit", description="x", matter=city.matters[POTHOLE], grid=city.grids[grid]
            )
            assert done["userErrors"] == []
            found.append(done["case"]["id"])
        return found

    async def read(self) -> None:
        """Until the hub has taken everything that is committed to its cohorts."""
        async with self.town.db.read() as session:
            head = (await session.exec_driver_sql("SELECT seq FROM journal_counter")).scalar_one()
        await self.until(lambda: self.app.state.hub.seq >= head)

    @asynccontextmanager
    async def line(self, token: str | None = None, **options: Any) -> AsyncIterator[Line]:
        async with connect(
            self.ws, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None, close_timeout=0.5, **options
        ) as socket:
            line = Line(socket)
            await line.send(type="connection_init", payload={"Authorization": f"Bearer {token or self.token()}"})
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            line.start()
            try:
                yield line
            finally:
                await line.stop()


OpenHall = Callable[..., Awaitable[Hall]]


@pytest.fixture
async def open_hall(database_url: str, serve: Any, tmp_path: Path, clock: Clock) -> AsyncIterator[OpenHall]:
    """`hall = await open_hall(setting=value)`: quotas are out of the way unless they are given."""
    built: list[Any] = []

    async def start(**changes: Any) -> Hall:
        generous = {
            "subscriptions_per_socket": 1_000,
            "subscriptions_per_principal": 100_000,
            "sockets_per_principal": 10_000,
            "messages_per_second": 10_000,
        }
        settings = Settings(
            dev=True, database_url=database_url, var_dir=tmp_path, secret=SECRET, **(generous | changes)
        )
        app = build_app(settings, clock=clock)
        city = built[0] if built else await build_city(app.state.db)
        built.append(city)
        served = await serve(app)
        town = Town(app.state.db, app.state.feed, None, clock, city)  # type: ignore[arg-type]  # the app rings
        return Hall(town, app, served.server, served.ws)

    yield start


@pytest.fixture
async def hall(open_hall: OpenHall) -> Hall:
    return await open_hall()
