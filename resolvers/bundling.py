"""Steps of several orders in one transaction: each whole or not at all, counted and announced together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from db import cases, journal, outsourcing, tallies, work_orders
from db.cases import CaseRow
from db.database import Session
from db.journal import Entry
from db.vocabulary import CaseAction
from resolvers import order_moves
from resolvers.advance import Also, Change, allowed, write_steps
from resolvers.call import Call
from resolvers.order_moves import Act, no_order
from resolvers.refusals import Refusal
from resolvers.rules import access


class Bundle:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._before: dict[int, CaseRow] = {}
        self._cases: dict[int, CaseRow] = {}
        self._orders: dict[int, Any] = {}
        self._steps: list[dict[str, Any]] = []
        self._notes: list[Mapping[str, Any]] = []
        self._told: list[Entry] = []

    async def hold(self, call: Call, order_ids: Sequence[int]) -> None:
        """Hold the cases of these orders that the viewer can see, and read all orders of them."""
        held = await cases.lock_of_work_orders(self._session, call.viewer.scope, order_ids)
        self._before = {row.id: row for row in held}
        self._cases = dict(self._before)
        self._orders = {row.id: row for row in await cases.work_orders_of(self._session, sorted(self._cases))}

    def order(self, call: Call, order_id: int) -> Any:
        """As it is by now; refused where it is not for the viewer."""
        order = self._orders.get(order_id)
        if order is None:
            raise no_order(call)
        if not access.may_see_order(call.viewer.scope, order, cases.columns_of(self._cases[order.case_id])):
            raise no_order(call)
        return order

    async def take(self, call: Call, order_id: int, act: Act) -> None:
        """Write it, or refuse it with nothing written."""
        order = self.order(call, order_id)
        case = self._cases[order.case_id]
        orders = [one for one in self._orders.values() if one.case_id == case.id]
        try:
            async with self._session.begin_nested() if act.refuses_late else nullcontext():
                await self._write(call, await order_moves.decided(self._session, call, case, orders, order_id, act))
        except Refusal:
            work_orders.changed(self._session)  # none of them is
            raise

    async def flag(self, call: Call, order_id: int, note: str) -> None:
        """What did not fit is a note at the case and a flag at the order; `call` is SYSTEM's."""
        case = self._cases[self._orders[order_id].case_id]
        rule = allowed(case, call, CaseAction.WORK_ORDER_NOTE)
        await cases.change_work_order(self._session, order_id, {"flagged_at": call.now})
        await self._write(call, Also(case, rule, Change(note=note[:200], work_order_id=order_id)))

    async def announce(self) -> None:
        """The last act of the transaction."""
        differences = [tallies.difference(before, self._cases[before.id]) for before in self._before.values()]
        await cases.add_step(self._session, self._steps)
        await outsourcing.add_notes(self._session, self._notes)
        await tallies.apply(self._session, tallies.fold(differences))
        await journal.append(self._session, self._told)

    async def _write(self, call: Call, one: Also) -> None:
        written = await write_steps(self._session, call, [one])
        self._cases |= {after.id: after for _, after in written.changed}
        self._orders |= {row.id: row for row in written.orders}
        self._steps += written.steps
        self._notes += written.notes
        self._told += written.told
