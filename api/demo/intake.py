"""How the demo city takes cases up: what happens next to a case that was handed in, accepted or is being verified."""

from __future__ import annotations

from typing import Any

from api.demo.agenda import Entry
from api.demo.answers import bring_all
from api.demo.sentences import (
    DECLINES,
    ON_THE_SPOT,
    UNMERGE_REASONS,
    VERIFIED,
    VERIFY_REQUESTS,
    VOID_ANSWERS,
    VOID_REASONS,
    WITHDRAW_REASONS,
)
from api.demo.stage import Stage
from api.demo.stories import SETTLED_BY_HAND, STORIES
from api.demo.visits import is_due, visit
from db import cases
from db.vocabulary import (
    CaseAction,
    CaseKind,
    CaseOutcome,
    CaseState,
    DeclineReason,
    EvidenceKind,
    Priority,
    Realm,
    Role,
    TaskAssignee,
    VerificationResult,
)
from resolvers import answering, closing, handling, intake
from resolvers.advance import Disposition
from resolvers.answering import Amendment
from resolvers.permitting import NOT_FOR_GRIDS
from resolvers.refusals import Refusal
from resolvers.viewer import system_viewer

A, V = CaseAction, VerificationResult
EVERYWHERE = system_viewer(Realm.EXERCISE).scope
BY_STAFF = (Role.GRID_WORKER, Role.COMMUNITY_WORKER)
BY_PUBLIC = (Role.RESIDENT, Role.ENTERPRISE)
FOUND = {V.EXISTS: 80, V.NOT_EXISTS: 13, V.UNABLE: 7}


