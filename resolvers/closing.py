"""Checking, closing, reopening; ending a case early; what the submitter says of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from db import cases
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import (
    CaseAction,
    CaseOutcome,
    CaseState,
    CheckResult,
    EvidenceKind,
    GridTask,
    TaskAssignee,
)
from resolvers import burden, texts
from resolvers.advance import Change, advance
from resolvers.asking import ask
from resolvers.call import Call
from resolvers.children import end_children
from resolvers.handling import checked_outcome
from resolvers.hops import ask_answers_again
from resolvers.once import Result
from resolvers.outsourcing import cancel_all
from resolvers.refusals import Code, Refusal
from resolvers.rules.lifecycle import Clock
from resolvers.shares import ask_joint_units_again
from resolvers.visits import require_visit

Spend = Callable[[Session, CaseRow], Awaitable[None]]

ENDINGS = frozenset({CaseAction.DECLINE, CaseAction.MERGE, CaseAction.VOID})


async def request_check(
    db: Database,
    call: Call,
    case_id: int,
    assignee: TaskAssignee,
    note: str | None = None,
    override_reason: str | None = None,
) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        told = [assignee.label, texts.optional(note, "note", limit=texts.SHORT)]
        if assignee is TaskAssignee.GRID_WORKER:
            told.append(await burden.give(session, call, case, GridTask.COMPLETION_CHECK, override_reason))
        return Change({"timer_at": None}, note="：".join(part for part in told if part))

    return await advance(db, call, case_id, CaseAction.REQUEST_CHECK, prepare)


async def check(
    db: Database,
    call: Call,
    case_id: int,
    result: CheckResult,
    note: str | None,
    evidence: Mapping[str, EvidenceKind],
) -> Result:
    """Report what the check found. Who handled the case may not check it."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        if case.handled_by == call.viewer.principal:
            raise Refusal(Code.OWN_WORK)
        words = texts.optional(note, "note", limit=texts.SHORT)
        is_failed = result is CheckResult.FAIL
        change = await _sent_back(session, call, case) if is_failed else Change(_after_check(call, case))
        change.columns["check_result"] = result
        change.note = f"{result.label}：{words}" if words else result.label
        change.evidence = evidence
        return change

    return await advance(db, call, case_id, CaseAction.CHECK, prepare)


def _after_check(call: Call, case: CaseRow) -> dict[str, Any]:
    return {"timer_at": call.now} if case.is_self_handled else {}


async def _sent_back(session: Session, call: Call, case: CaseRow) -> Change:
    """Back to the unit, or to dispatch where none has it; what was said in this round stays on record."""
    to = CaseState.IN_PROGRESS if case.responsible_unit_id is not None else CaseState.REGISTERED
    columns: dict[str, Any] = {
        "rework_count": case.rework_count + 1,
        "reworked_at": call.now,
        "handled_at": None,
        "outcome": None,
        "dispositions": 0,
        "responses": 0,
        "is_self_handled": False,
        "timer_at": None,
        "check_result": None,
        "visits": 0,
    }
    columns |= await ask_joint_units_again(session, case)
    change = Change(columns, to=to, clock=Clock.START if case.due_at is None else Clock.CONTINUE)
    await ask_answers_again(session, case, change)
    return change


async def rework(db: Database, call: Call, case_id: int, reason: str | None) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        change = await _sent_back(session, call, case)
        change.note = texts.reason(reason)
        return change

    return await advance(db, call, case_id, CaseAction.REWORK, prepare)


