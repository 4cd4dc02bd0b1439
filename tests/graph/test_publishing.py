"""Scores with all that they are made of, the quadrant, and periods that nothing moves once they are published."""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from db.cases import cases
from db.tables import AssessmentComponent
from db.vocabulary import CaseOutcome, CaseState, Realm, Role
from resolvers.duties import DUTIES
from resolvers.importing import SHIPPED_ASSESSMENT, import_assessment
from resolvers.timers import Timers
from tests.city import GRIDS, Speaker, Town
from tests.conftest import A_WORKING_DAY
from tests.rows import case_row, write_cases, write_tianmen
from tests.stories.walks import GRID, UNIT, bring_to, cast, rows

ASSESSMENT = """query ($subject: AssessmentSubjectInput!, $scheme: String!, $from: Date, $to: Date) {
  assessment(subject: $subject, scheme: $scheme, from: $from, to: $to) {
    score band version isPublished publishedAt
    components { indicator value numerator denominator score weight peersCap }
    declaredResolutionRate { percent } confirmedResolutionRate { percent }
    rawCounts { submittedByStaff discoveryCount duplicates suspectedSplits invalid submitted registered problemsDue
      declaredResolved confirmedAnswered confirmedResolved unanswered } } }"""
BOARD = """query ($scheme: String!, $division: ID, $level: DivisionLevel, $from: Date, $to: Date) {
  assessments(scheme: $scheme, division: $division, level: $level, from: $from, to: $to) {
    medianDiscoveryCount medianResolutionPercent dots { discoveryCount resolutionPercent suspectedUnderreporting
      hasSuspectedSplits assessment { subject { division { code } } isPublished rawCounts { discoveryCount submitted
        problemsDue declaredResolved } } } } }"""
PUBLISHED = "publication { schemeCode schemeVersion results period { from to } division { code } }"
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
DUAL, URBAN = "JIANGSU_DUAL", "URBAN_STANDARD"
WORKER = f"GRID_WORKER:{GRID}"
CLOSED = {
    "state": CaseState.CLOSED, "closed_at": A_WORKING_DAY, "outcome": CaseOutcome.RESOLVED,
    "submitted_at": A_WORKING_DAY - timedelta(days=40),
}  # fmt: skip


@pytest.fixture
async def ruled(town: Town) -> Town:
    """A city that has imported the shipped rules and schemes."""
    assert (await import_assessment(town.db)).errors == ()
    return town


async def assessment(speaker: Speaker, scheme: str = DUAL, **subject: str) -> Any:
    return (await speaker.ask(ASSESSMENT, subject=subject, scheme=scheme, **MARCH))["assessment"]


async def board(speaker: Speaker, **more: Any) -> Any:
    return (await speaker.ask(BOARD, scheme=DUAL, **MARCH, **more))["assessments"]


def found(number: int, grid: str = GRID, by: str = WORKER) -> list[dict[str, Any]]:
    """Discoveries an hour apart."""
    return [case_row(grid, found_by=by, submitted_at=A_WORKING_DAY + timedelta(hours=hour)) for hour in range(number)]


async def write_march(town: Town) -> None:
    """Gusu finds four and a piece of one and solves half; Wuzhong finds three."""
    piece = case_row(GRID, found_by=WORKER, submitted_at=A_WORKING_DAY + timedelta(minutes=5))
    solved = case_row(GRID, is_confirmed=True, responsible_unit_id=1, **CLOSED)
    explained = case_row(GRID, responsible_unit_id=1, **CLOSED | {"outcome": CaseOutcome.EXPLAINED})
    mine = [*found(4), piece, solved, explained]
    await write_cases(town.db, mine + found(3, GRIDS[3], "GRID_WORKER:other"))


# -- scores


async def test_a_score_shows_every_number_it_is_made_of(ruled: Town) -> None:
    await write_march(ruled)
    commander = await ruled.as_(Role.COMMANDER, "3205")

    one = await assessment(commander, division=ruled.city.divisions["320508"])

    assert [tuple(part.values()) for part in one["components"]] == [
        ("DECLARED_RESOLUTION_RATE", 50.0, 1, 2, 50.0, 20, None),
        ("CONFIRMED_RESOLUTION_RATE", 100.0, 1, 1, 100.0, 20, None),
        ("ON_TIME_CLOSURE_RATE", 100.0, 2, 2, 100.0, 10, None),
        ("DISCOVERIES_PER_1000", 1.78, 4, 3 * 750, 35.6, 50, 4.0),  # 1.78 of 4 per 1,000, four fifths of it valid
    ]
    assert (one["score"], one["band"], one["version"], one["isPublished"]) == (57.8, "D", 1, False)
    assert one["rawCounts"] == {
        "submittedByStaff": 5, "discoveryCount": 4, "duplicates": 0, "suspectedSplits": 1, "invalid": 0,
        "submitted": 5, "registered": 0, "problemsDue": 2, "declaredResolved": 1, "confirmedAnswered": 1,
        "confirmedResolved": 1, "unanswered": 1,
    }  # fmt: skip


