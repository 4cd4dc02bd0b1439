"""Time limits: the test points of the domain, on the real calendar of 2026, and what holds of every limit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.calendar import Calendar
from db.vocabulary import LimitUnit
from resolvers.rules import deadlines
from resolvers.rules.deadlines import OfficeTime

LOCAL = ZoneInfo("Asia/Shanghai")
CALENDAR = OfficeTime(Calendar())


def at(text: str) -> datetime:
    """A moment of 2026 in the province, e.g. "03-11 10:00"."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=LOCAL)


# start, value, unit, due
POINTS = [
    # inside office hours
    ("03-11 10:00", 1, "WORKING_HOUR", "03-11 11:00"),
    ("03-11 11:30", 1, "WORKING_HOUR", "03-11 14:30"),  # over lunch
    ("03-11 10:00", 2, "WORKING_DAY", "03-13 10:00"),
    # a start outside hours moves to the next slot
    ("03-11 06:00", 1, "WORKING_HOUR", "03-11 09:00"),
    ("03-11 12:00", 1, "WORKING_HOUR", "03-11 15:00"),
    ("03-11 13:00", 1, "WORKING_HOUR", "03-11 15:00"),
    ("03-11 18:00", 1, "WORKING_HOUR", "03-12 09:00"),
    ("03-11 23:59", 1, "WORKING_HOUR", "03-12 09:00"),
    ("03-14 10:00", 1, "WORKING_HOUR", "03-16 09:00"),  # an ordinary Saturday
    # a deadline equal to the end of a slot stays in that slot
    ("03-11 10:00", 2, "WORKING_HOUR", "03-11 12:00"),
    ("03-11 14:00", 4, "WORKING_HOUR", "03-11 18:00"),
    ("03-11 08:00", 1, "WORKING_DAY", "03-11 18:00"),
    ("03-13 08:00", 1, "WORKING_DAY", "03-13 18:00"),  # Friday evening, not Monday morning
    ("03-13 17:00", 2, "WORKING_HOUR", "03-16 09:00"),
    # public holidays do not count: New Year 1-3 January
    ("01-01 09:00", 1, "WORKING_HOUR", "01-04 09:00"),
    # make-up days count: Sunday 4 January, Saturday 14 February, Saturday 9 May
    ("01-04 10:00", 1, "WORKING_HOUR", "01-04 11:00"),
    ("02-14 08:00", 1, "WORKING_DAY", "02-14 18:00"),
    ("05-09 10:00", 1, "WORKING_HOUR", "05-09 11:00"),
    ("05-08 17:00", 2, "WORKING_HOUR", "05-09 09:00"),
    # Spring Festival, 15-23 February
    ("02-14 17:00", 2, "WORKING_HOUR", "02-24 09:00"),
    ("02-17 12:00", 1, "WORKING_DAY", "02-24 18:00"),
    # National Day, 1-7 October, and its make-up Saturday the 10th
    ("09-30 17:00", 2, "WORKING_HOUR", "10-08 09:00"),
    ("10-09 17:00", 2, "WORKING_HOUR", "10-10 09:00"),
    # urgent hours run off duty, natural days on any day
    ("03-11 23:00", 2, "URGENT_HOUR", "03-12 01:00"),
    ("02-17 03:00", 2, "URGENT_HOUR", "02-17 05:00"),
    ("02-14 17:00", 3, "NATURAL_DAY", "02-17 17:00"),
    ("03-14 02:30", 1, "NATURAL_DAY", "03-15 02:30"),
]


@pytest.mark.parametrize(("start", "value", "unit", "due"), POINTS)
def test_a_limit_ends_where_the_domain_says(start: str, value: int, unit: str, due: str) -> None:
    near, found = deadlines.due(at(start), value, LimitUnit(unit), CALENDAR)

    assert found.astimezone(LOCAL) == at(due)
    assert found.utcoffset() in (timedelta(), timedelta(hours=8))
    assert at(start) <= near <= found


def test_near_due_is_four_fifths_of_the_limit_in_counted_time() -> None:
    near, due = deadlines.due(at("03-11 08:00"), 10, LimitUnit.WORKING_HOUR, CALENDAR)

    assert near.astimezone(LOCAL) == at("03-11 18:00")  # eight of ten working hours
    assert due.astimezone(LOCAL) == at("03-12 10:00")


def test_a_days_difference_of_the_deployment_wins_over_the_national_calendar() -> None:
    local = OfficeTime(Calendar({date(2026, 3, 12): False, date(2026, 3, 14): True}))

    assert deadlines.due(at("03-11 17:00"), 2, LimitUnit.WORKING_HOUR, local)[1] == at("03-13 09:00")
    assert deadlines.due(at("03-13 17:00"), 2, LimitUnit.WORKING_HOUR, local)[1] == at("03-14 09:00")


def test_a_year_without_a_published_calendar_counts_plain_weeks() -> None:
    assert Calendar().is_working_day(date(2049, 10, 1)) is True  # a Friday
    assert Calendar().is_working_day(date(2049, 10, 2)) is False