async def close(db: Database, call: Call, case_id: int, outcome: CaseOutcome | None = None) -> Result:
    """Close with outcome, disposition and a delivered response; without one of them it is refused."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        final = outcome or case.outcome
        if final is None:
            raise Refusal(Code.OUTCOME_REQUIRED, field=["outcome"])
        checked_outcome(final)
        await require_visit(session, case, case.matter_id)
        await ask(session, call, case)
        return Change({"outcome": final, "closed_at": call.now, "timer_at": None})

    return await advance(db, call, case_id, CaseAction.CLOSE, prepare)


async def confirm(db: Database, call: Call, case_id: int, is_solved: bool) -> Result:
    """The submitter's own verdict; it feeds the confirmed rate and never the declared one."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        return Change({"is_confirmed": is_solved}, note="已解决" if is_solved else "未解决")

    return await advance(db, call, case_id, CaseAction.CONFIRM, prepare)


def ended_at(case: CaseRow, steps: Sequence[Any]) -> datetime:
    """When a case ended, by the step that did it: a verdict or a refused request does not start the window again."""
    last = next((step.at for step in reversed(steps) if step.action in ENDINGS), None)
    found: datetime = case.closed_at or last or case.updated_at
    return found


async def request_reopen(
    db: Database, call: Call, case_id: int, reason: str | None, *, spend: Spend | None = None
) -> Result:
    """`spend` is what the right to ask costs whoever has it by a token."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        if spend is not None:
            await spend(session, case)
        steps = (await cases.steps_by_case(session, [case.id]))[case.id]
        if ended_at(case, steps) + call.policy.reopen_window < call.now:
            raise Refusal(Code.REOPEN_WINDOW_OVER, days=call.policy.reopen_days)
        return Change({"state_before": case.state}, note=texts.reason(reason))

    return await advance(db, call, case_id, CaseAction.REQUEST_REOPEN, prepare)


async def reopen(db: Database, call: Call, case_id: int, reason: str | None) -> Result:
    """Take it up again in a new round, which needs its own disposition and response."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        columns: dict[str, Any] = {
            "round": case.round + 1,
            "state_before": None,
            "outcome": None,
            "closed_at": None,
            "is_evaluated": False,
            "handled_at": None,
            "handled_by": None,
            "merged_into_id": None,
            "responsible_unit_id": None,
            "dispositions": 0,
            "responses": 0,
            "is_self_handled": False,
            "is_confirmed": None,
            "ruling_path": None,
            "is_ruled": False,
            "check_result": None,
            "acknowledged_at": None,
            "acknowledged_by": None,
            "extensions": 0,
            "extension_requested_at": None,
            "appealed_at": None,
            "appeal_decided_at": None,
            "visits": 0,
        }
        columns |= await ask_joint_units_again(session, case)
        change = Change(columns, note=texts.reason(reason))
        await ask_answers_again(session, case, change)
        return change

    return await advance(db, call, case_id, CaseAction.REOPEN, prepare)


async def refuse_reopen(db: Database, call: Call, case_id: int, reason: str | None, response: str) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.text(response, "response")
        return Change({"state_before": None}, to=case.state_before, note=texts.reason(reason), response=words)

    return await advance(db, call, case_id, CaseAction.REFUSE_REOPEN, prepare)


async def withdraw_reopen(db: Database, call: Call, case_id: int) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return Change({"state_before": None}, to=case.state_before)

    return await advance(db, call, case_id, CaseAction.WITHDRAW_REOPEN, prepare)


async def withdraw(db: Database, call: Call, case_id: int, reason: str | None) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.optional(reason, "reason", limit=texts.SHORT)
        columns, also = await end_children(session, call, case, words or "上报人撤回")
        return Change(columns | await cancel_all(session, call, case, words or "上报人撤回"), note=words, also=also)

    return await advance(db, call, case_id, CaseAction.WITHDRAW, prepare)


async def void(db: Database, call: Call, case_id: int, reason: str | None, response: str) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        words, told = texts.reason(reason), texts.text(response, "response")
        columns, also = await end_children(session, call, case, words)
        columns |= await cancel_all(session, call, case, words)
        return Change(columns, note=words, response=told, also=also)

    return await advance(db, call, case_id, CaseAction.VOID, prepare)
