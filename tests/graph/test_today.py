"""A grid worker's list of today: what is due first on top, and nothing of other grids."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import Role
from resolvers.refusals import Code
from tests.city import POTHOLE, Speaker, Town
from tests.conftest import Clock
from tests.stories.walks import GRID, NEXT_GRID, bring_to, cast, hand_in

TODAY = "{ todayList { kind dueAt isOverdue minutes case { number } } }"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def todays(speaker: Speaker) -> list[dict[str, Any]]:
    return (await speaker.ask(TODAY))["todayList"]  # type: ignore[no-any-return]


async def test_what_is_due_first_stands_on_top_and_what_is_done_is_gone(town: Town, clock: Clock) -> None:
    people = await cast(town)
    slow = await bring_to(people, "ACCEPTED", matter=POTHOLE)
    slow = await people.intake.act("caseRequestVerification", slow, assignee="GRID_WORKER")
    clock.advance(timedelta(minutes=5))
    handled = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    own = await hand_in(people, by=people.worker, matter=POTHOLE)
    before = await todays(people.worker)

    await people.worker.act("caseVerify", slow, result="EXISTS")
    after = await todays(people.worker)

    assert {item["kind"] for item in before} == {"VERIFICATION", "OWN_SUBMISSION"}
    assert [item["dueAt"] for item in before] == sorted(item["dueAt"] for item in before)
    assert {item["case"]["number"] for item in before} == {slow["number"], own["number"]}
    assert handled["number"] not in {item["case"]["number"] for item in before}
    assert [(item["kind"], item["case"]["number"]) for item in after] == [("OWN_SUBMISSION", own["number"])]


async def test_what_is_late_says_so(town: Town, clock: Clock) -> None:
    people = await cast(town)
    await hand_in(people, by=people.worker, matter=POTHOLE)
    [fresh] = await todays(people.worker)

    clock.advance(timedelta(days=7))

    [late] = await todays(people.worker)
    assert (fresh["isOverdue"], late["isOverdue"]) == (False, True)


async def test_the_community_sees_the_lists_of_its_grids_and_neighbours_see_nothing(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "ACCEPTED", matter=POTHOLE)
    await people.intake.act("caseRequestVerification", case, assignee="GRID_WORKER")
    community = await town.as_(Role.COMMUNITY_WORKER, "320508019044")

    assert [item["case"]["number"] for item in await todays(community)] == [case["number"]]
    assert await todays(await town.as_(Role.GRID_WORKER, NEXT_GRID)) == []
    assert await todays(await town.as_(Role.COMMUNITY_WORKER, "320508019045")) == []


async def test_who_works_no_grid_has_no_list(town: Town) -> None:
    for role, code in ((Role.RESIDENT, "zhang"), (Role.COMMANDER, "32"), (Role.DISPLAY, "320508")):
        answer = await (await town.as_(role, code)).answer(TODAY)
        assert answer.errors[0].original_error.code is Code.FORBIDDEN


async def test_who_works_a_grid_is_told_which_and_others_have_none(town: Town) -> None:
    asked = "{ myGrids { code } }"

    worker = await (await town.as_(Role.GRID_WORKER, GRID)).ask(asked)
    community = await (await town.as_(Role.COMMUNITY_WORKER, GRID[:12])).ask(asked)
    dispatcher = await (await town.as_(Role.DISPATCHER, "320508")).ask(asked)

    assert worker["myGrids"] == [{"code": GRID}]
    assert community["myGrids"] == [{"code": GRID}, {"code": f"{GRID[:12]}002"}]
    assert dispatcher["myGrids"] == []
