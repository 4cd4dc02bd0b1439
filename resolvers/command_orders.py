"""Command orders: one requirement to many units; each signs and reports for itself, and the level that gave it sees
how far all are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db import cases, command_orders, journal, leases, places
from db.command_orders import OrderRow, UnitRow
from db.database import Database, Session
from db.posts import Post, posts, stands_over
from db.vocabulary import ClockKind, Role, SubjectKind
from db.vocabulary.command_orders import CommandOrderState, CommandUnitState
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.directives import ISSUERS, issuing_post
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import clocks
from resolvers.timers import BATCH_CASES, Lead
from resolvers.timetables import timetable

OF_CENTRE = ISSUERS | {Role.DISPATCHER}
MAY_EVER_ACT = OF_CENTRE | {Role.HANDLER}
TITLE_MAX = 120
FEEDBACK_MAX = 1_000
UNITS_MOST = 100


@dataclass(frozen=True, slots=True)
class Requirement:
    division_code: str  # the level it comes from
    title: str
    text: str
    due_at: datetime
    sign_by: datetime | None = None  # None: by the limit to sign that holds at the place
    departments: tuple[int, ...] = ()
    centres: tuple[str, ...] = ()
    case_id: int | None = None


async def issue(db: Database, call: Call, given: Requirement) -> Result:
    async def work(session: Session) -> Result:
        if not call.viewer.roles & ISSUERS:
            raise _forbidden("下达指挥令", "COMMAND_ORDER_ISSUE")
        division = await places.division(session, given.division_code)
        if division is None or issuing_post(await posts(session, call.viewer.scope), division.path) is None:
            raise not_found(call, "division", "该行政区划", "The division")
        if given.case_id is not None and not await cases.by_ids(session, call.viewer.scope, [given.case_id]):
            raise not_found(call, "case", "该事件", "The case")
        sign_by = await _sign_by(session, call, given, division.path)
        named = await _named(session, call, given, division.path)
        order = {
            "realm": call.viewer.realm,
            "version": 1,
            "state": CommandOrderState.ISSUED,
            "division_code": division.code,
            "path": division.path,
            "case_id": given.case_id,
            "title": texts.text(given.title, "title", limit=TITLE_MAX),
            "requirement": texts.text(given.text, "requirement"),
            "sign_due_at": sign_by,
            "due_at": given.due_at,
            "issued_at": call.now,
            "issued_by": call.viewer.principal,
            "issued_name": call.viewer.name[:80],
            "units": len(named),
        }
        state = {"state": CommandUnitState.UNSIGNED, "awaited_until": sign_by}
        order_id = await command_orders.add(session, order, [unit | state for unit in named])
        role = min(call.viewer.roles & ISSUERS)
        return await _done(session, call, order_id, 1, division.path, role)

    return await once.once(db, call, work)


async def _sign_by(session: Session, call: Call, given: Requirement, path: str) -> datetime:
    for field, moment in (("dueAt", given.due_at), ("signBy", given.sign_by)):
        if moment is not None and moment <= call.now:
            raise Refusal(Code.DATE_IN_PAST, field=[field])
    table = await timetable(session, path)
    limit = table.limit(ClockKind.SIGN, is_urgent=False)
    usual = clocks.started((ClockKind.SIGN, ""), limit, call.now, table.office).due_at
    return min(given.sign_by or usual, given.due_at)


async def _named(session: Session, call: Call, given: Requirement, path: str) -> list[dict[str, Any]]:
    """The units, each once; all below the level that orders."""
    departments, centres = dict.fromkeys(given.departments), dict.fromkeys(given.centres)
    if not 1 <= len(departments) + len(centres) <= UNITS_MOST:
        raise Refusal(
            Code.INVALID_INPUT,
            field=["departments"],
            expected=f"1 至 {UNITS_MOST} 个单位",
            expected_en=f"1 to {UNITS_MOST} units",
        )
    department_paths = await command_orders.departments_below(session, list(departments), path)
    centre_paths = await command_orders.centres_below(session, list(centres), path)
    if len(department_paths) < len(departments):
        raise not_found(call, "departments", "该责任部门", "The department")
    if len(centre_paths) < len(centres):
        raise not_found(call, "centres", "该指挥中心", "The centre")
    return [
        *({"department_id": unit, "centre_code": None, "path": department_paths[unit]} for unit in departments),
        *({"department_id": None, "centre_code": code, "path": centre_paths[code]} for code in centres),
    ]


async def sign(db: Database, call: Call, order_id: int) -> Result:
    """Sign for the viewer's own units. When the last has signed, the order is signed."""

    async def work(session: Session) -> Result:
        order, mine = await _own_units(session, call, order_id, "签收指挥令", "COMMAND_ORDER_SIGN")
        unsigned = [unit.id for unit in mine if unit.state is CommandUnitState.UNSIGNED]
        if not unsigned:
            raise _wrong_state(mine[0].state, "签收指挥令", "COMMAND_ORDER_SIGN")
        values = {"state": CommandUnitState.SIGNED, "signed_at": call.now, "signed_by": call.viewer.principal}
        await command_orders.change_units(session, unsigned, values | {"awaited_until": None})
        signed = order.signed + len(unsigned)
        columns: dict[str, Any] = {"signed": signed}
        if signed == order.units:
            columns["state"] = CommandOrderState.SIGNED
        return await _change(session, call, order, columns)

    return await once.once(db, call, work)


