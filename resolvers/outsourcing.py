"""Work orders: a department offers, a service provider accepts and submits, the department accepts the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db import cases
from db.cases import CaseRow
from db.clock import local_day
from db.database import Database, Session
from db.vocabulary import OPEN_WORK_ORDER_STATES, CaseAction, EvidenceKind, OutsourceReason, WorkOrderState
from resolvers import purchasing, texts
from resolvers.advance import Change, advance, advance_order, order_columns
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.lifecycle import OrderRule


@dataclass(frozen=True, slots=True)
class Offer:
    """What a department asks for."""

    task: str
    reason: OutsourceReason
    due_at: datetime | None = None
    catalogue_item_id: int | None = None  # None: what the nearest division lists for the matter
    quantity: int = 1
    unit_price_cents: int | None = None  # None: the item's ceiling


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
        words = texts.text(offer.task, "task", limit=texts.SHORT)
        orders = await cases.lock_work_orders(session, case.id)
        order_id = await cases.add_work_order(
            session,
            {
                "case_id": case.id,
                "service_provider_id": provider.id,
                "department_id": case.responsible_unit_id,
                "state": WorkOrderState.OFFERED,
                "task": words,
                "reason": offer.reason,
                "catalogue_item_id": item.id,
                "quantity": offer.quantity,
                "unit_price_cents": price,
                "due_at": offer.due_at,
                "offered_at": call.now,
            },
        )
        states = [(one.service_provider_id, one.state) for one in orders] + [(provider.id, WorkOrderState.OFFERED)]
        return Change(order_columns(states), note=f"{provider.name}:{words}", work_order_id=order_id)

    return await advance(db, call, case_id, CaseAction.OUTSOURCE, prepare)


async def accept(db: Database, call: Call, order_id: int) -> Result:
    return await _advance(db, call, order_id, CaseAction.WORK_ORDER_ACCEPT, {"accepted_at": call.now})


async def decline(db: Database, call: Call, order_id: int, reason: str | None) -> Result:
    words = texts.reason(reason)
    columns = {"note": words, "is_visible": False, "done_at": call.now}
    return await _advance(db, call, order_id, CaseAction.WORK_ORDER_DECLINE, columns, note=words)


async def submit_result(
    db: Database, call: Call, order_id: int, result: str, evidence: Mapping[str, EvidenceKind]
) -> Result:
    """A service provider can only submit; an insider accepts the result."""
    words = texts.text(result, "result")
    columns = {"result": words, "submitted_at": call.now}
    return await _advance(db, call, order_id, CaseAction.WORK_ORDER_SUBMIT, columns, evidence=evidence)


async def accept_result(db: Database, call: Call, order_id: int, note: str | None) -> Result:
    words = texts.optional(note, "note", limit=texts.SHORT)
    return await _advance(db, call, order_id, CaseAction.WORK_ORDER_ACCEPT_RESULT, {"done_at": call.now}, note=words)


async def reject_result(db: Database, call: Call, order_id: int, reason: str | None, clause: str) -> Result:
    """Send the result back, naming the clause of the standard it fails."""
    words, named = texts.reason(reason), texts.text(clause, "clause", limit=texts.SHORT)
    columns = {"note": words, "clause": named}
    return await _advance(
        db, call, order_id, CaseAction.WORK_ORDER_REJECT_RESULT, columns, note=f"{named}:{words}"[:200]
    )


async def cancel(db: Database, call: Call, order_id: int, reason: str | None) -> Result:
    words = texts.reason(reason)
    columns = {"note": words, "is_visible": False, "done_at": call.now}
    return await _advance(db, call, order_id, CaseAction.WORK_ORDER_CANCEL, columns, note=words)


async def _advance(
    db: Database,
    call: Call,
    order_id: int,
    action: CaseAction,
    columns: Mapping[str, Any],
    *,
    note: str | None = None,
    evidence: Mapping[str, EvidenceKind] | None = None,
) -> Result:
    async def prepare(session: Session, case: CaseRow, order: Any, rule: OrderRule) -> Change:
        changed = dict(columns) | {"state": rule.to}
        if rule.to is WorkOrderState.REJECTED:
            changed["round"] = order.round + 1
        await cases.change_work_order(session, order.id, changed)
        return Change(note=note, evidence=evidence or {})

    return await advance_order(db, call, order_id, action, prepare)


async def cancel_all(session: Session, call: Call, case: CaseRow, note: str) -> dict[str, Any]:
    """Cancel what is open when its case ends; the columns the case keeps of its orders."""
    states: list[tuple[int, WorkOrderState]] = []
    for order in await cases.lock_work_orders(session, case.id):
        state = order.state
        if state in OPEN_WORK_ORDER_STATES:
            state = WorkOrderState.CANCELLED
            gone = {"state": state, "note": note, "is_visible": False, "done_at": call.now}
            await cases.change_work_order(session, order.id, gone)
        states.append((order.service_provider_id, state))
    return order_columns(states)
