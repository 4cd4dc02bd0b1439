"""How answers of the demo city arrive: the hotline calls back, the duty desk signs, sometimes nobody picks up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.demo.sentences import NOT_REACHED
from api.demo.stage import Stage
from db import deliveries
from db.vocabulary import CaseAction, Channel, Role
from db.vocabulary.deliveries import DeliveryReport
from resolvers import deliveries as delivering


async def bring(stage: Stage, case: Any) -> CaseAction:
    """One attempt of what is on its way to who handed the case in."""
    waiting = (await _waiting(stage, case))[0]
    is_reached = waiting.channel is Channel.DUTY_DESK or stage.chance(0.85)
    outcome = DeliveryReport.DELIVERED if is_reached else DeliveryReport.FAILED
    await _report(stage, case, waiting, outcome, None if is_reached else stage.one(NOT_REACHED))
    return CaseAction.DELIVER if is_reached else CaseAction.FAIL_DELIVERY


async def bring_all(stage: Stage, case: Any) -> None:
    """Everything at once: nobody looks after a case that has ended."""
    for waiting in await _waiting(stage, case):
        await _report(stage, case, waiting, DeliveryReport.DELIVERED, None)


async def _waiting(stage: Stage, case: Any) -> list[Any]:
    async with stage.db.read() as session:
        found = (await deliveries.by_case(session, [case.id]))[case.id]
    return [one for one in found if one.settled_at is None]


async def _report(stage: Stage, case: Any, waiting: Any, outcome: DeliveryReport, note: str | None) -> None:
    by_hotline = waiting.channel is Channel.HOTLINE_CALLBACK
    call = await stage.of_submitter(case) if by_hotline else await stage.of_county(Role.SHIFT_LEADER, case)
    await delivering.report(stage.db, replace(call, expected_version=None), waiting.id, outcome, note, None)
