"""One requirement to many units: each signs for itself, and the level that ordered sees how far all are."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from db import journal
from db.vocabulary import Realm, Role
from resolvers.command_orders import flag_unsigned
from resolvers.timers import Timers
from tests.city import GAS, Speaker, Town, key
from tests.stories.walks import CITY_UNIT, OTHER_UNIT, UNIT, cast, hand_in, rows

CITY, COUNTY, NEIGHBOUR = "3205", "320508", "320506"
ORDER = """commandOrder { id version state title requirement signDueAt unitCount signedCount doneCount flaggedCount
  case { number } units { state flaggedAt feedback department { code } centre { code } } }"""
SEE = "query ($id: ID!) { commandOrder(id: $id) { " + ORDER.removeprefix("commandOrder { ") + " }"
LIST = "{ commandOrders { edges { node { title } } } }"


async def commander(town: Town, code: str = CITY) -> Speaker:
    return await town.as_(Role.COMMANDER, code)


async def ordered(speaker: Speaker, town: Town, **more: Any) -> Any:
    city = town.city
    given = {
        "division": city.divisions[CITY], "title": "防汛值守", "requirement": "各单位到岗值守并反馈。",
        "dueAt": (town.clock() + timedelta(hours=6)).isoformat(),
        "departments": [city.departments[UNIT], city.departments[OTHER_UNIT]], "centres": [city.divisions[NEIGHBOUR]],
    }  # fmt: skip
    payload = await speaker.do("commandOrderIssue", ORDER, **(given | more))
    assert payload["userErrors"] == [], payload
    return payload["commandOrder"]


async def act(speaker: Speaker, mutation: str, order: Any, **more: Any) -> Any:
    return await speaker.do(mutation, ORDER, orderId=order["id"], **more)


async def code_of(speaker: Speaker, mutation: str, order: Any, **more: Any) -> str:
    payload = await act(speaker, mutation, order, **more)
    assert payload["commandOrder"] is None, payload
    [error] = payload["userErrors"]
    return str(error["code"])


async def see(speaker: Speaker, order: Any) -> Any:
    return (await speaker.ask(SEE, id=order["id"]))["commandOrder"]


def counts(order: Any) -> tuple[str, int, int, int]:
    return order["state"], order["signedCount"], order["doneCount"], order["flaggedCount"]


async def units_of(town: Town) -> list[Speaker]:
    return [
        await town.as_(Role.HANDLER, UNIT), await town.as_(Role.HANDLER, OTHER_UNIT),
        await town.as_(Role.DISPATCHER, NEIGHBOUR),
    ]  # fmt: skip


async def test_when_the_last_unit_signs_the_order_is_signed_and_when_the_last_is_done_it_is_done(town: Town) -> None:
    chief, units = await commander(town), await units_of(town)
    order = await ordered(chief, town)
    told = [counts(order)]

    for unit in units:
        told.append(counts((await act(unit, "commandOrderSign", order))["commandOrder"]))
    progress = await act(units[0], "commandOrderReport", order, done=False, feedback="已到岗 5 人")
    for unit in units:
        told.append(counts((await act(unit, "commandOrderReport", order, done=True))["commandOrder"]))

    assert told == [
        ("ISSUED", 0, 0, 0), ("ISSUED", 1, 0, 0), ("ISSUED", 2, 0, 0), ("SIGNED", 3, 0, 0),
        ("SIGNED", 3, 1, 0), ("SIGNED", 3, 2, 0), ("DONE", 3, 3, 0),
    ]  # fmt: skip
    assert [unit["feedback"] for unit in progress["commandOrder"]["units"]] == ["已到岗 5 人"]
    final = await see(chief, order)
    assert [unit["department"] or unit["centre"] for unit in final["units"]] == [
        {"code": UNIT}, {"code": OTHER_UNIT}, {"code": NEIGHBOUR},
    ]  # fmt: skip
    assert final["version"] == 8


async def test_a_unit_that_has_not_signed_at_its_limit_is_flagged_once(town: Town) -> None:
    chief, units = await commander(town), await units_of(town)
    order = await ordered(chief, town, signBy=(town.clock() + timedelta(hours=1)).isoformat())
    await act(units[0], "commandOrderSign", order)
    timers = Timers(town.db, town.clock, duties=[flag_unsigned])

    town.clock.advance(timedelta(minutes=59))
    await timers.act()
    early = await see(chief, order)
    town.clock.advance(timedelta(minutes=1))
    assert await timers.act() == 1
    late = await see(chief, order)
    town.clock.advance(timedelta(hours=1))
    assert await timers.act() == 0
    signed = (await act(units[1], "commandOrderSign", order))["commandOrder"]

    assert (counts(early), counts(late)) == (("ISSUED", 1, 0, 0), ("ISSUED", 1, 0, 2))
    at = "2026-03-11T03:00:00+00:00"
    assert [unit["flaggedAt"] for unit in late["units"]] == [None, at, at]
    assert counts(signed) == ("ISSUED", 2, 0, 2)  # that it was late stays
    assert [unit["flaggedAt"] for unit in signed["units"]] == [at]


async def test_units_sign_within_the_usual_limit_and_never_after_the_order_is_due(town: Town) -> None:
    chief = await commander(town)

    usual = await ordered(chief, town)
    short = await ordered(chief, town, dueAt=(town.clock() + timedelta(hours=1)).isoformat())

    assert usual["signDueAt"] == "2026-03-11T08:00:00+00:00"  # four office hours from ten o'clock
    assert short["signDueAt"] == "2026-03-11T03:00:00+00:00"


async def test_the_upper_level_sees_all_and_a_unit_itself(town: Town) -> None:
    chief, units = await commander(town), await units_of(town)
    order = await ordered(chief, town)

    async def named(speaker: Speaker) -> list[str] | None:
        found = await see(speaker, order)
        if found is None:
            return None
        return [(unit["department"] or unit["centre"])["code"] for unit in found["units"]]

    everybody = [UNIT, OTHER_UNIT, NEIGHBOUR]
    assert await named(await town.as_(Role.COMMANDER, "32")) == everybody
    assert await named(await town.as_(Role.DISPLAY, CITY)) == everybody
    assert await named(await town.as_(Role.SHIFT_LEADER, COUNTY)) == [UNIT, OTHER_UNIT]
    assert [await named(unit) for unit in units] == [[UNIT], [OTHER_UNIT], [NEIGHBOUR]]
    for role, code in (
        (Role.HANDLER, CITY_UNIT), (Role.COMMANDER, "3201"), (Role.DISPATCHER, "320508019"),
        (Role.GRID_WORKER, "320508019044001"), (Role.RESIDENT, "zhang"), (Role.PROVIDER_STAFF, "SP-1"),
    ):  # fmt: skip
        stranger = await town.as_(role, code)
        assert await named(stranger) is None, role
        assert (await stranger.ask(LIST))["commandOrders"]["edges"] == [], role
    assert await named(await town.as_(Role.COMMANDER, CITY, Realm.EXERCISE)) is None
    assert len((await units[0].ask(LIST))["commandOrders"]["edges"]) == 1
    assert (await see(await town.as_(Role.DISPLAY, CITY), order))["requirement"] is None


async def test_an_order_about_a_case_shows_the_case_only_to_who_may_see_it(town: Town) -> None:
    people, chief, units = await cast(town), await commander(town), await units_of(town)
    case = await hand_in(people, matter=GAS)

    order = await ordered(chief, town, caseId=case["id"])

    assert order["case"] == {"number": case["number"]}
    assert [(await see(unit, order))["case"] for unit in units] == [None, None, None]


async def test_nobody_signs_or_reports_for_another_unit_and_nothing_is_written(town: Town) -> None:
    people, chief, units = await cast(town), await commander(town), await units_of(town)
    order = await ordered(chief, town)
    signed = await ordered(chief, town, departments=[town.city.departments[UNIT]], centres=[])
    await act(units[0], "commandOrderSign", signed)
    before = await rows(town, "idempotency_records")
    leader = await town.as_(Role.SHIFT_LEADER, COUNTY)

    found = [
        await code_of(await town.as_(Role.HANDLER, CITY_UNIT), "commandOrderSign", order),
        await code_of(leader, "commandOrderSign", order),
        await code_of(chief, "commandOrderSign", order),
        await code_of(people.resident, "commandOrderSign", order),
        await code_of(await town.as_(Role.HANDLER, UNIT, Realm.EXERCISE), "commandOrderSign", order),
        await code_of(units[0], "commandOrderSign", {"id": "nonsense"}),
        await code_of(units[0], "commandOrderReport", order, done=True),
        await code_of(units[0], "commandOrderReport", order, done=False),
        await code_of(units[0], "commandOrderReport", order, done=False, feedback="x" * 1_001),
        await code_of(units[0], "commandOrderSign", signed),
        await code_of(units[0], "commandOrderWithdraw", order, expectedVersion=1, reason="x"),
        await code_of(leader, "commandOrderWithdraw", order, expectedVersion=1, reason="x"),
        await code_of(chief, "commandOrderWithdraw", order, expectedVersion=3, reason="x"),
        await code_of(chief, "commandOrderWithdraw", order, expectedVersion=1, reason=" "),
    ]

    assert found == [
        "NOT_FOUND", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "COMMAND_ORDER_STATE",
        "INVALID_INPUT", "INVALID_INPUT", "COMMAND_ORDER_STATE", "FORBIDDEN", "FORBIDDEN", "CONFLICT",
        "REASON_REQUIRED",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before


async def test_an_order_comes_from_a_level_that_may_and_goes_to_units_below(town: Town) -> None:
    people, chief, city = await cast(town), await commander(town), town.city
    far = await hand_in(people, grid="320102002001001")
    before = await rows(town, "idempotency_records")

    async def code(speaker: Speaker, **differences: Any) -> str:
        given = {
            "division": city.divisions[CITY], "title": "值守", "requirement": "到岗",
            "dueAt": (town.clock() + timedelta(hours=6)).isoformat(), "departments": [city.departments[UNIT]],
        }  # fmt: skip
        payload = await speaker.do("commandOrderIssue", "commandOrder { id }", **(given | differences))
        [error] = payload["userErrors"]
        return str(error["code"])

    found = [
        await code(await town.as_(Role.DISPATCHER, CITY)),
        await code(await commander(town, COUNTY)),
        await code(chief, departments=[city.departments["320102-CG"]]),
        await code(chief, departments=["nonsense"]),
        await code(chief, departments=[]),
        await code(chief, centres=[city.divisions[CITY]]),
        await code(chief, centres=[city.divisions["3201"]]),
        await code(chief, title=" "),
        await code(chief, requirement=""),
        await code(chief, dueAt="2020-01-01T00:00:00Z"),
        await code(chief, signBy="2020-01-01T00:00:00Z"),
        await code(chief, caseId=far["id"]),
        await code(chief, caseId="nonsense"),
    ]

    assert found == [
        "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "INVALID_INPUT", "NOT_FOUND", "NOT_FOUND",
        "INVALID_INPUT", "INVALID_INPUT", "DATE_IN_PAST", "DATE_IN_PAST", "NOT_FOUND", "NOT_FOUND",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before


async def test_two_of_one_unit_who_sign_at_once_sign_once(town: Town) -> None:
    order = await ordered(await commander(town), town)
    both = [await town.as_(Role.HANDLER, UNIT, principal=name) for name in ("a", "b")]

    payloads = await asyncio.gather(*(act(one, "commandOrderSign", order) for one in both))

    assert [error["code"] for payload in payloads for error in payload["userErrors"]] == ["COMMAND_ORDER_STATE"]
    assert counts(await see(both[0], order)) == ("ISSUED", 1, 0, 0)


async def test_all_units_at_once_each_count(town: Town) -> None:
    chief, units = await commander(town), await units_of(town)
    order = await ordered(chief, town)

    await asyncio.gather(*(act(unit, "commandOrderSign", order) for unit in units))

    assert counts(await see(chief, order)) == ("SIGNED", 3, 0, 0)


async def test_what_was_taken_back_is_neither_signed_nor_flagged(town: Town) -> None:
    chief, units, mine = await commander(town), await units_of(town), key()
    order = await ordered(chief, town)

    first, again = [
        await act(chief, "commandOrderWithdraw", order, expectedVersion=1, reason="情况解除", idempotencyKey=mine)
        for _ in range(2)
    ]
    town.clock.advance(timedelta(days=1))

    assert (first["commandOrder"]["state"], first) == ("WITHDRAWN", again)
    assert await code_of(units[0], "commandOrderSign", order) == "COMMAND_ORDER_STATE"
    assert await Timers(town.db, town.clock, duties=[flag_unsigned]).act() == 0
    assert await code_of(chief, "commandOrderWithdraw", order, expectedVersion=2, reason="x") == "COMMAND_ORDER_STATE"


async def test_an_unsigned_order_is_handed_over(town: Town) -> None:
    chief, units = await commander(town), await units_of(town)
    unsigned = await ordered(chief, town, title="未签收")
    signed = await ordered(chief, town, departments=[town.city.departments[UNIT]], centres=[])
    await act(units[0], "commandOrderSign", signed)
    question = """query ($at: ID!) { shiftHandover(centre: $at) { parts { kind count
      items { orderId caseId title number dueAt } } } }"""

    found = (await chief.ask(question, at=town.city.divisions[CITY]))["shiftHandover"]["parts"]

    assert {part["kind"]: part for part in found}["ORDER"] == {
        "kind": "ORDER", "count": 1,
        "items": [
            {"orderId": unsigned["id"], "caseId": None, "title": "未签收", "number": None,
             "dueAt": unsigned["signDueAt"]},
        ],
    }  # fmt: skip


# -- live


FOLLOW = """subscription ($division: ID, $order: ID) { commandProgress(division: $division, order: $order) {
  title state signedCount units { state } } }"""


async def test_a_wall_sees_every_signature_as_it_comes(town: Town) -> None:
    chief, units = await commander(town), await units_of(town)
    wall = await town.as_(Role.DISPLAY, CITY)
    order = await ordered(chief, town)
    stream = await wall.follow(FOLLOW, division=town.city.divisions[CITY])

    async def heard() -> list[tuple[str, int]]:
        async with asyncio.timeout(60):
            return [(one["state"], one["signedCount"]) for one in (await anext(stream)).data["commandProgress"]]

    told = [await heard()]
    for unit in units:
        await act(unit, "commandOrderSign", order)
        told.append(await heard())
    await stream.aclose()

    assert told == [[("ISSUED", 0)], [("ISSUED", 1)], [("ISSUED", 2)], [("SIGNED", 3)]]


async def test_a_unit_follows_its_own_order_and_hears_nothing_of_others(town: Town) -> None:
    chief, units = await commander(town), await units_of(town)
    order = await ordered(chief, town)
    stream = await units[0].follow(FOLLOW, order=order["id"])

    async def heard() -> Any:
        async with asyncio.timeout(60):
            return (await anext(stream)).data["commandProgress"]

    first = await heard()
    await ordered(chief, town, title="别的")
    await act(units[1], "commandOrderSign", order)
    second = await heard()
    await stream.aclose()

    assert [(one["title"], one["signedCount"], one["units"]) for one in (*first, *second)] == [
        ("防汛值守", 0, [{"state": "UNSIGNED"}]), ("防汛值守", 1, [{"state": "UNSIGNED"}]),
    ]  # fmt: skip


@pytest.mark.parametrize("given", [{}, {"division": NEIGHBOUR}, {"order": True}, {"division": CITY, "order": True}])
async def test_nobody_follows_what_they_do_not_see(town: Town, given: dict[str, Any]) -> None:
    order = await ordered(await commander(town), town, departments=[town.city.departments[UNIT]], centres=[])
    stranger = await town.as_(Role.COMMANDER, NEIGHBOUR if given.get("division") != NEIGHBOUR else COUNTY)
    variables = {name: order["id"] if value is True else town.city.divisions[value] for name, value in given.items()}

    stream = await stranger.follow(FOLLOW, **variables)

    async with asyncio.timeout(60):
        result = await anext(stream)
    assert result.data is None
    assert [error.original_error.code for error in result.errors] == [
        "NOT_FOUND" if len(given) == 1 else "BAD_USER_INPUT"
    ]


async def test_the_journal_numbers_the_changes_of_an_order_without_a_hole(town: Town) -> None:
    chief, units = await commander(town), await units_of(town)
    order = await ordered(chief, town)
    for unit in units:
        await act(unit, "commandOrderSign", order)

    async with town.db.read() as session:
        events = await journal.after(session, 0, 100)

    assert [(event.subject_kind, event.version, event.actor_role.name) for event in events] == [
        ("COMMAND_ORDER", 1, "COMMANDER"), ("COMMAND_ORDER", 2, "HANDLER"), ("COMMAND_ORDER", 3, "HANDLER"),
        ("COMMAND_ORDER", 4, "DISPATCHER"),
    ]  # fmt: skip
