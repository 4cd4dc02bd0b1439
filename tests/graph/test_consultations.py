"""我有话说: one person, one vote, and an answer for everybody who took part."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db import journal
from db.consultations import consultations
from db.vocabulary import Realm, Role, SubjectKind
from resolvers.consultations import flag_unanswered
from resolvers.timers import Timers
from resolvers.tokens import new_account
from tests.city import Speaker, Town
from tests.conftest import Clock
from tests.stories.walks import GRID, cast, feed_read, hand_in, rows

ERLANG = "320508019044"
SHOWN = """consultation { id version state isOverdue answer myVote { choice words }
  digest { voters spoke options { option votes } topics { term people } } }"""
LIST = """query ($division: ID!, $state: ConsultationState!) { consultations(division: $division, state: $state) {
  edges { node { title state } } } }"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url  # the one statement that differs is held on both in tests/store/test_consultations.py


async def opened(town: Town, **more: Any) -> Any:
    worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    given = {
        "division": town.city.divisions[ERLANG], "title": "小广场怎么改", "text": "请选一项，也可以说说理由。",
        "options": ["健身角", "停车位"], "closesAt": (town.clock() + timedelta(days=7)).isoformat(),
        "answerBy": (town.clock() + timedelta(days=14)).isoformat(), **more,
    }  # fmt: skip
    return await worker.do("consultationOpen", SHOWN, **given)


async def vote(speaker: Speaker, found: Any, choice: int = 0, words: str | None = None) -> Any:
    return await speaker.do("consultationVote", SHOWN, id=found["id"], choice=choice, words=words)


async def test_each_person_has_one_vote_and_everybody_who_took_part_is_answered(town: Town, clock: Clock) -> None:
    people = [await town.as_(Role.RESIDENT, name) for name in ("zhang", "li", "wang")]
    worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    found = (await opened(town))["consultation"]
    await vote(people[0], found, 1, "停车太难")
    changed = await vote(people[0], found, 0, "要留给老人健身，电话13812340000")
    await vote(people[1], found, 0, "老人没有地方健身")
    await vote(people[2], found, 1)

    too_early = await worker.do("consultationAnswer", SHOWN, id=found["id"], expectedVersion=1, text="改为健身角。")
    clock.advance(timedelta(days=7))
    too_late = await vote(people[1], found, 1)
    answered = await worker.do("consultationAnswer", SHOWN, id=found["id"], expectedVersion=1, text="改为健身角。")
    twice = await worker.do("consultationAnswer", SHOWN, id=found["id"], expectedVersion=2, text="又改了。")

    assert changed["consultation"]["myVote"] == {"choice": 0, "words": "要留给老人健身，电话13812340000"}
    assert changed["consultation"]["digest"] is None
    assert [one["userErrors"][0]["code"] for one in (too_early, too_late, twice)] == [
        "NOT_OVER",
        "NOT_OPEN",
        "NOT_OVER",
    ]
    assert (answered["consultation"]["state"], answered["consultation"]["answer"]) == ("ANSWERED", "改为健身角。")
    seen = await people[2].ask(f"query ($id: ID!) {{ {SHOWN.replace('consultation {', 'consultation(id: $id) {')} }}",
                               id=found["id"])  # fmt: skip
    assert seen["consultation"]["digest"] == {
        "voters": 3, "spoke": 2,
        "options": [{"option": "健身角", "votes": 2}, {"option": "停车位", "votes": 1}],
        "topics": [{"term": "健身", "people": 2}, {"term": "老人", "people": 2}],
    }  # fmt: skip


async def test_who_asks_reads_the_words_without_who_said_them(town: Town) -> None:
    zhang = await town.as_(Role.RESIDENT, "zhang")
    worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    found = (await opened(town))["consultation"]
    await vote(zhang, found, 0, "请打13812340000")
    asked = (
        "query ($id: ID!) { consultation(id: $id) { voices { edges { node { choice words } } } digest { voters } } }"
    )

    read = (await worker.ask(asked, id=found["id"]))["consultation"]

    assert read == {"voices": {"edges": [{"node": {"choice": 0, "words": "请打****"}}]}, "digest": {"voters": 1}}
    nothing = {"voices": None, "digest": None}
    assert (await zhang.ask(asked, id=found["id"]))["consultation"] == nothing
    assert (await (await town.as_(Role.COMMUNITY_WORKER, "320508019045")).ask(asked, id=found["id"])) == {
        "consultation": nothing
    }


async def test_nobody_votes_without_an_account_or_by_their_post(town: Town) -> None:
    found = (await opened(town))["consultation"]
    before = await rows(town, "idempotency_records")

    for role, code in ((Role.RESIDENT, new_account()), (Role.GRID_WORKER, GRID), (Role.COMMANDER, "32")):
        refused = await vote(await town.as_(role, code), found)
        assert refused["userErrors"][0]["code"] == "FORBIDDEN", role
    other_realm = await vote(await town.as_(Role.RESIDENT, "zhang", Realm.EXERCISE), found)
    wrong = await vote(await town.as_(Role.RESIDENT, "zhang"), found, 2)

    assert other_realm["userErrors"][0]["code"] == "NOT_FOUND"
    assert wrong["userErrors"][0]["field"] == ["choice"]
    assert await rows(town, "idempotency_records") == before


