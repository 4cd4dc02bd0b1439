"""How service providers of the demo city work: they accept or decline, submit, and are accepted or sent back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api.demo.sentences import ACCEPTANCES, CANCELLATIONS, PROVIDER_DECLINES, REJECTIONS, RESULTS, TASKS
from api.demo.stage import Stage
from db import cases, catalogue
from db import purchasing as purchasing_rows
from db.clock import local_day
from db.vocabulary import (
    OPEN_WORK_ORDER_STATES,
    CaseAction,
    EvidenceKind,
    MatterDomain,
    OutsourceReason,
    ServiceProviderKind,
    WorkOrderState,
)
from resolvers import order_acts, outsourcing, purchasing
from resolvers.order_acts import Appointment
from resolvers.order_moves import move
from resolvers.outsourcing import Offer
from resolvers.proofs import Proof
from resolvers.refusals import Refusal

A, W, K = CaseAction, WorkOrderState, ServiceProviderKind
FITTING_KINDS = {
    MatterDomain.MEDIATION: (K.SOCIAL_ORGANISATION, K.SOCIAL_SERVICE_AGENCY),
    MatterDomain.HAZARD: (K.PROFESSIONAL_FIRM, K.PROPERTY_COMPANY),
    MatterDomain.CITY_MANAGEMENT: (K.ENTERPRISE, K.PUBLIC_INSTITUTION, K.PROPERTY_COMPANY),
}
SOMEWHERE = (120.62, 31.31)  # where a case has no point of its own
PEOPLE_KINDS = (K.SOCIAL_SERVICE_AGENCY, K.SOCIAL_ORGANISATION)


async def offer(stage: Stage, case: Any) -> CaseAction | None:
    """A work order to an eligible provider of the place, where the catalogue lists the matter at all."""
    matter = stage.reference.matters.get(case.matter_id)
    if matter is None:
        return None
    call = await stage.of_unit(case)
    day = local_day(call.now)
    async with stage.db.read() as session:
        try:
            item = await purchasing.item_of(session, case, None, day)
        except Refusal:
            return None
        standings = await purchasing.eligible(session, call.policy, case, item, day)
    providers = [one.provider for one in standings if not one.obstacles]
    if not providers:
        return None
    kinds = FITTING_KINDS.get(matter.domain, PEOPLE_KINDS)
    provider = stage.one([one for one in providers if one.kind in kinds] or providers)
    is_dispute = matter.domain is MatterDomain.MEDIATION
    order = Offer(
        task=stage.one(TASKS).format(matter=matter.name),
        reason=OutsourceReason.CONTENTIOUS if is_dispute else stage.one(list(OutsourceReason)),
        due_at=call.now + timedelta(hours=stage.rng.randint(4, 96)),
    )
    await outsourcing.outsource(stage.db, call, case.id, provider.id, order)
    return A.OUTSOURCE


async def work_on_orders(stage: Stage, case: Any) -> CaseAction | None:
    """One action on an open order of the case; None when somebody ended it meanwhile."""
    async with stage.db.read() as session:
        orders = (await cases.work_orders_by_case(session, [case.id]))[case.id]
    order = next((one for one in orders if one.state in OPEN_WORK_ORDER_STATES), None)
    if order is None:
        return None
    if order.state is W.OFFERED:
        return await _answer(stage, case, order)
    if order.state is W.SUBMITTED:
        return await _judge(stage, case, order)
    if order.state in (W.ACCEPTED, W.REJECTED) and stage.chance(0.3):
        return await _begin(stage, case, order)
    return await _submit(stage, case, order)


async def _begin(stage: Stage, case: Any, order: Any) -> CaseAction:
    """A crew and a time where the firm has crews, or the work at once."""
    call = await stage.of_provider(order.service_provider_id, case)
    async with stage.db.read() as session:
        found = await purchasing_rows.crews_by_provider(session, [order.service_provider_id])
    crews = [one for one in found[order.service_provider_id] if one.is_active]
    if order.state is W.ACCEPTED and crews:
        starts = call.now + timedelta(hours=stage.rng.randint(1, 20))
        wanted = Appointment(stage.one(crews).id, starts, until=starts + timedelta(hours=2))
        await move(stage.db, call, order.id, order_acts.schedule(call, wanted))
        return A.WORK_ORDER_SCHEDULE
    await move(stage.db, call, order.id, order_acts.start(call))
    return A.WORK_ORDER_START


async def _submit(stage: Stage, case: Any, order: Any) -> CaseAction:
    """A result; with photos from the place where the catalogue item asks for them."""
    call = await stage.of_provider(order.service_provider_id, case)
    async with stage.db.read() as session:
        item = await catalogue.by_id(session, purchasing_rows.items, order.catalogue_item_id or 0)
    kinds = [] if item is None else [kind for kind, is_needed in _needs(item).items() if is_needed]
    if not kinds and stage.chance(0.3):
        kinds = [EvidenceKind.AFTER]
    photos = await stage.evidence(call.viewer, *kinds)
    longitude, latitude = case.longitude or SOMEWHERE[0], case.latitude or SOMEWHERE[1]
    proofs = {photo: Proof(call.now, longitude, latitude) for photo in photos}
    words = stage.one(RESULTS).format(n=stage.rng.randint(2, 6))
    await move(stage.db, call, order.id, order_acts.submit(call, words, photos, proofs))
    return A.WORK_ORDER_SUBMIT


def _needs(item: Any) -> dict[EvidenceKind, bool]:
    return {EvidenceKind.BEFORE: item.needs_before_photo, EvidenceKind.AFTER: item.needs_after_photo}


async def _answer(stage: Stage, case: Any, order: Any) -> CaseAction:
    if stage.chance(0.03):
        call = await stage.of_unit(case)
        await outsourcing.cancel(stage.db, call, order.id, stage.one(CANCELLATIONS))
        return A.WORK_ORDER_CANCEL
    call = await stage.of_provider(order.service_provider_id, case)
    if stage.chance(0.15):
        await move(stage.db, call, order.id, order_acts.decline(call, stage.one(PROVIDER_DECLINES)))
        return A.WORK_ORDER_DECLINE
    await move(stage.db, call, order.id, order_acts.accept(call))
    return A.WORK_ORDER_ACCEPT


async def _judge(stage: Stage, case: Any, order: Any) -> CaseAction:
    call = await stage.of_unit(case)
    if order.round < 3 and stage.chance(0.22):
        reason, clause = stage.one(REJECTIONS)
        await outsourcing.reject_result(stage.db, call, order.id, reason, clause)
        return A.WORK_ORDER_REJECT_RESULT
    await outsourcing.accept_result(stage.db, call, order.id, stage.one(ACCEPTANCES))
    return A.WORK_ORDER_ACCEPT_RESULT
