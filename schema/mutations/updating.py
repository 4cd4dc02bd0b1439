"""Updates of a service provider's own system."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry

from db.vocabulary.integration import SandboxFault, WorkOrderUpdateKind, WorkOrderUpdateOutcome
from resolvers import sandboxes, updating
from resolvers.call import Call
from resolvers.order_acts import Appointment, Said
from resolvers.refusals import Code, Refusal
from resolvers.updating import Answer, Update
from schema.cases import WorkOrder
from schema.context import Ask
from schema.filters import aware
from schema.mutations.payloads import (
    CREW,
    ORDER,
    TECHNICIAN,
    PlacedEvidenceInput,
    UserError,
    error_of,
    evidence_of,
    key_of,
    optional_key,
    proofs_of,
    require_key_scope,
)

UPDATES_MAX = 100


@strawberry.input(
    description="What a provider's system says of an order. `externalId` and `externalSeq` together count once."
)
class WorkOrderUpdateInput:
    work_order_id: strawberry.ID = strawberry.field(description="The order.")
    external_id: str = strawberry.field(
        description="What the order is called in the provider's system; 1 to 64 characters, of one order only."
    )
    external_seq: int = strawberry.field(
        description="Rises with each thing the system says of this order; holes do no harm. 0 or more."
    )
    kind: WorkOrderUpdateKind = strawberry.field(description="What is said.")
    text: str | None = strawberry.field(
        default=None,
        description="Reason of DECLINE (at most 200 characters), words of PROGRESS, result of SUBMIT (4,000).",
    )
    evidence: list[PlacedEvidenceInput] | None = strawberry.field(
        default=None, description="Photos of SUBMIT, at most 9; ignored for other kinds."
    )
    crew: strawberry.ID | None = strawberry.field(
        default=None,
        description="Of SCHEDULE, as what follows, else ignored: a crew of one's own that comes.",
    )
    technician: strawberry.ID | None = strawberry.field(default=None, description="Somebody of that crew.")
    appointment_at: datetime | None = strawberry.field(default=None, description="When, of SCHEDULE: in the future.")
    appointment_until: datetime | None = strawberry.field(default=None, description="Until when; after that.")


@strawberry.input(description="What a provider's system says, of one order or of many.")
class WorkOrderUpdatesInput:
    updates: list[WorkOrderUpdateInput] = strawberry.field(
        description="1 to 100; acted on in this order, each by itself: one refused leaves the others as they are."
    )


@strawberry.type(description="Answer to an update.")
class WorkOrderUpdatePayload:
    order_id: strawberry.Private[int | None]
    outcome: WorkOrderUpdateOutcome | None = strawberry.field(
        description="What became of it; null when refused: then the same number may be sent again, mended."
    )
    note_code: Code | None = strawberry.field(description="Why it was kept as a note; null where it was not.")
    user_errors: list[UserError] = strawberry.field(description="Empty unless it was refused.")

    @strawberry.field(
        description="The order as it is now; null when refused, or when it is no longer the provider's."
    )
    async def work_order(self, info: Ask) -> WorkOrder | None:
        if self.order_id is None:
            return None
        row = await info.context.loaders.work_order.load(self.order_id)
        return WorkOrder(row=row) if row is not None and row.is_visible else None


@strawberry.type(description="Answer to several updates.")
class WorkOrderUpdatesPayload:
    updates: list[WorkOrderUpdatePayload] = strawberry.field(
        description="What became of each, in their order; empty when all were refused as a whole."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why all were refused as a whole; what is wrong with one stands with it."
    )


class SandboxFailure(Exception):
    """An error of ours, as far as a provider's system can tell."""


@strawberry.type
class UpdatingMutation:
    @strawberry.mutation(
        description="服务商系统更新: act on an order from the provider's own system. A repeated or late one changes "
        "nothing, one in a wrong state is kept as a note and flagged; the answer says which."
    )
    async def work_order_update(self, info: Ask, input: WorkOrderUpdateInput) -> WorkOrderUpdatePayload:
        try:
            require_key_scope(info.context.viewer, "WorkOrderUpdate")
            [answer] = await _take(info, [input])
        except Refusal as refusal:
            if refusal.code is Code.TIMEOUT:
                raise
            answer = refusal
        return _payload(answer, info)

    @strawberry.mutation(
        description="服务商系统批量更新: many updates in one transaction, with the rules of `workOrderUpdate` for "
        "each. The cheaper way where there is much to say."
    )
    async def work_order_updates(self, info: Ask, input: WorkOrderUpdatesInput) -> WorkOrderUpdatesPayload:
        try:
            require_key_scope(info.context.viewer, "WorkOrderUpdates")
            if not 1 <= len(input.updates) <= UPDATES_MAX:
                raise Refusal(
                    Code.INVALID_INPUT, field=["updates"], expected=f"1 至 {UPDATES_MAX} 条",
                    expected_en=f"1 to {UPDATES_MAX} updates",
                )  # fmt: skip
            answers = await _take(info, input.updates)
        except Refusal as refusal:
            if refusal.code is Code.TIMEOUT:
                raise
            return WorkOrderUpdatesPayload(updates=[], user_errors=[error_of(refusal, info)])
        return WorkOrderUpdatesPayload(updates=[_payload(answer, info) for answer in answers], user_errors=[])


async def _take(info: Ask, inputs: Sequence[WorkOrderUpdateInput]) -> list[Answer]:
    """Answers in the order of `inputs`; what cannot be read as an update is refused by itself."""
    read = [_update_of(one, info) for one in inputs]
    given = [one for one in read if isinstance(one, Update)]
    context = info.context
    call = Call(context.viewer, context.clock(), "", policy=context.policy)
    what = ",".join(f"{one.order_id}:{one.external_seq}" for one in given)
    fate = await sandboxes.fate(context.db, call.viewer, what, call.now)
    if fate is SandboxFault.FAIL:
        raise SandboxFailure("broken on purpose")
    answers = iter(await updating.take(context.db, call, given))
    if fate is SandboxFault.LOSE:
        raise Refusal(Code.TIMEOUT)
    context.renew()  # what an earlier action of the same document loaded is out of date
    return [next(answers) if isinstance(one, Update) else one for one in read]


def _update_of(input: WorkOrderUpdateInput, info: Ask) -> Update | Refusal:
    try:
        order_id = key_of(input.work_order_id, "WorkOrder", "workOrderId", ORDER, info)
        photos, proofs = evidence_of(input.evidence), proofs_of(input.evidence)
        said = Said(input.kind, input.text, photos, proofs, _appointment_of(input, info))
    except Refusal as refusal:
        return refusal
    return Update(order_id, input.external_id, input.external_seq, said)


def _appointment_of(input: WorkOrderUpdateInput, info: Ask) -> Appointment | None:
    starts = aware(input.appointment_at, "appointmentAt")
    if input.kind is not WorkOrderUpdateKind.SCHEDULE or input.crew is None or starts is None:
        return None
    return Appointment(
        key_of(input.crew, "Crew", "crew", CREW, info),
        starts,
        optional_key(input.technician, "Technician", "technician", TECHNICIAN, info),
        aware(input.appointment_until, "appointmentUntil"),
    )


def _payload(answer: Answer, info: Ask) -> WorkOrderUpdatePayload:
    if isinstance(answer, Refusal):
        return WorkOrderUpdatePayload(
            order_id=None, outcome=None, note_code=None, user_errors=[error_of(answer, info)]
        )
    return WorkOrderUpdatePayload(
        order_id=answer.order_id, outcome=answer.outcome, note_code=answer.code, user_errors=[]
    )
