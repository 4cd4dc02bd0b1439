"""L15: another history under the same name. Whoever holds a position in the old one is told to begin anew."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, update

from db import journal
from db.feed import Feed
from db.journal import renew_epoch
from db.paging import parse_event_cursor
from db.tables import JournalCounter, JournalRow
from db.vocabulary import Role
from tests.city import Town
from tests.live.hall import Hall, hall  # noqa: F401  # a fixture
from tests.live.test_following import cursor_now, following, poll, read_from
from tests.stories.walks import GRID, cast, feed_read, hand_in


async def restore(town: Town, to: int) -> None:
    """What a backup of that moment says of the journal."""
    async with town.db.write() as session:
        await session.execute(delete(JournalRow).where(JournalRow.seq > to))  # type: ignore[arg-type]
        await session.execute(update(JournalCounter).values(seq=to))


async def epoch_of(town: Town) -> str:
    async with town.db.read() as session:
        return (await journal.position(session)).epoch


@pytest.mark.parametrize("written_since", [0, 3, 4, 9], ids=["fewer", "as-many", "one-more", "many-more"])
async def test_l15_a_backup_that_came_back_unsaid_is_noticed(town: Town, written_since: int) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    for _ in range(5):
        await hand_in(people)
    await feed_read(town)
    async with following(people.leader, after=start) as events:
        last = [await read_from(events) for _ in range(5)][-1]
        before = await epoch_of(town)
        await town.feed.stop()
        await restore(town, to=2)
        for _ in range(written_since):
            await hand_in(people)

        await town.feed._pull()

        async with asyncio.timeout(60):
            told = [event async for event in events]
    assert await epoch_of(town) == town.feed.epoch != before
    assert town.feed.head == 2 + written_since
    assert [(event["kind"], event["cursor"]) for event in told] == [("RESYNC_REQUIRED", last["cursor"])]
    for cursor in (start, last["cursor"]):
        assert [event["kind"] for event in await poll(people.leader, cursor)] == ["RESYNC_REQUIRED"]
    fresh = await cursor_now(people.leader)
    assert parse_event_cursor(fresh).epoch == town.feed.epoch
    assert await poll(people.leader, fresh) == []


async def test_l15_several_that_notice_agree_on_one_epoch(town: Town) -> None:
    people = await cast(town)
    for _ in range(4):
        await hand_in(people)
    await town.feed.stop()
    feeds = [Feed(town.db, clock=town.clock) for _ in range(3)]
    for feed in feeds:
        await feed._load()
    await restore(town, to=1)

    await feeds[0]._pull()
    decided = await epoch_of(town)
    await feeds[1]._renew_epoch()  # it had noticed at the same time
    await feeds[2]._pull()

    assert [feed.epoch for feed in feeds] == [decided] * 3
    assert await epoch_of(town) == decided


async def test_a_quiet_journal_keeps_its_epoch(town: Town) -> None:
    people = await cast(town)
    before = await epoch_of(town)
    for _ in range(10):  # the feed's own looks, and others that overtake them
        await asyncio.gather(*(town.feed._pull() for _ in range(4)), hand_in(people), hand_in(people))

    await feed_read(town)
    assert await epoch_of(town) == town.feed.epoch == before


async def test_l15_figures_go_on_after_a_restore(town: Town) -> None:
    people = await cast(town)
    for _ in range(3):
        await hand_in(people)
    await feed_read(town)
    stream: Any = await people.leader.follow(
        "subscription ($d: ID!) { metricsChanged(division: $d) { submitted } }", d=town.city.divisions["3205"]
    )
    async with asyncio.timeout(60):
        await anext(stream)
        await restore(town, to=1)
        await town.feed._pull()

        again = await anext(stream)
    await stream.aclose()

    assert again.data == {"metricsChanged": [{"submitted": 3}]}  # the tallies were not restored with the journal


async def test_l15_sockets_that_stay_open_begin_anew(hall: Hall) -> None:  # noqa: F811
    token = hall.token(Role.DISPLAY, "3205")
    async with hall.talk(token) as talk:
        await talk.subscribe("1")
        first = await talk.event("1")
        await hall.hand_in(GRID)
        told = await talk.event("1")
        assert (first["kind"], told["kind"]) == ("HEARTBEAT", "SUBMITTED")

        async with hall.town.db.write() as session:
            assert await renew_epoch(session)
        resync = await talk.event("1")
        await talk.completed("1")

        assert (resync["kind"], resync["cursor"]) == ("RESYNC_REQUIRED", told["cursor"])
        for old in (first["cursor"], told["cursor"]):
            await talk.subscribe("1", after=old)
            assert (await talk.event("1"))["kind"] == "RESYNC_REQUIRED"
            await talk.completed("1")
        await talk.subscribe("1")
        assert (await talk.event("1"))["kind"] == "HEARTBEAT"
        await hall.hand_in(GRID)
        assert (await talk.event("1"))["seq"] == "2"
