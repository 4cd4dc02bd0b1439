"""Expedite orders: issuing them and replying."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db.vocabulary.expediting import ExpediteKind
from resolvers import expediting
from schema.context import Ask
from schema.filters import aware
from schema.mutations.payloads import CasePayload, CaseTouchInput, act_on_case, optional_key

EXPEDITE_ORDER = ("该督办单", "The expedite order")


@strawberry.input(description="Demand action on a case.")
class CaseExpediteInput(CaseTouchInput):
    kind: ExpediteKind = strawberry.field(
        description="TIMEOUT, LEADER (commanders only) or KEY; one of a kind at a time. The others SYSTEM issues."
    )
    reason: str = strawberry.field(description="At most 200 characters; no personal data.")
    reply_by: datetime | None = strawberry.field(
        default=None, description="Until when a reply is due; by the limit of the place where left out."
    )


@strawberry.input(description="Reply to an expedite order.")
class CaseReplyExpediteInput(CaseTouchInput):
    text: str = strawberry.field(description="What is done about it, at most 4,000 characters; no personal data.")
    order: strawberry.ID | None = strawberry.field(
        default=None, description="Which order; the oldest that waits where left out."
    )


@strawberry.type
class ExpeditingMutation:
    @strawberry.mutation(description="督办: demand action on a case; the order ends with a reply.")
    async def case_expedite(self, info: Ask, input: CaseExpediteInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: expediting.expedite(
                info.context.db, call, case, input.kind, input.reason, aware(input.reply_by, "replyBy")
            ),
        )

    @strawberry.mutation(description="答复督办: reply to an expedite order. A case is closed only without open ones.")
    async def case_reply_expedite(self, info: Ask, input: CaseReplyExpediteInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: expediting.reply(
                info.context.db,
                call,
                case,
                input.text,
                optional_key(input.order, "ExpediteOrder", "order", EXPEDITE_ORDER, info),
            ),
        )
