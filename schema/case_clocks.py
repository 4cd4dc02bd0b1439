"""Clocks of a case and of its work orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from db import cases
from db.cases import CaseRow
from db.vocabulary import ClockKind, ClockState, LimitUnit
from resolvers.rules import access, clocks
from resolvers.rules.clocks import OF_ORDERS
from schema.context import Ask
from schema.ids import global_id


@strawberry.type(description="时限: one clock of a case.")
class CaseClock:
    kind: ClockKind = strawberry.field(description="Which clock.")
    subject: str = strawberry.field(
        description="Whose it is, where a case has several of a kind: a unit, a centre's code, a work "
        "order's global id; empty otherwise."
    )
    state: ClockState = strawberry.field(description="How it stands now.")
    started_at: datetime = strawberry.field(description="When it started.")
    due_at: datetime = strawberry.field(description="When it is due, by the division's working calendar.")
    near_due_at: datetime = strawberry.field(description="When it becomes near due: four fifths of the limit.")
    paused_at: datetime | None = strawberry.field(description="Since when it stands still; null while it runs.")
    stopped_at: datetime | None = strawberry.field(description="When it stopped; null while it has not.")
    limit_value: int = strawberry.field(description="The limit, in `limitUnit`, without extensions.")
    limit_unit: LimitUnit = strawberry.field(description="Unit of the limit.")
    remaining_seconds: int | None = strawberry.field(
        description="Wall-clock seconds until due, negative once overdue; null when it does not run."
    )

    @staticmethod
    def of_running(clock: clocks.Clock, now: datetime) -> CaseClock:
        runs = clock.paused_at is None
        return CaseClock(
            kind=clock.kind,
            subject=_subject(clock),
            state=clock.state(now),
            started_at=clock.started_at,
            due_at=clock.due_at,
            near_due_at=clock.near_due_at,
            paused_at=clock.paused_at,
            stopped_at=None,
            limit_value=clock.limit.value,
            limit_unit=clock.limit.unit,
            remaining_seconds=int((clock.due_at - now).total_seconds()) if runs else None,
        )

    @staticmethod
    def of_stopped(row: Any, *, is_exempt: bool) -> CaseClock:
        state = ClockState.MISSED if row.was_late else ClockState.MET
        if row.was_late and is_exempt and row.kind is ClockKind.HANDLING:
            state = ClockState.EXEMPT
        return CaseClock(
            kind=row.kind,
            subject=_subject(row),
            state=state,
            started_at=row.started_at,
            due_at=row.due_at,
            near_due_at=row.near_due_at,
            paused_at=None,
            stopped_at=row.stopped_at,
            limit_value=row.limit_value,
            limit_unit=row.limit_unit,
            remaining_seconds=None,
        )


def _subject(clock: Any) -> str:
    return str(global_id("WorkOrder", clock.subject)) if clock.kind in OF_ORDERS else str(clock.subject)


async def shown_clocks(info: Ask, case: CaseRow, found: Sequence[Any]) -> list[Any]:
    """Without the clocks of orders the viewer does not see."""
    if not any(one.kind in OF_ORDERS for one in found):
        return list(found)
    where, scope = cases.columns_of(case), info.context.viewer.scope
    orders = await info.context.loaders.work_orders.load(case.id)
    seen = {str(order.id) for order in orders if access.may_see_order(scope, order, where)}
    return [one for one in found if one.kind not in OF_ORDERS or one.subject in seen]
