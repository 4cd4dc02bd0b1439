"""One action on one work order: what it writes, which clocks it moves, and what a service provider may read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db import cases
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction, ClockKind, EvidenceKind, Priority
from resolvers.advance import Change, advance_order
from resolvers.call import Call
from resolvers.clocking import ClockChange, NewClock
from resolvers.once import Result
from resolvers.rules import access, clocks
from resolvers.rules.clocks import OF_ORDERS
from resolvers.rules.orders import OrderRule
from resolvers.timetables import timetable

OrderRow = Any


@dataclass(slots=True)
class Move:
    """What an action adds to an order, beyond what the table says."""

    columns: dict[str, Any] = field(default_factory=dict)
    clocks: ClockChange = field(default_factory=ClockChange)
    note: str | None = None
    evidence: Mapping[str, EvidenceKind] = field(default_factory=dict)


Prepare = Callable[[Session, CaseRow, OrderRow], Awaitable[Move]]


async def move(db: Database, call: Call, order_id: int, action: CaseAction, prepare: Prepare) -> Result:
    """A step of the case, one version of it and one of the order, one event of each."""

    async def write(session: Session, case: CaseRow, order: OrderRow, rule: OrderRule) -> Change:
        made = await prepare(session, case, order)
        await cases.change_work_order(session, order.id, {**made.columns, "state": rule.to or order.state})
        return Change(note=made.note, evidence=made.evidence, clocks=made.clocks)

    return await advance_order(db, call, order_id, action, write)


async def end(
    db: Database, call: Call, order_id: int, action: CaseAction, columns: Mapping[str, Any], note: str | None
) -> Result:
    """The order is over: none of its clocks runs on, and nothing waits for an answer."""

    async def prepare(session: Session, case: CaseRow, order: OrderRow) -> Move:
        over = {**columns, "done_at": call.now, "open_requests": []}
        return Move(over, ticks(order, stop=sorted(OF_ORDERS)), note=note)

    return await move(db, call, order_id, action, prepare)


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
