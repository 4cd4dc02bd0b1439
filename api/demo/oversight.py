"""What happens to cases of the demo city beside their way through the loop: they go up a level, are acknowledged,
urged, shared, given more time, appealed."""

from __future__ import annotations

from typing import Any

from api.demo.intake import BY_PUBLIC
from api.demo.sentences import (
    APPEAL_REASONS,
    ASSIST_REASONS,
    ESCALATE_REASONS,
    EXPEDITE_REPLIES,
    EXTENSION_REASONS,
    URGE_NOTES,
    VERDICT_REASONS,
)
from api.demo.stage import Stage
from db.tallies import ancestors
from db.vocabulary import CaseAction, CaseState, Priority, Role, ShareRight
from resolvers import centres, expediting, extending, hops, shares, urging
from resolvers.refusals import Code, Refusal

A, S = CaseAction, CaseState
ANSWERED = frozenset({S.HANDLED, S.CLOSED})
URGED_IN_TIME_SHARE = 0.03  # of looks at what somebody waits for
TOO_SOON = frozenset({Code.QUIET_PERIOD, Code.TOO_MANY})


async def beside(stage: Stage, case: Any) -> CaseAction | None:
    """One such thing, if the case asks for one; None when the plot goes on."""
    if case.priority is Priority.URGENT and case.is_open and case.acknowledged_at is None:
        await centres.acknowledge(stage.db, await stage.of_county(Role.SHIFT_LEADER, case), case.id, None)
        return A.ACKNOWLEDGE
    if case.is_open and case.open_expedites and (case.state is S.HANDLED or stage.chance(0.5)):
        has_unit = case.responsible_unit_id is not None
        call = await stage.of_unit(case) if has_unit else await stage.of_dispatcher(case)
        await expediting.reply(stage.db, call, case.id, stage.one(EXPEDITE_REPLIES))
        return A.REPLY_EXPEDITE
    if case.hop_id is not None:
        await hops.receive(stage.db, await stage.call(Role.DISPATCHER, case.held_by, case), case.id)
        return A.RECEIVE_HOP
    if case.answer_with is not None and case.state in ANSWERED and case.responses:
        await hops.pass_answer(stage.db, await stage.call(Role.DISPATCHER, case.answer_with, case), case.id, None)
        return A.PASS_ANSWER
    return await _more_time(stage, case) or await _with_others(stage, case)


async def _more_time(stage: Stage, case: Any) -> CaseAction | None:
    works = case.state in (S.SIGNED, S.IN_PROGRESS)
    if works and case.extension_requested_at is not None:
        call, is_approved = await stage.of_county(Role.SHIFT_LEADER, case), stage.chance(0.7)
        await extending.decide_extension(
            stage.db, call, case.id, is_approved=is_approved, reason=stage.one(VERDICT_REASONS)
        )
        return A.DECIDE_EXTENSION
    is_pressed = works and case.due_at is not None and case.extensions < 2 and case.near_due_at <= stage.clock()
    if is_pressed and stage.clock() < case.due_at and stage.chance(0.3):
        call = await stage.of_unit(case)
        await extending.request_extension(stage.db, call, case.id, stage.one(EXTENSION_REASONS))
        return A.REQUEST_EXTENSION
    if case.state is not S.CLOSED or not case.was_late or case.responsible_unit_id is None:
        return None
    if case.appealed_at is None and stage.chance(0.2):
        call = await stage.of_unit(case)
        await extending.appeal_lateness(stage.db, call, case.id, stage.one(APPEAL_REASONS))
        return A.APPEAL_LATENESS
    if case.appealed_at is not None and case.appeal_decided_at is None:
        call = await stage.of_prefecture(Role.COMMANDER, case)
        await extending.decide_appeal(
            stage.db, call, case.id, is_exempt=stage.chance(0.5), reason=stage.one(VERDICT_REASONS)
        )
        return A.DECIDE_APPEAL
    return None


async def _with_others(stage: Stage, case: Any) -> CaseAction | None:
    is_ordinary = case.priority is not Priority.URGENT
    if case.state is S.REGISTERED and is_ordinary and not case.hops and stage.chance(0.03):
        above = ancestors(case.division_path)
        if case.held_by in above[2:]:  # a prefecture's own would go to the province
            await hops.escalate(stage.db, await stage.of_dispatcher(case), case.id, stage.one(ESCALATE_REASONS))
            return A.ESCALATE
    if case.state is S.IN_PROGRESS and not case.shared_unit_ids and stage.chance(0.04):
        others = [
            unit for unit in stage.reference.units_of(case.division_path) if unit.id != case.responsible_unit_id
        ]
        if others:
            unit, call = stage.one(others), await stage.of_unit(case)
            await shares.share(stage.db, call, case.id, unit.id, ShareRight.ASSIST, stage.one(ASSIST_REASONS))
            return A.SHARE
    is_waiting = case.is_open and case.submitter_role in BY_PUBLIC and case.stage_at < case.updated_at
    is_late = case.clock_runs and case.due_at < stage.clock()
    if is_waiting and stage.chance(0.15 if is_late else URGED_IN_TIME_SHARE):
        try:
            await urging.urge(stage.db, await stage.of_submitter(case), case.id, stage.one(URGE_NOTES))
        except Refusal as refusal:
            if refusal.code not in TOO_SOON:
                raise
            return None
        return A.URGE
    return None