async def test_a_consultation_that_waits_too_long_for_its_answer_says_so(town: Town, clock: Clock) -> None:
    await opened(town)
    clock.advance(timedelta(days=14, seconds=1))
    resident = await town.as_(Role.RESIDENT, "zhang")

    listed = """query ($division: ID!) { consultations(division: $division, state: CLOSED) {
      edges { node { isOverdue } } } }"""

    found = (await resident.ask(listed, division=town.city.divisions[ERLANG]))["consultations"]
    assert found == {"edges": [{"node": {"isOverdue": True}}]}


async def test_lists_hold_what_concerns_a_place_and_what_stands_as_asked(town: Town) -> None:
    await opened(town)
    await opened(town, title="以后再问", opensAt=(town.clock() + timedelta(days=1)).isoformat())
    resident = await town.as_(Role.RESIDENT, "zhang")

    async def titles(division: str, state: str) -> list[str]:
        found = await resident.ask(LIST, division=town.city.divisions[division], state=state)
        return [edge["node"]["title"] for edge in found["consultations"]["edges"]]

    assert await titles(ERLANG, "OPEN") == ["小广场怎么改"]
    assert await titles("320508", "OPEN") == ["小广场怎么改"]
    assert await titles(ERLANG, "PLANNED") == ["以后再问"]
    assert await titles("320508019045", "OPEN") == []
    assert (await resident.answer("{ consultations { edges { cursor } } }")).errors[0].original_error.code == (
        "BAD_USER_INPUT"
    )


async def test_what_somebody_voted_in_is_answered_and_not_taken_back(town: Town) -> None:
    worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    quiet, busy = (await opened(town))["consultation"], (await opened(town))["consultation"]
    await vote(await town.as_(Role.RESIDENT, "zhang"), busy)

    gone = await worker.do("consultationWithdraw", SHOWN, id=quiet["id"], expectedVersion=1)
    kept = await worker.do("consultationWithdraw", SHOWN, id=busy["id"], expectedVersion=1)

    assert gone["consultation"]["state"] == "WITHDRAWN"
    assert kept["userErrors"][0]["code"] == "HAS_VOTES"


async def test_nobody_else_asks_the_people_of_a_division_and_no_question_makes_no_sense(town: Town) -> None:
    before = await rows(town, "idempotency_records")
    when = {
        "closesAt": (town.clock() + timedelta(days=1)).isoformat(),
        "answerBy": (town.clock() + timedelta(days=2)).isoformat(),
    }
    asked = {"division": town.city.divisions[ERLANG], "title": "问", "text": "问", "options": ["甲", "乙"], **when}
    for role, code, expected in (
        (Role.RESIDENT, "zhang", "FORBIDDEN"),
        (Role.HANDLER, "320508-CG", "FORBIDDEN"),
        (Role.COMMUNITY_WORKER, "320508019045", "NOT_FOUND"),
        (Role.SHIFT_LEADER, "320506", "NOT_FOUND"),
    ):
        refused = await (await town.as_(role, code)).do("consultationOpen", SHOWN, **asked)
        assert refused["userErrors"][0]["code"] == expected
    for wrong, code in (
        ({"options": ["甲"]}, "INVALID_INPUT"),
        ({"options": ["甲", "甲"]}, "INVALID_INPUT"),
        ({"title": " "}, "INVALID_INPUT"),
        ({"closesAt": town.clock().isoformat()}, "DATE_IN_PAST"),
        ({"answerBy": when["closesAt"]}, "INVALID_INPUT"),
    ):
        assert (await opened(town, **{**asked, **wrong}))["userErrors"][0]["code"] == code

    assert await rows(town, "idempotency_records") == before


async def test_a_vote_and_a_voice_change_no_case_and_a_voice_waits_for_its_response(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)
    found = (await opened(town))["consultation"]

    await vote(people.resident, found, 0, f"见 {case['number']}")
    voice = await hand_in(people, matter=None, kind="VOICE", description=f"对 {case['number']} 有意见")

    look = "query ($id: ID!) { case(id: $id) { version kind state isAnswered clocks { kind } } }"
    assert (await people.intake.ask(look, id=case["id"]))["case"]["version"] == 1
    seen = (await people.intake.ask(look, id=voice["id"]))["case"]
    assert (seen["kind"], seen["isAnswered"]) == ("VOICE", False)
    assert seen["clocks"] != []


OVERDUE = """query ($division: ID!, $overdue: Boolean!) {
  consultations(division: $division, onlyOverdue: $overdue) { totalCount overdueCount
    edges { node { title state isOverdue flaggedAt version } } } }"""
