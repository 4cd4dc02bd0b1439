"""One action on one work order: what it writes, which clocks it moves, and what a service provider may read.

An `Act` does not know its order nor its transaction: `move` takes one by itself, a bundle several at once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db import cases
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import OPEN_WORK_ORDER_STATES, CaseAction, ClockKind, EvidenceKind, Priority, WorkOrderState
from resolvers import once
from resolvers.advance import Also, Change, check_version, write
from resolvers.call import Call
from resolvers.clocking import ClockChange, NewClock
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import access, clocks
from resolvers.rules.clocks import OF_ORDERS
from resolvers.rules.lifecycle import Rule
from resolvers.rules.orders import ORDER_TABLE, decide_order
from resolvers.timetables import timetable

OrderRow = Any


@dataclass(slots=True)
class Move:
    """What an action adds to an order, beyond what the table says."""

    columns: dict[str, Any] = field(default_factory=dict)
    clocks: ClockChange = field(default_factory=ClockChange)
    note: str | None = None
    evidence: Mapping[str, EvidenceKind] = field(default_factory=dict)
    order_note: Mapping[str, Any] | None = None


Prepare = Callable[[Session, CaseRow, OrderRow], Awaitable[Move]]


@dataclass(frozen=True, slots=True)
class Act:
    """`prepare` refuses before it writes anything; an act that may be refused after that says so: `refuses_late`."""

    action: CaseAction
    prepare: Prepare
    refuses_late: bool = False


GONE_FROM_PROVIDER = frozenset({WorkOrderState.DECLINED, WorkOrderState.CANCELLED})
"""A service provider no longer sees a case through an order in one of these states."""


async def move(db: Database, call: Call, order_id: int, act: Act) -> Result:
    """A step of the case, one version of it and one of the order, one event of each."""

    async def work(session: Session) -> Result:
        case = await cases.lock_of_work_order(session, call.viewer.scope, order_id)
        if case is None:
            raise no_order(call)
        orders = await cases.work_orders_of(session, [case.id])
        step = await decided(session, call, case, orders, order_id, act)
        return await write(session, call, case, step.rule, step.change)

    return await once.once(db, call, work)


async def decided(
    session: Session, call: Call, case: CaseRow, orders: Sequence[OrderRow], order_id: int, act: Act
) -> Also:
    """The step of a held case that an act on one of its `orders` is, with the order written; or a refusal."""
    order = next(one for one in orders if one.id == order_id)
    where = cases.columns_of(case)
    if not access.may_see_order(call.viewer.scope, order, where):
        raise no_order(call)
    standing = access.standing(call.viewer.scope, where)
    if not any(row.action is act.action and row.who in standing.roles for row in ORDER_TABLE):
        raise Refusal(Code.FORBIDDEN, action=act.action.label, action_name=act.action.name)
    check_version(case, call)
    rule = decide_order(case, order, act.action, standing)
    made = await act.prepare(session, case, order)
    await cases.change_work_order(session, order.id, {**made.columns, "state": rule.to or order.state})
    now = {one.id: one.state for one in orders} | {order_id: rule.to or order.state}
    states = [(one.service_provider_id, now[one.id]) for one in orders]
    change = Change(
        order_columns(states), note=made.note, evidence=made.evidence, clocks=made.clocks, work_order_id=order_id,
        order_note=made.order_note,
    )  # fmt: skip
    return Also(case, Rule(act.action, frozenset({case.state}), case.state, frozenset({rule.who})), change, rule.who)


def no_order(call: Call) -> Refusal:
    return Refusal(Code.NOT_FOUND, what="该任务单" if call.viewer.language == "zh" else "The work order")


def order_columns(orders: Sequence[tuple[int, WorkOrderState]]) -> dict[str, Any]:
    """What a case keeps of its work orders: who may see it because of one, and how many are open."""
    return {
        "service_provider_ids": sorted({provider for provider, state in orders if state not in GONE_FROM_PROVIDER}),
        "open_work_orders": sum(state in OPEN_WORK_ORDER_STATES for _, state in orders),
    }


def end(call: Call, action: CaseAction, columns: Mapping[str, Any], note: str | None) -> Act:
    """The order is over: none of its clocks runs on, and nothing waits for an answer."""

    async def prepare(session: Session, case: CaseRow, order: OrderRow) -> Move:
        over = {**columns, "done_at": call.now, "open_requests": []}
        return Move(over, ticks(order, stop=sorted(OF_ORDERS)), note=note)

    return Act(action, prepare)


def ticks(order: OrderRow, *, stop: Sequence[ClockKind] = (), start: Sequence[NewClock] = ()) -> ClockChange:
    return ClockChange(start=start, stop=[(kind, str(order.id)) for kind in stop])


async def due(session: Session, call: Call, case: CaseRow, kind: ClockKind) -> datetime:
    """When something that begins now is due, by the limit that holds at the place."""
    table = await timetable(session, case.division_path)
    limit = table.limit(kind, is_urgent=case.priority is Priority.URGENT)
    return clocks.started((kind, ""), limit, call.now, table.office).due_at


def told_to_provider(case: CaseRow, words: str) -> str:
    """Words a service provider reads: without the person's name and without long numbers, whoever typed them."""
    return access.redacted(words, (case.submitter_name, case.beneficiary_name))
