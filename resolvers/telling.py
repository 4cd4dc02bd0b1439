"""What an action tells who handed the case in: a response sets out on its channel, and the case keeps count."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from db import answers, cases, deliveries
from db.cases import CaseRow
from db.database import Session
from db.vocabulary import CaseState, Channel, Role
from db.vocabulary.deliveries import DeliveryState
from resolvers.call import Call
from resolvers.rules import channels
from resolvers.rules.policy import Policy

S = CaseState
NEEDS_BOTH = frozenset({S.HANDLED, S.CHECKING, S.CLOSED, S.DECLINED})
NEEDS_RESPONSE = NEEDS_BOTH | {S.VOIDED}


def counted(case: CaseRow, columns: Mapping[str, Any]) -> dict[str, int]:
    """Counters of a case that is about to be answered."""
    if channels.first_channel(case) is Channel.IN_APP:
        return {"responses": columns.get("responses", case.responses) + 1}
    return {"open_deliveries": columns.get("open_deliveries", case.open_deliveries) + 1}


def unanswered_since(case: CaseRow, columns: Mapping[str, Any], now: datetime) -> datetime | None:
    """Since when a case that was handled, or ended, lacks its disposition or a delivered response."""
    state = columns["state"]
    lacks_response = state in NEEDS_RESPONSE and not columns.get("responses", case.responses)
    lacks_disposition = state in NEEDS_BOTH and not columns.get("dispositions", case.dispositions)
    return (case.unanswered_since or now) if lacks_response or lacks_disposition else None


async def record_response(session: Session, call: Call, after: CaseRow, role: Role, text: str) -> None:
    """Write it down and let it set out; in the app, written is delivered."""
    channel = channels.first_channel(after)
    is_there = channel is Channel.IN_APP
    response_id = await cases.add_response(
        session,
        {
            "case_id": after.id,
            "round": after.round,
            "text": text,
            "channel": channel,
            "actor": call.viewer.principal,
            "actor_role": role,
            "at": call.now,
            "delivered_at": call.now if is_there else None,
        },
    )
    await deliveries.add(session, attempt(after, response_id, 1, channel, call.now, call.policy))
    if is_there:
        await answers.mark_answered(session, after, call.now, call.now, is_delivered=True)


def attempt(
    case: CaseRow, response_id: int, number: int, channel: Channel, now: datetime, policy: Policy
) -> dict[str, Any]:
    """A new attempt; on a channel that others carry it is given up when no receipt comes."""
    is_there = channel is Channel.IN_APP
    wait = channels.wait(channel, policy)
    return {
        "realm": case.realm,
        "case_id": case.id,
        "response_id": response_id,
        "division_path": case.division_path,
        "attempt": number,
        "channel": channel,
        "state": DeliveryState.DELIVERED if is_there else DeliveryState.PENDING,
        "created_at": now,
        "sent_at": now if is_there else None,
        "settled_at": now if is_there else None,
        "due_at": None if wait is None else now + wait,
    }


async def forget_undone(session: Session, before: CaseRow, after: CaseRow) -> None:
    """After work was sent back, nobody waits to be told what had been decided."""
    if after.round == before.round and after.dispositions < before.dispositions:
        await answers.supersede(session, before)
