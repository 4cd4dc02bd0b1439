"""Working days, office hours and stage limits: the national calendar with its make-up days, and what the deployment
says differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import chinese_calendar
from sqlalchemy import select

from db.database import Session
from db.tables import CalendarDay, OfficeHours, StageLimit
from db.vocabulary import ClockKind, LimitUnit

_days: Any = CalendarDay.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_hours: Any = OfficeHours.__table__  # type: ignore[attr-defined]
_limits: Any = StageLimit.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whether a local day is a working day. Years the national calendar has not published count as plain weeks."""

    differences: Mapping[date, bool] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        if day in self.differences:
            return self.differences[day]
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return day.weekday() < 5


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything a deployment says about time; small enough to be read as a whole."""

    calendar: Calendar = field(default_factory=Calendar)
    hours: Mapping[str, str] = field(default_factory=dict)  # by division code, as "08:00-12:00 14:00-18:00"
    limits: Mapping[tuple[str, ClockKind, bool], tuple[int, LimitUnit]] = field(default_factory=dict)
    """By division code, kind and whether the case is urgent."""


async def rules(session: Session) -> Rules:
    days = {row.day: row.is_working for row in await session.execute(select(_days))}
    hours = {row.division_code: row.hours for row in await session.execute(select(_hours))}
    limits = {
        (row.division_code, row.kind, row.is_urgent): (row.limit_value, row.limit_unit)
        for row in await session.execute(select(_limits))
    }
    return Rules(Calendar(days), hours, limits)
