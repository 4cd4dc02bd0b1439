"""Time limits: when something is due, and how much counted time is left.

Pure. Working time is 08:00-12:00 and 14:00-18:00 local on working days, make-up days included; a working day is
eight such hours. Source: docs/lifecycle.md, "Time limits".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from db.vocabulary import LimitUnit

LOCAL = ZoneInfo("Asia/Shanghai")
OFFICE_HOURS = ((time(8), time(12)), (time(14), time(18)))
WORKING_DAY = timedelta(hours=8)
NEAR_DUE_SHARE = 0.8  # of the limit, after which a clock is near due
CONTINUOUS = frozenset({LimitUnit.URGENT_HOUR, LimitUnit.NATURAL_DAY})


class WorkingDays(Protocol):
    def is_working_day(self, day: date) -> bool: ...


def length(value: int, unit: LimitUnit) -> timedelta:
    """Counted time of a limit."""
    match unit:
        case LimitUnit.URGENT_HOUR | LimitUnit.WORKING_HOUR:
            return timedelta(hours=value)
        case LimitUnit.WORKING_DAY:
            return WORKING_DAY * value
        case LimitUnit.NATURAL_DAY:
            return timedelta(days=value)


def advance(start: datetime, counted: timedelta, unit: LimitUnit, days: WorkingDays) -> datetime:
    """The moment at which `counted` time has passed since `start`.

    A start outside office hours moves to the next slot; a deadline equal to the end of a slot stays in that slot.
    """
    if unit in CONTINUOUS:
        return start + counted
    left = counted
    for opens, closes in _slots(start, days):
        begins = max(opens, start)
        if closes - begins >= left:
            return (begins + left).astimezone(UTC)
        left -= closes - begins
    raise AssertionError("slots never end")


def counted_between(start: datetime, end: datetime, unit: LimitUnit, days: WorkingDays) -> timedelta:
    """Counted time from `start` to `end`; negative when `end` lies before."""
    if end < start:
        return -counted_between(end, start, unit, days)
    if unit in CONTINUOUS:
        return end - start
    total = timedelta()
    for opens, closes in _slots(start, days):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, start), timedelta())
    return total


def due(
    start: datetime, value: int, unit: LimitUnit, days: WorkingDays, paused: timedelta = timedelta()
) -> tuple[datetime, datetime]:
    """(near due, due) of a limit that started at `start` and stood still for `paused` of counted time."""
    whole = length(value, unit)
    return advance(start, whole * NEAR_DUE_SHARE + paused, unit, days), advance(start, whole + paused, unit, days)


def _slots(start: datetime, days: WorkingDays) -> Iterator[tuple[datetime, datetime]]:
    """Office slots that end after `start`, without end."""
    day = start.astimezone(LOCAL).date()
    while True:
        if days.is_working_day(day):
            for opens, closes in OFFICE_HOURS:
                slot_end = datetime.combine(day, closes, LOCAL)
                if slot_end > start:
                    yield datetime.combine(day, opens, LOCAL), slot_end
        day += timedelta(days=1)
