"""A case goes up a level and comes back: receipts, who may act meanwhile, and the answer's way home."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert

from db.database import Database
from db.hops import unreceived_hops
from db.tables import Centre
from db.vocabulary import Realm, Role
from tests.city import GAS, Speaker, Town
from tests.stories.walks import DONE, FAR_GRID, NEXT_GRID, OTHER_UNIT, UNIT, Cast, bring_to, cast, hand_in, rows

CITY, COUNTY, TOWN = "3205", "320508", "320508019"
PATH = """heldBy { code } loopClosed levelPath { answerWith { code } hops { direction from { code } to { code }
  version reason at dueAt receivedAt answerPassedAt } }"""
SEE = f"query ($id: ID!) {{ case(id: $id) {{ id version state {PATH} availableActions }} }}"


async def see(speaker: Speaker, case: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await speaker.ask(SEE, id=case["id"]))["case"]
    return found


def way(case: dict[str, Any]) -> list[tuple[str, str, bool, bool]]:
    """From, to, received, answer passed of each hop."""
    return [
        (hop["from"]["code"], hop["to"]["code"], hop["receivedAt"] is not None, hop["answerPassedAt"] is not None)
        for hop in case["levelPath"]["hops"]
    ]


async def township_dispatcher(town: Town) -> Speaker:
    async with town.db.write() as session:
        await session.execute(insert(Centre).values(division_code=TOWN, name="双塔街道指挥中心"))
    return await town.as_(Role.DISPATCHER, TOWN)


async def closed(people: Cast, case: dict[str, Any], dispatcher: Speaker) -> dict[str, Any]:
    """Dispatched by whoever holds it, handled, answered and closed."""
    case = await dispatcher.act("caseDispatch", case, department=people.town.city.departments[UNIT])
    case = await people.handler.act("caseSign", case)
    case = await people.handler.act("caseStart", case)
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    case = await people.handler.act("caseRespond", case, text="已处理，请查看。")
    return await people.leader.act("caseClose", case)


async def test_a_case_goes_up_a_level_and_its_answer_comes_back(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "REGISTERED")
    up = await people.dispatcher.act("caseEscalate", case, PATH, reason="需市级协调")
    assert (up["state"], up["heldBy"]["code"], way(up)) == ("REGISTERED", CITY, [(COUNTY, CITY, False, False)])
    assert up["levelPath"]["hops"][0]["reason"] == "需市级协调"
    town.clock.advance(timedelta(minutes=20))

    received = await people.city_dispatcher.act("caseReceiveHop", up, PATH)
    done = await closed(people, received, people.city_dispatcher)
    before = await see(people.commander, done)
    passed = await people.city_dispatcher.act("casePassAnswer", done, PATH)

    assert way(received) == [(COUNTY, CITY, True, False)]
    assert received["levelPath"]["hops"][0]["receivedAt"] == "2026-03-11T02:20:00+00:00"
    assert (before["loopClosed"], before["levelPath"]["answerWith"]["code"]) == (False, CITY)
    assert (passed["loopClosed"], passed["levelPath"]["answerWith"]) == (True, None)
    assert way(passed) == [(COUNTY, CITY, True, True)]
    timeline = await people.leader.ask("query ($id: ID!) { case(id: $id) { timeline { action } } }", id=case["id"])
    actions = [step["action"] for step in timeline["case"]["timeline"]]
    assert [one for one in actions if one in ("ESCALATE", "RECEIVE_HOP", "PASS_ANSWER")] == [
        "ESCALATE", "RECEIVE_HOP", "PASS_ANSWER",
    ]  # fmt: skip


async def test_every_level_that_took_it_passes_the_answer_on_in_turn(town: Town) -> None:
    people, street = await cast(town), await township_dispatcher(town)
    case = await bring_to(people, "ACCEPTED")
    case = await people.dispatcher.act("caseEscalate", case, reason="超出权限")
    case = await people.city_dispatcher.act("caseReceiveHop", case)
    case = await people.city_dispatcher.act(
        "caseAssignDown", case, centre=town.city.divisions[TOWN], reason="请街道现场牵头"
    )
    case = await street.act("caseReceiveHop", case)
    case = await people.intake.act("caseRegister", case)
    case = await closed(people, case, street)

    too_early = await people.city_dispatcher.refused("casePassAnswer", case)
    case = await street.act("casePassAnswer", case, PATH)
    halfway = case
    case = await people.city_dispatcher.act("casePassAnswer", case, PATH)

    assert too_early == "ANSWER_NOT_HERE"
    assert (halfway["loopClosed"], halfway["levelPath"]["answerWith"]["code"]) == (False, CITY)
    assert case["loopClosed"] is True
    assert way(case) == [(COUNTY, CITY, True, True), (CITY, TOWN, True, True)]
    assert await people.city_dispatcher.refused("casePassAnswer", case) == "NO_ANSWER_DUE"


async def test_a_case_that_never_left_its_level_closes_its_loop_by_closing(town: Town) -> None:
    people = await cast(town)

    handled = await see(people.leader, await bring_to(people, "HANDLED"))
    closed_one = await see(people.leader, await bring_to(people, "CLOSED"))

    assert (handled["loopClosed"], closed_one["loopClosed"]) == (False, True)
    assert closed_one["levelPath"] == {"answerWith": None, "hops": []}


async def test_nobody_acts_on_a_case_between_two_levels_but_who_signs_for_it(town: Town) -> None:
    people = await cast(town)
    case = await people.dispatcher.act("caseEscalate", await bring_to(people, "REGISTERED"), reason="需市级协调")
    unit = town.city.departments[UNIT]
    before = await rows(town, "idempotency_records")

    found = [
        await people.dispatcher.refused("caseReceiveHop", case),
        await people.dispatcher.refused("caseEscalate", case, reason="再上交"),
        await people.dispatcher.refused("caseDispatch", case, department=unit),
        await people.city_dispatcher.refused("caseDispatch", case, department=unit),
        await people.city_dispatcher.refused(
            "caseAssignDown", case, centre=town.city.divisions[COUNTY], reason="退回"
        ),
        await people.intake.refused("caseReceiveHop", case),
        await people.commander.refused("caseEscalate", case, reason="再上交"),
        await (await town.as_(Role.DISPATCHER, "320506")).refused("caseReceiveHop", case),
    ]

    assert found == [
        "NOT_HOLDER", "HOP_NOT_RECEIVED", "HOP_NOT_RECEIVED", "HOP_NOT_RECEIVED", "HOP_NOT_RECEIVED", "FORBIDDEN",
        "FORBIDDEN", "NOT_FOUND",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before
    offered = (await see(people.city_dispatcher, case))["availableActions"]
    assert "RECEIVE_HOP" in offered and not {"DISPATCH", "ESCALATE", "ASSIGN_DOWN"} & set(offered)


async def test_once_a_case_is_above_the_level_below_directs_it_no_more(town: Town) -> None:
    people = await cast(town)
    case = await people.dispatcher.act("caseEscalate", await bring_to(people, "REGISTERED"), reason="需市级协调")
    case = await people.city_dispatcher.act("caseReceiveHop", case)
    unit = town.city.departments[UNIT]

    assert await people.dispatcher.refused("caseDispatch", case, department=unit) == "NOT_HOLDER"

    case = await people.city_dispatcher.act("caseDispatch", case, department=unit)
    other = {"department": town.city.departments[OTHER_UNIT], "reason": "改派"}
    assert await people.dispatcher.refused("caseReassign", case, **other) == "NOT_HOLDER"
    assert (await people.city_dispatcher.act("caseReassign", case, **other))["state"] == "DISPATCHED"


async def test_a_hop_leads_only_to_a_centre_of_the_cases_own_place(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "REGISTERED")
    divisions = town.city.divisions
    up = await people.city_dispatcher.act(
        "caseReceiveHop", await people.dispatcher.act("caseEscalate", case, reason="需市级协调")
    )
    before = await rows(town, "idempotency_records")

    found = [
        await people.city_dispatcher.refused("caseEscalate", up, reason="再上交"),
        await people.city_dispatcher.refused("caseAssignDown", up, centre=divisions["320506"], reason="x"),
        await people.city_dispatcher.refused("caseAssignDown", up, centre=divisions[TOWN], reason="x"),
        await people.city_dispatcher.refused("caseAssignDown", up, centre=divisions[CITY], reason="x"),
        await people.city_dispatcher.refused("caseAssignDown", up, centre=town.city.grids[NEXT_GRID], reason="x"),
        await people.city_dispatcher.refused("caseAssignDown", up, centre="nonsense", reason="x"),
        await people.city_dispatcher.refused("caseAssignDown", up, centre=divisions[COUNTY], reason=" "),
        await people.city_dispatcher.refused("caseReceiveHop", up),
    ]

    assert found == [
        "NO_CENTRE_ABOVE", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "REASON_REQUIRED",
        "NO_HOP",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before


async def test_of_two_dispatchers_at_once_one_gives_it_up_and_the_other_hears_conflict(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "REGISTERED")
    colleague = await town.as_(Role.DISPATCHER, COUNTY, principal="colleague")

    payloads = await asyncio.gather(
        *(
            one.do(
                "caseEscalate", "case { version }", caseId=case["id"], expectedVersion=case["version"], reason="上交"
            )
            for one in (people.dispatcher, colleague)
        )
    )

    codes = sorted(error["code"] for payload in payloads for error in payload["userErrors"])
    assert codes == ["CONFLICT"]
    assert len((await rows(town))["hops"]) == 1


async def test_what_is_done_again_has_to_be_passed_on_again(town: Town) -> None:
    people = await cast(town)
    case = await people.dispatcher.act("caseEscalate", await bring_to(people, "REGISTERED"), reason="需市级协调")
    case = await people.city_dispatcher.act("caseReceiveHop", case)
    case = await closed(people, case, people.city_dispatcher)
    case = await people.city_dispatcher.act("casePassAnswer", case)
    case = await people.resident.act("caseRequestReopen", case, reason="没有修好")

    reopened = await people.leader.act("caseReopen", case, PATH, reason="确未修好")
    again = await closed(people, reopened, people.city_dispatcher)
    waiting = await see(people.leader, again)
    passed = await people.city_dispatcher.act("casePassAnswer", again, PATH)

    assert (reopened["heldBy"]["code"], way(reopened)) == (CITY, [(COUNTY, CITY, True, False)])
    assert (waiting["loopClosed"], passed["loopClosed"]) == (False, True)


async def test_the_receipt_of_an_urgent_case_is_due_at_night_too(town: Town) -> None:
    people = await cast(town)
    town.clock.advance(timedelta(hours=9))  # 19:00
    ordinary = await bring_to(people, "ACCEPTED")
    urgent = await bring_to(people, "ACCEPTED", matter=GAS)

    due = [
        (await people.dispatcher.act("caseEscalate", case, PATH, reason="上交"))["levelPath"]["hops"][0]["dueAt"]
        for case in (ordinary, urgent)
    ]

    assert due == ["2026-03-12T02:00:00+00:00", "2026-03-11T12:00:00+00:00"]


CLOCKS = """query ($id: ID!) { case(id: $id) { state loopClosed
  clocks { kind subject startedAt dueAt stoppedAt state } } }"""


async def level_clocks(speaker: Speaker, case: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Kind, centre and whether it still runs of the clocks between levels."""
    found = (await speaker.ask(CLOCKS, id=case["id"]))["case"]["clocks"]
    return [
        (one["kind"], one["subject"], one["stoppedAt"] is None) for one in found if one["kind"] in ("HOP", "LEVEL")
    ]


