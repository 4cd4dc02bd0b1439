"""How answers travel, as nouns."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db import cases
from db.cases import CaseRow
from db.vocabulary import Channel, Role
from db.vocabulary.deliveries import DeliveryState
from resolvers.rules import access, channels
from schema.context import Ask
from schema.ids import global_id
from schema.scalars import PageCursor
from schema.shown import Shown, hides_words, is_in_view, own

if TYPE_CHECKING:
    from schema.cases import Case
    from schema.connection import PageInfo


@strawberry.type(description="送达: one attempt to bring one response to who handed the case in, on one channel.")
class Delivery(Shown):
    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque id, for deliveryReceipt.")
    def id(self) -> strawberry.ID:
        return global_id("Delivery", self.row.id)

    attempt: int = own("1, 2, ... of its response.")
    channel: Channel = own("How it travels.")
    state: DeliveryState = own("Where it stands.")
    created_at: datetime = own("When it set out.")
    sent_at: datetime | None = own("When the carrying system took it; null before, and where people carry it.")
    settled_at: datetime | None = own("When its outcome was reported or it was given up; null before.")
    due_at: datetime | None = own("When SYSTEM goes on to the next channel; null where people carry it, and after.")
    reporter_role: Role | None = own("Role of who reported its outcome; SYSTEM for a time-out.")

    @strawberry.field(
        description="Who was reached, or what was tried; null for who does not work on the case and on events."
    )
    async def note(self, info: Ask) -> str | None:
        case = await info.context.loaders.case.load(self.row.case_id)
        if case is None or hides_words(info, case):
            return None
        hides = access.hides_notes(info.context.viewer.scope, cases.columns_of(case))
        return None if hides else self.row.note

    @strawberry.field(description="The words on their way; null on events and where nothing personal is shown.")
    async def text(self, info: Ask) -> str | None:
        case = await info.context.loaders.case.load(self.row.case_id)
        if case is None or hides_words(info, case):
            return None
        responses = await info.context.loaders.responses.load(self.row.case_id)
        return next((str(one.text) for one in responses if one.id == self.row.response_id), None)

    @strawberry.field(description="The case; null when it is out of scope.")
    async def case(self, info: Ask) -> Annotated[Case, strawberry.lazy("schema.cases")] | None:
        from schema.cases import Case  # noqa: PLC0415  # a case shows its deliveries

        row = await info.context.loaders.case.load(self.row.case_id)
        return None if row is None else Case(row=row)


@strawberry.type(description="A delivery in a list.")
class DeliveryEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Delivery = strawberry.field(description="The delivery.")


@strawberry.type(description="A page of deliveries.")
class DeliveryConnection:
    edges: list[DeliveryEdge] = strawberry.field(description="This page, the longest waiting first.")
    page_info: Annotated[PageInfo, strawberry.lazy("schema.connection")] = strawberry.field(
        description="Where the page begins and ends."
    )
    count: strawberry.Private[Any] = None

    @strawberry.field(description="Exact number of deliveries that match.")
    async def total_count(self) -> int:
        return int(await self.count())


@strawberry.type
class DeliveredCase:
    """What a case shows of how its answers travel."""

    row: strawberry.Private[CaseRow]

    @strawberry.field(description="Channel on which its answers set out.")
    def channel(self) -> Channel:
        return self.row.channel or channels.CHANNEL_OF_SOURCE[self.row.source]

    @strawberry.field(description="How many responses are on their way without an outcome.")
    def open_deliveries(self) -> int:
        return self.row.open_deliveries or 0

    @strawberry.field(
        description="Since when it is handled, or ended, without disposition or delivered response; null when it "
        "lacks neither."
    )
    def unanswered_since(self) -> datetime | None:
        return self.row.unanswered_since  # type: ignore[no-any-return]

    @strawberry.field(
        description="Every attempt to bring its responses to who handed it in, oldest first; empty for followers. "
        "Unpaged, a few for each response."
    )
    async def deliveries(self, info: Ask) -> list[Delivery]:
        only_follows = access.only_follows(info.context.viewer.scope, cases.columns_of(self.row))
        if only_follows or not await is_in_view(info, self.row):
            return []
        return [Delivery(row=row) for row in await info.context.loaders.deliveries.load(self.row.id)]
