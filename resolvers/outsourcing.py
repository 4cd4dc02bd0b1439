"""Work orders: a department offers, a service provider works and submits, the department accepts the result."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db import cases
from db.cases import CaseRow
from db.clock import local_day
from db.database import Database, Session
from db.vocabulary import (
    OPEN_WORK_ORDER_STATES,
    CaseAction,
    ClockKind,
    OutsourceReason,
    WorkOrderState,
)
from resolvers import order_contacts, purchasing, texts
from resolvers.advance import Change, advance
from resolvers.call import Call, not_found
from resolvers.clocking import ClockChange, NewClock
from resolvers.once import Result
from resolvers.order_contacts import SiteContact
from resolvers.order_moves import Act, Move, due, end, move, order_columns, ticks, told_to_provider
from resolvers.refusals import Code, Refusal

K = ClockKind


@dataclass(frozen=True, slots=True)
class Offer:
    """What a department asks for."""

    task: str
    reason: OutsourceReason
    due_at: datetime | None = None  # None: by the limit that holds at the place
    catalogue_item_id: int | None = None  # None: what the nearest division lists for the matter
    quantity: int = 1
    unit_price_cents: int | None = None  # None: the item's ceiling
    place: str | None = None
    contact: SiteContact | None = None


async def outsource(db: Database, call: Call, case_id: int, service_provider_id: int, offer: Offer) -> Result:
    """Offer a work order. The case stays with its department, which alone can complete it."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        item = await purchasing.item_of(session, case, offer.catalogue_item_id, local_day(call.now))
        provider = await purchasing.checked_provider(session, call, case, item, service_provider_id)
        if provider is None:
            raise not_found(call, "serviceProvider", "该服务商", "The service provider")
        price = purchasing.checked_price(item, offer.quantity, offer.unit_price_cents)
        if offer.due_at is not None and offer.due_at <= call.now:
            raise Refusal(Code.DATE_IN_PAST, field=["dueAt"])
        words = told_to_provider(case, texts.text(offer.task, "task", limit=texts.SHORT))
        where = texts.optional(offer.place, "place", limit=texts.SHORT)
        orders = await cases.work_orders_of(session, [case.id])
        order_id = await cases.add_work_order(
            session,
            {
                "case_id": case.id,
                "service_provider_id": provider.id,
                "department_id": case.responsible_unit_id,
                "state": WorkOrderState.OFFERED,
                "task": words,
                "place": None if where is None else told_to_provider(case, where),
                "reason": offer.reason,
                "catalogue_item_id": item.id,
                "quantity": offer.quantity,
                "unit_price_cents": price,
                "due_at": offer.due_at or await due(session, call, case, K.ORDER_WORK),
                "offered_at": call.now,
                "offer_until": await due(session, call, case, K.ORDER_ACCEPT),
                "open_requests": [],
                "contact_given_at": call.now if offer.contact else None,
            },
        )
        if offer.contact:
            await order_contacts.keep(session, call, case, order_id, offer.contact, within="contact")
        states = [(one.service_provider_id, one.state) for one in orders] + [(provider.id, WorkOrderState.OFFERED)]
        offered = ClockChange(start=[NewClock(K.ORDER_ACCEPT, str(order_id))])
        return Change(order_columns(states), clocks=offered, note=f"{provider.name}：{words}", work_order_id=order_id)

    return await advance(db, call, case_id, CaseAction.OUTSOURCE, prepare)


# -- the department


async def accept_result(db: Database, call: Call, order_id: int, note: str | None) -> Result:
    words = texts.optional(note, "note", limit=texts.SHORT)
    return await move(db, call, order_id, end(call, CaseAction.WORK_ORDER_ACCEPT_RESULT, {}, words))


