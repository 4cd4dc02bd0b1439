"""One application for many units: each has a part that is a case of its own, and there is one combined reply."""

from __future__ import annotations

from typing import Any

from db import cases, catalogue, children
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction, CaseOutcome, CaseSource, CaseState, Role, stage_of
from resolvers import clocking, texts
from resolvers.advance import Also, Change, Disposition, advance, consequence
from resolvers.call import Call, not_found
from resolvers.commitments import keep_all
from resolvers.gazetteer import matter_columns
from resolvers.handling import checked_outcome
from resolvers.intake import checked_disposition
from resolvers.once import Result
from resolvers.outsourcing import cancel_all
from resolvers.refusals import Code, Refusal

TAKEN_OVER = (
    "realm", "kind", "priority", "title", "address", "longitude", "latitude", "division_code", "division_path",
    "grid_id", "held_by",
)  # fmt: skip


async def add_child(
    db: Database, call: Call, case_id: int, department_id: int, task: str, matter_id: int | None
) -> Result:
    """Give a part of the case to a unit: a case of its own, with the unit's own clock, dispatched at once.

    It is nobody's submission and nobody's discovery; what its unit finds is told to the case it is part of.
    """

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.text(task, "task")
        unit = await catalogue.by_id(session, catalogue.departments, department_id)
        # A unit of a place that has nothing to do with the case's place is as good as not there.
        if unit is None or not case.division_path.startswith(unit.path):
            raise not_found(call, "department", "该责任部门", "The department")
        if case.children >= call.policy.children_per_case:
            raise Refusal(Code.TOO_MANY, limit=call.policy.children_per_case, what="个子件", what_en="children")
        values = await _child(session, call, case, unit.id, words, matter_id)
        [child] = await cases.add(session, [values])
        counts = {"children": case.children + 1, "open_children": case.open_children + 1}
        return Change(counts, note=f"{unit.name}：{words}"[: texts.SHORT], department_id=unit.id, born=[child])

    return await advance(db, call, case_id, CaseAction.ADD_CHILD, prepare)


async def _child(
    session: Session, call: Call, case: CaseRow, unit_id: int, task: str, matter_id: int | None
) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(case, name) for name in TAKEN_OVER}
    state = CaseState.DISPATCHED
    values |= {
        "version": 1,
        "source": CaseSource.DEPARTMENT,
        "matter_id": case.matter_id,
        "description": task,
        "submitter_key": f"CASE:{case.id}",
        "submitter_role": Role.SYSTEM,
        "parent_id": case.id,
        "state": state,
        "stage": stage_of(state, is_answered=False),
        "is_open": True,
        "responsible_unit_id": unit_id,
        "service_provider_ids": [],
        "submitted_at": call.now,
        "accepted_at": call.now,
        "registered_at": call.now,
        "dispatched_at": call.now,
        "updated_at": call.now,
        "stage_at": call.now,
    }
    if matter_id is not None:
        values |= await matter_columns(session, call, case, matter_id)
    return values | await clocking.begun(session, call.now, values)


async def combine_reply(
    db: Database, call: Call, case_id: int, *, outcome: CaseOutcome, disposition: Disposition, response: str
) -> Result:
    """Close the parts of a case with one disposition and one response: told once, to who handed it in."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        done = checked_disposition(disposition, checked_outcome(outcome))
        told = texts.text(response, "response")
        columns = {"outcome": outcome, "handled_at": call.now, "handled_by": call.viewer.principal}
        return Change(columns, clocks=await keep_all(session, call, case), disposition=done, response=told)

    return await advance(db, call, case_id, CaseAction.COMBINE_REPLY, prepare)


async def end_children(session: Session, call: Call, case: CaseRow, reason: str) -> tuple[dict[str, Any], list[Also]]:
    """What a case that is withdrawn or voided takes with it: its own columns, and its open children, each void."""
    if not case.open_children:
        return {}, []
    ended = [
        consequence(
            child,
            CaseAction.END_WITH_PARENT,
            Change(await cancel_all(session, call, child, reason), note=reason, response=reason),
        )
        for child in await children.hold_open_children(session, case)
    ]
    return {"open_children": 0}, ended
