"""Templates of responses, filled in for a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db import cases, catalogue, templates
from db.cases import CaseRow
from db.clock import local
from db.database import Database, Session
from db.vocabulary import CaseAction, ClockKind
from resolvers.call import Call
from resolvers.refusals import Code, Refusal
from resolvers.rules import access, clocks
from resolvers.rules.lifecycle import TELLERS
from resolvers.rules.templates import UNKNOWN, fill_in
from resolvers.viewer import Viewer

SUITING_MOST = 50


@dataclass(frozen=True, slots=True)
class Filled:
    id: int
    code: str
    name: str
    text: str
    is_complete: bool  # nothing is left for a person to fill in


async def suiting(db: Database, viewer: Viewer, case_id: int, action: CaseAction, now: datetime) -> list[Filled]:
    """Templates for a case in scope that the viewer may answer; empty for everybody else."""
    async with db.read() as session:
        case = (await cases.by_ids(session, viewer.scope, [case_id])).get(case_id)
        if case is None:
            return []
        standing = access.standing(viewer.scope, cases.columns_of(case))
        if not standing.roles & frozenset(TELLERS):
            return []
        words = await _words(session, case, now)
        rows = await templates.suiting(session, case, action, SUITING_MOST)
    filled = [(row, fill_in(row.text, words)) for row in rows]
    return [Filled(row.id, row.code, row.name, text, UNKNOWN not in text) for row, text in filled]


async def worded(session: Session, call: Call, case: CaseRow, template_id: int) -> str:
    """The words of a template for a case; refuses one that leaves something open."""
    row = await templates.by_id(session, template_id)
    if row is None:
        what = "该模板" if call.viewer.language == "zh" else "The template"
        raise Refusal(Code.NOT_FOUND, field=["template"], what=what)
    text = fill_in(row.text, await _words(session, case, call.now))
    if UNKNOWN in text:
        raise Refusal(Code.INVALID_INPUT, field=["template"], expected="模板有未能填写的内容，请改用文字回应",
                      expected_en="a template that can be filled in whole; send text instead")  # fmt: skip
    return text


async def _words(session: Session, case: CaseRow, now: datetime) -> dict[str, str | None]:
    """What placeholders stand for; nothing personal."""
    matter = None if case.matter_id is None else await catalogue.by_id(session, catalogue.matters, case.matter_id)
    unit_id = case.responsible_unit_id
    unit = None if unit_id is None else await catalogue.by_id(session, catalogue.departments, unit_id)
    promised = [one.due_at for one in clocks.running_clocks(case) if one.kind is ClockKind.COMMITMENT]
    return {
        "number": cases.number_of(case),
        "title": case.title,
        "matter": None if matter is None else matter.name,
        "unit": None if unit is None else unit.name,
        "outcome": None if case.outcome is None else case.outcome.label,
        "submitted": _day(case.submitted_at),
        "due": None if case.due_at is None else _day(case.due_at),
        "promised": _day(min(promised)) if promised else None,
        "today": _day(now),
    }


def _day(moment: datetime) -> str:
    there = local(moment)
    return f"{there.year}年{there.month}月{there.day}日"