async def test_every_level_has_its_own_clock_on_the_same_case(town: Town) -> None:
    people, street = await cast(town), await township_dispatcher(town)
    case = await people.dispatcher.act("caseEscalate", await bring_to(people, "REGISTERED"), reason="上交")
    told = [await level_clocks(people.leader, case)]
    town.clock.advance(timedelta(hours=1))
    case = await people.city_dispatcher.act("caseReceiveHop", case)
    told.append(await level_clocks(people.leader, case))
    town.clock.advance(timedelta(hours=1))
    case = await people.city_dispatcher.act("caseAssignDown", case, centre=town.city.divisions[TOWN], reason="请办")
    case = await street.act("caseReceiveHop", case)
    told.append(await level_clocks(people.leader, case))
    case = await closed(people, case, street)
    told.append(await level_clocks(people.leader, case))
    case = await street.act("casePassAnswer", case)
    told.append(await level_clocks(people.leader, case))
    case = await people.city_dispatcher.act("casePassAnswer", case)
    told.append(await level_clocks(people.leader, case))

    hop, level = ("HOP", CITY), ("LEVEL", CITY)
    below = [("HOP", TOWN), ("LEVEL", TOWN)]
    assert [sorted(one) for one in told] == [
        [(*hop, True)],
        [(*hop, False), (*level, True)],
        sorted([(*hop, False), (*level, True), (*below[0], False), (*below[1], True)]),
        sorted([(*hop, False), (*level, True), (*below[0], False), (*below[1], True)]),
        sorted([(*hop, False), (*level, True), (*below[0], False), (*below[1], False)]),
        sorted([(*hop, False), (*level, False), (*below[0], False), (*below[1], False)]),
    ]
    clocks = (await people.leader.ask(CLOCKS, id=case["id"]))["case"]["clocks"]
    started = {one["subject"]: one["startedAt"] for one in clocks if one["kind"] == "LEVEL"}
    assert started == {CITY: "2026-03-11T03:00:00+00:00", TOWN: "2026-03-11T04:00:00+00:00"}


