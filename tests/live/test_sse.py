"""Server-sent events beside sockets: the same payloads, the same rules, and nothing left behind."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from api.app import build_app
from api.live import streams
from api.live.outlets import EXTENSION
from api.settings import Settings
from db import rights
from db.rights import By
from db.vocabulary import Realm, Role
from tests.city import POTHOLE, Speaker, Town, build_city
from tests.conftest import SECRET, Clock

FOLLOW = """subscription ($after: EventCursor, $filter: CaseEventFilter) {
  caseEvents(after: $after, filter: $filter) { cursor seq kind case { number grid { code } } } }"""
FIGURES = "subscription ($division: ID!) { metricsChanged(division: $division) { submitted } }"
TITLES = " ".join(f"title_{n}: title" for n in range(95))
WIDE = f"subscription {{ caseEvents {{ seq kind case {{ {TITLES} }} }} }}"
GRID = "320508019044001"
STREAM = "text/event-stream"


class Stream:
    """An answer that goes on, event by event."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self.raw = ""
        self._lines = answer.aiter_text()
        self._rest = ""

    async def block(self) -> str | None:
        """The next event or comment as it came; None at the end."""
        async with asyncio.timeout(60):
            while "\n\n" not in self._rest:
                text = await anext(self._lines, None)
                if text is None:
                    assert self._rest == ""
                    return None
                self.raw += text
                self._rest += text
        block, _, self._rest = self._rest.partition("\n\n")
        return block

    async def said(self) -> str | None:
        while (block := await self.block()) == ":":
            pass
        return block

    async def payload(self) -> dict[str, Any]:
        block = await self.said()
        assert block is not None
        kind, _, data = block.partition("\n")
        assert kind == "event: next" and data.startswith("data: "), block
        found: dict[str, Any] = json.loads(data[6:])
        return found

    async def event(self) -> dict[str, Any]:
        payload = await self.payload()
        assert "errors" not in payload, payload
        found: dict[str, Any] = payload["data"]["caseEvents"]
        return found

    async def rest(self) -> list[str]:
        found = []
        while (block := await self.said()) is not None:
            found.append(block)
        return found


COMPLETE = "event: complete\ndata:"


@dataclass
class Square:
    """A served application and a client of it."""

    town: Town
    app: Any
    url: str
    ws: str
    http: httpx2.AsyncClient
    server: Any

    def token(self, role: Role = Role.DISPLAY, scope: str = "3205", *, hours: float = 1) -> str:
        lifetime = timedelta(hours=hours)
        issued: str = self.app.state.tokens.issue("wall", Realm.LIVE, [(role, scope)], name="", lifetime=lifetime)
        return issued

    def number(self, name: str, **labels: str) -> float:
        return float(self.app.state.metrics.registry.get_sample_value(name, labels) or 0.0)

    async def hand_in(self, grid: str = GRID) -> None:
        resident: Speaker = await self.town.as_(Role.RESIDENT, "zhang")
        city = self.town.city
        done = await resident.do("caseSubmit", description="x", matter=city.matters[POTHOLE], grid=city.grids[grid])
        assert done["userErrors"] == []

    def headers(self, **more: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token()}", "accept": STREAM, "accept-language": "en", **more}

    @asynccontextmanager
    async def stream(self, query: str = FOLLOW, *, headers: Any = None, **variables: Any) -> AsyncIterator[Stream]:
        body = {"query": query, "variables": variables}
        async with self.http.stream("POST", "/graphql", json=body, headers=headers or self.headers()) as answer:
            yield Stream(answer)

    async def dial(self, query: str = FOLLOW, **variables: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """By hand: a peer that need not read."""
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8_192)
        raw.setblocking(False)
        port = int(self.url.rpartition(":")[2])
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=raw, limit=1_024)
        body = json.dumps({"query": query, "variables": variables})
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers().items())
        head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{headers}"
        writer.write(f"{head}content-length: {len(body)}\r\n\r\n{body}".encode())
        return reader, writer

    async def until(self, holds: Callable[[], object], seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while not holds():  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.005)

    async def nothing_is_left(self) -> None:
        live = self.app.state.live
        await self.until(lambda: len(live) == 0)
        await self.until(lambda: not any(self.number(f"gridcast_{name}") for name in ("cohorts", "subscriptions")))
        assert len(live.subscriptions) == 0
        await self.until(lambda: not [one for one in asyncio.all_tasks() if one.get_name() == "operation-stream"])
        gc.collect()  # what was broken off shows here, not in the next test
        assert (await self.http.get("/livez")).text == "ok"


