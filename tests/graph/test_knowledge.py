"""你问我答: what is in force where somebody asks, never what is over, and a person when unsure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import Realm, Role
from resolvers import client_apps
from resolvers.tokens import new_account
from tests.city import Speaker, Town
from tests.conftest import Clock
from tests.stories.walks import FAR_GRID, GRID, rows

ITEM = {
    "code": "parking", "question": "小区怎么申请停车位？", "alsoAsked": ["车位登记", "停车位要排队吗"],
    "answer": "向社区登记，按登记先后安排。", "source": "二郎巷社区居民公约", "validFrom": "2026-01-01",
}  # fmt: skip
SHOWN = "item { id code version state solved unsolved }"
ASK = """query ($question: String!, $division: ID, $grid: ID) {
  ask(question: $question, division: $division, grid: $grid) {
    isSure offersPerson cited { confidence item { code answer source state } } } }"""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url  # tests/store/test_knowledge.py holds the search on both


async def add(speaker: Speaker, town: Town, division: str = "320508", **more: Any) -> Any:
    return await speaker.do("knowledgeAdd", SHOWN, division=town.city.divisions[division], **{**ITEM, **more})


async def answer_to(speaker: Speaker, question: str = "怎么申请停车位", **where: Any) -> Any:
    return (await speaker.ask(ASK, question=question, **where))["ask"]


def codes(answer: Any) -> list[str]:
    return [one["item"]["code"] for one in answer["cited"]]


async def test_a_resident_without_an_account_is_answered_with_source_and_confidence(town: Town) -> None:
    await add(await town.as_(Role.INTAKE_OFFICER, "320508"), town)
    stranger = await town.as_(Role.RESIDENT, new_account())

    answer = await answer_to(stranger, "请问停车位怎么申请呀？", grid=town.city.grids[GRID])

    assert (answer["isSure"], answer["offersPerson"]) == (True, False)
    [cited] = answer["cited"]
    assert cited["item"] == {
        "code": "parking", "answer": "向社区登记，按登记先后安排。", "source": "二郎巷社区居民公约",
        "state": "IN_FORCE",
    }  # fmt: skip
    assert 0.45 <= cited["confidence"] <= 1


async def test_what_is_over_or_has_not_begun_is_never_cited(town: Town, clock: Clock) -> None:
    officer = await town.as_(Role.INTAKE_OFFICER, "320508")
    await add(officer, town, code="old", validFrom="2025-01-01", validTo="2026-03-10")
    await add(officer, town, code="new", validFrom="2026-03-12")
    await add(officer, town, code="now", validTo="2026-03-11")
    resident = await town.as_(Role.RESIDENT, "zhang")
    there = {"division": town.city.divisions["320508"]}

    today = codes(await answer_to(resident, **there))
    clock.advance(timedelta(days=1))
    tomorrow = codes(await answer_to(resident, **there))

    assert (today, tomorrow) == (["now"], ["new"])
    listed = """query ($id: ID!, $state: KnowledgeState!) { knowledgeItems(division: $id, state: $state) {
      edges { node { code state } } } }"""
    place = {"id": town.city.divisions["320508"]}
    over = await officer.ask(listed, **place, state="EXPIRED")
    assert [edge["node"] for edge in over["knowledgeItems"]["edges"]] == [
        {"code": "old", "state": "EXPIRED"}, {"code": "now", "state": "EXPIRED"},
    ]  # fmt: skip
    assert (await resident.ask(listed, **place, state="EXPIRED"))["knowledgeItems"] is None
    in_force = await resident.ask(listed, **place, state="IN_FORCE")
    assert [edge["node"]["code"] for edge in in_force["knowledgeItems"]["edges"]] == ["new"]


async def test_an_answer_holds_where_its_division_is_and_below_and_nowhere_else(town: Town) -> None:
    await add(await town.as_(Role.INTAKE_OFFICER, "320508"), town)
    resident = await town.as_(Role.RESIDENT, "zhang")

    there = await answer_to(resident, grid=town.city.grids[GRID])
    elsewhere = await answer_to(resident, grid=town.city.grids[FAR_GRID])
    anywhere = await answer_to(resident)

    assert codes(there) == ["parking"]
    assert elsewhere == anywhere == {"isSure": False, "offersPerson": True, "cited": []}


async def test_an_app_asks_where_it_is_for(town: Town) -> None:
    worker = await town.as_(Role.COMMUNITY_WORKER, "320508019044")
    await add(worker, town, "320508019044")
    await worker.do(
        "clientAppRegister", "app { code }", code="erlang", division=town.city.divisions["320508019044"],
        name="二郎巷", colour="#000000", scenes=["QUESTION"],
    )  # fmt: skip
    resident = await town.as_(Role.RESIDENT, "zhang")
    through = Speaker(town.db, town.feed, town.clock, await client_apps.admit(town.db, resident.viewer, "erlang", ""))

    assert codes(await answer_to(through)) == ["parking"]
    assert codes(await answer_to(resident)) == []


async def test_who_is_not_helped_is_offered_a_person_and_their_question_becomes_a_case(town: Town) -> None:
    await add(await town.as_(Role.INTAKE_OFFICER, "320508"), town)
    resident = await town.as_(Role.RESIDENT, "zhang")

    answer = await answer_to(resident, "今天天气怎么样", grid=town.city.grids[GRID])
    case = await resident.do(
        "caseSubmit", "case { kind title }", kind="QUESTION", description="今天天气怎么样", grid=town.city.grids[GRID]
    )

    assert (answer["isSure"], answer["offersPerson"]) == (False, True)
    assert case["case"] == {"kind": "QUESTION", "title": "你问我答 · 二郎巷社区居委会第1网格"}


async def test_each_person_counts_once_for_an_answer_the_last_time_they_say_it(town: Town) -> None:
    item = (await add(await town.as_(Role.INTAKE_OFFICER, "320508"), town))["item"]
    zhang, li = await town.as_(Role.RESIDENT, "zhang"), await town.as_(Role.RESIDENT, "li")

    await zhang.do("knowledgeJudge", SHOWN, id=item["id"], isSolved=True)
    await zhang.do("knowledgeJudge", SHOWN, id=item["id"], isSolved=False)
    said = await li.do("knowledgeJudge", SHOWN, id=item["id"], isSolved=True)

    assert (said["item"]["solved"], said["item"]["unsolved"]) == (1, 1)


async def test_an_amended_answer_is_found_by_its_new_words_and_a_withdrawn_one_by_none(town: Town) -> None:
    officer = await town.as_(Role.INTAKE_OFFICER, "320508")
    resident = await town.as_(Role.RESIDENT, "zhang")
    there = {"division": town.city.divisions["320508"]}
    item = (await add(officer, town))["item"]
    changed = {
        **ITEM,
        "question": "垃圾分类投放点在哪里？",
        "alsoAsked": [],
        "answer": "各小区东门。",
        "id": item["id"],
    }
    changed.pop("code")

    amended = await officer.do("knowledgeAmend", SHOWN, expectedVersion=1, **changed)
    stale = await officer.do("knowledgeAmend", SHOWN, expectedVersion=1, **changed)
    by_old, by_new = await answer_to(resident, **there), await answer_to(resident, "垃圾分类投放点", **there)
    await officer.do("knowledgeWithdraw", SHOWN, id=item["id"], expectedVersion=2)

    assert amended["item"]["version"] == 2
    assert stale["userErrors"][0]["code"] == "CONFLICT"
    assert (codes(by_old), codes(by_new)) == ([], ["parking"])
    assert codes(await answer_to(resident, "垃圾分类投放点", **there)) == []
    judged = await resident.do("knowledgeJudge", SHOWN, id=item["id"], isSolved=True)
    assert judged["userErrors"][0]["code"] == "NOT_FOUND"


async def test_nobody_else_writes_into_the_knowledge_base_and_nothing_of_a_question_is_kept(town: Town) -> None:
    before = await rows(town, "idempotency_records")
    for role, place, code in (
        (Role.RESIDENT, "zhang", "FORBIDDEN"),
        (Role.ANALYST, "320508", "FORBIDDEN"),
        (Role.COMMUNITY_WORKER, "320508019044", "NOT_FOUND"),
        (Role.INTAKE_OFFICER, "320506", "NOT_FOUND"),
    ):
        payload = await add(await town.as_(role, place), town)
        assert (payload["item"], payload["userErrors"][0]["code"]) == (None, code)
    officer = await town.as_(Role.INTAKE_OFFICER, "320508")
    for wrong in ({"question": ""}, {"source": " "}, {"code": "x!"}, {"validTo": "2025-01-01"}):
        assert (await add(officer, town, **wrong))["userErrors"][0]["code"] == "INVALID_INPUT"
    await answer_to(officer, "张三丰13812340000住哪里")

    assert await rows(town, "idempotency_records") == before


async def test_the_answers_of_one_realm_are_not_there_in_the_other(town: Town) -> None:
    await add(await town.as_(Role.INTAKE_OFFICER, "320508"), town)
    exercise = await town.as_(Role.RESIDENT, "zhang", Realm.EXERCISE)

    assert codes(await answer_to(exercise, division=town.city.divisions["320508"])) == []
