"""What makes a case a break of the loop, and what repairs it. Pure.

One case is told at most its most telling break: that units contradict each other says more than that nobody has it,
and that says more than that it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from db.vocabulary import CaseAction, CaseStage, CaseState, ClockKind, LimitUnit, Priority, stage_of
from db.vocabulary.breaks import BreakCause, BreakKind, BreakRemedy
from resolvers.rules import clocks, deadlines
from resolvers.rules.clocks import Limit
from resolvers.rules.deadlines import OfficeTime
from resolvers.rules.jurisdiction import are_in_conflict

Row = Any
K, S = CaseStage, CaseState

LEAST_SAMPLES = 20  # of fewer no median is taken: the limit of the link stands for it
FIRST_LOOK = timedelta(minutes=15)  # after something happened to a case: nothing is late before
LOOK_AGAIN = timedelta(days=1)  # at a case of which nothing is expected before
REMEDY = {
    BreakKind.BLOCKED: BreakRemedy.EXPEDITE,
    BreakKind.BROKEN: BreakRemedy.REASSIGN,
    BreakKind.DIVERGENT: BreakRemedy.RULE,
}
LIMIT_OF_LINK = {
    K.INTAKE: ClockKind.ACCEPT,
    K.REGISTRATION: ClockKind.REGISTER,
    K.DISPATCH: ClockKind.DISPATCH,
    K.FEEDBACK: ClockKind.RESPOND,
    K.CHECK_AND_CLOSURE: ClockKind.CLOSE,
}
PUT_OFF = frozenset({S.ON_HOLD, S.LONG_TERM})
OWNERLESS = frozenset({S.REGISTERED, S.RETURNED})
WITH_UNIT = frozenset({S.SIGNED, S.IN_PROGRESS, S.ON_HOLD, S.LONG_TERM, S.HANDLED, S.CHECKING})
TELLING = frozenset({CaseAction.RETURN, CaseAction.COMPLETE, CaseAction.ADD_DISPOSITION, CaseAction.FAIL_DELIVERY})
"""After these a case is looked at at once: what they leave may contradict what was there, or be the end of a way."""


class Norm(NamedTuple):
    """How long is usual: counted time in a unit; `samples` is 0 where a limit stands for the median."""

    seconds: int
    unit: LimitUnit
    samples: int


@dataclass(frozen=True, slots=True)
class Finding:
    kind: BreakKind
    cause: BreakCause
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Around:
    """What hangs on a case and is read where it may tell something."""

    steps: Sequence[Row] = ()  # oldest first; where a unit handles it
    views: Sequence[Row] = ()  # of units whose case it is, oldest first; where it was returned
    dispositions: Sequence[Row] = ()
    responses: Sequence[Row] = ()
    hop: Row | None = None  # the one that waits for its receipt


@dataclass(slots=True)
class Verdict:
    finding: Finding | None = None
    look_at: datetime | None = None  # when it could be one by time alone
    moments: list[datetime] = field(default_factory=list)


def judge(
    case: Row, around: Around, norm: Norm, times: float, least: timedelta, office: OfficeTime, now: datetime
) -> Verdict:
    """The break of an open case, if it is one, and when to look again if nothing happens to it."""
    verdict = Verdict()
    verdict.finding = (
        _returns(case, around.views)
        or _dispositions(case, around.dispositions)
        or _not_delivered(case, around.responses)
        or _no_receipt(around.hop, now, verdict)
        or _no_owner(case, now, verdict)
        or _slow(case, norm, around.steps, times, least, office, now, verdict)
    )
    later = [moment for moment in verdict.moments if moment > now]
    verdict.look_at = min([*later, now + LOOK_AGAIN])
    return verdict


def _returns(case: Row, views: Sequence[Row]) -> Finding | None:
    mine = [view for view in views if view.round == case.round]
    if case.state is not S.RETURNED or case.is_ruled or not are_in_conflict(mine):
        return None
    last = {view.department_id: view.proposed_unit_id for view in mine}
    opinions = [{"unit": unit, "proposed": proposed} for unit, proposed in last.items()]
    return Finding(BreakKind.DIVERGENT, BreakCause.RETURNS, {"opinions": opinions})


def outcomes(case: Row, dispositions: Sequence[Row]) -> dict[int, str]:
    """The last outcome each unit came to in this round; what was sent back to be done again no longer counts."""
    return {
        one.department_id: one.outcome.name
        for one in dispositions
        if one.round == case.round
        and one.department_id is not None
        and one.outcome is not None
        and (case.reworked_at is None or one.at > case.reworked_at)
    }


def _dispositions(case: Row, dispositions: Sequence[Row]) -> Finding | None:
    found = outcomes(case, dispositions)
    if len(set(found.values())) < 2:
        return None
    opinions = [{"unit": unit, "outcome": outcome} for unit, outcome in sorted(found.items())]
    return Finding(BreakKind.DIVERGENT, BreakCause.DISPOSITIONS, {"opinions": opinions})


def _not_delivered(case: Row, responses: Sequence[Row]) -> Finding | None:
    """Every way was tried in vain. That the case may be closed all the same does not tell anybody the answer."""
    mine = [one for one in responses if one.round == case.round]
    failed = [one for one in mine if one.undeliverable_at is not None]
    if not failed or case.open_deliveries or any(one.delivered_at is not None for one in mine):
        return None
    since = failed[-1].undeliverable_at
    return Finding(BreakKind.BROKEN, BreakCause.NOT_DELIVERED, {"since": since.isoformat()})


def _no_receipt(hop: Row | None, now: datetime, verdict: Verdict) -> Finding | None:
    if hop is None:
        return None
    if now < hop.due_at:
        verdict.moments.append(hop.due_at)
        return None
    evidence = {"hop": hop.id, "from": hop.from_code, "to": hop.to_code, "since": hop.at.isoformat()}
    return Finding(BreakKind.BROKEN, BreakCause.NO_RECEIPT, evidence)


def _no_owner(case: Row, now: datetime, verdict: Verdict) -> Finding | None:
    if case.state not in OWNERLESS or case.hop_id is not None:
        return None
    clock = next((one for one in clocks.running_clocks(case) if one.kind is ClockKind.DISPATCH), None)
    if clock is None:
        return None
    if not clock.is_late(now):
        verdict.moments.append(clock.due_at + timedelta(microseconds=1))
        return None
    since = clock.started_at.isoformat()
    return Finding(BreakKind.BROKEN, BreakCause.NO_OWNER, {"since": since, "due": clock.due_at.isoformat()})


def _slow(
    case: Row,
    norm: Norm,
    steps: Sequence[Row],
    times: float,
    least: timedelta,
    office: OfficeTime,
    now: datetime,
    verdict: Verdict,
) -> Finding | None:
    if case.stage is None or case.state in PUT_OFF:
        return None
    allowed = max(timedelta(seconds=norm.seconds * times), least)
    spans = (deadlines.counted_between(since, end, norm.unit, office) for since, end in pauses(steps, case.stage_at))
    paused = sum(spans, timedelta())
    stood = deadlines.counted_between(case.stage_at, now, norm.unit, office) - paused
    if stood <= allowed:
        over = allowed + paused + timedelta(seconds=1)
        verdict.moments.append(deadlines.advance(case.stage_at, over, norm.unit, office))
        return None
    evidence = {
        "link": case.stage.name,
        "since": case.stage_at.isoformat(),
        "dwell_seconds": int(stood.total_seconds()),
        "median_seconds": norm.seconds,
        "samples": norm.samples,
    }
    return Finding(BreakKind.BLOCKED, BreakCause.SLOW_LINK, evidence)


def pauses(steps: Sequence[Row], since: datetime) -> list[tuple[datetime, datetime]]:
    """When a case was put off and taken up again, since a moment."""
    found: list[tuple[datetime, datetime]] = []
    put_off_at: datetime | None = None
    for step in steps:
        if step.at < since:
            continue
        if step.to_state in PUT_OFF and step.from_state not in PUT_OFF:
            put_off_at = step.at
        elif put_off_at is not None and step.to_state not in PUT_OFF:
            found.append((put_off_at, step.at))
            put_off_at = None
    return found


def norm_of(case: Row, reckoned: tuple[int, int] | None, limit: Limit, office: OfficeTime) -> Norm:
    """The median of the link (seconds, samples), or its limit where too few cases have passed it."""
    if reckoned is not None and reckoned[1] >= LEAST_SAMPLES:
        unit = LimitUnit.URGENT_HOUR if case.priority is Priority.URGENT else LimitUnit.WORKING_HOUR
        return Norm(reckoned[0], unit, reckoned[1])
    return Norm(int(deadlines.length(limit.value, limit.unit, office).total_seconds()), limit.unit, 0)


# -- what is usual


def dwells(steps: Iterable[Row], unit: LimitUnit, office: OfficeTime) -> Iterator[tuple[CaseStage, float]]:
    """Counted seconds in each link that one case has left on the way to being handled, without what it was put off.

    `steps` in order, perhaps not from the first on: a link whose beginning is missing is not counted.
    """
    since: datetime | None = None
    put_off_at: datetime | None = None
    put_off = timedelta()
    for step in steps:
        before = None if step.from_state is None else stage_of(step.from_state, is_answered=False)
        after = stage_of(step.to_state, is_answered=False)
        if step.to_state in PUT_OFF and step.from_state not in PUT_OFF:
            put_off_at = step.at
        elif put_off_at is not None and step.from_state in PUT_OFF:
            put_off += deadlines.counted_between(put_off_at, step.at, unit, office)
            put_off_at = None
        if before is after:
            continue
        if since is not None and before is not None and before not in (K.FEEDBACK, K.CHECK_AND_CLOSURE):
            stood = deadlines.counted_between(since, step.at, unit, office) - put_off
            yield before, stood.total_seconds()
        since, put_off = step.at, timedelta()


def medians(found: Mapping[Any, Sequence[float]]) -> dict[Any, tuple[int, int]]:
    """Median and number of each."""
    return {key: (round(median(seconds)), len(seconds)) for key, seconds in found.items() if seconds}


def prefecture(path: str) -> str:
    """Code of the prefecture a path lies in; of the province where it lies above."""
    codes = path.rstrip("/").split("/")
    return codes[min(1, len(codes) - 1)]


# -- repair


def repaired_by(found: Row, case: Row, around: Around) -> Row | None:
    """The step that repaired a break; None while it is one. `around.steps` are those after it was found."""
    steps = around.steps
    if not steps:
        return None
    last = steps[-1]
    if not case.is_open:
        return next((one for one in steps if stage_of(one.to_state, is_answered=True) in (None, K.EVALUATION)), last)
    match found.cause:
        case BreakCause.SLOW_LINK:
            stands = case.stage_at.isoformat() == found.evidence["since"] and case.state not in PUT_OFF
            return None if stands else next((one for one in steps if one.to_state is not one.from_state), last)
        case BreakCause.NO_OWNER:
            moved = (one for one in steps if one.to_state not in OWNERLESS or one.action in LEVEL_MOVES)
            return next(moved, None)
        case BreakCause.NO_RECEIPT:
            if case.hop_id == found.evidence["hop"]:
                return None
            return next((one for one in steps if one.action is CaseAction.RECEIVE_HOP), last)
        case BreakCause.NOT_DELIVERED:
            return None if _not_delivered(case, around.responses) else last
        case BreakCause.RETURNS:
            decided = (one for one in steps if one.action is CaseAction.RULE or one.to_state in WITH_UNIT)
            return next(decided, None)
        case _:
            return None if _dispositions(case, around.dispositions) else last


LEVEL_MOVES = frozenset({CaseAction.ESCALATE, CaseAction.ASSIGN_DOWN})
"""Another centre has to find its owner from now on, by a receipt with a limit of its own."""
