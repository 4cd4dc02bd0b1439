"""A case worked by several units: the responsible one answers for it, the others see, assist or take part."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from db.cases import cases, columns_of
from db.scope import Grant, Masking, Scope, ScopeKind
from db.shares import joint_units, shares_by_case
from db.visible import in_scope
from db.vocabulary import Realm, Role, ShareRight
from resolvers.rules.policy import Policy
from schema.context import Context
from tests.city import POTHOLE, Speaker, Town
from tests.graph.test_merging import fresh, heard, now
from tests.stories.walks import CITY_UNIT, DONE, OTHER_UNIT, UNIT, Cast, bring_to, cast, hand_in, photo, rows

FAR_UNIT = "320102-CG"  # of another city
WORDS = {"text": "路灯归我局，已断电", "basis": "照明条例"}
SEE = """query ($id: ID!) { case(id: $id) { version state availableActions description submitter { phone }
  shares { department { code } right since reason } evidence { id }
  dispositions { text unitName shareRight department { code } }
  timeline { action actorRole note department { code } } } }"""


async def see(speaker: Speaker, case: dict[str, Any]) -> Any:
    return (await speaker.ask(SEE, id=case["id"]))["case"]


async def shared(people: Cast, case: dict[str, Any], right: str, unit: str = OTHER_UNIT) -> dict[str, Any]:
    department = people.town.city.departments[unit]
    return await people.handler.act("caseShare", case, department=department, right=right, reason="涉及路灯")


async def test_an_assisting_unit_adds_its_disposition_and_cannot_complete(town: Town) -> None:
    people = await cast(town)
    case = await shared(people, await bring_to(people, "IN_PROGRESS"), "ASSIST")

    offered = (await see(people.other_handler, case))["availableActions"]
    case = await people.other_handler.act("caseAddDisposition", case, disposition=WORDS)
    refused = [
        await people.other_handler.refused("caseComplete", case, outcome="RESOLVED", disposition=DONE),
        await people.other_handler.refused("caseRespond", case, text="x"),
        await people.other_handler.refused("caseHold", case, reason="x", until="2027-01-01T00:00:00Z"),
        await people.other_handler.refused("caseShare", case, department="x", right="VIEW", reason="x"),
    ]

    assert offered == ["ADD_DISPOSITION"]
    assert refused == ["FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND"]
    seen = await see(people.handler, case)
    assert (seen["state"], seen["dispositions"]) == ("IN_PROGRESS", [
        {"text": "路灯归我局，已断电", "unitName": "姑苏区住建局", "shareRight": "ASSIST",
         "department": {"code": OTHER_UNIT}},
    ])  # fmt: skip
    assert seen["timeline"][-1] == {
        "action": "ADD_DISPOSITION", "actorRole": "HANDLER", "note": None, "department": {"code": OTHER_UNIT}
    }  # fmt: skip
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    rights = [one["shareRight"] for one in (await see(people.handler, case))["dispositions"]]
    assert rights == ["ASSIST", None]


async def test_what_an_assisting_unit_says_is_not_the_disposition_that_closes_a_case(town: Town) -> None:
    people = await cast(town)
    case = await shared(people, await bring_to(people, "HANDLED"), "ASSIST")
    case = await people.leader.act("caseRework", case, reason="没修好")
    case = await people.other_handler.act("caseAddDisposition", case, disposition=WORDS)

    assert await people.handler.refused("caseComplete", case, outcome="RESOLVED", disposition={"text": " "}) == (
        "DISPOSITION_REQUIRED"
    )


async def test_a_joint_unit_has_to_speak_before_a_case_is_completed(town: Town) -> None:
    people = await cast(town)
    city_handler = await town.as_(Role.HANDLER, CITY_UNIT)
    case = await shared(people, await bring_to(people, "IN_PROGRESS"), "JOINT")
    case = await shared(people, case, "JOINT", CITY_UNIT)

    done = {"caseId": case["id"], "outcome": "RESOLVED", "disposition": DONE}
    [error] = (await people.handler.do("caseComplete", expectedVersion=case["version"], **done))["userErrors"]
    offered = (await see(people.handler, case))["availableActions"]
    case = await people.other_handler.act("caseAddDisposition", case, disposition=WORDS)
    [second] = (await people.handler.do("caseComplete", expectedVersion=case["version"], **done))["userErrors"]
    case = await city_handler.act("caseAddDisposition", case, disposition=WORDS)
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)

    assert (error["code"], error["message"]) == (
        "JOINT_DISPOSITION_REQUIRED", "联办单位尚未出具处理意见：姑苏区住建局、苏州市水务局。",
    )  # fmt: skip
    assert "COMPLETE" not in offered
    assert second["message"] == "联办单位尚未出具处理意见：苏州市水务局。"
    assert case["state"] == "HANDLED"


async def test_what_is_done_anew_asks_the_joint_units_again(town: Town) -> None:
    people = await cast(town)
    case = await shared(people, await bring_to(people, "IN_PROGRESS"), "JOINT")
    case = await people.other_handler.act("caseAddDisposition", case, disposition=WORDS)
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    case = await people.leader.act("caseRework", case, reason="没修好")

    code = await people.handler.refused("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    case = await people.handler.act(
        "caseUnshare", case, department=town.city.departments[OTHER_UNIT], reason="与路灯无关"
    )

    assert code == "JOINT_DISPOSITION_REQUIRED"
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    assert case["state"] == "HANDLED"


async def test_who_has_spoken_in_assisting_need_not_say_it_again_when_joint(town: Town) -> None:
    people = await cast(town)
    case = await shared(people, await bring_to(people, "IN_PROGRESS"), "ASSIST")
    case = await people.other_handler.act("caseAddDisposition", case, disposition=WORDS)

    case = await shared(people, case, "JOINT")

    assert [one["right"] for one in (await see(people.handler, case))["shares"]] == ["JOINT"]
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    assert case["state"] == "HANDLED"


async def test_a_unit_that_may_only_see_is_offered_nothing_and_shown_no_contact(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", description="请打13812340000", contact={"phone": "13812340000"})
    case = await shared(people, case, "VIEW")

    seen = await see(people.other_handler, case)

    assert seen["availableActions"] == []
    assert (seen["description"], seen["submitter"]) == ("请打****", {"phone": "138****0000"})
    assert seen["shares"] == [
        {"department": {"code": OTHER_UNIT}, "right": "VIEW", "since": town.clock().isoformat(), "reason": "涉及路灯"}
    ]
    assert await people.other_handler.refused("caseAddDisposition", case, disposition=WORDS) == "FORBIDDEN"
    reveal = await people.other_handler.do("caseRevealContact", "contact { phone }", caseId=case["id"], reason="x")
    assert [error["code"] for error in reveal["userErrors"]] == ["FORBIDDEN"]
    assert (await see(people.resident, case))["shares"][0]["reason"] is None


async def test_an_ended_share_takes_the_case_out_of_the_units_view_at_once(town: Town) -> None:
    people = await cast(town)
    unit = town.city.departments[OTHER_UNIT]
    case = await bring_to(people, "IN_PROGRESS")
    since = await now(people.other_handler)
    case = await shared(people, case, "ASSIST")
    case = await people.handler.act("caseRespond", case, text="正在办理")

    case = await people.handler.act("caseUnshare", case, department=unit, reason="已说明")
    await people.handler.act("caseRespond", case, text="仍在办理")

    assert await heard(town, people.other_handler, since) == [
        ("CHANGED", case["id"], "SHARE"), ("CHANGED", case["id"], "RESPOND"), ("LEFT_VIEW", case["id"], None),
    ]  # fmt: skip
    assert await see(people.other_handler, case) is None
    listed = await people.other_handler.ask("{ cases(first: 10) { totalCount } }")
    assert listed["cases"]["totalCount"] == 0


@pytest.mark.parametrize("how", ["caseReassign", "caseDispatch", "caseRule"])
async def test_a_unit_that_becomes_responsible_no_longer_shares(town: Town, how: str) -> None:
    people = await cast(town)
    unit = town.city.departments[OTHER_UNIT]
    case = await shared(people, await bring_to(people, "IN_PROGRESS"), "JOINT")
    if how == "caseReassign":
        case = await people.dispatcher.act(how, case, department=unit, reason="主责在住建")
    else:
        await people.handler.do(
            "caseReturn", caseId=case["id"], expectedVersion=case["version"], reason="归住建", proposedDepartment=unit
        )
        case = await fresh(people.dispatcher, case)
        who, why = (people.dispatcher, {}) if how == "caseDispatch" else (people.commander, {"reason": "职责清单"})
        case = await who.act(how, case, department=unit, **why)

    seen = await see(people.other_handler, case)

    assert (seen["state"], seen["shares"]) == ("DISPATCHED", [])
    assert "SIGN" in seen["availableActions"]
    assert await see(people.handler, case) is None


async def test_a_share_needs_no_superior_and_no_common_place(town: Town) -> None:
    people = await cast(town)
    far = await town.as_(Role.HANDLER, FAR_UNIT)

    case = await shared(people, await bring_to(people, "SIGNED"), "ASSIST", FAR_UNIT)
    case = await far.act("caseAddDisposition", case, disposition=WORDS)

    assert (await see(far, case))["dispositions"][0]["unitName"] == "玄武区城管局"


async def test_refused_shares_write_nothing_and_announce_nothing(town: Town) -> None:
    people = await cast(town)
    units = town.city.departments
    case = await shared(people, await bring_to(people, "IN_PROGRESS"), "VIEW")
    closed = await bring_to(people, "CLOSED")
    since, before = await now(people.leader), await rows(town, "idempotency_records")
    ask = {"department": units[CITY_UNIT], "right": "VIEW", "reason": "x"}

    class Strict(Speaker):
        def context(self) -> Context:
            return Context(self.db, self.feed, self.viewer, self.clock, policy=Policy(shares_per_case=1))

    strict = Strict(people.handler.db, people.handler.feed, people.handler.clock, people.handler.viewer)
    found = [
        await people.handler.refused("caseShare", case, **ask | {"department": units[UNIT]}),
        await people.handler.refused("caseShare", case, **ask | {"department": units[OTHER_UNIT]}),
        await people.handler.refused("caseShare", case, **ask | {"reason": " "}),
        await people.handler.refused("caseShare", case, **ask | {"department": town.city.grids["320508019044001"]}),
        await people.handler.refused("caseShare", case | {"version": 1}, **ask),
        await people.resident.refused("caseShare", case, **ask),
        await people.intake.refused("caseShare", case, **ask),
        await people.leader.refused("caseShare", closed, **ask),
        await people.leader.refused("caseUnshare", closed, department=units[OTHER_UNIT], reason="x"),
        await strict.refused("caseShare", case, **ask),
        await people.handler.refused("caseUnshare", case, department=units[CITY_UNIT], reason="x"),
        await people.handler.refused("caseUnshare", case, department=units[OTHER_UNIT], reason=""),
        await people.other_handler.refused("caseUnshare", case, department=units[OTHER_UNIT], reason="x"),
        await people.handler.refused("caseAddDisposition", case, disposition=WORDS),
        await people.leader.refused("caseAddDisposition", case, disposition=WORDS),
    ]

    assert found == [
        "INVALID_INPUT", "INVALID_INPUT", "REASON_REQUIRED", "NOT_FOUND", "CONFLICT", "FORBIDDEN", "FORBIDDEN",
        "ILLEGAL_ACTION", "ILLEGAL_ACTION", "TOO_MANY", "NOT_FOUND", "REASON_REQUIRED", "FORBIDDEN", "FORBIDDEN",
        "FORBIDDEN",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before
    assert await heard(town, people.leader, since) == []


async def test_refused_dispositions_of_others_write_nothing(town: Town) -> None:
    people = await cast(town)
    units = town.city.departments
    case = await shared(people, await bring_to(people, "IN_PROGRESS"), "ASSIST")
    early = await people.dispatcher.act(
        "caseShare", await bring_to(people, "REGISTERED"), department=units[OTHER_UNIT], right="ASSIST", reason="预告"
    )
    before = await rows(town, "idempotency_records")

    found = [
        await people.other_handler.refused("caseAddDisposition", case, disposition={"text": " "}),
        await people.other_handler.refused("caseAddDisposition", case, disposition=WORDS, department=units[UNIT]),
        await people.other_handler.refused("caseAddDisposition", early, disposition=WORDS),
    ]

    assert found == ["DISPOSITION_REQUIRED", "NOT_FOUND", "ILLEGAL_ACTION"]
    assert await rows(town, "idempotency_records") == before


async def test_a_shared_case_keeps_its_photos_for_who_shares_it(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, matter=POTHOLE, evidence=[{"id": await photo(people.resident), "kind": "BEFORE"}])
    case = await people.leader.act(
        "caseShare", case, department=town.city.departments[OTHER_UNIT], right="VIEW", reason="先看看"
    )

    assert len((await see(people.other_handler, case))["evidence"]) == 1
    assert (await fresh(people.other_handler, case))["state"] == "SUBMITTED"


async def test_after_any_shares_the_clause_sees_what_the_columns_say(town: Town) -> None:
    people, random = await cast(town), Random(11)
    units = list(town.city.departments.values())
    three = [await bring_to(people, "IN_PROGRESS") for _ in range(3)]
    scopes = [
        Scope(Realm.LIVE, frozenset({Grant(Role.HANDLER, ScopeKind.DEPARTMENT, str(unit))}), Masking.WORKING, "zh")
        for unit in (1, 2, 3, 4)
    ]
    done = 0
    for _ in range(40):
        case = await fresh(people.leader, random.choice(three))
        given: dict[str, Any] = {"department": random.choice(units), "reason": "x"}
        action = random.choice(["caseShare", "caseShare", "caseUnshare", "caseReassign"])
        if action == "caseShare":
            given["right"] = random.choice(list(ShareRight)).value
        who = people.dispatcher if action == "caseReassign" else people.leader
        payload = await who.do(action, caseId=case["id"], expectedVersion=case["version"], **given)
        done += not payload["userErrors"]

        async with town.db.read() as session:
            everything = list(await session.execute(select(cases)))
            current = await shares_by_case(session, [row.id for row in everything])
            for row in everything:
                assert sorted(share.department_id for share in current[row.id]) == row.shared_unit_ids
                assert await joint_units(session, row.id) == row.joint_unit_ids  # nobody has spoken
                assert row.responsible_unit_id not in row.shared_unit_ids
            for scope in scopes:
                seen = set((await session.execute(select(cases.c.id).where(in_scope(scope)))).scalars())
                assert seen == {row.id for row in everything if scope.covers(columns_of(row))}

    assert done > 15
