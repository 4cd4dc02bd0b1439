"""Offers that nobody answers in time go back to their department."""

from __future__ import annotations

import structlog

from db import outsourcing, webhooks
from resolvers.outsourcing import lapse, send_failed
from resolvers.refusals import Refusal
from resolvers.timers import Lead

LAPSES_AT_ONCE = 50
SILENT = "服务商系统在接单时限内没有收下派单"

log = structlog.get_logger("gridcast.lapsing")


async def lapse_offers(lead: Lead) -> int:
    """Take back what has waited too long, a batch; how many were.

    Where the provider's own system was to be told and took nothing in, the offer was not declined by silence: it is
    SEND_FAILED, and the department sends it again or asks somebody else.
    """
    async with lead.db.read() as session:
        late = await outsourcing.unanswered_offers_without_scope(session, lead.now, LAPSES_AT_ONCE)
        silent = await webhooks.never_arrived(session, [order.id for order in late]) if late else frozenset()
    done = 0
    for order in late:
        call = lead.call(order.realm, f"lapse:{order.id}:{order.version}")
        try:
            if order.id in silent:
                await send_failed(lead.db, call, order.id, SILENT)
            else:
                await lapse(lead.db, call, order.id)
            done += 1
        except Refusal as refusal:  # somebody answered first
            log.info("lapsing.refused", order=order.id, code=refusal.code)
    return done
