"""What an action does to the clocks of a case; extensions and appeals; announcing what has become due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from db import cases, catalogue
from db.cases import CaseRow
from db.database import Session
from db.vocabulary import OPEN_STATES, CaseState, ClockKind, Priority
from resolvers.rules import clocks, deadlines
from resolvers.rules.clocks import OUTLIVES_CASE, PAUSED_BY_HOLD, Clock, Limit, Name
from resolvers.rules.lifecycle import Clock as Effect
from resolvers.timetables import Timetable, timetable

HANDLING: Name = (ClockKind.HANDLING, "")


@dataclass(frozen=True, slots=True)
class NewClock:
    """A clock that an action starts beside those of the stages."""

    kind: ClockKind
    subject: str
    due_at: datetime | None = None  # None: by the limit that holds at the place


@dataclass(frozen=True, slots=True)
class ClockChange:
    """What an action does to clocks beyond its row of the life-cycle."""

    start: Sequence[NewClock] = ()
    stop: Sequence[Name] = ()
    replace: Sequence[Clock] = ()  # by name: with another due time
    announces: bool = False


@dataclass(slots=True)
class Moved:
    """Columns of the case, and what has stopped."""

    columns: dict[str, Any] = field(default_factory=dict)
    stopped: list[dict[str, Any]] = field(default_factory=list)
    taken_back: Clock | None = None  # had stopped and runs on


async def first(session: Session, path: str, priority: Priority, now: datetime) -> dict[str, Any]:
    """Columns of the clocks of a case that is handed in now."""
    table = await timetable(session, path)
    limit = table.limit(ClockKind.ACCEPT, is_urgent=priority is Priority.URGENT)
    return _columns([clocks.started((ClockKind.ACCEPT, ""), limit, now, table.office)])


async def begun(session: Session, now: datetime, values: Mapping[str, Any]) -> dict[str, Any]:
    """Columns of the clocks of a new case that begins in the middle of its way: handling, and its stage's."""
    case = SimpleNamespace(clocks=(), responses=0, **values)
    return (await move(session, now, case, {}, Effect.START, ClockChange())).columns


async def move(
    session: Session, now: datetime, case: CaseRow, columns: Mapping[str, Any], effect: Effect, change: ClockChange
) -> Moved:
    """The clocks after an action that writes `columns` to `case`."""
    after = _After(case, columns)
    table = await timetable(session, after.division_path)
    running = {clock.name: clock for clock in clocks.running_clocks(case)}
    moved = Moved()

    def stop(name: Name) -> None:
        clock = running.pop(name, None)
        if clock is not None:
            moved.stopped.append(_stopped(case, clock, now))

    if change.announces:
        running = {name: clock.as_told(now) for name, clock in running.items()}
    await _take_effect(session, now, after, table, effect, running, moved)
    if effect is Effect.STOP:
        stop(HANDLING)
        moved.columns["timer_at"] = None
    for name in change.stop:
        stop(name)
    running |= {clock.name: clock for clock in change.replace}
    for new in change.start:
        stop((new.kind, new.subject))
        running[new.kind, new.subject] = _started(new, after, table, now)
    wanted = clocks.of_stage(after.state, is_answered=after.responses > 0, unit_id=after.responsible_unit_id)
    for name in list(running):
        is_over = name[0] in clocks.OF_STAGE and name not in wanted
        outlives = name[0] in OUTLIVES_CASE and after.state is CaseState.CLOSED
        if is_over or (after.state not in OPEN_STATES and not outlives):
            stop(name)
    for name in sorted(wanted - running.keys()):
        running[name] = _started(NewClock(*name), after, table, now)
    moved.columns |= _columns(list(running.values()))
    handling = next((one for one in moved.stopped if one["kind"] is ClockKind.HANDLING), None)
    if handling is not None:
        moved.columns |= {"clock_runs": False, "paused_at": None}
        if handling["was_late"]:
            moved.columns |= {"was_late": True, "is_exempt": False}
    return moved