async def test_the_clocks_of_levels_end_with_a_case_that_gets_no_answer_and_begin_anew_when_it_does(
    town: Town,
) -> None:
    people = await cast(town)
    declined, reopened = [
        await people.city_dispatcher.act(
            "caseReceiveHop",
            await people.dispatcher.act("caseEscalate", await bring_to(people, "REGISTERED"), reason="上交"),
        )
        for _ in range(2)
    ]
    declined = await people.leader.act("caseVoid", declined, reason="误报", response="误报")
    reopened = await closed(people, reopened, people.city_dispatcher)
    reopened = await people.city_dispatcher.act("casePassAnswer", reopened)
    passed = await level_clocks(people.leader, reopened)
    reopened = await people.resident.act("caseRequestReopen", reopened, reason="没有修好")
    reopened = await people.leader.act("caseReopen", reopened, reason="确未修好")

    assert ("LEVEL", CITY, True) not in await level_clocks(people.leader, declined)
    assert ("LEVEL", CITY, True) not in passed
    assert ("LEVEL", CITY, True) in await level_clocks(people.leader, reopened)


async def test_a_silent_hop_is_found_until_somebody_signs_or_the_case_has_ended(town: Town) -> None:
    people = await cast(town)
    cases = [await bring_to(people, "ACCEPTED") for _ in range(3)]
    cases = [await people.dispatcher.act("caseEscalate", case, reason="上交") for case in cases]
    sent = town.clock()
    town.clock.advance(timedelta(hours=1))
    await people.city_dispatcher.act("caseReceiveHop", cases[0])
    await people.resident.act("caseWithdraw", cases[1])

    async with town.db.read() as session:
        silent = await unreceived_hops(session, Realm.LIVE, town.clock())
        too_new = await unreceived_hops(session, Realm.LIVE, sent)
        elsewhere = await unreceived_hops(session, Realm.EXERCISE, town.clock())

    assert [(hop.from_code, hop.to_code, hop.at) for hop in silent] == [(COUNTY, CITY, sent)]
    assert (too_new, elsewhere) == ([], [])


