"""What the unit does with a case, and settling on the spot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from db import cases, catalogue
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction, CaseOutcome, EvidenceKind
from db.vocabulary.expediting import ExpediteKind
from resolvers import texts
from resolvers.advance import Change, Disposition, Then, advance
from resolvers.call import Call, not_found
from resolvers.commitments import keep_all
from resolvers.expediting import by_system
from resolvers.gazetteer import matter_columns
from resolvers.intake import checked_disposition
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rulings import heard_view
from resolvers.visits import require_visit

HANDLING_OUTCOMES = frozenset(
    {
        CaseOutcome.RESOLVED,
        CaseOutcome.PARTLY_RESOLVED,
        CaseOutcome.EXPLAINED,
        CaseOutcome.NO_PROBLEM_FOUND,
        CaseOutcome.NOT_OURS,
    }
)


DONE_AGAIN = frozenset({CaseAction.REWORK, CaseAction.CHECK, CaseAction.REOPEN})


async def self_handle(
    db: Database,
    call: Call,
    case_id: int,
    *,
    matter_id: int | None,
    outcome: CaseOutcome,
    disposition: Disposition,
    evidence: Mapping[str, EvidenceKind],
) -> Result:
    """Settle an own submission on the spot; accepts and registers it in the same action.

    What SYSTEM does next (draw for a completion check, or close) follows by timer; the submitter is told at once.
    """

    async def prepare(session: Session, case: CaseRow) -> Change:
        chosen = matter_id or case.matter_id
        if chosen is None:
            raise Refusal(Code.MATTER_REQUIRED, field=["matter"])
        checked_outcome(outcome)
        for kind in EvidenceKind:
            await _require_evidence(session, call, case, evidence, kind)
        await require_visit(session, case, chosen)
        done = checked_disposition(disposition, outcome)
        columns = await matter_columns(session, call, case, chosen)
        columns |= {
            "accepted_at": call.now,
            "registered_at": call.now,
            "handled_at": call.now,
            "outcome": outcome,
            "is_self_handled": True,
            "handled_by": call.viewer.principal,
            "timer_at": call.now,
        }
        return Change(columns, disposition=done, response=f"已现场处置：{done.text}", evidence=evidence)

    return await advance(db, call, case_id, CaseAction.SELF_HANDLE, prepare)


def checked_outcome(outcome: CaseOutcome) -> CaseOutcome:
    if outcome not in HANDLING_OUTCOMES:
        raise Refusal(
            Code.INVALID_INPUT, field=["outcome"], expected="不是处置结果", expected_en="an outcome of handling"
        )
    return outcome


async def _require_evidence(
    session: Session, call: Call, case: CaseRow, given: Mapping[str, EvidenceKind], kind: EvidenceKind
) -> None:
    # What was done again is shown again; how it was before may be an older photo.
    since = await cases.last_step_at(session, case.id, DONE_AGAIN) if kind is EvidenceKind.AFTER else None
    if kind not in given.values() and not await cases.has_evidence(session, case.id, kind, since):
        word = kind.label if call.viewer.language == "zh" else kind.name
        raise Refusal(Code.EVIDENCE_REQUIRED, field=["evidence"], kind=word)


async def sign(db: Database, call: Call, case_id: int) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return Change({"signed_at": call.now})

    return await advance(db, call, case_id, CaseAction.SIGN, prepare)


async def send_back(db: Database, call: Call, case_id: int, reason: str | None, proposed_id: int) -> Result:
    """Return the case, naming who should have it instead: from two views that conflict on, a superior has to rule."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        unit = await catalogue.by_id(session, catalogue.departments, proposed_id)
        if unit is None or unit.id == case.responsible_unit_id:
            raise not_found(call, "proposedDepartment", "建议的责任部门", "The proposed department")
        columns = {
            "responsible_unit_id": None,
            "proposed_unit_id": unit.id,
            "signed_at": None,
            "extension_requested_at": None,
            "returns": case.returns + 1,
        }
        columns |= await heard_view(session, call, case, unit.id, words)
        then: list[Then] = []
        if columns["returns"] >= call.policy.returns_to_expedite:
            told = f"已退回{columns['returns']}次"
            then = await by_system(session, call, case, ExpediteKind.RETURNED, told, again=True)
        return Change(columns, note=words, department_id=unit.id, then=then)

    return await advance(db, call, case_id, CaseAction.RETURN, prepare)


async def start(db: Database, call: Call, case_id: int) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return Change()

    return await advance(db, call, case_id, CaseAction.START, prepare)


async def complete(
    db: Database,
    call: Call,
    case_id: int,
    *,
    outcome: CaseOutcome,
    disposition: Disposition,
    evidence: Mapping[str, EvidenceKind],
    response: str | None = None,
) -> Result:
    """Report the case handled; with a response, its submitter is told in the same step."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        done = checked_disposition(disposition, checked_outcome(outcome))
        matter = await catalogue.by_id(session, catalogue.matters, case.matter_id)
        if matter is not None and matter.needs_after_photo:
            await _require_evidence(session, call, case, evidence, EvidenceKind.AFTER)
        columns = {"outcome": outcome, "handled_at": call.now, "handled_by": call.viewer.principal}
        kept = await keep_all(session, call, case)
        # A part of a case is answered to the whole: nobody else asked for it.
        told = done.text if case.parent_id is not None else texts.optional(response, "response")
        return Change(columns, clocks=kept, disposition=done, response=told, evidence=evidence)

    return await advance(db, call, case_id, CaseAction.COMPLETE, prepare)


async def hold(db: Database, call: Call, case_id: int, reason: str | None, until: datetime) -> Result:
    return await _put_off(db, call, case_id, CaseAction.HOLD, reason, until)


async def make_long_term(db: Database, call: Call, case_id: int, reason: str | None, until: datetime) -> Result:
    return await _put_off(db, call, case_id, CaseAction.MAKE_LONG_TERM, reason, until)


async def _put_off(
    db: Database, call: Call, case_id: int, action: CaseAction, reason: str | None, until: datetime
) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        if until <= call.now:
            raise Refusal(Code.DATE_IN_PAST, field=["until"])
        return Change({"timer_at": until}, note=texts.reason(reason))

    return await advance(db, call, case_id, action, prepare)


async def resume(db: Database, call: Call, case_id: int) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return Change({"timer_at": None})

    return await advance(db, call, case_id, CaseAction.RESUME, prepare)
