"""A hall of walls: the whole application on a port of its own, and sockets that talk with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api.app import build_app
from api.settings import Settings
from db.vocabulary import Realm, Role
from tests.city import DISPUTE, Speaker, Town, build_city
from tests.conftest import SECRET, Clock

FOLLOW = """subscription ($after: EventCursor, $filter: CaseEventFilter) {
  caseEvents(after: $after, filter: $filter) { cursor seq kind caseId case { number grid { code } } } }"""


class Talk:
    """One socket that has said who it is."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def subscribe(self, id: str, query: str = FOLLOW, **variables: Any) -> None:
        message = {"id": id, "type": "subscribe", "payload": {"query": query, "variables": variables}}
        await self.socket.send(json.dumps(message))

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(60):
            found: dict[str, Any] = json.loads(await self.socket.recv())
            return found

    async def event(self, id: str) -> dict[str, Any]:
        """The next event of an operation."""
        message = await self.read()
        assert (message["type"], message["id"]) == ("next", id), message
        assert "errors" not in message["payload"], message
        found: dict[str, Any] = message["payload"]["data"]["caseEvents"]
        return found

    async def completed(self, id: str) -> None:
        assert await self.read() == {"id": id, "type": "complete"}

    async def closed(self) -> tuple[int | None, str | None, list[Any]]:
        """Close code and reason, and whatever was still said before."""
        said = []
        async with asyncio.timeout(60):
            with suppress(ConnectionClosed):
                while True:
                    said.append(json.loads(await self.socket.recv()))
        return self.socket.close_code, self.socket.close_reason, said


@dataclass
class Hall:
    town: Town
    app: Any
    ws: str
    http: httpx2.AsyncClient

    def token(self, role: Role, *scopes: str, subject: str = "", hours: float = 1) -> str:
        grants = [(role, scope) for scope in scopes]
        issued: str = self.app.state.tokens.issue(
            subject or f"{role}:{scopes[0]}", Realm.LIVE, grants, name="", lifetime=timedelta(hours=hours)
        )
        return issued

    async def hand_in(self, grid: str) -> None:
        resident: Speaker = await self.town.as_(Role.RESIDENT, "zhang")
        city = self.town.city
        done = await resident.do("caseSubmit", description="x", matter=city.matters[DISPUTE], grid=city.grids[grid])
        assert done["userErrors"] == []

    async def ask(self, token: str, query: str) -> dict[str, Any]:
        answered = await self.http.post(
            "/graphql", json={"query": query}, headers={"authorization": f"Bearer {token}"}
        )
        found: dict[str, Any] = answered.json()
        return found

    @asynccontextmanager
    async def dial(self, token: str) -> AsyncIterator[Talk]:
        async with connect(self.ws, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
            payload = {"Authorization": f"Bearer {token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            yield Talk(socket)

    @asynccontextmanager
    async def talk(self, token: str) -> AsyncIterator[Talk]:
        async with self.dial(token) as talk:
            assert await talk.read() == {"type": "connection_ack"}
            yield talk


@pytest.fixture
async def hall(database_url: str, serve: Any, tmp_path: Path, clock: Clock) -> AsyncIterator[Hall]:
    app = build_app(Settings(dev=True, database_url=database_url, var_dir=tmp_path, secret=SECRET), clock=clock)
    city = await build_city(app.state.db)
    served = await serve(app)
    town = Town(app.state.db, app.state.feed, None, clock, city)  # type: ignore[arg-type]  # the app rings its own bell
    async with httpx2.AsyncClient(base_url=served.url, trust_env=False) as http:
        yield Hall(town, app, served.ws, http)
