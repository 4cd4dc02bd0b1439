"""The hub on real sockets: what is written to many at once, and what no one peer may do to the others.

Rules are those of docs/design.md, "What delivery promises" (L1-L22).
"""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
import uvicorn

from api.live import cohorts
from api.live import sockets as registry
from api.live.execution import Selection
from api.server import config_for
from db.vocabulary import CaseEventKind, Role
from resolvers.viewer import Standing
from schema.events import CaseEvent
from tests.live.conftest import OWN, Hall, Line, OpenHall, Subscriber

NESTED = OWN.replace("number state", "number state grid { name } matter { name }")
LARGE = OWN.replace("number", " ".join(f"n{n}: number" for n in range(99)))  # four kilobytes an event
PATIENT = 600  # seconds
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def crowd(stack: AsyncExitStack, hall: Hall, lines: int, each: int, **variables: Any) -> list[Subscriber]:
    """Subscribers that have joined: everyone has heard its position."""
    found = list[Subscriber]()
    for _ in range(lines):
        line = await stack.enter_async_context(hall.line())
        found += [await line.subscribe(f"op-{n}", **variables) for n in range(each)]
    if "after" not in variables:
        for one in found:
            await one.until(lambda one=one: one.told)
    return found


# -- sharing


async def test_l22_a_crowd_that_returns_costs_one_execution_an_event(open_hall: OpenHall) -> None:
    hall = await open_hall()
    async with AsyncExitStack() as stack:
        [first] = await crowd(stack, hall, 1, 1)
        await hall.submit(12)
        told = await first.events_told(12)
    # Another process takes over: what the first kept is not there.
    other = await open_hall()
    async with AsyncExitStack() as stack:
        back = await crowd(stack, other, 20, 50, after=told[1]["cursor"])
        for one in back:
            assert await one.events_told(10) == told[2:]

        assert other.number("gridcast_executions_total") == 10
        assert other.number("gridcast_cohorts") == 1
        assert other.number("gridcast_deliveries_total") == 0  # nothing was live
        assert len(other.app.state.hub.kept._bodies) == 1


async def test_walls_in_different_places_of_the_journal_share_a_cohort_and_their_bodies(hall: Hall) -> None:
    async with AsyncExitStack() as stack:
        [first] = await crowd(stack, hall, 1, 1)
        await hall.submit(20)
        told = await first.events_told(20)
        line = await stack.enter_async_context(hall.line())
        late = [await line.subscribe(f"late-{n}", after=told[n]["cursor"]) for n in range(19)]

        for n, one in enumerate(late):
            assert await one.events_told(19 - n) == told[n + 1 :]

        assert hall.number("gridcast_executions_total") == 20


async def test_l3_members_that_come_go_and_return_in_the_middle_of_a_pass_hear_everything_once(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohorts, "TURN_MEMBERS", 1)  # everything else may run between any two members
    async with AsyncExitStack() as stack:
        steady = await crowd(stack, hall, 2, 10)
        lines = [await stack.enter_async_context(hall.line()) for _ in range(4)]
        histories: list[list[int]] = []

        async def come_and_go(line: Line, number: int) -> None:
            """Always the same id, always from the last cursor."""
            subscriber = await line.subscribe("same")
            await subscriber.until(lambda: subscriber.told)
            seqs = list[int]()
            for turn in range(12):
                await subscriber.events_told(1 + (turn + number) % 3)
                await line.complete("same")
                await line.fence()  # what was on its way has come; nothing may follow under this id
                seqs += subscriber.seqs
                subscriber = await line.subscribe("same", after=subscriber.cursor)
            await subscriber.until(lambda: subscriber.seqs and subscriber.seqs[-1] == 60)
            histories.append(seqs + subscriber.seqs)

        work = [asyncio.create_task(come_and_go(line, number)) for number, line in enumerate(lines)]
        await hall.submit(60)
        async with asyncio.timeout(60):
            await asyncio.gather(*work)
        for one in steady:
            await one.events_told(60)

        assert all(one.seqs == list(range(1, 61)) for one in steady)
        assert histories == [list(range(1, 61))] * 4


