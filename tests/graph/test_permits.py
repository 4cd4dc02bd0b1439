"""Task permits as units see them: applied for, reviewed jointly, admitted, ended; a refused task names them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from db.tables import NegativeMatter, PermitReviewer
from db.vocabulary import Realm, Role
from tests.city import DISPUTE, FINE, POTHOLE, Speaker, Town, key
from tests.stories.walks import GRID, OTHER_UNIT, UNIT, cast, hand_in, rows

COUNTY = "320508"
SHOWN = """application { id number state kind isReviewOverdue availableActions
  reviews { opinion department { code } division { code } }
  permits { id task validFrom validTo } history { action state unitName note } }"""
LIST = """query ($division: ID, $matter: ID, $at: Date) {
  taskPermits(division: $division, matter: $matter, at: $at) { totalCount edges { node {
    id task kind validFrom validTo minutesPerTask isInForce endReason applicationNumber bypassReason isReviewOverdue
    department { code } application { id } } } } }"""


def wish(town: Town, **more: Any) -> dict[str, Any]:
    return {
        "matter": town.city.matters[DISPUTE], "division": town.city.divisions[COUNTY],
        "tasks": ["VERIFICATION", "COMPLETION_CHECK"], "legalBasis": "示例条例第三条", "frequency": "AS_NEEDED",
        "minutesPerTask": 20, "resources": "每件补助 5 元，增配 1 人", "wantedFrom": "2026-03-11",
        "wantedTo": "2026-12-31",
    } | more  # fmt: skip


async def name_reviewers(town: Town, *departments: str) -> None:
    async with town.db.write() as session:
        for department in departments:
            await session.execute(insert(PermitReviewer).values(division_code=COUNTY, department_code=department))


async def applied(town: Town, **more: Any) -> tuple[Speaker, dict[str, Any]]:
    unit = await town.as_(Role.HANDLER, UNIT)
    given = wish(town, department=town.city.departments[UNIT], **more)
    payload = await unit.do("permitApply", SHOWN, **given)
    assert payload["userErrors"] == [], payload
    return unit, payload["application"]


async def said(
    speaker: Speaker, application: dict[str, Any], opinion: str = "APPROVE", **more: Any
) -> dict[str, Any]:
    given = {"applicationId": application["id"], "opinion": opinion, "reason": "意见"} | more
    payload = await speaker.do("permitReview", SHOWN, **given)
    assert payload["userErrors"] == [], payload
    return dict(payload["application"])


async def admitted(town: Town, **more: Any) -> dict[str, Any]:
    commander = await town.as_(Role.COMMANDER, COUNTY)
    _, application = await applied(town, **more)
    await said(commander, application)
    payload = await commander.do("permitDecide", SHOWN, applicationId=application["id"], isAdmitted=True)
    assert payload["userErrors"] == [], payload
    return dict(payload["application"])


async def code_of(speaker: Speaker, mutation: str, selection: str = "application { id }", **given: Any) -> str:
    payload = await speaker.do(mutation, selection, **given)
    [error] = payload["userErrors"]
    return str(error["code"])


async def asked_to_verify(town: Town, matter: str = DISPUTE, **more: Any) -> dict[str, Any]:
    people = await cast(town)
    case = await people.intake.act("caseAccept", await hand_in(people, matter=matter))
    given = {"caseId": case["id"], "expectedVersion": case["version"], "assignee": "GRID_WORKER"} | more
    return dict(await people.intake.do("caseRequestVerification", **given))


async def test_a_matter_is_reviewed_by_all_and_admitted_and_then_grids_may_be_given_it(
    town: Town,
) -> None:
    await name_reviewers(town, "", OTHER_UNIT, UNIT)
    commander, other = await town.as_(Role.COMMANDER, COUNTY), await town.as_(Role.HANDLER, OTHER_UNIT)
    _, application = await applied(town)

    # The department that asks is not its own reviewer.
    assert application["state"] == "PENDING"
    reviewers = [(one["department"], one["division"]["code"]) for one in application["reviews"]]
    assert reviewers == [(None, COUNTY), ({"code": OTHER_UNIT}, COUNTY)]
    assert application["number"].startswith("ZR32050820260311")

    after_one = await said(other, application)
    approved = await said(commander, application)
    payload = await commander.do(
        "permitDecide", SHOWN, applicationId=application["id"], isAdmitted=True, validTo="2026-06-30"
    )

    assert (after_one["state"], approved["state"]) == ("PENDING", "APPROVED")
    found = payload["application"]
    assert found["state"] == "ADMITTED"
    assert [(one["task"], one["validFrom"], one["validTo"]) for one in found["permits"]] == [
        ("VERIFICATION", "2026-03-11", "2026-06-30"), ("COMPLETION_CHECK", "2026-03-11", "2026-06-30"),
    ]  # fmt: skip
    assert [(one["action"], one["state"], one["unitName"]) for one in found["history"]] == [
        ("APPLY", "PENDING", "姑苏区城管局"), ("REVIEW", "PENDING", "姑苏区住建局"),
        ("REVIEW", "APPROVED", "姑苏区指挥长"), ("ADMIT", "ADMITTED", "姑苏区指挥长"),
    ]  # fmt: skip
    assert (await asked_to_verify(town))["case"]["state"] == "VERIFYING"


async def test_one_rejection_is_enough_but_everybody_is_heard_first(town: Town) -> None:
    await name_reviewers(town, "", OTHER_UNIT)
    commander, other = await town.as_(Role.COMMANDER, "3205"), await town.as_(Role.HANDLER, OTHER_UNIT)
    _, application = await applied(town)

    rejected = await said(other, application, "REJECT")
    decided = await said(commander, application)

    assert (rejected["state"], decided["state"]) == ("PENDING", "REJECTED")
    assert await code_of(commander, "permitDecide", applicationId=application["id"], isAdmitted=True) == (
        "ILLEGAL_ACTION"
    )


async def test_two_reviewers_at_once_are_both_heard(town: Town) -> None:
    await name_reviewers(town, "", OTHER_UNIT)
    commander, other = await town.as_(Role.COMMANDER, COUNTY), await town.as_(Role.HANDLER, OTHER_UNIT)
    _, application = await applied(town)

    await asyncio.gather(said(other, application), said(commander, application))

    shown = await commander.ask(
        "query ($id: ID!) { permitApplication(id: $id) { state history { action } } }", id=application["id"]
    )
    assert shown["permitApplication"] == {
        "state": "APPROVED", "history": [{"action": "APPLY"}, {"action": "REVIEW"}, {"action": "REVIEW"}],
    }  # fmt: skip


async def test_who_may_not_is_refused_and_nothing_is_written(town: Town) -> None:
    unit, application = await applied(town)
    commander = await town.as_(Role.COMMANDER, COUNTY)
    elsewhere = await town.as_(Role.COMMANDER, "320506")
    stranger = await town.as_(Role.HANDLER, "320102-CG")
    leader = await town.as_(Role.SHIFT_LEADER, COUNTY)
    own = {"department": town.city.departments[UNIT]}
    before = await rows(town, "idempotency_records")
    one = {"applicationId": application["id"]}
    opinion = one | {"opinion": "APPROVE", "reason": "可以"}

    found = [
        await code_of(stranger, "permitApply", **wish(town, **own)),
        await code_of(unit, "permitApply", **wish(town, division=town.city.divisions["320506"], **own)),
        await code_of(unit, "permitApply", **wish(town, matter=town.city.grids[GRID], **own)),
        await code_of(unit, "permitApply", **wish(town, tasks=[], **own)),
        await code_of(unit, "permitApply", **wish(town, minutesPerTask=0, **own)),
        await code_of(unit, "permitApply", **wish(town, legalBasis=" ", **own)),
        await code_of(unit, "permitApply", **wish(town, wantedTo="2026-03-10", **own)),
        await code_of(unit, "permitApply", **wish(town, wantedFrom="2025-01-01", wantedTo="2026-03-10", **own)),
        await code_of(unit, "permitReview", **opinion),
        await code_of(leader, "permitReview", **opinion),
        await code_of(elsewhere, "permitReview", **opinion),
        await code_of(stranger, "permitReview", **opinion),
        await code_of(commander, "permitReview", **(opinion | {"reason": " "})),
        await code_of(commander, "permitDecide", **one, isAdmitted=True),
        await code_of(unit, "permitDecide", **one, isAdmitted=True),
        await code_of(unit, "permitBypass", **wish(town, reason="急")),
        await code_of(elsewhere, "permitBypass", **wish(town, reason="急")),
        await code_of(commander, "permitBypass", **wish(town, reason="急")),
    ]

    assert found == [
        "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "INVALID_INPUT", "INVALID_INPUT", "INVALID_INPUT", "INVALID_INPUT",
        "DATE_IN_PAST", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "REASON_REQUIRED", "ILLEGAL_ACTION",
        "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "INVALID_INPUT",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before


async def test_a_unit_speaks_once(town: Town) -> None:
    await name_reviewers(town, "", OTHER_UNIT)
    other = await town.as_(Role.HANDLER, OTHER_UNIT)
    _, application = await applied(town)
    await said(other, application)

    found = await code_of(other, "permitReview", applicationId=application["id"], opinion="REJECT", reason="改")

    assert found == "ALREADY_REVIEWED"


async def test_a_matter_on_the_negative_list_is_never_given_to_grids(town: Town) -> None:
    async with town.db.write() as session:
        for matter in (1, 3):
            await session.execute(
                insert(NegativeMatter).values(division_code="3205", matter_id=matter, reason="行政处罚不得下沉")
            )
    unit, commander = await town.as_(Role.HANDLER, UNIT), await town.as_(Role.COMMANDER, COUNTY)
    fine = {"matter": town.city.matters[FINE]}
    short = fine | {"wantedTo": "2026-03-12", "reason": "急"}

    found = [
        await code_of(unit, "permitApply", **wish(town, department=town.city.departments[UNIT], **fine)),
        await code_of(commander, "permitBypass", **wish(town, **short)),
        (await asked_to_verify(town, POTHOLE))["userErrors"][0]["code"],  # although it is on the permit list
    ]
    listed = await unit.ask(
        "query ($d: ID!) { negativeMatters(division: $d) { reason matter { code } division { code } } }",
        d=town.city.divisions[COUNTY],
    )

    assert found == ["NEGATIVE_LIST"] * 3
    assert [one["matter"]["code"] for one in listed["negativeMatters"]] == [POTHOLE, FINE]


STATES = ["PENDING", "APPROVED", "REJECTED", "ADMITTED", "ENDED"]


@pytest.mark.parametrize("state", STATES)
async def test_a_refused_task_names_the_application_and_how_it_stands(town: Town, state: str) -> None:
    commander = await town.as_(Role.COMMANDER, COUNTY)
    unit, application = await applied(town, wantedFrom="2026-03-20")
    if state != "PENDING":
        await said(commander, application, "REJECT" if state == "REJECTED" else "APPROVE")
    if state in ("ADMITTED", "ENDED"):
        done = await commander.do("permitDecide", SHOWN, applicationId=application["id"], isAdmitted=True)
        permit = done["application"]["permits"][0]["id"]
        if state == "ENDED":
            await unit.do("permitEnd", "permit { id }", permitId=permit, reason="改由部门自办")

    [error] = (await asked_to_verify(town))["userErrors"]

    label = {
        "PENDING": "联审中",
        "APPROVED": "联审通过",
        "REJECTED": "未通过",
        "ADMITTED": "已准入",
        "ENDED": "已退出",
    }
    assert error["code"] == "NOT_PERMITTED"
    assert application["number"] in error["message"] and label[state] in error["message"]
    assert ("有效期 2026-03-20 至 2026-12-31" in error["message"]) is (state == "ADMITTED")


async def test_where_nobody_applied_the_refusal_says_so(town: Town) -> None:
    [error] = (await asked_to_verify(town))["userErrors"]

    assert error["message"] == (
        "事项「邻里纠纷」未列入姑苏区的网格事项准入清单（核实），不能派给网格；尚无准入申请，请由主管部门先申请准入。"
    )


REFUSED = """query ($d: ID!) { permitRefusals(division: $d) {
  count department { code } askedBy { code } matter { code } lastAt } }"""


async def test_refused_tasks_are_counted_by_department_and_nothing_else_is_left(town: Town) -> None:
    people = await cast(town)
    await applied(town)
    wall = await town.as_(Role.DISPLAY, "3205")
    disputes = [await people.intake.act("caseAccept", await hand_in(people, matter=DISPUTE)) for _ in range(2)]
    fine = await people.intake.act("caseAccept", await hand_in(people, matter=FINE))
    before = await rows(town, "idempotency_records", "permit_refusals")

    for case, mine in zip([*disputes, fine, fine], [key(), key(), "fine", "fine"], strict=True):
        # The same key again is the same refusal, counted once.
        given: dict[str, Any] = {"assignee": "GRID_WORKER", "idempotencyKey": mine}
        assert await people.intake.refused("caseRequestVerification", case, **given) == "NOT_PERMITTED"

    found = (await wall.ask(REFUSED, d=town.city.divisions["3205"]))["permitRefusals"]
    assert [(one["count"], one["department"], one["askedBy"]["code"], one["matter"]["code"]) for one in found] == [
        (2, {"code": UNIT}, COUNTY, DISPUTE), (1, None, COUNTY, FINE),
    ]  # fmt: skip
    assert await rows(town, "idempotency_records", "permit_refusals") == before

    elsewhere = await town.as_(Role.DISPLAY, "320506")
    assert (await elsewhere.ask(REFUSED, d=town.city.divisions["3205"]))["permitRefusals"] is None
    exercise = await town.as_(Role.DISPLAY, "3205", Realm.EXERCISE)
    assert (await exercise.ask(REFUSED, d=town.city.divisions["3205"]))["permitRefusals"] == []
    town.clock.advance(timedelta(days=1))
    assert (await wall.ask(REFUSED, d=town.city.divisions["3205"]))["permitRefusals"] == []


async def test_an_ended_permit_no_longer_holds_and_says_why(town: Town) -> None:
    application = await admitted(town)
    commander = await town.as_(Role.COMMANDER, COUNTY)
    permit = application["permits"][0]["id"]

    payload = await commander.do(
        "permitEnd", "permit { validTo endReason isInForce application { state } }",
        permitId=permit, lastDay="2026-03-11", reason="任务过重",
    )  # fmt: skip

    assert payload["permit"] == {
        "validTo": "2026-03-11", "endReason": "任务过重", "isInForce": True, "application": {"state": "ENDED"},
    }  # fmt: skip
    assert (await asked_to_verify(town))["userErrors"] == []
    town.clock.advance(timedelta(days=1))
    assert (await asked_to_verify(town))["userErrors"][0]["code"] == "NOT_PERMITTED"
    assert await code_of(commander, "permitEnd", "permit { id }", permitId=permit, reason="再来") == "ILLEGAL_ACTION"


async def test_an_exercise_never_changes_what_is_permitted_in_earnest(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, "3205", Realm.EXERCISE)
    short = {"wantedTo": "2026-03-12", "reason": "演练", "division": town.city.divisions["3205"]}
    imported = (await commander.ask(LIST, matter=town.city.matters[POTHOLE]))["taskPermits"]["edges"][0]["node"]
    payload = await commander.do("permitBypass", SHOWN, **wish(town, **short))

    assert payload["application"]["number"].startswith("YZR")
    assert (await asked_to_verify(town))["userErrors"][0]["code"] == "NOT_PERMITTED"
    assert (
        await code_of(commander, "permitEnd", "permit { id }", permitId=imported["id"], reason="演练") == "FORBIDDEN"
    )
    live = await town.as_(Role.COMMANDER, "3205")
    assert (await live.ask(LIST, matter=town.city.matters[DISPUTE]))["taskPermits"]["totalCount"] == 0


async def test_an_emergency_is_public_at_once_and_reviewed_afterwards(town: Town) -> None:
    await name_reviewers(town, "", OTHER_UNIT)
    commander, other = await town.as_(Role.COMMANDER, COUNTY), await town.as_(Role.HANDLER, OTHER_UNIT)
    resident = await town.as_(Role.RESIDENT, "zhang")
    emergency = wish(town, wantedTo="2026-03-25", reason="暴雨防汛，需逐户核实")

    payload = await commander.do("permitBypass", SHOWN, **emergency)

    application = payload["application"]
    assert (application["state"], application["kind"], application["availableActions"]) == (
        "ADMITTED", "EMERGENCY", ["REVIEW", "END"],
    )  # fmt: skip
    assert (await asked_to_verify(town))["userErrors"] == []
    seen = (await resident.ask(LIST, division=town.city.divisions["320508019044"]))["taskPermits"]["edges"]
    public = [one["node"] for one in seen if one["node"]["kind"] == "EMERGENCY"]
    assert [(one["task"], one["bypassReason"], one["applicationNumber"], one["application"]) for one in public] == [
        ("VERIFICATION", "暴雨防汛，需逐户核实", application["number"], None),
        ("COMPLETION_CHECK", "暴雨防汛，需逐户核实", application["number"], None),
    ]  # fmt: skip
    assert await code_of(commander, "permitBypass", **emergency) == "PERMIT_REVIEW_DUE"

    town.clock.advance(timedelta(days=8))
    late = (await resident.ask(LIST, matter=town.city.matters[DISPUTE]))["taskPermits"]["edges"]
    assert [one["node"]["isReviewOverdue"] for one in late] == [True, True]
    await said(commander, application)
    ended = await said(other, application, "REJECT", reason="应由部门自办")

    assert (ended["state"], {one["validTo"] for one in ended["permits"]}) == ("ENDED", {"2026-03-18"})
    assert (await asked_to_verify(town))["userErrors"][0]["code"] == "NOT_PERMITTED"


async def test_the_list_of_a_place_names_what_holds_there_today(town: Town) -> None:
    await admitted(town, wantedFrom="2026-03-20")
    wall = await town.as_(Role.DISPLAY, "320506")
    here, there = town.city.divisions["320508019044"], town.city.divisions["320506"]

    async def number(**given: Any) -> int:
        found = await wall.ask(LIST, **given)
        return int(found["taskPermits"]["totalCount"])

    assert await number(division=here) == 2  # of the prefecture, for potholes
    assert await number(division=here, at="2026-03-20") == 4
    assert await number(division=there, at="2026-03-20") == 2
    assert await number(division=here, at="2026-03-20", matter=town.city.matters[DISPUTE]) == 2
    assert await number(division=town.city.divisions["3201"]) == 0


APPLICATIONS = """query ($state: PermitState, $division: ID) {
  permitApplications(state: $state, division: $division) { totalCount edges { node { state } } } }"""


async def test_applications_are_read_by_who_is_concerned(town: Town) -> None:
    await name_reviewers(town, OTHER_UNIT)
    unit, _ = await applied(town)
    may = [
        unit, await town.as_(Role.HANDLER, OTHER_UNIT), await town.as_(Role.COMMANDER, "32"),
        await town.as_(Role.DISPLAY, COUNTY),
    ]  # fmt: skip
    may_not = [
        await town.as_(Role.HANDLER, "3205-SW"), await town.as_(Role.COMMANDER, "320506"),
        await town.as_(Role.GRID_WORKER, GRID), await town.as_(Role.RESIDENT, "zhang"),
        await town.as_(Role.COMMANDER, "32", Realm.EXERCISE), await town.as_(Role.SYSTEM_ADMIN, "32"),
    ]  # fmt: skip

    seen = [(await one.ask(APPLICATIONS))["permitApplications"]["totalCount"] for one in may]
    unseen = [(await one.ask(APPLICATIONS))["permitApplications"]["totalCount"] for one in may_not]

    assert (seen, unseen) == ([1, 1, 1, 1], [0, 0, 0, 0, 0, 0])
    assert (await unit.ask(APPLICATIONS, state="REJECTED"))["permitApplications"]["edges"] == []
    nodes = await unit.ask(APPLICATIONS, state="PENDING", division=town.city.divisions["3205"])
    assert nodes["permitApplications"]["edges"] == [{"node": {"state": "PENDING"}}]
