"""The office hours and stage limits that hold at a place."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from itertools import pairwise
from typing import Any
from weakref import WeakKeyDictionary

from db import calendar, tallies
from db.calendar import Rules
from db.database import Session
from db.vocabulary import ClockKind, LimitUnit
from resolvers.rules import deadlines
from resolvers.rules.clocks import STAGE_LIMITS, Limit
from resolvers.rules.deadlines import OfficeTime, Slot

KEPT_SECONDS = 30.0  # another process's change of the calendar holds for new deadlines after this long


@dataclass(frozen=True, slots=True)
class Timetable:
    office: OfficeTime
    limits: Mapping[tuple[str, ClockKind, bool], tuple[int, LimitUnit]]
    codes: tuple[str, ...]  # of the place, the lowest first

    def limit(self, kind: ClockKind, *, is_urgent: bool) -> Limit:
        """What the nearest division says, or what holds everywhere."""
        for code in self.codes:
            if (code, kind, is_urgent) in self.limits:
                return Limit(*self.limits[code, kind, is_urgent])
        return STAGE_LIMITS[kind][is_urgent]


@dataclass(slots=True)
class _Kept:
    rules: Rules
    until: float
    offices: dict[str, OfficeTime] = field(default_factory=dict)  # by their hours


_kept: WeakKeyDictionary[Any, _Kept] = WeakKeyDictionary()  # by engine: each database has rules of its own


async def timetable(session: Session, path: str) -> Timetable:
    """Of the division at `path`. The rules are read once in a while, not once in a change."""
    engine = session.sync_connection.engine if session.sync_connection is not None else None
    moment = asyncio.get_running_loop().time()
    kept = _kept.get(engine)
    if kept is None or kept.until < moment:
        kept = _kept[engine] = _Kept(await calendar.rules(session), moment + KEPT_SECONDS)
    codes = tuple(reversed(tallies.ancestors(path)))
    hours = next((kept.rules.hours[code] for code in codes if code in kept.rules.hours), "")
    if hours not in kept.offices:
        kept.offices[hours] = OfficeTime(kept.rules.calendar, slots(hours) if hours else deadlines.OFFICE_HOURS)
    return Timetable(kept.offices[hours], kept.rules.limits, codes)


def forget() -> None:
    """This process has changed the rules."""
    _kept.clear()


def slots(hours: str) -> tuple[Slot, ...]:
    """ "08:00-12:00 14:00-18:00" as slots; ValueError for what is not hours of one day in order."""
    found = []
    for part in hours.split():
        opens, _, closes = part.partition("-")
        found.append((time.fromisoformat(opens), time.fromisoformat(closes)))
    times = [moment for slot in found for moment in slot]
    if not found or any(later <= earlier for earlier, later in pairwise(times)):
        raise ValueError(f"expected hours like 08:00-12:00 14:00-18:00; came {hours!r}")
    return tuple(found)
