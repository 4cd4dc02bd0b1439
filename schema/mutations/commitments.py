"""Promising, and keeping a promise."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers import commitments
from schema.context import Ask
from schema.filters import aware
from schema.mutations.payloads import CaseActionInput, CasePayload, act_on_case, key_of

COMMITMENT = ("该承诺", "The commitment")


@strawberry.input(description="Promise something to who handed the case in.")
class CaseCommitInput(CaseActionInput):
    text: str = strawberry.field(description="What is promised; shown to them; at most 200 characters.")
    promised_at: datetime = strawberry.field(description="Until when; in the future, within a year.")


@strawberry.input(description="Say that a promise is kept.")
class CaseKeepCommitmentInput(CaseActionInput):
    commitment_id: strawberry.ID = strawberry.field(description="The commitment, of this case.")


@strawberry.type
class CommitmentMutation:
    @strawberry.mutation(
        description="承诺: promise something until a moment. It has a clock of its own, and is shown to who handed "
        "the case in."
    )
    async def case_commit(self, info: Ask, input: CaseCommitInput) -> CasePayload:
        promised_at = aware(input.promised_at, "promisedAt")
        assert promised_at is not None
        return await act_on_case(
            info,
            input,
            lambda call, case: commitments.commit(info.context.db, call, case, input.text, promised_at),
        )

    @strawberry.mutation(
        description="兑现承诺: it is done. Completing the case keeps every promise that is still open."
    )
    async def case_keep_commitment(self, info: Ask, input: CaseKeepCommitmentInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: commitments.keep(
                info.context.db,
                call,
                case,
                key_of(input.commitment_id, "Commitment", "commitmentId", COMMITMENT, info),
            ),
        )
