"""A link to one work order, for a small firm without an account: who holds it may work that order and nothing else.

The link is a token of the usual kind whose only right names the order. Every limit, expiry and revocation of tokens
holds for it; it opens no list, no case and no other order, because no operation it may use takes an id.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from db import cases, rights
from db.cases import CaseRow
from db.database import Database, Session
from db.rights import By
from db.scope import Grant, Masking, Scope, ScopeKind
from db.vocabulary import OPEN_WORK_ORDER_STATES, CaseAction, Role
from db.vocabulary.integration import WorkOrderUpdateKind
from resolvers import order_acts, updating
from resolvers.advance import Change, advance
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.order_acts import Said
from resolvers.order_moves import move
from resolvers.refusals import Code, Refusal
from resolvers.rules import access
from resolvers.viewer import Viewer, system_viewer

MARK = "order:"
HOURS_MOST = 336
GIVES = frozenset({Role.HANDLER, Role.PROVIDER_ADMIN, Role.PROVIDER_STAFF})


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link leads to: the order and its case."""

    order: Any
    case: CaseRow


def scope_code(order_id: int) -> str:
    return f"{MARK}{order_id}"


async def _holder(session: Session, order_id: int) -> str:
    """Who the links of an order speak for that are made now. Another one each time they were taken back: those made
    right afterwards are not held to be older, by whichever clock."""
    first = f"ORDER_LINK:{order_id}"
    times = await rights.times_revoked(session, first)
    return f"{first}/{times}" if times else first


def linked_order(viewer: Viewer) -> int | None:
    """The order that a viewer's link is about; None for everybody who came in another way."""
    if viewer.claims is None:
        return None
    found = [code for _, code in viewer.claims.grants if code.startswith(MARK)]
    return int(found[0][len(MARK) :]) if found else None


async def give(db: Database, call: Call, order_id: int, hours: int) -> str:
    """Note at the case that a link is given away. Whose it is: the token itself is made by who signs tokens."""
    if not 1 <= hours <= HOURS_MOST:
        raise Refusal(
            Code.INVALID_INPUT, field=["hours"], expected=f"1 至 {HOURS_MOST}", expected_en=f"1 to {HOURS_MOST}"
        )
    order = await _reachable(db, call, order_id)
    if order.state not in OPEN_WORK_ORDER_STATES:
        raise Refusal(
            Code.ILLEGAL_ACTION, state=order.state.label, state_name=order.state.name, action="发出任务链接",
            action_name="WORK_ORDER_LINK", allowed="无", allowed_names="none",
        )  # fmt: skip
    await _note(db, call, order, f"发出单任务链接（{hours} 小时）：{call.viewer.name}")
    async with db.read() as session:
        return await _holder(session, order_id)


async def take_back(db: Database, call: Call, order_id: int) -> Result:
    """End every link of an order that was given until now; also when it is done, for a link still reads it."""
    order = await _reachable(db, call, order_id)

    async def within(session: Session) -> None:
        by = By(call.viewer.principal, "任务链接收回", call.now)
        await rights.revoke(session, await _holder(session, order_id), None, by)

    return await _note(db, replace(call, within=within), order, f"收回单任务链接：{call.viewer.name}")


async def opened(db: Database, viewer: Viewer) -> Opened | None:
    """What the viewer's link leads to now; None without a link, and once the order is no longer the firm's."""
    order_id = linked_order(viewer)
    if order_id is None:
        return None
    async with db.read() as session:
        order = (await cases.work_orders_by_ids(session, system_viewer(viewer.realm).scope, [order_id])).get(order_id)
        if order is None or not order.is_visible:
            return None
        case = (await cases.rows_without_scope(session, [order.case_id]))[order.case_id]
    return Opened(order, case)


async def act(db: Database, call: Call, said: Said) -> Result:
    """Accept, decline, begin, say how it goes, or submit: the link's own order. A crew cannot be named: that takes
    an id, and a link opens no list of them."""
    found = await opened(db, call.viewer)
    if found is None:
        raise not_found(call, "link", "该任务单", "The work order")
    if said.kind is WorkOrderUpdateKind.SCHEDULE:
        raise Refusal(
            Code.INVALID_INPUT, field=["kind"], expected="链接不能排班", expected_en="not SCHEDULE, over a link"
        )
    as_firm = replace(call, viewer=replace(call.viewer, scope=_firm(call.viewer, found.order)))
    return await move(db, as_firm, found.order.id, order_acts.of(as_firm, said))


def _firm(viewer: Viewer, order: Any) -> Scope:
    """For the one action on the one order: as the firm it was given to."""
    firm = Grant(Role.PROVIDER_STAFF, ScopeKind.SERVICE_PROVIDER, str(order.service_provider_id))
    return Scope(viewer.realm, frozenset({firm}), Masking.NONE_PERSONAL, viewer.language)


async def _reachable(db: Database, call: Call, order_id: int) -> Any:
    missing = not_found(call, "workOrderId", "该任务单", "The work order")
    scope = call.viewer.scope
    async with db.read() as session:
        order = (await cases.work_orders_by_ids(session, scope, [order_id])).get(order_id)
        if order is None:
            raise missing
        case = (await cases.rows_without_scope(session, [order.case_id]))[order.case_id]
    where = cases.columns_of(case)
    if not access.may_see_order(scope, order, where):
        raise missing
    if not access.standing(scope, where).roles & GIVES:
        raise Refusal(Code.FORBIDDEN, action="发出任务链接", action_name="WORK_ORDER_LINK")
    return order


async def _note(db: Database, call: Call, order: Any, words: str) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return Change(note=words[:200], work_order_id=order.id)

    return await advance(db, updating.by_system(call), order.case_id, CaseAction.WORK_ORDER_NOTE, prepare)
