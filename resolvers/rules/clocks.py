"""How a case's time stands, and what a resident is told of where it is. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db.vocabulary import CaseStage, ClockState, PlainStage

RECEIVED = frozenset({CaseStage.INTAKE, CaseStage.REGISTRATION})


def plain_stage(case: Any) -> PlainStage:
    """已收到, 办理中, 已答复, 已办结."""
    if not case.is_open:
        return PlainStage.FINISHED
    if case.responses and case.stage is CaseStage.CHECK_AND_CLOSURE:
        return PlainStage.ANSWERED
    return PlainStage.RECEIVED if case.stage in RECEIVED else PlainStage.IN_HAND


def handling_state(case: Any, now: datetime) -> ClockState:
    """State of a handling clock that has started."""
    if case.paused_at is not None:
        return ClockState.PAUSED
    if not case.clock_runs:
        return ClockState.MISSED if case.was_late else ClockState.MET
    if now > case.due_at:
        return ClockState.OVERDUE
    return ClockState.NEAR_DUE if now >= case.near_due_at else ClockState.RUNNING
