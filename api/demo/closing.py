"""How cases of the demo city end: answered, checked, closed, confirmed or not, and sometimes taken up again."""

from __future__ import annotations

from typing import Any

from api.demo.agenda import Entry
from api.demo.answers import bring
from api.demo.sentences import (
    APPEALS,
    CHECK_REQUESTS,
    CHECKED,
    REOPEN_GRANTED,
    REOPEN_REASONS,
    REOPEN_REFUSED,
    REOPEN_REFUSED_ANSWERS,
    REWORK_REASONS,
    SURVEY_WORDS,
)
from api.demo.stage import Stage
from api.demo.visits import is_due, visit
from db.vocabulary import CaseAction, CaseState, CheckResult, EvidenceKind, Role, TaskAssignee
from resolvers import answering, closing, surveys
from resolvers.call import Call
from resolvers.permitting import NOT_FOR_GRIDS
from resolvers.refusals import Code, Refusal

A, C = CaseAction, CheckResult
FOUND = {C.PASS: 82, C.FAIL: 13, C.UNABLE: 5}
PASSES_FOR_SYSTEM = 3  # turns that SYSTEM has to finish what was settled on the spot, before a shift leader does


async def handled(stage: Stage, case: Any, entry: Entry) -> CaseAction | None:
    if case.is_self_handled and entry.passes < PASSES_FOR_SYSTEM:
        return None
    if case.open_deliveries:
        return await bring(stage, case)
    if not case.responses:
        await answering.respond(stage.db, await _answering(stage, case), case.id, stage.response(case))
        return A.RESPOND
    if case.check_result is None and not case.is_self_handled and stage.chance(0.3):
        return await _ask_to_check(stage, case, entry)
    if is_due(stage, case, case.matter_id):
        by = stage.of_county(Role.CHECKER, case) if case.grid_id is None else stage.of_grid(case)
        return await visit(stage, case, await by)
    call = await stage.of_county(Role.SHIFT_LEADER, case)
    if case.check_result is None and case.rework_count == 0 and stage.chance(0.03):
        await closing.rework(stage.db, call, case.id, stage.one(REWORK_REASONS))
        return A.REWORK
    await closing.close(stage.db, call, case.id)
    return A.CLOSE


async def checking(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    call = await _checker(stage, case, entry)
    result = C.PASS if case.rework_count >= 2 else stage.by_weight(FOUND)
    photos = await stage.evidence(call.viewer, EvidenceKind.AFTER) if stage.chance(0.1) else {}
    await closing.check(stage.db, call, case.id, result, stage.one(CHECKED[result]), photos)
    return A.CHECK


async def closed(stage: Stage, case: Any, entry: Entry) -> CaseAction | None:
    """What the submitter says; None when they say nothing more."""
    if case.submitter_role is Role.SOURCE_SYSTEM:
        return None
    if case.is_confirmed is None:
        is_solved = case.round > 1 or stage.chance(0.8)
        await _judge(stage, case, is_solved)
        return A.CONFIRM
    return await ask_again(stage, case, entry) if case.is_confirmed is False and case.round == 1 else None


async def _judge(stage: Stage, case: Any, is_solved: bool) -> None:
    """By the survey of the round where there is one, now and then with words; else by one tap."""
    try:
        token, _ = await surveys.open_own(stage.db, await stage.of_submitter(case), case.id)
    except Refusal as refusal:
        if refusal.code not in (Code.SURVEY_OVER, Code.SURVEY_ANSWERED):
            raise
        await closing.confirm(stage.db, await stage.of_submitter(case), case.id, is_solved)
        return
    is_satisfied = stage.chance(0.9 if is_solved else 0.1)
    call, words = await stage.of_submitter(case), stage.one(SURVEY_WORDS)
    await surveys.answer(stage.db, call, token, is_solved=is_solved, is_satisfied=is_satisfied, note=words)


async def ask_again(stage: Stage, case: Any, entry: Entry) -> CaseAction | None:
    if case.submitter_role is Role.SOURCE_SYSTEM or case.round > 1 or not stage.chance(0.65):
        return None
    reason = stage.one(REOPEN_REASONS if case.state is CaseState.CLOSED else APPEALS)
    await closing.request_reopen(stage.db, await stage.of_submitter(case), case.id, reason)
    return A.REQUEST_REOPEN


async def reopen_requested(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    if stage.chance(0.06):
        await closing.withdraw_reopen(stage.db, await stage.of_submitter(case), case.id)
        return A.WITHDRAW_REOPEN
    call = await stage.of_county(Role.SHIFT_LEADER, case)
    if stage.chance(0.5):
        await closing.reopen(stage.db, call, case.id, stage.one(REOPEN_GRANTED))
        return A.REOPEN
    reason, words = stage.one(REOPEN_REFUSED), stage.one(REOPEN_REFUSED_ANSWERS)
    await closing.refuse_reopen(stage.db, call, case.id, reason, words)
    return A.REFUSE_REOPEN


async def _answering(stage: Stage, case: Any) -> Call:
    if case.responsible_unit_id is None or stage.chance(0.2):
        return await stage.of_county(Role.INTAKE_OFFICER, case)
    return await stage.of_unit(case)


async def _checker(stage: Stage, case: Any, entry: Entry) -> Call:
    """The grid worker who was asked, unless the work was theirs."""
    if entry.assignee is TaskAssignee.GRID_WORKER:
        call = await stage.of_grid(case)
        if call.viewer.principal != case.handled_by:
            return call
    is_patrol = entry.assignee is TaskAssignee.PATROL_OFFICER
    return await stage.of_county(Role.PATROL_OFFICER if is_patrol else Role.CHECKER, case)


async def _ask_to_check(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    note = stage.one(CHECK_REQUESTS)
    entry.assignee = stage.one((TaskAssignee.GRID_WORKER, TaskAssignee.GRID_WORKER, TaskAssignee.CHECKER))
    try:
        call = await stage.of_county(Role.SHIFT_LEADER, case)
        await closing.request_check(stage.db, call, case.id, entry.assignee, note)
    except Refusal as refusal:
        if refusal.code not in NOT_FOR_GRIDS:
            raise
        stage.not_permitted += 1
        entry.assignee = TaskAssignee.PATROL_OFFICER
        call = await stage.of_county(Role.SHIFT_LEADER, case)
        await closing.request_check(stage.db, call, case.id, entry.assignee, note)
    return A.REQUEST_CHECK
