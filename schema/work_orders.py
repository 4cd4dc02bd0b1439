"""Work orders as their service provider follows them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import strawberry

from db import journal, work_orders
from db.cases import CaseFilter
from db.vocabulary import OPEN_WORK_ORDER_STATES, CaseAction, CaseEventKind, SubjectKind, WorkOrderState
from db.vocabulary.integration import WorkOrderEventKind
from resolvers.following import Follower, View
from resolvers.following import Page as FollowedPage
from resolvers.refusals import Code, Refusal
from schema import connection, filters
from schema.cases import WorkOrder
from schema.connection import PageInfo
from schema.context import Ask, Context
from schema.events import Delivered
from schema.ids import global_id
from schema.scalars import EventCursor, PageCursor

KINDS = {
    CaseEventKind.SUBMITTED: WorkOrderEventKind.OFFERED,
    CaseEventKind.CHANGED: WorkOrderEventKind.CHANGED,
    CaseEventKind.LEFT_VIEW: WorkOrderEventKind.LEFT_VIEW,
    CaseEventKind.HEARTBEAT: WorkOrderEventKind.HEARTBEAT,
    CaseEventKind.RESYNC_REQUIRED: WorkOrderEventKind.RESYNC_REQUIRED,
}

InStates = Annotated[list[WorkOrderState] | None, strawberry.argument(description="Only in one of these states.")]
OnlyOpen = Annotated[bool, strawberry.argument(description="Whether ended orders are left out.")]
AfterEvent = Annotated[EventCursor, strawberry.argument(description="Position to go on from.")]
ResumeAfter = Annotated[
    EventCursor | None,
    strawberry.argument(description="Resume after this; without it the stream starts now, with a HEARTBEAT."),
]


@strawberry.type(description="A work order in a list.")
class WorkOrderEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: WorkOrder = strawberry.field(description="The work order.")


@strawberry.type(description="A page of the work orders of the viewer's own service provider.")
class WorkOrderConnection:
    edges: list[WorkOrderEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    cursor: EventCursor = strawberry.field(description="Follow `workOrderEvents` after this.")


@strawberry.type(
    description="One thing a service provider is told of its orders. The order's states and times are as of the "
    "event; words and linked objects are as of delivery. Nothing of the submitter's person."
)
class WorkOrderEvent(Delivered):
    @strawberry.field(description="What to do with it.")
    def kind(self) -> WorkOrderEventKind:
        return KINDS[self.delivery.kind]

    @strawberry.field(description="The order it concerns; null on HEARTBEAT and RESYNC_REQUIRED.")
    def work_order_id(self) -> strawberry.ID | None:
        event = self.delivery.event
        return None if event is None else global_id("WorkOrder", event.subject_id)

    @strawberry.field(description="The case of the order; null where `workOrderId` is.")
    def case_id(self) -> strawberry.ID | None:
        event = self.delivery.event
        return None if event is None else global_id("Case", event.snapshot["case_id"])

    @strawberry.field(description="The order's version by this event, from 1 on; null where `workOrderId` is.")
    def version(self) -> int | None:
        event = self.delivery.event
        return None if event is None else event.version

    @strawberry.field(description="What was done, by whichever side; null where `workOrderId` is.")
    def action(self) -> CaseAction | None:
        event = self.delivery.event
        return event.action if event is not None and isinstance(event.action, CaseAction) else None

    @strawberry.field(description="The order; null on LEFT_VIEW and the two control kinds.")
    async def work_order(self, info: Ask) -> WorkOrder | None:
        event = self.delivery.event
        if event is None or self.delivery.kind is CaseEventKind.LEFT_VIEW:
            return None
        now: Any = await info.context.loaders.own_work_order.load(event.subject_id)
        return None if now is None else WorkOrder(row=work_orders.as_of(event.snapshot, now))


@strawberry.type(description="Events of orders for clients that can hold neither a WebSocket nor an event stream.")
class WorkOrderEventPage:
    events: list[WorkOrderEvent] = strawberry.field(description="In journal order, oldest first.")
    cursor: EventCursor = strawberry.field(description="Ask again after this, also when there were no events.")
    has_more: bool = strawberry.field(description="Whether to ask again at once.")


def _page(page: FollowedPage) -> WorkOrderEventPage:
    return WorkOrderEventPage(
        events=[WorkOrderEvent(delivery=one) for one in page.deliveries],
        cursor=EventCursor(page.cursor),
        has_more=page.has_more,
    )


def _follower(context: Context) -> Follower:
    """Refuses FORBIDDEN for who works for no service provider: they follow cases."""
    viewer = context.viewer
    if not work_orders.providers_of(viewer.scope):
        raise Refusal(Code.FORBIDDEN, action="跟踪任务单", action_name="WORK_ORDER_EVENTS")
    view = View(viewer.scope, CaseFilter(), SubjectKind.WORK_ORDER)
    return Follower(context.db, context.feed, view, context.clock, viewer.standing)


def _wanted(states: list[WorkOrderState] | None, *, only_open: bool) -> frozenset[WorkOrderState] | None:
    """None: whatever the state."""
    named = None if states is None else frozenset(states)
    if not only_open:
        return named
    return OPEN_WORK_ORDER_STATES if named is None else named & OPEN_WORK_ORDER_STATES


@strawberry.type
class WorkOrderQuery:
    @strawberry.field(description="Orders of the viewer's own service provider, newest first.")
    async def work_orders(
        self,
        info: Ask,
        only_open: OnlyOpen = False,
        states: InStates = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> WorkOrderConnection:
        size = connection.page_size(first)
        before_id = connection.id_after(after, "order")
        context = info.context
        scope = context.viewer.scope
        async with context.db.snapshot() as session:
            seq = (await journal.position(session)).seq
            rows = await work_orders.page(
                session,
                scope.realm,
                work_orders.providers_of(scope),
                only_open=_wanted(states, only_open=only_open),
                first=size + 1,
                before_id=before_id,
            )
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("order", row.id) for row in page.rows]
        edges = [WorkOrderEdge(cursor=c, node=WorkOrder(row=row)) for c, row in zip(cursors, page.rows, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return WorkOrderConnection(
            edges=edges, page_info=page_info, cursor=EventCursor(filters.event_cursor_at(info, seq))
        )

    @strawberry.field(description="The entries of the stream `workOrderEvents` after a cursor, by polling.")
    async def work_order_events(self, info: Ask, after: AfterEvent, first: filters.First = 20) -> WorkOrderEventPage:
        size = connection.page_size(first)
        return _page(await _follower(info.context).page(after, size))


@strawberry.type
class WorkOrderSubscription:
    @strawberry.subscription(
        description="What happens to the orders of the viewer's own service provider, in journal order, each once. "
        "A HEARTBEAT at least every 15 s carries the position. Ends only after RESYNC_REQUIRED."
    )
    async def work_order_events(self, info: Ask, after: ResumeAfter = None) -> AsyncIterator[WorkOrderEvent]:
        context = info.context
        async for delivery in context.follow(_follower(context), after):
            context.renew()
            yield WorkOrderEvent(delivery=delivery)