async def test_looking_for_silent_hops_reads_the_index_of_those_without_a_receipt(
    sqlite: Database, clock: Any
) -> None:
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(sqlite._reader.sync_engine, "before_cursor_execute", note)
    async with sqlite.read() as session:
        await unreceived_hops(session, Realm.LIVE, clock())
        statement, parameters = seen[-1]
        plan = await session.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)

        assert "ix_hops_unreceived" in " ".join(row[3] for row in plan)


async def test_a_case_moved_to_another_county_is_there_as_if_new(town: Town) -> None:
    people = await cast(town)
    await township_dispatcher(town)
    case = await bring_to(people, "REGISTERED")
    case = await people.dispatcher.act("caseAssignDown", case, centre=town.city.divisions[TOWN], reason="请街道办")

    moved = await people.leader.act("caseAmend", case, PATH, grid=town.city.grids[FAR_GRID])

    assert (moved["heldBy"]["code"], moved["levelPath"]["answerWith"]) == ("320506", None)
    assert way(moved) == [(COUNTY, TOWN, False, False)]
    assert await level_clocks(people.leader, moved) == [("HOP", TOWN, False)]
    far = await town.as_(Role.DISPATCHER, "320506")
    dispatched = await far.act("caseDispatch", moved, department=town.city.departments["3205-SW"])
    assert dispatched["state"] == "DISPATCHED"