async def test_the_published_bulletin_scored_by_the_urban_standard(ruled: Town) -> None:
    await write_tianmen(ruled.db)
    commander = await ruled.as_(Role.COMMANDER, "3205")

    one = await assessment(commander, URBAN, division=ruled.city.divisions["3205"])

    assert [(part["indicator"], part["value"], part["score"]) for part in one["components"]] == [
        ("PUBLIC_SUBMISSION_RATE", 4.32, 95.68),
        ("REGISTERED_PER_GRID", 249.0, 0.0),
        ("CLOSURE_RATE", 93.72, 93.72),
        ("ON_TIME_CLOSURE_RATE", 75.82, 75.82),
    ]
    assert (one["score"], one["band"]) == (68.01, "C")


async def test_finding_more_raises_the_score_although_more_is_open(ruled: Town) -> None:
    await write_march(ruled)
    commander = await ruled.as_(Role.COMMANDER, "3205")
    place = {"division": ruled.city.divisions["320508"]}
    open_cases = "{ cases(first: 1, filter: {isOpen: true}) { totalCount } }"
    before, open_before = await assessment(commander, **place), await commander.ask(open_cases)

    await write_cases(ruled.db, found(3, GRIDS[2], "COMMUNITY:1"))

    after, open_after = await assessment(commander, **place), await commander.ask(open_cases)
    assert after["score"] > before["score"]
    assert open_after["cases"]["totalCount"] == open_before["cases"]["totalCount"] + 3


async def test_pieces_and_duplicates_cost_instead_of_earning(ruled: Town) -> None:
    await write_march(ruled)
    commander = await ruled.as_(Role.COMMANDER, "3205")
    place = {"division": ruled.city.divisions["320508"]}
    before = await assessment(commander, **place)

    pieces = [
        case_row(GRID, found_by=WORKER, submitted_at=A_WORKING_DAY + timedelta(minutes=6 + n)) for n in range(5)
    ]
    double = case_row(GRIDS[1], found_by=WORKER, state=CaseState.MERGED, outcome=CaseOutcome.DUPLICATE)
    await write_cases(ruled.db, [*pieces, double])

    after = await assessment(commander, **place)
    assert after["score"] < before["score"]
    assert [after["rawCounts"][name] for name in ("discoveryCount", "suspectedSplits", "duplicates")] == [4, 6, 1]


async def test_a_worker_is_compared_with_peers_and_reads_it(ruled: Town) -> None:
    await write_march(ruled)
    await write_cases(ruled.db, found(8, GRIDS[2], "GRID_WORKER:diligent"))
    worker = await ruled.as_(Role.GRID_WORKER, GRID)

    mine = await assessment(worker, worker="me")

    discovery = mine["components"][3]
    assert (discovery["indicator"], discovery["value"], discovery["peersCap"]) == ("DISCOVERY_COUNT", 4.0, 8.0)
    assert (discovery["score"], mine["score"]) == (40.0, 40.0)  # nothing was due: discovery counts alone
    assert await assessment(worker, worker="GRID_WORKER:diligent") is None
    assert await assessment(worker, URBAN, worker="me") is None


async def test_grids_are_compared_with_grids_and_departments_are_not_asked_to_find(ruled: Town) -> None:
    await write_march(ruled)
    worker, handler = await ruled.as_(Role.GRID_WORKER, GRID), await ruled.as_(Role.HANDLER, UNIT)

    grid = await assessment(worker, grid=ruled.city.grids[GRID])
    unit = await assessment(handler, department=ruled.city.departments[UNIT])

    assert (grid["components"][3]["value"], grid["components"][3]["peersCap"]) == (5.33, 5.33)
    assert [part["indicator"] for part in unit["components"]] == [
        "DECLARED_RESOLUTION_RATE", "CONFIRMED_RESOLUTION_RATE", "ON_TIME_CLOSURE_RATE"
    ]  # fmt: skip
    assert (unit["score"], unit["rawCounts"]["problemsDue"]) == (80.0, 2)  # 0.4 * 50 + 0.4 * 100 + 0.2 * 100
    assert await assessment(handler, department=ruled.city.departments["320508-ZJ"]) is None