async def submitted(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    is_urgent = case.priority is Priority.URGENT
    if case.submitter_role in BY_STAFF and _is_settled_on_the_spot(stage, case):
        return await _settle_on_the_spot(stage, case, entry)
    if case.submitter_role in BY_PUBLIC and stage.chance(0.05):
        return await withdraw(stage, case)
    if (master := await _master(stage, case)) is not None and stage.chance(0.85):
        await intake.merge(stage.db, await stage.of_county(Role.INTAKE_OFFICER, case), case.id, master)
        return A.MERGE
    if stage.chance(0.008):
        call = await stage.of_county(Role.SHIFT_LEADER, case)
        await closing.void(stage.db, call, case.id, stage.one(VOID_REASONS), stage.one(VOID_ANSWERS))
        await bring_all(stage, case)
        return A.VOID
    if not is_urgent and case.submitter_role in (*BY_PUBLIC, Role.SOURCE_SYSTEM) and stage.chance(0.07):
        return await decline(stage, case, Role.INTAKE_OFFICER)
    if is_urgent or stage.chance(0.3):
        return await _register(stage, case, entry)
    await intake.accept(stage.db, await stage.of_county(Role.INTAKE_OFFICER, case), case.id)
    return A.ACCEPT


async def accepted(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    if case.verification is V.NOT_EXISTS and case.round == 1:
        return await decline(stage, case, Role.INTAKE_OFFICER)
    if case.verification is None and case.matter_id is not None and stage.chance(0.35):
        return await _ask_to_verify(stage, case, entry)
    if stage.chance(0.04):
        priority = Priority.IMPORTANT if case.priority is Priority.NORMAL else Priority.NORMAL
        call = await stage.of_county(Role.INTAKE_OFFICER, case)
        await answering.amend(stage.db, call, case.id, Amendment(priority=priority))
        return A.AMEND
    return await _register(stage, case, entry)


async def verifying(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    if stage.chance(0.04):
        call = await stage.of_county(Role.INTAKE_OFFICER, case)
        await intake.cancel_verification(stage.db, call, case.id, "反映人已补充照片")
        return A.CANCEL_VERIFICATION
    if entry.assignee is TaskAssignee.GRID_WORKER:
        call = await stage.of_grid(case)
    else:
        call = await stage.of_county(Role.PATROL_OFFICER, case)
    result = stage.by_weight(FOUND)
    photos = await stage.evidence(call.viewer, EvidenceKind.BEFORE) if stage.chance(0.1) else {}
    await intake.verify(stage.db, call, case.id, result, stage.one(VERIFIED[result]), photos)
    return A.VERIFY


async def merged(stage: Stage, case: Any, entry: Entry) -> CaseAction | None:
    """Rarely two cases turn out to be two after all."""
    if not stage.chance(0.12):
        return None
    async with stage.db.read() as session:
        master = (await cases.by_ids(session, EVERYWHERE, [case.merged_into_id])).get(case.merged_into_id)
    if master is None or not master.is_open:
        return None
    call = await stage.of_county(Role.INTAKE_OFFICER, case)
    await intake.unmerge(stage.db, call, case.id, stage.one(UNMERGE_REASONS))
    return A.UNMERGE


def _is_settled_on_the_spot(stage: Stage, case: Any) -> bool:
    """What one pair of hands or a word can settle; the rest needs a unit."""
    matter = stage.reference.matters.get(case.matter_id)
    if case.kind is CaseKind.DISPUTE or matter is None:
        return False
    if matter.code in STORIES and not matter.code.startswith(SETTLED_BY_HAND):
        return False
    return stage.chance(0.3 if case.priority is Priority.URGENT else 0.85)


async def _settle_on_the_spot(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    call = await stage.of_submitter(case)
    if is_due(stage, case, case.matter_id or entry.matter_id):
        return await visit(stage, case, call)
    photos = await stage.evidence(call.viewer, EvidenceKind.BEFORE, EvidenceKind.AFTER)
    await handling.self_handle(
        stage.db,
        call,
        case.id,
        matter_id=case.matter_id or entry.matter_id,
        outcome=CaseOutcome.RESOLVED,
        disposition=Disposition(f"{stage.matter_name(case)}，{stage.one(ON_THE_SPOT)}。"),
        evidence=photos,
    )
    return A.SELF_HANDLE


async def withdraw(stage: Stage, case: Any) -> CaseAction:
    await closing.withdraw(stage.db, await stage.of_submitter(case), case.id, stage.one(WITHDRAW_REASONS))
    return A.WITHDRAW


async def _master(stage: Stage, case: Any) -> int | None:
    """An older open case of the same matter in the same grid."""
    if case.matter_id is None or case.round > 1:
        return None
    async with stage.db.read() as session:
        found = await cases.similar(session, EVERYWHERE, case, 5)
    older = [
        one.id
        for one in found
        if one.id < case.id and one.state not in (CaseState.SUBMITTED, CaseState.REOPEN_REQUESTED)
    ]
    return min(older, default=None)


async def decline(stage: Stage, case: Any, role: Role) -> CaseAction:
    if case.verification is V.NOT_EXISTS:
        reason, outcome = DeclineReason.NOT_EXISTS, CaseOutcome.NO_PROBLEM_FOUND
    else:
        reasons = [DeclineReason.OUT_OF_SCOPE, DeclineReason.INSUFFICIENT]
        if case.kind is CaseKind.DISPUTE:
            reasons = [DeclineReason.LEGAL_PROCEDURE]
        reason, outcome = stage.one(reasons), CaseOutcome.NOT_OURS
    finding, response, channel = DECLINES[reason]
    await intake.decline(
        stage.db,
        await (stage.of_dispatcher(case) if role is Role.DISPATCHER else stage.of_county(role, case)),
        case.id,
        reason=reason,
        outcome=outcome,
        disposition=Disposition(finding),
        response=response,
        suggested_channel=channel,
    )
    await bring_all(stage, case)
    return A.DECLINE


async def _register(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    matter_id = case.matter_id or entry.matter_id
    if matter_id is None:  # handed in by others, without a matter: the officer takes one of its kind
        matters = list(stage.reference.matters.values())
        matter_id = stage.one([one for one in matters if one.kind is case.kind] or matters).id
    is_raised = case.priority is Priority.NORMAL and stage.chance(0.02)
    call = await stage.of_county(Role.INTAKE_OFFICER, case)
    await intake.register(stage.db, call, case.id, matter_id, Priority.IMPORTANT if is_raised else None)
    return A.REGISTER


async def _ask_to_verify(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    """The grid worker where the permit list allows it, else a patrol officer."""
    note = stage.one(VERIFY_REQUESTS)
    entry.assignee = TaskAssignee.GRID_WORKER if stage.chance(0.75) else TaskAssignee.PATROL_OFFICER
    try:
        call = await stage.of_county(Role.INTAKE_OFFICER, case)
        await intake.request_verification(stage.db, call, case.id, entry.assignee, note)
    except Refusal as refusal:
        if refusal.code not in NOT_FOR_GRIDS:
            raise
        stage.not_permitted += 1
        entry.assignee = TaskAssignee.PATROL_OFFICER
        call = await stage.of_county(Role.INTAKE_OFFICER, case)
        await intake.request_verification(stage.db, call, case.id, entry.assignee, note)
    return A.REQUEST_VERIFICATION