PAUSES = [
    ("03-11 16:00", "03-12 09:00", 3),  # two hours in the evening, one in the morning
    ("03-13 18:00", "03-16 08:00", 0),  # a weekend
    ("03-11 12:00", "03-11 14:00", 0),  # lunch
    ("02-14 16:00", "02-24 10:00", 4),  # over Spring Festival
    ("01-04 08:00", "01-04 18:00", 8),  # a make-up Sunday
]


@pytest.mark.parametrize(("paused", "resumed", "hours"), PAUSES)
def test_a_pause_moves_the_due_time_by_counted_hours_only(paused: str, resumed: str, hours: int) -> None:
    unit = LimitUnit.WORKING_HOUR
    due = deadlines.advance(at(paused), timedelta(hours=5), unit, CALENDAR)

    left = deadlines.counted_between(at(paused), due, unit, CALENDAR)
    moved = deadlines.advance(at(resumed), left, unit, CALENDAR)

    assert deadlines.counted_between(at(paused), at(resumed), unit, CALENDAR) == timedelta(hours=hours)
    assert deadlines.counted_between(due, moved, unit, CALENDAR) == timedelta(hours=hours)


def test_counted_time_is_negative_once_the_end_has_passed() -> None:
    unit = LimitUnit.WORKING_HOUR

    assert deadlines.counted_between(at("03-12 09:00"), at("03-11 17:00"), unit, CALENDAR) == timedelta(hours=-2)
    assert deadlines.counted_between(at("03-14 09:00"), at("03-14 17:00"), unit, CALENDAR) == timedelta()


@pytest.mark.parametrize(("unit", "hours"), [
    ("URGENT_HOUR", 3), ("WORKING_HOUR", 3), ("WORKING_DAY", 24), ("NATURAL_DAY", 72),
])  # fmt: skip
def test_a_unit_has_its_length(unit: str, hours: int) -> None:
    assert deadlines.length(3, LimitUnit(unit), CALENDAR) == timedelta(hours=hours)


moments = st.integers(0, 300 * 24 * 60).map(lambda m: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=m))
spans = st.integers(0, 40 * 60).map(lambda m: timedelta(minutes=m))
units = st.sampled_from(list(LimitUnit))


@given(moments, spans, units)
@settings(max_examples=150, deadline=None)
def test_counting_takes_back_what_advancing_gave(start: datetime, span: timedelta, unit: LimitUnit) -> None:
    end = deadlines.advance(start, span, unit, CALENDAR)

    assert deadlines.counted_between(start, end, unit, CALENDAR) == span
    assert end >= start


@given(moments, spans, spans, units)
@settings(max_examples=150, deadline=None)
def test_two_steps_reach_as_far_as_one(start: datetime, a: timedelta, b: timedelta, unit: LimitUnit) -> None:
    there = deadlines.advance(deadlines.advance(start, a, unit, CALENDAR), b, unit, CALENDAR)
    whole = deadlines.advance(start, a + b, unit, CALENDAR)

    assert deadlines.counted_between(there, whole, unit, CALENDAR) == timedelta()


@given(moments, moments, spans, units)
@settings(max_examples=150, deadline=None)
def test_who_starts_later_is_never_due_earlier(a: datetime, b: datetime, span: timedelta, unit: LimitUnit) -> None:
    first, second = sorted((a, b))

    assert deadlines.advance(first, span, unit, CALENDAR) <= deadlines.advance(second, span, unit, CALENDAR)


@given(moments, spans, spans, units)
@settings(max_examples=150, deadline=None)
def test_a_longer_limit_is_never_due_earlier(start: datetime, a: timedelta, b: timedelta, unit: LimitUnit) -> None:
    short, long = sorted((a, b))

    assert deadlines.advance(start, short, unit, CALENDAR) <= deadlines.advance(start, long, unit, CALENDAR)


@given(moments, moments, moments, units)
@settings(max_examples=150, deadline=None)
def test_counted_time_adds_up(a: datetime, b: datetime, c: datetime, unit: LimitUnit) -> None:
    def counted(start: datetime, end: datetime) -> timedelta:
        return deadlines.counted_between(start, end, unit, CALENDAR)

    assert counted(a, b) + counted(b, c) == counted(a, c)
    assert counted(a, b) == -counted(b, a)
    assert abs(counted(a, b)) <= abs(b - a)


@given(moments, st.integers(1, 30), units)
@settings(max_examples=100, deadline=None)
def test_a_working_deadline_falls_into_office_hours(start: datetime, value: int, unit: LimitUnit) -> None:
    _, due = deadlines.due(start, value, unit, CALENDAR)
    if unit in deadlines.CONTINUOUS:
        assert due - start == deadlines.length(value, unit, CALENDAR)
        return
    local = due.astimezone(LOCAL)

    assert Calendar().is_working_day(local.date())
    assert any(opens <= local.time() <= closes for opens, closes in deadlines.OFFICE_HOURS)
