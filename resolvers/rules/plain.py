"""The four plain stages of a case, as residents see them: which it has reached, and when. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.vocabulary import PlainStage
from resolvers.rules.clocks import plain_stage


@dataclass(frozen=True, slots=True)
class PlainStep:
    stage: PlainStage
    reached_at: datetime | None
    is_current: bool


def plain_steps(case: Any, told_at: Sequence[datetime]) -> list[PlainStep]:
    """All four in their order. `told_at` is when its answers reached whoever handed it in, oldest first.

    What was passed over has no time: a case that is declined was never in hand.
    """
    now = plain_stage(case)
    order = list(PlainStage)
    at = {
        PlainStage.RECEIVED: case.submitted_at,
        PlainStage.IN_HAND: case.registered_at,
        PlainStage.ANSWERED: told_at[-1] if told_at and case.responses else None,
        PlainStage.FINISHED: None if case.is_open else case.closed_at or case.updated_at,
    }
    return [PlainStep(one, at[one] if order.index(one) <= order.index(now) else None, one is now) for one in order]
