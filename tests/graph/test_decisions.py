"""Decisions rest on cases, and who handed a case in sees that it was used."""

from __future__ import annotations

from typing import Any

import pytest

from db.vocabulary import Realm, Role
from tests.city import Speaker, Town
from tests.stories.walks import FAR_GRID, NEXT_GRID, UNIT, Cast, cast, hand_in, rows

SHOWN = "decision { id instruction followUp followedUpAt caseCount division { code } basedOnCases { id } }"
USED = "query ($id: ID!) { case(id: $id) { usedInDecisions } }"
LISTED = """query ($division: ID, $after: PageCursor) { decisions(division: $division, first: 2, after: $after) {
  edges { node { id instruction caseCount basedOnCases { id } } } pageInfo { hasNextPage endCursor } } }"""
WORDS = "雨季前清理双塔街道全部雨水口，联系人13812345678"


async def record(speaker: Speaker, cases: list[dict[str, Any]], division: str, **more: Any) -> Any:
    given = {"division": division, "basedOnCases": [case["id"] for case in cases], "instruction": WORDS} | more
    return await speaker.do("decisionRecord", SHOWN, **given)


async def used(speaker: Speaker, case: dict[str, Any]) -> int:
    found: int = (await speaker.ask(USED, id=case["id"]))["case"]["usedInDecisions"]
    return found


async def two_cases(people: Cast) -> list[dict[str, Any]]:
    return [await hand_in(people, by=people.worker), await hand_in(people, by=people.resident, grid=NEXT_GRID)]


async def test_who_handed_a_case_in_sees_that_it_was_used(town: Town) -> None:
    people = await cast(town)
    mine, theirs = await two_cases(people)
    gusu = town.city.divisions["320508"]
    assert await used(people.worker, mine) == 0

    payload = await record(people.commander, [mine, theirs, mine], gusu)
    await record(people.commander, [mine], gusu)

    assert payload["userErrors"] == []
    assert payload["decision"] | {"id": ""} == {
        "id": "", "instruction": WORDS, "followUp": None, "followedUpAt": None, "caseCount": 2,
        "division": {"code": "320508"}, "basedOnCases": [{"id": mine["id"]}, {"id": theirs["id"]}],
    }  # fmt: skip
    assert (await used(people.worker, mine), await used(people.resident, theirs)) == (2, 1)


async def test_what_has_become_of_a_decision_is_written_later(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)
    decision = (await record(people.commander, [case], town.city.divisions["320508"]))["decision"]

    payload = await people.commander.do(
        "decisionFollowUp", SHOWN, decisionId=decision["id"], followUp="已清理 312 处"
    )

    assert payload["userErrors"] == []
    assert (payload["decision"]["followUp"], payload["decision"]["followedUpAt"]) == (
        "已清理 312 处", town.clock().isoformat()
    )  # fmt: skip


async def test_the_same_key_records_one_decision(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)
    given = {"idempotencyKey": "decide-once"}

    first = await record(people.commander, [case], town.city.divisions["320508"], **given)
    again = await record(people.commander, [case], town.city.divisions["320508"], **given)

    assert first == again
    assert await used(people.resident, case) == 1


async def refusal(town: Town, speaker: Speaker, mutation: str, **given: Any) -> str:
    """The code of an action that must be refused, and that nothing was written or announced."""
    before = await rows(town, "idempotency_records")
    payload = await speaker.do(mutation, SHOWN, **given)
    assert payload["decision"] is None
    assert await rows(town, "idempotency_records") == before
    [error] = payload["userErrors"]
    return str(error["code"])


