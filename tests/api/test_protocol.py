"""graphql-transport-ws over real sockets: every close code, every refusal, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from db.vocabulary import Role

INIT = {"type": "connection_init"}


async def assert_nothing_is_left(city: Any) -> None:
    """Sockets, operations and quotas are back at zero, and the server still answers."""
    live, metrics = city.app.state.live, city.app.state.metrics
    await city.until(lambda: len(live) == 0)
    assert (len(live.held), len(live.subscriptions)) == (0, 0)
    assert metrics.subscriptions._value.get() == 0
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("operation-")]
    assert await city.is_alive()


# -- the handshake


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example", "http://["]
)
async def test_a_foreign_page_gets_403(table_city: Any, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with table_city.dial(origin=Origin(origin)):
            pass

    assert refused.value.response.status_code == 403
    await assert_nothing_is_left(table_city)


async def test_the_own_page_an_allowed_page_and_a_program_get_in(open_city: Any) -> None:
    city = await open_city(allowed_origins=["https://wall.example"])

    for options in ({}, {"origin": Origin(city.url)}, {"origin": Origin("https://wall.example")}):
        async with city.talk(**options) as talk:
            assert talk.socket.subprotocol == "graphql-transport-ws"
    await assert_nothing_is_left(city)


@pytest.mark.parametrize("subprotocols", [None, [Subprotocol("graphql-ws")]])
async def test_another_subprotocol_closes_with_4406(table_city: Any, subprotocols: Any) -> None:
    async with table_city.dial(subprotocols=subprotocols) as socket:
        await socket.wait_closed()

    assert socket.close_code == 4406
    await assert_nothing_is_left(table_city)


# -- before the acknowledgement


async def test_silence_closes_with_4408(open_city: Any) -> None:
    city = await open_city(init_seconds=0.05)

    async with city.dial() as socket:
        await socket.wait_closed()

    assert socket.close_code == 4408
    await assert_nothing_is_left(city)


async def test_subscribing_before_the_acknowledgement_closes_with_4401(city: Any) -> None:
    async with city.dial() as socket:
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}}))
        await socket.wait_closed()

    assert socket.close_code == 4401
    await assert_nothing_is_left(city)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"Authorization": ""},
        {"Authorization": 7},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic eA=="},
    ],
)
async def test_without_a_good_token_the_socket_closes_with_4403(table_city: Any, payload: Any) -> None:
    async with table_city.dial() as socket:
        await socket.send(json.dumps(INIT | {"payload": payload}))
        await socket.wait_closed()

    assert socket.close_code == 4403
    assert socket.close_reason.startswith("forbidden")
    await assert_nothing_is_left(table_city)


async def test_a_token_that_is_over_closes_with_4403_token_expired(city: Any, clock: Any) -> None:
    token = city.token(hours=1)
    clock.advance(timedelta(hours=2))

    async with city.dial() as socket:
        await socket.send(json.dumps(INIT | {"payload": {"Authorization": f"Bearer {token}"}}))
        await socket.wait_closed()

    assert (socket.close_code, socket.close_reason) == (4403, "token-expired")
    await assert_nothing_is_left(city)


async def test_a_second_init_closes_with_4429(city: Any) -> None:
    async with city.talk() as talk:
        await talk.send(INIT)

        assert (await talk.closed())[0] == 4429
    await assert_nothing_is_left(city)


# -- messages that are none

SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}}
NO_MESSAGES: list[Any] = [
    "",
    "{",
    "[]",
    "7",
    "null",
    '"x"',
    "[" * 5_000,
    {},
    {"type": 7},
    {"type": ["subscribe"]},
    {"type": "start"},
    {"type": "next", "id": "1"},
    {"type": "connection_ack"},
    {"type": "ping", "payload": 7},
    {"type": "pong", "payload": []},
    {"type": "complete"},
    {"type": "complete", "id": 7},
    SUBSCRIBE | {"id": ""},
    SUBSCRIBE | {"id": 7},
    SUBSCRIBE | {"id": ["1"]},
    SUBSCRIBE | {"id": None},
    SUBSCRIBE | {"id": "x" * 129},
    SUBSCRIBE | {"id": "a\x00"},
    SUBSCRIBE | {"id": "\ud800"},
    SUBSCRIBE | {"payload": None},
    SUBSCRIBE | {"payload": []},
    SUBSCRIBE | {"payload": {}},
    SUBSCRIBE | {"payload": {"query": 7}},
    SUBSCRIBE | {"payload": {"query": ""}},
    SUBSCRIBE | {"payload": {"query": "{ hello }", "variables": []}},
    SUBSCRIBE | {"payload": {"query": "{ hello }", "operationName": 7}},
    SUBSCRIBE | {"payload": {"query": "{ hello }", "extensions": "x"}},
]


@pytest.mark.parametrize("message", NO_MESSAGES, ids=range(len(NO_MESSAGES)))
async def test_what_is_not_of_the_protocol_closes_with_4400(table_city: Any, message: Any) -> None:
    async with table_city.talk() as talk:
        await talk.send(message)

        assert (await talk.closed())[0] == 4400
    await assert_nothing_is_left(table_city)


async def test_a_binary_frame_closes_with_4400_also_before_the_init(city: Any) -> None:
    async with city.dial() as socket:
        await socket.send(b'{"type":"connection_init"}')
        await socket.wait_closed()

    assert socket.close_code == 4400
    await assert_nothing_is_left(city)


async def test_a_message_that_is_too_long_closes_with_1009(city: Any) -> None:
    async with city.talk() as talk:
        await talk.subscribe("1", "{ hello } #" + "x" * 70_000)

        assert (await talk.closed())[0] == 1009
    await assert_nothing_is_left(city)


async def test_a_flood_closes_with_1013(city: Any) -> None:
    async with city.talk() as talk:
        with suppress(ConnectionClosed):
            for _ in range(60):
                await talk.send({"type": "ping"})

        assert await talk.closed() == (1013, "too many messages")
    await assert_nothing_is_left(city)


# -- operations


async def test_ping_is_answered_and_pong_is_heard(city: Any) -> None:
    async with city.talk() as talk:
        await talk.send({"type": "pong"})
        await talk.send({"type": "ping"})
        await talk.send({"type": "ping", "payload": {"n": 1}})

        assert await talk.read() == {"type": "pong"}
        assert await talk.read() == {"type": "pong", "payload": {"n": 1}}
    await assert_nothing_is_left(city)


async def test_queries_mutations_and_subscriptions_all_work(city: Any) -> None:
    city.stage.gate.set()
    async with city.talk() as talk:
        await talk.subscribe("q", "query($n: String!) { hello(name: $n) }", variables={"n": "张"})
        assert await talk.read() == {"id": "q", "type": "next", "payload": {"data": {"hello": "hello 张"}}}
        assert await talk.read() == {"id": "q", "type": "complete"}

        await talk.subscribe("m", "mutation { change }")
        assert await talk.read() == {"id": "m", "type": "next", "payload": {"data": {"change": 1}}}
        assert await talk.read() == {"id": "m", "type": "complete"}

        await talk.subscribe("s", "subscription { count(to: 2) { number } }")
        for number in range(2):
            assert (await talk.read())["payload"] == {"data": {"count": {"number": number}}}
        assert await talk.read() == {"id": "s", "type": "complete"}
    await assert_nothing_is_left(city)


REFUSED = [
    ("{ hello", {}, "BAD_REQUEST"),
    ("{ helo }", {}, "BAD_REQUEST"),
    ("subscription { count { nuber } }", {}, "BAD_REQUEST"),
    ("subscription { count } ", {"operationName": "X"}, "BAD_REQUEST"),
    ("query($n: Int!) { rows(first: $n) { rows { number } } }", {}, "BAD_USER_INPUT"),
    ("subscription($n: Int!) { count(to: $n) { number } }", {"variables": {"n": "x"}}, "BAD_USER_INPUT"),
    ("query($n: String) { hello(name: $n) }", {"variables": {"n": "\x00"}}, "BAD_USER_INPUT"),
    ("query($n: String) { hello(name: $n) }", {"variables": {"n": "\udfff"}}, "BAD_USER_INPUT"),
    ('subscription { count(to: 1) { number } x: __typename @include(if: "\\u0000") }', {}, "BAD_USER_INPUT"),
    ("{ row { " * 1 + "same { " * 20 + "number" + " }" * 21 + " }", {}, "QUERY_TOO_COMPLEX"),
    ("subscription { refuses }", {}, "NOT_FOUND"),
]


@pytest.mark.parametrize(("query", "more", "code"), REFUSED, ids=range(len(REFUSED)))
async def test_a_refused_operation_is_an_error_and_the_others_go_on(
    city: Any, query: str, more: Any, code: str
) -> None:
    async with city.talk() as talk:
        await talk.subscribe("other", "subscription { forever }")
        assert (await talk.read())["id"] == "other"

        await talk.subscribe("1", query, **more)

        error = await talk.read()
        assert (error["id"], error["type"]) == ("1", "error")
        assert error["payload"][0]["extensions"]["code"] == code
        assert error["payload"][0]["extensions"]["requestId"]
        city.stage.gate.set()
        assert await talk.read() == {"id": "other", "type": "next", "payload": {"data": {"forever": 1}}}
    await assert_nothing_is_left(city)


async def test_an_event_that_fails_is_a_next_with_masked_errors(city: Any) -> None:
    async with city.talk() as talk:
        await talk.subscribe("1", "subscription { count(to: 2) { number bad } }")

        for number in range(2):
            event = await talk.read()
            assert event["type"] == "next"
            assert event["payload"]["data"] == {"count": {"number": number, "bad": None}}
            assert event["payload"]["errors"][0]["extensions"]["code"] == "INTERNAL"
            assert "password" not in json.dumps(event)
        assert (await talk.read())["type"] == "complete"
    await assert_nothing_is_left(city)


async def test_a_stream_that_breaks_ends_with_an_error_never_with_complete(city: Any) -> None:
    async with city.talk() as talk:
        await talk.subscribe("1", "subscription { breaks }")
        assert (await talk.read())["payload"] == {"data": {"breaks": 0}}

        error = await talk.read()

        assert error["type"] == "error"
        assert error["payload"][0]["extensions"]["code"] == "INTERNAL"
        assert "password" not in json.dumps(error)
        await talk.send({"type": "ping"})
        assert await talk.read() == {"type": "pong"}
    await assert_nothing_is_left(city)


async def test_an_id_in_use_closes_with_4409(city: Any) -> None:
    async with city.talk() as talk:
        await talk.subscribe("1", "subscription { forever }")
        await talk.read()
        await talk.subscribe("1", "subscription { forever }")

        assert (await talk.closed())[0] == 4409
    assert len(city.stage.cleaned) == 1
    await assert_nothing_is_left(city)


async def test_complete_stops_the_operation_and_frees_its_id(city: Any) -> None:
    async with city.talk() as talk:
        for turn in range(1, 6):
            await talk.subscribe("1", "subscription { forever }")
            assert (await talk.read())["payload"] == {"data": {"forever": 0}}
            await talk.send({"id": "1", "type": "complete"})
            await talk.send({"type": "ping"})
            assert await talk.read() == {"type": "pong"}
            assert len(city.stage.cleaned) == turn
        await talk.send({"id": "never-there", "type": "complete"})
        await talk.send({"type": "ping"})
        assert await talk.read() == {"type": "pong"}
    await assert_nothing_is_left(city)


async def test_one_subscription_too_many_is_an_error_of_that_one(open_city: Any) -> None:
    city = await open_city(subscriptions_per_socket=2, subscriptions_per_principal=3)

    async with city.talk() as one, city.talk() as two:
        for talk, name in ((one, "a"), (one, "b"), (two, "c")):
            await talk.subscribe(name, "subscription { forever }")
            assert (await talk.read())["type"] == "next"
        await one.subscribe("d", "subscription { forever }")
        await two.subscribe("e", "subscription { forever }")

        for talk, limit in ((one, "2"), (two, "3")):
            error = await talk.read()
            assert error["type"] == "error"
            assert error["payload"][0]["extensions"]["code"] == "TOO_MANY_SUBSCRIPTIONS"
            assert limit in error["payload"][0]["message"]
        await one.send({"id": "a", "type": "complete"})
        await two.subscribe("f", "subscription { forever }")
        await one.send({"type": "ping"})
        assert await one.read() == {"type": "pong"}
        assert (await two.read())["type"] in ("next", "error")
    await assert_nothing_is_left(city)


async def test_one_socket_too_many_closes_with_1013_and_a_place_comes_back(open_city: Any) -> None:
    city = await open_city(sockets_per_principal=1)

    async with city.talk():
        async with city.dial() as socket:
            await socket.send(json.dumps(INIT | {"payload": {"Authorization": f"Bearer {city.token()}"}}))
            await socket.wait_closed()
        assert socket.close_code == 1013
        async with city.talk(city.token(Role.CHECKER)):
            pass
    await assert_nothing_is_left(city)
    async with city.talk():
        pass


async def test_l11_the_end_of_the_token_closes_with_4403(city: Any, clock: Any) -> None:
    async with city.talk(city.token(hours=1)) as short, city.talk(city.token(hours=5)) as long:
        await short.subscribe("1", "subscription { forever }")
        await short.read()
        clock.advance(timedelta(hours=1))

        assert await short.closed() == (4403, "token-expired")
        await long.send({"type": "ping"})
        assert await long.read() == {"type": "pong"}
    assert len(city.stage.cleaned) == 1
    await assert_nothing_is_left(city)


async def test_two_hundred_killed_sockets_leave_nothing(open_city: Any) -> None:
    city = await open_city(sockets_per_principal=1_000, subscriptions_per_principal=1_000)
    token = city.token()
    for _ in range(10):
        killed = []
        for _ in range(20):
            socket = await connect(city.ws, proxy=None, subprotocols=[Subprotocol("graphql-transport-ws")])
            killed.append(socket)
            await socket.send(json.dumps(INIT | {"payload": {"Authorization": f"Bearer {token}"}}))
            await socket.recv()
            await socket.send(
                json.dumps({"id": "1", "type": "subscribe", "payload": {"query": "subscription { forever }"}})
            )
            await socket.recv()
        for socket in killed:
            socket.transport.abort()
    await assert_nothing_is_left(city)
    assert len(city.stage.cleaned) == 200


# -- the end of the server


async def test_l10_a_restart_finishes_mutations_then_closes_with_1012(city: Any) -> None:
    async with city.talk() as worker, city.talk() as wall:
        await wall.subscribe("1", "subscription { forever }")
        await wall.read()
        await worker.subscribe("m", "mutation { change }")
        await city.stage.entered.wait()

        city.server.handle_exit(15, None)
        assert city.app.state.live.is_draining
        city.stage.gate.set()

        assert await worker.read() == {"id": "m", "type": "next", "payload": {"data": {"change": 1}}}
        assert (await worker.closed())[0] == 1012
        assert (await wall.closed())[0] == 1012
    assert city.stage.changed == 1


async def test_l10_a_restart_lets_a_mutation_over_http_finish(city: Any) -> None:
    answer = asyncio.create_task(city.post({"query": "mutation { change }"}))
    await city.stage.entered.wait()

    city.server.handle_exit(15, None)
    city.stage.gate.set()

    assert (await answer).json() == {"data": {"change": 1}}
