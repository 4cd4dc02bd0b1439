"""Subscribers that reset, stall, complete and return, and writers that repeat what was not acknowledged."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.typing import Subprotocol

from resolvers.following import View
from tests.faults.nodes import Node

FOLLOW = """subscription ($after: EventCursor, $filter: CaseEventFilter) {
  caseEvents(after: $after, filter: $filter) { cursor seq kind caseId version action case { state number } }
}"""
AWAY = (OSError, EOFError, WebSocketException, InvalidHandshake, TimeoutError)


@dataclass
class Watcher:
    """One subscription for the whole run, over as many connections as it takes."""

    name: str
    token: str
    filter: dict[str, Any] | None
    view: View  # what it must be told, judged by the test on the journal itself
    random: Random
    cursor: str | None = None
    told: list[tuple[int, str, int]] = field(default_factory=list)  # number, kind, version
    wrong: list[str] = field(default_factory=list)
    connections: int = 0
    is_calm: bool = False  # no more tricks

    async def watch(self, nodes: list[Node]) -> None:
        while True:
            try:
                await self._connection(self.random.choice(nodes))
            except AWAY:
                await asyncio.sleep(self.random.uniform(0.2, 0.8))

    async def _connection(self, node: Node) -> None:
        self.connections += 1
        async with connect(
            node.ws, proxy=None, subprotocols=[Subprotocol("graphql-transport-ws")], close_timeout=0.2, open_timeout=5
        ) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": self.token}}))
            ids = (f"{self.name}-{number}" for number in itertools.count())
            current = await self._subscribe(socket, next(ids))
            while True:
                trick = "" if self.is_calm else self.random.choice(("", "", "reset", "stall", "again"))
                await self._listen(socket, current, self.random.uniform(0.3, 2.5))
                if trick == "reset":
                    socket.transport.abort()
                elif trick == "stall":
                    socket.transport.pause_reading()
                    await asyncio.sleep(self.random.uniform(0.2, 2))
                    socket.transport.resume_reading()
                elif trick == "again":
                    await socket.send(json.dumps({"type": "complete", "id": current}))
                    current = await self._subscribe(socket, next(ids))

    async def _subscribe(self, socket: ClientConnection, id: str) -> str:
        variables = {"after": self.cursor, "filter": self.filter}
        payload = {"query": FOLLOW, "variables": variables}
        await socket.send(json.dumps({"type": "subscribe", "id": id, "payload": payload}))
        return id

    async def _listen(self, socket: ClientConnection, current: str, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while True:
                    message = json.loads(await socket.recv())
                    if message.get("id") == current:  # what a completed id still had under way is not counted
                        self._hear(message)
        except TimeoutError:
            pass

    def _hear(self, message: dict[str, Any]) -> None:
        if message["type"] != "next" or message["payload"].get("errors"):
            self.wrong.append(json.dumps(message, ensure_ascii=False))
            return
        event = message["payload"]["data"]["caseEvents"]
        if event["kind"] == "RESYNC_REQUIRED":
            self.wrong.append(json.dumps(event))
        elif event["kind"] != "HEARTBEAT":
            self.told.append((int(event["seq"]), event["kind"], event["version"]))
        elif self.told and int(event["seq"]) < self.told[-1][0]:
            self.wrong.append(f"a heartbeat at {event['seq']} after {self.told[-1][0]}")
        self.cursor = event["cursor"]


@dataclass
class Writer:
    """Leads cases through the loop; an action that was not acknowledged is sent again with the same key."""

    tokens: dict[str, str]
    places: dict[str, Any]
    nodes: list[Node]
    random: Random
    name: str
    acknowledged: list[tuple[str, int]] = field(default_factory=list)
    repeated: int = 0
    is_over: bool = False
    _keys: Any = field(default_factory=itertools.count)

    async def write(self) -> None:
        async with httpx2.AsyncClient(trust_env=False, timeout=5) as http:
            while not self.is_over:
                await self._lead_a_case(http)

    async def _lead_a_case(self, http: httpx2.AsyncClient) -> None:
        pick, places = self.random.choice, self.places
        case = await self._act(
            http, "resident", "caseSubmit", None,
            description="请来看看", grid=pick(places["grids"]), matter=places["matter"],
        )  # fmt: skip
        if case["grid"]["id"] not in places["near"]:
            return
        steps: list[tuple[str, str, dict[str, Any]]] = [
            ("intake", "caseRegister", {}),
            ("dispatcher", "caseDispatch", {"department": places["unit"]}),
            ("handler", "caseSign", {}),
            ("handler", "caseStart", {}),
            ("handler", "caseComplete", {"outcome": "RESOLVED", "disposition": {"text": "已处理", "basis": "标准"}}),
            ("handler", "caseRespond", {"text": "已处理"}),
            ("leader", "caseClose", {}),
        ]
        for who, mutation, given in steps[: self.random.randint(2, len(steps))]:
            if self.random.random() < 0.25 and mutation in ("caseRegister", "caseDispatch"):
                case = await self._act(http, "intake", "caseAmend", case, grid=self._elsewhere(case))
            case = await self._act(http, who, mutation, case, **given)
            if self.is_over:
                return

    def _elsewhere(self, case: dict[str, Any]) -> str:
        return str(self.random.choice([grid for grid in self.places["near"] if grid != case["grid"]["id"]]))

    async def _act(
        self, http: httpx2.AsyncClient, who: str, mutation: str, case: dict[str, Any] | None, **given: Any
    ) -> dict[str, Any]:
        kind = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation ($input: {kind}Input!) {{ {mutation}(input: $input) "
            "{ case { id version grid { id } } userErrors { code message } } }"
        )
        given |= {"idempotencyKey": f"{self.name}-{next(self._keys)}"}
        if case is not None:
            given |= {"caseId": case["id"], "expectedVersion": case["version"]}
        body = {"query": document, "variables": {"input": given}}
        async with asyncio.timeout(60):
            while True:
                node = self.random.choice(self.nodes)
                try:
                    headers = {"authorization": self.tokens[who]}
                    answer = await http.post(f"{node.url}/graphql", json=body, headers=headers)
                    payload = answer.json()
                except (httpx2.TransportError, ValueError):
                    payload = {"errors": ["no answer"]}
                if not payload.get("errors"):
                    break
                self.repeated += 1
                await asyncio.sleep(self.random.uniform(0.02, 0.2))
        done = payload["data"][mutation]
        assert done["userErrors"] == [], (mutation, given, done)
        found: dict[str, Any] = done["case"]
        self.acknowledged.append((found["id"], found["version"]))
        return found
