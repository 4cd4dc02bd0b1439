"""The whole server: real schema, real viewers, health, development tokens and the end of the process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from api.app import build_app
from api.settings import Settings
from db.vocabulary.breaks import BreakKind
from tests.city import build_city
from tests.conftest import A_WORKING_DAY
from tests.rows import case_row, write_cases
from tests.traces import loop_break, write_traces

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-secret-of-the-tests-that-is-long-enough"


@pytest.fixture
async def client(serve: Any, database_url: str, tmp_path: Path) -> Any:
    settings = Settings(dev=True, database_url=database_url, var_dir=tmp_path, secret=SECRET)
    served = await serve(build_app(settings))
    async with httpx2.AsyncClient(base_url=served.url, trust_env=False) as http:
        http.served = served
        yield http


async def test_alive_ready_and_counted(client: Any) -> None:
    ready = await client.get("/readyz")
    await client.post("/graphql", json={"query": "{ viewer { name } }"})
    metrics = (await client.get("/metrics")).text

    assert (await client.get("/livez")).text == "ok"
    assert (ready.status_code, ready.json()) == (
        200,
        {"ready": True, "serving": True, "feed": True, "database": True},
    )
    assert 'gridcast_requests_total{kind="none",outcome="UNAUTHENTICATED"} 1.0' in metrics
    assert "gridcast_journal_head 0.0" in metrics
    assert 'gridcast_open_loop_breaks{kind="BROKEN",realm="LIVE"} 0.0' in metrics


async def test_open_loop_breaks_and_the_last_look_are_counted(client: Any) -> None:
    db = client.served.app.state.db
    await build_city(db)
    ids = await write_cases(db, [case_row(), case_row()])
    found = [loop_break(one, BreakKind.BROKEN, A_WORKING_DAY, None) for one in (0, 1)]
    await write_traces(db, ids, [*found, loop_break(0, BreakKind.BLOCKED, A_WORKING_DAY, A_WORKING_DAY)])

    async with asyncio.timeout(60):
        metrics = (await client.get("/metrics")).text
        while "gridcast_timers_looked_at_seconds 0.0" in metrics:
            metrics = (await client.get("/metrics")).text

    assert "gridcast_timers_looked_at_seconds 1." in metrics  # a moment of this century
    assert 'gridcast_open_loop_breaks{kind="BROKEN",realm="LIVE"} 2.0' in metrics
    assert 'gridcast_open_loop_breaks{kind="BLOCKED",realm="LIVE"} 0.0' in metrics
    assert 'gridcast_open_loop_breaks{kind="BROKEN",realm="EXERCISE"} 0.0' in metrics


async def test_a_server_that_drains_is_not_ready(client: Any) -> None:
    client.served.app.state.live.is_draining = True

    ready = await client.get("/readyz")

    assert (ready.status_code, ready.json()["serving"]) == (503, False)


async def test_development_tokens_are_for_this_machine_alone(
    client: Any, serve: Any, database_url: str, tmp_path: Path
) -> None:
    resident = (await client.get("/dev/token", params={"role": "RESIDENT", "scope": "me"})).json()
    viewer = await client.post(
        "/graphql",
        json={"query": "{ viewer { roles realm } }"},
        headers={"authorization": f"Bearer {resident['token']}"},
    )
    assert viewer.json()["data"]["viewer"] == {"roles": ["RESIDENT"], "realm": "LIVE"}

    for headers in (
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8000"},
        {"host": "192.168.1.2"},
        {"x-forwarded-for": "10.0.0.1"},
        {"sec-fetch-site": "cross-site"},
    ):
        assert (await client.get("/dev/token", params={"role": "RESIDENT"}, headers=headers)).status_code == 404
    for role in ("SYSTEM", "KING", "display"):
        assert (await client.get("/dev/token", params={"role": role})).status_code == 400
    nowhere = await client.get("/dev/token", params={"scope": "99"})
    no_unit = await client.get("/dev/token", params={"role": "HANDLER"})
    assert (nowhere.status_code, no_unit.status_code) == (400, 400)
    assert nowhere.json()["error"] == "expected scope of DISPLAY: a division or a grid, such as 3205; there is no 99"
    assert "a department, such as 320508-CG" in no_unit.json()["error"]

    production = await serve(build_app(Settings(var_dir=tmp_path, database_url=database_url, secret=SECRET)))
    async with httpx2.AsyncClient(base_url=production.url, trust_env=False) as http:
        assert (await http.get("/dev/token")).status_code == 404


async def test_other_origins_are_answered_only_when_they_are_allowed(
    serve: Any, sqlite_url: str, tmp_path: Path
) -> None:
    settings = Settings(
        database_url=sqlite_url, var_dir=tmp_path, secret=SECRET, allowed_origins=["https://wall.example"]
    )
    served = await serve(build_app(settings))
    asking = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type"}

    async with httpx2.AsyncClient(base_url=served.url, trust_env=False) as http:
        allowed = await http.options("/graphql", headers={"origin": "https://wall.example"} | asking)
        foreign = await http.options("/graphql", headers={"origin": "https://evil.example"} | asking)

    assert allowed.headers["access-control-allow-origin"] == "https://wall.example"
    assert "access-control-allow-origin" not in foreign.headers


async def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "api",
        *arguments,
        cwd=ROOT,
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_command_line_issues_tokens_that_work_and_none_for_nothing(sqlite_url: str, tmp_path: Path) -> None:
    place = {"GRIDCAST_DATABASE_URL": sqlite_url, "GRIDCAST_VAR_DIR": str(tmp_path), "GRIDCAST_SECRET": SECRET}

    code, out, _ = await run("token", "--role", "RESIDENT", "--scope", "me", **place)
    unknown = await run("token", "--role", "DISPLAY", "--scope", "99", **place)
    system = await run("token", "--role", "SYSTEM", "--scope", "32", **place)
    short = await run("serve", **(place | {"GRIDCAST_SECRET": "short"}))

    assert code == 0
    assert len(out.split()) == 1
    assert out.count(".") == 2
    for status, said, complaint in (unknown, system, short):
        assert (status, said) == (2, "")
        assert "Traceback" not in complaint
    assert "GRIDCAST_SECRET" in short[2]


async def test_l10_sigterm_closes_sockets_with_1012_and_leaves_with_0(sqlite_url: str, tmp_path: Path) -> None:
    place = {"GRIDCAST_DATABASE_URL": sqlite_url, "GRIDCAST_VAR_DIR": str(tmp_path), "GRIDCAST_SECRET": SECRET}
    _, token, _ = await run("token", "--role", "RESIDENT", "--scope", "me", **place)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api", "serve", "--port", "0",
        cwd=ROOT, env=os.environ | place, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    port, lines = 0, []
    async with asyncio.timeout(60):
        while not port:
            line = (await process.stderr.readline()).decode()
            lines.append(line)
            assert line, "".join(lines)
            if "Uvicorn running on" in line:
                port = int(line.split("http://127.0.0.1:")[1].split(" ")[0])
    rest = asyncio.create_task(process.stderr.read())

    async with connect(
        f"ws://127.0.0.1:{port}/graphql", proxy=None, subprotocols=[Subprotocol("graphql-transport-ws")]
    ) as socket:
        payload = {"Authorization": f"Bearer {token.strip()}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(60):
            await socket.wait_closed()
            await process.wait()

    assert socket.close_code == 1012
    assert process.returncode == 0
    logged = [json.loads(line) for line in (*lines, *(await rest).decode().splitlines()) if line.strip()]
    assert {"started", "stopped"} <= {line["event"] for line in logged}
