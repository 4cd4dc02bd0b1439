"""Receipts, and what gateways take."""

from __future__ import annotations

import strawberry

from db import cases, deliveries
from db.vocabulary import Channel
from db.vocabulary.deliveries import DeliveryReport
from resolvers import deliveries as delivering
from resolvers.refusals import Refusal
from resolvers.rules import access
from schema.cases import Case
from schema.context import Ask
from schema.deliveries import Delivery
from schema.ids import global_id
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, case_now, error_of, key_of

DELIVERY = ("该送达记录", "The delivery")


@strawberry.input(description="What became of a delivery.")
class DeliveryReceiptInput(KeyedInput):
    delivery_id: strawberry.ID = strawberry.field(description="The delivery.")
    outcome: DeliveryReport = strawberry.field(description="Whether it reached them.")
    note: str | None = strawberry.field(
        default=None,
        description="Who was reached, or (required for FAILED) what was tried; internal; at most 200 characters.",
    )
    external_ref: str | None = strawberry.field(
        default=None, description="Number in the carrying system; at most 80 characters."
    )


@strawberry.type(description="Answer of deliveryReceipt.")
class DeliveryReceiptPayload:
    delivery: Delivery | None = strawberry.field(description="The delivery as it is now; null when refused.")
    case: Case | None = strawberry.field(description="Its case as it is now; null when refused or out of scope.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="Take what is to be carried next.")
class DeliveriesTakeInput(KeyedInput):
    channel: Channel = strawberry.field(description="The channel this system carries.")
    first: int = strawberry.field(default=20, description="How many at most, 1 to 100.")


@strawberry.type(description="A message for a gateway. Personal.")
class OutgoingMessage:
    delivery_id: strawberry.ID = strawberry.field(description="For deliveryReceipt.")
    case_number: str = strawberry.field(description="Number to quote.")
    phone: str | None = strawberry.field(description="Where to, in full; the access is on record.")
    text: str = strawberry.field(description="The words, every long number masked.")


@strawberry.type(description="Answer of deliveriesTake.")
class DeliveriesTakePayload:
    messages: list[OutgoingMessage] = strawberry.field(description="Oldest first; empty when nothing waits.")
    user_errors: list[UserError] = strawberry.field(description="Empty when they were taken.")


@strawberry.type
class DeliveriesMutation:
    @strawberry.mutation(
        description="送达回执: who carried a response says whether it arrived. After a failure the next channel is "
        "tried; when none is left the response is provably undeliverable."
    )
    async def delivery_receipt(self, info: Ask, input: DeliveryReceiptInput) -> DeliveryReceiptPayload:
        context = info.context
        try:
            number = key_of(input.delivery_id, "Delivery", "deliveryId", DELIVERY, info)
            result = await delivering.report(
                context.db, payloads.call_of(info, input), number, input.outcome, input.note, input.external_ref
            )
        except Refusal as refusal:
            return DeliveryReceiptPayload(delivery=None, case=None, user_errors=[error_of(refusal, info)])
        case = await case_now(info, result.case_id)
        async with context.db.read() as session:
            row = await deliveries.by_id_without_scope(session, number)
        return DeliveryReceiptPayload(delivery=Delivery(row=row), case=case, user_errors=[])

    @strawberry.mutation(
        description="A gateway takes the messages it is to send. They are SENT then; without a receipt in time "
        "the next channel is tried. The same key gives the same messages again."
    )
    async def deliveries_take(self, info: Ask, input: DeliveriesTakeInput) -> DeliveriesTakePayload:
        try:
            call = payloads.call_of(info, input)
            _, rows = await delivering.take(info.context.db, call, input.channel, input.first)
        except Refusal as refusal:
            return DeliveriesTakePayload(messages=[], user_errors=[error_of(refusal, info)])
        messages = [
            OutgoingMessage(
                delivery_id=global_id("Delivery", row.delivery_id),
                case_number=cases.number_of(row),
                phone=row.submitter_phone,
                text=access.masked_words(row.text),
            )
            for row in rows
        ]
        return DeliveriesTakePayload(messages=messages, user_errors=[])
