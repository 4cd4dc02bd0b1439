"""What a stream delivers: one flat shape on every transport."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db.cases import row_from_snapshot
from db.vocabulary import CaseAction, CaseEventKind
from resolvers.following import Delivery
from resolvers.following import Page as FollowedPage
from schema.cases import Case
from schema.ids import global_id
from schema.scalars import EventCursor


@strawberry.type
class Delivered:
    """What every event tells, whatever it is about; no type of the contract by itself."""

    delivery: strawberry.Private[Delivery]

    @strawberry.field(description="Resume after this.")
    def cursor(self) -> EventCursor:
        return EventCursor(self.delivery.cursor)

    @strawberry.field(description="Journal number, for people to compare.")
    def seq(self) -> str:
        return str(self.delivery.seq)

    @strawberry.field(description="When it happened, by the server's clock.")
    def at(self) -> datetime:
        return self.delivery.at


@strawberry.type(
    description="One thing a subscriber is told. The case's own columns are as of the event; linked objects, clocks "
    "and availableActions are as of delivery. Holds no personal data."
)
class CaseEvent(Delivered):
    @strawberry.field(description="What to do with it.")
    def kind(self) -> CaseEventKind:
        return self.delivery.kind

    @strawberry.field(description="The case it concerns; null on HEARTBEAT and RESYNC_REQUIRED.")
    def case_id(self) -> strawberry.ID | None:
        event = self.delivery.event
        return None if event is None else global_id("Case", event.subject_id)

    @strawberry.field(description="The case's version by this event; null on HEARTBEAT and RESYNC_REQUIRED.")
    def version(self) -> int | None:
        event = self.delivery.event
        return None if event is None else event.version

    @strawberry.field(description="The case after the event; null on LEFT_VIEW, HEARTBEAT and RESYNC_REQUIRED.")
    def case(self) -> Case | None:
        event = self.delivery.event
        if event is None or self.delivery.kind is CaseEventKind.LEFT_VIEW:
            return None
        return Case(row=row_from_snapshot(event.snapshot))

    @strawberry.field(description="What was done; null where `case` is.")
    def action(self) -> CaseAction | None:
        event = self.delivery.event
        if event is None or self.delivery.kind is CaseEventKind.LEFT_VIEW:
            return None
        return event.action if isinstance(event.action, CaseAction) else None


@strawberry.type(description="Events for clients that can hold neither a WebSocket nor an event stream.")
class CaseEventPage:
    events: list[CaseEvent] = strawberry.field(description="In journal order, oldest first.")
    cursor: EventCursor = strawberry.field(description="Ask again after this, also when there were no events.")
    has_more: bool = strawberry.field(description="Whether to ask again at once.")


def event_page(page: FollowedPage) -> CaseEventPage:
    return CaseEventPage(
        events=[CaseEvent(delivery=one) for one in page.deliveries],
        cursor=EventCursor(page.cursor),
        has_more=page.has_more,
    )
