"""Duplicates and their master: whoever handed one in hears what becomes of the master."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select

from db.cases import followers
from db.vocabulary import Role
from resolvers.rules.policy import Policy
from schema.context import Context
from tests.city import POTHOLE, Speaker, Town
from tests.stories.walks import DONE, GRID, Cast, bring_to, cast, feed_read, hand_in, photo, rows

EVENTS = """query ($after: EventCursor!) { caseEvents(after: $after, first: 100) { events {
  kind caseId version action case { state } } } }"""
ANSWER = """query ($id: ID!) { case(id: $id) { version state plainStage responses { text } dispositions { text }
  mergedInto { id description address submitter { name phone } evidence { id } timeline { action note } } } }"""


async def now(speaker: Speaker) -> str:
    found: str = (await speaker.ask("{ cases(first: 1) { cursor } }"))["cases"]["cursor"]
    return found


async def heard(town: Town, speaker: Speaker, after: str) -> list[tuple[str, str, str]]:
    """Kind, case and action of every event since."""
    await feed_read(town)
    events = (await speaker.ask(EVENTS, after=after))["caseEvents"]["events"]
    return [(event["kind"], event["caseId"], event["action"]) for event in events]


async def fresh(speaker: Speaker, case: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (
        await speaker.ask("query ($id: ID!) { case(id: $id) { id version state } }", id=case["id"])
    )["case"]
    return found


async def keys_of(town: Town) -> list[tuple[str, int | None]]:
    async with town.db.read() as session:
        found = await session.execute(select(followers).order_by(followers.c.follower_key))
        return [(row.follower_key, row.merged_case_id) for row in found]


async def three_of_one_pothole(people: Cast) -> tuple[list[Speaker], list[dict[str, Any]]]:
    """Zhang, Li and Wang hand the same pothole in; Li's and Wang's are merged into Zhang's."""
    town = people.town
    residents = [people.resident, await town.as_(Role.RESIDENT, "li"), await town.as_(Role.RESIDENT, "wang")]
    words = {"description": "门口路面坑洼，电话13812340000", "address": "干将东路178号"}
    cases = [await hand_in(people, matter=POTHOLE, by=one, **words) for one in residents]
    for number in (1, 2):
        cases[number] = await people.intake.act("caseMerge", cases[number], masterId=cases[0]["id"])
    cases[0] = await fresh(people.intake, cases[0])
    return residents, cases


async def test_three_residents_of_one_pothole_each_hear_its_answer_and_its_end(town: Town) -> None:
    people = await cast(town)
    residents, [master, second, third] = await three_of_one_pothole(people)
    since = [await now(one) for one in residents]

    case = await people.intake.act("caseRegister", master)
    case = await people.dispatcher.act("caseDispatch", case, department=town.city.departments["320508-CG"])
    case = await people.handler.act("caseSign", case)
    case = await people.handler.act("caseStart", case)
    after = [{"id": await photo(people.handler), "kind": "AFTER"}]
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE, evidence=after)
    case = await people.handler.act("caseRespond", case, text="您反映的路面已修复。")
    await people.leader.act("caseClose", case)

    actions = ["REGISTER", "DISPATCH", "SIGN", "START", "COMPLETE", "RESPOND", "CLOSE"]
    expected = [("CHANGED", master["id"], action) for action in actions]
    assert [await heard(town, one, cursor) for one, cursor in zip(residents, since, strict=True)] == [expected] * 3
    for resident, merged in ((residents[1], second), (residents[2], third)):
        seen = (await resident.ask(ANSWER, id=merged["id"]))["case"]
        assert (seen["state"], seen["plainStage"], seen["version"]) == ("MERGED", "FINISHED", 2)
        assert seen["responses"] == [{"text": "您反映的路面已修复。"}]
        assert seen["dispositions"] == [{"text": "已处理"}]


async def test_who_follows_a_master_learns_nothing_of_who_handed_it_in(town: Town) -> None:
    people = await cast(town)
    residents, [master, second, _] = await three_of_one_pothole(people)
    taken = await photo(people.resident)
    case = await people.resident.do(
        "caseSubmit", description="x", grid=town.city.grids[GRID], evidence=[{"id": taken, "kind": "BEFORE"}]
    )
    await people.intake.act("caseMerge", master, masterId=case["case"]["id"])

    seen = (await residents[1].ask(ANSWER, id=second["id"]))["case"]["mergedInto"]
    nearest = (await residents[1].ask(ANSWER, id=master["id"]))["case"]["mergedInto"]

    assert (seen["id"], seen["description"], seen["address"]) == (master["id"], None, None)
    assert seen["submitter"] == {"name": None, "phone": None}
    assert seen["timeline"] == [
        {"action": "SUBMIT", "note": None}, {"action": "TAKE_IN", "note": None}, {"action": "TAKE_IN", "note": None},
        {"action": "MERGE", "note": None},
    ]  # fmt: skip
    assert (nearest["id"], nearest["evidence"]) == (case["case"]["id"], [])