async def reject_result(
    db: Database, call: Call, order_id: int, reason: str | None, clause: str, due_at: datetime | None = None
) -> Result:
    """Send the result back, naming the clause of the standard it fails: the next round, until a named moment, else
    until the old one, else by the limit that holds at the place."""
    words, named = texts.reason(reason), texts.text(clause, "clause", limit=texts.SHORT)

    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        if due_at is not None and due_at <= call.now:
            raise Refusal(Code.DATE_IN_PAST, field=["dueAt"])
        left = order.due_at if order.due_at is not None and order.due_at > call.now else None
        until = due_at or left or await due(session, call, case, K.ORDER_WORK)
        columns = {
            "note": told_to_provider(case, words),
            "clause": named,
            "round": order.round + 1,
            "rejected_at": call.now,
            "due_at": until,
        }
        moved = ticks(order, stop=(K.ORDER_CONFIRM,), start=(NewClock(K.ORDER_WORK, str(order.id), until),))
        return Move(columns, moved, note=f"{named}：{words}"[:200])

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_REJECT_RESULT, prepare))


async def settle(db: Database, call: Call, order_id: int, amount_cents: int | None, note: str | None) -> Result:
    """Settle the price of an accepted result: what was agreed, or less, with the reason."""
    words = texts.optional(note, "note", limit=texts.SHORT)

    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        agreed = order.quantity * (order.unit_price_cents or 0)
        amount = agreed if amount_cents is None else amount_cents
        if not 0 <= amount <= agreed:
            expected, expected_en = f"应为 0 至 {agreed} 分", f"expected 0 to {agreed} cents"
            raise Refusal(Code.INVALID_INPUT, field=["amountCents"], expected=expected, expected_en=expected_en)
        if amount < agreed and words is None:
            raise Refusal(Code.REASON_REQUIRED, field=["note"])
        return Move({"settled_at": call.now, "settled_cents": amount}, note=words)

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_SETTLE, prepare))


async def cancel(db: Database, call: Call, order_id: int, reason: str | None) -> Result:
    words = texts.reason(reason)
    gone = {"note": words, "is_visible": False}
    return await move(db, call, order_id, end(call, CaseAction.WORK_ORDER_CANCEL, gone, words))


async def resend(db: Database, call: Call, order_id: int) -> Result:
    """Offer again what did not arrive, with a new time to answer."""

    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        columns = {"offered_at": call.now, "offer_until": await due(session, call, case, K.ORDER_ACCEPT)}
        return Move(columns, ticks(order, start=(NewClock(K.ORDER_ACCEPT, str(order.id)),)))

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_RESEND, prepare))


# -- SYSTEM


async def send_failed(db: Database, call: Call, order_id: int, reason: str) -> Result:
    """SYSTEM says that an offer did not reach the provider's own system."""
    words = texts.reason(reason)

    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        return Move({"note": words}, ticks(order, stop=(K.ORDER_ACCEPT,)), note=words)

    return await move(db, call, order_id, Act(CaseAction.WORK_ORDER_SEND_FAILED, prepare))


async def lapse(db: Database, call: Call, order_id: int) -> Result:
    """SYSTEM takes back an offer that nobody answered in time: it is with its department again."""
    words = "逾时未接单"
    gone = {"note": words, "is_visible": False, "is_lapsed": True}
    return await move(db, call, order_id, end(call, CaseAction.WORK_ORDER_LAPSE, gone, words))


async def cancel_all(session: Session, call: Call, case: CaseRow, note: str) -> dict[str, Any]:
    """Cancel what is open when its case ends; the columns the case keeps of its orders."""
    states: list[tuple[int, WorkOrderState]] = []
    for order in await cases.work_orders_of(session, [case.id]):
        state = order.state
        if state in OPEN_WORK_ORDER_STATES:
            state = WorkOrderState.CANCELLED
            gone = {"state": state, "note": note, "is_visible": False, "done_at": call.now, "open_requests": []}
            await cases.change_work_order(session, order.id, gone)
        states.append((order.service_provider_id, state))
    return order_columns(states)
