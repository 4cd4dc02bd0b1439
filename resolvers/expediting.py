"""督办: action on a case is demanded, and the demand ends with a reply.

People issue orders; SYSTEM does, in the transaction of what calls for one: the third follower's urge, the second
return, the handling limit that has passed.
"""

from __future__ import annotations

from datetime import datetime

from db import expediting
from db.cases import CaseRow
from db.database import Database, Session
from db.expediting import OrderRow
from db.vocabulary import CaseAction, ClockKind, Priority, Role
from db.vocabulary.expediting import ExpediteKind
from resolvers import texts
from resolvers.advance import Change, Then, acting_role, advance
from resolvers.call import Call, not_found
from resolvers.clocking import ClockChange, NewClock
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import clocks
from resolvers.timetables import timetable

BY_PEOPLE = frozenset({ExpediteKind.TIMEOUT, ExpediteKind.LEADER, ExpediteKind.KEY})
SYSTEM = "SYSTEM"
ISSUERS = frozenset({Role.COMMANDER, Role.SHIFT_LEADER, Role.DISPATCHER})


async def expedite(
    db: Database, call: Call, case_id: int, kind: ExpediteKind, reason: str | None, reply_by: datetime | None = None
) -> Result:
    """Demand action. One order of a kind at a time: a second one waits until the first is answered."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        if kind not in BY_PEOPLE:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["kind"],
                expected="由系统发出",
                expected_en="a kind that people issue",
            )
        role = acting_role(call.viewer, case, ISSUERS)
        if kind is ExpediteKind.LEADER and role is not Role.COMMANDER:
            raise Refusal(Code.FORBIDDEN, action=kind.label, action_name=f"EXPEDITE {kind.name}")
        if reply_by is not None and reply_by <= call.now:
            raise Refusal(Code.DATE_IN_PAST, field=["replyBy"])
        if any(order.kind is kind for order in await expediting.unanswered(session, case.id)):
            raise Refusal(Code.ALREADY_EXPEDITED, kind=kind.label, kind_name=kind.name)
        return await _issued(session, call, case, kind, words, role, reply_by)

    return await advance(db, call, case_id, CaseAction.EXPEDITE, prepare)


async def _issued(
    session: Session,
    call: Call,
    case: CaseRow,
    kind: ExpediteKind,
    reason: str,
    role: Role,
    reply_by: datetime | None = None,
) -> Change:
    by_limit = reply_by is None
    order_id = await expediting.add(
        session,
        {
            "realm": case.realm,
            "case_id": case.id,
            "round": case.round,
            "kind": kind,
            "reason": reason,
            "department_id": case.responsible_unit_id,
            "centre_code": case.held_by,
            "issued_at": call.now,
            "issued_by": SYSTEM if role is Role.SYSTEM else call.viewer.principal,
            "issued_role": role,
            "reply_by": reply_by or await _limit(session, call, case),
        },
    )
    clock = NewClock(ClockKind.EXPEDITE, str(order_id), None if by_limit else reply_by)
    return Change(
        {"open_expedites": case.open_expedites + 1},
        clocks=ClockChange(start=[clock]),
        note=f"{kind.label}：{reason}",
        department_id=case.responsible_unit_id,
    )


async def _limit(session: Session, call: Call, case: CaseRow) -> datetime:
    """When the clock that the order starts will be due."""
    table = await timetable(session, case.division_path)
    limit = table.limit(ClockKind.EXPEDITE, is_urgent=case.priority is Priority.URGENT)
    return clocks.started((ClockKind.EXPEDITE, ""), limit, call.now, table.office).due_at


async def reply(db: Database, call: Call, case_id: int, text: str | None, order_id: int | None = None) -> Result:
    """Say what is done about it: to one order, or to the oldest that waits."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.text(text, "text")
        waiting = await expediting.unanswered(session, case.id)
        order = next((one for one in waiting if order_id in (None, one.id)), None)
        if order is None:
            raise not_found(call, "order", "待答复的督办单", "An expedite order that waits for its reply")
        await expediting.reply(session, order.id, at=call.now, by=call.viewer.principal, text=words)
        return Change(
            {"open_expedites": len(waiting) - 1}, clocks=ClockChange(stop=[_clock_of(order)]), note=order.kind.label
        )

    return await advance(db, call, case_id, CaseAction.REPLY_EXPEDITE, prepare)


def _clock_of(order: OrderRow) -> clocks.Name:
    return ClockKind.EXPEDITE, str(order.id)


async def by_system(
    session: Session, call: Call, case: CaseRow, kind: ExpediteKind, reason: str, *, again: bool = False
) -> list[Then]:
    """What SYSTEM does next to a held case in the same transaction: issue an order of a kind, once in a round, or
    `again` once the last one was answered."""
    if again:
        issued = any(order.kind is kind for order in await expediting.unanswered(session, case.id))
    else:
        issued = await expediting.was_issued(session, case.id, case.round, kind)
    if issued:
        return []

    async def prepare(session: Session, after: CaseRow) -> Change:
        return await _issued(session, call, after, kind, reason, Role.SYSTEM)

    return [Then(CaseAction.EXPEDITE, prepare)]
