"""Letting other units take part, and what they find."""

from __future__ import annotations

from dataclasses import replace

import strawberry

from db.vocabulary import CaseOutcome, ShareRight
from resolvers import shares
from schema.context import Ask
from schema.mutations import payloads
from schema.mutations.intake import DispositionInput
from schema.mutations.payloads import CaseActionInput, CasePayload, act_on_case, key_of, optional_key


@strawberry.input(description="Let another unit see a case, assist, or take part; or change what it may.")
class CaseShareInput(CaseActionInput):
    department: strawberry.ID = strawberry.field(description="The unit, of any place; not the responsible one.")
    right: ShareRight = strawberry.field(description="What it may do.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="End what another unit may do with a case.")
class CaseUnshareInput(CaseActionInput):
    department: strawberry.ID = strawberry.field(description="A unit it is shared with.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Add the disposition of an assisting unit.")
class CaseAddDispositionInput(CaseActionInput):
    disposition: DispositionInput = strawberry.field(description="Finding and decision of the unit.")
    department: strawberry.ID | None = strawberry.field(
        default=None, description="Which of your units; needed only where several of them assist."
    )
    outcome: CaseOutcome | None = strawberry.field(
        default=None,
        description="What became of it, as this unit sees it; another than that of the others is a "
        "loop break (DIVERGENT).",
    )


@strawberry.type
class ShareMutation:
    @strawberry.mutation(description="共享: let another unit see the case, assist, or take part.")
    async def case_share(self, info: Ask, input: CaseShareInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: shares.share(
                info.context.db,
                call,
                case,
                key_of(input.department, "Department", "department", payloads.DEPARTMENT, info),
                input.right,
                input.reason,
            ),
        )

    @strawberry.mutation(description="取消共享: the case leaves the unit's view at once.")
    async def case_unshare(self, info: Ask, input: CaseUnshareInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: shares.unshare(
                info.context.db,
                call,
                case,
                key_of(input.department, "Department", "department", payloads.DEPARTMENT, info),
                input.reason,
            ),
        )

    @strawberry.mutation(description="协办意见: an assisting unit adds its own disposition; it completes nothing.")
    async def case_add_disposition(self, info: Ask, input: CaseAddDispositionInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: shares.add_disposition(
                info.context.db,
                call,
                case,
                replace(input.disposition.value(), outcome=input.outcome),
                optional_key(input.department, "Department", "department", payloads.DEPARTMENT, info),
            ),
        )
