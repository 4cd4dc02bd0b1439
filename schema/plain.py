"""The four plain stages of a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db.vocabulary import PlainStage
from resolvers.rules import plain
from schema.context import Ask
from schema.shown import Shown, own


@strawberry.type(description="One of the four plain stages of a case.")
class PlainStep(Shown):
    row: strawberry.Private[plain.PlainStep]

    stage: PlainStage = own("Which.")
    reached_at: datetime | None = own("When it was reached; null before, and where it was passed over.")
    is_current: bool = own("Whether the case stands here.")


async def plain_steps(info: Ask, case: Any) -> list[PlainStep]:
    responses = await info.context.loaders.responses.load(case.id)
    told = [row.delivered_at or row.undeliverable_at for row in responses if row.round == case.round]
    return [PlainStep(row=row) for row in plain.plain_steps(case, sorted(at for at in told if at is not None))]
