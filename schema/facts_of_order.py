"""What a work order shows of how it was bought, who comes, what is said about it, and its clocks."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db.vocabulary import EvidenceKind, Role
from db.vocabulary.outsourcing import OrderRequestKind
from resolvers.rules import access, clocks
from resolvers.rules.clocks import OF_ORDERS
from schema.case_clocks import CaseClock
from schema.context import Ask
from schema.facts_of_provider import Crew, Technician
from schema.order_contacts import SEEN_BY, SiteContact, contact_of
from schema.shown import Shown, is_below_event, own

if TYPE_CHECKING:
    from schema.purchasing import CatalogueItem


@strawberry.type(description="进展: a note of progress by the service provider.")
class OrderNote(Shown):
    row: strawberry.Private[Any]

    round: int = own("In which round it was written.")
    text: str = own("What it says.")
    actor_role: Role = own("Who wrote it, by role.")
    at: datetime = own("When.")


@strawberry.type(description="服务商请求: what the service provider asked, and what the department answered.")
class OrderRequest(Shown):
    row: strawberry.Private[Any]

    kind: OrderRequestKind = own("What it asks for.")
    text: str = own("In the service provider's words.")
    wanted_due_at: datetime | None = own("Due time asked for; null where it asks for something else.")
    wanted_unit_price_cents: int | None = own("Price of one unit asked for, in cents (分); null likewise.")
    asked_at: datetime = own("When it was asked.")
    answer: str | None = own("The department's words, without persons' names and long numbers; null before.")
    is_granted: bool | None = own("Whether it was granted; null before, and for questions.")
    answered_at: datetime | None = own("When it was answered; null before.")


@strawberry.type(description="成果照片: a photo of a work order's result.")
class OrderPhoto(Shown):
    row: strawberry.Private[Any]

    kind: EvidenceKind = own("Before or after handling.")
    created_at: datetime = own("When it was uploaded.")
    taken_at: datetime | None = own("When it was taken, by the camera; null where not said.")
    distance_metres: int | None = own("How far from the place of the case it was taken; null where one is not known.")

    @strawberry.field(description="The photo's id, as POST /files gave it.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.row.id)

    @strawberry.field(description="Path to fetch it from, with the same bearer token.")
    def url(self) -> str:
        return f"/files/{self.row.id}"


@strawberry.type
class FactsOfOrder:
    unit_price_cents: int | None = own(
        "Price of one unit in cents of a yuan (分); null for orders from before there was a catalogue."
    )
    settled_cents: int | None = own("What was settled for it in all, in cents (分); null before.")
    settled_at: datetime | None = own("When it was settled; null before.")
    offer_until: datetime | None = own("Until when the offer waits for an answer; then it lapses.")
    appointment_at: datetime | None = own("When the crew comes; null before it is scheduled.")
    appointment_until: datetime | None = own("Until when it may come; null where not said.")
    started_at: datetime | None = own("When the work began; null where nobody said so.")
    rejected_at: datetime | None = own("When a result was last rejected; null where none was.")
    contact_given_at: datetime | None = own("When `contact` was last given; null where there is none, or no longer.")

    @strawberry.field(description="How many of the catalogue item's unit.")
    def quantity(self) -> int:
        return _row(self).quantity or 1  # events from before there was a catalogue do not say

    @strawberry.field(description="Whether nobody answered the offer in time.")
    def is_lapsed(self) -> bool:
        return bool(_row(self).is_lapsed)

    @strawberry.field(
        description="Where, in the department's words; null on events, on walls, for analysts, and where not said. "
        "Whom to meet there stands in `contact`: ask for one with `workOrderAsk`, kind ACCESS."
    )
    def place(self, info: Ask) -> str | None:
        return None if _hides(info) else _row(self).place

    @strawberry.field(description=f"Whom to ask for at the place: {SEEN_BY}")
    async def contact(self, info: Ask) -> SiteContact | None:
        order: Any = self
        if order.row.contact_given_at is None:
            return None
        case = order.case_row or await info.context.loaders.case.load(order.row.case_id)
        return await contact_of(info, order.row, case)

    @strawberry.field(description="What of the service provider waits for the department's answer.")
    def open_requests(self) -> list[OrderRequestKind]:
        return [OrderRequestKind[name] for name in _row(self).open_requests or ()]

    @strawberry.field(description="By which item it was bought; null for orders from before there was a catalogue.")
    async def catalogue_item(
        self, info: Ask
    ) -> Annotated[CatalogueItem, strawberry.lazy("schema.purchasing")] | None:
        from schema.purchasing import CatalogueItem as Item  # noqa: PLC0415  # an item has a matter, a noun

        row = await info.context.loaders.catalogue_item.load(_row(self).catalogue_item_id or 0)
        return None if row is None else Item(row=row)

    @strawberry.field(description="The crew that comes; null before it is scheduled, and for who may not see crews.")
    async def crew(self, info: Ask) -> Crew | None:
        row = await info.context.loaders.crew.load(_row(self).crew_id or 0)
        return None if row is None or not _sees_staff(info, self) else Crew(row=row)

    @strawberry.field(description="Who of the crew comes; null likewise.")
    async def technician(self, info: Ask) -> Technician | None:
        row = await info.context.loaders.technician.load(_row(self).technician_id or 0)
        return None if row is None or not _sees_staff(info, self) else Technician(row=row)

    @strawberry.field(description="Notes of progress, oldest first; empty on events, on walls and for analysts.")
    async def notes(self, info: Ask) -> list[OrderNote]:
        if _hides(info):
            return []
        return [OrderNote(row=row) for row in await info.context.loaders.order_notes.load(_row(self).id)]

    @strawberry.field(description="What was asked and answered, oldest first; empty like `notes`.")
    async def requests(self, info: Ask) -> list[OrderRequest]:
        if _hides(info):
            return []
        return [OrderRequest(row=row) for row in await info.context.loaders.order_requests.load(_row(self).id)]

    @strawberry.field(description="Photos of its results, oldest first; empty like `notes`.")
    async def evidence(self, info: Ask) -> list[OrderPhoto]:
        if _hides(info):
            return []
        return [OrderPhoto(row=row) for row in await info.context.loaders.order_evidence.load(_row(self).id)]

    @strawberry.field(description="Its own clocks, oldest first: to accept, to work, to judge, to answer.")
    async def clocks(self, info: Ask) -> list[CaseClock]:
        order = _row(self)
        case = await info.context.loaders.case.load(order.case_id)
        if case is None:
            return []
        stopped = [
            CaseClock.of_stopped(one, is_exempt=False)
            for one in await info.context.loaders.stopped_clocks.load(order.case_id)
            if one.kind in OF_ORDERS and one.subject == str(order.id)
        ]
        now = info.context.clock()
        running = [
            CaseClock.of_running(one, now)
            for one in clocks.running_clocks(case)
            if one.kind in OF_ORDERS and one.subject == str(order.id)
        ]
        return stopped + running


def _row(order: Any) -> Any:
    return order.row


def _hides(info: Ask) -> bool:
    return is_below_event(info) or access.is_onlooker(info.context.viewer.scope)


def _sees_staff(info: Ask, order: Any) -> bool:
    scope = info.context.viewer.scope
    return not is_below_event(info) and access.may_see_staff(scope, order.row.service_provider_id)
