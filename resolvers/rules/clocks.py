"""The clocks of a case: which of them run in which state, how they stand still, go on and stop; and what a resident
is told of where it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

from db.vocabulary import CaseStage, CaseState, ClockKind, ClockState, LimitUnit, PlainStage
from resolvers.rules import deadlines
from resolvers.rules.deadlines import OfficeTime

K, S, U = ClockKind, CaseState, LimitUnit

RECEIVED = frozenset({CaseStage.INTAKE, CaseStage.REGISTRATION})


class Limit(NamedTuple):
    value: int
    unit: LimitUnit


# What holds where a deployment says nothing else; none of it comes from a regulation: (ordinary, urgent).
STAGE_LIMITS: dict[ClockKind, tuple[Limit, Limit]] = {
    K.ACCEPT: (Limit(2, U.WORKING_HOUR), Limit(1, U.URGENT_HOUR)),
    K.REGISTER: (Limit(4, U.WORKING_HOUR), Limit(1, U.URGENT_HOUR)),
    K.VERIFY: (Limit(4, U.WORKING_HOUR), Limit(2, U.URGENT_HOUR)),
    K.DISPATCH: (Limit(4, U.WORKING_HOUR), Limit(1, U.URGENT_HOUR)),
    K.SIGN: (Limit(4, U.WORKING_HOUR), Limit(1, U.URGENT_HOUR)),
    K.RESPOND: (Limit(1, U.WORKING_DAY), Limit(4, U.URGENT_HOUR)),
    K.CHECK: (Limit(1, U.WORKING_DAY), Limit(4, U.URGENT_HOUR)),
    K.CLOSE: (Limit(2, U.WORKING_DAY), Limit(8, U.URGENT_HOUR)),
    K.REOPEN: (Limit(2, U.WORKING_DAY), Limit(8, U.URGENT_HOUR)),
    K.HOP: (Limit(2, U.WORKING_HOUR), Limit(1, U.URGENT_HOUR)),
    K.LEVEL: (Limit(5, U.WORKING_DAY), Limit(24, U.URGENT_HOUR)),
    K.EXPEDITE: (Limit(1, U.WORKING_DAY), Limit(4, U.URGENT_HOUR)),
    K.ORDER_ACCEPT: (Limit(4, U.WORKING_HOUR), Limit(1, U.URGENT_HOUR)),
    K.ORDER_WORK: (Limit(5, U.WORKING_DAY), Limit(24, U.URGENT_HOUR)),  # where the offer names no due time
    K.ORDER_CONFIRM: (Limit(1, U.WORKING_DAY), Limit(4, U.URGENT_HOUR)),
    K.ORDER_ANSWER: (Limit(4, U.WORKING_HOUR), Limit(1, U.URGENT_HOUR)),
    K.REPAIR: (Limit(1, U.WORKING_DAY), Limit(4, U.URGENT_HOUR)),
    K.COMMITMENT: (Limit(5, U.WORKING_DAY), Limit(24, U.URGENT_HOUR)),  # where nobody named a date
}
OF_ORDERS = frozenset({K.ORDER_ACCEPT, K.ORDER_WORK, K.ORDER_CONFIRM, K.ORDER_ANSWER})
"""Their subject is a work order."""
PAUSED_BY_HOLD = frozenset({K.HANDLING, K.LEVEL})
OUTLIVES_CASE = frozenset({K.LEVEL})  # a closed case's, until the level has passed the answer on


class Told(IntEnum):
    """What has been announced of a clock."""

    NOTHING = 0
    NEAR_DUE = 1
    OVERDUE = 2


Name = tuple[ClockKind, str]
"""Kind and subject: a case has at most one running clock of a name."""


@dataclass(frozen=True, slots=True)
class Clock:
    kind: ClockKind
    subject: str  # whose: a unit's or other id as text, a centre's code; empty for the case itself
    started_at: datetime
    near_due_at: datetime
    due_at: datetime
    limit: Limit
    paused_at: datetime | None = None
    told: Told = Told.NOTHING

    @property
    def name(self) -> Name:
        return self.kind, self.subject

    @property
    def alarm_at(self) -> datetime | None:
        """When something is to be announced next; None while it stands still, and when all was said."""
        if self.paused_at is not None or self.told is Told.OVERDUE:
            return None
        return self.due_at if self.told is Told.NEAR_DUE else self.near_due_at

    def is_late(self, now: datetime) -> bool:
        return (self.paused_at or now) > self.due_at

    def state(self, now: datetime) -> ClockState:
        if self.paused_at is not None:
            return ClockState.PAUSED
        if now > self.due_at:
            return ClockState.OVERDUE
        return ClockState.NEAR_DUE if now >= self.near_due_at else ClockState.RUNNING

    def as_told(self, now: datetime) -> Clock:
        """With everything announced that is to be announced by now."""
        if self.paused_at is not None:
            return self
        due = Told.OVERDUE if now >= self.due_at else Told.NEAR_DUE if now >= self.near_due_at else Told.NOTHING
        return replace(self, told=max(self.told, due))

    def paused(self, now: datetime) -> Clock:
        return self if self.paused_at is not None else replace(self, paused_at=now)

    def resumed(self, now: datetime, office: OfficeTime) -> Clock:
        """The due times moved by the counted time the clock stood still."""
        since = self.paused_at
        if since is None:
            return self

        def moved(moment: datetime) -> datetime:
            if moment < since:  # passed, even where no counted time lies between: six o'clock, held at seven
                return moment
            left = deadlines.counted_between(since, moment, self.limit.unit, office)
            return deadlines.advance(now, left, self.limit.unit, office)

        return replace(self, near_due_at=moved(self.near_due_at), due_at=moved(self.due_at), paused_at=None)

    def extended(self, by: Limit, office: OfficeTime, now: datetime) -> Clock:
        """Due one more limit later. What was announced and is no longer so may be announced again."""
        more = deadlines.length(by.value, by.unit, office)
        later = replace(
            self,
            near_due_at=deadlines.advance(self.near_due_at, more, by.unit, office),
            due_at=deadlines.advance(self.due_at, more, by.unit, office),
            told=Told.NOTHING,
        )
        return replace(later, told=min(self.told, later.as_told(now).told))

    def stored(self) -> dict[str, Any]:
        """As a case's column keeps it."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "started_at": self.started_at.isoformat(),
            "near_due_at": self.near_due_at.isoformat(),
            "due_at": self.due_at.isoformat(),
            "limit_value": self.limit.value,
            "limit_unit": self.limit.unit,
            "paused_at": None if self.paused_at is None else self.paused_at.isoformat(),
            "told": int(self.told),
        }


