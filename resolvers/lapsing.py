"""Offers that nobody answers in time go back to their department."""

from __future__ import annotations

import structlog

from db import outsourcing
from resolvers.outsourcing import lapse
from resolvers.refusals import Refusal
from resolvers.timers import Lead

LAPSES_AT_ONCE = 50

log = structlog.get_logger("gridcast.lapsing")


async def lapse_offers(lead: Lead) -> int:
    """Take back what has waited too long, a batch; how many were."""
    async with lead.db.read() as session:
        late = await outsourcing.unanswered_offers_without_scope(session, lead.now, LAPSES_AT_ONCE)
    done = 0
    for order in late:
        call = lead.call(order.realm, f"lapse:{order.id}:{order.version}")
        try:
            await lapse(lead.db, call, order.id)
            done += 1
        except Refusal as refusal:  # somebody answered first
            log.info("lapsing.refused", order=order.id, code=refusal.code)
    return done