Open = Callable[..., Awaitable[Square]]


@pytest.fixture
async def open_square(sqlite_url: str, serve: Any, tmp_path: Path, clock: Clock) -> AsyncIterator[Open]:
    clients: list[httpx2.AsyncClient] = []

    async def start(**changes: Any) -> Square:
        settings = Settings(dev=True, database_url=sqlite_url, var_dir=tmp_path, secret=SECRET, **changes)
        app = build_app(settings, clock=clock)
        city = await build_city(app.state.db)
        served = await serve(app)
        town = Town(app.state.db, app.state.feed, None, clock, city)  # type: ignore[arg-type]  # the app rings
        limits = httpx2.Limits(max_connections=None)
        clients.append(httpx2.AsyncClient(base_url=served.url, trust_env=False, limits=limits, timeout=15))
        return Square(town, app, served.url, served.ws, clients[-1], served.server)

    yield start
    for client in clients:
        await client.aclose()


@pytest.fixture
async def square(open_square: Open) -> Square:
    return await open_square()


@pytest.fixture(params=["on the transport", "through ASGI"])
def way_out(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Our server's, and any other's."""
    if request.param == "through ASGI":
        monkeypatch.setattr(streams, "EXTENSION", "nobody's")
    return str(request.param)


# -- the same as on a socket


async def test_a_stream_is_told_what_a_socket_is_told_in_the_same_bytes(square: Square, way_out: str) -> None:
    async with (
        square.stream() as stream,
        connect(square.ws, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as line,
    ):
        init = {"Authorization": f"Bearer {square.token()}", "Accept-Language": "en"}
        await line.send(json.dumps({"type": "connection_init", "payload": init}))
        await line.recv()
        await line.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": FOLLOW}}))
        assert json.loads(await line.recv())["payload"]["data"]["caseEvents"]["kind"] == "HEARTBEAT"
        assert (await stream.event())["kind"] == "HEARTBEAT"

        for _ in range(3):
            await square.hand_in()
        told = [await stream.said() for _ in range(3)]
        socket_told = [str(await line.recv()) for _ in range(3)]

        assert told == [
            "event: next\ndata: " + text.removeprefix('{"id":"1","type":"next","payload":')[:-1]
            for text in socket_told
        ]
        assert square.number("gridcast_cohorts") == 1
        assert square.number("gridcast_executions_total") == 3
        assert "\r" not in stream.raw
        assert stream.raw.startswith(":\n\n")
    await square.nothing_is_left()


async def test_the_headers_keep_proxies_from_holding_events_back(square: Square) -> None:
    async with square.stream() as stream:
        assert stream.answer.status_code == 200
        headers = stream.answer.headers
        assert headers["content-type"] == "text/event-stream; charset=utf-8"
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache", "no")
        assert "content-length" not in headers and headers["x-request-id"]


async def test_a_stream_resumes_after_its_cursor_without_hole_or_repetition(square: Square) -> None:
    async with square.stream() as stream:
        cursor = (await stream.event())["cursor"]
    seqs = []
    for _ in range(4):  # each time another connection
        await square.hand_in()
        await square.hand_in()
        async with square.stream(after=cursor) as stream:
            for _ in range(2):
                event = await stream.event()
                seqs.append(int(event["seq"]))
                cursor = event["cursor"]

    assert seqs == list(range(seqs[0], seqs[0] + 8))
    await square.nothing_is_left()


async def test_a_cursor_of_other_rights_is_told_to_resync_and_the_stream_completes(square: Square) -> None:
    async with square.stream() as stream:
        cursor = (await stream.event())["cursor"]
    other = square.headers(authorization=f"Bearer {square.token(scope='320508')}")

    async with square.stream(headers=other, after=cursor) as stream:
        event = await stream.event()

        assert (event["kind"], event["cursor"]) == ("RESYNC_REQUIRED", cursor)
        assert await stream.rest() == [COMPLETE]
    await square.nothing_is_left()


async def test_figures_come_at_once_and_again(square: Square) -> None:
    async with square.stream(FIGURES, division=square.town.city.divisions["3205"]) as stream:
        assert await stream.payload() == {"data": {"metricsChanged": [{"submitted": 0}]}}
        await square.hand_in()
        assert await stream.payload() == {"data": {"metricsChanged": [{"submitted": 1}]}}
    await square.nothing_is_left()


async def test_a_query_and_a_mutation_are_answered_as_one_event(square: Square) -> None:
    async with square.stream("{ cases(first: 1) { totalCount } }") as stream:
        assert stream.answer.headers["content-type"].startswith(STREAM)
        assert await stream.payload() == {"data": {"cases": {"totalCount": 0}}}
        assert await stream.rest() == [COMPLETE]


# -- no silence


async def test_figures_that_stand_still_are_kept_alive_by_comments(
    square: Square, way_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)

    async with square.stream(FIGURES, division=square.town.city.divisions["3205"]) as stream:
        assert await stream.block() == ":"
        await stream.payload()

        assert [await stream.block() for _ in range(3)] == [":"] * 3


async def test_a_quiet_stream_of_cases_has_heartbeats(square: Square, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.cohorts.HEARTBEAT_SECONDS", 0.05)

    async with square.stream() as stream:
        assert [(await stream.event())["kind"] for _ in range(2)] == ["HEARTBEAT"] * 2


# -- refusals

REFUSED = [
    ("subscription { nothing }", {}, "BAD_REQUEST"),
    ("subscription {", {}, "BAD_REQUEST"),
    (FOLLOW, {"after": "nonsense"}, "CURSOR_INVALID"),
    (FOLLOW, {"after": 7}, "CURSOR_INVALID"),
    (FOLLOW, {"filter": {"divisions": ["nonsense"]}}, "BAD_USER_INPUT"),
    (FIGURES, {"division": "nonsense"}, "BAD_USER_INPUT"),
    ("{ nothing }", {}, "BAD_REQUEST"),
]


@pytest.mark.parametrize(("query", "variables", "code"), REFUSED, ids=range(len(REFUSED)))
async def test_a_refused_operation_is_told_in_the_stream(
    square: Square, query: str, variables: dict[str, Any], code: str
) -> None:
    async with square.stream(query, **variables) as stream:
        payload = await stream.payload()

        assert stream.answer.status_code == 200
        assert payload["errors"][0]["extensions"]["code"] == code
        assert await stream.rest() == [COMPLETE]
    await square.nothing_is_left()


async def test_what_never_became_graphql_has_its_status(square: Square) -> None:
    async def status(content: bytes, **headers: str) -> tuple[int, str]:
        answer = await square.http.post("/graphql", content=content, headers=square.headers(**headers))
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        return answer.status_code, answer.json()["errors"][0]["extensions"]["code"]

    json_type = {"content-type": "application/json"}
    assert await status(b"{", **json_type) == (400, "BAD_REQUEST")
    assert await status(b"{}", **{"content-type": "text/plain"}) == (415, "BAD_REQUEST")
    body = json.dumps({"query": FOLLOW}).encode()
    assert await status(body, authorization="Bearer x", **json_type) == (401, "UNAUTHENTICATED")


ACCEPTED = [
    # what was sent, whether a query is answered as events, whether a subscription is
    (STREAM, True, True),
    (f"{STREAM};charset=utf-8", True, True),
    (f"{STREAM}, multipart/mixed", True, True),  # urql, for subscriptions
    (f"{STREAM}, */*;q=0.1", True, True),
    (f"{STREAM}, */*", True, True),
    ("text/*", True, True),
    (f"{STREAM};q=0.9, application/json;q=0.8", True, True),
    (
        f"application/graphql-response+json, application/graphql+json, application/json, {STREAM}, multipart/mixed",
        False,
        True,
    ),  # urql, for queries
    (f"{STREAM}, application/json", False, True),
    (f"{STREAM};q=0.5, */*", False, True),
    (f"{STREAM};q=0.5, application/*;q=0.6", False, True),
    (f"{STREAM};q=0, text/*", False, False),
    (f"{STREAM};q=nan", False, False),
    ("*/*", False, False),
    ("application/json", False, False),
    ("multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json", False, False),  # Apollo's default
    ("", False, False),
]


@pytest.mark.parametrize(("accept", "query_streams", "subscription_streams"), ACCEPTED, ids=range(len(ACCEPTED)))
async def test_who_is_answered_as_events(
    square: Square, accept: str, query_streams: bool, subscription_streams: bool
) -> None:
    headers = square.headers(accept=accept)
    async with square.stream("{ cases(first: 1) { totalCount } }", headers=headers) as stream:
        assert stream.answer.headers["content-type"].startswith(STREAM) is query_streams
    async with square.stream(headers=headers) as stream:
        assert stream.answer.headers["content-type"].startswith(STREAM) is subscription_streams
        if not subscription_streams:
            assert stream.answer.status_code == 400
            await stream.answer.aread()
            assert stream.answer.json()["errors"][0]["extensions"]["code"] == "SUBSCRIPTION_OVER_HTTP"


async def test_get_subscribes_and_head_does_not(square: Square) -> None:
    parameters = {"query": "subscription { caseEvents { kind } }"}

    async with square.http.stream("GET", "/graphql", params=parameters, headers=square.headers()) as answer:
        assert (await Stream(answer).event())["kind"] == "HEARTBEAT"
    head = await square.http.head("/graphql", params=parameters, headers=square.headers())

    assert head.status_code == 400
    await square.nothing_is_left()


# -- quotas


async def test_streams_and_sockets_share_the_quota_of_a_principal(open_square: Open) -> None:
    square = await open_square(subscriptions_per_principal=2)

    async with square.stream() as first, square.stream() as second:
        await first.event()
        await second.event()
        async with square.stream() as third:
            payload = await third.payload()
            assert payload["errors"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
            assert await third.rest() == [COMPLETE]
        async with connect(square.ws, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as line:
            await line.send(json.dumps({"type": "connection_init", "payload": square.headers()}))
            await line.recv()
            await line.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": FOLLOW}}))
            refused = json.loads(await line.recv())
            assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
    await square.nothing_is_left()

    async with square.stream() as again:
        assert (await again.event())["kind"] == "HEARTBEAT"


# -- ends


async def test_the_end_of_the_token_cuts_the_stream(square: Square, clock: Clock, way_out: str) -> None:
    async with square.stream() as stream:
        await stream.event()

        clock.advance(timedelta(hours=1, seconds=1))

        assert await stream.rest() == [": 4403 token-expired"]
    assert square.number("gridcast_closes_total", code="4403") == 1
    await square.nothing_is_left()


async def test_a_revoked_principal_is_cut_off_and_changed_rights_end_with_a_resync(
    square: Square, way_out: str
) -> None:
    by = By("the security officer", "left", square.town.clock())
    async with (
        square.stream() as cases,
        square.stream(FIGURES, division=square.town.city.divisions["3205"]) as figures,
    ):
        await cases.event()
        await figures.payload()
        async with square.town.db.write() as session:
            await rights.say(session, Realm.LIVE, "wall", Role.DISPLAY, "320508", by, is_held=True)
        await square.town.feed._pull()

        assert (await cases.event())["kind"] == "RESYNC_REQUIRED"
        assert await cases.rest() == [COMPLETE]
        await square.hand_in()
        assert await figures.rest() == [COMPLETE]

    async with square.stream() as cases:
        await cases.event()
        async with square.town.db.write() as session:
            await rights.revoke(session, "wall", None, by)
        await square.town.feed._pull()

        assert await cases.rest() == [": 4403 revoked"]
    async with square.stream() as refused:
        assert refused.answer.status_code == 401
    await square.nothing_is_left()


async def test_a_restart_cuts_streams_at_once_and_takes_no_new_ones(square: Square, way_out: str) -> None:
    async with square.stream() as stream, square.stream(FIGURES, division="x") as other:
        await stream.event()
        await other.rest()

        square.server.should_exit = True

        assert await stream.rest() == [": 1012 restart"]
    async with asyncio.timeout(60):
        await asyncio.gather(*(one for one in asyncio.all_tasks() if one.get_name() == "operation-stream"))
    assert len(square.app.state.live) == 0


async def test_while_draining_a_subscription_gets_503(square: Square) -> None:
    square.app.state.live.is_draining = True

    async with square.stream() as stream:
        assert (stream.answer.status_code, stream.answer.headers["retry-after"]) == (503, "1")


async def test_two_hundred_streams_that_are_aborted_leave_nothing_behind(square: Square, way_out: str) -> None:
    square.app.state.live.subscriptions.most = 1_000
    division = square.town.city.divisions["3205"]
    for batch in range(4):
        writers = []
        for n in range(50):
            document, variables = (FIGURES, {"division": division}) if n % 5 == 0 else (FOLLOW, {})
            reader, writer = await square.dial(document, **variables)
            writers.append(writer)
            if n % 2:
                await reader.readline()
        if batch % 2:
            await square.until(lambda: square.number("gridcast_subscriptions") == 50)
            await square.hand_in()
        for writer in writers:
            writer.transport.abort()

    await square.nothing_is_left()


async def test_a_request_sent_behind_a_stream_does_not_hide_that_its_client_is_gone(
    square: Square, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.cohorts.HEARTBEAT_SECONDS", 0.05)  # the server reads on when the stream is over
    reader, writer = await square.dial()
    await reader.readline()
    await square.until(lambda: len(square.app.state.live) == 1)
    writer.write(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
    await writer.drain()
    await square.until(lambda: square.number("gridcast_cohorts") == 1)

    writer.transport.abort()

    await square.nothing_is_left()


async def test_who_does_not_read_is_skipped_and_then_cut_while_others_are_served(
    square: Square, way_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.sockets.SLOW_SECONDS", 0.5)
    _, writer = await square.dial(WIDE)
    await square.until(lambda: square.number("gridcast_cohorts") == 1)

    async with square.stream() as reader:
        await reader.event()
        count = 0
        while not square.number("gridcast_skipped_total"):
            await square.hand_in()
            assert (await reader.event())["kind"] == "SUBMITTED"
            count += 1
            assert count < 400, "the peer was never found slow"

        await square.until(lambda: square.number("gridcast_closes_total", code="4410") == 1)
        await square.until(lambda: len(square.app.state.live) == 1)
        await square.hand_in()
        assert (await reader.event())["kind"] == "SUBMITTED"
    writer.transport.abort()
    await square.nothing_is_left()


async def test_a_reader_that_wakes_in_time_is_caught_up_without_a_hole(
    square: Square, way_out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.sockets.SLOW_SECONDS", 600)  # however slow the machine: it wakes in time
    reader, writer = await square.dial(WIDE)
    await square.until(lambda: square.number("gridcast_cohorts") == 1)
    count = 0
    while not square.number("gridcast_skipped_total"):
        await square.hand_in()
        count += 1
    for _ in range(5):
        await square.hand_in()

    read, seqs = b"", list[int]()
    async with asyncio.timeout(60):
        while len(seqs) < count + 5:
            read += await reader.read(65_536)
            *lines, read = read.split(b"\n")
            events = [json.loads(line[6:])["data"]["caseEvents"] for line in lines if line.startswith(b"data: {")]
            seqs += [int(one["seq"]) for one in events if one["kind"] == "SUBMITTED"]

    assert seqs == list(range(seqs[0], seqs[0] + count + 5))
    writer.transport.abort()
    await square.nothing_is_left()


def test_the_two_ways_out_are_told_apart_by_our_extension() -> None:
    assert streams.EXTENSION == EXTENSION
