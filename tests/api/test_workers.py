"""Several processes on one port, as an operator starts them: both serve, one may die, all drain at the end."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import statistics
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.settings import Settings
from db.database import Database
from resolvers.timers import Timers
from tests.api.test_app import ROOT, run
from tests.city import Town, build_city
from tests.conftest import SECRET
from tests.stories.walks import bring_to, cast

AT_ONCE = 0.3  # for most: a poll each second brings hardly ever half of them as early
PATIENCE = 60  # whole processes start and end here, beside other tests
FOLLOW = "subscription { caseEvents { kind seq } }"


@dataclass
class Gridcast:
    """`python -m api serve --workers 2`, and what it has logged."""

    process: asyncio.subprocess.Process
    port: int = 0
    logged: list[dict[str, Any]] = field(default_factory=list)
    heard: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def read_log(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self.heard:
                self.logged.append(json.loads(line))
                self.heard.notify_all()

    async def says(self, event: str, times: int = 1) -> list[dict[str, Any]]:
        def found() -> list[dict[str, Any]]:
            return [line for line in self.logged if line["event"] == event]

        async with asyncio.timeout(PATIENCE), self.heard:
            await self.heard.wait_for(lambda: len(found()) >= times)
        return found()

    async def pids_with_sockets(self) -> set[int]:
        """Of the two processes, those that hold a live socket."""
        held: dict[int, bool] = {}
        while len(held) < 2:
            text = (await self.ask("/metrics")).text
            held[_pid(text)] = "gridcast_sockets 0.0" not in text
        return {pid for pid, holds in held.items() if holds}

    async def submit(self, token: str, key: str, grid: str) -> None:
        query = "mutation ($input: CaseSubmitInput!) { caseSubmit(input: $input) { case { id } } }"
        given = {"idempotencyKey": key, "description": "请来看看", "grid": grid}
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as http:
            answer = await http.post(
                "/graphql",
                json={"query": query, "variables": {"input": given}},
                headers={"authorization": f"Bearer {token}"},
            )
        assert answer.json()["data"]["caseSubmit"]["case"], answer.text

    def is_told(self, event: str) -> bool:
        return any(line["event"] == event for line in self.logged)

    async def ask(self, path: str) -> httpx2.Response:
        """On a connection of its own, so that any worker may take it."""
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", trust_env=False) as http:
            return await http.get(path)

    async def pid(self) -> int:
        return _pid((await self.ask("/metrics")).text)

    async def pids(self, count: int = 2) -> set[int]:
        """The processes that answer; returns once there are so many."""
        pids: set[int] = set()
        async with asyncio.timeout(PATIENCE):
            while len(pids) < count:
                pids |= set(await asyncio.gather(*(self.pid() for _ in range(8))))
        return pids

    @asynccontextmanager
    async def dial(self, token: str) -> AsyncIterator[ClientConnection]:
        url = f"ws://127.0.0.1:{self.port}/graphql"
        async with connect(url, proxy=None, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            payload = {"Authorization": f"Bearer {token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            yield socket


def _pid(metrics: str) -> int:
    found = re.search(r'^gridcast_process\{pid="(\d+)"\} 1', metrics, re.MULTILINE)
    assert found is not None
    return int(found[1])


async def read(socket: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE):
        return json.loads(await socket.recv())["payload"]["data"]["caseEvents"]


@asynccontextmanager
async def gridcast(var: Path, database: str, *options: str, **environment: str) -> AsyncIterator[Gridcast]:
    place = {"GRIDCAST_DATABASE_URL": database, "GRIDCAST_VAR_DIR": str(var), "GRIDCAST_SECRET": SECRET}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", "serve", "--port", "0", "--workers", "2", *options,
        cwd=ROOT, env=os.environ | place | environment, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    server = Gridcast(process)
    reading = asyncio.create_task(server.read_log())
    try:
        server.port = (await server.says("workers.listen"))[0]["port"]
        yield server
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                await process.wait()
        await reading


async def test_both_serve_one_may_be_killed_and_all_drain_with_0(postgres_url: str, tmp_path: Path) -> None:
    place = {"GRIDCAST_DATABASE_URL": postgres_url, "GRIDCAST_VAR_DIR": str(tmp_path), "GRIDCAST_SECRET": SECRET}
    _, token, _ = await run("token", "--role", "RESIDENT", "--scope", "me", **place)

    async with gridcast(tmp_path, postgres_url, GRIDCAST_BELL_URL="database") as server:
        await server.says("started", 2)
        first = await server.pids()

        killed = min(first)
        os.kill(killed, signal.SIGKILL)
        [died] = await server.says("worker.died")
        await server.says("started", 3)
        second = await server.pids()

        async with server.dial(token.strip()) as wall:
            server.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                await wall.wait_closed()
                code = await server.process.wait()

    assert (died["pid"], died["exit_code"]) == (killed, -signal.SIGKILL)
    assert len(first) == len(second) == 2
    assert len(first & second) == 1
    assert (wall.close_code, code) == (1012, 0)
    assert len(await server.says("stopped", 2)) == 2
    assert not server.is_told("workers.poll")


async def test_a_worker_hears_at_once_what_another_has_committed(postgres_url: str, tmp_path: Path) -> None:
    db = Database(postgres_url)
    city = await build_city(db)
    await db.close()
    place = {"GRIDCAST_DATABASE_URL": postgres_url, "GRIDCAST_VAR_DIR": str(tmp_path), "GRIDCAST_SECRET": SECRET}
    (_, wall, _), (_, resident, _) = await asyncio.gather(
        run("token", "--role", "DISPLAY", "--scope", "3205", **place),
        run("token", "--role", "RESIDENT", "--scope", "me", **place),
    )

    async with gridcast(tmp_path, postgres_url, GRIDCAST_BELL_URL="database") as server, AsyncExitStack() as stack:
        await server.says("started", 2)
        pids = await server.pids()
        sockets: list[ClientConnection] = []
        while await server.pids_with_sockets() != pids:
            sockets.append(await stack.enter_async_context(server.dial(wall.strip())))
            await sockets[-1].send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": FOLLOW}}))
            assert (await read(sockets[-1]))["kind"] == "HEARTBEAT"

        waits = []
        for number in range(15):
            await server.submit(resident.strip(), f"key-{number}", city.grids["320508019044001"])
            written = asyncio.get_running_loop().time()
            told = [await read(socket) for socket in sockets]
            waits.append(asyncio.get_running_loop().time() - written)
            assert [event["seq"] for event in told] == [str(number + 1)] * len(sockets)

        server.process.send_signal(signal.SIGINT)
        async with asyncio.timeout(PATIENCE):
            assert await server.process.wait() == 0
    assert statistics.median(waits) < AT_ONCE


async def test_on_sqlite_and_the_memory_bell_it_warns_and_serves(sqlite_url: str, tmp_path: Path) -> None:
    async with gridcast(tmp_path, sqlite_url) as server:
        await server.says("started", 2)
        assert len(await server.pids()) == 2
        assert server.is_told("workers.poll")
        assert server.is_told("workers.queue")

        server.process.kill()
        await server.says("stopped", 2)  # workers do not outlive their parent


async def test_a_port_that_is_taken_ends_the_start(sqlite_url: str, tmp_path: Path) -> None:
    place = {"GRIDCAST_DATABASE_URL": sqlite_url, "GRIDCAST_VAR_DIR": str(tmp_path), "GRIDCAST_SECRET": SECRET}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, said = await run("serve", "--workers", "2", "--port", str(taken.getsockname()[1]), **place)

    assert code == 3
    assert "workers.no_port" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("workers", [0, -1, 65])
def test_a_wrong_number_of_workers_is_refused(workers: int) -> None:
    with pytest.raises(ValidationError, match="workers"):
        Settings(workers=workers)


async def test_timers_of_two_processes_finish_a_case_once(town: Town) -> None:
    people = await cast(town)
    until = (town.clock() + timedelta(days=1)).isoformat()
    held = [
        await people.handler.act("caseHold", await bring_to(people, "IN_PROGRESS"), reason="等材料", until=until)
        for _ in range(3)
    ]
    town.clock.advance(timedelta(days=2))
    other = Database(town.db.url.render_as_string(hide_password=False))

    await asyncio.gather(*(Timers(db, town.clock).act() for db in (town.db, other, town.db, other)))

    await other.close()
    for case in held:
        asked = "query ($id: ID!) { case(id: $id) { version state timeline { action } } }"
        seen = (await people.leader.ask(asked, id=case["id"]))["case"]
        assert (seen["version"], seen["state"]) == (case["version"] + 1, "IN_PROGRESS")
        assert [step["action"] for step in seen["timeline"]].count("RESUME") == 1