async def test_who_handed_it_in_sees_the_way_but_not_the_words(town: Town) -> None:
    people = await cast(town)
    wall = await town.as_(Role.DISPLAY, CITY)
    case = await people.dispatcher.act("caseEscalate", await bring_to(people, "ACCEPTED"), reason="内部说明")

    words = [
        (await see(one, case))["levelPath"]["hops"][0]["reason"]
        for one in (people.resident, wall, people.city_dispatcher)
    ]

    assert words == [None, None, "内部说明"]


# -- urgent cases


@pytest.mark.parametrize("role", [Role.SHIFT_LEADER, Role.DISPATCHER, Role.COMMANDER])
async def test_an_urgent_case_is_acknowledged_once(town: Town, role: Role) -> None:
    people = await cast(town)
    case = await hand_in(people, matter=GAS)
    speaker = await town.as_(role, COUNTY)

    seen = await speaker.act("caseAcknowledge", case, "acknowledgedAt")

    assert (seen["acknowledgedAt"], seen["state"]) == ("2026-03-11T02:00:00+00:00", "SUBMITTED")
    assert await people.leader.refused("caseAcknowledge", seen) == "ALREADY_ACKNOWLEDGED"


async def test_what_is_not_urgent_or_not_ones_own_is_not_acknowledged(town: Town) -> None:
    people = await cast(town)
    ordinary, urgent = await hand_in(people), await hand_in(people, matter=GAS)
    neighbour = await town.as_(Role.SHIFT_LEADER, "320506")
    before = await rows(town, "idempotency_records")

    found = [
        await people.leader.refused("caseAcknowledge", ordinary),
        await people.intake.refused("caseAcknowledge", urgent),
        await people.resident.refused("caseAcknowledge", urgent),
        await neighbour.refused("caseAcknowledge", urgent),
        await people.leader.refused("caseAcknowledge", urgent | {"version": 9}),
    ]

    assert found == ["NOT_URGENT", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "CONFLICT"]
    assert await rows(town, "idempotency_records") == before


async def test_no_button_leads_to_a_level_link_or_share_that_is_not_there(town: Town) -> None:
    people = await cast(town)
    first = await bring_to(people, "REGISTERED")
    at_county = (await see(people.dispatcher, first))["availableActions"]

    up = await people.dispatcher.act("caseEscalate", first, reason="跨区")
    received = await people.city_dispatcher.act("caseReceiveHop", up)
    at_city = (await see(people.city_dispatcher, received))["availableActions"]

    pair = {"ESCALATE", "ASSIGN_DOWN", "UNLINK", "UNSHARE"}
    assert pair & set(at_county) == {"ESCALATE"}
    assert pair & set(at_city) == {"ASSIGN_DOWN"}
    other = await hand_in(people)
    linked = await people.city_dispatcher.act("caseLink", received, otherId=other["id"], reason="同一路段")
    units = town.city.departments
    shared = await people.city_dispatcher.act(
        "caseShare", linked, department=units["320508-ZJ"], right="VIEW", reason="知会"
    )
    assert pair & set((await see(people.city_dispatcher, shared))["availableActions"]) == pair - {"ESCALATE"}
