"""What is known of grids: party organisations and coverage, the Safety Outpost programme and its four indicators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from db.catalogue import matters
from db.grid_facts import party_organisations
from db.places import grids
from db.vocabulary import MatterDomain, Realm, Role
from db.vocabulary.grid_facts import GridProgramme, PartyOrganisationKind
from resolvers.fact_files import import_facts
from resolvers.grid_facts import coverage_percent
from tests.city import DISPUTE, GAS, GRIDS, POTHOLE, Town
from tests.stories.walks import DONE, FAR_GRID, GRID, NEXT_GRID, bring_to, cast, hand_in, photo, rows

COVERAGE = """query ($d: ID!) { partyCoverage(division: $d) { rate covered total
  uncovered(first: 2) { totalCount edges { node { code } } } } }"""
OUTPOST = """query ($division: ID, $grid: ID, $from: Date, $to: Date) {
  safetyOutpost(division: $division, grid: $grid, from: $from, to: $to) { cases from to
    firstSensor { numerator denominator rate } mediation { numerator denominator rate }
    defence { numerator denominator rate } window { numerator denominator rate } } }"""


# -- party organisations


async def cover(town: Town, *codes: str) -> None:
    async with town.db.write() as session:
        for code in codes:
            kind = PartyOrganisationKind.GRID_BRANCH
            values = {"grid_id": GRIDS.index(code) + 1, "kind": kind, "name": f"{code}网格党支部"}
            await session.execute(insert(party_organisations).values(**values))


async def coverage(town: Town, division: str = "3205") -> Any:
    wall = await town.as_(Role.DISPLAY, "32")
    return (await wall.ask(COVERAGE, d=town.city.divisions[division]))["partyCoverage"]


async def test_coverage_names_every_grid_that_is_missing(town: Town) -> None:
    await cover(town, GRID, FAR_GRID)
    async with town.db.write() as session:  # a second one of a covered grid covers no other
        second = {"grid_id": 1, "kind": PartyOrganisationKind.MEMBER_HOUSEHOLD, "name": "党员中心户"}
        await session.execute(insert(party_organisations).values(**second))

    found = await coverage(town)

    assert found == {
        "rate": 50.0, "covered": 2, "total": 4,
        "uncovered": {
            "totalCount": 2, "edges": [{"node": {"code": "320508019044002"}}, {"node": {"code": NEXT_GRID}}],
        },
    }  # fmt: skip
    assert (await coverage(town, "320506"))["rate"] == 100.0
    async with town.db.write() as session:  # a grid out of use is not missing
        await session.execute(update(grids).where(grids.c.code != GRID).values(is_active=False))
    assert (await coverage(town))["rate"] == 100.0
    assert (await coverage(town, "320506"))["rate"] is None


@pytest.mark.parametrize(("covered", "total", "rate"), [
    (105_000, 105_000, 100.0), (104_999, 105_000, 99.99), (104_995, 105_000, 99.99), (99_999, 100_000, 99.99),
    (0, 7, 0.0), (1, 3, 33.33), (2, 3, 66.66), (0, 0, None),
])  # fmt: skip
def test_one_grid_of_the_province_missing_is_not_a_hundred_percent(
    covered: int, total: int, rate: float | None
) -> None:
    assert coverage_percent(covered, total) == rate


async def test_who_may_not_read_figures_of_a_place_reads_no_coverage(town: Town) -> None:
    resident, elsewhere = await town.as_(Role.RESIDENT, "zhang"), await town.as_(Role.DISPLAY, "320506")

    for speaker in (resident, elsewhere):
        assert (await speaker.ask(COVERAGE, d=town.city.divisions["3205"]))["partyCoverage"] is None


# -- the programme


async def join(town: Town, *codes: str) -> None:
    async with town.db.write() as session:
        await session.execute(
            update(grids).where(grids.c.code.in_(codes)).values(programme=GridProgramme.SAFETY_OUTPOST)
        )


async def test_a_case_takes_the_tag_of_its_grid_and_keeps_it(town: Town) -> None:
    people = await cast(town)
    before = await hand_in(people)
    await join(town, GRID)
    case, other = await hand_in(people), await hand_in(people, grid=NEXT_GRID)
    see = "query ($id: ID!) { case(id: $id) { programme grid { programme } } }"

    seen = [(await people.leader.ask(see, id=one["id"]))["case"] for one in (before, case, other)]

    assert [one["programme"] for one in seen] == [None, "SAFETY_OUTPOST", None]
    assert [one["grid"]["programme"] for one in seen] == ["SAFETY_OUTPOST", "SAFETY_OUTPOST", None]


async def test_a_case_is_tagged_and_untagged_by_hand(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)

    case = await people.dispatcher.act("caseTag", case, "programme timeline { note }", programme="SAFETY_OUTPOST")

    assert (case["programme"], case["timeline"][-1]["note"]) == ("SAFETY_OUTPOST", "平安前哨")
    before = await rows(town, "idempotency_records")
    assert await people.dispatcher.refused("caseTag", case, programme="SAFETY_OUTPOST") == "INVALID_INPUT"
    assert await people.handler.refused("caseTag", case) == "NOT_FOUND"
    assert await people.worker.refused("caseTag", case) == "FORBIDDEN"
    assert await rows(town, "idempotency_records") == before
    assert (await people.leader.act("caseTag", case, "programme"))["programme"] is None


async def outpost(town: Town, **given: Any) -> Any:
    wall = await town.as_(Role.DISPLAY, "3205")
    return (await wall.ask(OUTPOST, **given))["safetyOutpost"]


async def test_the_four_indicators_come_from_the_tagged_cases_of_a_grid_and_of_a_division(town: Town) -> None:
    people = await cast(town)
    await join(town, GRID, NEXT_GRID)
    async with town.db.write() as session:
        await session.execute(update(matters).where(matters.c.code == GAS).values(domain=MatterDomain.HAZARD))

    await hand_in(people, matter=POTHOLE, by=people.worker)  # problem, first found by grid staff
    await hand_in(people, matter=POTHOLE)  # problem, found by a resident
    duplicate, master = await hand_in(people, matter=POTHOLE), await hand_in(people, matter=POTHOLE, grid=NEXT_GRID)
    await people.intake.act("caseMerge", duplicate, masterId=master["id"])  # counts nowhere
    await hand_in(people, matter=POTHOLE, grid=FAR_GRID)  # no programme there
    own = await hand_in(people, matter=DISPUTE, by=people.worker)  # settled on the spot
    evidence = [{"id": await photo(people.worker), "kind": kind} for kind in ("BEFORE", "AFTER")]
    own = await people.worker.act("caseSelfHandle", own, outcome="RESOLVED", disposition=DONE, evidence=evidence)
    await people.leader.act("caseClose", own)
    await bring_to(people, "CLOSED", matter=DISPUTE)  # settled by a unit of the county
    await hand_in(people, matter=DISPUTE)  # still open
    await bring_to(people, "CLOSED", matter=GAS)  # hazard, resolved
    await hand_in(people, matter=GAS)  # hazard, open
    asked = await hand_in(people, matter=None, kind="SERVICE_REQUEST")
    await people.leader.act("caseRespond", asked, text="请携带身份证")
    await hand_in(people, matter=None, kind="SERVICE_REQUEST", grid=NEXT_GRID)
    withdrawn = await hand_in(people, matter=None, kind="SERVICE_REQUEST")
    await people.resident.act("caseWithdraw", withdrawn)

    division = await outpost(town, division=town.city.divisions["3205"])
    grid = await outpost(town, grid=town.city.grids[GRID])

    assert division == {
        "cases": 10, "from": "2026-03-11", "to": "2026-03-11",
        "firstSensor": {"numerator": 1, "denominator": 5, "rate": 20.0},
        "mediation": {"numerator": 1, "denominator": 2, "rate": 50.0},
        "defence": {"numerator": 1, "denominator": 2, "rate": 50.0},
        "window": {"numerator": 1, "denominator": 2, "rate": 50.0},
    }  # fmt: skip
    assert grid["firstSensor"] == {"numerator": 1, "denominator": 4, "rate": 25.0}
    assert grid["window"] == {"numerator": 1, "denominator": 1, "rate": 100.0}
    assert grid["cases"] == 8
    empty = await outpost(town, grid=town.city.grids[FAR_GRID])
    assert (empty["cases"], empty["mediation"]) == (0, {"numerator": 0, "denominator": 0, "rate": None})
    past = {"from": "2026-03-01", "to": "2026-03-10"}
    assert (await outpost(town, division=town.city.divisions["3205"], **past))["cases"] == 0


async def test_indicators_of_a_grid_are_for_who_works_it_or_answers_for_its_division(town: Town) -> None:
    worker, next_door = await town.as_(Role.GRID_WORKER, GRID), await town.as_(Role.GRID_WORKER, NEXT_GRID)
    played = await town.as_(Role.GRID_WORKER, GRID, Realm.EXERCISE)
    place = town.city.grids[GRID]

    assert (await worker.ask(OUTPOST, grid=place))["safetyOutpost"]["cases"] == 0
    assert (await next_door.ask(OUTPOST, grid=place))["safetyOutpost"] is None
    assert (await played.ask(OUTPOST, grid=place))["safetyOutpost"]["cases"] == 0
    both = await worker.answer(OUTPOST, grid=place, division=town.city.divisions["3205"])
    assert both.errors


async def test_party_organisations_and_programmes_come_in_from_files(town: Town, tmp_path: Path) -> None:
    (tmp_path / "party_organisations.csv").write_text(f"grid_code,kind,name\n{GRID},网格党支部,第一网格党支部\n")
    (tmp_path / "programmes.csv").write_text(f"grid_code,programme\n{GRID},平安前哨\n{NEXT_GRID},SAFETY_OUTPOST\n")
    see = "query ($code: String!) { grid(code: $code) { programme partyOrganisations { kind name } } }"
    resident = await town.as_(Role.RESIDENT, "zhang")

    first = await import_facts(town.db, Realm.LIVE, tmp_path)
    again = await import_facts(town.db, Realm.LIVE, tmp_path)

    assert (first.counts["party_organisations"], first.counts["programmes"]) == ((1, 0, 0), (0, 2, 0))
    assert (again.counts["party_organisations"], again.counts["programmes"]) == ((0, 0, 1), (0, 0, 2))
    assert (await resident.ask(see, code=GRID))["grid"] == {
        "programme": "SAFETY_OUTPOST",
        "partyOrganisations": [{"kind": "GRID_BRANCH", "name": "第一网格党支部"}],
    }
    await import_facts(town.db, Realm.EXERCISE, None)
    assert (await coverage(town, "32"))["rate"] == 100.0
