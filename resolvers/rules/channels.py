"""How an answer travels to whoever handed a case in: first channel, the next one, and who may say that it arrived.

Pure. A time-out proves nothing about the person: it only moves the answer to a channel on which people look after it.
Only reported failures, down to the last channel, make an answer undeliverable.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from db.vocabulary import CaseSource, Channel, Role
from resolvers.rules.policy import Policy

CHANNEL_OF_SOURCE: dict[CaseSource, Channel] = {
    CaseSource.RESIDENT_APP: Channel.IN_APP,
    CaseSource.ENTERPRISE_APP: Channel.IN_APP,
    CaseSource.GRID_WORKER: Channel.IN_APP,
    CaseSource.COMMUNITY_WORKER: Channel.IN_APP,
    CaseSource.PATROL: Channel.IN_APP,
    CaseSource.DEPARTMENT: Channel.IN_APP,
    CaseSource.HOTLINE: Channel.HOTLINE_CALLBACK,
    CaseSource.SENSOR: Channel.DUTY_DESK,
    CaseSource.VIDEO: Channel.DUTY_DESK,
    CaseSource.MAILBOX: Channel.DUTY_DESK,
    CaseSource.PUBLIC_OPINION: Channel.DUTY_DESK,
    CaseSource.OTHER_SYSTEM: Channel.DUTY_DESK,
}
AFTER: dict[Channel, tuple[Channel, ...]] = {
    Channel.IN_APP: (),
    Channel.SMS: (Channel.PHONE,),
    Channel.PHONE: (Channel.SMS,),
    Channel.HOTLINE_CALLBACK: (Channel.SMS, Channel.PHONE),
    Channel.DUTY_DESK: (),
}
NEEDS_NUMBER = frozenset({Channel.SMS, Channel.PHONE})
CARRIED = frozenset({Channel.SMS, Channel.HOTLINE_CALLBACK})
"""Others carry these, so silence means something is broken; calls and desks wait for our own people."""

DESK = frozenset({Role.INTAKE_OFFICER, Role.DISPATCHER, Role.SHIFT_LEADER})
CALLERS = DESK | {Role.HANDLER, Role.COMMUNITY_WORKER}
REPORTERS: dict[Channel, frozenset[Role]] = {
    Channel.IN_APP: frozenset(),
    Channel.SMS: frozenset(),
    Channel.PHONE: CALLERS,
    Channel.HOTLINE_CALLBACK: CALLERS,
    Channel.DUTY_DESK: DESK,
}
"""Who of the staff may report; what others carry is reported by the system that carries it."""


def first_channel(case: Any) -> Channel:
    """Where the answer to a case begins its way: as was asked for, else as its source usually is answered."""
    wanted: Channel = case.channel or CHANNEL_OF_SOURCE[case.source]
    return Channel.DUTY_DESK if wanted in NEEDS_NUMBER and not case.submitter_phone else wanted


def chain(first: Channel, *, has_number: bool) -> tuple[Channel, ...]:
    return (first, *(one for one in AFTER[first] if has_number or one not in NEEDS_NUMBER))


def next_channel(first: Channel, failed: Channel, *, has_number: bool, is_reported: bool) -> Channel | None:
    """Where an answer goes after a channel failed; None where every way was tried in vain."""
    ways = chain(first, has_number=has_number)
    position = ways.index(failed) + 1 if failed in ways else len(ways)
    if position < len(ways):
        return ways[position]
    return None if is_reported else Channel.DUTY_DESK


def wait(channel: Channel, policy: Policy) -> timedelta | None:
    """How long a receipt is waited for before SYSTEM goes on to the next channel; None where people are at it."""
    if channel not in CARRIED:
        return None
    hours = policy.sms_receipt_hours if channel is Channel.SMS else policy.callback_hours
    return timedelta(hours=hours)
