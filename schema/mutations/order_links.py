"""Giving a link to one work order away, and what its holder does."""

from __future__ import annotations

from datetime import datetime, timedelta

import strawberry

from db.vocabulary.integration import WorkOrderUpdateKind
from resolvers import order_links
from resolvers.order_acts import Said
from resolvers.refusals import Refusal
from schema.context import Ask
from schema.mutations.payloads import (
    ORDER,
    KeyedInput,
    PlacedEvidenceInput,
    UserError,
    call_of,
    error_of,
    evidence_of,
    key_of,
    proofs_of,
)
from schema.order_links import LinkedOrder, shown


@strawberry.input(description="Make a link to one order, for a firm without an account.")
class WorkOrderLinkCreateInput(KeyedInput):
    work_order_id: strawberry.ID = strawberry.field(description="An open order.")
    hours: int = strawberry.field(default=72, description="Until the link ends, 1 to 336.")


@strawberry.input(description="End every link of an order.")
class WorkOrderLinkRevokeInput(KeyedInput):
    work_order_id: strawberry.ID = strawberry.field(description="The order.")


@strawberry.input(description="Say something of the order of one's link.")
class LinkedOrderActInput(KeyedInput):
    kind: WorkOrderUpdateKind = strawberry.field(description="What is said.")
    text: str | None = strawberry.field(
        default=None, description="Reason of DECLINE (200 characters), words of PROGRESS, result of SUBMIT (4,000)."
    )
    evidence: list[PlacedEvidenceInput] | None = strawberry.field(
        default=None, description="Photos of SUBMIT that POST /files took with the same link, at most 9."
    )


@strawberry.type(description="Answer about a link.")
class WorkOrderLinkPayload:
    token: str | None = strawberry.field(
        description="What the link carries behind `#`, and what is sent as a bearer; null when refused or revoked."
    )
    expires_at: datetime | None = strawberry.field(description="When it ends; null where `token` is.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type(description="Answer to the holder of a link.")
class LinkedOrderPayload:
    order: LinkedOrder | None = strawberry.field(
        description="The order as it is now; null when refused, or when it is no longer the firm's."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type
class OrderLinkMutation:
    @strawberry.mutation(description="发出单任务链接: one order for somebody without an account; noted at the case.")
    async def work_order_link_create(self, info: Ask, input: WorkOrderLinkCreateInput) -> WorkOrderLinkPayload:
        context = info.context
        try:
            order_id = key_of(input.work_order_id, "WorkOrder", "workOrderId", ORDER, info)
            holder = await order_links.give(context.db, call_of(info, input), order_id, input.hours)
        except Refusal as refusal:
            return WorkOrderLinkPayload(token=None, expires_at=None, user_errors=[error_of(refusal, info)])
        lifetime = timedelta(hours=input.hours)
        token = context.order_link(holder, order_id, context.viewer.realm, lifetime)
        return WorkOrderLinkPayload(token=token, expires_at=context.clock() + lifetime, user_errors=[])

    @strawberry.mutation(description="收回单任务链接: end every link of an order that was made until now.")
    async def work_order_link_revoke(self, info: Ask, input: WorkOrderLinkRevokeInput) -> WorkOrderLinkPayload:
        try:
            order_id = key_of(input.work_order_id, "WorkOrder", "workOrderId", ORDER, info)
            await order_links.take_back(info.context.db, call_of(info, input), order_id)
        except Refusal as refusal:
            return WorkOrderLinkPayload(token=None, expires_at=None, user_errors=[error_of(refusal, info)])
        return WorkOrderLinkPayload(token=None, expires_at=None, user_errors=[])

    @strawberry.mutation(
        description="凭链接办理: accept, decline, begin, say how it goes, submit; the link names the order."
    )
    async def linked_order_act(self, info: Ask, input: LinkedOrderActInput) -> LinkedOrderPayload:
        context = info.context
        try:
            call = call_of(info, input)
            said = Said(input.kind, input.text, evidence_of(input.evidence), proofs_of(input.evidence))
            await order_links.act(context.db, call, said)
        except Refusal as refusal:
            return LinkedOrderPayload(order=None, user_errors=[error_of(refusal, info)])
        return LinkedOrderPayload(order=shown(await order_links.opened(context.db, context.viewer)), user_errors=[])
