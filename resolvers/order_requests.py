"""What a service provider asks of the department while it works on an order, and what it is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from db import catalogue, outsourcing, purchasing
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction, ClockKind
from db.vocabulary.outsourcing import OrderRequestKind
from resolvers import order_contacts, texts
from resolvers.call import Call
from resolvers.clocking import ClockChange, NewClock
from resolvers.once import Result
from resolvers.order_contacts import SiteContact
from resolvers.order_moves import Act, Move, OrderRow, move, ticks, told_to_provider
from resolvers.purchasing import checked_price
from resolvers.refusals import Code, Refusal
from resolvers.rules import clocks
from resolvers.rules.clocks import Told
from resolvers.rules.orders import ANSWERED

K = OrderRequestKind


async def ask(db: Database, call: Call, order_id: int, kind: OrderRequestKind, text: str) -> Result:
    """Ask something back, or ask the department to arrange with the place."""
    words = texts.text(text, "text")
    if kind not in ANSWERED:
        raise Refusal(
            Code.INVALID_INPUT, field=["kind"], expected="应为提问或联系现场", expected_en="QUESTION or ACCESS"
        )

    async def prepare(session: Session, case: CaseRow, order: OrderRow) -> Move:
        if kind in order.open_requests:
            raise Refusal(Code.ALREADY_ASKED)
        return await _asked(session, call, order, kind, words, {})

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_ASK, prepare))


async def request_extension(
    db: Database, call: Call, order_id: int, reason: str | None, wanted_due_at: datetime
) -> Result:
    words = texts.reason(reason)

    async def prepare(session: Session, case: CaseRow, order: OrderRow) -> Move:
        if wanted_due_at <= max(call.now, order.due_at or call.now):
            raise Refusal(Code.DATE_IN_PAST, field=["wantedDueAt"])
        return await _asked(session, call, order, K.EXTENSION, words, {"wanted_due_at": wanted_due_at})

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_REQUEST_EXTENSION, prepare))


async def request_price(
    db: Database, call: Call, order_id: int, reason: str | None, wanted_unit_price_cents: int
) -> Result:
    """Another price of one unit, at most the item's ceiling."""
    words = texts.reason(reason)

    async def prepare(session: Session, case: CaseRow, order: OrderRow) -> Move:
        item = await catalogue.by_id(session, purchasing.items, order.catalogue_item_id or 0)
        if item is not None:
            checked_price(item, order.quantity, wanted_unit_price_cents, field="wantedUnitPriceCents")
        wanted = {"wanted_unit_price_cents": wanted_unit_price_cents}
        return await _asked(session, call, order, K.PRICE_CHANGE, words, wanted)

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_REQUEST_PRICE, prepare))


async def answer(
    db: Database, call: Call, order_id: int, kind: OrderRequestKind, text: str, contact: SiteContact | None = None
) -> Result:
    """`contact`: whom to ask for, where the provider wants to reach the place."""
    words = texts.text(text, "text", limit=1_000)
    if contact is not None and kind is not K.ACCESS:
        expected, expected_en = "只在答复「联系现场」时填写", "only with kind ACCESS"
        raise Refusal(Code.INVALID_INPUT, field=["contact"], expected=expected, expected_en=expected_en)

    async def prepare(session: Session, case: CaseRow, order: OrderRow) -> Move:
        if kind not in ANSWERED:
            raise Refusal(Code.NOTHING_TO_DECIDE)
        _, made = await _answered(session, call, case, order, kind, words, None)
        if contact is not None:
            await order_contacts.keep(session, call, case, order.id, contact, within="contact")
            made.columns["contact_given_at"] = call.now
        return made

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_ANSWER, prepare))


async def decide(
    db: Database, call: Call, order_id: int, kind: OrderRequestKind, *, is_granted: bool, reason: str | None
) -> Result:
    """Grant a later due time or another price, or leave it as it is."""
    words = texts.reason(reason)

    async def prepare(session: Session, case: CaseRow, order: OrderRow) -> Move:
        if kind in ANSWERED:
            raise Refusal(Code.NOTHING_TO_DECIDE)
        asked, made = await _answered(session, call, case, order, kind, words, is_granted)
        if is_granted and kind is K.EXTENSION:
            made.columns["due_at"] = asked.wanted_due_at
            moved = _moved(case, order, asked.wanted_due_at)
            made.clocks = ClockChange(start=made.clocks.start, stop=made.clocks.stop, replace=moved)
        elif is_granted:
            made.columns["unit_price_cents"] = asked.wanted_unit_price_cents
        return made

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_DECIDE, prepare))


def _moved(case: CaseRow, order: OrderRow, due_at: datetime) -> list[clocks.Clock]:
    """The clock of the work, towards another moment; what is no longer so may be announced again."""
    name = (ClockKind.ORDER_WORK, str(order.id))
    running = [clock for clock in clocks.running_clocks(case) if clock.name == name]
    return [replace(clocks.until(name, clock.started_at, due_at), told=Told.NOTHING) for clock in running]


async def _asked(
    session: Session, call: Call, order: OrderRow, kind: OrderRequestKind, words: str, wanted: Mapping[str, Any]
) -> Move:
    values = {"kind": kind, "text": words, "asked_by": call.viewer.principal, "asked_at": call.now}
    await outsourcing.add_request(session, {"work_order_id": order.id, **values, **wanted})
    clock = () if order.open_requests else (NewClock(ClockKind.ORDER_ANSWER, str(order.id)),)
    return Move({"open_requests": [*order.open_requests, kind]}, ticks(order, start=clock), note=kind.label)


async def _answered(
    session: Session,
    call: Call,
    case: CaseRow,
    order: OrderRow,
    kind: OrderRequestKind,
    words: str,
    is_granted: bool | None,
) -> tuple[Any, Move]:
    if kind not in order.open_requests:
        raise Refusal(Code.NOTHING_TO_DECIDE)
    asked = await outsourcing.waiting_request(session, order.id, kind)
    values = {
        "answer": told_to_provider(case, words),
        "is_granted": is_granted,
        "answered_by": call.viewer.principal,
        "answered_at": call.now,
    }
    await outsourcing.answer_request(session, asked.id, values)
    left = [one for one in order.open_requests if one != kind]
    verdict = "" if is_granted is None else ("同意：" if is_granted else "不同意：")
    note = f"{kind.label}：{verdict}{words}"[:200]
    return asked, Move(
        {"open_requests": left}, ticks(order, stop=() if left else (ClockKind.ORDER_ANSWER,)), note=note
    )