async def test_a_city_where_nothing_happened_has_no_score(ruled: Town) -> None:
    wall = await ruled.as_(Role.DISPLAY, "3205")

    one = await assessment(wall, URBAN, division=ruled.city.divisions["320506"])

    assert [part["score"] for part in one["components"]] == [None, 100.0, None, None]
    assert await assessment(wall, "NO_SUCH", division=ruled.city.divisions["320506"]) is None


async def test_schemes_can_be_read_with_their_evidence(ruled: Town) -> None:
    wall = await ruled.as_(Role.DISPLAY, "3205")

    data = await wall.ask(
        "{ assessmentSchemes { code version bands { name leastScore } components { subject weight evidence } } }"
    )

    assert [(one["code"], one["version"]) for one in data["assessmentSchemes"]] == [
        (DUAL, 2), (DUAL, 1), ("URBAN_DISPATCH", 1), ("URBAN_PATROL", 1), ("URBAN_SHIFT", 1), (URBAN, 1)
    ]  # fmt: skip
    assert {str(one["bands"][0]) for one in data["assessmentSchemes"]} == {"{'name': 'A', 'leastScore': 90}"}
    assert all(part["evidence"].startswith("[") for one in data["assessmentSchemes"] for part in one["components"])


# -- the quadrant


async def test_the_quadrant_names_who_finds_little_and_solves_all(ruled: Town) -> None:
    solved, explained = case_row(GRIDS[3], **CLOSED), case_row(GRID, **CLOSED | {"outcome": CaseOutcome.EXPLAINED})
    await write_cases(ruled.db, [*found(4), solved, explained, case_row(GRID, **CLOSED)])
    wall = await ruled.as_(Role.DISPLAY, "3205")

    counties = await board(wall)
    townships = await board(wall, level="TOWNSHIP")

    def shown(one: dict[str, Any]) -> tuple[Any, ...]:
        return one["discoveryCount"], one["resolutionPercent"], one["suspectedUnderreporting"]

    assert (counties["medianDiscoveryCount"], counties["medianResolutionPercent"]) == (2.0, 75.0)
    assert [shown(one) for one in counties["dots"]] == [(0, 100.0, True), (4, 50.0, False)]
    codes = [one["assessment"]["subject"]["division"]["code"] for one in townships["dots"]]
    assert codes == ["320506001", "320508019"]
    assert [shown(one) for one in townships["dots"]] == [shown(one) for one in counties["dots"]]


async def test_a_dot_with_pieces_is_hollow(ruled: Town) -> None:
    await write_march(ruled)
    wall = await ruled.as_(Role.DISPLAY, "3205")

    dots = (await board(wall))["dots"]

    assert [one["hasSuspectedSplits"] for one in dots] == [False, True]


async def test_the_children_of_a_board_add_up_to_their_division(ruled: Town) -> None:
    await write_march(ruled)
    wall = await ruled.as_(Role.DISPLAY, "3205")

    whole = (await assessment(wall, division=ruled.city.divisions["3205"]))["rawCounts"]

    for level in ("COUNTY", "TOWNSHIP", "COMMUNITY"):
        dots = (await board(wall, level=level))["dots"]
        for name in ("discoveryCount", "submitted", "problemsDue", "declaredResolved"):
            assert sum(one["assessment"]["rawCounts"][name] for one in dots) == whole[name] > 0, (level, name)


async def test_a_board_of_another_county_is_not_there(ruled: Town) -> None:
    for role, code in ((Role.DISPLAY, "320506"), (Role.RESIDENT, "zhang"), (Role.HANDLER, UNIT)):
        stranger = await ruled.as_(role, code)

        assert await board(stranger, division=ruled.city.divisions["320508"]) is None


# -- publishing


async def publish(speaker: Speaker, division: str, **more: Any) -> Any:
    given = {"scheme": DUAL, "division": division} | MARCH | more
    return await speaker.do("assessmentPublish", PUBLISHED, **given)