async def report(db: Database, call: Call, order_id: int, is_done: bool, feedback: str | None) -> Result:
    """Say how far one's own units are, or that they are done. When the last is done, the order is done."""

    async def work(session: Session) -> Result:
        order, mine = await _own_units(session, call, order_id, "指挥令反馈", "COMMAND_ORDER_REPORT")
        words = texts.optional(feedback, "feedback", limit=FEEDBACK_MAX)
        if not is_done and words is None:
            raise Refusal(
                Code.INVALID_INPUT, field=["feedback"], expected="请填写进展或办结", expected_en="words, or done"
            )
        at_work = [unit.id for unit in mine if unit.state is CommandUnitState.SIGNED]
        if not at_work:
            raise _wrong_state(mine[0].state, "指挥令反馈", "COMMAND_ORDER_REPORT")
        values: dict[str, Any] = {} if words is None else {"feedback": words}
        columns: dict[str, Any] = {}
        if is_done:
            values |= {"state": CommandUnitState.DONE, "done_at": call.now, "done_by": call.viewer.principal}
            columns["done"] = order.done + len(at_work)
            if columns["done"] == order.units:
                columns["state"] = CommandOrderState.DONE
        await command_orders.change_units(session, at_work, values)
        return await _change(session, call, order, columns)

    return await once.once(db, call, work)


async def withdraw(db: Database, call: Call, order_id: int, expected: int, reason: str | None) -> Result:
    """Take an order back, from the level it came from or above."""

    async def work(session: Session) -> Result:
        held, order = await _locked(session, call, order_id)
        if issuing_post(held, order.path) is None:
            raise _forbidden("撤销指挥令", "COMMAND_ORDER_WITHDRAW")
        if order.version != expected:
            raise Refusal(Code.CONFLICT, field=["expectedVersion"], version=order.version)
        if order.state not in command_orders.UNDER_WAY:
            raise _wrong_state(order.state, "撤销指挥令", "COMMAND_ORDER_WITHDRAW")
        rows = (await command_orders.units_by_order(session, [order.id]))[order.id]
        await command_orders.change_units(session, [unit.id for unit in rows], {"awaited_until": None})
        columns = {"state": CommandOrderState.WITHDRAWN, "withdrawn_at": call.now}
        return await _change(session, call, order, columns | {"withdrawn_reason": texts.reason(reason)})

    return await once.once(db, call, work)


