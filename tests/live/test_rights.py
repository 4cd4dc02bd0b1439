"""L11 and L12: tokens end, rights change, and nothing outside of them is sent from then on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

import api.rights
import db.feed
import schema.filters
from db import rights
from db.feed import Feed
from db.paging import parse_event_cursor
from db.rights import By
from db.tables import Revocation, RoleGrant
from db.vocabulary import Realm, Role
from tests.city import Speaker, Town
from tests.live.hall import Hall, hall  # noqa: F401  # a fixture
from tests.live.test_following import FOLLOW, cursor_now, following, poll, read_from
from tests.stories.walks import FAR_GRID, GRID, cast, feed_read, hand_in

HERE, THERE = "320508", "320506"  # the counties of the two grids
WALL = "DISPLAY:3205"
BOUND_SECONDS = 30.0  # within which a revocation must have reached every socket


async def revoke(hall: Hall, principal: str, token_id: str | None = None) -> None:  # noqa: F811
    async with hall.town.db.write() as session:
        await rights.revoke(session, principal, token_id, By("the security officer", "left", hall.town.clock()))


async def say(hall: Hall, role: Role, scope: str, principal: str = WALL, *, is_held: bool = True) -> None:  # noqa: F811
    async with hall.town.db.write() as session:
        by = By("the security officer", "moved", hall.town.clock())
        await rights.say(session, Realm.LIVE, principal, role, scope, by, is_held=is_held)


def token_id(hall: Hall, token: str) -> str:  # noqa: F811
    return str(hall.app.state.tokens.read(token).token_id)


async def rights_read(hall: Hall) -> None:  # noqa: F811
    """What the next poll does, at once."""
    await hall.town.feed._pull()


# -- L11


async def test_l11_at_its_end_a_token_closes_its_socket(hall: Hall) -> None:  # noqa: F811
    short = hall.token(Role.DISPLAY, "3205", hours=1)
    long = hall.token(Role.DISPLAY, "3205", hours=3, subject="other")
    async with hall.talk(short) as ending, hall.talk(long) as staying:
        for talk in (ending, staying):
            await talk.subscribe("1")
            await talk.event("1")
        hall.town.clock.advance(timedelta(hours=1) - timedelta(seconds=1))
        await hall.hand_in(GRID)
        assert (await ending.event("1"))["seq"] == "1"

        hall.town.clock.advance(timedelta(seconds=1))

        assert await ending.closed() == (4403, "token-expired", [])
        await hall.hand_in(GRID)
        assert [(await staying.event("1"))["seq"] for _ in range(2)] == ["1", "2"]


@pytest.mark.parametrize("which", ["principal", "token"])
async def test_l11_a_revoked_principal_or_token_is_out_within_five_seconds(hall: Hall, which: str) -> None:  # noqa: F811
    stolen, other_token = (hall.token(Role.DISPLAY, "3205") for _ in range(2))
    other = hall.token(Role.DISPLAY, "3205", subject="other")
    loop = asyncio.get_running_loop()
    async with hall.talk(stolen) as out, hall.talk(other_token) as second, hall.talk(other) as staying:
        for talk in (out, second, staying):
            await talk.subscribe("1")
            await talk.event("1")
        assert "errors" not in await hall.ask(stolen, "{ viewer { name } }")  # it is kept for a minute now

        revoked_at = loop.time()
        await revoke(hall, WALL, None if which == "principal" else token_id(hall, stolen))

        assert await out.closed() == (4403, "revoked", [])  # by the poll alone: nobody rang
        assert loop.time() - revoked_at < BOUND_SECONDS
        refused = await hall.ask(stolen, "{ viewer { name } }")
        assert [one["extensions"]["code"] for one in refused["errors"]] == ["UNAUTHENTICATED"]
        async with hall.dial(stolen) as again:
            assert await again.closed() == (4403, "revoked", [])

        await hall.hand_in(GRID)
        assert (await staying.event("1"))["seq"] == "1"
        if which == "principal":
            assert await second.closed() == (4403, "revoked", [])
        else:
            assert (await second.event("1"))["seq"] == "1"
            assert "errors" not in await hall.ask(other_token, "{ viewer { name } }")


async def test_l11_a_token_issued_after_the_revocation_is_a_new_decision(hall: Hall) -> None:  # noqa: F811
    old = hall.token(Role.DISPLAY, "3205")
    await revoke(hall, WALL)
    await rights_read(hall)
    hall.town.clock.advance(timedelta(seconds=30))
    of_a_fast_clock = hall.token(Role.DISPLAY, "3205")
    hall.town.clock.advance(timedelta(seconds=1))
    new = hall.token(Role.DISPLAY, "3205")

    for token, is_in in ((old, False), (of_a_fast_clock, False), (new, True)):
        assert ("errors" not in await hall.ask(token, "{ viewer { name } }")) is is_in


async def test_l11_a_process_that_starts_later_knows_what_was_revoked(
    hall: Hall,  # noqa: F811
    serve: Any,
) -> None:
    from api.app import build_app  # noqa: PLC0415

    token = hall.token(Role.DISPLAY, "3205")
    await revoke(hall, WALL)
    await serve(other := build_app(hall.app.state.settings, clock=hall.town.clock))
    hall.app.state.tokens = other.state.tokens

    async with other.state.db.read() as session:
        assert await rights.held(session, Realm.LIVE, WALL) is None
    assert other.state.rights.is_revoked(other.state.tokens.read(token))


async def test_l11_nothing_more_is_sent_to_the_revoked_though_all_is_read_at_once(hall: Hall) -> None:  # noqa: F811
    token = hall.token(Role.DISPLAY, "3205")
    async with hall.talk(token) as talk:
        await talk.subscribe("1")
        await talk.event("1")
        await revoke(hall, WALL)
        await hall.hand_in(GRID)  # rings: the feed reads the revocation and the event together

        assert await talk.closed() == (4403, "revoked", [])


# -- L12: rights that change under an open stream


async def test_l12_a_change_of_rights_between_two_events_asks_for_a_new_start(hall: Hall) -> None:  # noqa: F811
    token = hall.token(Role.DISPLAY, "3205")
    async with hall.talk(token) as talk, hall.talk(hall.token(Role.DISPLAY, "3205", subject="other")) as staying:
        for one in (talk, staying):
            await one.subscribe("1")
            await one.event("1")
        await hall.hand_in(GRID)
        before = await talk.event("1")

        await say(hall, Role.DISPLAY, THERE)
        await hall.hand_in(GRID)  # outside the new rights, and read together with them

        resync = await talk.event("1")
        assert (resync["kind"], resync["cursor"], resync["case"]) == ("RESYNC_REQUIRED", before["cursor"], None)
        await talk.completed("1")
        assert [(await staying.event("1"))["seq"] for _ in range(2)] == ["1", "2"]

        await talk.subscribe("1", after=before["cursor"])  # of the old rights
        assert (await talk.event("1"))["kind"] == "RESYNC_REQUIRED"
        await talk.completed("1")
        await talk.subscribe("1")
        assert (await talk.event("1"))["kind"] == "HEARTBEAT"
        await hall.hand_in(GRID)
        await hall.hand_in(FAR_GRID)
        event = await talk.event("1")
        assert (event["seq"], event["case"]["grid"]["code"]) == ("4", FAR_GRID)


@pytest.mark.parametrize("taken_back", ["one of two", "all"])
async def test_l12_rights_that_are_taken_back(hall: Hall, taken_back: str) -> None:  # noqa: F811
    await say(hall, Role.DISPLAY, HERE)
    await say(hall, Role.DISPLAY, THERE)
    token = hall.token(Role.DISPLAY, "32")  # claims more than the database gives
    principal = "DISPLAY:32"
    for scope in (HERE, THERE):
        await say(hall, Role.DISPLAY, scope, principal)
    await rights_read(hall)
    async with hall.talk(token) as talk:
        await talk.subscribe("1")
        await talk.event("1")
        await hall.hand_in("320102002001001")  # Nanjing: only the token claims it
        await hall.hand_in(GRID)
        assert (await talk.event("1"))["seq"] == "2"

        await say(hall, Role.DISPLAY, HERE, principal, is_held=False)
        if taken_back == "all":
            await say(hall, Role.DISPLAY, THERE, principal, is_held=False)
        await hall.hand_in(GRID)

        if taken_back == "all":
            assert await talk.closed() == (4403, "revoked", [])
            refused = await hall.ask(token, "{ viewer { name } }")
            assert refused["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
            return
        assert (await talk.event("1"))["kind"] == "RESYNC_REQUIRED"
        await talk.completed("1")
        await talk.subscribe("2")
        await talk.event("2")
        await hall.hand_in(GRID)
        await hall.hand_in(FAR_GRID)
        assert (await talk.event("2"))["case"]["grid"]["code"] == FAR_GRID


async def test_l12_http_knows_new_rights_at_once(hall: Hall) -> None:  # noqa: F811
    token = hall.token(Role.DISPLAY, "3205")
    await hall.hand_in(GRID)
    listed = "{ cases(first: 9) { cursor edges { node { number } } } viewer { roles } }"
    before = (await hall.ask(token, listed))["data"]

    await say(hall, Role.ANALYST, THERE)
    await rights_read(hall)

    after = (await hall.ask(token, listed))["data"]
    assert (before["viewer"]["roles"], after["viewer"]["roles"]) == (["DISPLAY"], ["ANALYST"])
    assert (len(before["cases"]["edges"]), len(after["cases"]["edges"])) == (1, 0)
    old, new = (parse_event_cursor(one["cases"]["cursor"]) for one in (before, after))
    assert old.rights != new.rights
    polled = await hall.ask(
        token, f'{{ caseEvents(after: "{before["cases"]["cursor"]}") {{ hasMore events {{ kind }} }} }}'
    )
    assert polled["data"]["caseEvents"] == {"hasMore": False, "events": [{"kind": "RESYNC_REQUIRED"}]}


async def test_l12_every_kind_of_stream_of_the_principal_ends(hall: Hall) -> None:  # noqa: F811
    token = hall.token(Role.DISPLAY, "3205")
    division = hall.town.city.divisions["3205"]
    async with hall.talk(token) as talk, hall.talk(token) as second:
        await second.subscribe("s")
        await talk.subscribe("a")
        await talk.subscribe("b", "subscription { ...Root } fragment Root on Subscription { caseEvents { kind } }")
        await talk.subscribe("c", "subscription ($d: ID!) { metricsChanged(division: $d) { submitted } }", d=division)
        begun = {(await talk.read())["id"] for _ in "abc"}
        await second.event("s")

        await say(hall, Role.DISPLAY, THERE)  # and nothing happens: the poll alone tells

        told: dict[str, list[Any]] = {id: [] for id in begun}
        for _ in range(5):
            message = await talk.read()
            data = message.get("payload", {}).get("data", {}).get("caseEvents")
            told[message["id"]].append(message["type"] if data is None else data["kind"])
        assert told == {"a": ["RESYNC_REQUIRED", "complete"], "b": ["RESYNC_REQUIRED", "complete"], "c": ["complete"]}
        assert (await second.event("s"))["kind"] == "RESYNC_REQUIRED"
        await second.completed("s")


async def test_l12_a_restored_database_gives_everybody_the_rights_it_knows(hall: Hall) -> None:  # noqa: F811
    from db.journal import renew_epoch  # noqa: PLC0415
    from tests.live.test_epoch import restore  # noqa: PLC0415

    await say(hall, Role.DISPLAY, THERE)
    await rights_read(hall)
    token = hall.token(Role.DISPLAY, "3205")
    async with hall.talk(token) as talk:
        await talk.subscribe("1")
        await talk.event("1")
        async with hall.town.db.write() as session:  # the backup is older than the grant
            await session.execute(RoleGrant.__table__.delete())  # type: ignore[attr-defined]
            await renew_epoch(session)
        await restore(hall.town, 0)

        assert (await talk.event("1"))["kind"] == "RESYNC_REQUIRED"
        await talk.completed("1")
        await talk.subscribe("2")
        await talk.event("2")
        await hall.hand_in(GRID)
        assert (await talk.event("2"))["kind"] == "SUBMITTED"


# -- L12 and L15 without sockets


async def test_l12_one_behind_the_tail_is_shown_nothing_the_process_has_not_read(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await cast(town)
    start = await cursor_now(people.leader)
    for _ in range(6):
        await hand_in(people)
    await feed_read(town)
    await town.feed.stop()
    monkeypatch.setattr(db.feed, "TAIL_EVENTS", 2)
    people.leader.feed = feed = Feed(town.db, clock=town.clock)
    await feed._load()
    await hand_in(people)  # after a change of rights, say: it must wait until both are read

    events = await poll_once(people.leader, start)

    assert [event["seq"] for event in events] == ["1", "2", "3", "4", "5", "6"]


async def poll_once(speaker: Speaker, after: str) -> list[dict[str, Any]]:
    page = await speaker.ask(
        "query ($c: EventCursor!) { caseEvents(after: $c, first: 100) { events { seq } } }", c=after
    )
    return list(page["caseEvents"]["events"])


async def test_l12_rights_are_told_before_any_event_that_is_read_with_them(town: Town) -> None:
    people = await cast(town)
    await town.feed.stop()
    told: list[tuple[int, int]] = []

    async def listen(version: int, *, is_anew: bool) -> None:
        told.append((version, town.feed.head))

    town.feed.on_rights = listen
    async with town.db.write() as session:
        await rights.revoke(session, "x", None, By("me", "", town.clock()))
    await hand_in(people)

    await town.feed._pull()

    assert (told, town.feed.head) == ([(1, 0)], 1)


async def test_l12_while_rights_cannot_be_read_no_event_is_shown(town: Town) -> None:
    people = await cast(town)
    await town.feed.stop()
    is_broken = True

    async def listen(version: int, *, is_anew: bool) -> None:
        if is_broken:
            raise OSError("the database is away")

    town.feed.on_rights = listen
    async with town.db.write() as session:
        await rights.revoke(session, "x", None, By("me", "", town.clock()))
    await hand_in(people)

    with pytest.raises(OSError, match="away"):
        await town.feed._pull()
    assert town.feed.head == 0
    is_broken = False
    await town.feed._pull()
    assert town.feed.head == 1


async def test_the_record_of_rights_is_numbered_and_only_grows(town: Town) -> None:
    by = By("the security officer", "moved", town.clock())

    async def word(role: Role, scope: str, is_held: bool) -> list[tuple[Role, str]] | None:
        async with town.db.write() as session:
            await rights.say(session, Realm.LIVE, "li", role, scope, by, is_held=is_held)
            return await rights.held(session, Realm.LIVE, "li")

    async with town.db.read() as session:
        assert await rights.held(session, Realm.LIVE, "li") is None
    assert await word(Role.HANDLER, "320508-CG", True) == [(Role.HANDLER, "320508-CG")]
    assert await word(Role.CHECKER, "3205", True) == [(Role.HANDLER, "320508-CG"), (Role.CHECKER, "3205")]
    assert await word(Role.HANDLER, "320508-CG", False) == [(Role.CHECKER, "3205")]
    assert await word(Role.CHECKER, "3205", False) == []
    async with town.db.write() as session:
        assert await rights.held(session, Realm.EXERCISE, "li") is None
        assert await rights.revoke(session, "li", None, by) == 5
        words = (
            await session.execute(select(RoleGrant.version, RoleGrant.is_held).order_by(RoleGrant.version))
        ).all()  # type: ignore[arg-type,call-overload]
        [revoked] = (await session.execute(select(Revocation))).all()
    assert [tuple(word) for word in words] == [(1, True), (2, True), (3, False), (4, False)]
    assert (revoked.version, revoked.revoked_by, revoked.reason) == (5, "the security officer", "moved")


async def test_several_changes_at_once_get_a_number_each(town: Town) -> None:
    async def one() -> int:
        async with town.db.write() as session:
            return await rights.revoke(session, "x", None, By("me", "", town.clock()))

    assert sorted(await asyncio.gather(*(one() for _ in range(8)))) == list(range(1, 9))


# -- L15, the table


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ("the present end", "nothing"),
        ("an earlier one", "events"),
        ("used before", "events"),
        ("before compacted_to", "RESYNC_REQUIRED"),
        ("at compacted_to", "events"),
        ("of another epoch", "RESYNC_REQUIRED"),
        ("of another epoch and ahead", "RESYNC_REQUIRED"),
        ("of other rights", "RESYNC_REQUIRED"),
        ("ahead of the database", "CURSOR_INVALID"),
        ("not a cursor", "CURSOR_INVALID"),
        ("of a page", "CURSOR_INVALID"),
    ],
)
async def test_l15_old_and_bad_cursors_are_never_answered_with_silence(town: Town, case: str, answer: str) -> None:
    from db.compaction import compact  # noqa: PLC0415
    from db.paging import EventPosition, event_cursor, page_cursor  # noqa: PLC0415

    people = await cast(town)
    for _ in range(3):
        await hand_in(people)
    town.clock.advance(timedelta(days=8))
    for _ in range(3):
        await hand_in(people)
    await compact(town.db, town.clock() - timedelta(days=7))
    await feed_read(town)
    await town.feed._pull()
    epoch, own = town.feed.epoch, people.leader.viewer.scope.digest
    cursors = {
        "the present end": event_cursor(EventPosition(epoch, 6, own)),
        "an earlier one": event_cursor(EventPosition(epoch, 5, own)),
        "used before": event_cursor(EventPosition(epoch, 4, own)),
        "before compacted_to": event_cursor(EventPosition(epoch, 2, own)),
        "at compacted_to": event_cursor(EventPosition(epoch, 3, own)),
        "of another epoch": event_cursor(EventPosition("other", 5, own)),
        "of another epoch and ahead": event_cursor(EventPosition("other", 99, own)),
        "of other rights": event_cursor(EventPosition(epoch, 5, people.handler.viewer.scope.digest)),
        "ahead of the database": event_cursor(EventPosition(epoch, 7, own)),
        "not a cursor": "ev1.x",
        "of a page": page_cursor("case", 1),
    }
    cursor = cursors[case]

    if answer == "CURSOR_INVALID":
        streamed = await anext(await people.leader.follow(FOLLOW, after=cursor))
        polled = await people.leader.answer("query ($c: EventCursor!) { caseEvents(after: $c) { cursor } }", c=cursor)
        for result in (streamed, polled):
            assert [error.original_error.code.name for error in result.errors] == [answer]
        return
    told = [event["kind"] for event in await poll(people.leader, cursor)]
    if answer == "nothing":
        assert told == []
        return
    async with following(people.leader, after=cursor) as events:
        first = await read_from(events)
        if answer == "RESYNC_REQUIRED":
            assert (first["kind"], first["cursor"], told) == (answer, cursor, [answer])
            assert [event async for event in events] == []
        else:
            assert (first["kind"], int(first["seq"])) == ("SUBMITTED", parse_event_cursor(cursor).seq + 1)
            assert told == ["SUBMITTED"] * (6 - parse_event_cursor(cursor).seq)


# -- changes that come while a socket, or a stream, is just beginning


class Gate:
    """Lets a call look, and holds back what it saw."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.calls = 0
        self.looked = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, *given: Any, **named: Any) -> Any:
        self.calls += 1
        seen = await self._real(*given, **named)
        self.looked.set()
        await self.open.wait()
        return seen


