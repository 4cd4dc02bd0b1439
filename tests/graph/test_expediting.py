"""督办: action is demanded, by people or by SYSTEM; the order ends with a reply and only then does the case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from db.vocabulary import Realm, Role
from resolvers.timers import Timers
from tests.city import GAS, POTHOLE, Speaker, Town
from tests.stories.walks import (
    DONE,
    FAR_GRID,
    OTHER_UNIT,
    UNIT,
    Cast,
    bring_to,
    cast,
    feed_read,
    hand_in,
    photo,
    rows,
)

ORDERS = """query ($id: ID!) { case(id: $id) { version availableActions timeline { action actorRole note }
  clocks(running: true) { kind dueAt } expediteOrders { id kind reason reply issuedRole replyBy repliedAt isLate
  department { code } centre { code } } } }"""
QUEUE = """query ($division: ID, $open: Boolean, $kind: ExpediteKind, $first: Int!, $after: PageCursor) {
  expediteOrders(division: $division, open: $open, kind: $kind, first: $first, after: $after) { totalCount
  edges { node { id kind reason case { id } } } pageInfo { hasNextPage endCursor } } }"""


async def see(speaker: Speaker, case: dict[str, Any]) -> Any:
    return (await speaker.ask(ORDERS, id=case["id"]))["case"]


async def queue(speaker: Speaker, **narrowed: Any) -> list[tuple[str, str]]:
    """Kind and case of each order, newest first."""
    found = (await speaker.ask(QUEUE, **({"first": 100} | narrowed)))["expediteOrders"]
    assert found["totalCount"] == len(found["edges"])
    return [(edge["node"]["kind"], edge["node"]["case"]["id"]) for edge in found["edges"]]


async def current(speaker: Speaker, case: dict[str, Any]) -> dict[str, Any]:
    return {**case, "version": (await see(speaker, case))["version"]}


async def handled(people: Cast) -> dict[str, Any]:
    case = await bring_to(people, "HANDLED")
    return await people.handler.act("caseRespond", case, text="已处理")


async def test_a_case_with_an_unanswered_order_is_not_closed(town: Town) -> None:
    people = await cast(town)
    case = await people.commander.act("caseExpedite", await handled(people), kind="LEADER", reason="省里关注")
    before = await rows(town, "idempotency_records")

    refused = await people.leader.refused("caseClose", case)

    assert refused == "REPLY_REQUIRED"
    assert await rows(town, "idempotency_records") == before
    seen = await see(people.leader, case)
    assert "CLOSE" not in seen["availableActions"]
    assert [one["kind"] for one in seen["clocks"]] == ["CLOSE", "EXPEDITE"]
    case = await people.handler.act("caseReplyExpedite", case, text="已现场复核，无遗留")
    assert (await people.leader.act("caseClose", case))["state"] == "CLOSED"


async def test_an_order_has_its_own_clock_from_its_issue_to_its_reply(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    case = await people.leader.act("caseExpedite", case, kind="KEY", reason="重点工程沿线")

    asked = await see(people.handler, case)
    town.clock.advance(timedelta(hours=30))
    case = await people.handler.act("caseReplyExpedite", case, text="今日完成")
    answered = await see(people.handler, case)

    [order] = asked["expediteOrders"]
    assert {k: order[k] for k in ("kind", "reason", "reply", "issuedRole", "repliedAt", "isLate")} == {
        "kind": "KEY", "reason": "重点工程沿线", "reply": None, "issuedRole": "SHIFT_LEADER", "repliedAt": None,
        "isLate": False,
    }  # fmt: skip
    assert (order["department"]["code"], order["centre"]["code"]) == (UNIT, "320508")
    assert order["replyBy"] == "2026-03-12T02:00:00+00:00"  # one working day
    assert {"kind": "EXPEDITE", "dueAt": order["replyBy"]} in asked["clocks"]
    [order] = answered["expediteOrders"]
    assert (order["reply"], order["isLate"]) == ("今日完成", True)
    assert [one["kind"] for one in answered["clocks"]] == ["HANDLING"]


async def test_who_demands_may_name_the_day_of_the_reply(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "DISPATCHED")
    before = await rows(town, "idempotency_records")

    assert (
        await people.leader.refused("caseExpedite", case, kind="KEY", reason="x", replyBy="2026-03-11T01:00:00Z")
        == "DATE_IN_PAST"
    )
    assert await rows(town, "idempotency_records") == before
    case = await people.leader.act("caseExpedite", case, kind="KEY", reason="x", replyBy="2026-03-15T01:00:00Z")

    seen = await see(people.leader, case)
    assert [one["dueAt"] for one in seen["clocks"] if one["kind"] == "EXPEDITE"] == ["2026-03-15T01:00:00+00:00"]
    assert seen["expediteOrders"][0]["replyBy"] == "2026-03-15T01:00:00+00:00"


async def test_what_may_not_be_demanded_is_refused_and_leaves_nothing(town: Town) -> None:
    people = await cast(town)
    case = await people.leader.act("caseExpedite", await bring_to(people, "IN_PROGRESS"), kind="KEY", reason="重点")
    closed = await bring_to(people, "CLOSED")
    before = await rows(town, "idempotency_records")
    head = town.feed.head

    found = [
        await people.dispatcher.refused("caseExpedite", case, kind="KEY", reason="再催"),
        await people.dispatcher.refused("caseExpedite", case, kind="LEADER", reason="x"),
        await people.commander.refused("caseExpedite", case, kind="URGED", reason="x"),
        await people.commander.refused("caseExpedite", case, kind="LEADER", reason=" "),
        await people.handler.refused("caseExpedite", case, kind="KEY", reason="x"),
        await people.resident.refused("caseExpedite", case, kind="KEY", reason="x"),
        await people.commander.refused("caseExpedite", closed, kind="LEADER", reason="x"),
        await (await town.as_(Role.COMMANDER, "320506")).refused("caseExpedite", case, kind="LEADER", reason="x"),
        await people.handler.refused("caseReplyExpedite", case, text=" "),
        await people.dispatcher.refused("caseReplyExpedite", case, text="代答"),
        await people.leader.refused("caseReplyExpedite", case, text="代答"),
        await people.other_handler.refused("caseReplyExpedite", case, text="代答"),
        await people.handler.refused("caseReplyExpedite", case, text="好", order=town.city.grids[FAR_GRID]),
        await people.handler.refused("caseReplyExpedite", closed, text="好"),
    ]

    assert found == [
        "ALREADY_EXPEDITED", "FORBIDDEN", "INVALID_INPUT", "REASON_REQUIRED", "FORBIDDEN", "FORBIDDEN",
        "ILLEGAL_ACTION", "NOT_FOUND", "INVALID_INPUT", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND",
        "ILLEGAL_ACTION",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before
    assert town.feed.head == head
    case = await people.handler.act("caseReplyExpedite", case, text="好")
    assert await people.handler.refused("caseReplyExpedite", case, text="好") == "NO_EXPEDITE_ORDER"


async def test_a_case_returned_twice_appears_in_the_expedite_queue_at_once(town: Town) -> None:
    people = await cast(town)
    departments = town.city.departments
    case = await bring_to(people, "DISPATCHED")
    await people.handler.act("caseReturn", case, proposedDepartment=departments[OTHER_UNIT], reason="不属我单位")
    case = await current(people.leader, case)
    assert await queue(people.leader, open=True) == []
    case = await people.dispatcher.act("caseDispatch", case, department=departments[OTHER_UNIT])
    version = case["version"]
    await people.other_handler.act("caseReturn", case, proposedDepartment=departments[UNIT], reason="应由城管")

    assert await queue(people.leader, open=True) == [("RETURNED", case["id"])]
    seen = await see(people.leader, case)
    assert seen["version"] == version + 2
    assert [(s["action"], s["actorRole"], s["note"]) for s in seen["timeline"]][-2:] == [
        ("RETURN", "HANDLER", "应由城管"), ("EXPEDITE", "SYSTEM", "退回督办：已退回2次"),
    ]  # fmt: skip
    [order] = seen["expediteOrders"]
    assert (order["department"], order["centre"]["code"], order["issuedRole"]) == (None, "320508", "SYSTEM")
    case = await people.dispatcher.act("caseReplyExpedite", await current(people.leader, case), text="报指挥长裁定")
    assert await queue(people.leader, open=True) == []
    assert await queue(people.leader, open=False) == [("RETURNED", case["id"])]


async def test_three_followers_urges_raise_one_order(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "DISPATCHED", matter=POTHOLE)
    await people.resident.do("caseUrge", caseId=case["id"])
    seen = []
    for name in ("li", "wang", "zhao", "sun"):
        follower = await town.as_(Role.RESIDENT, name)
        await follower.do("caseFollow", "case { id }", caseId=case["id"])
        payload = await follower.do("caseUrge", "case { id }", caseId=case["id"])
        assert payload["userErrors"] == []
        seen.append(len(await queue(people.leader, kind="URGED")))

    assert seen == [0, 0, 1, 1]
    [order] = (await see(people.handler, case))["expediteOrders"]
    assert (order["kind"], order["reason"], order["department"]["code"]) == ("URGED", "3名关注人催办", UNIT)


async def test_a_passed_handling_limit_raises_one_order(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=GAS)  # two urgent hours
    other = await cast(town, Realm.EXERCISE)
    played = await bring_to(other, "IN_PROGRESS", matter=GAS)
    timers = Timers(town.db, town.clock)

    for _ in range(4):
        town.clock.advance(timedelta(hours=1.1))
        await timers.act()

    assert await queue(people.leader, open=True) == [("TIMEOUT", case["id"])]
    assert await queue(other.leader, open=True) == [("TIMEOUT", played["id"])]
    seen = await see(people.leader, case)
    assert [(s["action"], s["note"]) for s in seen["timeline"]][-2:] == [
        ("OVERDUE", "处置时限超期"), ("EXPEDITE", "超期督办：处置时限已超期"),
    ]  # fmt: skip
    await people.handler.act("caseReplyExpedite", await current(people.handler, case), text="正在抢修")
    town.clock.advance(timedelta(hours=9))
    await timers.act()
    assert await queue(people.leader, open=True) == []


async def test_an_unanswered_order_keeps_system_from_closing_and_holds_up_no_other(town: Town) -> None:
    people = await cast(town)
    timers = Timers(town.db, town.clock, people.leader.policy.__class__(check_share_percent=0))
    settled = []
    for number in range(2):
        case = await hand_in(people, by=people.worker, matter=POTHOLE)
        if number == 0:
            case = await people.leader.act("caseExpedite", case, kind="KEY", reason="重点")
        photos = [{"id": await photo(people.worker), "kind": kind} for kind in ("BEFORE", "AFTER")]
        given = {"outcome": "RESOLVED", "disposition": DONE, "evidence": photos}
        settled.append(await people.worker.act("caseSelfHandle", case, **given))
    waits, free = settled

    assert await timers.act() == 1
    assert await timers.act() == 0
    assert len((await see(people.leader, free))["timeline"]) == 3
    assert (await see(people.leader, waits))["version"] == waits["version"]
    await people.dispatcher.act("caseReplyExpedite", waits, text="现场已核实")
    town.clock.advance(timedelta(seconds=61))
    assert await timers.act() == 1


async def test_orders_are_for_those_who_work_with_the_case_and_not_for_neighbours(town: Town) -> None:
    people, exercise = await cast(town), await cast(town, Realm.EXERCISE)
    case = await people.leader.act("caseExpedite", await bring_to(people, "IN_PROGRESS"), kind="KEY", reason="重点")
    far = await people.leader.act("caseExpedite", await hand_in(people, grid=FAR_GRID), kind="KEY", reason="重点")
    wall = await town.as_(Role.DISPLAY, "320508")

    assert await queue(people.leader) == [("KEY", far["id"]), ("KEY", case["id"])]
    assert await queue(people.leader, division=town.city.divisions["320508"]) == [("KEY", case["id"])]
    assert await queue(people.handler) == await queue(wall) == [("KEY", case["id"])]
    neighbour = await town.as_(Role.COMMANDER, "320506")
    assert await queue(neighbour) == [("KEY", far["id"])]
    for nobody in (people.resident, people.provider, people.other_handler, exercise.leader):
        assert await queue(nobody) == []
    assert (await see(people.resident, case))["expediteOrders"] == []
    assert [(o["reason"], o["reply"]) for o in (await see(wall, case))["expediteOrders"]] == [(None, None)]


async def test_the_queue_is_paged(town: Town) -> None:
    people = await cast(town)
    cases = [
        await people.leader.act("caseExpedite", await hand_in(people), kind="KEY", reason="重点") for _ in range(3)
    ]

    first = (await people.leader.ask(QUEUE, first=2))["expediteOrders"]
    rest = (await people.leader.ask(QUEUE, first=2, after=first["pageInfo"]["endCursor"]))["expediteOrders"]

    found = [edge["node"]["case"]["id"] for page in (first, rest) for edge in page["edges"]]
    assert found == [case["id"] for case in reversed(cases)]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (
        3,
        True,
        False,
    )


async def test_an_order_of_a_case_that_ended_otherwise_waits_for_nobody(town: Town) -> None:
    people = await cast(town)
    case = await people.leader.act("caseExpedite", await bring_to(people, "DISPATCHED"), kind="KEY", reason="重点")

    await people.resident.act("caseWithdraw", case)

    assert (await queue(people.leader, open=True), len(await queue(people.leader))) == ([], 1)
    await feed_read(town)
