"""How a promise stands. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from db.vocabulary import OPEN_STATES
from db.vocabulary.commitments import CommitmentState


def state(commitment: Any, case: Any, now: datetime) -> CommitmentState:
    if commitment.kept_at is not None:
        return CommitmentState.KEPT if commitment.kept_at <= commitment.promised_at else CommitmentState.BROKEN
    is_over = case.state not in OPEN_STATES or case.round != commitment.round
    until = min(now, case.closed_at or case.updated_at) if is_over else now
    if until > commitment.promised_at:
        return CommitmentState.BROKEN
    return CommitmentState.LAPSED if is_over else CommitmentState.OPEN
