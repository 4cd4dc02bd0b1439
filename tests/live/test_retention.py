"""L16 and L15: the journal forgets what is old, and nobody who follows it loses an event without being told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, func, select

import db.feed
from db import journal
from db.compaction import Compaction, compact
from db.feed import Feed
from db.paging import EventPosition, event_cursor
from db.tables import Case, JournalRow, Step
from tests.city import Speaker, Town
from tests.live.test_following import cursor_now, following, poll, read_from
from tests.store.test_journal_and_tallies import PowerCut, dying_after
from tests.stories.walks import bring_to, cast, feed_read, hand_in, rows, until

KEPT = timedelta(days=7)
AUDITED: Any = (Step.case_id, func.max(Step.version), func.count())


async def held(town: Town) -> tuple[int, int, int]:
    """Numbers that must agree: rows of the journal, the last number, and up to where it was removed."""
    async with town.db.snapshot() as session:
        position = await journal.position(session)
        count = (await session.execute(select(func.count()).select_from(JournalRow))).scalar_one()
    return count, position.seq, position.compacted_to


async def audit(town: Town) -> Any:
    """Everything but the journal, and what the timeline says of each case."""
    async with town.db.snapshot() as session:
        of_steps = (await session.execute(select(*AUDITED).group_by(AUDITED[0]).order_by(AUDITED[0]))).all()
        of_cases = (await session.execute(select(Case.id, Case.version).order_by(Case.id))).all()  # type: ignore[arg-type,call-overload]
    assert [tuple(row[:2]) for row in of_steps] == [tuple(row) for row in of_cases]
    return of_steps, await rows(town, "journal", "journal_counter")


async def kinds_polled(speaker: Speaker, after: str) -> list[str]:
    return [event["kind"] for event in await poll(speaker, after)]


async def kinds_streamed(speaker: Speaker, after: str) -> list[str]:
    """What a stream says that must end by itself."""
    async with following(speaker, after=after) as events, asyncio.timeout(60):
        return [event["kind"] async for event in events]


async def test_l16_old_events_leave_and_the_audit_keeps_everything(town: Town) -> None:
    people = await cast(town)
    await bring_to(people, "CLOSED")
    town.clock.advance(timedelta(days=3))
    await hand_in(people)
    kept = (await held(town))[1] - 1
    before = await audit(town)

    town.clock.advance(timedelta(days=4, seconds=1))
    removed = await compact(town.db, town.clock() - KEPT, batch=3)

    assert removed == kept
    assert await held(town) == (1, kept + 1, kept)
    assert await audit(town) == before
    assert await compact(town.db, town.clock() - KEPT, batch=3) == 0


async def test_l16_compaction_while_streams_run(town: Town) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    told: list[dict[str, Any]] = []
    is_over = False

    async def listen() -> None:
        async with following(people.leader, after=start) as events:
            async for event in events:
                told.append(event)

    async def keep_removing() -> None:
        while not is_over:
            await compact(town.db, town.clock() - KEPT, batch=4)

    async with following(people.leader) as stalled:
        assert (await read_from(stalled))["kind"] == "HEARTBEAT"
        listening = asyncio.create_task(listen())
        removing = [asyncio.create_task(keep_removing()) for _ in range(2)]
        for _ in range(16):
            await people.intake.act("caseAccept", await hand_in(people))
            town.clock.advance(timedelta(days=1))
        _, newest, _ = await held(town)
        await until(lambda: bool(told) and told[-1]["seq"] == str(newest))
        is_over = True
        await asyncio.gather(*removing)
        await town.feed._pull()
        late = [event["kind"] async for event in stalled]
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    assert [int(event["seq"]) for event in told if event["kind"] != "HEARTBEAT"] == list(range(1, newest + 1))
    assert {event["kind"] for event in told} <= {"SUBMITTED", "CHANGED", "HEARTBEAT"}
    assert late == ["RESYNC_REQUIRED"]
    count, _, compacted_to = await held(town)
    assert (newest, compacted_to) == (32, 18)  # the days 0 to 8 are older than seven days on day 16
    assert count == newest - compacted_to
    assert await kinds_streamed(people.leader, start) == ["RESYNC_REQUIRED"]
    assert await kinds_polled(people.leader, start) == ["RESYNC_REQUIRED"]
    edge = event_cursor(EventPosition(town.feed.epoch, compacted_to, people.leader.viewer.scope.digest))
    assert [event["seq"] for event in await poll(people.leader, edge)] == [str(n) for n in range(19, 33)]


async def test_l16_several_at_once_remove_each_event_once(town: Town) -> None:
    people = await cast(town)
    for _ in range(20):
        await hand_in(people)
    town.clock.advance(timedelta(days=8))

    removed = await asyncio.gather(*(compact(town.db, town.clock() - KEPT, batch=3) for _ in range(4)))

    assert sum(removed) == 20
    assert await held(town) == (0, 20, 20)


async def test_l16_the_mark_moves_in_the_deleting_transaction(town: Town) -> None:
    people = await cast(town)
    for _ in range(5):
        await hand_in(people)
    town.clock.advance(timedelta(days=8))
    await town.feed.stop()  # on PostgreSQL it reads through the same engine
    commits: list[int] = []
    event.listen(town.db._writer.sync_engine, "commit", lambda _: commits.append(1))

    for statements in range(20):
        commits.clear()
        with dying_after(town.db, statements) as seen:
            try:
                await compact(town.db, town.clock() - KEPT)
            except Exception as error:
                assert isinstance(error.__cause__ or error, PowerCut) or "PowerCut" in repr(error)
            else:
                break
        assert await held(town) == (5, 5, 0), seen

    assert (statements > 1, len(commits)) == (True, 1)
    assert await held(town) == (0, 5, 5)


async def test_l16_a_process_that_was_away_begins_anew_and_says_so(town: Town) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    await hand_in(people)
    await feed_read(town)
    async with following(people.leader, after=start) as events:
        assert (await read_from(events))["seq"] == "1"
        await town.feed.stop()
        for _ in range(4):
            await hand_in(people)
        town.clock.advance(timedelta(days=8))
        await compact(town.db, town.clock() - KEPT, batch=2)
        await hand_in(people)

        await town.feed.start()

        told = [event["kind"] async for event in events]
    assert told == ["RESYNC_REQUIRED"]


async def test_l16_a_feed_that_wakes_late_never_steps_over_what_was_removed(town: Town) -> None:
    people = await cast(town)
    await hand_in(people)
    await feed_read(town)
    await town.feed.stop()
    for _ in range(3):
        await hand_in(people)
    town.clock.advance(timedelta(days=8))
    await compact(town.db, town.clock() - KEPT)
    await hand_in(people)
    start = event_cursor(EventPosition(town.feed.epoch, 1, people.leader.viewer.scope.digest))

    await town.feed._pull()

    assert (town.feed.first, town.feed.head) == (5, 5)
    assert await kinds_polled(people.leader, start) == ["RESYNC_REQUIRED"]


async def test_l15_a_page_that_meets_what_was_removed_meanwhile_says_so(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    for _ in range(8):
        await hand_in(people)
    await town.feed.stop()
    monkeypatch.setattr(db.feed, "TAIL_EVENTS", 3)
    people.leader.feed = feed = Feed(town.db, clock=town.clock)
    await feed._load()  # it does not look again: the removal comes before its next poll
    town.clock.advance(timedelta(days=8))
    await compact(town.db, town.clock() - KEPT)

    page = (await people.leader.ask(
        "query ($c: EventCursor!) { caseEvents(after: $c) { cursor hasMore events { kind cursor } } }", c=start
    ))["caseEvents"]  # fmt: skip

    assert page == {"cursor": start, "hasMore": False, "events": [{"kind": "RESYNC_REQUIRED", "cursor": start}]}


async def test_the_task_removes_what_the_setting_says(town: Town) -> None:
    people = await cast(town)
    await hand_in(people)
    town.clock.advance(timedelta(days=2))
    await hand_in(people)

    task = asyncio.create_task(Compaction(town.db, town.clock, days=1).run())
    async with asyncio.timeout(60):
        while await held(town) != (1, 2, 1):  # noqa: ASYNC110  # nothing announces it
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