async def test_l12_a_socket_that_is_being_opened_does_not_keep_what_it_was_about_to_get(
    hall: Hall,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await hall.hand_in(GRID)
    gate = Gate(api.rights.viewer_of)
    monkeypatch.setattr(api.rights, "viewer_of", gate)
    async with hall.dial(hall.token(Role.DISPLAY, "3205")) as talk:
        await gate.looked.wait()  # it has the old rights in hand

        await say(hall, Role.DISPLAY, THERE)
        await rights_read(hall)
        gate.open.set()

        assert await talk.read() == {"type": "connection_ack"}
        await talk.subscribe("1")
        await talk.event("1")
        await hall.hand_in(GRID)
        await hall.hand_in(FAR_GRID)
        assert (await talk.event("1"))["case"]["grid"]["code"] == FAR_GRID
    assert gate.calls == 2


async def test_l11_a_socket_that_is_being_opened_with_a_revoked_token_is_not(
    hall: Hall,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate(api.rights.viewer_of)
    monkeypatch.setattr(api.rights, "viewer_of", gate)
    async with hall.dial(hall.token(Role.DISPLAY, "3205")) as talk:
        await gate.looked.wait()
        await revoke(hall, WALL)
        await rights_read(hall)
        gate.open.set()

        assert await talk.closed() == (4403, "revoked", [])


async def test_l12_a_stream_that_is_just_beginning_begins_with_the_new_rights_or_not_at_all(
    hall: Hall,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate(schema.filters.case_filter)
    monkeypatch.setattr(schema.filters, "case_filter", gate)
    async with hall.talk(hall.token(Role.DISPLAY, "3205")) as talk:
        await talk.subscribe("1")
        await gate.looked.wait()

        await say(hall, Role.DISPLAY, THERE)
        await rights_read(hall)
        gate.open.set()

        assert (await talk.event("1"))["kind"] == "RESYNC_REQUIRED"
        await talk.completed("1")
