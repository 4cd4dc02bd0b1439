"""Webhooks of a service provider, the log of what was sent, and what a message holds."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import webhooks as stored
from db.journal import Event
from db.vocabulary.integration import WebhookDeliveryState, WebhookMessage
from db.work_orders import as_of
from resolvers import webhooks
from resolvers.rules import access
from schema import connection, filters, ids
from schema.catalogue import ServiceProvider
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.scalars import PageCursor
from schema.shown import Shown, own

OfProvider = Annotated[strawberry.ID, strawberry.argument(description="The service provider.")]
OfWebhook = Annotated[strawberry.ID, strawberry.argument(description="The webhook.")]
InState = Annotated[WebhookDeliveryState | None, strawberry.argument(description="Only those in this state.")]


def message(event: Event, order: Any) -> dict[str, Any]:
    """What a receiver is told of an event: the whole order as it was then, in the names of this API."""
    is_new, is_gone = event.before is None, not event.after.service_provider_ids
    kind = WebhookMessage.OFFERED if is_new else WebhookMessage.LEFT_VIEW if is_gone else WebhookMessage.CHANGED
    told: dict[str, Any] = {
        "kind": kind.value,
        "seq": str(event.seq),
        "at": event.at,
        "action": event.action.value,
        "workOrderId": global_id("WorkOrder", event.subject_id),
        "caseId": global_id("Case", event.snapshot["case_id"]),
        "version": event.version,
        "workOrder": None,
    }
    if is_gone or order is None:
        return told
    row = as_of(event.snapshot, order)
    own = {
        "id": told["workOrderId"],
        "version": row.version,
        "state": row.state.value,
        "round": row.round,
        "reason": row.reason.value,
        "dueAt": row.due_at,
        "offeredAt": row.offered_at,
        "acceptedAt": row.accepted_at,
        "submittedAt": row.submitted_at,
        "doneAt": row.done_at,
        "contactGivenAt": row.contact_given_at,
    }
    words = {name: getattr(row, name) for name in ("task", "note", "clause")}
    masked = {name: None if text is None else access.redacted(text) for name, text in words.items()}
    return told | {"workOrder": own | masked}


@strawberry.type(description="推送地址: where a provider's system is told of its orders.")
class Webhook(Shown):
    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque id.")
    def id(self) -> strawberry.ID:
        return global_id("Webhook", self.row.id)

    url: str = own("Where messages are sent.")
    is_active: bool = own("Whether messages are sent; while it is not, they wait.")
    created_at: datetime = own("When it was registered.")
    ended_at: datetime | None = own("When it ended; null while it has not.")
    old_secret_until: datetime | None = own("Until then messages are signed with the secret before, too.")

    @strawberry.field(description="Whose system it is.")
    async def service_provider(self, info: Ask) -> ServiceProvider:
        return ServiceProvider(row=await info.context.loaders.service_provider.load(self.row.service_provider_id))


@strawberry.type(description="One attempt to deliver a message.")
class WebhookAttempt(Shown):
    row: strawberry.Private[Any]

    at: datetime = own("When it began.")
    status: int | None = own("HTTP status of the answer; null where there was none.")
    error: str | None = own("What went wrong, in English; null where nothing did.")
    milliseconds: int = own("How long it took.")


@strawberry.type(description="One message to a webhook, and what became of it.")
class WebhookDelivery(Shown):
    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque id, for redelivery.")
    def id(self) -> strawberry.ID:
        return global_id("WebhookDelivery", self.row.id)

    @strawberry.field(description="Its id for the receiver, in `X-Gridcast-Delivery`: the same in every attempt.")
    def delivery_id(self) -> str:
        return str(self.row.key)

    message: WebhookMessage = own("What it says.")
    state: WebhookDeliveryState = own("Where it stands.")
    attempts: int = own("How often it was tried since it was written or last redelivered by hand.")
    created_at: datetime = own("When it was written.")
    delivered_at: datetime | None = own("When the receiver answered 2xx; null before.")
    last_status: int | None = own("HTTP status of the last answer; null where there was none.")
    last_error: str | None = own("What went wrong the last time, in English; null where nothing did.")
    body: str = own("Exactly what is sent.")

    @strawberry.field(description="When it is tried again; null unless it waits.")
    def next_at(self) -> datetime | None:
        return self.row.next_at if self.row.state is WebhookDeliveryState.WAITING else None

    @strawberry.field(description="The order it is about; null for RESYNC_REQUIRED.")
    def work_order_id(self) -> strawberry.ID | None:
        return global_id("WorkOrder", self.row.work_order_id) if self.row.work_order_id else None

    @strawberry.field(description="Every attempt, oldest first; at most a few dozen.")
    async def log(self, info: Ask) -> list[WebhookAttempt]:
        return [WebhookAttempt(row=row) for row in await info.context.loaders.webhook_attempts.load(self.row.id)]


@strawberry.type(description="A message in a list.")
class WebhookDeliveryEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: WebhookDelivery = strawberry.field(description="The message.")


@strawberry.type(description="A page of messages.")
class WebhookDeliveryConnection:
    edges: list[WebhookDeliveryEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type
class WebhookQuery:
    @strawberry.field(
        description="Webhooks of a provider, newest first, at most 100; for its administrator, its systems with the "
        "scope WEBHOOKS and SECURITY_ADMIN, empty for everybody else."
    )
    async def webhooks(self, info: Ask, service_provider: OfProvider) -> list[Webhook]:
        provider_id = ids.number(service_provider, "ServiceProvider")
        if provider_id is None:
            return []
        context = info.context
        return [Webhook(row=row) for row in await webhooks.of_provider(context.db, context.viewer, provider_id)]

    @strawberry.field(description="The delivery log of a webhook; empty for one that is not there or not yours.")
    async def webhook_deliveries(
        self,
        info: Ask,
        webhook: OfWebhook,
        state: InState = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> WebhookDeliveryConnection:
        size = connection.page_size(first)
        before_id = connection.id_after(after, "delivery")
        context = info.context
        hook = await webhooks.kept(context.db, context.viewer, ids.number(webhook, "Webhook") or 0)
        rows: list[Any] = []
        if hook is not None:
            async with context.db.read() as session:
                rows = await stored.page(session, hook.id, state, first=size + 1, before_id=before_id)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("delivery", row.id) for row in page.rows]
        nodes = [WebhookDelivery(row=row) for row in page.rows]
        edges = [WebhookDeliveryEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return WebhookDeliveryConnection(edges=edges, page_info=page_info)
