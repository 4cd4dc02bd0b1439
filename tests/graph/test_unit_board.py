"""Which units have not moved, as a wall shows it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from db.vocabulary import Realm, Role
from tests.city import GAS, POTHOLE, Town
from tests.conftest import A_WORKING_DAY
from tests.stories.walks import FAR_GRID, OTHER_UNIT, UNIT, Cast, bring_to, cast

BOARD = """query ($division: ID!, $from: Date, $first: Int! = 10) { unitBoard(division: $division, from: $from) {
  asOf period { from to } unitCount
  units(first: $first) { department { code } unsigned overdue returned }
  returnPairs { from { code } to { code } count } } }"""


async def board(town: Town, division: str = "3205", role: Role = Role.DISPLAY, **more: Any) -> Any:
    at = more.pop("at", "3205")
    viewer = await town.as_(role, at, more.pop("realm", Realm.LIVE))
    return (await viewer.ask(BOARD, division=town.city.divisions[division], **more))["unitBoard"]


def lines(found: Any) -> list[tuple[str, int, int, int]]:
    return [(one["department"]["code"], one["unsigned"], one["overdue"], one["returned"]) for one in found["units"]]


def arrows(found: Any) -> list[tuple[str, str, int]]:
    return [(one["from"]["code"], one["to"]["code"], one["count"]) for one in found["returnPairs"]]


async def sent_back(people: Cast, case: dict[str, Any], by: str) -> dict[str, Any]:
    units = people.town.city.departments
    speaker, other = (people.handler, OTHER_UNIT) if by == UNIT else (people.other_handler, UNIT)
    await speaker.act("caseReturn", case, reason="不归我们管", proposedDepartment=units[other])
    found = await people.dispatcher.ask("query ($id: ID!) { case(id: $id) { id version } }", id=case["id"])
    return dict(found["case"])  # out of sight for who sent it back


async def test_units_that_have_not_moved_stand_by_what_lies_with_them(town: Town) -> None:
    people = await cast(town)
    await bring_to(people, "DISPATCHED")
    await bring_to(people, "DISPATCHED")
    other = await bring_to(people, "REGISTERED")
    await people.dispatcher.act("caseDispatch", other, department=town.city.departments[OTHER_UNIT])
    await bring_to(people, "SIGNED", matter=GAS)  # two hours to handle it
    town.clock.advance(timedelta(hours=3))

    found = await board(town)

    assert lines(found) == [(UNIT, 2, 1, 0), (OTHER_UNIT, 1, 0, 0)]
    assert found["unitCount"] == 2
    assert found["asOf"] == (A_WORKING_DAY + timedelta(hours=3)).isoformat()
    assert lines(await board(town, first=1)) == [(UNIT, 2, 1, 0)]


async def test_who_passes_cases_to_whom_is_counted_by_the_unit_that_had_them(town: Town) -> None:
    people = await cast(town)
    units = town.city.departments
    case = await sent_back(people, await bring_to(people, "DISPATCHED"), UNIT)
    case = await people.dispatcher.act("caseDispatch", case, department=units[OTHER_UNIT])
    case = await sent_back(people, case, OTHER_UNIT)
    await sent_back(people, await bring_to(people, "DISPATCHED", matter=POTHOLE), UNIT)

    found = await board(town)

    assert arrows(found) == [(UNIT, OTHER_UNIT, 2), (OTHER_UNIT, UNIT, 1)]
    assert {(unit, returned) for unit, _, _, returned in lines(found)} == {(UNIT, 2), (OTHER_UNIT, 1)}


async def test_what_was_demanded_of_a_unit_stands_until_it_replies(town: Town) -> None:
    people = await cast(town)
    leader, ask = await town.as_(Role.COMMANDER, "320508"), "{ department { code } expedited }"
    document = f"query ($at: ID!) {{ unitBoard(division: $at) {{ units {ask} }} }}"
    place = {"at": town.city.divisions["320508"]}
    case = await leader.act("caseExpedite", await bring_to(people, "IN_PROGRESS"), kind="LEADER", reason="群众等着")

    waiting = (await people.leader.ask(document, **place))["unitBoard"]["units"]
    await people.handler.act("caseReplyExpedite", case, text="今天完成")
    answered = (await people.leader.ask(document, **place))["unitBoard"]["units"]

    assert waiting == [{"department": {"code": UNIT}, "expedited": 1}]
    assert answered == []


async def test_a_return_belongs_to_the_day_it_was_made_on(town: Town) -> None:
    people = await cast(town)
    await sent_back(people, await bring_to(people, "DISPATCHED"), UNIT)
    day = A_WORKING_DAY.date()
    town.clock.advance(timedelta(days=1))

    today, since_yesterday = await board(town), await board(town, **{"from": day.isoformat()})

    assert today["returnPairs"] == [] and today["units"] == []
    assert arrows(since_yesterday) == [(UNIT, OTHER_UNIT, 1)]
    assert since_yesterday["period"] == {
        "from": day.isoformat(), "to": (day + timedelta(days=1)).isoformat()
    }  # fmt: skip


async def test_the_board_of_a_place_holds_what_lies_there_and_nothing_of_the_other_realm(town: Town) -> None:
    people = await cast(town)
    await bring_to(people, "DISPATCHED")
    exercise = await cast(town, Realm.EXERCISE)
    await bring_to(exercise, "DISPATCHED")

    assert lines(await board(town, "320508019")) == [(UNIT, 1, 0, 0)]
    assert lines(await board(town, FAR_GRID[:9])) == []
    assert lines(await board(town, realm=Realm.EXERCISE)) == [(UNIT, 1, 0, 0)]


async def test_only_who_reads_the_figures_of_a_division_reads_its_board(town: Town) -> None:
    await bring_to(await cast(town), "DISPATCHED")

    assert await board(town, "320508", Role.HANDLER, at=UNIT) is None
    assert await board(town, "320508", Role.RESIDENT, at="zhang") is None
    assert await board(town, "320508", Role.COMMANDER, at="320506") is None
    assert await board(town, "3205", Role.DISPLAY, at="320508") is None
    assert lines(await board(town, "320508", Role.COMMANDER, at="3205")) == [(UNIT, 1, 0, 0)]