async def test_l3_a_member_that_joins_while_payloads_wait_hears_none_twice(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has read further than the pass has written: what waits for the others it has had."""
    monkeypatch.setattr(cohorts, "TURN_MEMBERS", 1)
    monkeypatch.setattr(cohorts, "PASS_BYTES", 1)  # every event is a batch of its own
    async with AsyncExitStack() as stack:
        everybody = await crowd(stack, hall, 2, 60)
        start = everybody[0].cursor
        late = await stack.enter_async_context(hall.line())
        found = list[Subscriber]()
        writing = asyncio.create_task(hall.submit(40))
        while not writing.done():
            found.append(await late.subscribe(f"late-{len(found)}", after=start))
            await found[-1].until(lambda: found[-1].told)
        await writing
        for one in [*everybody, *found]:
            await one.events_told(40)
        await late.fence()

        assert all(one.seqs == list(range(1, 41)) for one in [*everybody, *found])


async def test_payloads_that_wait_leave_as_one_batch(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, encode = asyncio.Event(), Selection.encode

    async def slowly(self: Selection, deliveries: Any) -> list[bytes]:
        if deliveries[0].event is not None:
            await gate.wait()
        return await encode(self, deliveries)

    async with AsyncExitStack() as stack:
        everybody = await crowd(stack, hall, 2, 5)
        monkeypatch.setattr(Selection, "encode", slowly)
        await hall.submit(1)
        await hall.read()
        await hall.submit(8)
        await hall.read()
        gate.set()
        for one in everybody:
            assert [event["seq"] for event in await one.events_told(9)] == [str(n) for n in range(1, 10)]

        # The first alone and at once, the eight that came meanwhile together.
        assert hall.number("gridcast_batch_events_count") == 2
        assert hall.number("gridcast_batch_events_sum") == 9


async def test_a_selection_that_takes_long_holds_up_nobody_else(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, encode = asyncio.Event(), Selection.encode

    async def slowly(self: Selection, deliveries: Any) -> list[bytes]:
        if deliveries[0].event is not None and "matter" in self.operation.query:
            await gate.wait()
        return await encode(self, deliveries)

    monkeypatch.setattr(Selection, "encode", slowly)
    async with hall.line() as line:
        rich, lean = await line.subscribe("rich", NESTED), await line.subscribe("lean")
        await rich.until(lambda: rich.told)
        await lean.until(lambda: lean.told)
        await hall.submit(3)

        assert [one["seq"] for one in await lean.events_told(3)] == ["1", "2", "3"]
        assert rich.events == []
        # Its silence is no longer than anybody's (L9), and its position stays before what waits.
        monkeypatch.setattr(cohorts, "HEARTBEAT_SECONDS", 0.0)
        [cohort] = [one for one in hall.app.state.hub._cohorts.values() if "matter" in one.key[0]]
        await cohort.speak(asyncio.get_running_loop().time())
        await rich.until(lambda: len(rich.told) == 2)
        assert (rich.told[-1]["data"]["caseEvents"]["kind"], rich.told[-1]["data"]["caseEvents"]["seq"]) == (
            "HEARTBEAT",
            "0",
        )
        monkeypatch.undo()
        gate.set()
        assert [one["seq"] for one in await rich.events_told(3)] == ["1", "2", "3"]


async def test_l17_a_selection_that_breaks_fails_its_event_and_the_stream_goes_on(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hall.line() as line:
        subscriber = await line.subscribe("x", OWN)
        await subscriber.until(lambda: subscriber.told)
        fields = CaseEvent.__strawberry_definition__.fields  # type: ignore[attr-defined]
        field = next(one for one in fields if one.python_name == "case_id")
        good = field.base_resolver.wrapped_func

        def broken(*_: Any, **__: Any) -> str:
            raise RuntimeError("password=secret")

        monkeypatch.setattr(field.base_resolver, "wrapped_func", broken)
        await hall.submit(1)
        await subscriber.until(lambda: len(subscriber.told) == 2)
        monkeypatch.setattr(field.base_resolver, "wrapped_func", good)
        await hall.submit(1)
        await subscriber.until(lambda: len(subscriber.told) == 3)

        failed, after = subscriber.told[1], subscriber.told[2]
        [error] = failed["errors"]
        assert error["extensions"]["code"] == "INTERNAL"
        assert "secret" not in json.dumps(failed)
        assert after["data"]["caseEvents"]["seq"] == "2"
        again = await line.subscribe("y", after=error["extensions"]["cursor"])
        assert [one["seq"] for one in await again.events_told(1)] == ["2"]


# -- peers that do not keep up


def deaf(line: Line) -> None:
    """The peer stops reading, as a sleeping laptop does."""
    line.socket.transport.pause_reading()


async def test_l8_peers_that_do_not_read_are_closed_with_4410_and_others_hear_everything(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "SLOW_SECONDS", 1.0)
    async with AsyncExitStack() as stack:
        others = await crowd(stack, hall, 2, 10)
        stalled = [await stack.enter_async_context(hall.line()) for _ in range(8)]
        for line in stalled:
            for n in range(20):
                await line.subscribe(f"s-{n}", LARGE)
            await line.subscribers["s-19"].until(lambda line=line: line.subscribers["s-19"].told)
            deaf(line)
        await hall.submit(80)

        for one in others:
            await one.events_told(80)
            assert one.seqs == list(range(1, 81))
        await hall.until(lambda: hall.number("gridcast_closes_total", code="4410") == 8)
        await hall.until(lambda: hall.number("gridcast_sockets") == 2)
        # Aborted: nobody waits until a peer that does not read has read what was sent.
        await hall.until(lambda: len(hall.server.server_state.connections) == 2)
        assert hall.number("gridcast_subscriptions") == 20
        assert hall.number("gridcast_skipped_total") >= 8


async def test_l8_what_waits_for_a_peer_is_bounded(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.sockets.SLOW_SECONDS", PATIENT)  # however slow the machine: nobody is closed
    async with hall.line() as line, hall.line() as other:
        for n in range(20):
            await line.subscribe(f"s-{n}", LARGE)
        await line.subscribers["s-19"].until(lambda: line.subscribers["s-19"].told)
        [conversation] = [one for one in hall.app.state.live._open if len(one._running) == 20]
        deaf(line)
        listener = await other.subscribe("x")
        await listener.until(lambda: listener.told)
        waiting = list[int]()
        for _ in range(15):
            await hall.submit(10)
            waiting.append(conversation.outlet._transport.get_write_buffer_size())

        # One pass may go over the mark once; 150 events of 20 subscriptions are twelve megabytes.
        assert max(waiting) < 64 * 1024 + 20 * cohorts.PASS_BYTES
        await listener.events_told(150)
        line.socket.transport.resume_reading()  # it wakes up in time: it catches up from its own position
        for one in line.subscribers.values():
            await one.events_told(150)
            assert one.seqs == list(range(1, 151))
        assert hall.number("gridcast_closes_total", code="4410") == 0


async def test_a_peer_that_reads_slowly_is_served_from_its_cursor(
    open_hall: OpenHall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.live.sockets.SLOW_SECONDS", PATIENT)  # however slow the machine: nobody is closed
    hall = await open_hall()
    async with hall.line() as line:
        everybody = [await line.subscribe(f"s-{n}", LARGE) for n in range(8)]
        for one in everybody:
            await one.until(lambda one=one: one.told)
        for _ in range(4):
            deaf(line)
            await hall.submit(60)
            await hall.read()
            line.socket.transport.resume_reading()

        for one in everybody:
            await one.events_told(240)
            assert one.seqs == list(range(1, 241))
        assert hall.number("gridcast_skipped_total") > 0


async def test_l12_rights_that_change_while_a_peer_is_behind_end_its_stream(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it drains before it has been told: nothing is read on with the old rights."""
    monkeypatch.setattr("api.live.sockets.SLOW_SECONDS", PATIENT)  # however slow the machine: nobody is closed
    gate, encode = asyncio.Event(), Selection.encode

    async def slowly(self: Selection, deliveries: Any) -> list[bytes]:
        if deliveries[0].kind is CaseEventKind.RESYNC_REQUIRED and not gate.is_set():
            await gate.wait()
        return await encode(self, deliveries)

    monkeypatch.setattr(Selection, "encode", slowly)
    async with hall.line() as line:
        everybody = [await line.subscribe(f"s-{n}", LARGE) for n in range(8)]
        for one in everybody:
            await one.until(lambda one=one: one.told)
        [conversation] = hall.app.state.live._open
        deaf(line)
        while not conversation._behind:
            await hall.submit(5)
            await hall.read()
        conversation.rights_changed(replace(conversation.viewer, standing=Standing()))
        head = hall.app.state.hub.seq
        line.socket.transport.resume_reading()
        await hall.until(lambda: not conversation._behind)
        gate.set()
        for one in everybody:
            await one.until(lambda one=one: one.last)

        assert {one.last for one in everybody} == {"complete"}
        assert {one.told[-1]["data"]["caseEvents"]["kind"] for one in everybody} == {"RESYNC_REQUIRED"}
        assert min(len(one.events) - 1 for one in everybody) < head  # what it was behind with, it is not given


# -- heartbeats, ends, leaks


async def test_l9_heartbeats_carry_what_was_given_and_never_run_ahead(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cohorts, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr("api.live.hub.SPEAK_SECONDS", 0.05)
    async with hall.line() as line:
        all_of_it = await line.subscribe("all")
        elsewhere = await line.subscribe("elsewhere", filter={"kinds": ["QUESTION"]})
        await elsewhere.until(lambda: elsewhere.told)
        await hall.submit(3)
        await all_of_it.events_told(3)
        at = len(elsewhere.told)

        # What does not concern it moves its position on nevertheless.
        await elsewhere.until(lambda: len(elsewhere.told) >= at + 2)
        assert {one["data"]["caseEvents"]["kind"] for one in elsewhere.told} == {"HEARTBEAT"}
        assert elsewhere.told[-1]["data"]["caseEvents"]["seq"] == "3"
        count = len(all_of_it.told)
        await all_of_it.until(lambda: len(all_of_it.told) >= count + 2)
        assert all_of_it.told[-1]["data"]["caseEvents"]["cursor"] == all_of_it.events[-1]["cursor"]


async def test_l9_a_stalled_peers_position_stays_where_it_is(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.sockets.SLOW_SECONDS", PATIENT)  # however slow the machine: nobody is closed
    monkeypatch.setattr(cohorts, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr("api.live.hub.SPEAK_SECONDS", 0.02)
    async with hall.line() as line, hall.line() as other:
        await asyncio.gather(*(line.subscribe(f"s-{n}", LARGE) for n in range(10)))
        subscriber, listener = await line.subscribe("x", LARGE), await other.subscribe("y")
        await subscriber.until(lambda: subscriber.told)
        await listener.until(lambda: listener.told)
        deaf(line)
        await hall.submit(120)
        await listener.events_told(120)
        await asyncio.sleep(0.5)  # several heartbeats are due
        line.socket.transport.resume_reading()
        await subscriber.events_told(120)

        positions = [int(one["data"]["caseEvents"]["seq"]) for one in subscriber.told]
        assert positions == sorted(positions)  # no heartbeat ran ahead of an event
        assert subscriber.seqs == list(range(1, 121))


@pytest.mark.parametrize("rounds", [10])
async def test_l18_a_thousand_that_come_and_are_cut_off_leave_nothing(hall: Hall, rounds: int) -> None:
    hub = hall.app.state.hub

    async def come_and_break(n: int) -> None:
        async with hall.line() as line:
            one = await line.subscribe("x", filter={"kinds": ["QUESTION"]} if n % 2 else None)
            if n % 3:
                await one.until(lambda: one.told)
            raw = line.socket.transport.get_extra_info("socket")
            raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            line.socket.transport.abort()

    await come_and_break(1)
    await hall.until(lambda: hall.number("gridcast_sockets") == 0)
    before = len(asyncio.all_tasks())
    for _ in range(rounds):
        await asyncio.gather(*(come_and_break(n) for n in range(100)))
        await hall.submit(1)

    await hall.until(lambda: hall.number("gridcast_sockets") == 0 and not len(hub) and not len(hub._index))
    await hall.until(lambda: len(asyncio.all_tasks()) <= before and not hall.town.db.connections_in_use)
    assert hall.number("gridcast_subscriptions") == hall.number("gridcast_cohorts") == hub.kept.bytes == 0
    assert not hall.app.state.live._slow
    assert len(hall.app.state.live.subscriptions) == 0


async def test_l19_five_hundred_idle_subscriptions_hold_no_connection(hall: Hall) -> None:
    async with AsyncExitStack() as stack:
        everybody = await crowd(stack, hall, 5, 100)
        in_use = list[int]()
        for _ in range(20):
            await asyncio.sleep(0.005)
            in_use.append(hall.town.db.connections_in_use)

        assert min(in_use) == 0  # the feed's own look comes and goes
        assert sorted(in_use)[10] == 0
        assert len(everybody) == 500


async def test_a_cohort_that_nobody_entered_goes_again(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.live.hub.SPEAK_SECONDS", 0.02)
    followed, begun, gate = Selection.followed, asyncio.Event(), asyncio.Event()

    async def slowly(self: Selection) -> Any:
        begun.set()
        await gate.wait()
        return await followed(self)

    monkeypatch.setattr(Selection, "followed", slowly)
    async with hall.line() as line:
        await line.subscribe("x")
        await begun.wait()
        await line.complete("x")
        await hall.until(lambda: hall.number("gridcast_subscriptions") == 0)
        gate.set()
        await hall.until(lambda: not hall.app.state.hub._opening)
        await hall.until(lambda: len(hall.app.state.hub) == 0)


async def test_a_filter_that_is_refused_is_an_error_for_each_and_opens_nothing(hall: Hall) -> None:
    async with hall.line() as line:
        wrong = [await line.subscribe(f"w-{n}", filter={"divisions": ["nonsense"]}) for n in range(3)]
        typed = await line.subscribe("typed", after=7)
        for one in [*wrong, typed]:
            await one.until(lambda one=one: one.last)

        assert {one.last for one in wrong} == {"error"}
        assert typed.errors[0]["extensions"]["code"] in {"CURSOR_INVALID", "BAD_USER_INPUT"}
        assert len(hall.app.state.hub) == 0


# -- the other way out


async def test_a_server_without_our_protocol_sends_the_same_messages(hall: Hall) -> None:
    """The fallback: plain ASGI sends on uvicorn's own protocol class."""
    listener = sockets.socket()
    listener.bind(("127.0.0.1", 0))
    config = config_for(hall.app)
    plain = uvicorn.Server(uvicorn.Config(**{**_options(config), "ws": "websockets-sansio", "lifespan": "off"}))
    plain.capture_signals = hall.server.capture_signals
    task = asyncio.create_task(plain.serve(sockets=[listener]))
    await hall.until(lambda: plain.started)
    other = Hall(hall.town, hall.app, plain, f"ws://127.0.0.1:{listener.getsockname()[1]}/graphql")
    try:
        async with hall.line() as fast, other.line() as slow:
            for line in (fast, slow):
                for n in range(3):
                    one = await line.subscribe(f"op-{n}", NESTED)
                    await one.until(lambda one=one: one.told)
            await hall.submit(25)
            for line in (fast, slow):
                for one in line.subscribers.values():
                    await one.events_told(25)
            for n in range(3):
                mine = [text for text in fast.texts if f'"op-{n}"' in text and "HEARTBEAT" not in text]
                assert mine == [text for text in slow.texts if f'"op-{n}"' in text and "HEARTBEAT" not in text]
            outlets = {type(one.outlet).__name__ for one in hall.app.state.live._open}
            assert outlets == {"Frames", "Messages"}
    finally:
        plain.should_exit = True
        await task


def _options(config: uvicorn.Config) -> dict[str, Any]:
    return {
        "app": config.app, "ws_max_size": config.ws_max_size, "log_config": None, "access_log": False,
        "ws_per_message_deflate": False,
    }  # fmt: skip


async def test_a_token_of_one_division_hears_nothing_of_another_through_a_shared_pass(hall: Hall) -> None:
    async with hall.line(hall.token(Role.DISPLAY, "320506")) as wuzhong, hall.line() as suzhou:
        near, all_of_it = await wuzhong.subscribe("x"), await suzhou.subscribe("x")
        await near.until(lambda: near.told)
        await all_of_it.until(lambda: all_of_it.told)
        await hall.submit(2, "320508019044001")
        await hall.submit(1, "320506001001001")

        assert [one["seq"] for one in await all_of_it.events_told(3)] == ["1", "2", "3"]
        assert [one["seq"] for one in await near.events_told(1)] == ["3"]
        assert hall.number("gridcast_executions_total") == 4
