"""Time limits: when something is due, and how much counted time is left.

Pure. Office time is 08:00-12:00 and 14:00-18:00 local on working days, make-up days included, where a division does
not keep other hours; a working day is one day of such hours. Source: docs/lifecycle.md, "Time limits".
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol

from db.vocabulary import LimitUnit

Slot = tuple[time, time]
OFFICE_HOURS: tuple[Slot, ...] = ((time(8), time(12)), (time(14), time(18)))
NEAR_DUE_PERCENT = 80  # of the limit, after which a clock is near due
CONTINUOUS = frozenset({LimitUnit.URGENT_HOUR, LimitUnit.NATURAL_DAY})

_HOUR = timedelta(hours=1)
_ONE = {LimitUnit.URGENT_HOUR: _HOUR, LimitUnit.WORKING_HOUR: _HOUR, LimitUnit.NATURAL_DAY: timedelta(days=1)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = date(1970, 1, 1).toordinal()
_DAY = 86_400_000_000  # all the reckoning below is in whole microseconds of local time
_AHEAD = 8 * 3_600_000_000  # Asia/Shanghai: UTC+8, without summer time since 1991


class WorkingDays(Protocol):
    def is_working_day(self, day: date) -> bool: ...


class OfficeTime:
    """The office time of a place as one running count, so that a deadline is two look-ups and not a walk of days.

    The count is extended as far as somebody asks; one object serves a process.
    """

    def __init__(self, days: WorkingDays, hours: Sequence[Slot] = OFFICE_HOURS) -> None:
        self._days = days
        self._slots = tuple((_of_day(opens), _of_day(closes)) for opens, closes in hours)
        if not self._slots or any(opens >= closes for opens, closes in self._slots):
            raise ValueError(f"expected slots that open before they close; came {hours}")
        self._per_day = sum(closes - opens for opens, closes in self._slots)
        self.day_length = timedelta(microseconds=self._per_day)
        self._first = 0  # day number of the first entry
        self._counted: list[int] = []  # office time before each day, from the first on

    def advance(self, start: datetime, counted: timedelta) -> datetime:
        """The moment at which `counted` office time has passed since `start`.

        A start outside office hours moves to the next slot; a deadline equal to the end of a slot stays in it.
        """
        return self.advance_each(start, (counted,))[0]

    def advance_each(self, start: datetime, counted: Sequence[timedelta]) -> list[datetime]:
        """`advance` by each of `counted`."""
        begin = _local(start)
        day = begin // _DAY
        position = self._position(begin)
        return [_utc(self._at(position + _count(one), day) if one else self._next_open(begin)) for one in counted]

    def _at(self, target: int, day: int) -> int:
        """The first moment at which the count is `target`, which it was not yet when `day` began."""
        last = len(self._counted)
        if self._counted[-1] < target:
            last = self._reach(target)
        index = bisect_left(self._counted, target, day - self._first, last) - 1
        left = target - self._counted[index]
        for opens, closes in self._slots:
            if left <= closes - opens:
                return (index + self._first) * _DAY + opens + left
            left -= closes - opens
        raise AssertionError("a day's count is the sum of its slots")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Office time from `start` to `end`; negative when `end` lies before."""
        first, last = _local(start), _local(end)
        self._cover(min(first, last) // _DAY, 0)  # may begin the count anew, which moves every position
        return timedelta(microseconds=self._position(last) - self._position(first))

    def _position(self, moment: int) -> int:
        day, rest = divmod(moment, _DAY)
        index = day - self._first
        if index < 0 or index + 1 >= len(self._counted):
            self._cover(day, day + 1)
            index = day - self._first
        position = self._counted[index]
        if self._counted[index + 1] == position:
            return position
        for opens, closes in self._slots:
            if rest <= opens:
                break
            position += min(rest, closes) - opens
        return position

    def _next_open(self, moment: int) -> int:
        """The moment itself inside office hours, else the beginning of the next slot."""
        day, rest = divmod(moment, _DAY)
        while True:
            if self._is_working(day):
                for opens, closes in self._slots:
                    if rest < closes:
                        return day * _DAY + max(opens, rest)
            day, rest = day + 1, 0

    def _reach(self, target: int) -> int:
        """Extend the count to `target`; how many entries it has then."""
        while self._counted[-1] < target:
            last = self._first + len(self._counted) - 1
            self._cover(last, last + 1 + (target - self._counted[-1]) // self._per_day)
        return len(self._counted)

    def _cover(self, first: int, last: int) -> None:
        """Let the count reach from before day `first` to the beginning of day `last`."""
        if not self._counted or first < self._first:
            self._first, self._counted = first - 400, [0]
        for day in range(self._first + len(self._counted) - 1, last):
            self._counted.append(self._counted[-1] + (self._per_day if self._is_working(day) else 0))

    def _is_working(self, day: int) -> bool:
        return self._days.is_working_day(date.fromordinal(_FIRST_DAY + day))


def length(value: int, unit: LimitUnit, office: OfficeTime) -> timedelta:
    """Counted time of a limit."""
    one = office.day_length if unit is LimitUnit.WORKING_DAY else _ONE[unit]
    return one * value


def advance(start: datetime, counted: timedelta, unit: LimitUnit, office: OfficeTime) -> datetime:
    """The moment at which `counted` time has passed since `start`; hours and days of `unit` decide what counts."""
    return start + counted if unit in CONTINUOUS else office.advance(start, counted)


def counted_between(start: datetime, end: datetime, unit: LimitUnit, office: OfficeTime) -> timedelta:
    """Counted time from `start` to `end`; negative when `end` lies before."""
    return end - start if unit in CONTINUOUS else office.between(start, end)


def due(
    start: datetime, value: int, unit: LimitUnit, office: OfficeTime, paused: timedelta = timedelta()
) -> tuple[datetime, datetime]:
    """(near due, due) of a limit that started at `start` and stood still for `paused` of counted time."""
    whole = length(value, unit, office)
    spans = whole * NEAR_DUE_PERCENT // 100 + paused, whole + paused
    if unit in CONTINUOUS:
        return start + spans[0], start + spans[1]
    near, last = office.advance_each(start, spans)
    return near, last


def _of_day(moment: time) -> int:
    return (moment.hour * 3600 + moment.minute * 60 + moment.second) * 1_000_000


def _local(moment: datetime) -> int:
    return _count(moment - _EPOCH) + _AHEAD


def _count(span: timedelta) -> int:
    return span.days * _DAY + span.seconds * 1_000_000 + span.microseconds  # three times as fast as dividing


def _utc(moment: int) -> datetime:
    return _EPOCH + timedelta(microseconds=moment - _AHEAD)
