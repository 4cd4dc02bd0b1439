"""What is said about work orders while they are worked on, what their results show, and lists of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, insert, or_, select, text, update

from db.cases import attachments, cases, work_orders
from db.database import Session
from db.purchasing import crews, technicians
from db.scope import Scope
from db.tables import OrderNote, OrderRequest
from db.visible import in_scope
from db.vocabulary import DONE_WORK_ORDER_STATES, Realm, WorkOrderState
from db.vocabulary.outsourcing import OrderRequestKind

OrderRow = Any

notes: Any = OrderNote.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
requests: Any = OrderRequest.__table__  # type: ignore[attr-defined]

_ADD_NOTE = insert(notes)  # built once: a provider's system says much


async def add_notes(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await session.execute(_ADD_NOTE, rows)


async def add_request(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(requests).values(**values))


async def waiting_request(session: Session, order_id: int, kind: OrderRequestKind) -> Any:
    """The one that waits for its answer; at most one of a kind does, and the caller has seen that it does."""
    statement = select(requests).where(
        requests.c.work_order_id == order_id, requests.c.kind == kind, requests.c.answered_at.is_(None)
    )
    return (await session.execute(statement)).one()


async def answer_request(session: Session, request_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(requests).where(requests.c.id == request_id).values(**values))


async def notes_by_order(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await _by_order(session, notes, ids, notes.c.id)


async def requests_by_order(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await _by_order(session, requests, ids, requests.c.id)


async def evidence_by_order(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await _by_order(session, attachments, ids, attachments.c.created_at)


async def _by_order(session: Session, table: Any, ids: Sequence[int], order: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {order_id: [] for order_id in ids}
    for row in await session.execute(select(table).where(table.c.work_order_id.in_(ids)).order_by(order)):
        found[row.work_order_id].append(row)
    return found


async def place_evidence(
    session: Session, *, realm: Realm, uploader: str, photo_id: str, values: Mapping[str, Any]
) -> None:
    """Write on a loose photo of the uploader's own where and when it was taken, and for which order."""
    statement = update(attachments).where(
        attachments.c.id == photo_id,
        attachments.c.realm == realm,
        attachments.c.uploader == uploader,
        attachments.c.case_id.is_(None),
    )
    await session.execute(statement.values(**values))


async def active_crew(session: Session, provider_id: int, crew_id: int) -> Any | None:
    return await _active(session, crews, provider_id, crew_id)


async def active_technician(session: Session, provider_id: int, technician_id: int) -> Any | None:
    return await _active(session, technicians, provider_id, technician_id)


async def _active(session: Session, table: Any, provider_id: int, row_id: int) -> Any | None:
    statement = select(table).where(
        table.c.id == row_id, table.c.service_provider_id == provider_id, table.c.is_active
    )
    return (await session.execute(statement)).one_or_none()


async def crews_by_id(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    return {row.id: row for row in await session.execute(select(crews).where(crews.c.id.in_(ids)))}


async def technicians_by_id(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    return {row.id: row for row in await session.execute(select(technicians).where(technicians.c.id.in_(ids)))}


async def unanswered_offers_without_scope(session: Session, now: datetime, limit: int) -> list[Any]:
    """Offers whose time is over, with their realm as `realm`; the oldest first."""
    statement = (
        select(work_orders.c.id, work_orders.c.version, cases.c.realm)
        .join(cases, cases.c.id == work_orders.c.case_id)
        .where(text("work_orders.state = 'OFFERED'"), work_orders.c.offer_until <= now)  # as its index spells it
        .order_by(work_orders.c.offer_until)
        .limit(limit)
    )
    return list(await session.execute(statement))


async def page_in_scope(
    session: Session,
    scope: Scope,
    *,
    states: frozenset[WorkOrderState],
    provider_id: int | None,
    first: int,
    before_id: int | None,
) -> list[OrderRow]:
    """Orders of cases in scope, newest first."""
    statement = select(work_orders).join(cases, cases.c.id == work_orders.c.case_id).where(in_scope(scope))
    if states:
        statement = statement.where(work_orders.c.state.in_(sorted(states)))
    if provider_id is not None:
        statement = statement.where(work_orders.c.service_provider_id == provider_id)
    if before_id is not None:
        statement = statement.where(work_orders.c.id < before_id)
    return list(await session.execute(statement.order_by(work_orders.c.id.desc()).limit(first)))


# -- scorecards


def scored(whose: ColumnElement[bool], provider_id: int, since: datetime, until: datetime) -> Any:
    """One row of counts over the orders of a provider that were offered in a period."""
    state, due = work_orders.c.state, work_orders.c.due_at
    is_done = state.in_(sorted(DONE_WORK_ORDER_STATES))
    in_time = or_(due.is_(None), work_orders.c.submitted_at <= due)
    columns = {
        "offered": work_orders.c.id.is_not(None),
        "accepted": work_orders.c.accepted_at.is_not(None),
        "declined": state == WorkOrderState.DECLINED,
        "lapsed": work_orders.c.is_lapsed,
        "cancelled": and_(state == WorkOrderState.CANCELLED, ~work_orders.c.is_lapsed),
        "done": is_done,
        "on_time": and_(is_done, in_time),
        "late": and_(is_done, ~in_time),
        "right_first_time": and_(is_done, work_orders.c.round == 1),
    }
    counted = [func.coalesce(func.sum(case((clause, 1), else_=0)), 0).label(name) for name, clause in columns.items()]
    return (
        select(*counted, func.coalesce(func.sum(work_orders.c.round - 1), 0).label("rejected_rounds"))
        .join(cases, cases.c.id == work_orders.c.case_id)
        .where(
            work_orders.c.service_provider_id == provider_id,
            work_orders.c.offered_at >= since,
            work_orders.c.offered_at < until,
            whose,
        )
    )


async def scorecard(
    session: Session, scope: Scope, provider_id: int, since: datetime, until: datetime, *, is_own: bool
) -> Any:
    """Of a provider's own people over all its orders of the realm; of others over orders of cases in their scope."""
    whose = cases.c.realm == scope.realm if is_own else in_scope(scope)
    return (await session.execute(scored(whose, provider_id, since, until))).one()
