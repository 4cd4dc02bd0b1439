"""A work order as the holder of its link sees it: flat, so that nothing leads away from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import cases, tallies
from db.vocabulary import CaseAction, EvidenceKind, OutsourceReason, Role, WorkOrderState
from db.vocabulary.integration import WorkOrderUpdateKind
from resolvers import order_links
from resolvers.order_links import Opened
from resolvers.rules import access
from resolvers.rules.orders import available_for_order
from resolvers.rules.standing import Standing
from schema.context import Ask
from schema.order_contacts import SiteContact, contact_of_link
from schema.shown import Shown, own

SAYS = {
    WorkOrderUpdateKind.ACCEPT: CaseAction.WORK_ORDER_ACCEPT,
    WorkOrderUpdateKind.DECLINE: CaseAction.WORK_ORDER_DECLINE,
    WorkOrderUpdateKind.START: CaseAction.WORK_ORDER_START,
    WorkOrderUpdateKind.PROGRESS: CaseAction.WORK_ORDER_REPORT,
    WorkOrderUpdateKind.SUBMIT: CaseAction.WORK_ORDER_SUBMIT,
}
FIRM = Standing(frozenset({Role.PROVIDER_STAFF}), is_submitter=False)


@strawberry.type(description="单任务链接: the one order of a link, and where it is to be done. Nothing of a person.")
class LinkedOrder(Shown):
    row: strawberry.Private[Any]
    case_row: strawberry.Private[Any]

    version: int = own("Rises by one with every change of the order.")
    state: WorkOrderState = own("Where it stands.")
    round: int = own("Rises with each rejected result.")
    reason: OutsourceReason = own("Why it was outsourced.")
    due_at: datetime | None = own("When the result is wanted; null where none was set.")
    offered_at: datetime = own("When it was offered.")
    clause: str | None = own("Clause of the standard the last rejected result failed.")

    @strawberry.field(description="What is to be done; long numbers masked.")
    def task(self) -> str:
        return access.redacted(self.row.task)

    @strawberry.field(description="Reason of the last rejection; long numbers masked, null where there is none.")
    def note(self) -> str | None:
        return None if self.row.note is None else access.redacted(self.row.note)

    @strawberry.field(description="Number of the case that people quote.")
    def case_number(self) -> str:
        return cases.number_of(self.case_row)

    @strawberry.field(
        description="Division and grid where it is to be done, as people write an address; null where none is known."
    )
    async def place(self, info: Ask) -> str | None:
        if self.case_row.grid_id is None:
            return None
        grid = await info.context.loaders.grid.load(self.case_row.grid_id)
        if grid is None:
            return None
        above = await info.context.loaders.division.load_many(tallies.ancestors(grid.path))
        return f"{''.join(row.name for row in above[1:] if row is not None)} {grid.name}"

    @strawberry.field(
        description="Whom to ask for at the place, from ACCEPTED to SUBMITTED; that the link read it is put on "
        "record. Null before, afterwards, and where none was given."
    )
    async def contact(self, info: Ask) -> SiteContact | None:
        return await contact_of_link(info, self.row)

    @strawberry.field(description="What may be said now: which buttons to show.")
    def may_say(self) -> list[WorkOrderUpdateKind]:
        allowed = available_for_order(self.case_row, self.row, FIRM)
        return [kind for kind, action in SAYS.items() if action in allowed]

    @strawberry.field(description="Photos a result needs, with place and time: by the item it was bought by.")
    async def needs_photos(self, info: Ask) -> list[EvidenceKind]:
        item = await info.context.loaders.catalogue_item.load(self.row.catalogue_item_id or 0)
        if item is None:
            return []
        needs = {EvidenceKind.BEFORE: item.needs_before_photo, EvidenceKind.AFTER: item.needs_after_photo}
        return [kind for kind, is_needed in needs.items() if is_needed]

    @strawberry.field(description="When the link ends.")
    def link_expires_at(self, info: Ask) -> datetime | None:
        return info.context.viewer.expires_at


def shown(found: Opened | None) -> LinkedOrder | None:
    return None if found is None else LinkedOrder(row=found.order, case_row=found.case)


@strawberry.type
class OrderLinkQuery:
    @strawberry.field(description="The order of the link one came in by; null without one, and once it is over.")
    async def linked_order(self, info: Ask) -> LinkedOrder | None:
        return shown(await order_links.opened(info.context.db, info.context.viewer))
