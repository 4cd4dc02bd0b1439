"""Indicators that read clocks, steps, surveys and breaks of a case: what a reader of those rows would count."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from db import assessment, cases
from db.assessment import Place
from db.clock import local_day
from db.database import Database
from db.indicators import Question, Span, SplitRule
from db.scope import Grant, Masking, Scope, ScopeKind
from db.traces import DONE_BY, RUNS_IN
from db.vocabulary import CaseAction, CaseOutcome, CaseState, ClockKind, Realm, Role
from db.vocabulary.assessment import AssessedKind, IndicatorCode, IndicatorSet
from db.vocabulary.breaks import BreakKind
from tests.city import GRIDS, build_city, path_of
from tests.conftest import A_WORKING_DAY
from tests.rows import case_row, days, write_cases
from tests.traces import TRACED, Trace, loop_break, running, step, stopped, survey, write_traces

C, K = IndicatorCode, ClockKind
PROVINCE = Scope(Realm.LIVE, frozenset({Grant(Role.COMMANDER, ScopeKind.DIVISION, "32/")}), Masking.WORKING, "zh")
ALL = Place(AssessedKind.DIVISION, "32/")
FIRST, LAST = date(2026, 3, 8), date(2026, 3, 12)


def question(code: IndicatorCode, first: date = FIRST, last: date = LAST) -> Question:
    return Question(code, Span.of(first, last), SplitRule(30, 50))


# -- any city


def random_city(random: Random, number: int) -> tuple[list[dict[str, Any]], list[Trace]]:
    def moment() -> datetime:
        return A_WORKING_DAY + timedelta(minutes=random.randrange(-60 * 24 * 8, 60 * 24 * 8))

    kinds = [K.ACCEPT, K.REGISTER, K.DISPATCH, K.VERIFY, K.CHECK, K.SIGN]
    rows, traces = [], []
    for index in range(number):
        state = random.choice(list(CaseState))
        registered_at = moment() if random.random() < 0.6 else None
        rows.append(
            case_row(
                random.choice(GRIDS), state=state, registered_at=registered_at,
                closed_at=moment() if state in (CaseState.CLOSED, CaseState.REOPEN_REQUESTED) else None,
                extensions=random.choice([0, 0, 1]), responsible_unit_id=random.choice([None, 1, 2]),
                outcome=random.choice([None, *CaseOutcome]),
                clocks=[running(random.choice(kinds), moment()) for _ in range(random.choice([0, 1, 1]))],
            )
        )  # fmt: skip
        for _ in range(random.choice([0, 1, 2])):
            kind, at = random.choice(kinds), moment()
            traces.append(stopped(index, kind, at, late=random.random() < 0.4))
            actions = DONE_BY.get(kind, (CaseAction.SIGN,)) if random.random() < 0.8 else (CaseAction.WITHDRAW,)
            traces.append(step(index, actions[0], at))
        if random.random() < 0.3:
            traces.append(step(index, CaseAction.RETURN, moment()))
        for round_ in range(random.choice([0, 0, 1, 2])):
            traces.append(survey(index, round_ + 1, moment(), random.choice([None, True, False])))
        for break_kind in random.sample(list(BreakKind), random.choice([0, 0, 1, 2])):
            found = moment()
            repaired = random.choice([None, found + timedelta(hours=5), found + days(2)])
            traces.append(loop_break(index, break_kind, found, repaired))
    return rows, traces


class Reader:
    """Counts by looking at each row, the slow way."""

    def __init__(self, traces: list[Trace], ids: list[int]) -> None:
        self.of: dict[int, list[tuple[str, Any]]] = {one: [] for one in ids}
        for one in traces:
            self.of[ids[one.case]].append((one.table.name, one.values))

    def holds(self, moment: datetime | None) -> bool:
        return moment is not None and FIRST <= local_day(moment) <= LAST

    def all(self, row: Any, table: str) -> list[Any]:
        return [values for name, values in self.of[row.id] if name == table]

    def done(self, row: Any, kind: ClockKind) -> list[Any]:
        steps = {(one["at"], one["action"]) for one in self.all(row, "steps")}
        return [
            one
            for one in self.all(row, "stopped_clocks")
            if one["kind"] is kind
            and self.holds(one["stopped_at"])
            and any((one["stopped_at"], action) in steps for action in DONE_BY[kind])
        ]

    def waits(self, row: Any, kind: ClockKind) -> bool:
        due = [datetime.fromisoformat(one["due_at"]) for one in row.clocks if one["kind"] == kind]
        return row.state in RUNS_IN[kind] and any(map(self.holds, due))

    def part(self, code: IndicatorCode, row: Any) -> str | None:
        both, below = "NUMERATOR DENOMINATOR", "DENOMINATOR"
        kind = {C.ON_TIME_DISPATCH_RATE: K.DISPATCH, C.ACCURATE_DISPATCH_RATE: K.DISPATCH,
                C.EXTENSION_RATE: K.DISPATCH, C.ON_TIME_VERIFICATION_RATE: K.VERIFY,
                C.ON_TIME_CHECK_RATE: K.CHECK}.get(code)  # fmt: skip
        if kind is not None:
            done = self.done(row, kind)
            if code is C.EXTENSION_RATE:
                return (both if row.extensions else below) if done else None
            if not done:
                return below if self.waits(row, kind) else None
            if code is C.ACCURATE_DISPATCH_RATE:
                returns = [one["at"] for one in self.all(row, "steps") if one["action"] is CaseAction.RETURN]
                return below if any(local_day(at) >= FIRST for at in returns) else both
            return below if any(one["was_late"] for one in done) else both
        if code in (C.ON_TIME_REGISTRATION_RATE, C.ACCURATE_REGISTRATION_RATE):
            if not self.holds(row.registered_at):
                return None
            if code is C.ACCURATE_REGISTRATION_RATE:
                return below if row.state is CaseState.VOIDED else both
            late = [one for one in self.all(row, "stopped_clocks") if one["was_late"]]
            mine = [one for one in late if one["kind"] in (K.ACCEPT, K.REGISTER)]
            return below if any(one["stopped_at"] <= row.registered_at for one in mine) else both
        breaks = [one for one in self.all(row, "loop_breaks") if self.holds(one["found_at"])]
        if code is C.BREAK_RATE:
            if not (row.is_open or self.holds(row.closed_at)):
                return None
            return both if breaks else below
        if code is C.ON_TIME_REPAIR_RATE:
            late = [one for one in breaks if one["repaired_at"] is None or one["repaired_at"] > one["repair_by"]]
            return None if not breaks else below if late else both
        asked = [one for one in self.all(row, "surveys") if self.holds(one["created_at"])]
        if not asked:
            return None
        last = max(asked, key=lambda one: one["round"])
        return "EXCLUDED" if last["answered_at"] is None else both if last["is_satisfied"] else below


async def test_a_figure_is_what_its_traces_say_and_opens_to_exactly_its_cases(database: Database) -> None:
    await build_city(database)
    rows, traces = random_city(Random(0), 200)
    ids = await write_cases(database, rows)
    await write_traces(database, ids, traces)
    reader = Reader(traces, ids)
    gusu = path_of("320508")
    places = [
        (Place(AssessedKind.DIVISION, gusu), lambda row: row.division_path.startswith(gusu)),
        (Place(AssessedKind.GRID, "2"), lambda row: row.grid_id == 2),
        (Place(AssessedKind.DEPARTMENT, "1"), lambda row: row.responsible_unit_id == 1),
        (ALL, lambda row: True),
    ]
    async with database.read() as session:
        kept = await cases.all_rows_without_scope(session, 0, 1_000)
        for code in sorted(TRACED):
            for place, is_there in places:
                parts = [part for row in kept if is_there(row) and (part := reader.part(code, row))]
                expected = [sum(which.name in part for part in parts) for which in IndicatorSet]

                count = await assessment.count(session, Realm.LIVE, question(code), place)
                behind = [
                    await assessment.count_behind(session, PROVINCE, question(code), place, which, None)
                    for which in IndicatorSet
                ]

                assert [count.numerator, count.denominator, sum(count.excluded.values())] == expected, (code, place)
                assert behind == expected, (code, place)
                assert expected[1] > 0 or place is not ALL, "a test of nothing"


async def test_counties_add_up_to_their_parent_in_every_count_of_traces(sqlite: Database) -> None:
    await build_city(sqlite)
    rows, traces = random_city(Random(1), 120)
    await write_traces(sqlite, await write_cases(sqlite, rows), traces)
    async with sqlite.read() as session:
        for code in sorted(TRACED):
            whole = await assessment.count(session, Realm.LIVE, question(code), ALL)
            parts = await assessment.count_by(
                session, Realm.LIVE, question(code), ALL, assessment.Grouping.children(8)
            )

            assert sum(part.numerator for part in parts.values()) == whole.numerator
            assert sum(part.denominator for part in parts.values()) == whole.denominator > 0


# -- what each of them means


async def rate(db: Database, code: IndicatorCode, first: date = FIRST, last: date = LAST) -> tuple[int, int]:
    async with db.read() as session:
        found = await assessment.count(session, Realm.LIVE, question(code, first, last), ALL)
    return found.numerator, found.denominator


async def test_what_was_dispatched_twice_is_in_time_only_if_it_was_each_time(sqlite: Database) -> None:
    await build_city(sqlite)
    ids = await write_cases(sqlite, [case_row(state=CaseState.DISPATCHED), case_row(state=CaseState.DISPATCHED)])
    again = A_WORKING_DAY + timedelta(hours=5)

    await write_traces(
        sqlite,
        ids,
        [
            stopped(0, K.DISPATCH, A_WORKING_DAY), step(0, CaseAction.DISPATCH, A_WORKING_DAY),
            step(0, CaseAction.RETURN, A_WORKING_DAY + timedelta(hours=1)),
            stopped(0, K.DISPATCH, again, late=True), step(0, CaseAction.RULE, again),
            stopped(1, K.DISPATCH, A_WORKING_DAY), step(1, CaseAction.DISPATCH, A_WORKING_DAY),
        ],
    )  # fmt: skip

    assert await rate(sqlite, C.ON_TIME_DISPATCH_RATE) == (1, 2)
    assert await rate(sqlite, C.ACCURATE_DISPATCH_RATE) == (1, 2)


async def test_letting_a_case_lie_costs_before_it_is_dispatched(sqlite: Database) -> None:
    await build_city(sqlite)
    waiting = [running(K.DISPATCH, A_WORKING_DAY)]

    await write_cases(sqlite, [case_row(state=CaseState.REGISTERED, clocks=waiting)])

    assert await rate(sqlite, C.ON_TIME_DISPATCH_RATE) == (0, 1)
    assert await rate(sqlite, C.ON_TIME_DISPATCH_RATE, date(2026, 3, 12), date(2026, 3, 12)) == (0, 0)


async def test_reopening_does_not_take_back_that_somebody_was_dissatisfied(sqlite: Database) -> None:
    await build_city(sqlite)
    ids = await write_cases(sqlite, [case_row(state=CaseState.REGISTERED, round=2)])

    await write_traces(sqlite, ids, [survey(0, 1, A_WORKING_DAY, False)])
    assert await rate(sqlite, C.SATISFACTION_RATE) == (0, 1)

    await write_traces(sqlite, ids, [survey(0, 2, A_WORKING_DAY + days(1), True)])
    assert await rate(sqlite, C.SATISFACTION_RATE) == (1, 1)
    assert await rate(sqlite, C.SATISFACTION_RATE, date(2026, 3, 11), date(2026, 3, 11)) == (0, 1)