class _After:
    """The case as it will be."""

    def __init__(self, case: CaseRow, columns: Mapping[str, Any]) -> None:
        self._case = case
        self._columns = columns

    def __getattr__(self, name: str) -> Any:
        return self._columns[name] if name in self._columns else getattr(self._case, name)


async def _take_effect(
    session: Session,
    now: datetime,
    after: Any,
    table: Timetable,
    effect: Effect,
    running: dict[Name, Clock],
    moved: Moved,
) -> None:
    match effect:
        case Effect.START if after.matter_id is not None:
            running[HANDLING] = clocks.started(HANDLING, await limit_of(session, after.matter_id), now, table.office)
        case Effect.CONTINUE if after.due_at is not None:
            limit = await limit_of(session, after.matter_id)
            clock = Clock(*HANDLING, after.clock_started_at, after.near_due_at, after.due_at, limit)
            running[HANDLING] = clock.as_told(now)
            moved.taken_back = clock
        case Effect.PAUSE:
            running |= {name: one.paused(now) for name, one in running.items() if name[0] in PAUSED_BY_HOLD}
        case Effect.RESUME:
            running |= {name: one.resumed(now, table.office) for name, one in running.items()}
            moved.columns["timer_at"] = None


def _started(new: NewClock, after: Any, table: Timetable, now: datetime) -> Clock:
    name = (new.kind, new.subject)
    if new.due_at is not None:
        return clocks.until(name, now, new.due_at)
    limit = table.limit(new.kind, is_urgent=after.priority is Priority.URGENT)
    return clocks.started(name, limit, now, table.office)


def _columns(running: Sequence[Clock]) -> dict[str, Any]:
    """What a case keeps of its running clocks: all of them, the next alarm, and the handling clock for lists and
    counts."""
    in_order = sorted(running, key=lambda clock: (clock.started_at, clock.name))
    alarms = [clock.alarm_at for clock in running if clock.alarm_at is not None]
    columns: dict[str, Any] = {
        "clocks": [clock.stored() for clock in in_order],
        "alarm_at": min(alarms, default=None),
    }
    handling = next((clock for clock in running if clock.kind is ClockKind.HANDLING), None)
    if handling is not None:
        columns |= {
            "clock_started_at": handling.started_at,
            "clock_runs": handling.paused_at is None,
            "paused_at": handling.paused_at,
            "near_due_at": handling.near_due_at,
            "due_at": handling.due_at,
        }
    return columns


def _stopped(case: CaseRow, clock: Clock, now: datetime) -> dict[str, Any]:
    return {
        "realm": case.realm,
        "case_id": case.id,
        "round": case.round,
        "kind": clock.kind,
        "subject": clock.subject,
        "started_at": clock.started_at,
        "near_due_at": clock.near_due_at,
        "due_at": clock.due_at,
        "stopped_at": now,
        "was_late": clock.is_late(now),
        "limit_value": clock.limit.value,
        "limit_unit": clock.limit.unit,
    }


async def limit_of(session: Session, matter_id: int) -> Limit:
    """The limit of a matter's standard."""
    matter = await catalogue.by_id(session, catalogue.matters, matter_id)
    assert matter is not None, "a case's matter is a foreign key"
    return Limit(matter.limit_value, matter.limit_unit)


async def reclassified(session: Session, case: CaseRow, matter_id: int) -> ClockChange:
    """The handling clock by another matter's standard: from the original start, with pauses and extensions kept."""
    now_running = next((one for one in clocks.running_clocks(case) if one.name == HANDLING), None)
    if now_running is None:
        return ClockChange()
    limit = await limit_of(session, matter_id)
    office = (await timetable(session, case.division_path)).office
    start = now_running.started_at
    pauses = await cases.pauses(session, case.id, start)
    stood = (deadlines.counted_between(since, end, limit.unit, office) for since, end in pauses)
    more = deadlines.length(limit.value, limit.unit, office) * case.extensions
    clock = clocks.started(HANDLING, limit, start, office, sum(stood, timedelta()) + more)
    return ClockChange(replace=[clocks.as_it_stands(clock, now_running)])