async def flag_unsigned(lead: Lead) -> int:
    """Flag units that have not signed at their limit: said once, and it stays. A duty of the leader."""
    async with lead.db.read() as session:
        due = await command_orders.overdue_without_scope(session, lead.now, BATCH_CASES)
    for order_id in due:
        async with lead.db.write() as session:
            await leases.check(session, lead.fence)
            order = await command_orders.lock_without_scope(session, order_id)
            assert order is not None, "a unit's order is a foreign key"
            rows = (await command_orders.units_by_order(session, [order_id]))[order_id]
            late = [unit.id for unit in rows if unit.awaited_until is not None and unit.awaited_until <= lead.now]
            if not late:  # signed meanwhile
                continue
            await command_orders.change_units(session, late, {"awaited_until": None, "flagged_at": lead.now})
            columns = {"flagged": order.flagged + len(late), "version": order.version + 1}
            await command_orders.change(session, order_id, columns)
            await journal.append(session, [_notice(order, order.version + 1, Role.SYSTEM, lead.now)])
    return len(due)


def may_act(post: Post, unit: UnitRow) -> bool:
    """Whether somebody speaks for a unit: a handler of the department, or staff of the very centre."""
    if unit.department_id is not None:
        return post.role is Role.HANDLER and post.department_id == unit.department_id
    return post.is_division and post.role in OF_CENTRE and bool(post.path == unit.path)


def seen_units(held: Sequence[Post], order: OrderRow, rows: Sequence[UnitRow]) -> list[UnitRow]:
    """All for the level that ordered and above; for the others their own and those below them."""
    if stands_over(held, order.path):
        return list(rows)
    departments = {post.department_id for post in held if post.department_id is not None}
    return [unit for unit in rows if unit.department_id in departments or stands_over(held, unit.path)]


async def _own_units(
    session: Session, call: Call, order_id: int, action: str, action_name: str
) -> tuple[OrderRow, list[UnitRow]]:
    if not call.viewer.roles & MAY_EVER_ACT:
        raise _forbidden(action, action_name)
    held, order = await _locked(session, call, order_id)
    rows = (await command_orders.units_by_order(session, [order.id]))[order.id]
    mine = [unit for unit in rows if any(may_act(post, unit) for post in held)]
    if not mine:
        raise _forbidden(action, action_name)
    if order.state not in command_orders.UNDER_WAY:
        raise _wrong_state(order.state, action, action_name)
    return order, mine


async def _locked(session: Session, call: Call, order_id: int) -> tuple[tuple[Post, ...], OrderRow]:
    held = await posts(session, call.viewer.scope)
    # Locked first, then judged on what it is by now; an order that is not theirs is not held for long.
    order = await command_orders.lock_without_scope(session, order_id)
    if order is None or order_id not in await command_orders.by_ids(session, call.viewer.realm, held, [order_id]):
        raise not_found(call, "orderId", "该指挥令", "The command order")
    return held, order


async def _change(session: Session, call: Call, order: OrderRow, columns: dict[str, Any]) -> Result:
    version = order.version + 1
    await command_orders.change(session, order.id, columns | {"version": version})
    role = min(call.viewer.roles & MAY_EVER_ACT)
    return await _done(session, call, order.id, version, order.path, role)


async def _done(session: Session, call: Call, order_id: int, version: int, path: str, role: Role) -> Result:
    result = Result(0, version, object_id=order_id)
    await once.settle(session, call, result)
    kind = SubjectKind.COMMAND_ORDER
    entry = journal.notice(call.viewer.realm, kind, order_id, version, path=path, role=role, at=call.now)
    await journal.append(session, [entry])
    return result


def _notice(order: OrderRow, version: int, role: Role, at: datetime) -> journal.Entry:
    kind = SubjectKind.COMMAND_ORDER
    return journal.notice(order.realm, kind, order.id, version, path=order.path, role=role, at=at)


def _forbidden(action: str, action_name: str) -> Refusal:
    return Refusal(Code.FORBIDDEN, action=action, action_name=action_name)


def _wrong_state(state: CommandOrderState | CommandUnitState, action: str, action_name: str) -> Refusal:
    return Refusal(
        Code.COMMAND_ORDER_STATE, state=state.label, state_name=state.name, action=action, action_name=action_name
    )
