"""What a division might buy: matters ranked by what their cases say, and the catalogue month by month."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from db.tables import Case, CatalogueItem, ReservedTask
from db.vocabulary import Realm, Role
from schema import ids
from tests.city import DISPUTE, FINE, GAS, POTHOLE, Town, path_of
from tests.conftest import A_WORKING_DAY, Clock
from tests.stories.walks import bring_to, cast, outsourced

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no statement of its own
RATE = "{ numerator denominator percent }"
CANDIDATES = f"""query ($division: ID!, $from: Date, $to: Date) {{
  catalogueCandidates(division: $division, from: $from, to: $to) {{ registered totalCount period {{ from to }}
    candidates {{ matter {{ code }} isListed points reason load {RATE} conflicts {RATE} difficulty {RATE}
      bought {RATE} }} }} }}"""
COVERAGE = f"""query ($division: ID!, $from: Date, $to: Date) {{
  catalogueCoverage(division: $division, from: $from, to: $to) {{ first last matters {RATE} cases {RATE} }} }}"""
DAY = A_WORKING_DAY.date()


async def ask(
    town: Town, document: str, division: str = "3205", role: Role = Role.COMMANDER, at: str = "3205"
) -> Any:
    viewer = await town.as_(role, at)
    given = {"division": town.city.divisions[division], "from": DAY.isoformat(), "to": DAY.isoformat()}
    return next(iter((await viewer.ask(document, **given)).values()))


async def registered(town: Town, matter: str, number: int, **more: Any) -> list[dict[str, Any]]:
    people = await cast(town)
    return [await bring_to(people, "REGISTERED", matter=matter, **more) for _ in range(number)]


async def mark(town: Town, cases: list[dict[str, Any]], **values: Any) -> None:
    """What later steps would have left in these cases."""
    numbers = [ids.number(one["id"], "Case") for one in cases]
    async with town.db.write() as session:
        await session.execute(update(Case).where(Case.__table__.c.id.in_(numbers)).values(**values))


def rate(numerator: int, denominator: int, percent: float | None) -> dict[str, Any]:
    return {"numerator": numerator, "denominator": denominator, "percent": percent}


async def test_matters_are_ranked_by_load_conflicts_and_difficulty_of_their_cases(town: Town) -> None:
    people = await cast(town)
    potholes, gas = await registered(town, POTHOLE, 7), await registered(town, GAS, 5)
    await registered(town, DISPUTE, 4)  # too few to say anything
    await registered(town, FINE, 6)  # an act of authority
    await mark(town, gas[:1], is_confirmed=False)
    await mark(town, gas[1:2], round=2)
    await mark(town, gas[1:3], was_late=True, returns=2)
    await mark(town, potholes[:1], rework_count=1)
    order, _ = await outsourced(people, await bring_to(people, "IN_PROGRESS", matter=POTHOLE))
    gone, _ = await outsourced(people, await bring_to(people, "IN_PROGRESS", matter=POTHOLE))
    await people.handler.do("workOrderCancel", "workOrder { state }", workOrderId=gone, reason="不需要")

    found = await ask(town, CANDIDATES)

    assert (found["registered"], found["totalCount"]) == (24, 2)
    assert found["period"] == {"from": DAY.isoformat(), "to": DAY.isoformat()}
    assert found["candidates"] == [
        {"matter": {"code": GAS}, "isListed": True, "points": 85, "reason": "CONTENTIOUS",
         "load": rate(5, 24, 20.83), "conflicts": rate(2, 5, 40.0), "difficulty": rate(2, 5, 40.0),
         "bought": rate(0, 5, 0.0)},
        {"matter": {"code": POTHOLE}, "isListed": True, "points": 43, "reason": "HEAVY_LOAD",
         "load": rate(9, 24, 37.5), "conflicts": rate(0, 9, 0.0), "difficulty": rate(1, 9, 11.11),
         "bought": rate(1, 9, 11.11)},
    ]  # fmt: skip
    assert order != gone
    county = await ask(town, CANDIDATES, "320506")
    assert (county["registered"], county["candidates"]) == (0, [])


@ON_SQLITE
async def test_what_is_reserved_is_no_candidate_and_what_is_not_listed_says_so(town: Town) -> None:
    await registered(town, POTHOLE, 5)
    await registered(town, GAS, 5)
    async with town.db.write() as session:
        await session.execute(
            update(CatalogueItem)
            .where(CatalogueItem.__table__.c.code == f"G-{POTHOLE}")
            .values(valid_to=DAY - timedelta(days=1))
        )
        for division, matter in (("3205", GAS), ("3201", POTHOLE)):
            number = [POTHOLE, DISPUTE, FINE, GAS].index(matter) + 1
            await session.execute(
                insert(ReservedTask).values(division_code=division, task_kind="", matter_id=number, reason="专营")
            )

    found = await ask(town, CANDIDATES)

    assert [(one["matter"]["code"], one["isListed"]) for one in found["candidates"]] == [(POTHOLE, False)]


async def test_the_catalogue_is_shown_month_by_month_with_the_cases_it_held(town: Town, clock: Clock) -> None:
    async with town.db.write() as session:
        await session.execute(
            update(CatalogueItem)
            .where(CatalogueItem.__table__.c.code == f"G-{GAS}")
            .values(valid_from=date(2026, 4, 15), division_code="320508", path=path_of("320508"))
        )
    await registered(town, POTHOLE, 2)
    await registered(town, GAS, 1)
    await registered(town, FINE, 1)
    clock.now = A_WORKING_DAY + timedelta(days=40)  # 20 April
    await registered(town, GAS, 3)
    commander = await town.as_(Role.COMMANDER, "3205")
    given = {"from": "2026-03-10", "to": "2026-04-20"}

    county = await commander.ask(COVERAGE, division=town.city.divisions["320508"], **given)
    city = await commander.ask(COVERAGE, division=town.city.divisions["3205"], **given)

    assert county["catalogueCoverage"] == [
        {"first": "2026-03-10", "last": "2026-03-31", "matters": rate(2, 3, 66.67), "cases": rate(2, 3, 66.67)},
        {"first": "2026-04-01", "last": "2026-04-20", "matters": rate(3, 3, 100.0), "cases": rate(3, 3, 100.0)},
    ]
    assert [one["cases"]["numerator"] for one in city["catalogueCoverage"]] == [2, 0]


@ON_SQLITE
async def test_only_who_reads_the_figures_of_a_division_reads_them(town: Town) -> None:
    await registered(town, GAS, 5)
    for document in (CANDIDATES, COVERAGE):
        for role, at in (
            (Role.RESIDENT, "zhang"), (Role.PROVIDER_STAFF, "SP-1"), (Role.HANDLER, "320508-CG"),
            (Role.COMMANDER, "320508"), (Role.COMMANDER, "3201"),
        ):  # fmt: skip
            assert await ask(town, document, "3205", role, at) is None
        assert await ask(town, document, "320508", Role.ANALYST, "3205") is not None
    exercise = await town.as_(Role.COMMANDER, "3205", Realm.EXERCISE)
    given = {"division": town.city.divisions["3205"], "from": DAY.isoformat()}
    assert (await exercise.ask(CANDIDATES, **given))["catalogueCandidates"]["registered"] == 0