async def test_a_merge_is_one_version_and_one_event_of_each_of_the_two(town: Town) -> None:
    people = await cast(town)
    master, case = await hand_in(people), await hand_in(people, by=await town.as_(Role.RESIDENT, "li"))
    since = await now(people.leader)

    await people.intake.act("caseMerge", case, masterId=master["id"])

    assert await heard(town, people.leader, since) == [
        ("CHANGED", case["id"], "MERGE"), ("CHANGED", master["id"], "TAKE_IN"),
    ]  # fmt: skip
    assert (await fresh(people.leader, master))["version"] == 2


async def test_who_is_separated_again_leaves_the_master_at_once(town: Town) -> None:
    people = await cast(town)
    residents, [master, second, _] = await three_of_one_pothole(people)
    li, wang = residents[1:]
    since = [await now(li), await now(wang)]

    await people.intake.act("caseUnmerge", second, reason="不是同一处")
    await people.leader.act("caseRespond", await fresh(people.leader, master), text="周五修")

    assert await heard(town, li, since[0]) == [
        ("CHANGED", second["id"], "UNMERGE"), ("LEFT_VIEW", master["id"], None),
    ]  # fmt: skip
    assert await heard(town, wang, since[1]) == [
        ("CHANGED", master["id"], "LET_GO"), ("CHANGED", master["id"], "RESPOND"),
    ]  # fmt: skip
    assert (await li.ask("query ($id: ID!) { case(id: $id) { id } }", id=master["id"]))["case"] is None


async def test_who_handed_the_same_in_twice_stays_for_the_other_one(town: Town) -> None:
    people = await cast(town)
    li = await town.as_(Role.RESIDENT, "li")
    master = await hand_in(people)
    first, second = await hand_in(people, by=li), await hand_in(people, by=li)
    first = await people.intake.act("caseMerge", first, masterId=master["id"])
    second = await people.intake.act("caseMerge", second, masterId=master["id"])
    assert await keys_of(town) == [("RESIDENT:li", 2)]

    await people.intake.act("caseUnmerge", first, reason="不是同一处")
    assert await keys_of(town) == [("RESIDENT:li", 3)]
    await people.intake.act("caseUnmerge", second, reason="不是同一处")

    assert await keys_of(town) == []


async def test_a_master_merged_further_brings_its_followers_along(town: Town) -> None:
    people = await cast(town)
    residents, [master, _, _] = await three_of_one_pothole(people)
    other = await hand_in(people, by=await town.as_(Role.RESIDENT, "zhao"))

    await people.intake.act("caseMerge", master, masterId=other["id"])
    since = [await now(one) for one in residents]
    await people.leader.act("caseRespond", await fresh(people.leader, other), text="周五修")

    for resident, cursor in zip(residents, since, strict=True):
        assert await heard(town, resident, cursor) == [("CHANGED", other["id"], "RESPOND")]


async def test_more_than_so_many_followers_are_refused_and_nothing_is_merged(town: Town) -> None:
    people = await cast(town)
    _, [master, _, _] = await three_of_one_pothole(people)
    case = await hand_in(people, by=await town.as_(Role.RESIDENT, "zhao"))
    before = await rows(town, "idempotency_records")

    class Strict(Speaker):
        def context(self) -> Context:
            return Context(self.db, self.feed, self.viewer, self.clock, policy=Policy(followers_per_case=2))

    strict = Strict(people.intake.db, people.intake.feed, people.intake.clock, people.intake.viewer)

    assert await strict.refused("caseMerge", case, masterId=master["id"]) == "TOO_MANY"
    assert await rows(town, "idempotency_records") == before


async def test_a_merge_taken_back_and_its_masters_end_at_once_leave_no_half(town: Town) -> None:
    people = await cast(town)
    for _ in range(5):
        master = await bring_to(people, "HANDLED")
        master = await people.handler.act("caseRespond", master, text="好了")
        case = await people.intake.act("caseMerge", await hand_in(people), masterId=master["id"])
        master = await fresh(people.leader, master)

        undone, closed = await asyncio.gather(
            people.intake.do("caseUnmerge", caseId=case["id"], expectedVersion=case["version"], reason="并错了"),
            people.leader.do("caseClose", caseId=master["id"], expectedVersion=master["version"]),
        )

        # Whoever is first wins: closed, so it stays merged; or separated, so the master has moved on.
        codes = [[error["code"] for error in payload["userErrors"]] for payload in (undone, closed)]
        assert codes in ([["MASTER_CLOSED"], []], [[], ["CONFLICT"]]), codes
