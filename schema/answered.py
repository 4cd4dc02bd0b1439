"""What a case shows of being answered: promises, deliveries, followers, and the right to have it taken up again."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import cases
from db.cases import CaseRow
from db.vocabulary import CaseState
from resolvers.closing import ended_at
from resolvers.rules import access
from schema.commitments import PromisedCase
from schema.context import Ask
from schema.deliveries import DeliveredCase
from schema.followers import FollowedCase
from schema.plain import PlainStep, plain_steps
from schema.shown import hides_person, is_in_view

APPEALED = frozenset({CaseState.DECLINED, CaseState.VOIDED, CaseState.MERGED})


@strawberry.type(description="Somebody a case was handed in for. Names and numbers are masked.")
class ActedFor:
    name: str | None = strawberry.field(description="Masked name; in full to who handed it in.")
    phone: str | None = strawberry.field(description="Masked number; null where none was given.")


@strawberry.type
class AnsweredCase(FollowedCase, DeliveredCase, PromisedCase):
    row: strawberry.Private[CaseRow]

    @strawberry.field(
        description="Until when who handed it in may ask to have it taken up again; null while it is open, and when "
        "it was withdrawn."
    )
    async def reopen_until(self, info: Ask) -> datetime | None:
        row = self.row
        if row.state is not CaseState.CLOSED and row.state not in APPEALED:
            return None
        if not await is_in_view(info, row):
            return None
        steps = await info.context.loaders.steps.load(row.id)
        return ended_at(row, steps) + info.context.policy.reopen_window

    @strawberry.field(
        description="Whether the viewer may appeal now: they handed it in, and it was declined, declared void or "
        "merged. caseRequestReopen is the appeal."
    )
    async def may_appeal(self, info: Ask) -> bool:
        handed_in = info.context.viewer.scope.handed_in(cases.columns_of(self.row))
        until = await self.reopen_until(info) if handed_in and self.row.state in APPEALED else None
        return until is not None and until >= info.context.clock()

    @strawberry.field(
        description="The four plain stages in their order, for residents: 已收到, 办理中, 已答复, 已办结; empty on "
        "events of a case that has left the view."
    )
    async def plain_steps(self, info: Ask) -> list[PlainStep]:
        return await plain_steps(info, self.row) if await is_in_view(info, self.row) else []

    @strawberry.field(
        description="代办: for whom it was handed in; null where that is the submitter, for followers, on events and "
        "where nothing personal is shown."
    )
    def on_behalf_of(self, info: Ask) -> ActedFor | None:
        if hides_person(info, self.row) or self.row.beneficiary_name is None:
            return None
        name, phone = self.row.beneficiary_name, self.row.beneficiary_phone
        if not info.context.viewer.scope.handed_in(cases.columns_of(self.row)):
            name, phone = access.masked_name(name), access.masked_phone(phone)
        return ActedFor(name=name, phone=phone)
