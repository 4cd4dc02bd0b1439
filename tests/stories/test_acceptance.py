"""One day of a street: found and settled, up a level and back, a dispute and its ruling, outsourced, answered,
reopened, counted, refused, handed over. A wall hears all of it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from db.vocabulary import Role
from resolvers.importing import import_assessment
from resolvers.rules.policy import Policy
from resolvers.timers import Timers
from tests.city import DISPUTE, GAS, POTHOLE, Speaker, Town
from tests.stories.walks import CITY_UNIT, DONE, OTHER_UNIT, UNIT, Cast, cast, feed_read, hand_in, outsourced, photo

CITY, COUNTY, STREET = "3205", "320508", "320508019"
EVENTS = "subscription { caseEvents { kind action caseId } }"
INDICATOR = """query ($code: IndicatorCode!, $at: ID!) {
  indicator(code: $code, subject: { division: $at }) { numerator denominator value } }"""
TOLD = """query ($id: ID!) { case(id: $id) { plainStage outcome round loopClosed
  dispositions { unitName outcome text } responses { text deliveredAt } } }"""
TURNS = {"RETURN", "EXPEDITE", "RULE", "OUTSOURCE", "REPLY_EXPEDITE", "REOPEN"}
SHIFT = "shift { id version state handover { parts { kind count } } }"


class Day:
    """The people of the day, the wall that listens, and what it has heard."""

    def __init__(self, people: Cast, wall: Any, timers: Timers) -> None:
        self.people, self.wall, self.timers, self.town = people, wall, timers, people.town
        self.heard: list[tuple[str, str | None]] = []

    async def listen(self) -> None:
        """Everything that has been committed so far."""
        await feed_read(self.town)
        while True:
            try:
                async with asyncio.timeout(1.5):  # silence, on a busy machine too
                    event = (await anext(self.wall)).data["caseEvents"]
            except TimeoutError:
                return
            if event["action"] is not None:
                self.heard.append((event["caseId"], event["action"]))

    def actions(self, case: dict[str, Any]) -> list[str]:
        return [str(action) for case_id, action in self.heard if case_id == case["id"]]

    def later(self, **span: float) -> None:
        self.town.clock.advance(timedelta(**span))

    async def count(self, code: str, at: str = STREET) -> tuple[int, int]:
        found = (await self.people.commander.ask(INDICATOR, code=code, at=self.town.city.divisions[at]))["indicator"]
        return found["numerator"], found["denominator"]

    async def told(self, speaker: Speaker, case: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = (await speaker.ask(TOLD, id=case["id"]))["case"]
        return found

    async def now(self, case: dict[str, Any]) -> dict[str, Any]:
        document = "query ($id: ID!) { case(id: $id) { id number version state } }"
        found: dict[str, Any] = (await self.people.leader.ask(document, id=case["id"]))["case"]
        return found

    def unit(self, code: str) -> str:
        return self.town.city.departments[code]


async def test_one_day_of_a_street_seen_on_the_wall(town: Town) -> None:
    assert (await import_assessment(town.db)).errors == ()
    people = await cast(town)
    wall = await (await town.as_(Role.DISPLAY, CITY)).follow(EVENTS)
    await anext(wall)
    day = Day(people, wall, Timers(town.db, town.clock, Policy(check_share_percent=0)))
    shift = await begin_shift(day)
    discovered = await day.count("DISCOVERY_COUNT")

    settled = await settles_one_on_the_spot(day)
    request = await goes_up_a_level_and_comes_back(day)
    ruled = await is_disputed_and_ruled(day)
    await part_is_outsourced_answered_and_closed(day, ruled)
    await is_reopened_by_right(day, ruled)
    await a_task_without_a_permit_is_refused(day)
    await the_shift_is_handed_over(day, shift)

    assert (await day.count("DISCOVERY_COUNT"))[0] == discovered[0] + 1
    assert (await day.count("DECLARED_RESOLUTION_RATE"))[0] >= 1
    await day.listen()
    assert day.actions(settled) == ["SUBMIT", "SELF_HANDLE", "CLOSE"]
    assert [a for a in day.actions(request) if a in ("ESCALATE", "RECEIVE_HOP", "PASS_ANSWER")] == [
        "ESCALATE", "RECEIVE_HOP", "PASS_ANSWER",
    ]  # fmt: skip
    assert [a for a in day.actions(ruled) if a in TURNS] == [
        "RETURN", "RETURN", "EXPEDITE", "RULE", "OUTSOURCE", "REPLY_EXPEDITE", "REOPEN",
    ]  # fmt: skip
    await wall.aclose()


async def begin_shift(day: Day) -> dict[str, Any]:
    leader = await day.town.as_(Role.SHIFT_LEADER, COUNTY, principal="early")
    tonight = (day.town.clock() + timedelta(hours=8)).isoformat()
    payload = await leader.do("shiftStart", SHIFT, centre=day.town.city.divisions[COUNTY], plannedEndAt=tonight)
    assert payload["userErrors"] == []
    found: dict[str, Any] = payload["shift"]
    return found


async def settles_one_on_the_spot(day: Day) -> dict[str, Any]:
    people = day.people
    found = await hand_in(people, by=people.worker, matter=POTHOLE)
    evidence = [{"id": await photo(people.worker), "kind": kind} for kind in ("BEFORE", "AFTER")]
    await people.worker.act("caseSelfHandle", found, outcome="RESOLVED", disposition=DONE, evidence=evidence)
    day.later(minutes=5)
    await day.timers.act()

    told = await day.told(people.worker, found)
    assert (told["plainStage"], told["outcome"]) == ("FINISHED", "RESOLVED")
    assert told["dispositions"] and told["responses"][0]["deliveredAt"]
    return found


async def goes_up_a_level_and_comes_back(day: Day) -> dict[str, Any]:
    people = day.people
    case = await hand_in(
        people, matter=DISPUTE, kind="SERVICE_REQUEST", description="想给老楼加装电梯，邻居有不同意见"
    )
    case = await people.intake.act("caseRegister", case)
    case = await people.dispatcher.act("caseEscalate", case, reason="需市级部门协调")
    assert await people.dispatcher.refused("caseDispatch", case, department=day.unit(UNIT)) in (
        "NOT_HOLDER", "HOP_NOT_RECEIVED",
    )  # fmt: skip
    case = await people.city_dispatcher.act("caseReceiveHop", case)
    case = await people.city_dispatcher.act("caseDispatch", case, department=day.unit(CITY_UNIT))
    city_unit = await day.town.as_(Role.HANDLER, CITY_UNIT)
    case = await city_unit.act("caseSign", case)
    case = await city_unit.act("caseStart", case)
    case = await city_unit.act("caseComplete", case, outcome="EXPLAINED", disposition=DONE)
    case = await city_unit.act("caseRespond", case, text="已组织三方协商，方案已达成，请查收。")
    case = await people.leader.act("caseClose", case)
    assert (await day.told(people.leader, case))["loopClosed"] is False

    case = await people.city_dispatcher.act("casePassAnswer", case)

    assert (await day.told(people.leader, case))["loopClosed"] is True
    assert (await day.told(people.resident, case))["responses"][0]["text"].startswith("已组织三方协商")
    return case


async def is_disputed_and_ruled(day: Day) -> dict[str, Any]:
    people = day.people
    case = await hand_in(people, matter=POTHOLE)
    case = await people.intake.act("caseRegister", case)
    for handler, mine, theirs in (
        (people.handler, UNIT, OTHER_UNIT),
        (people.other_handler, OTHER_UNIT, UNIT),
    ):
        case = await people.dispatcher.act("caseDispatch", case, department=day.unit(mine))
        given = {"reason": "不属我单位职责", "proposedDepartment": day.unit(theirs)}
        payload = await handler.do("caseReturn", caseId=case["id"], expectedVersion=case["version"], **given)
        assert payload["userErrors"] == []
        case = await day.now(case)
    given = {"department": day.unit(UNIT)}
    assert await people.dispatcher.refused("caseDispatch", case, **given) == "RULING_REQUIRED"

    case = await people.commander.act("caseRule", case, reason="依据权责清单第12条", department=day.unit(UNIT))
    again = {"reason": "仍不属我", "proposedDepartment": day.unit(OTHER_UNIT)}
    assert await people.handler.refused("caseReturn", case, **again) == "RULING_BINDS"
    case = await people.handler.act("caseSign", case)
    return await people.handler.act("caseStart", case)


async def part_is_outsourced_answered_and_closed(day: Day, case: dict[str, Any]) -> None:
    people = day.people
    order, case = await outsourced(people, case)
    after = {"id": await photo(people.handler), "kind": "AFTER"}
    given = {"outcome": "RESOLVED", "disposition": DONE, "evidence": [after]}
    assert await people.handler.refused("caseComplete", case, **given) == "OPEN_WORK_ORDERS"
    for speaker, mutation, more in (
        (people.provider, "workOrderAccept", {}),
        (people.provider, "workOrderSubmit", {"result": "已铣刨并摊铺"}),
        (people.handler, "workOrderAcceptResult", {}),
    ):
        version = (await people.leader.ask("query ($id: ID!) { case(id: $id) { version } }", id=case["id"]))["case"]
        payload = await speaker.do(
            mutation, "workOrder { state }", workOrderId=order, expectedVersion=version["version"], **more
        )
        assert payload["userErrors"] == [], (mutation, payload)
    case = (await people.handler.ask("query ($id: ID!) { case(id: $id) { id version } }", id=case["id"]))["case"]
    case = await people.handler.act("caseComplete", case, **given)
    assert await people.leader.refused("caseClose", case) == "RESPONSE_REQUIRED"
    case = await people.handler.act("caseRespond", case, text="路面已修复，感谢反映。")
    assert await people.leader.refused("caseClose", case) == "REPLY_REQUIRED"  # returned twice, it is being expedited
    case = await people.handler.act("caseReplyExpedite", case, text="已按裁定办理完毕")
    case = await people.leader.act("caseClose", case)

    told = await day.told(people.resident, case)
    assert (told["plainStage"], told["outcome"]) == ("FINISHED", "RESOLVED")
    assert (told["dispositions"][0]["text"], told["responses"][-1]["text"]) == ("已处理", "路面已修复，感谢反映。")


async def is_reopened_by_right(day: Day, case: dict[str, Any]) -> None:
    people = day.people
    before = await day.count("DECLARED_RESOLUTION_RATE")
    case = (await people.resident.ask("query ($id: ID!) { case(id: $id) { id version } }", id=case["id"]))["case"]
    case = await people.resident.act("caseConfirm", case, isSolved=False)
    assert await day.count("DECLARED_RESOLUTION_RATE") == before
    assert (await day.count("CONFIRMED_RESOLUTION_RATE")) == (0, 1)
    case = await people.resident.act("caseRequestReopen", case, reason="第二天又塌了")
    case = await people.leader.act("caseReopen", case, reason="情况属实")

    assert (await day.told(people.resident, case))["round"] == 2
    assert (await day.count("DECLARED_RESOLUTION_RATE"))[0] == before[0] - 1


async def a_task_without_a_permit_is_refused(day: Day) -> None:
    people = day.people
    case = await people.intake.act("caseAccept", await hand_in(people, matter=DISPUTE))
    given = {"caseId": case["id"], "expectedVersion": case["version"], "assignee": "GRID_WORKER"}

    [error] = (await people.intake.do("caseRequestVerification", **given))["userErrors"]

    assert error["code"] == "NOT_PERMITTED"
    assert "准入" in error["message"]


async def the_shift_is_handed_over(day: Day, shift: dict[str, Any]) -> None:
    early, late = [await day.town.as_(Role.SHIFT_LEADER, COUNTY, principal=name) for name in ("early", "late")]
    urgent = await hand_in(day.people, matter=GAS)
    given = {"shiftId": shift["id"], "expectedVersion": shift["version"]}
    [error] = (await early.do("shiftHandOver", SHIFT, note="夜间注意燃气", **given))["userErrors"]
    assert error["code"] == "URGENT_UNACKNOWLEDGED"
    await day.people.dispatcher.act("caseAcknowledge", urgent)
    handed = (await early.do("shiftHandOver", SHIFT, note="夜间注意燃气", **given))["shift"]
    assert next(part["count"] for part in handed["handover"]["parts"] if part["kind"] == "URGENT") == 1

    morning = (day.town.clock() + timedelta(hours=12)).isoformat()
    taken = await late.do(
        "shiftTakeOver", SHIFT, shiftId=handed["id"], expectedVersion=handed["version"], plannedEndAt=morning
    )

    assert (taken["userErrors"], taken["shift"]["state"]) == ([], "ON_DUTY")
