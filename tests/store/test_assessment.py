"""Every figure of an assessment is what a reader of the rows would count, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from db import assessment, cases, indicators, tallies
from db.assessment import Place
from db.clock import local_day
from db.database import Database
from db.indicators import Question, Span, SplitRule
from db.scope import Grant, Masking, Scope, ScopeKind
from db.vocabulary import CaseOutcome, CaseSource, CaseState, Realm, Role, VerificationResult
from db.vocabulary.assessment import AssessedKind, ExclusionReason, IndicatorCode, IndicatorSet
from resolvers.rules.assessment import unit_of, value_of
from tests.city import GRIDS, build_city, path_of
from tests.conftest import A_WORKING_DAY
from tests.rows import case_row, days, write_cases, write_closings, write_tianmen
from tests.traces import TRACED

PROVINCE = Scope(Realm.LIVE, frozenset({Grant(Role.COMMANDER, ScopeKind.DIVISION, "32/")}), Masking.WORKING, "zh")
RULE = SplitRule(minutes=30, metres=50)
ALL = Place(AssessedKind.DIVISION, "32/")
COUNTED = [code for code in IndicatorCode if code in indicators.RECIPES]
OF_CASES = [code for code in COUNTED if code not in TRACED]  # what other tables say of a case: test_traces.py
MONTH = Span.of(date(2026, 3, 1), date(2026, 3, 31))
GUSU = path_of("320508")


async def value(db: Database, code: IndicatorCode, place: Place = ALL) -> float | None:
    async with db.read() as session:
        found = await assessment.count(session, Realm.LIVE, Question(code, MONTH, RULE), place)
    return value_of(unit_of(code), found.numerator, found.denominator)


# -- published bulletins


@pytest.mark.parametrize(
    ("code", "place", "percent"),
    [
        (IndicatorCode.CLOSURE_RATE, "32/", 93.72),
        (IndicatorCode.ON_TIME_CLOSURE_RATE, "32/", 75.82),
        (IndicatorCode.CLOSURE_RATE, path_of("320508"), 94.35),
        (IndicatorCode.CLOSURE_RATE, path_of("320506"), 56.25),
        (IndicatorCode.PATROL_SHARE, "32/", 95.68),
        (IndicatorCode.PUBLIC_SUBMISSION_RATE, "32/", 4.32),
        (IndicatorCode.REGISTRATION_RATE, "32/", 94.50),
    ],
)
async def test_published_numbers_give_the_published_rates(
    database: Database, code: IndicatorCode, place: str, percent: float
) -> None:
    await build_city(database)
    await write_tianmen(database)

    assert await value(database, code, Place(AssessedKind.DIVISION, place)) == percent


# -- any city


def random_rows(random: Random, number: int) -> list[dict[str, Any]]:
    def moment() -> datetime:
        return A_WORKING_DAY + timedelta(minutes=random.randrange(-60 * 24 * 20, 60 * 24 * 20))

    def sometimes() -> datetime | None:
        return moment() if random.random() < 0.6 else None

    accounts = [None, None, "GRID_WORKER:a", "GRID_WORKER:b"]
    rows = []
    for _ in range(number):
        state = random.choice(list(CaseState))
        closed_at = moment() if state in (CaseState.CLOSED, CaseState.REOPEN_REQUESTED) else None
        rows.append(
            case_row(
                random.choice(GRIDS),
                realm=random.choice([Realm.LIVE, Realm.LIVE, Realm.LIVE, Realm.EXERCISE]),
                found_by=random.choice(accounts),
                matter_id=random.choice([1, 2, None]),
                longitude=(place := random.choice([None, 120.6, 120.6004])),
                latitude=None if place is None else 31.3,
                state=state,
                round=random.choice([1, 1, 2]),
                outcome=random.choice([None, *CaseOutcome]),
                responsible_unit_id=random.choice([None, 1, 2]),
                is_confirmed=random.choice([None, True, False]),
                verification=random.choice([None, *VerificationResult]),
                was_late=random.random() < 0.3,
                is_exempt=random.random() < 0.3,
                submitted_at=A_WORKING_DAY + timedelta(minutes=random.randrange(60 * 24 * 3)),
                registered_at=sometimes(), handled_at=sometimes(), reworked_at=sometimes(), due_at=sometimes(),
                closed_at=closed_at,
            )
        )  # fmt: skip
    return rows


class Reader:
    """Counts by looking at each row, the slow way."""

    def __init__(self, rows: list[Any], closings: dict[int, list[datetime]], first: date, last: date) -> None:
        self.rows = [row for row in rows if row.realm is Realm.LIVE]
        self.closings, self.first, self.last = closings, first, last

    def holds(self, moment: datetime | None) -> bool:
        return moment is not None and self.first <= local_day(moment) <= self.last

    def is_before(self, moment: datetime | None) -> bool:
        return moment is not None and local_day(moment) < self.first

    def is_due(self, row: Any, done_at: datetime | None) -> bool:
        return self.holds(row.due_at) and not self.is_before(done_at)

    def was_closed(self, row: Any) -> bool:
        return row.round > 1 and any(map(self.holds, self.closings.get(row.id, [])))

    def is_reopened(self, row: Any) -> bool:
        return self.was_closed(row) and not self.holds(row.closed_at)

    def is_valid(self, row: Any) -> bool:
        return row.outcome not in (
            CaseOutcome.DUPLICATE, CaseOutcome.NO_PROBLEM_FOUND, CaseOutcome.NOT_OURS
        ) and row.state not in (CaseState.WITHDRAWN, CaseState.VOIDED)  # fmt: skip

    def is_split(self, row: Any) -> bool:
        return any(
            other.is_discovery
            and self.is_valid(other)
            and other.id < row.id
            and (other.submitter_key, other.grid_id, other.matter_id)
            == (row.submitter_key, row.grid_id, row.matter_id)
            and row.matter_id is not None
            and timedelta() <= row.submitted_at - other.submitted_at <= timedelta(minutes=RULE.minutes)
            and (row.longitude is None or other.longitude is None or abs(row.longitude - other.longitude) < 0.0005)
            for other in self.rows
        )

    def part(self, code: IndicatorCode, row: Any) -> str | None:
        """NUMERATOR, DENOMINATOR, both, a reason, or None where the row does not matter."""
        states = {
            CaseState.MERGED: "DUPLICATE", CaseState.WITHDRAWN: "WITHDRAWN", CaseState.VOIDED: "VOIDED",
            CaseState.DECLINED: "DECLINED", CaseState.ON_HOLD: "ON_HOLD", CaseState.LONG_TERM: "ON_HOLD",
        }  # fmt: skip
        both, below = "NUMERATOR DENOMINATOR", "DENOMINATOR"
        closed = self.holds(row.closed_at)
        exempt = "EXEMPT" if row.was_late and row.is_exempt else None
        match code:
            case IndicatorCode.DISCOVERY_COUNT | IndicatorCode.VALID_SUBMISSION_RATE:
                if not (row.is_discovery and self.holds(row.submitted_at)):
                    return None
                outcomes = {"DUPLICATE": "DUPLICATE", "NO_PROBLEM_FOUND": "INVALID", "NOT_OURS": "NOT_OURS"}
                reason = outcomes.get(row.outcome or "") or (
                    states[row.state] if row.state in (CaseState.WITHDRAWN, CaseState.VOIDED) else None
                )
                reason = reason or ("SPLIT" if self.is_split(row) else None)
                if code is IndicatorCode.VALID_SUBMISSION_RATE:
                    return below if reason else both
                return reason or both
            case IndicatorCode.DECLARED_RESOLUTION_RATE | IndicatorCode.CONFIRMED_RESOLUTION_RATE:
                if not (closed or self.is_due(row, row.closed_at) or self.was_closed(row)):
                    return None
                reason = states.get(row.state)
                if reason and not (reason == "ON_HOLD" and self.is_reopened(row)):
                    return reason
                if closed and row.outcome is CaseOutcome.NO_PROBLEM_FOUND:
                    return "INVALID"
                if code is IndicatorCode.DECLARED_RESOLUTION_RATE:
                    return both if closed and row.outcome is CaseOutcome.RESOLVED else below
                if self.is_reopened(row):
                    return below
                if not closed or row.is_confirmed is None:
                    return "UNANSWERED"
                return both if row.is_confirmed else below
            case IndicatorCode.REGISTRATION_RATE:
                parts = ["NUMERATOR"] * self.holds(row.registered_at) + [below] * self.holds(row.submitted_at)
                return " ".join(parts) or None
            case IndicatorCode.HANDLING_RATE | IndicatorCode.ON_TIME_HANDLING_RATE:
                handled = self.holds(row.handled_at)
                if not (handled or self.is_due(row, row.handled_at)):
                    return None
                if code is IndicatorCode.HANDLING_RATE:
                    return states.get(row.state) or (both if handled else below)
                return states.get(row.state) or exempt or (both if handled and not row.was_late else below)
            case IndicatorCode.CLOSURE_RATE | IndicatorCode.ON_TIME_CLOSURE_RATE | IndicatorCode.OVERDUE_CLOSURE_RATE:
                if not (closed or self.is_due(row, row.closed_at)):
                    return None
                wanted = {IndicatorCode.ON_TIME_CLOSURE_RATE: not row.was_late,
                          IndicatorCode.OVERDUE_CLOSURE_RATE: row.was_late}.get(code, True)  # fmt: skip
                reason = states.get(row.state) or (exempt if code is not IndicatorCode.CLOSURE_RATE else None)
                return reason or (both if closed and wanted else below)
            case IndicatorCode.REWORK_RATE:
                if not (self.holds(row.handled_at) or self.holds(row.reworked_at)):
                    return None
                return both if self.holds(row.reworked_at) else below
            case _:
                if not self.holds(row.registered_at):
                    return None
                if code is IndicatorCode.PATROL_SHARE:
                    return both if row.source is CaseSource.PATROL else below
                is_public = row.source in indicators.PUBLIC_SOURCES
                return both if is_public and row.verification is not VerificationResult.NOT_EXISTS else below

    def count(self, code: IndicatorCode, rows: list[Any]) -> tuple[int, int, dict[str, int]]:
        parts = [part for row in rows if (part := self.part(code, row))]
        reasons = Counter(part for part in parts if part in ExclusionReason.__members__)
        counted = [part for part in parts if part not in reasons]
        return (
            sum("NUMERATOR" in part for part in counted),
            sum("DENOMINATOR" in part for part in counted),
            dict(reasons),
        )


@pytest.mark.parametrize("seed", range(3))
async def test_a_figure_is_what_its_rows_say_and_opens_to_exactly_them(database: Database, seed: int) -> None:
    await build_city(database)
    random = Random(seed)
    ids = await write_cases(database, random_rows(random, 260))
    closings = {one: [A_WORKING_DAY + days(random.randrange(-15, 15))] for one in random.sample(ids, 80)}
    await write_closings(database, [(one, at) for one, moments in closings.items() for at in moments])
    first, last = date(2026, 3, 8), date(2026, 3, 12)
    places = [
        (Place(AssessedKind.DIVISION, GUSU), lambda row: row.division_path.startswith(GUSU)),
        (Place(AssessedKind.GRID, "2"), lambda row: row.grid_id == 2),
        (Place(AssessedKind.DEPARTMENT, "1"), lambda row: row.responsible_unit_id == 1),
        (Place(AssessedKind.WORKER, "GRID_WORKER:a"), lambda row: row.submitter_key == "GRID_WORKER:a"),
        (ALL, lambda row: True),
    ]
    async with database.read() as session:
        rows = await cases.all_rows_without_scope(session, 0, 1_000)
        reader = Reader(rows, closings, first, last)
        for code in OF_CASES:
            question = Question(code, Span.of(first, last), RULE)
            for place, is_there in places:
                there = [row for row in reader.rows if is_there(row)]

                count = await assessment.count(session, Realm.LIVE, question, place)

                assert (count.numerator, count.denominator, count.excluded) == reader.count(code, there), (
                    code,
                    place,
                )
                behind = [
                    await assessment.count_behind(session, PROVINCE, question, place, which, None)
                    for which in IndicatorSet
                ]
                assert behind == [count.numerator, count.denominator, sum(count.excluded.values())], (code, place)


async def test_children_add_up_to_their_parent_in_every_count(database: Database) -> None:
    await build_city(database)
    await write_cases(database, random_rows(Random(7), 200))
    span = Span.of(date(2026, 3, 1), date(2026, 3, 20))
    async with database.read() as session:
        for code in OF_CASES:
            question = Question(code, span, RULE)
            whole = await assessment.count(session, Realm.LIVE, question, ALL)
            for subject in (
                assessment.Grouping.children(8), assessment.Grouping.children(15), assessment.Grouping.GRID
            ):  # fmt: skip
                parts = await assessment.count_by(session, Realm.LIVE, question, ALL, subject)

                assert len(parts) > 1
                assert sum(part.numerator for part in parts.values()) == whole.numerator
                assert sum(part.denominator for part in parts.values()) == whole.denominator
                assert sum((Counter(part.excluded) for part in parts.values()), Counter()) == whole.excluded


async def test_days_add_up_to_their_month_in_discovery(database: Database) -> None:
    await build_city(database)
    await write_cases(database, random_rows(Random(11), 200))
    first = date(2026, 3, 11)
    async with database.read() as session:

        async def found(begin: date, end: date) -> int:
            question = Question(IndicatorCode.DISCOVERY_COUNT, Span.of(begin, end), RULE)
            return (await assessment.count(session, Realm.LIVE, question, ALL)).numerator

        single = [await found(first + days(n), first + days(n)) for n in range(4)]

        assert sum(single) == await found(first, first + days(3)) > 0


# -- a problem in pieces


async def found_in_pieces(db: Database, rows: list[dict[str, Any]]) -> tuple[int, int]:
    """How many discoveries, and how many suspected pieces."""
    await build_city(db)
    await write_cases(db, rows)
    async with db.read() as session:
        question = Question(IndicatorCode.DISCOVERY_COUNT, MONTH, RULE)
        found = await assessment.count(session, Realm.LIVE, question, ALL)
    return found.numerator, found.excluded.get(ExclusionReason.SPLIT, 0)


def at(minutes: float, **columns: Any) -> dict[str, Any]:
    given = {"found_by": "GRID_WORKER:a", "submitted_at": A_WORKING_DAY + timedelta(minutes=minutes)}
    return case_row(**(given | columns))


async def test_ten_pieces_of_one_pothole_count_once(database: Database) -> None:
    assert await found_in_pieces(database, [at(5 * n) for n in range(10)]) == (1, 9)


async def test_the_same_minute_of_another_matter_grid_or_worker_is_another_problem(database: Database) -> None:
    others = [at(1, matter_id=2), at(1, grid=GRIDS[1]), at(1, found_by="GRID_WORKER:b"), at(1, matter_id=None)]

    assert await found_in_pieces(database, [at(0), *others]) == (5, 0)


async def test_what_comes_later_or_further_off_than_the_rule_says_is_another_problem(database: Database) -> None:
    here = {"longitude": 120.6, "latitude": 31.3}
    north = {"longitude": 120.6, "latitude": 31.3 + 49 / 111_320}
    far = {"longitude": 120.6, "latitude": 31.3 + 51 / 111_320}

    rows = [at(0, **here), at(30, **north), at(60.5, **here), at(61, **far)]

    assert await found_in_pieces(database, rows) == (3, 1)


async def test_pieces_in_turn_of_two_problems_are_still_two_problems(database: Database) -> None:
    places = ({"longitude": 120.60, "latitude": 31.3}, {"longitude": 120.61, "latitude": 31.3})

    assert await found_in_pieces(database, [at(n, **places[n % 2]) for n in range(10)]) == (2, 8)


async def test_after_a_duplicate_the_next_one_is_the_first(database: Database) -> None:
    rows = [at(0, state=CaseState.MERGED, outcome=CaseOutcome.DUPLICATE), at(1), at(2)]

    assert await found_in_pieces(database, rows) == (1, 1)


async def test_pieces_of_a_resident_are_no_matter_of_discovery(database: Database) -> None:
    assert await found_in_pieces(database, [case_row() for _ in range(3)]) == (0, 0)


async def test_the_tally_of_discoveries_is_the_indicator_with_the_suspected_pieces(sqlite: Database) -> None:
    await build_city(sqlite)
    endings = [
        {}, {"state": CaseState.WITHDRAWN}, {"state": CaseState.VOIDED}, {"outcome": CaseOutcome.DUPLICATE},
        {"outcome": CaseOutcome.NO_PROBLEM_FOUND}, {"outcome": CaseOutcome.NOT_OURS},
    ]  # fmt: skip
    later = [at(60 * 24, matter_id=2, **ending) for ending in endings]
    await write_cases(sqlite, [at(0), at(5), *later])

    async with sqlite.read() as session:
        question = Question(IndicatorCode.DISCOVERY_COUNT, MONTH, RULE)
        found = await assessment.count(session, Realm.LIVE, question, ALL)
        sums = await tallies.read(
            session, Realm.LIVE, tallies.DIVISION, ["32"], first_day=date(2026, 3, 1), last_day=date(2026, 3, 31)
        )

    assert (found.numerator, found.excluded[ExclusionReason.SPLIT]) == (2, 1)
    assert sums["32"]["discovered"] == 3
