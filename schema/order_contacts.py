"""Whom to ask for at the place of a work order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db.cases import CaseRow
from resolvers import order_contacts
from resolvers.order_contacts import Look
from resolvers.rules import access
from resolvers.rules.orders import IN_HAND
from schema.context import Ask
from schema.shown import Shown, is_streamed, own

SEEN_BY = (
    "for the department that has the case, and for the order's own service provider from ACCEPTED to SUBMITTED, "
    "whose look is put on record. Null for everybody else, on events, where none was given, and once the order is "
    "over: then it is removed."
)


@strawberry.type(description="现场联系人: whom to ask for at the place; never the person who handed the case in.")
class SiteContact(Shown):
    row: strawberry.Private[Any]

    who: str = own("Name or post, such as the property office.")
    phone: str = own("Telephone, in full.")
    note: str | None = own("When to call and how to get in; long numbers masked, null where nothing was said.")
    given_at: datetime = own("When the department gave it.")


async def contact_of(info: Ask, order: Any, case: CaseRow | None) -> SiteContact | None:
    """As `SEEN_BY` says. A provider's look is on record before the answer is made."""
    viewer = info.context.viewer
    if order.contact_given_at is None or is_streamed(info) or not order_contacts.may_see(viewer, order, case):
        return None
    return await _read(info, order, is_on_record=access.looks_as_provider(viewer.scope, order))


async def contact_of_link(info: Ask, order: Any) -> SiteContact | None:
    """The same for who holds the link to an order."""
    if order.contact_given_at is None or is_streamed(info) or order.state not in IN_HAND:
        return None
    return await _read(info, order, is_on_record=True)


async def _read(info: Ask, order: Any, *, is_on_record: bool) -> SiteContact | None:
    loaders = info.context.loaders
    row = await loaders.order_contact.load(order.id)
    if row is None:  # the order has ended since
        return None
    if is_on_record:
        await loaders.contact_look.load(Look(order.case_id, order.id, row.given_at))
    return SiteContact(row=row)
