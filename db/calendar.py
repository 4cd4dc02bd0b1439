"""Working days: the national calendar with its make-up days, and the deployment's own differences over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import chinese_calendar

from db import catalogue
from db.clock import local_day
from db.database import Session

REACH_DAYS = 400  # no time limit of a case reaches further


@dataclass(frozen=True, slots=True)
class Calendar:
    """Whether a local day is a working day. Years the national calendar has not published count as plain weeks."""

    differences: dict[date, bool] = field(default_factory=dict)

    def is_working_day(self, day: date) -> bool:
        if day in self.differences:
            return self.differences[day]
        try:
            return bool(chinese_calendar.is_workday(day))
        except NotImplementedError:
            return day.weekday() < 5


async def calendar_from(session: Session, start: datetime) -> Calendar:
    first = local_day(start) - timedelta(days=1)
    return Calendar(await catalogue.local_days(session, first, first + timedelta(days=REACH_DAYS)))
