"""What subjects have to do by themselves beside the timers of cases: the leader does each once a second, in
batches."""

from __future__ import annotations

from resolvers import breaks, command_orders, consultations, deliveries, evaluating, lapsing, sandboxes
from resolvers.timers import Duty

DUTIES: tuple[Duty, ...] = (
    deliveries.time_outs,
    command_orders.flag_unsigned,
    consultations.flag_unanswered,
    lapsing.lapse_offers,
    breaks.detect,
    evaluating.clear,
    sandboxes.judge,
)
