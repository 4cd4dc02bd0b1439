"""The promises of a stream, held on the use-case that follows the journal and on the polling query beside it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, update

import db.feed
import resolvers.following
from db import journal
from db.feed import Feed
from db.paging import EventPosition, event_cursor, page_cursor, parse_event_cursor
from db.tables import JournalCounter, JournalRow
from db.vocabulary import Realm, Role
from resolvers.refusals import Code, Refusal
from tests.city import DISPUTE, POTHOLE, Speaker, Town
from tests.stories.walks import (
    FAR_GRID,
    GRID,
    NEXT_GRID,
    OTHER_UNIT,
    Walk,
    bring_to,
    cast,
    feed_read,
    hand_in,
    outsourced,
    until,
)

OWN = """id number realm version round kind source priority title state stage outcome isOpen isSelfHandled isDiscovery
  isRuled isConfirmed returns reworkCount verification checkResult submittedAt acceptedAt registeredAt dispatchedAt
  signedAt handledAt closedAt updatedAt stageAt dueAt wasLate isAnswered isOutsourced"""
EVENT = f"cursor seq kind at caseId version action case {{ {OWN} }}"
FOLLOW = f"""subscription ($after: EventCursor, $filter: CaseEventFilter) {{
  caseEvents(after: $after, filter: $filter) {{ {EVENT} }} }}"""
POLL = f"""query ($after: EventCursor!, $first: Int = 100, $filter: CaseEventFilter) {{
  caseEvents(after: $after, first: $first, filter: $filter) {{ cursor hasMore events {{ {EVENT} }} }} }}"""
SNAPSHOT = f"""query ($filter: CaseFilter) {{
  cases(first: 100, filter: $filter) {{ cursor edges {{ node {{ {OWN} }} }} }} }}"""


@asynccontextmanager
async def following(speaker: Speaker, **variables: Any) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    stream = await speaker.follow(FOLLOW, **variables)

    async def events() -> AsyncIterator[dict[str, Any]]:
        async for result in stream:
            assert not result.errors, result.errors
            yield result.data["caseEvents"]

    try:
        yield events()
    finally:
        await stream.aclose()


async def read_from(events: AsyncIterator[dict[str, Any]], seconds: float = 60) -> dict[str, Any]:
    async with asyncio.timeout(seconds):
        return await anext(events)


async def poll(speaker: Speaker, after: str, first: int = 100, **filter: Any) -> list[dict[str, Any]]:
    """Every event after a cursor, page by page, and the last cursor as one heartbeat."""
    found: list[dict[str, Any]] = []
    while True:
        page = (await speaker.ask(POLL, after=after, first=first, filter=filter or None))["caseEvents"]
        found += page["events"]
        after = page["cursor"]
        if not page["hasMore"]:
            return found


async def cursor_now(speaker: Speaker) -> str:
    cursor: str = (await speaker.ask("{ cases(first: 1) { cursor } }"))["cases"]["cursor"]
    return cursor


# -- where a stream begins


async def test_without_a_cursor_the_stream_starts_with_its_position_at_once(town: Town) -> None:
    people = await cast(town)
    await hand_in(people)
    await feed_read(town)

    async with following(people.leader) as events:
        first = await read_from(events)
        case = await hand_in(people)
        second = await read_from(events)

    assert (first["kind"], first["seq"], first["case"], first["caseId"]) == ("HEARTBEAT", "1", None, None)
    assert (second["kind"], second["seq"], second["caseId"], second["action"]) == (
        "SUBMITTED",
        "2",
        case["id"],
        "SUBMIT",
    )


async def test_l3_nothing_at_or_before_the_cursor_is_sent_and_nothing_twice(town: Town) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    for _ in range(6):
        await people.intake.act("caseAccept", await hand_in(people))
    await feed_read(town)
    random, seen, cursor = Random(3), [], start

    while len(seen) < 12:
        async with following(people.leader, after=cursor) as events:
            for _ in range(random.randint(1, 3)):
                if len(seen) == 12:
                    break
                event = await read_from(events)
                cursor = event["cursor"]
                seen.append(int(event["seq"]))

    assert seen == list(range(1, 13))


async def test_the_same_cursor_may_be_used_again_and_gives_the_same_events(town: Town) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    await bring_to(people, "HANDLED")
    await feed_read(town)

    async def all_of_them() -> list[dict[str, Any]]:
        async with following(people.leader, after=start) as events:
            return [await read_from(events) for _ in range(6)]

    first, second = await asyncio.gather(all_of_them(), all_of_them())

    assert first == second == await poll(people.leader, start)
    assert [event["version"] for event in first] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("first", [1, 2, 7, 100])
async def test_polling_gives_what_the_stream_gives_page_by_page(town: Town, first: int) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    await bring_to(people, "CLOSED")
    await bring_to(people, "SIGNED")
    await feed_read(town)

    polled = await poll(people.leader, start, first, states=["SIGNED", "HANDLED"])

    async with following(people.leader, after=start, filter={"states": ["SIGNED", "HANDLED"]}) as events:
        streamed = [await read_from(events) for _ in polled]
    assert polled == streamed
    assert [event["kind"] for event in polled] == [
        "CHANGED",
        "LEFT_VIEW",
        "CHANGED",
        "CHANGED",
        "LEFT_VIEW",
        "CHANGED",
    ]


# -- snapshot and stream


FILTERS: list[dict[str, Any]] = [
    {},
    {"states": ["SUBMITTED", "ACCEPTED", "IN_PROGRESS", "HANDLED"]},
    {"priorities": ["URGENT"]},
    {"kinds": ["DISPUTE", "VOICE"]},
    {"grids": [NEXT_GRID]},
    {"departments": [OTHER_UNIT]},
    {"serviceProviders": ["SP-1"]},
    {"matters": [DISPUTE], "divisions": ["320508019044"]},
]


def with_ids(town: Town, given: dict[str, Any]) -> dict[str, Any]:
    books = {
        "grids": town.city.grids, "departments": town.city.departments, "serviceProviders": town.city.providers,
        "matters": town.city.matters, "divisions": town.city.divisions,
    }  # fmt: skip
    return {name: [books[name][v] for v in values] if name in books else values for name, values in given.items()}


def applied(before: dict[str, Any], events: list[dict[str, Any]]) -> dict[str, Any]:
    """What a client has after a list and the events that followed it."""
    held = dict(before)
    for event in events:
        if event["kind"] == "LEFT_VIEW":
            assert event["caseId"] in held, "left a view it never was in"
            assert event["case"] is None and event["action"] is None
            del held[event["caseId"]]
        else:
            assert event["kind"] in ("SUBMITTED", "CHANGED")
            assert event["kind"] == "CHANGED" or (
                event["version"] == 1 and event["action"] in ("SUBMIT", "ADD_CHILD")
            )
            if event["caseId"] in held:
                assert event["version"] > held[event["caseId"]]["version"]
            assert event["case"]["version"] == event["version"]
            held[event["caseId"]] = event["case"]
    return held


async def listed(speaker: Speaker, filter: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    data = (await speaker.ask(SNAPSHOT, filter=filter or None))["cases"]
    return data["cursor"], {edge["node"]["id"]: edge["node"] for edge in data["edges"]}


@pytest.mark.parametrize("seed", [11])
async def test_l7_a_list_and_its_events_make_a_fresh_list(town: Town, seed: int) -> None:
    people = await cast(town)
    walk = Walk(people, Random(seed))
    for _ in range(25):
        await walk.step()
    watchers = [people.leader, people.handler, people.provider, people.worker, people.resident]
    # The leader under every filter, the others under some of them: each has a scope that cases enter and leave.
    chosen = [(people.leader, given) for given in FILTERS] + [
        (watcher, FILTERS[(place + step) % len(FILTERS)])
        for place, watcher in enumerate(watchers[1:])
        for step in (0, 3)
    ]
    views = [(watcher, with_ids(town, given)) for watcher, given in chosen]
    before = [await listed(watcher, given) for watcher, given in views]

    for _ in range(50):
        await walk.step()
    await feed_read(town)

    for (watcher, given), (cursor, held) in zip(views, before, strict=True):
        events = await poll(watcher, cursor, **given)
        _, fresh = await listed(watcher, given)
        seqs = [int(event["seq"]) for event in events]
        assert seqs == sorted(set(seqs))
        assert applied(held, events) == fresh, (watcher.viewer.principal, given)


async def test_l7_a_stream_under_way_tells_the_same_as_the_list(town: Town) -> None:
    people = await cast(town)
    walk = Walk(people, Random(5))
    cursor, held = await listed(people.leader, {})
    told: list[dict[str, Any]] = []

    async def listen() -> None:
        async with following(people.leader, after=cursor) as events:
            async for event in events:
                if event["kind"] != "HEARTBEAT":
                    told.append(event)

    listening = asyncio.create_task(listen())
    for _ in range(40):
        await walk.step()
    async with town.db.read() as session:
        newest = (await journal.position(session)).seq
    await until(lambda: bool(told) and int(told[-1]["seq"]) == newest)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)

    assert [int(event["seq"]) for event in told] == list(range(1, newest + 1))
    assert applied(held, told) == (await listed(people.leader, {}))[1]


# -- entering and leaving the view


async def test_l12_a_case_given_to_a_unit_enters_its_view_and_leaves_when_it_is_returned(town: Town) -> None:
    people = await cast(town)
    start = await cursor_now(people.handler)
    case = await bring_to(people, "SIGNED")
    await people.handler.do(
        "caseReturn", caseId=case["id"], expectedVersion=case["version"], reason="不归我们",
        proposedDepartment=town.city.departments[OTHER_UNIT],
    )  # fmt: skip
    await feed_read(town)

    events = await poll(people.handler, start)

    assert [(event["kind"], event["version"], event["action"]) for event in events] == [
        ("CHANGED", 3, "DISPATCH"), ("CHANGED", 4, "SIGN"), ("LEFT_VIEW", 5, None),
    ]  # fmt: skip
    assert events[2]["case"] is None and events[2]["caseId"] == case["id"]


async def test_a_case_moved_to_another_grid_leaves_one_worker_and_reaches_the_other(town: Town) -> None:
    people = await cast(town)
    here = await town.as_(Role.GRID_WORKER, GRID)
    there = await town.as_(Role.GRID_WORKER, NEXT_GRID)
    far = await town.as_(Role.DISPLAY, "3201")
    starts = [await cursor_now(one) for one in (here, there, far)]
    case = await hand_in(people)
    await people.leader.act("caseAmend", case, grid=town.city.grids[NEXT_GRID])
    await feed_read(town)

    found = [await poll(one, start) for one, start in zip((here, there, far), starts, strict=True)]

    assert [[(event["kind"], event["version"]) for event in events] for events in found] == [
        [("SUBMITTED", 1), ("LEFT_VIEW", 2)], [("CHANGED", 2)], [],
    ]  # fmt: skip


async def test_an_order_brings_a_case_to_its_provider_and_its_end_takes_it_away(town: Town) -> None:
    people = await cast(town)
    other = await town.as_(Role.PROVIDER_STAFF, "SP-2")
    start, start_of_other = await cursor_now(people.provider), await cursor_now(other)
    order, case = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    await people.provider.do("workOrderDecline", workOrderId=order, expectedVersion=case["version"], reason="没人手")
    await feed_read(town)

    events = await poll(people.provider, start)

    assert [(event["kind"], event["action"]) for event in events] == [("CHANGED", "OUTSOURCE"), ("LEFT_VIEW", None)]
    assert await poll(other, start_of_other) == []


async def test_what_hangs_on_a_case_is_not_told_once_it_has_left(town: Town) -> None:
    people = await cast(town)
    start = await cursor_now(people.handler)
    case = await bring_to(people, "SIGNED")
    await people.handler.do(
        "caseReturn", caseId=case["id"], expectedVersion=case["version"], reason="不归我们",
        proposedDepartment=town.city.departments[OTHER_UNIT],
    )  # fmt: skip
    case = (await people.leader.ask("query ($id: ID!) { case(id: $id) { id version } }", id=case["id"]))["case"]
    case = await people.dispatcher.act("caseDispatch", case, department=town.city.departments[OTHER_UNIT])
    await people.other_handler.act("caseRespond", case, text="这是别的部门说的话")
    await feed_read(town)

    data = await people.handler.ask(
        """query ($after: EventCursor!) { caseEvents(after: $after) { events { kind case { version
          responses { text } dispositions { text } timeline { version note } workOrders { id } evidence { id }
        } } } }""",
        after=start,
    )

    shown = [event["case"] for event in data["caseEvents"]["events"] if event["case"] is not None]
    assert [case["version"] for case in shown] == [3, 4]
    for name in ("responses", "dispositions", "timeline", "workOrders", "evidence"):
        assert [case[name] for case in shown] == [[], []], name


async def test_exercises_are_never_told_to_the_living(town: Town) -> None:
    live, exercise = await cast(town), await cast(town, Realm.EXERCISE)
    starts = await cursor_now(live.leader), await cursor_now(exercise.leader)
    await hand_in(live)
    await hand_in(exercise)
    await feed_read(town)

    of_live, of_exercise = await poll(live.leader, starts[0]), await poll(exercise.leader, starts[1])

    assert [event["case"]["realm"] for event in of_live] == ["LIVE"]
    assert [event["case"]["realm"] for event in of_exercise] == ["EXERCISE"]
    assert [event["kind"] for event in await poll(exercise.leader, starts[0])] == ["RESYNC_REQUIRED"]


# -- heartbeats


async def test_a_heartbeat_carries_only_ones_own_position(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolvers.following, "HEARTBEAT_SECONDS", 0.15)
    people = await cast(town)
    far = await town.as_(Role.DISPLAY, "3201")

    async with following(far) as events:
        first = await read_from(events)
        beat = await read_from(events)
        await hand_in(people)
        await hand_in(people)
        await feed_read(town)
        later = [await read_from(events) for _ in range(2)][-1]

    assert [event["kind"] for event in (first, beat, later)] == ["HEARTBEAT"] * 3
    assert [event["seq"] for event in (first, beat, later)] == ["0", "0", "2"]
    assert parse_event_cursor(later["cursor"]).seq == 2


async def test_l9_a_heartbeat_never_runs_ahead_of_what_was_delivered(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolvers.following, "HEARTBEAT_SECONDS", 0.05)
    people = await cast(town)
    start = await cursor_now(people.leader)
    for _ in range(3):
        await hand_in(people)
    await feed_read(town)

    positions: list[tuple[str, int]] = []
    async with following(people.leader, after=start) as events:
        for _ in range(5):
            event = await read_from(events)
            positions.append((event["kind"], int(event["seq"])))
            await asyncio.sleep(0.06)  # slower than the heartbeat

    highest = 0
    for kind, seq in positions:
        if kind == "HEARTBEAT":
            assert seq <= highest
        else:
            assert seq == highest + 1
            highest = seq
    assert highest == 3


# -- old, foreign and damaged cursors


async def compact(town: Town, to: int) -> None:
    async with town.db.write() as session:
        await session.execute(delete(JournalRow).where(JournalRow.seq <= to))  # type: ignore[arg-type]
        await session.execute(update(JournalCounter).values(compacted_to=to))


NO_CURSORS = [
    "", "x", "ev1.", "ev1.!!!", "ev2.abc", "ev1." + base64.urlsafe_b64encode(b"a:b:c").decode(),
    "ev1." + base64.urlsafe_b64encode(b"a:1").decode(), "ev1." + base64.urlsafe_b64encode(b"a:-1:b").decode(),
    "ev1." + base64.urlsafe_b64encode("a:１:b".encode()).decode(), "ev1." + "A" * 300, page_cursor("case", 1),
    "ev1." + base64.urlsafe_b64encode(b"a:" + b"9" * 30 + b":b").decode(), "游标", "ev1.游标",
]  # fmt: skip


async def test_what_is_no_event_cursor_is_refused_by_stream_and_query(town: Town) -> None:
    wall = await town.as_(Role.DISPLAY, "3205")

    for what in NO_CURSORS:
        answered = await wall.answer(POLL, after=what)
        stream = await wall.follow(FOLLOW, after=what)
        told = await anext(stream)
        ended = [one async for one in stream]

        for result in (answered, told):
            [error] = result.errors
            assert isinstance(error.original_error, Refusal), (what, error)
            assert error.original_error.code is Code.CURSOR_INVALID, what
        assert ended == []


async def test_a_page_cursor_is_told_from_an_event_cursor_and_the_other_way_round(town: Town) -> None:
    wall = await town.as_(Role.DISPLAY, "3205")

    events = await wall.answer(POLL, after=page_cursor("case", 1))
    pages = await wall.answer("query ($c: PageCursor) { cases(after: $c) { cursor } }", c=await cursor_now(wall))

    assert "a page cursor" in str(events.errors[0].original_error.values["detail"])
    assert "an event cursor" in str(pages.errors[0].original_error.values["detail"])


async def test_l15_a_cursor_ahead_of_the_database_is_refused(town: Town) -> None:
    wall = await town.as_(Role.DISPLAY, "3205")
    ahead = event_cursor(EventPosition(town.feed.epoch, 1, wall.viewer.scope.digest))

    answered = await wall.answer(POLL, after=ahead)

    assert [error.original_error.code.name for error in answered.errors] == ["CURSOR_INVALID"]


async def test_l15_a_cursor_ahead_of_only_this_process_waits_for_it(town: Town) -> None:
    people = await cast(town)
    await town.feed.stop()
    case = await hand_in(people)
    ahead = event_cursor(EventPosition(town.feed.epoch, 1, people.leader.viewer.scope.digest))
    assert town.feed.head == 0

    async with following(people.leader, after=ahead) as events:
        waiting = asyncio.create_task(anext(events))
        await town.feed.start()
        await people.intake.act("caseAccept", case)
        async with asyncio.timeout(60):
            event = await waiting

    assert (event["seq"], event["version"]) == ("2", 2)
    assert await poll(people.leader, ahead) == [event]


@pytest.mark.parametrize("which", ["compacted", "epoch", "rights", "realm"])
async def test_l15_a_cursor_that_no_longer_leads_anywhere_asks_for_a_new_start(town: Town, which: str) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    asking = people.leader
    for _ in range(4):
        await hand_in(people)
    await feed_read(town)
    if which == "compacted":
        await compact(town, 2)
        await town.feed._pull()
    elif which == "epoch":
        async with town.db.write() as session:
            await session.execute(update(JournalCounter).values(epoch="restored"))
        await town.feed._pull()
    elif which == "rights":
        asking = await town.as_(Role.SHIFT_LEADER, "320508")
    else:
        asking = await town.as_(Role.SHIFT_LEADER, "3205", Realm.EXERCISE)

    page = (await asking.ask(POLL, after=start))["caseEvents"]
    async with following(asking, after=start) as events:
        told = [event async for event in events]

    assert [event["kind"] for event in told] == ["RESYNC_REQUIRED"]  # and then it completes
    assert told[0]["cursor"] == start and told[0]["case"] is None
    assert [event["kind"] for event in page["events"]] == ["RESYNC_REQUIRED"]
    assert (page["cursor"], page["hasMore"]) == (start, False)


async def test_the_cursor_at_the_edge_of_what_is_kept_still_leads_on(town: Town) -> None:
    people = await cast(town)
    for _ in range(4):
        await hand_in(people)
    await feed_read(town)
    await compact(town, 2)
    await town.feed._pull()
    edge = event_cursor(EventPosition(town.feed.epoch, 2, people.leader.viewer.scope.digest))

    assert [event["seq"] for event in await poll(people.leader, edge)] == ["3", "4"]


async def test_a_restored_database_ends_the_streams_that_follow_it(town: Town) -> None:
    people = await cast(town)
    async with following(people.leader) as events:
        assert (await read_from(events))["kind"] == "HEARTBEAT"
        async with town.db.write() as session:
            await session.execute(update(JournalCounter).values(epoch="restored"))
        town.bell.ring(town.feed.head + 1)

        told = await read_from(events)
        ended = [event async for event in events]

    assert (told["kind"], ended) == ("RESYNC_REQUIRED", [])


async def test_a_follower_behind_the_tail_never_steps_over_what_was_removed(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    for _ in range(8):
        await hand_in(people)
    await town.feed.stop()
    monkeypatch.setattr(db.feed, "TAIL_EVENTS", 3)
    feed = Feed(town.db, clock=town.clock)
    await feed._load()  # it does not look again: the removal comes before its next poll
    people.leader.feed = feed
    assert feed.first == 6
    await compact(town, 4)

    async with following(people.leader, after=start) as events:
        told = [event async for event in events]
    polled = (await people.leader.ask(POLL, after=start))["caseEvents"]

    assert [event["kind"] for event in told] == ["RESYNC_REQUIRED"]
    assert [event["kind"] for event in polled["events"]] == ["RESYNC_REQUIRED"]


async def test_a_follower_behind_the_tail_reads_the_journal_without_a_hole(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    for _ in range(9):
        await hand_in(people)
    await town.feed.stop()
    monkeypatch.setattr(db.feed, "TAIL_EVENTS", 3)
    feed = Feed(town.db, clock=town.clock)
    await feed.start()
    people.leader.feed = feed

    async with following(people.leader, after=start) as events:
        behind = [await read_from(events) for _ in range(9)]
        await hand_in(people)
        live = await read_from(events)
    await feed.stop()

    assert [int(event["seq"]) for event in [*behind, live]] == list(range(1, 11))


# -- what costs what


async def test_without_a_bell_the_poll_brings_everything(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.feed, "POLL_SECONDS", 0.2)
    people = await cast(town)
    await town.feed.stop()
    feed = Feed(town.db, clock=town.clock)
    await feed.start()
    people.leader.feed = feed

    async with following(people.leader) as events:
        await read_from(events)
        for number in range(3):
            case = await hand_in(people)
            event = await read_from(events)
            assert (event["caseId"], event["seq"]) == (case["id"], str(number + 1))
    await feed.stop()


async def test_two_hundred_streams_that_come_and_go_leave_nothing(town: Town) -> None:
    people = await cast(town)
    await hand_in(people)
    await feed_read(town)

    async def come_and_go(number: int) -> None:
        async with following(people.leader) as events:
            assert (await read_from(events))["kind"] == "HEARTBEAT"
            if number % 2:  # half of them leave while they wait
                waiting = asyncio.ensure_future(anext(events))
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)

    await come_and_go(1)
    before = len(asyncio.all_tasks())
    for number in range(0, 200, 20):
        await asyncio.gather(*(come_and_go(number + one) for one in range(20)))

    async with asyncio.timeout(60):  # the feed looks once a second, and the pool puts cut connections away in tasks
        while len(asyncio.all_tasks()) > before or town.db.connections_in_use:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_waiting_stream_holds_no_connection(town: Town) -> None:
    people = await cast(town)
    streams = [await people.leader.follow(FOLLOW) for _ in range(30)]
    for stream in streams:
        await anext(stream)
    waiting = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await asyncio.sleep(0.05)

    in_use = [town.db.connections_in_use for _ in range(5)]
    await hand_in(people)
    async with asyncio.timeout(60):
        told = await asyncio.gather(*waiting)
    for stream in streams:
        await stream.aclose()

    assert min(in_use) == 0
    assert {result.data["caseEvents"]["seq"] for result in told} == {"1"}


# -- live figures


FIGURES = """subscription ($division: ID!, $children: Boolean = false) {
  metricsChanged(division: $division, children: $children) { division { code } submitted open asOf } }"""


async def figures(stream: AsyncIterator[Any], seconds: float = 60) -> list[dict[str, Any]]:
    async with asyncio.timeout(seconds):
        result = await anext(stream)
    assert not result.errors, result.errors
    found: list[dict[str, Any]] = result.data["metricsChanged"]
    return found


async def test_figures_come_at_once_and_what_happens_within_the_interval_is_one_change(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schema.subscriptions.METRICS_SECONDS", 0.3)
    people = await cast(town)
    wall = await town.as_(Role.DISPLAY, "320508")
    stream = await wall.follow(FIGURES, division=town.city.divisions["320508"])
    loop = asyncio.get_running_loop()

    first = await figures(stream)
    began = loop.time()
    for _ in range(4):
        await hand_in(people)
    second = await figures(stream)
    between = loop.time() - began
    await hand_in(people, grid=FAR_GRID)  # another county
    waiting = asyncio.ensure_future(figures(stream))
    await asyncio.sleep(0.5)
    is_quiet = not waiting.done()
    await hand_in(people)
    third = await waiting
    await stream.aclose()

    assert [one["submitted"] for one in (first[0], second[0], third[0])] == [0, 4, 5]
    assert between >= 0.3
    assert is_quiet


async def test_figures_of_children_come_with_their_parent(town: Town) -> None:
    people = await cast(town)
    await hand_in(people)
    stream = await people.leader.follow(FIGURES, division=town.city.divisions["3205"], children=True)

    found = await figures(stream)
    await stream.aclose()

    assert {one["division"]["code"]: one["submitted"] for one in found} == {"3205": 1, "320506": 0, "320508": 1}


@pytest.mark.parametrize("division", ["3201", "32", "missing", "grid"])
async def test_figures_of_a_foreign_division_are_not_there(town: Town, division: str) -> None:
    wall = await town.as_(Role.DISPLAY, "3205")
    asked = town.city.divisions.get(
        division, "RGl2aXNpb246OTk5OQ" if division == "missing" else town.city.grids[GRID]
    )

    stream = await wall.follow(FIGURES, division=asked)
    told = await anext(stream)

    assert [error.original_error.code.name for error in told.errors] == ["NOT_FOUND"]
    assert [one async for one in stream] == []


# -- one order for all


async def test_l4_everybody_sees_one_order_and_a_filter_never_changes_it(town: Town) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)

    async def work() -> None:
        for _ in range(2):
            case = await hand_in(people, matter=POTHOLE)
            await people.intake.act("caseAccept", case)

    await asyncio.gather(*(work() for _ in range(12)))
    await feed_read(town)
    everything = await poll(people.leader, start)
    accepted = await poll(people.leader, start, 5, states=["ACCEPTED"])

    assert [int(event["seq"]) for event in everything] == list(range(1, 49))
    order = {event["seq"]: place for place, event in enumerate(everything)}
    places = [order[event["seq"]] for event in accepted]
    assert places == sorted(places) and len(places) == 24
    versions: dict[str, list[int]] = {}
    for event in everything:
        versions.setdefault(event["caseId"], []).append(event["version"])
    assert set(map(tuple, versions.values())) == {(1, 2)}


async def test_an_event_names_the_server_time_of_its_change(town: Town) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    await hand_in(people)
    at = town.clock()
    town.clock.advance(timedelta(days=3))
    await feed_read(town)

    [event] = await poll(people.leader, start)

    assert event["at"] == at.isoformat()


async def test_l21_a_clock_that_is_put_back_changes_no_order_and_loses_nothing(town: Town) -> None:
    """Of two processes one may be a day behind: numbers decide, and instants are kept as instants."""
    people = await cast(town)
    start = await cursor_now(people.leader)
    first = town.clock()
    await hand_in(people)
    town.clock.advance(timedelta(days=-1, seconds=-7))
    await hand_in(people)
    town.clock.advance(timedelta(days=2))
    await hand_in(people)
    await feed_read(town)

    events = await poll(people.leader, start)

    assert [int(event["seq"]) for event in events] == [1, 2, 3]
    async with town.db.read() as session:
        stored = [event.at for event in await journal.after(session, 0, 10)]
    assert stored == [first, first - timedelta(days=1, seconds=7), first + timedelta(days=1, seconds=-7)]
    assert all(at.utcoffset() == timedelta() for at in stored)
