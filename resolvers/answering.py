"""Telling the submitter, correcting the case, and looking at personal data on the record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from db import cases, catalogue, people, places, tallies
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction, CaseKind, Priority
from db.vocabulary.visits import RiskLevel
from resolvers import clocking, once, texts
from resolvers.advance import Change, advance, locked
from resolvers.call import Call, not_found
from resolvers.gazetteer import Gazetteer, matter_columns
from resolvers.hops import leave_levels
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.submitting import is_in_scope
from resolvers.templates import worded
from resolvers.viewer import NO_PERSONAL_DATA, READ_ONLY


async def respond(db: Database, call: Call, case_id: int, text: str | None, template_id: int | None = None) -> Result:
    """Tell the submitter, in free words or those of a template. In the app, written is delivered."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        if template_id is None:
            return Change(response=texts.text(text, "text"))
        if text is not None:
            raise Refusal(
                Code.INVALID_INPUT, field=["text"], expected="文字与模板只能选一", expected_en="text or a template"
            )
        return Change(response=await worded(session, call, case, template_id))

    return await advance(db, call, case_id, CaseAction.RESPOND, prepare)


@dataclass(frozen=True, slots=True)
class Amendment:
    """What to correct; None leaves it as it is."""

    title: str | None = None
    matter_id: int | None = None
    kind: CaseKind | None = None
    priority: Priority | None = None
    grid_id: int | None = None
    is_pressing: bool | None = None
    risk: RiskLevel | None = None


async def amend(db: Database, call: Call, case_id: int, amendment: Amendment) -> Result:
    """Correct a case. A new matter recomputes the due time from the original start and keeps pauses."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        change = Change()
        columns = change.columns
        if amendment.matter_id is not None:
            columns |= await matter_columns(session, call, case, amendment.matter_id)
            change.clocks = await clocking.reclassified(session, case, amendment.matter_id)
        if amendment.grid_id is not None:
            columns |= await _moved_to(session, call, case, amendment, columns.get("matter_id", case.matter_id))
            if columns.get("held_by", case.held_by) != case.held_by:
                leave_levels(case, change)
        if amendment.title is not None:
            columns["title"] = texts.text(amendment.title, "title", limit=120)
        if amendment.kind is not None:
            columns["kind"] = amendment.kind
        if amendment.priority is not None:
            columns["priority"] = amendment.priority
        if amendment.is_pressing is not None:
            columns["is_pressing"] = amendment.is_pressing
        if amendment.risk is not None:
            columns["risk"] = amendment.risk
        if not columns:
            raise Refusal(Code.INVALID_INPUT, field=[], expected="没有要更正的内容", expected_en="something to amend")
        return change

    return await advance(db, call, case_id, CaseAction.AMEND, prepare)


async def _moved_to(
    session: Session, call: Call, case: CaseRow, amendment: Amendment, matter_id: int | None
) -> dict[str, Any]:
    """Columns of a new place, which the title names."""
    grid_id = amendment.grid_id or 0
    grid = (await places.grids_by_id(session, [grid_id])).get(grid_id)
    if grid is None or not grid.is_active:
        raise not_found(call, "grid", "该网格", "The grid")
    if not is_in_scope(call, grid.path):
        raise not_found(call, "grid", "该网格", "The grid")
    columns = {"grid_id": grid.id, "division_code": grid.community_code, "division_path": grid.path}
    if grid.id == case.grid_id:
        return columns
    if case.held_by not in tallies.ancestors(grid.path):
        columns["held_by"] = await Gazetteer(session).centre(grid.path)
    matter = None if matter_id is None else await catalogue.by_id(session, catalogue.matters, matter_id)
    what = matter.name if matter else (amendment.kind or case.kind).label
    return columns | {"title": await Gazetteer(session).title(what, grid)}


@dataclass(frozen=True, slots=True)
class Contact:
    """Personal data in full. Leaves the system only through `reveal_contact`."""

    name: str | None
    phone: str | None
    address: str | None
    point: tuple[float, float] | None
    description: str
    beneficiary_name: str | None
    beneficiary_phone: str | None


async def reveal_contact(db: Database, call: Call, case_id: int, reason: str | None) -> tuple[Result, Contact]:
    """Who handed it in and where, in full, against a reason that is kept for good. Changes no case."""
    words = texts.reason(reason)

    async def work(session: Session) -> Result:
        case = await locked(session, call, case_id)
        if call.viewer.scope.roles_over(cases.columns_of(case)) <= NO_PERSONAL_DATA | READ_ONLY:
            raise Refusal(Code.FORBIDDEN, action="查看联系方式", action_name="REVEAL_CONTACT")
        record = {"realm": case.realm, "case_id": case.id, "principal": call.viewer.principal}
        await people.record_access(session, record | {"reason": words, "at": call.now})
        result = Result(case.id, case.version)
        await once.settle(session, call, result)
        return result

    result = await once.once(db, call, work)
    async with db.read() as session:
        case = (await cases.by_ids(session, call.viewer.scope, [case_id])).get(case_id)
    if case is None:  # asked again with the same key after it left the scope
        raise not_found(call, "caseId", "该事件", "The case")
    point = None if case.longitude is None else (case.longitude, case.latitude)
    acted_for = (case.beneficiary_name, case.beneficiary_phone)
    own = (case.submitter_name, case.submitter_phone, case.address, point, case.description)
    return result, Contact(*own, *acted_for)
