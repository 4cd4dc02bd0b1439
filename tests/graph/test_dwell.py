"""How long cases have stood in their links."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from db.vocabulary import Realm, Role
from tests.city import GAS, Town
from tests.stories.walks import bring_to, cast

DWELL = """query ($division: ID!) {
  stageDwell(division: $division) { stage count medianSeconds percentOfLimit } }"""


async def dwell(town: Town, role: Role = Role.DISPLAY, at: str = "3205", realm: Realm = Realm.LIVE) -> Any:
    viewer = await town.as_(role, at, realm)
    found = (await viewer.ask(DWELL, division=town.city.divisions["3205"]))["stageDwell"]
    if found is None:
        return None
    return [(one["stage"], one["count"], one["medianSeconds"], one["percentOfLimit"]) for one in found]


async def test_the_case_in_the_middle_speaks_for_its_link(town: Town) -> None:
    people = await cast(town)
    await bring_to(people, "SUBMITTED", matter=GAS)  # one hour to take it up
    town.clock.advance(timedelta(minutes=50))
    await bring_to(people, "SUBMITTED", matter=GAS)
    town.clock.advance(timedelta(minutes=10))
    await bring_to(people, "SUBMITTED", matter=GAS)
    await bring_to(people, "REGISTERED", matter=GAS)
    town.clock.advance(timedelta(minutes=20))

    assert await dwell(town) == [("INTAKE", 3, 30 * 60, 50), ("DISPATCH", 1, 20 * 60, 33)]


async def test_a_link_whose_middle_case_is_late_is_over_its_limit(town: Town) -> None:
    people = await cast(town)
    await bring_to(people, "IN_PROGRESS", matter=GAS)  # two hours to handle it
    await bring_to(people, "HANDLED", matter=GAS)  # four hours to answer
    town.clock.advance(timedelta(hours=3))

    assert await dwell(town) == [("HANDLING", 1, 3 * 3_600, 150), ("FEEDBACK", 1, 3 * 3_600, 75)]


async def test_an_empty_loop_has_no_dwell_and_realms_do_not_meet(town: Town) -> None:
    await bring_to(await cast(town, Realm.EXERCISE), "SUBMITTED")

    assert await dwell(town) == []
    assert [stage for stage, *_ in await dwell(town, realm=Realm.EXERCISE)] == ["INTAKE"]


async def test_only_who_reads_the_figures_of_a_division_reads_its_dwell(town: Town) -> None:
    assert await dwell(town, Role.RESIDENT, "zhang") is None
    assert await dwell(town, Role.COMMANDER, "320508") is None
