"""One application, many units, one combined reply: each part is a case of its own, the whole waits for all."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import Role
from resolvers.rules.policy import Policy
from schema.context import Context
from tests.city import GAS, POTHOLE, Speaker, Town
from tests.graph.test_merging import fresh, heard, now
from tests.stories.walks import CITY_UNIT, DONE, OTHER_UNIT, UNIT, Cast, bring_to, cast, outsourced, rows

SEE = """query ($id: ID!) { case(id: $id) { id number version state outcome isOpen childrenOpen isChild
  availableActions description address submitter { role name phone } dueAt source isDiscovery responses { text }
  dispositions { text }
  parent { id } timeline { action actorRole note }
  children { caseId number title state isOpen outcome dueAt department { code } case { id } } } }"""
FIGURES = "{ metrics { submitted registered handled closed discovered open } }"
REPLY = {"outcome": "RESOLVED", "disposition": {"text": "三家均已办结"}, "response": "您申请的开店一件事已全部办好。"}


async def see(speaker: Speaker, case_id: str) -> Any:
    return (await speaker.ask(SEE, id=case_id))["case"]


async def divided(people: Cast, state: str = "IN_PROGRESS", **more: Any) -> tuple[dict[str, Any], list[str]]:
    """A case that two further units work parts of: the whole, and the ids of its parts."""
    case = await bring_to(people, state, **more)
    for unit, task in ((OTHER_UNIT, "办理门头备案"), (CITY_UNIT, "办理排水接入")):
        department = people.town.city.departments[unit]
        case = await people.dispatcher.act("caseAddChild", case, department=department, task=task)
    parts = (await see(people.leader, case["id"]))["children"]
    return case, [part["caseId"] for part in parts]


async def worked(people: Cast, part: str, unit: str) -> dict[str, Any]:
    """A part brought to its end by its unit."""
    handler = await people.town.as_(Role.HANDLER, unit)
    case = await handler.act("caseSign", await fresh(handler, {"id": part}))
    case = await handler.act("caseStart", case)
    case = await handler.act("caseComplete", case, outcome="RESOLVED", disposition={"text": f"{unit}已办"})
    return await people.leader.act("caseClose", case)


async def test_one_application_of_three_units_is_answered_once_when_all_are_done(town: Town) -> None:
    people = await cast(town)
    case, parts = await divided(people)
    since = await now(people.resident)

    waiting = await people.handler.refused("caseCombineReply", await fresh(people.handler, case), **REPLY)
    await worked(people, parts[0], OTHER_UNIT)
    half = await see(people.handler, case["id"])
    still = await people.handler.refused("caseCombineReply", half, **REPLY)
    await worked(people, parts[1], CITY_UNIT)
    whole = await see(people.handler, case["id"])
    alone = await people.handler.refused("caseComplete", whole, outcome="RESOLVED", disposition=DONE)
    answered = await people.handler.act("caseCombineReply", whole, **REPLY)
    again = await people.handler.refused("caseCombineReply", answered, **REPLY)
    closed = await people.leader.act("caseClose", answered)

    assert [waiting, still, alone, again] == [
        "OPEN_CHILDREN", "OPEN_CHILDREN", "COMBINED_REPLY_REQUIRED", "ILLEGAL_ACTION",
    ]  # fmt: skip
    assert (half["childrenOpen"], whole["childrenOpen"], closed["state"]) == (1, 0, "CLOSED")
    assert ["COMBINE_REPLY" in one["availableActions"] for one in (half, whole)] == [False, True]
    seen = await see(people.resident, case["id"])
    assert seen["responses"] == [{"text": "您申请的开店一件事已全部办好。"}]
    assert seen["dispositions"] == [{"text": "三家均已办结"}]
    assert [(one["department"]["code"], one["state"], one["outcome"]) for one in seen["children"]] == [
        (OTHER_UNIT, "CLOSED", "RESOLVED"), (CITY_UNIT, "CLOSED", "RESOLVED"),
    ]  # fmt: skip
    told = await heard(town, people.resident, since)
    assert told == [
        ("CHANGED", case["id"], action) for action in ("NOTE_CHILD", "NOTE_CHILD", "COMBINE_REPLY", "CLOSE")
    ]


async def test_a_part_is_a_case_of_its_unit_with_a_clock_of_its_own(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(
        people, "IN_PROGRESS", description="电话13812340000", address="干将东路178号",
        contact={"name": "张三丰", "phone": "13812340000"},
    )  # fmt: skip
    town.clock.advance(timedelta(hours=1))
    since = await now(people.other_handler)

    case = await people.handler.act(
        "caseAddChild", case, "childrenOpen children { caseId dueAt state department { code } }",
        department=town.city.departments[OTHER_UNIT], task="切断燃气", matter=town.city.matters[GAS],
    )  # fmt: skip

    [part] = case["children"]
    assert (case["childrenOpen"], part["state"], part["department"]) == (1, "DISPATCHED", {"code": OTHER_UNIT})
    assert part["dueAt"] == (town.clock() + timedelta(hours=2)).isoformat()  # urgent hours of its own matter
    assert await heard(town, people.other_handler, since) == [("SUBMITTED", part["caseId"], "ADD_CHILD")]
    seen = await see(people.other_handler, part["caseId"])
    assert (seen["description"], seen["address"], seen["isChild"], seen["source"]) == (
        "切断燃气", "干将东路*号", True, "DEPARTMENT",
    )  # fmt: skip
    assert seen["submitter"] == {"role": "SYSTEM", "name": None, "phone": None}
    assert (seen["parent"], seen["isDiscovery"]) == (None, False)  # the whole is not this unit's
    assert seen["timeline"] == [{"action": "ADD_CHILD", "actorRole": "HANDLER", "note": None}]
    assert (await see(people.leader, part["caseId"]))["parent"] == {"id": case["id"]}
    assert [one["case"] for one in (await see(people.handler, case["id"]))["children"]] == [None]


async def test_the_parts_are_nobodys_submission_and_no_second_discovery(town: Town) -> None:
    people = await cast(town)
    case, parts = await divided(people, by=people.worker)
    for part, unit in zip(parts, (OTHER_UNIT, CITY_UNIT), strict=True):
        await worked(people, part, unit)

    found = (await people.leader.ask(FIGURES))["metrics"]
    mine = await people.worker.ask("{ cases(first: 10) { totalCount } }")
    resident = await people.resident.ask("{ cases(first: 10) { totalCount } }")

    assert found == {"submitted": 1, "registered": 1, "handled": 2, "closed": 2, "discovered": 1, "open": 1}
    assert (mine["cases"]["totalCount"], resident["cases"]["totalCount"]) == (3, 0)  # the grid's, not handed in
    assert await fresh(people.worker, case)


async def test_a_centre_may_lead_itself_and_give_the_combined_reply(town: Town) -> None:
    people = await cast(town)
    case, parts = await divided(people, "REGISTERED")
    for part, unit in zip(parts, (OTHER_UNIT, CITY_UNIT), strict=True):
        await worked(people, part, unit)

    case = await people.dispatcher.act("caseCombineReply", await fresh(people.dispatcher, case), **REPLY)

    assert case["state"] == "HANDLED"
    case = await people.leader.act("caseRework", case, reason="漏了一家")
    assert case["state"] == "REGISTERED"
    case = await people.dispatcher.act(
        "caseAddChild", case, "childrenOpen", department=town.city.departments[UNIT], task="补办"
    )
    assert case["childrenOpen"] == 1


async def test_a_part_that_is_sent_back_or_void_counts_as_it_stands(town: Town) -> None:
    people = await cast(town)
    case, parts = await divided(people)
    payload = await people.other_handler.do(
        "caseReturn", caseId=parts[0], expectedVersion=1, reason="归城管",
        proposedDepartment=town.city.departments[UNIT],
    )  # fmt: skip
    assert payload["userErrors"] == []

    returned = await see(people.handler, case["id"])
    await people.leader.act("caseVoid", await fresh(people.leader, {"id": parts[0]}), reason="并入主件", response="x")
    seen = await see(people.handler, case["id"])

    assert (returned["childrenOpen"], returned["children"][0]["department"]) == (2, None)
    assert (seen["childrenOpen"], seen["children"][0]["state"]) == (1, "VOIDED")
    assert (seen["timeline"][-1]["action"], seen["timeline"][-1]["actorRole"]) == ("NOTE_CHILD", "SYSTEM")
    number = (await see(people.leader, parts[0]))["number"]
    assert seen["timeline"][-1]["note"] == number


@pytest.mark.parametrize("how", ["caseWithdraw", "caseVoid"])
async def test_what_ends_the_whole_ends_its_open_parts(town: Town, how: str) -> None:
    people = await cast(town)
    case, parts = await divided(people)
    await worked(people, parts[0], OTHER_UNIT)
    city_handler = await town.as_(Role.HANDLER, CITY_UNIT)
    part = await city_handler.act("caseStart", await city_handler.act("caseSign", {"id": parts[1], "version": 1}))
    people.handler, lead = city_handler, people.handler
    order, _ = await outsourced(people, part)
    people.handler = lead
    since = await now(people.leader)

    if how == "caseWithdraw":
        case = await people.resident.act(how, await fresh(people.resident, case), reason="不开了")
    else:
        case = await people.leader.act(how, await fresh(people.leader, case), reason="误报", response="已作废")

    assert await heard(town, people.leader, since) == [
        ("CHANGED", case["id"], how.removeprefix("case").upper()), ("CHANGED", parts[1], "END_WITH_PARENT"),
    ]  # fmt: skip
    seen = await see(people.leader, case["id"])
    assert (seen["childrenOpen"], [one["state"] for one in seen["children"]]) == (0, ["CLOSED", "VOIDED"])
    orders = await people.provider.ask("query ($id: ID!) { node(id: $id) { __typename } }", id=order)
    assert orders["node"] is None  # cancelled


async def test_a_part_is_no_duplicate_of_anything_and_nobody_follows_it(town: Town) -> None:
    people = await cast(town)
    li = await town.as_(Role.RESIDENT, "li")
    case, parts = await divided(people, matter=POTHOLE)
    since, before = await now(people.leader), await rows(town, "idempotency_records")

    code = (await li.do("caseFollow", "case { id }", caseId=parts[0]))["userErrors"][0]["code"]

    assert code == "NOT_FOUND"
    assert await rows(town, "idempotency_records") == before
    again = await people.leader.do(
        "caseSubmit", "case { id version } similarCases { id }", description="又坏了",
        matter=town.city.matters[POTHOLE], grid=town.city.grids["320508019044001"],
    )  # fmt: skip
    assert [one["id"] for one in again["similarCases"]] == [case["id"]]
    assert await people.intake.refused("caseMerge", again["case"], masterId=parts[0]) == "IS_A_CHILD"
    assert await heard(town, people.leader, since) == [("SUBMITTED", again["case"]["id"], "SUBMIT")]


async def test_refused_divisions_write_nothing_and_announce_nothing(town: Town) -> None:
    people = await cast(town)
    units = town.city.departments
    case, parts = await divided(people)
    plain = await bring_to(people, "IN_PROGRESS")
    fresh_one = await bring_to(people, "ACCEPTED")
    since, before = await now(people.leader), await rows(town, "idempotency_records")
    ask = {"department": units[OTHER_UNIT], "task": "x"}
    part = {"id": parts[0], "version": 1}

    class Strict(Speaker):
        def context(self) -> Context:
            return Context(self.db, self.feed, self.viewer, self.clock, policy=Policy(children_per_case=2))

    strict = Strict(people.handler.db, people.handler.feed, people.handler.clock, people.handler.viewer)
    found = [
        await people.dispatcher.refused("caseAddChild", part, **ask),
        await people.handler.refused("caseAddChild", case, **ask | {"task": " "}),
        await people.handler.refused("caseAddChild", case, **ask | {"department": units["320102-CG"]}),
        await people.handler.refused("caseAddChild", case, **ask, matter=units[UNIT]),
        await people.handler.refused("caseAddChild", case | {"version": 1}, **ask),
        await strict.refused("caseAddChild", case, **ask),
        await people.resident.refused("caseAddChild", case, **ask),
        await people.other_handler.refused("caseAddChild", case, **ask),
        await people.leader.refused("caseAddChild", fresh_one, **ask),
        await people.handler.refused("caseCombineReply", plain, **REPLY),
        await people.leader.refused("caseCombineReply", plain, **REPLY),
        await people.other_handler.refused("caseWithdraw", part),
        await people.resident.refused("caseWithdraw", part),
    ]

    assert found == [
        "IS_A_CHILD", "INVALID_INPUT", "NOT_FOUND", "NOT_FOUND", "CONFLICT", "TOO_MANY", "FORBIDDEN", "NOT_FOUND",
        "ILLEGAL_ACTION", "NO_CHILDREN", "ILLEGAL_ACTION", "FORBIDDEN", "NOT_FOUND",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before
    assert await heard(town, people.leader, since) == []


async def test_a_combined_reply_without_its_words_is_refused(town: Town) -> None:
    people = await cast(town)
    case, parts = await divided(people)
    for part, unit in zip(parts, (OTHER_UNIT, CITY_UNIT), strict=True):
        await worked(people, part, unit)
    case = await fresh(people.handler, case)
    before = await rows(town, "idempotency_records")

    found = [
        await people.handler.refused("caseCombineReply", case, **REPLY | {"response": " "}),
        await people.handler.refused("caseCombineReply", case, **REPLY | {"disposition": {"text": ""}}),
        await people.handler.refused("caseCombineReply", case, **REPLY | {"outcome": "DUPLICATE"}),
    ]

    assert found == ["INVALID_INPUT", "DISPOSITION_REQUIRED", "INVALID_INPUT"]
    assert await rows(town, "idempotency_records") == before


async def test_parts_that_end_at_once_are_each_counted(town: Town) -> None:
    people = await cast(town)
    for _ in range(3):
        case, parts = await divided(people, "REGISTERED")
        mine = [await fresh(people.leader, {"id": part}) for part in parts]

        payloads = await asyncio.gather(
            *(
                people.leader.do("caseVoid", caseId=one["id"], expectedVersion=1, reason="x", response="y")
                for one in mine
            )
        )

        assert [payload["userErrors"] for payload in payloads] == [[], []]
        seen = await see(people.leader, case["id"])
        assert (seen["childrenOpen"], [one["isOpen"] for one in seen["children"]]) == (0, [False, False])


async def test_the_whole_withdrawn_while_a_part_closes_leaves_no_half(town: Town) -> None:
    people = await cast(town)
    for _ in range(4):
        case, parts = await divided(people, "REGISTERED")
        part = await fresh(people.leader, {"id": parts[0]})
        whole = await fresh(people.resident, case)

        await asyncio.gather(
            people.resident.do("caseWithdraw", caseId=whole["id"], expectedVersion=whole["version"]),
            people.leader.do(
                "caseVoid", caseId=part["id"], expectedVersion=part["version"], reason="x", response="y"
            ),
        )

        seen = await see(people.leader, case["id"])
        open_parts = sum(one["isOpen"] for one in seen["children"])
        assert seen["childrenOpen"] == open_parts
        assert open_parts == (0 if seen["state"] == "WITHDRAWN" else 1)
