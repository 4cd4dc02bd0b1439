"""Composite scores of patrol officers, shift leaders and dispatch desks, with numbers that can be checked by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import CaseAction, CaseSource, CaseState, ClockKind, Role
from resolvers.importing import import_assessment
from tests.city import Town
from tests.conftest import A_WORKING_DAY
from tests.rows import case_row, days, write_cases
from tests.traces import Trace, step, stopped, survey, write_traces

ASSESSMENT = """query ($subject: AssessmentSubjectInput!, $scheme: String!, $from: Date!, $to: Date!) {
  assessment(subject: $subject, scheme: $scheme, from: $from, to: $to) { score band version
    components { indicator value numerator denominator weight } } }"""
OFFICER = "PATROL_OFFICER:320508"


@pytest.fixture
async def ruled(town: Town) -> Town:
    assert (await import_assessment(town.db)).errors == ()
    return town


async def scored(town: Town, scheme: str, **subject: str) -> Any:
    commander = await town.as_(Role.COMMANDER, "320508")
    variables = {"subject": subject, "scheme": scheme, "from": "2026-03-01", "to": "2026-03-31"}
    return (await commander.ask(ASSESSMENT, **variables))["assessment"]


def parts(found: Any) -> list[tuple[str, int, int]]:
    return [(one["indicator"], one["numerator"], one["denominator"]) for one in found["components"]]


def done(case: int, kind: ClockKind, action: CaseAction, *, late: bool = False, by: str = OFFICER) -> list[Trace]:
    at = A_WORKING_DAY + timedelta(minutes=case)
    made = step(case, action, at, by=by)
    made.values["actor_role"] = Role(by.partition(":")[0])
    return [stopped(case, kind, at, late=late), made]


async def test_a_patrol_officer_by_what_they_found_verified_and_checked(ruled: Town) -> None:
    mine = {"submitter_key": OFFICER, "submitter_role": Role.PATROL_OFFICER, "source": CaseSource.PATROL}
    found = [case_row(is_discovery=True, submitted_at=A_WORKING_DAY + days(n), **mine) for n in range(9)]
    void = case_row(is_discovery=True, state=CaseState.VOIDED, **mine)
    others = [case_row() for _ in range(7)]
    ids = await write_cases(ruled.db, [*found, void, *others])
    verified = [done(10 + n, ClockKind.VERIFY, CaseAction.VERIFY, late=n == 0) for n in range(4)]
    checked = [done(14 + n, ClockKind.CHECK, CaseAction.CHECK, late=n == 0) for n in range(2)]
    by_another = done(16, ClockKind.CHECK, CaseAction.CHECK, late=True, by="GRID_WORKER:320508019044001")
    await write_traces(ruled.db, ids, [trace for some in (*verified, *checked, by_another) for trace in some])

    one = await scored(ruled, "URBAN_PATROL", worker=OFFICER)

    assert parts(one) == [
        ("VALID_SUBMISSION_RATE", 9, 10), ("ON_TIME_VERIFICATION_RATE", 3, 4), ("ON_TIME_CHECK_RATE", 1, 2)
    ]  # fmt: skip
    assert (one["score"], one["band"]) == (76.25, "B")  # 90 x 50 % + 75 x 25 % + 50 x 25 %


async def test_a_shift_leader_by_how_the_centre_registers_and_closes(ruled: Town) -> None:
    registered = [case_row(registered_at=A_WORKING_DAY) for _ in range(19)]
    void = case_row(registered_at=A_WORKING_DAY, state=CaseState.VOIDED)
    closed = {"state": CaseState.CLOSED, "closed_at": A_WORKING_DAY, "submitted_at": A_WORKING_DAY - days(40)}
    ended = [case_row(was_late=n == 0, **closed) for n in range(4)]
    ids = await write_cases(ruled.db, [*registered, void, *ended])
    late = [stopped(n, ClockKind.REGISTER, A_WORKING_DAY, late=True) for n in range(4)]
    await write_traces(ruled.db, ids, late)

    one = await scored(ruled, "URBAN_SHIFT", division=ruled.city.divisions["320508"])

    assert parts(one) == [
        ("ON_TIME_REGISTRATION_RATE", 16, 20), ("ACCURATE_REGISTRATION_RATE", 19, 20), ("ON_TIME_CLOSURE_RATE", 3, 4)
    ]  # fmt: skip
    assert (one["score"], one["band"]) == (84.25, "B")  # 80 x 25 % + 95 x 40 % + 75 x 35 %


async def test_a_dispatch_desk_by_speed_and_by_what_came_back(ruled: Town) -> None:
    ids = await write_cases(ruled.db, [case_row(state=CaseState.DISPATCHED) for _ in range(5)])
    by = "DISPATCHER:320508"
    given = [done(n, ClockKind.DISPATCH, CaseAction.DISPATCH, late=n == 0, by=by) for n in range(5)]
    back = [step(n, CaseAction.RETURN, A_WORKING_DAY + days(1)) for n in (1, 2)]
    await write_traces(ruled.db, ids, [*(trace for some in given for trace in some), *back])

    one = await scored(ruled, "URBAN_DISPATCH", division=ruled.city.divisions["320508"])

    assert parts(one) == [("ON_TIME_DISPATCH_RATE", 4, 5), ("ACCURATE_DISPATCH_RATE", 3, 5)]
    assert (one["score"], one["band"]) == (70.0, "C")


async def test_satisfaction_weighs_from_the_second_version_on(ruled: Town) -> None:
    ids = await write_cases(ruled.db, [case_row() for _ in range(4)])
    july = A_WORKING_DAY + days(120)
    answers = [survey(n, 1, july, said) for n, said in enumerate((True, True, False, None))]
    await write_traces(ruled.db, ids, answers)
    ruled.clock.advance(days(150))
    commander = await ruled.as_(Role.COMMANDER, "320508")
    subject = {"division": ruled.city.divisions["320508"]}
    span = {"from": "2026-07-01", "to": "2026-07-31"}

    one = (await commander.ask(ASSESSMENT, subject=subject, scheme="JIANGSU_DUAL", **span))["assessment"]

    shown = {part["indicator"]: (part["value"], part["denominator"], part["weight"]) for part in one["components"]}
    assert one["version"] == 2
    assert shown["SATISFACTION_RATE"] == (66.67, 3, 10)