async def test_a_published_period_is_moved_by_nothing(ruled: Town) -> None:
    people = await cast(ruled)
    await write_march(ruled)
    case = await bring_to(people, "CLOSED", by=people.resident)
    city = ruled.city
    ruled.clock.advance(timedelta(days=21))  # the first of April

    payload = await publish(people.commander, city.divisions["320508"])

    assert payload == {
        "publication": {
            "schemeCode": DUAL, "schemeVersion": 1, "period": {"from": "2026-03-01", "to": "2026-03-31"},
            "results": 1 + 1 + 2 + 2 + 3 + 1,  # county, township, communities, departments, grids, worker
            "division": {"code": "320508"},
        },
        "userErrors": [],
    }  # fmt: skip
    subjects = [
        {"division": city.divisions["320508"]}, {"division": city.divisions["320508019044"]},
        {"grid": city.grids[GRID]}, {"department": city.departments[UNIT]}, {"worker": WORKER},
    ]  # fmt: skip
    before = [await assessment(people.commander, **subject) for subject in subjects]
    assert all(one["isPublished"] and one["publishedAt"].startswith("2026-04-01") for one in before)

    async with ruled.db.write() as session:  # everything that counted is turned round
        await session.execute(update(cases).values(outcome=CaseOutcome.EXPLAINED, is_discovery=False, was_late=True))
        await session.execute(update(AssessmentComponent).values(weight=1))

    assert [await assessment(people.commander, **subject) for subject in subjects] == before
    unpublished = await assessment(people.commander, division=city.divisions["3205"])
    assert (unpublished["isPublished"], unpublished["rawCounts"]["declaredResolved"]) == (False, 0)
    assert case["state"] == "CLOSED"


async def test_a_case_leaves_the_last_link_once_its_period_is_published(ruled: Town) -> None:
    people = await cast(ruled)
    case = await bring_to(people, "CLOSED", by=people.resident)
    later = await bring_to(people, "HANDLED", by=people.resident)
    ruled.clock.advance(timedelta(days=21))  # the first of April
    later = await people.leader.act("caseClose", await people.leader.act("caseRespond", later, text="已修好。"))
    look = "query ($id: ID!) { case(id: $id) { state stage version timeline { action actorRole } } }"
    timers = Timers(ruled.db, ruled.clock, duties=DUTIES)

    async def seen(one: Any) -> Any:
        await timers.act()
        return (await people.leader.ask(look, id=one["id"]))["case"]

    before = await seen(case)
    await publish(people.commander, ruled.city.divisions["320508"])
    after, again = await seen(case), await seen(case)
    confirmed = await people.resident.act("caseConfirm", case | {"version": after["version"]}, isSolved=True)

    assert before["stage"] == "EVALUATION"
    assert (after["state"], after["stage"], after["version"]) == ("CLOSED", None, before["version"] + 1)
    assert after["timeline"][-1] == {"action": "EVALUATE", "actorRole": "SYSTEM"}
    assert again == after and (await seen(confirmed))["stage"] is None
    assert (await seen(later))["stage"] == "EVALUATION"  # closed in April, which nobody has published


async def test_a_new_version_of_a_scheme_leaves_older_periods_alone(ruled: Town, tmp_path: Path) -> None:
    await write_march(ruled)
    commander = await ruled.as_(Role.COMMANDER, "3205")
    place = {"division": ruled.city.divisions["320508"]}
    before = await assessment(commander, **place)
    shutil.copy(SHIPPED_ASSESSMENT / "assessment_rules.csv", tmp_path)
    (tmp_path / "assessment_schemes.csv").write_text(
        "code,version,name,valid_from,bands,evidence\nJIANGSU_DUAL,2,新版,2026-03-02,A:0,样例\n", "utf-8"
    )
    (tmp_path / "assessment_components.csv").write_text(
        "scheme_code,scheme_version,subject_kind,indicator,weight,method,steps,evidence\n"
        "JIANGSU_DUAL,2,DIVISION,DECLARED_RESOLUTION_RATE,100,RATE,,样例\n", "utf-8",
    )  # fmt: skip

    assert (await import_assessment(ruled.db, tmp_path)).errors == ()

    assert await assessment(commander, **place) == before
    later = await commander.ask(ASSESSMENT, subject=place, scheme=DUAL, **{"from": "2026-03-02", "to": "2026-03-31"})
    assert (later["assessment"]["version"], later["assessment"]["score"]) == (2, 50.0)


async def test_what_a_county_has_published_its_prefecture_does_not_change(ruled: Town) -> None:
    await write_march(ruled)
    commander = await ruled.as_(Role.COMMANDER, "3205")
    city = ruled.city
    ruled.clock.advance(timedelta(days=21))
    await publish(commander, city.divisions["320508"])
    place = {"division": city.divisions["320508"]}
    before = await assessment(commander, **place)

    await write_cases(ruled.db, found(9, GRIDS[2], "GRID_WORKER:late"))
    payload = await publish(commander, city.divisions["3205"])

    assert payload["userErrors"] == []
    assert await assessment(commander, **place) == before
    prefecture = await assessment(commander, division=city.divisions["3205"])
    assert (prefecture["isPublished"], prefecture["rawCounts"]["discoveryCount"]) == (True, 4 + 3 + 9)
    dots = (await board(commander))["dots"]
    assert [(one["discoveryCount"], one["assessment"]["isPublished"]) for one in dots] == [(3, True), (4, True)]


