"""The department says whom to ask for at the place of a work order."""

from __future__ import annotations

import strawberry

from resolvers import order_contacts
from resolvers.order_contacts import SiteContact
from schema.context import Ask
from schema.mutations.payloads import WorkOrderActionInput, WorkOrderPayload, act_on_order


@strawberry.input(description="现场联系人: whom to ask for at the place; never the person who handed the case in.")
class SiteContactInput:
    who: str = strawberry.field(
        description="Name or post, such as the property office; at most 80 characters, not the submitter's name."
    )
    phone: str = strawberry.field(
        description="Telephone, at most 20 characters. The submitter's own is refused, and so are those of who "
        "the case was handed in for and of cases merged into it."
    )
    note: str | None = strawberry.field(
        default=None, description="When to call and how to get in; at most 200 characters, long numbers are masked."
    )


@strawberry.input(description="Say whom to ask for at the place.")
class WorkOrderSetContactInput(WorkOrderActionInput, SiteContactInput): ...


@strawberry.input(description="Take the contact at the place back.")
class WorkOrderClearContactInput(WorkOrderActionInput): ...


def contact_in(input: SiteContactInput | None) -> SiteContact | None:
    return None if input is None else SiteContact(input.who, input.phone, input.note)


@strawberry.type
class OrderContactMutation:
    @strawberry.mutation(
        description="告知现场联系人: whom the provider asks for at the place; in place of what was said before."
    )
    async def work_order_set_contact(self, info: Ask, input: WorkOrderSetContactInput) -> WorkOrderPayload:
        given = SiteContact(input.who, input.phone, input.note)
        return await act_on_order(
            info, input, lambda call, order: order_contacts.set_contact(info.context.db, call, order, given)
        )

    @strawberry.mutation(description="撤回现场联系人: nobody at the place is named any longer.")
    async def work_order_clear_contact(self, info: Ask, input: WorkOrderClearContactInput) -> WorkOrderPayload:
        return await act_on_order(
            info, input, lambda call, order: order_contacts.clear_contact(info.context.db, call, order)
        )
