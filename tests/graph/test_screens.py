"""The duty desk lets walls show something: across processes, after reconnects, and only what the wall may see."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from db.bell import Bell
from db.feed import Feed
from db.vocabulary import Realm, Role
from tests.city import Speaker, Town, key
from tests.conftest import Clock
from tests.stories.walks import FAR_GRID, GRID, cast, hand_in, rows

CITY, COUNTY, NEIGHBOUR, STREET, COMMUNITY = "3205", "320508", "320506", "320508019", "320508019044"
SHOWN = "version kind at endsAt byRole case { number description } division { code } grid { code }"
FOCUSED = f"subscription ($division: ID!) {{ screenFocused(division: $division) {{ {SHOWN} }} }}"
NOW = f"query ($division: ID!) {{ screenFocus(division: $division) {{ {SHOWN} }} }}"
FEW = f"focus {{ {SHOWN} }}"


async def focus(speaker: Speaker, town: Town, at: str, target: str | None, **more: Any) -> dict[str, Any]:
    payload = await speaker.do("screenFocus", FEW, screen=town.city.divisions[at], target=target, **more)
    assert payload["userErrors"] == [], payload
    found: dict[str, Any] = payload["focus"]
    return found


async def refused(speaker: Speaker, town: Town, at: str, target: str | None) -> tuple[str, list[str] | None]:
    before = await rows(town, "idempotency_records")
    payload = await speaker.do("screenFocus", FEW, screen=town.city.divisions[at], target=target)
    assert payload["focus"] is None
    assert await rows(town, "idempotency_records") == before  # nothing written, nothing announced
    [error] = payload["userErrors"]
    return error["code"], error["field"]


async def shown(speaker: Speaker, town: Town, at: str) -> dict[str, Any]:
    found: dict[str, Any] = (await speaker.ask(NOW, division=town.city.divisions[at]))["screenFocus"]
    return found


async def following(wall: Speaker, town: Town, at: str) -> AsyncIterator[Any]:
    return await wall.follow(FOCUSED, division=town.city.divisions[at])


async def told(stream: AsyncIterator[Any]) -> dict[str, Any]:
    async with asyncio.timeout(60):
        result = await anext(stream)
    assert not result.errors, result.errors
    found: dict[str, Any] = result.data["screenFocused"]
    return found


async def test_a_wall_shows_what_the_desk_focuses_and_lets_go_again(town: Town) -> None:
    case = await hand_in(await cast(town), description="门口的坑绊倒了老人")
    leader, wall = await town.as_(Role.SHIFT_LEADER, CITY), await town.as_(Role.DISPLAY, CITY)
    stream = await following(wall, town, CITY)
    assert await told(stream) == {
        "version": 0, "kind": "NOTHING", "at": None, "endsAt": None, "byRole": None,
        "case": None, "division": None, "grid": None,
    }  # fmt: skip

    answered = await focus(leader, town, CITY, case["id"])

    seen = await told(stream)
    assert seen == answered | {"case": {"number": case["number"], "description": None}}  # no words of people on walls
    assert (seen["version"], seen["kind"], seen["byRole"]) == (1, "CASE", "SHIFT_LEADER")
    assert seen["at"] == town.clock().isoformat()
    assert seen["endsAt"] == (town.clock() + timedelta(seconds=60)).isoformat()

    await focus(leader, town, CITY, town.city.divisions[STREET])
    assert (await told(stream))["division"] == {"code": STREET}
    await focus(leader, town, CITY, town.city.grids[GRID])
    assert (await told(stream))["grid"] == {"code": GRID}
    await focus(leader, town, CITY, None)
    let_go = await told(stream)
    assert (let_go["version"], let_go["kind"]) == (4, "NOTHING")


async def test_a_wall_that_comes_back_is_told_how_it_stands_until_the_minute_is_over(
    town: Town, clock: Clock
) -> None:
    commander, wall = await town.as_(Role.COMMANDER, CITY), await town.as_(Role.DISPLAY, CITY)
    await focus(commander, town, CITY, town.city.divisions[COUNTY])

    clock.advance(timedelta(seconds=59))
    assert (await told(await following(wall, town, CITY)))["division"] == {"code": COUNTY}
    clock.advance(timedelta(seconds=1))
    back = await told(await following(wall, town, CITY))

    assert (back["version"], back["kind"], back["division"]) == (1, "NOTHING", None)


async def test_focus_crosses_from_one_process_to_another(town: Town) -> None:
    dispatcher = await town.as_(Role.DISPATCHER, CITY)
    bell = Bell()
    elsewhere = Feed(town.db, bell, clock=town.clock)  # reads the same journal, hears no ring of ours
    await elsewhere.start()
    wall = await town.as_(Role.DISPLAY, CITY)
    wall.feed = elsewhere
    stream = await following(wall, town, CITY)
    assert (await told(stream))["version"] == 0

    await focus(dispatcher, town, CITY, town.city.divisions[COUNTY])

    assert (await told(stream))["division"] == {"code": COUNTY}
    await elsewhere.stop()


async def test_walls_of_other_divisions_and_of_the_rehearsal_are_left_alone(town: Town) -> None:
    city, county = await town.as_(Role.SHIFT_LEADER, CITY), await town.as_(Role.DISPLAY, COUNTY)
    rehearsal = await town.as_(Role.DISPLAY, CITY, Realm.EXERCISE)
    await focus(city, town, CITY, town.city.divisions[COUNTY])
    await focus(city, town, COUNTY, town.city.divisions[STREET])

    assert (await shown(county, town, COUNTY))["division"] == {"code": STREET}
    assert (await shown(rehearsal, town, CITY))["version"] == 0
    stream = await following(await town.as_(Role.DISPLAY, CITY), town, CITY)
    assert (await told(stream))["version"] == 1
    await focus(city, town, COUNTY, None)  # a wall further down: not news for this one
    await focus(city, town, CITY, town.city.divisions[COMMUNITY])
    assert (await told(stream))["version"] == 2


@pytest.mark.parametrize("role", [Role.INTAKE_OFFICER, Role.ANALYST, Role.DISPLAY, Role.CHECKER])
async def test_only_who_leads_the_shift_drives_walls(town: Town, role: Role) -> None:
    speaker = await town.as_(role, CITY)

    assert await refused(speaker, town, CITY, None) == ("FORBIDDEN", None)


async def test_a_desk_drives_no_wall_above_or_beside_it_and_shows_nothing_from_elsewhere(town: Town) -> None:
    people = await cast(town)
    far = await hand_in(people, grid=FAR_GRID)
    county, city = await town.as_(Role.DISPATCHER, COUNTY), await town.as_(Role.DISPATCHER, CITY)

    assert await refused(county, town, CITY, None) == ("NOT_FOUND", ["screen"])
    assert await refused(county, town, NEIGHBOUR, None) == ("NOT_FOUND", ["screen"])
    assert await refused(county, town, COUNTY, far["id"]) == ("NOT_FOUND", ["target"])
    assert await refused(county, town, COUNTY, town.city.divisions[NEIGHBOUR]) == ("NOT_FOUND", ["target"])
    assert await refused(county, town, COUNTY, town.city.grids[FAR_GRID]) == ("NOT_FOUND", ["target"])
    assert await refused(county, town, COUNTY, town.city.matters["M-GAS"]) == ("NOT_FOUND", ["target"])
    assert await refused(city, town, COUNTY, far["id"]) == ("NOT_FOUND", ["target"])  # seen, but not there


async def test_a_wall_of_another_division_is_not_there(town: Town) -> None:
    wall = await town.as_(Role.DISPLAY, COUNTY)
    resident = await town.as_(Role.RESIDENT, "zhang")

    for speaker, at in ((wall, NEIGHBOUR), (wall, CITY), (resident, COUNTY)):
        answer = await speaker.answer(NOW, division=town.city.divisions[at])
        assert [error.original_error.code for error in answer.errors] == ["NOT_FOUND"]


async def test_a_double_click_is_one_change(town: Town) -> None:
    leader = await town.as_(Role.SHIFT_LEADER, CITY)
    same = key()

    first = await focus(leader, town, CITY, town.city.divisions[COUNTY], idempotencyKey=same)
    second = await focus(leader, town, CITY, town.city.divisions[COUNTY], idempotencyKey=same)

    assert first == second
    assert first["version"] == 1


async def test_two_desks_at_once_are_two_changes_in_a_row(town: Town) -> None:
    leader, commander = await town.as_(Role.SHIFT_LEADER, CITY), await town.as_(Role.COMMANDER, CITY)

    await asyncio.gather(
        focus(leader, town, CITY, town.city.divisions[COUNTY]),
        focus(commander, town, CITY, town.city.divisions[NEIGHBOUR]),
    )

    assert (await shown(leader, town, CITY))["version"] == 2
