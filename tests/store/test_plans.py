"""The two statements every wall asks again and again stay on their indexes, however many cases there are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from db import (
    answers,
    assessment,
    breaks,
    cases,
    clocks,
    consultations,
    costs,
    deliveries,
    dwell,
    funnel,
    tallies,
    unit_board,
)
from db.assessment import Place
from db.cases import CaseFilter, CaseListFilter
from db.database import Database
from db.indicators import Question, Span, SplitRule
from db.scope import Grant, Masking, Scope, ScopeKind
from db.vocabulary import Channel, Realm, Role
from db.vocabulary.assessment import AssessedKind, IndicatorCode
from tests.city import build_city
from tests.conftest import A_WORKING_DAY
from tests.rows import case_row, write_cases

PROVINCE = Scope(Realm.LIVE, frozenset({Grant(Role.DISPLAY, ScopeKind.DIVISION, "32/")}), Masking.NONE_PERSONAL, "zh")


async def plan_of_the_last_statement(db: Database, seen: list[tuple[str, Any]]) -> str:
    statement, parameters = seen[-1]
    async with db.read() as session:
        rows = await session.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
        return " ".join(row[3] for row in rows)


def watched(db: Database) -> list[tuple[str, Any]]:
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, parameters))

    event.listen(db._reader.sync_engine, "before_cursor_execute", note)
    return seen


async def test_the_newest_open_cases_of_a_province_walk_the_open_ones(sqlite: Database) -> None:
    seen = watched(sqlite)
    narrowed = CaseListFilter(base=CaseFilter(paths=("32/",)), is_open=True)

    async with sqlite.read() as session:
        await cases.page(session, PROVINCE, narrowed, A_WORKING_DAY, first=51, before_id=None)

    plan = await plan_of_the_last_statement(sqlite, seen)
    assert "ix_cases_open (" in plan and "TEMP B-TREE" not in plan


async def test_near_due_and_overdue_count_the_index_of_due_times(sqlite: Database) -> None:
    seen = watched(sqlite)

    async with sqlite.read() as session:
        await tallies.due_by_division(session, Realm.LIVE, ["32/"], A_WORKING_DAY)

    plan = await plan_of_the_last_statement(sqlite, seen)
    assert "ix_cases_open_due (realm=? AND near_due_at<?)" in plan


@pytest.mark.parametrize(
    ("code", "ways"),
    [
        (
            IndicatorCode.DISCOVERY_COUNT,
            ["ix_cases_submitted (realm=? AND sub", "ix_cases_discovery (realm=?"],
        ),
        (IndicatorCode.CLOSURE_RATE, ["ix_cases_closed (realm=? AND closed_at", "ix_cases_due (realm=? AND due_at"]),
        (IndicatorCode.DECLARED_RESOLUTION_RATE, ["ix_cases_closed (", "ix_cases_due (", "ix_cases_reopened ("]),
        (IndicatorCode.HANDLING_RATE, ["ix_cases_handled (", "ix_cases_due ("]),
        (IndicatorCode.REWORK_RATE, ["ix_cases_handled (", "ix_cases_reworked ("]),
        (IndicatorCode.PATROL_SHARE, ["ix_cases_registered (realm=? AND registered_at"]),
        (
            IndicatorCode.ON_TIME_DISPATCH_RATE,
            [
                "ix_stopped_clocks_kind (kind=? AND stopped_at>? AND stopped_at<?)",
                "ix_cases_state (realm=? AND state=?)",
            ],
        ),
        (IndicatorCode.SATISFACTION_RATE, ["ix_surveys_place (realm=? AND created_at>? AND created_at<?)"]),
        (IndicatorCode.BREAK_RATE, ["ix_cases_dwell (realm=?", "ix_loop_breaks_found (realm=? AND found_at>?"]),
        (IndicatorCode.ON_TIME_REPAIR_RATE, ["ix_loop_breaks_found (realm=? AND found_at>?"]),
    ],
)
async def test_an_indicator_of_a_province_reads_its_period_and_no_more(
    sqlite: Database, code: IndicatorCode, ways: list[str]
) -> None:
    seen = watched(sqlite)
    month = Span.of(date(2026, 3, 1), date(2026, 3, 31))
    province = Place(AssessedKind.DIVISION, "32/")

    async with sqlite.read() as session:
        await assessment.count(session, Realm.LIVE, Question(code, month, SplitRule(30, 50)), province)

    plan = await plan_of_the_last_statement(sqlite, seen)
    assert all(way in plan for way in ways), plan
    assert "SCAN cases" not in plan


async def test_the_leader_finds_due_clocks_by_their_alarms(sqlite: Database) -> None:
    seen = watched(sqlite)

    async with sqlite.read() as session:
        await clocks.alarming_without_scope(session, A_WORKING_DAY, 50)

    plan = await plan_of_the_last_statement(sqlite, seen)
    assert "ix_cases_alarm (alarm_at<?)" in plan and "TEMP B-TREE" not in plan


async def test_the_leader_finds_loop_breaks_by_index_among_many_open_cases(sqlite: Database) -> None:
    await build_city(sqlite)
    await write_cases(sqlite, [case_row() for _ in range(400)])
    seen = watched(sqlite)

    async with sqlite.read() as session:
        await breaks.watched_without_scope(session, A_WORKING_DAY, 200)
        looked = await plan_of_the_last_statement(sqlite, seen)
        await breaks.open_of_changed_cases(session, 200)
        repaired = await plan_of_the_last_statement(sqlite, seen)
        await breaks.open_by_kind_without_scope(session)
        counted = await plan_of_the_last_statement(sqlite, seen)

    assert "ix_cases_watch (watch_at<?)" in looked and "TEMP B-TREE" not in looked
    assert "SCAN loop_breaks USING INDEX ix_loop_breaks_open" in repaired and "SCAN cases" not in repaired
    assert "SEARCH loop_breaks USING INDEX ix_loop_breaks_open (realm=?)" in counted


async def test_who_has_not_moved_is_counted_by_state_and_due_time(sqlite: Database) -> None:
    seen = watched(sqlite)

    async with sqlite.read() as session:
        await unit_board.unsigned(session, Realm.LIVE, "32/")
    plan = await plan_of_the_last_statement(sqlite, seen)
    assert "ix_cases_state (realm=? AND state=?)" in plan

    async with sqlite.read() as session:
        await unit_board.overdue(session, Realm.LIVE, "32/", A_WORKING_DAY)
    plan = await plan_of_the_last_statement(sqlite, seen)
    assert "ix_cases_open_due (realm=? AND near_due_at<?)" in plan


async def test_who_returns_to_whom_walks_the_returns_alone(sqlite: Database) -> None:
    seen = watched(sqlite)

    async with sqlite.read() as session:
        await unit_board.return_pairs(session, Realm.LIVE, "32/", A_WORKING_DAY, A_WORKING_DAY)

    plan = await plan_of_the_last_statement(sqlite, seen)
    assert "ix_steps_returns (at>? AND at<?)" in plan
    assert "SCAN" not in plan


async def test_the_case_in_the_middle_of_a_link_is_a_step_along_an_index(sqlite: Database) -> None:
    await build_city(sqlite)
    await write_cases(sqlite, [case_row()])
    seen = watched(sqlite)

    async with sqlite.read() as session:
        assert len(await dwell.middles(session, Realm.LIVE, "32/")) == 1

    plan = await plan_of_the_last_statement(sqlite, seen)
    assert "ix_cases_dwell (realm=? AND stage=?)" in plan and "TEMP B-TREE" not in plan


async def test_a_funnel_reads_the_days_it_is_about(sqlite: Database) -> None:
    seen = watched(sqlite)

    async with sqlite.read() as session:
        await funnel.count(session, Realm.LIVE, "32/", Span.of(date(2026, 3, 1), date(2026, 3, 7)))

    plan = await plan_of_the_last_statement(sqlite, seen)
    assert "ix_cases_submitted (realm=? AND submitted_at>? AND submitted_at<?)" in plan


async def test_who_was_not_answered_is_found_by_index(sqlite: Database) -> None:
    seen = watched(sqlite)
    narrowed = CaseListFilter(base=CaseFilter(paths=("32/",)), unanswered_before=A_WORKING_DAY)

    async with sqlite.read() as session:
        await cases.page(session, PROVINCE, narrowed, A_WORKING_DAY, first=51, before_id=None)

    assert "ix_cases_unanswered (realm=? AND unanswered_since<?)" in await plan_of_the_last_statement(sqlite, seen)


async def test_an_appeal_that_waits_is_found_by_index(sqlite: Database) -> None:
    seen = watched(sqlite)

    async with sqlite.read() as session:
        waiting = CaseListFilter(awaits_appeal=True)
        await cases.page(session, PROVINCE, waiting, A_WORKING_DAY, first=51, before_id=None)

    assert "ix_cases_appeal (realm=?)" in await plan_of_the_last_statement(sqlite, seen)


async def test_what_waits_and_what_is_due_is_found_by_index(sqlite: Database) -> None:
    seen = watched(sqlite)

    async with sqlite.read() as session:
        await deliveries.due_without_scope(session, A_WORKING_DAY, 50)
        due = await plan_of_the_last_statement(sqlite, seen)
        await deliveries.to_take(session, Realm.LIVE, Channel.SMS, "SOURCE_SYSTEM:sms-1", 50)
        taken = await plan_of_the_last_statement(sqlite, seen)

    assert "ix_deliveries_due (due_at<?)" in due
    assert "ix_deliveries_waiting (realm=? AND channel=?)" in taken and "TEMP B-TREE" not in taken


async def test_the_speed_of_answers_is_read_from_its_index(sqlite: Database) -> None:
    seen = watched(sqlite)

    async with sqlite.read() as session:
        await answers.speed(session, Realm.LIVE, "32/3205/", A_WORKING_DAY, A_WORKING_DAY)

    assert "ix_dispositions_speed (realm=? AND at>? AND at<?)" in await plan_of_the_last_statement(sqlite, seen)


async def test_what_a_period_cost_is_read_from_what_was_settled(sqlite: Database) -> None:
    seen = watched(sqlite)
    where = costs.Where(Realm.LIVE, "32/", None)

    async with sqlite.read() as session:
        await costs.settled(session, where, A_WORKING_DAY, A_WORKING_DAY, costs.ITEM)

    assert "ix_work_orders_settled (" in await plan_of_the_last_statement(sqlite, seen)


async def test_promised_answers_that_are_overdue_are_found_by_index(sqlite: Database) -> None:
    seen = watched(sqlite)

    async with sqlite.read() as session:
        await consultations.unflagged_without_scope(session, A_WORKING_DAY, 50)

    plan = await plan_of_the_last_statement(sqlite, seen)
    assert "ix_consultations_promised (" in plan and "TEMP B-TREE" not in plan