FOLLOW = """subscription ($division: ID!) { consultationProgress(division: $division) {
  title state isOverdue version } }"""


async def test_a_promised_answer_that_does_not_come_is_called_overdue_once(town: Town, clock: Clock) -> None:
    worker, neighbour = await town.as_(Role.COMMUNITY_WORKER, ERLANG), await town.as_(Role.COMMANDER, "320506")
    late = (await opened(town))["consultation"]
    answered = (await opened(town, title="已答复的"))["consultation"]
    await opened(town, title="不急的", answerBy=(clock() + timedelta(days=30)).isoformat())
    timers = Timers(town.db, clock, duties=(flag_unanswered,))
    here, beside = town.city.divisions[ERLANG], town.city.divisions["320506"]

    async def lists(who: Speaker, division: str) -> Any:
        return [(await who.ask(OVERDUE, division=division, overdue=one))["consultations"] for one in (True, False)]

    clock.advance(timedelta(days=8))
    await worker.do("consultationAnswer", SHOWN, id=answered["id"], expectedVersion=1, text="改。")
    clock.advance(timedelta(days=6))
    on_the_dot = await timers.act()
    clock.advance(timedelta(seconds=1))
    called = [await timers.act(), await timers.act()]
    overdue, open_ones = await lists(worker, here)
    told = [one for one in await heard(town) if one[1] > 1]
    stale = await worker.do("consultationAnswer", SHOWN, id=late["id"], expectedVersion=1, text="改。")
    done = await worker.do("consultationAnswer", SHOWN, id=late["id"], expectedVersion=2, text="改为健身角。")
    after, _ = await lists(worker, here)

    assert (on_the_dot, called) == (0, [1, 0])
    assert (overdue["totalCount"], overdue["overdueCount"]) == (1, 1)
    [shown] = [one["node"] for one in overdue["edges"]]
    assert shown.pop("flaggedAt") == clock().isoformat()
    assert shown == {"title": "小广场怎么改", "state": "CLOSED", "isOverdue": True, "version": 2}
    assert (open_ones["totalCount"], open_ones["overdueCount"]) == (0, 1)
    assert told == [("已答复的", 2, "COMMUNITY_WORKER"), ("小广场怎么改", 2, "SYSTEM")]
    assert [one["code"] for one in stale["userErrors"]] == ["CONFLICT"]
    assert done["consultation"]["isOverdue"] is False
    assert (after["totalCount"], after["overdueCount"]) == (0, 0)
    assert [one["overdueCount"] for one in await lists(neighbour, beside)] == [0, 0]
    assert await timers.act() == 0


async def heard(town: Town) -> list[tuple[str, int, str]]:
    """Title, version and who, of what the journal was told of consultations."""
    async with town.db.read() as session:
        events = await journal.after(session, 0, 100)
        held = {row.id: row.title for row in await session.execute(select(consultations))}
    return [
        (held[one.subject_id], one.version, one.actor_role.name)
        for one in events
        if one.subject_kind is SubjectKind.CONSULTATION
    ]


async def test_who_answers_hears_of_it_live_and_nobody_else_follows(town: Town, clock: Clock) -> None:
    worker, county = await town.as_(Role.COMMUNITY_WORKER, ERLANG), await town.as_(Role.COMMANDER, "320508")
    await opened(town)
    await feed_read(town)
    stream = await county.follow(FOLLOW, division=town.city.divisions["320508"])

    async def next_ones() -> Any:
        async with asyncio.timeout(60):
            answer = await anext(stream)
        assert not answer.errors, answer.errors
        found = answer.data["consultationProgress"]
        return [(one["title"], one["state"], one["isOverdue"], one["version"]) for one in found]

    told = [await next_ones()]
    second = (await opened(town, title="停车怎么收费"))["consultation"]
    told.append(await next_ones())
    await worker.do("consultationWithdraw", SHOWN, id=second["id"], expectedVersion=1)
    told.append(await next_ones())
    clock.advance(timedelta(days=15))
    await Timers(town.db, clock, duties=(flag_unanswered,)).act()
    told.append(await next_ones())
    await stream.aclose()

    assert told == [
        [],
        [("停车怎么收费", "OPEN", False, 1)],
        [("停车怎么收费", "WITHDRAWN", False, 2)],
        [("小广场怎么改", "CLOSED", True, 2)],
    ]
    for role, code in (
        (Role.RESIDENT, "zhang"), (Role.COMMANDER, "320506"), (Role.HANDLER, "320508-CG"), (Role.DISPLAY, "320508"),
    ):  # fmt: skip
        refused = await (await town.as_(role, code)).follow(FOLLOW, division=town.city.divisions[ERLANG])
        async with asyncio.timeout(60):
            answer = await anext(refused)
        assert [error.original_error.code for error in answer.errors] == ["NOT_FOUND"], role