def from_stored(kept: Mapping[str, Any]) -> Clock:
    paused_at = kept["paused_at"]
    return Clock(
        K(kept["kind"]),  # type: ignore[call-arg]  # a Word is looked up by its value alone
        kept["subject"],
        datetime.fromisoformat(kept["started_at"]),
        datetime.fromisoformat(kept["near_due_at"]),
        datetime.fromisoformat(kept["due_at"]),
        Limit(kept["limit_value"], U(kept["limit_unit"])),  # type: ignore[call-arg]
        None if paused_at is None else datetime.fromisoformat(paused_at),
        Told(kept["told"]),
    )


def running_clocks(case: Any) -> list[Clock]:
    """The clocks of a case that have not stopped, in the order they started."""
    return [from_stored(one) for one in case.clocks or ()]


def started(name: Name, limit: Limit, now: datetime, office: OfficeTime, paused: timedelta = timedelta()) -> Clock:
    """A clock by a limit; `paused` is counted time it has already stood still."""
    near, due = deadlines.due(now, limit.value, limit.unit, office, paused)
    return Clock(name[0], name[1], now, near, due, limit)


def until(name: Name, now: datetime, due: datetime) -> Clock:
    """A clock towards a moment somebody named; its limit is in whole hours on any day, at least one."""
    hours = max(1, round((due - now) / timedelta(hours=1)))
    near = now + (due - now) * deadlines.NEAR_DUE_PERCENT // 100
    return Clock(name[0], name[1], now, near, due, Limit(hours, U.URGENT_HOUR))


def as_it_stands(clock: Clock, before: Clock) -> Clock:
    """A clock with other due times, standing still where it stood still, its announcements made anew."""
    return replace(clock, paused_at=before.paused_at)


def of_stage(state: CaseState, *, is_answered: bool, unit_id: int | None) -> frozenset[Name]:
    """Stage clocks that run in a state; handling runs by the actions of the life-cycle."""
    names: list[Name] = []
    match state:
        case S.SUBMITTED:
            names = [(K.ACCEPT, "")]
        case S.ACCEPTED:
            names = [(K.REGISTER, "")]
        case S.VERIFYING:
            names = [(K.REGISTER, ""), (K.VERIFY, "")]
        case S.REGISTERED | S.RETURNED:
            names = [(K.DISPATCH, "")]
        case S.DISPATCHED:
            names = [(K.SIGN, str(unit_id))]
        case S.HANDLED:
            names = [(K.CLOSE, "") if is_answered else (K.RESPOND, "")]
        case S.CHECKING:
            names = [(K.CHECK, "")] if is_answered else [(K.CHECK, ""), (K.RESPOND, "")]
        case S.REOPEN_REQUESTED:
            names = [(K.REOPEN, "")]
    return frozenset(names)


OF_STAGE = frozenset({K.ACCEPT, K.REGISTER, K.VERIFY, K.DISPATCH, K.SIGN, K.RESPOND, K.CHECK, K.CLOSE, K.REOPEN})


def plain_stage(case: Any) -> PlainStage:
    """已收到, 办理中, 已答复, 已办结."""
    if not case.is_open:
        return PlainStage.FINISHED
    if case.responses and case.stage is CaseStage.CHECK_AND_CLOSURE:
        return PlainStage.ANSWERED
    return PlainStage.RECEIVED if case.stage in RECEIVED else PlainStage.IN_HAND