async def test_a_decision_rests_on_cases_of_the_division_that_its_commander_commands(town: Town) -> None:
    people = await cast(town)
    here, far = await hand_in(people), await hand_in(people, grid=FAR_GRID)
    rehearsed = await hand_in(await cast(town, Realm.EXERCISE))
    gusu, wuzhong = town.city.divisions["320508"], town.city.divisions["320506"]
    commander = await town.as_(Role.COMMANDER, "320508")
    good = {"division": gusu, "basedOnCases": [here["id"]], "instruction": WORDS}

    async def code(speaker: Speaker, **more: Any) -> str:
        return await refusal(town, speaker, "decisionRecord", **good | more)

    for role in (Role.ANALYST, Role.SHIFT_LEADER, Role.DISPATCHER):
        assert await code(await town.as_(role, "320508")) == "FORBIDDEN"
    assert await code(people.worker) == "FORBIDDEN"
    assert await code(commander, division=wuzhong) == "NOT_FOUND"
    assert await code(commander, division="no-such-id") == "NOT_FOUND"
    assert await code(commander, basedOnCases=[here["id"], far["id"]]) == "NOT_FOUND"
    assert await code(people.commander, basedOnCases=[far["id"]]) == "NOT_FOUND"  # seen, but not of that county
    assert await code(commander, basedOnCases=[rehearsed["id"]]) == "NOT_FOUND"
    assert await code(commander, basedOnCases=["no-such-id"]) == "NOT_FOUND"
    assert await code(commander, basedOnCases=[]) == "INVALID_INPUT"
    assert await code(commander, instruction=" ") == "INVALID_INPUT"
    assert await code(commander, followUp="很" * 4_001) == "INVALID_INPUT"


async def test_only_a_commander_of_the_place_follows_a_decision_up(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)
    decision = (await record(people.commander, [case], town.city.divisions["320508"]))["decision"]
    given = {"decisionId": decision["id"], "followUp": "完成"}

    async def code(role: Role, place: str, realm: Realm = Realm.LIVE, **more: Any) -> str:
        return await refusal(town, await town.as_(role, place, realm), "decisionFollowUp", **given | more)

    assert await code(Role.ANALYST, "320508") == "FORBIDDEN"
    assert await code(Role.COMMANDER, "320506") == "NOT_FOUND"
    assert await code(Role.COMMANDER, "320508", Realm.EXERCISE) == "NOT_FOUND"
    assert await code(Role.COMMANDER, "320508", decisionId=case["id"]) == "NOT_FOUND"
    assert await code(Role.COMMANDER, "320508", followUp="") == "INVALID_INPUT"


READERS = [
    (Role.COMMANDER, "3205", True),
    (Role.SHIFT_LEADER, "320508", True),
    (Role.ANALYST, "320508", True),
    (Role.COMMANDER, "320506", False),
    (Role.COMMANDER, "320508019", False),  # of a street: its county's decisions are not its own
    (Role.DISPLAY, "320508", False),
    (Role.HANDLER, UNIT, False),
    (Role.RESIDENT, "zhang", False),
]


@pytest.mark.parametrize(("role", "code", "may_read"), READERS, ids=str)
async def test_who_reads_decisions(town: Town, role: Role, code: str, may_read: bool) -> None:
    people = await cast(town)
    case = await hand_in(people)
    decision = (await record(people.commander, [case], town.city.divisions["320508"]))["decision"]
    reader = await town.as_(role, code)

    listed = (await reader.ask(LISTED))["decisions"]["edges"]
    one = (await reader.ask("query ($id: ID!) { decision(id: $id) { id } }", id=decision["id"]))["decision"]

    assert [edge["node"]["id"] for edge in listed] == ([decision["id"]] if may_read else [])
    assert (one is not None) is may_read


async def test_an_analyst_reads_the_decision_without_numbers_of_people(town: Town) -> None:
    people = await cast(town)
    await record(people.commander, [await hand_in(people)], town.city.divisions["320508"])

    listed = (await (await town.as_(Role.ANALYST, "320508")).ask(LISTED))["decisions"]["edges"]

    assert listed[0]["node"]["instruction"] == "雨季前清理双塔街道全部雨水口，联系人****"


async def test_decisions_are_paged_newest_first_and_show_only_cases_in_view(town: Town) -> None:
    people = await cast(town)
    here, far = await hand_in(people), await hand_in(people, grid=FAR_GRID)
    city = town.city.divisions
    await record(people.commander, [here], city["320508"])
    await record(people.commander, [far], city["320506"])
    await record(people.commander, [here, far], city["3205"])

    first = (await people.commander.ask(LISTED))["decisions"]
    rest = (await people.commander.ask(LISTED, after=first["pageInfo"]["endCursor"]))["decisions"]
    gusu = (await people.commander.ask(LISTED, division=city["320508"]))["decisions"]

    assert [edge["node"]["caseCount"] for page in (first, rest) for edge in page["edges"]] == [2, 1, 1]
    assert rest["pageInfo"]["hasNextPage"] is False
    assert [edge["node"]["basedOnCases"] for edge in gusu["edges"]] == [[{"id": here["id"]}]]
