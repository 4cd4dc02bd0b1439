"""Giving a case to a unit: dispatch, reassign, rule."""

from __future__ import annotations

from typing import Any

from db import catalogue
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction
from resolvers import texts
from resolvers.advance import Change, advance
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.rulings import record_ruling, units_named
from resolvers.shares import ended_share


async def dispatch(db: Database, call: Call, case_id: int, department_id: int, note: str | None) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return await _given_to(session, call, case, department_id, texts.optional(note, "note", limit=texts.SHORT))

    return await advance(db, call, case_id, CaseAction.DISPATCH, prepare)


async def reassign(db: Database, call: Call, case_id: int, department_id: int, reason: str | None) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return await _given_to(session, call, case, department_id, texts.reason(reason))

    return await advance(db, call, case_id, CaseAction.REASSIGN, prepare)


async def rule(
    db: Database, call: Call, case_id: int, department_id: int, reason: str | None, legal_basis: str | None = None
) -> Result:
    """The superior decides who handles it; the unit can no longer return it, and nobody gives it to another.

    Where views conflict only the common superior of the units in dispute rules, or who is above.
    """

    async def prepare(session: Session, case: CaseRow) -> Change:
        words, basis = texts.reason(reason), texts.optional(legal_basis, "legalBasis", limit=texts.SHORT)
        named = await units_named(session, case)
        change = await _given_to(session, call, case, department_id, words, or_one_of=named)
        await record_ruling(session, call, case, department_id, basis, words)
        change.columns |= {"is_ruled": True, "ruling_path": None}
        return change

    return await advance(db, call, case_id, CaseAction.RULE, prepare)


async def _given_to(
    session: Session,
    call: Call,
    case: CaseRow,
    department_id: int,
    note: str | None,
    *,
    or_one_of: frozenset[int] = frozenset(),
) -> Change:
    unit: Any = await catalogue.by_id(session, catalogue.departments, department_id)
    # A unit of a place that has nothing to do with the case's place is as good as not there.
    if unit is None or not (case.division_path.startswith(unit.path) or unit.id in or_one_of):
        raise not_found(call, "department", "该责任部门", "The department")
    columns = {
        "responsible_unit_id": unit.id,
        "proposed_unit_id": None,
        "dispatched_at": call.now,
        "signed_at": None,
        "extension_requested_at": None,
    }
    return Change(
        columns | await ended_share(session, call, case, unit.id),
        note=note,
        department_id=unit.id,
    )
