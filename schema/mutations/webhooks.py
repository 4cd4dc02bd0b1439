"""Registering, changing and ending webhooks, and sending again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import strawberry

from resolvers import webhooks
from resolvers.call import Call
from resolvers.once import Result
from resolvers.refusals import Refusal
from schema.context import Ask
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of
from schema.webhooks import Webhook, WebhookDelivery

WEBHOOK = ("该推送地址", "The webhook")
DELIVERY = ("该推送记录", "The delivery")
URL = "https, without user name and fragment; at most 500 characters. Its name must lead to public addresses only."


@strawberry.input(description="Register a webhook: messages begin with what happens next.")
class WebhookCreateInput(KeyedInput):
    service_provider: strawberry.ID = strawberry.field(description="Whose system it is.")
    url: str = strawberry.field(description=URL)


@strawberry.input(description="Change a webhook.")
class WebhookChangeInput(KeyedInput):
    webhook: strawberry.ID = strawberry.field(description="The webhook.")
    url: str | None = strawberry.field(default=None, description=f"Left out: as it was. Else {URL}")
    is_active: bool | None = strawberry.field(
        default=None, description="False: messages wait; true: they are sent. Left out: as it was."
    )


@strawberry.input(description="Give a webhook a new secret; for 24 h messages are signed with both.")
class WebhookRotateSecretInput(KeyedInput):
    webhook: strawberry.ID = strawberry.field(description="The webhook.")


@strawberry.input(description="End a webhook; what waits is dropped.")
class WebhookEndInput(KeyedInput):
    webhook: strawberry.ID = strawberry.field(description="The webhook.")


@strawberry.input(description="Send a message again, under the same delivery id.")
class WebhookRedeliverInput(KeyedInput):
    delivery: strawberry.ID = strawberry.field(description="`WebhookDelivery.id`; one that waits is left alone.")


@strawberry.type(description="Answer about a webhook.")
class WebhookPayload:
    webhook: Webhook | None = strawberry.field(description="The webhook as it is now; null when refused.")
    secret: str | None = strawberry.field(
        description="What its messages are signed with, when it is new or rotated; null otherwise. Keep it."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type(description="Answer about a message.")
class WebhookDeliveryPayload:
    delivery: WebhookDelivery | None = strawberry.field(description="The message as it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def _act(
    info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]], *, tells: bool = False
) -> WebhookPayload:
    context = info.context
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return WebhookPayload(webhook=None, secret=None, user_errors=[error_of(refusal, info)])
    row = await webhooks.kept(context.db, context.viewer, result.object_id or 0)
    secret = None if row is None or not tells else context.webhook_secret(row.id, row.secret_version)
    return WebhookPayload(webhook=None if row is None else Webhook(row=row), secret=secret, user_errors=[])


def _hook(id_: str, info: Ask) -> int:
    return key_of(id_, "Webhook", "webhook", WEBHOOK, info)


@strawberry.type
class WebhookMutation:
    @strawberry.mutation(description="登记推送地址: be told of one's orders; answers the secret.")
    async def webhook_create(self, info: Ask, input: WebhookCreateInput) -> WebhookPayload:
        async def run(call: Call) -> Result:
            provider = key_of(input.service_provider, "ServiceProvider", "serviceProvider", payloads.PROVIDER, info)
            local = info.context.webhooks_local
            return await webhooks.create(info.context.db, call, provider, input.url, is_local=local)

        return await _act(info, input, run, tells=True)

    @strawberry.mutation(description="变更推送地址: another address, or a pause.")
    async def webhook_change(self, info: Ask, input: WebhookChangeInput) -> WebhookPayload:
        async def run(call: Call) -> Result:
            return await webhooks.change(
                info.context.db,
                call,
                _hook(input.webhook, info),
                url=input.url,
                is_active=input.is_active,
                is_local=info.context.webhooks_local,
            )

        return await _act(info, input, run)

    @strawberry.mutation(description="更换推送密钥: a new secret; the old one counts for 24 h more.")
    async def webhook_rotate_secret(self, info: Ask, input: WebhookRotateSecretInput) -> WebhookPayload:
        async def run(call: Call) -> Result:
            return await webhooks.rotate(info.context.db, call, _hook(input.webhook, info))

        return await _act(info, input, run, tells=True)

    @strawberry.mutation(description="停用推送地址: nothing more is sent there.")
    async def webhook_end(self, info: Ask, input: WebhookEndInput) -> WebhookPayload:
        async def run(call: Call) -> Result:
            return await webhooks.end(info.context.db, call, _hook(input.webhook, info))

        return await _act(info, input, run)

    @strawberry.mutation(description="重新推送: send a message again, also a dead one.")
    async def webhook_redeliver(self, info: Ask, input: WebhookRedeliverInput) -> WebhookDeliveryPayload:
        context = info.context
        try:
            delivery = key_of(input.delivery, "WebhookDelivery", "delivery", DELIVERY, info)
            result = await webhooks.redeliver(context.db, call_of(info, input), delivery)
        except Refusal as refusal:
            return WebhookDeliveryPayload(delivery=None, user_errors=[error_of(refusal, info)])
        row = await webhooks.delivery_of(context.db, context.viewer, result.object_id or 0)
        return WebhookDeliveryPayload(delivery=None if row is None else WebhookDelivery(row=row), user_errors=[])