async def refusal(town: Town, speaker: Speaker, division: str, **more: Any) -> str:
    """The code of a publication that must be refused, and that nothing was written or announced."""
    without = ("idempotency_records",)
    before = await rows(town, *without)
    payload = await publish(speaker, division, **more)
    assert payload["publication"] is None
    assert await rows(town, *without) == before
    [error] = payload["userErrors"]
    return str(error["code"])


async def test_a_period_is_published_once_by_its_commander_when_it_is_over(ruled: Town) -> None:
    city = ruled.city
    gusu, wuzhong = city.divisions["320508"], city.divisions["320506"]
    commander = await ruled.as_(Role.COMMANDER, "320508")
    assert await refusal(ruled, commander, gusu) == "PERIOD_NOT_OVER"
    ruled.clock.advance(timedelta(days=21))

    assert await refusal(ruled, commander, wuzhong) == "NOT_FOUND"
    assert await refusal(ruled, commander, "no-such-id") == "NOT_FOUND"
    assert await refusal(ruled, commander, gusu, scheme="NO_SUCH") == "NOT_FOUND"
    assert await refusal(ruled, commander, gusu, **{"from": "2026-04-01"}) == "INVALID_INPUT"
    for role in (Role.ANALYST, Role.DISPLAY, Role.SHIFT_LEADER):
        assert await refusal(ruled, await ruled.as_(role, "320508"), gusu) == "FORBIDDEN"
    same = {"idempotencyKey": "publish-march"}
    first = await publish(commander, gusu, **same)
    assert first["userErrors"] == [] and await publish(commander, gusu, **same) == first
    assert await refusal(ruled, commander, gusu) == "ALREADY_PUBLISHED"
    assert (await publish(commander, gusu, scheme=URBAN))["userErrors"] == []


async def test_a_rehearsed_publication_publishes_nothing_real(ruled: Town) -> None:
    rehearsal = await ruled.as_(Role.COMMANDER, "320508", Realm.EXERCISE)
    commander = await ruled.as_(Role.COMMANDER, "320508")
    gusu = ruled.city.divisions["320508"]
    ruled.clock.advance(timedelta(days=21))

    await publish(rehearsal, gusu)

    assert (await assessment(rehearsal, division=gusu))["isPublished"]
    assert not (await assessment(commander, division=gusu))["isPublished"]


async def test_publications_are_listed_for_those_who_read_the_division(ruled: Town) -> None:
    commander = await ruled.as_(Role.COMMANDER, "3205")
    ruled.clock.advance(timedelta(days=21))
    for code in ("320508", "320506", "3205"):
        await publish(commander, ruled.city.divisions[code])
    listed = """query ($d: ID, $after: PageCursor) { assessmentPublications(division: $d, first: 2, after: $after) {
      edges { node { division { code } } } pageInfo { hasNextPage endCursor } } }"""

    async def codes(speaker: Speaker, **more: Any) -> list[str]:
        found = (await speaker.ask(listed, **more))["assessmentPublications"]
        here = [edge["node"]["division"]["code"] for edge in found["edges"]]
        if found["pageInfo"]["hasNextPage"]:
            return here + await codes(speaker, **more | {"after": found["pageInfo"]["endCursor"]})
        return here

    gusu = await ruled.as_(Role.ANALYST, "320508")
    assert await codes(commander) == ["3205", "320506", "320508"]
    assert await codes(commander, d=ruled.city.divisions["320506"]) == ["320506"]
    assert await codes(gusu) == ["320508"]
    assert await codes(gusu, d=ruled.city.divisions["3205"]) == []
    assert await codes(await ruled.as_(Role.RESIDENT, "zhang")) == []


async def test_of_two_who_publish_at_once_one_has_published(ruled: Town) -> None:
    await write_march(ruled)
    speakers = [await ruled.as_(Role.COMMANDER, code) for code in ("320508", "3205")]
    ruled.clock.advance(timedelta(days=21))

    answers = await asyncio.gather(*(publish(one, ruled.city.divisions["320508"]) for one in speakers))

    errors = [error["code"] for answer in answers for error in answer["userErrors"]]
    assert errors == ["ALREADY_PUBLISHED"]
    assert sum(answer["publication"] is not None for answer in answers) == 1
    kept = await rows(ruled)
    assert (len(kept["assessment_publications"]), len(kept["assessment_results"])) == (1, 10)
