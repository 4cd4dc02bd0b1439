"""Indicators and assessments as those who may read them see them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import CaseOutcome, CaseState, Realm, Role
from resolvers.importing import import_assessment
from tests.city import DISPUTE, GRIDS, POTHOLE, Speaker, Town
from tests.conftest import A_WORKING_DAY
from tests.rows import case_row, write_cases
from tests.stories.walks import GRID, NEXT_GRID, UNIT, bring_to, cast, hand_in

INDICATOR = """query ($code: IndicatorCode!, $subject: AssessmentSubjectInput!, $from: Date, $to: Date) {
  indicator(code: $code, subject: $subject, from: $from, to: $to) {
    value numerator denominator excluded { reason count } } }"""
BEHIND = """query ($code: IndicatorCode!, $subject: AssessmentSubjectInput!, $of: IndicatorSet!,
    $reason: ExclusionReason, $first: Int!, $after: PageCursor) {
  indicator(code: $code, subject: $subject) { cases(of: $of, reason: $reason, first: $first, after: $after) {
    totalCount edges { node { id } } pageInfo { hasNextPage endCursor } } } }"""


@pytest.fixture
async def ruled(town: Town) -> Town:
    """A city that has imported the shipped rules and schemes."""
    assert (await import_assessment(town.db)).errors == ()
    return town


async def indicator(speaker: Speaker, code: str, **subject: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = (await speaker.ask(INDICATOR, code=code, subject=subject))["indicator"]
    return found


async def rate(speaker: Speaker, code: str, **subject: str) -> tuple[int, int]:
    found = await indicator(speaker, code, **subject)
    assert found is not None
    return found["numerator"], found["denominator"]


async def test_nothing_to_divide_by_is_null_and_not_zero(ruled: Town) -> None:
    commander = await ruled.as_(Role.COMMANDER, "3205")

    found = await indicator(commander, "CLOSURE_RATE", division=ruled.city.divisions["3205"])

    assert found == {"value": None, "numerator": 0, "denominator": 0, "excluded": []}


async def test_not_solved_lowers_the_confirmed_rate_and_reopening_the_declared_one(ruled: Town) -> None:
    people = await cast(ruled)
    place = {"division": ruled.city.divisions["320508"]}
    first, second = await bring_to(people, "CLOSED"), await bring_to(people, "CLOSED")
    first = await people.resident.act("caseConfirm", first, isSolved=True)

    before = [
        await indicator(people.commander, f"{kind}_RESOLUTION_RATE", **place) for kind in ("DECLARED", "CONFIRMED")
    ]
    second = await people.resident.act("caseConfirm", second, isSolved=False)
    judged = [await rate(people.commander, f"{kind}_RESOLUTION_RATE", **place) for kind in ("DECLARED", "CONFIRMED")]
    second = await people.resident.act("caseRequestReopen", second, reason="又坏了")
    second = await people.leader.act("caseReopen", second, reason="确未解决")
    reopened = [
        await rate(people.commander, f"{kind}_RESOLUTION_RATE", **place) for kind in ("DECLARED", "CONFIRMED")
    ]

    assert before == [
        {"value": 100.0, "numerator": 2, "denominator": 2, "excluded": []},
        {"value": 100.0, "numerator": 1, "denominator": 1, "excluded": [{"reason": "UNANSWERED", "count": 1}]},
    ]
    assert judged == [(2, 2), (1, 2)]
    assert reopened == [(1, 2), (1, 2)]


async def test_settled_on_the_spot_counts_as_found_and_as_solved(ruled: Town) -> None:
    people = await cast(ruled)
    place = {"grid": ruled.city.grids[GRID]}
    case = await hand_in(people, by=people.worker, matter=POTHOLE)
    closed = {"state": CaseState.CLOSED, "closed_at": A_WORKING_DAY, "outcome": CaseOutcome.RESOLVED}

    await write_cases(
        ruled.db, [case_row(GRID, found_by="GRID_WORKER:x", is_self_handled=True, matter_id=2, **closed)]
    )

    assert case["state"] == "SUBMITTED"
    assert await rate(people.worker, "DISCOVERY_COUNT", **place) == (2, 2)
    assert await rate(people.worker, "DECLARED_RESOLUTION_RATE", **place) == (1, 1)


async def test_a_figure_opens_to_its_rows_page_by_page(ruled: Town) -> None:
    people = await cast(ruled)
    there = [(await hand_in(people, by=people.worker, matter=matter))["id"] for matter in (POTHOLE, DISPUTE, None)]
    piece = (await hand_in(people, by=people.worker, matter=POTHOLE))["id"]
    question = {"code": "DISCOVERY_COUNT", "subject": {"division": ruled.city.divisions["320508"]}}

    async def page(of: str, first: int = 2, **more: Any) -> dict[str, Any]:
        data = await people.leader.ask(BEHIND, of=of, first=first, **question, **more)
        found: dict[str, Any] = data["indicator"]["cases"]
        return found

    newest = await page("NUMERATOR")
    oldest = await page("NUMERATOR", after=newest["pageInfo"]["endCursor"])
    left_out = await page("EXCLUDED", reason="SPLIT")

    assert newest["totalCount"] == 3
    found = [edge["node"]["id"] for one in (newest, oldest) for edge in one["edges"]]
    assert found == there[::-1]
    assert [edge["node"]["id"] for edge in left_out["edges"]] == [piece]
    assert (await page("EXCLUDED", reason="DUPLICATE"))["totalCount"] == 0


async def test_registered_per_grid_and_discoveries_per_thousand_say_what_they_divide_by(ruled: Town) -> None:
    people = await cast(ruled)
    place = {"division": ruled.city.divisions["320508"]}
    await bring_to(people, "REGISTERED")
    await hand_in(people, by=people.worker)

    assert await indicator(people.leader, "REGISTERED_PER_GRID", **place) == {
        "value": 0.33, "numerator": 1, "denominator": 3, "excluded": []
    }  # fmt: skip
    assert await indicator(people.leader, "DISCOVERIES_PER_1000", **place) == {
        "value": 0.44, "numerator": 1, "denominator": 3 * 750, "excluded": []
    }  # fmt: skip
    behind = [
        (await people.leader.ask(BEHIND, code="REGISTERED_PER_GRID", subject=place, of=of, first=5))["indicator"]
        for of in ("NUMERATOR", "DENOMINATOR")
    ]
    assert [one["cases"]["totalCount"] for one in behind] == [1, 0]


async def test_an_exercise_leaves_the_real_figures_alone(ruled: Town) -> None:
    rehearsal = await cast(ruled, Realm.EXERCISE)
    await bring_to(rehearsal, "CLOSED")
    place = {"division": ruled.city.divisions["3205"]}
    people = await cast(ruled)

    for code in ("CLOSURE_RATE", "REGISTRATION_RATE", "DISCOVERY_COUNT", "PUBLIC_SUBMISSION_RATE"):
        assert await rate(people.commander, code, **place) == (0, 0), code
    assert await rate(rehearsal.commander, "REGISTRATION_RATE", **place) == (1, 1)


async def test_the_rate_from_the_tallies_is_the_rate_of_the_rows(ruled: Town) -> None:
    people = await cast(ruled)
    place = {"division": ruled.city.divisions["320508"]}
    for state in ("SUBMITTED", "REGISTERED", "CLOSED", "ACCEPTED"):
        await bring_to(people, state)

    counted = await rate(people.leader, "REGISTRATION_RATE", **place)

    behind = [
        (await people.leader.ask(BEHIND, code="REGISTRATION_RATE", subject=place, of=of, first=9))["indicator"][
            "cases"
        ]
        for of in ("NUMERATOR", "DENOMINATOR")
    ]
    assert tuple(one["totalCount"] for one in behind) == counted == (2, 4)


READERS = [
    (Role.COMMANDER, "3205", {"division", "grid", "department", "worker"}),
    (Role.ANALYST, "320508", {"division", "grid", "department", "worker"}),
    (Role.DISPLAY, "320508", {"division", "grid", "department"}),
    (Role.COMMUNITY_WORKER, "320508", {"division", "grid", "department"}),
    (Role.GRID_WORKER, GRID, {"grid", "worker"}),
    (Role.GRID_WORKER, NEXT_GRID, set()),
    (Role.HANDLER, UNIT, {"department"}),
    (Role.HANDLER, "320508-ZJ", set()),
    (Role.COMMANDER, "320506", set()),
    (Role.RESIDENT, "zhang", set()),
    (Role.PROVIDER_STAFF, "SP-1", set()),
    (Role.SYSTEM_ADMIN, "32", set()),
]


@pytest.mark.parametrize(
    ("role", "code", "readable"), READERS, ids=lambda part: part if isinstance(part, str) else ""
)
async def test_who_may_read_whose_figures(ruled: Town, role: Role, code: str, readable: set[str]) -> None:
    people = await cast(ruled)
    await hand_in(people, by=people.worker)
    city = ruled.city
    subjects = {
        "division": city.divisions["320508"],
        "grid": city.grids[GRID],
        "department": city.departments[UNIT],
        "worker": f"GRID_WORKER:{GRID}",
    }
    reader = await ruled.as_(role, code)

    found = {kind for kind, one in subjects.items() if await indicator(reader, "DISCOVERY_COUNT", **{kind: one})}

    assert found == readable


async def test_only_staff_are_ever_assessed_by_account(ruled: Town) -> None:
    people = await cast(ruled)
    await hand_in(people)
    commander = await ruled.as_(Role.COMMANDER, "3205")

    assert await indicator(commander, "DISCOVERY_COUNT", worker="RESIDENT:zhang") is None
    assert await indicator(people.resident, "DISCOVERY_COUNT", worker="me") is None
    assert await indicator(people.worker, "DISCOVERY_COUNT", worker="me") == {
        "value": 0.0, "numerator": 0, "denominator": 0, "excluded": []
    }  # fmt: skip


async def test_a_worker_of_two_counties_is_read_by_each_county_for_its_own_part(ruled: Town) -> None:
    account = "GRID_WORKER:320508019044001"
    day = {"submitted_at": A_WORKING_DAY - timedelta(hours=1)}
    here, there = GRIDS[0], GRIDS[3]
    rows = [
        case_row(grid, found_by=account, matter_id=matter, **day)
        for grid, matter in ((here, 1), (here, 2), (there, 1))
    ]
    await write_cases(ruled.db, rows)

    counts = [
        await rate(await ruled.as_(Role.COMMANDER, code), "DISCOVERY_COUNT", worker=account)
        for code in ("320508", "320506", "3205")
    ]

    assert counts == [(2, 2), (1, 1), (3, 3)]
    own = await ruled.as_(Role.GRID_WORKER, GRID)
    assert await rate(own, "DISCOVERY_COUNT", worker="me") == (3, 3)


@pytest.mark.parametrize("subject", [{}, {"worker": "me", "grid": "x"}])
async def test_one_subject_is_asked_for_and_no_other_number(ruled: Town, subject: dict[str, str]) -> None:
    commander = await ruled.as_(Role.COMMANDER, "3205")

    answer = await commander.answer(INDICATOR, code="CLOSURE_RATE", subject=subject)

    assert "expected one subject" in str(answer.errors[0].original_error.values)
