"""How departments of the demo city handle cases: dispatch, sign, return, hold, outsource, complete."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api.demo.agenda import Entry
from api.demo.intake import BY_PUBLIC, decline, withdraw
from api.demo.outsourcing import offer, work_on_orders
from api.demo.sentences import (
    DISPATCH_NOTES,
    HOLD_REASONS,
    INTERIM,
    LONG_TERM_REASONS,
    PROMISES,
    REASSIGN_REASONS,
    RETURN_REASONS,
    RULINGS,
)
from api.demo.stage import Stage
from db.vocabulary import CaseAction, CaseOutcome, EvidenceKind, Priority, Role
from resolvers import answering, commitments, dispatching, handling

A = CaseAction
PROMISED_FOR = tuple(timedelta(minutes=minutes) for minutes in (4, 15, 40, 180, 600, 1_500, 2_900))
WRONG_UNIT_SHARE = 0.08  # of dispatches that go to a unit of another kind
RETURNS_BEFORE_RULING = 2
BECAME_OF_IT = {
    CaseOutcome.RESOLVED: 82,
    CaseOutcome.PARTLY_RESOLVED: 8,
    CaseOutcome.EXPLAINED: 7,
    CaseOutcome.NO_PROBLEM_FOUND: 3,
}


async def registered(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    if case.submitter_role in BY_PUBLIC and case.round == 1 and stage.chance(0.012):
        return await withdraw(stage, case)
    is_wrong = case.priority is not Priority.URGENT and stage.chance(WRONG_UNIT_SHARE)
    units = stage.reference.units_of(case.division_path) if is_wrong else _right_units(stage, case)
    call = await stage.of_dispatcher(case)
    await dispatching.dispatch(stage.db, call, case.id, stage.one(units).id, stage.one(DISPATCH_NOTES))
    return A.DISPATCH


async def dispatched(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    if (returned := await _return(stage, case, 0.75)) is not None:
        return returned
    if stage.chance(0.015):
        call = await stage.of_dispatcher(case)
        unit = stage.one(_right_units(stage, case))
        await dispatching.reassign(stage.db, call, case.id, unit.id, stage.one(REASSIGN_REASONS))
        return A.REASSIGN
    await handling.sign(stage.db, await stage.of_unit(case), case.id)
    return A.SIGN


async def signed(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    if (returned := await _return(stage, case, 0.4)) is not None:
        return returned
    await handling.start(stage.db, await stage.of_unit(case), case.id)
    return A.START


async def returned(stage: Stage, case: Any, entry: Entry) -> CaseAction:
    units = [unit for unit in _right_units(stage, case) if unit.id == case.proposed_unit_id]
    unit = stage.one(units or _right_units(stage, case))
    if case.ruling_path or (case.returns >= RETURNS_BEFORE_RULING and stage.chance(0.8)):
        call = await stage.of_prefecture(Role.COMMANDER, case)
        await dispatching.rule(stage.db, call, case.id, unit.id, stage.one(RULINGS))
        return A.RULE
    if stage.chance(0.04):
        return await decline(stage, case, Role.DISPATCHER)
    call = await stage.of_dispatcher(case)
    await dispatching.dispatch(stage.db, call, case.id, unit.id, stage.one(DISPATCH_NOTES))
    return A.DISPATCH


async def in_progress(stage: Stage, case: Any, entry: Entry) -> CaseAction | None:
    if case.open_work_orders:
        return await work_on_orders(stage, case)
    is_urgent = case.priority is Priority.URGENT
    if not case.service_provider_ids and stage.chance(0.26) and (offered := await offer(stage, case)) is not None:
        return offered
    if not is_urgent and stage.chance(0.07):
        return await _put_off(stage, case)
    if not case.responses and stage.chance(0.08):
        words = stage.one(INTERIM).format(days=stage.rng.randint(2, 6))
        await answering.respond(stage.db, await stage.of_unit(case), case.id, words)
        return A.RESPOND
    if not commitments.open_ids(case) and stage.chance(0.3):
        call = await stage.of_unit(case)
        until = call.now + stage.one(PROMISED_FOR)
        await commitments.commit(stage.db, call, case.id, stage.one(PROMISES), until)
        return A.COMMIT
    return await _complete(stage, case)


async def held(stage: Stage, case: Any, entry: Entry) -> CaseAction | None:
    if entry.passes == 0 and stage.chance(0.3):
        return None  # a while longer
    await handling.resume(stage.db, await stage.of_unit(case), case.id)
    return A.RESUME


def _right_units(stage: Stage, case: Any) -> list[Any]:
    return stage.reference.fitting(case.division_path, case.matter_id)


async def _return(stage: Stage, case: Any, share_if_wrong: float) -> CaseAction | None:
    """A unit that is not meant sends the case back, as a rule; one that is meant does so now and then."""
    if case.is_ruled or case.priority is Priority.URGENT:
        return None
    is_meant = stage.reference.fits(case.responsible_unit_id, case.division_path, case.matter_id)
    # Who has returned a case once finds it easier: that is how the disputes come about that need a ruling.
    if not stage.chance((0.25 if case.returns else 0.03) if is_meant else share_if_wrong):
        return None
    here = stage.reference.units_of(case.division_path)
    others = [unit for unit in _right_units(stage, case) + here if unit.id != case.responsible_unit_id]
    if not others:
        return None
    proposed = others[0] if not is_meant else stage.one(others)
    await handling.send_back(stage.db, await stage.of_unit(case), case.id, stage.one(RETURN_REASONS), proposed.id)
    return A.RETURN


async def _put_off(stage: Stage, case: Any) -> CaseAction:
    call = await stage.of_unit(case)
    if stage.chance(0.75):
        until = call.now + timedelta(hours=stage.rng.randint(2, 72))
        await handling.hold(stage.db, call, case.id, stage.one(HOLD_REASONS), until)
        return A.HOLD
    until = call.now + timedelta(days=stage.rng.randint(20, 180))
    await handling.make_long_term(stage.db, call, case.id, stage.one(LONG_TERM_REASONS), until)
    return A.MAKE_LONG_TERM


async def _complete(stage: Stage, case: Any) -> CaseAction:
    call = await stage.of_unit(case)
    outcome = stage.by_weight(BECAME_OF_IT)
    matter = stage.reference.matters.get(case.matter_id)
    is_asked_for = matter is not None and matter.needs_after_photo
    photos = await stage.evidence(call.viewer, EvidenceKind.AFTER) if is_asked_for or stage.chance(0.05) else {}
    disposition = stage.disposition(case, outcome)
    await handling.complete(stage.db, call, case.id, outcome=outcome, disposition=disposition, evidence=photos)
    return A.COMPLETE
