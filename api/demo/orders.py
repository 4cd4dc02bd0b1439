"""What the prefecture's centre of the demo city asks: command orders to units, directives to every terminal.

Each look does one thing more, by what the database says; whoever starts again goes on where it stood.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api.demo.reference import HOT_PREFECTURE, HOT_TOWNSHIPS
from api.demo.sentences import DIRECTIVE_WORDS, DIRECTIVES, ORDER_WORDS, ORDERS
from api.demo.stage import Stage
from db import command_orders, directives, places
from db.posts import posts
from db.vocabulary import Realm, Role
from db.vocabulary.command_orders import CommandUnitState
from db.vocabulary.directives import DirectiveState, ReceiptKind, TerminalKind
from resolvers import command_orders as commanding
from resolvers import directives as directing
from resolvers.command_orders import Requirement
from resolvers.directives import Instruction

UNDER_WAY = 3  # command orders at a time
UNITS = 6  # of an order, besides the centres below
SILENT = 3  # terminals of a directive that stay so: somebody always does
AT_ONCE = 8  # terminals that answer a directive between two looks
DUE_HOURS = 30
SHOWN = 20  # read at a look, newest first


async def look(stage: Stage) -> None:
    """One thing more: somebody answers a directive, a unit signs or reports, or a new order goes out."""
    async with stage.db.read() as session:
        division = await places.division(session, HOT_PREFECTURE)
    if division is None:
        return
    await _directives(stage, division)
    await _orders(stage, division)


async def _orders(stage: Stage, division: Any) -> None:
    call = await stage.call(Role.COMMANDER, HOT_PREFECTURE)
    async with stage.db.read() as session:
        held = await posts(session, call.viewer.scope)
        rows = await command_orders.page(
            session, Realm.EXERCISE, held, division.path, only_under_way=True, first=SHOWN, before_id=None
        )
        units = await command_orders.units_by_order(session, [row.id for row in rows])
    if len(rows) < UNDER_WAY:
        return await _command(stage, division, len(rows))
    order = stage.one(rows)
    idle = [unit for unit in units[order.id] if unit.state is CommandUnitState.UNSIGNED]
    at_work = [unit for unit in units[order.id] if unit.state is CommandUnitState.SIGNED]
    # The last one to sign lets everybody wait: an order without anybody missing shows nothing.
    if len(idle) > 1 and (not at_work or stage.chance(0.6)):
        unit = stage.one(idle)
        await commanding.sign(stage.db, await _of_unit(stage, unit), order.id)
    elif at_work:
        unit, is_done = stage.one(at_work), stage.chance(0.5)
        words = stage.one(ORDER_WORDS)
        await commanding.report(stage.db, await _of_unit(stage, unit), order.id, is_done, words)
    elif idle:
        await commanding.sign(stage.db, await _of_unit(stage, idle[0]), order.id)
    return None


async def _command(stage: Stage, division: Any, number: int) -> None:
    """A new order to some departments of the prefecture and the centres of its counties."""
    departments = [unit.id for unit in stage.reference.units_below(HOT_PREFECTURE)]
    async with stage.db.read() as session:
        codes = await places.centre_codes(session)
    counties = [code for code in codes if code.startswith(HOT_PREFECTURE) and len(code) == len(HOT_PREFECTURE) + 2]
    title, text = ORDERS[(number + stage.rng.randrange(len(ORDERS))) % len(ORDERS)]
    call = await stage.call(Role.COMMANDER, HOT_PREFECTURE)
    given = Requirement(
        HOT_PREFECTURE,
        title,
        text,
        due_at=call.now + timedelta(hours=stage.rng.randint(4, 30)),
        departments=tuple(stage.rng.sample(departments, min(UNITS, len(departments)))),
        centres=tuple(stage.rng.sample(counties, min(3, len(counties)))),
    )
    await commanding.issue(stage.db, call, given)


async def _of_unit(stage: Stage, unit: Any) -> Any:
    if unit.centre_code is not None:
        return await stage.call(Role.DISPATCHER, unit.centre_code)
    return await stage.call(Role.HANDLER, stage.reference.department_codes[unit.department_id])


async def _directives(stage: Stage, division: Any) -> None:
    call = await stage.call(Role.COMMANDER, HOT_PREFECTURE)
    async with stage.db.read() as session:
        held = await posts(session, call.viewer.scope)
        rows = await directives.page(session, Realm.EXERCISE, held, None, first=SHOWN, before_id=None)
    in_force = {row.terminals: row for row in reversed(rows) if row.state is DirectiveState.ISSUED}
    for kind, where in ((TerminalKind.TOWNSHIP, HOT_PREFECTURE), (TerminalKind.GRID, HOT_TOWNSHIPS[0])):
        if kind not in in_force:
            title, text = DIRECTIVES[kind]
            due = call.now + timedelta(hours=DUE_HOURS)
            call = await stage.call(Role.COMMANDER, HOT_PREFECTURE)
            await directing.issue(stage.db, call, Instruction(where, kind, title, text, due))
        else:
            await _answer(stage, in_force[kind])


async def _answer(stage: Stage, directive: Any) -> None:
    """Some terminals say that it arrived, was read or is done; a few never do."""
    async with stage.db.read() as session:
        waiting = await directives.silent(
            session, directive, directive.path, ReceiptKind.DONE, first=1_000, after=None
        )
    others = waiting[SILENT:]
    for terminal in stage.rng.sample(others, min(AT_ONCE, len(others))):
        call = await _of_terminal(stage, directive, terminal)
        kind = stage.by_weight({ReceiptKind.RECEIVED: 1, ReceiptKind.READ: 3, ReceiptKind.DONE: 3})
        named = [terminal.id] if directive.terminals is TerminalKind.GRID else None
        await directing.receipt(stage.db, call, directive.id, kind, named, None)
        if stage.chance(0.12):
            call = await _of_terminal(stage, directive, terminal)
            words = stage.one(DIRECTIVE_WORDS)
            await directing.receipt(stage.db, call, directive.id, ReceiptKind.FEEDBACK, named, words)


async def _of_terminal(stage: Stage, directive: Any, terminal: Any) -> Any:
    place = terminal.path.rstrip("/").rpartition("/")[2]
    if directive.terminals is TerminalKind.GRID:
        return await stage.call(Role.COMMUNITY_WORKER, place)
    return await stage.call(Role.DISPATCHER, place)
