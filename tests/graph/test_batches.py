"""One decision for a class of cases: each its own event, step and words, each refused by itself."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from sqlalchemy import update

from db.batches import items
from db.vocabulary import Role
from db.vocabulary.batches import BatchItemState
from schema import ids
from tests.city import POTHOLE, Speaker, Town, key
from tests.graph.test_merging import fresh, heard, now
from tests.stories.walks import DONE, FAR_GRID, OTHER_UNIT, bring_to, cast, hand_in, rows

ANSWER = "batch { id kind total done refused pending madeByName items { position state code message case { id } } }"
PROGRESS = f"query ($id: ID!) {{ {ANSWER.replace('batch {', 'batchDecision(id: $id) {', 1)} }}"
SEE = """query ($id: ID!) { case(id: $id) { version state outcome responses { text } dispositions { text unitName }
  timeline { version action } } }"""
DISPOSE = {"outcome": "RESOLVED", "disposition": DONE, "response": "积水已全部抽排。"}
DECLINE = {
    "reason": "OUT_OF_SCOPE", "outcome": "NOT_OURS", "disposition": DONE, "response": "请向法院起诉。",
    "suggestedChannel": "法院",
}  # fmt: skip


async def decide(speaker: Speaker, **input: Any) -> Any:
    return await speaker.do("caseBatchDecide", ANSWER, **input)


async def test_one_decision_disposes_of_many_each_with_its_own_step_event_and_response(town: Town) -> None:
    people = await cast(town)
    cases = [await bring_to(people, "IN_PROGRESS") for _ in range(5)]
    since = await now(people.leader)

    payload = await decide(people.handler, caseIds=[case["id"] for case in cases], dispose=DISPOSE)

    batch = payload["batch"]
    assert payload["userErrors"] == []
    assert (batch["kind"], batch["total"], batch["done"], batch["refused"], batch["pending"]) == (
        "DISPOSE", 5, 5, 0, 0,
    )  # fmt: skip
    assert batch["madeByName"] == "姑苏区城管局"
    assert await heard(town, people.leader, since) == [("CHANGED", case["id"], "COMPLETE") for case in cases]
    for case in cases:
        seen = (await people.resident.ask(SEE, id=case["id"]))["case"]
        assert (seen["state"], seen["outcome"], seen["version"]) == ("HANDLED", "RESOLVED", case["version"] + 1)
        assert seen["responses"] == [{"text": "积水已全部抽排。"}]
        assert seen["dispositions"] == [{"text": "已处理", "unitName": "姑苏区城管局"}]
        assert seen["timeline"][-1] == {"version": seen["version"], "action": "COMPLETE"}
    closed = await decide(people.leader, filter={"states": ["HANDLED"]}, close={})
    assert (closed["batch"]["total"], closed["batch"]["done"]) == (5, 5)


async def test_what_is_refused_is_refused_by_itself_and_changes_nothing(town: Town) -> None:
    people = await cast(town)
    good, waiting = await bring_to(people, "IN_PROGRESS"), await bring_to(people, "SIGNED")
    bare = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)  # asks for a photo
    foreign = await hand_in(people, grid=FAR_GRID)
    missing = ids.global_id("Case", 987654)
    since = await now(people.leader)

    payload = await decide(
        people.handler,
        caseIds=[waiting["id"], good["id"], foreign["id"], missing, bare["id"], good["id"]],
        dispose=DISPOSE,
    )

    batch = payload["batch"]
    assert [(one["position"], one["state"], one["code"]) for one in batch["items"]] == [
        (1, "REFUSED", "ILLEGAL_ACTION"), (2, "DONE", None), (3, "REFUSED", "NOT_FOUND"), (4, "REFUSED", "NOT_FOUND"),
        (5, "REFUSED", "EVIDENCE_REQUIRED"),
    ]  # fmt: skip
    assert [one["case"] and one["case"]["id"] for one in batch["items"]] == [
        waiting["id"], good["id"], None, None, bare["id"],
    ]  # fmt: skip
    assert batch["items"][2]["message"] == batch["items"][3]["message"] == "没有找到该事件，或不在您的权限范围内。"
    assert "已签收" in batch["items"][0]["message"]
    assert await heard(town, people.leader, since) == [("CHANGED", good["id"], "COMPLETE")]
    assert (await fresh(people.leader, waiting))["version"] == waiting["version"]


async def test_a_filter_chooses_the_class_and_a_decline_answers_each(town: Town) -> None:
    people = await cast(town)
    cases = [await hand_in(people, matter=POTHOLE) for _ in range(3)] + [await hand_in(people)]

    payload = await decide(
        people.intake, filter={"matters": [town.city.matters[POTHOLE]], "isOpen": True}, decline=DECLINE
    )

    assert [one["case"]["id"] for one in payload["batch"]["items"]] == [case["id"] for case in cases[:3]]
    states = [(await fresh(people.intake, case))["state"] for case in cases]
    assert states == ["DECLINED"] * 3 + ["SUBMITTED"]
    told = (await people.resident.ask(SEE, id=cases[0]["id"]))["case"]["responses"]
    assert told == [{"text": "请向法院起诉。（建议渠道：法院）"}]


async def test_the_same_key_decides_once_and_goes_on_where_it_stopped(town: Town) -> None:
    people = await cast(town)
    cases = [await bring_to(people, "IN_PROGRESS") for _ in range(8)]
    given = {"caseIds": [case["id"] for case in cases], "dispose": DISPOSE, "idempotencyKey": key()}
    since = await now(people.leader)
    running = asyncio.create_task(decide(people.handler, **given))
    while (await fresh(people.leader, cases[0]))["state"] != "HANDLED":
        assert not running.done()
    running.cancel()  # as a time-out does, or a server that goes away
    with suppress(asyncio.CancelledError):
        await running
    async with town.db.write() as session:  # and what was done first was not yet written down
        await session.execute(update(items).where(items.c.position == 1).values(state=BatchItemState.PENDING))

    payload = await decide(people.handler, **given)
    again = await decide(people.handler, **given)

    assert payload == again
    assert (payload["batch"]["done"], payload["batch"]["pending"]) == (8, 0)
    assert await heard(town, people.leader, since) == [("CHANGED", case["id"], "COMPLETE") for case in cases]
    versions = [(await fresh(people.leader, case))["version"] for case in cases]
    assert versions == [case["version"] + 1 for case in cases]


async def test_the_same_decision_twice_at_once_is_carried_out_once(town: Town) -> None:
    people = await cast(town)
    cases = [await bring_to(people, "IN_PROGRESS") for _ in range(3)]
    given = {"caseIds": [case["id"] for case in cases], "dispose": DISPOSE, "idempotencyKey": key()}

    first, second = await asyncio.gather(decide(people.handler, **given), decide(people.handler, **given))

    assert first["batch"]["id"] == second["batch"]["id"]
    assert (await decide(people.handler, **given))["batch"]["done"] == 3
    assert [(await fresh(people.leader, case))["version"] for case in cases] == [
        case["version"] + 1 for case in cases
    ]


async def test_progress_is_for_its_maker_and_who_leads_there(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    batch = (await decide(people.handler, caseIds=[case["id"]], respond={"text": "正在办理"}))["batch"]

    async def shown(speaker: Speaker) -> Any:
        return (await speaker.ask(PROGRESS, id=batch["id"]))["batchDecision"]

    assert await shown(people.handler) == await shown(people.leader) == await shown(people.commander) == batch
    assert await shown(await town.as_(Role.SHIFT_LEADER, "320508")) == batch
    for other in (
        people.other_handler, people.dispatcher, people.resident, await town.as_(Role.COMMANDER, "3201"),
        await town.as_(Role.COMMANDER, "320508019"),
    ):  # fmt: skip
        assert await shown(other) is None
    assert (await people.leader.ask(PROGRESS, id=ids.global_id("BatchDecision", 99)))["batchDecision"] is None


async def test_a_batch_that_is_refused_as_a_whole_writes_nothing(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    since, before = await now(people.leader), await rows(town, "idempotency_records")
    one, blank = {"caseIds": [case["id"]]}, {**DISPOSE, "disposition": {"text": " "}}

    found = [
        (await decide(speaker, **given))["userErrors"][0]["code"]
        for speaker, given in (
            (people.handler, one),
            (people.handler, one | {"dispose": DISPOSE, "close": {}}),
            (people.handler, {"dispose": DISPOSE}),
            (people.handler, one | {"filter": {}, "dispose": DISPOSE}),
            (people.handler, {"caseIds": [], "dispose": DISPOSE}),
            (people.handler, {"caseIds": [ids.global_id("Case", n) for n in range(1, 102)], "dispose": DISPOSE}),
            (people.handler, {"caseIds": [town.city.departments[OTHER_UNIT]], "dispose": DISPOSE}),
            (people.handler, {"filter": {"states": ["CLOSED"]}, "dispose": DISPOSE}),
            (people.handler, one | {"dispose": DISPOSE | {"response": ""}}),
            (people.handler, one | {"dispose": blank}),
            (people.handler, one | {"respond": {"text": "x" * 4001}}),
            (people.handler, one | {"close": {}}),
            (people.resident, one | {"respond": {"text": "x"}}),
            (people.provider, one | {"dispose": DISPOSE}),
        )
    ]

    assert found == [
        *["INVALID_INPUT"] * 6, "NOT_FOUND", "INVALID_INPUT", "INVALID_INPUT", "DISPOSITION_REQUIRED",
        "INVALID_INPUT", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before
    assert await heard(town, people.leader, since) == []
