"""What a service provider asks of the department about an order, and what it is answered."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime

import strawberry

from db.vocabulary.outsourcing import OrderRequestKind
from resolvers import order_requests
from resolvers.call import Call
from resolvers.once import Result
from schema.context import Ask
from schema.filters import aware
from schema.mutations.order_contacts import SiteContactInput, contact_in
from schema.mutations.payloads import WorkOrderActionInput, WorkOrderPayload, act_on_order


@strawberry.input(description="Ask the department.")
class WorkOrderAskInput(WorkOrderActionInput):
    text: str = strawberry.field(description="At most 4,000 characters.")
    kind: OrderRequestKind = strawberry.field(
        default=OrderRequestKind.QUESTION, description="QUESTION, or ACCESS: arrange with the place."
    )


@strawberry.input(description="Answer what a service provider asked.")
class WorkOrderAnswerInput(WorkOrderActionInput):
    text: str = strawberry.field(
        description="At most 1,000 characters. The submitter's name and long numbers are masked."
    )
    kind: OrderRequestKind = strawberry.field(
        default=OrderRequestKind.QUESTION, description="Which one is answered: QUESTION or ACCESS."
    )
    contact: SiteContactInput | None = strawberry.field(
        default=None, description="Whom to ask for at the place; with ACCESS only."
    )


@strawberry.input(description="Ask for a later due time.")
class WorkOrderRequestExtensionInput(WorkOrderActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")
    wanted_due_at: datetime = strawberry.field(description="Later than the present one.")


@strawberry.input(description="Ask for another price of one unit.")
class WorkOrderRequestPriceInput(WorkOrderActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")
    wanted_unit_price_cents: int = strawberry.field(description="In cents (分); at most the item's ceiling.")


@strawberry.input(description="Grant or refuse what a service provider asked for.")
class WorkOrderDecideInput(WorkOrderActionInput):
    kind: OrderRequestKind = strawberry.field(description="Which request: EXTENSION or PRICE_CHANGE.")
    approved: bool = strawberry.field(description="Whether it is granted.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.type
class OrderRequestMutation:
    @strawberry.mutation(description="服务商提问: ask the department, or ask it to arrange with the place.")
    async def work_order_ask(self, info: Ask, input: WorkOrderAskInput) -> WorkOrderPayload:
        db = info.context.db
        return await act_on_order(
            info, input, lambda call, order: order_requests.ask(db, call, order, input.kind, input.text)
        )

    @strawberry.mutation(description="答复服务商: answer a question or a wish to reach the place.")
    async def work_order_answer(self, info: Ask, input: WorkOrderAnswerInput) -> WorkOrderPayload:
        db = info.context.db
        return await act_on_order(
            info,
            input,
            lambda call, order: order_requests.answer(
                db, call, order, input.kind, input.text, contact_in(input.contact)
            ),
        )

    @strawberry.mutation(description="服务商申请延期: ask for a later due time.")
    async def work_order_request_extension(
        self, info: Ask, input: WorkOrderRequestExtensionInput
    ) -> WorkOrderPayload:
        def run(call: Call, order: int) -> Awaitable[Result]:
            wanted = aware(input.wanted_due_at, "wantedDueAt")
            assert wanted is not None, "the input requires it"
            return order_requests.request_extension(info.context.db, call, order, input.reason, wanted)

        return await act_on_order(info, input, run)

    @strawberry.mutation(description="服务商申请调价: ask for another price.")
    async def work_order_request_price(self, info: Ask, input: WorkOrderRequestPriceInput) -> WorkOrderPayload:
        db, wanted = info.context.db, input.wanted_unit_price_cents
        return await act_on_order(
            info, input, lambda call, order: order_requests.request_price(db, call, order, input.reason, wanted)
        )

    @strawberry.mutation(description="审批申请: grant or refuse a later due time or another price.")
    async def work_order_decide(self, info: Ask, input: WorkOrderDecideInput) -> WorkOrderPayload:
        return await act_on_order(
            info,
            input,
            lambda call, order: order_requests.decide(
                info.context.db, call, order, input.kind, is_granted=input.approved, reason=input.reason
            ),
        )
