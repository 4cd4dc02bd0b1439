"""Updates of a service provider's own system."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import cases
from db.vocabulary.integration import SandboxFault, WorkOrderUpdateKind, WorkOrderUpdateOutcome
from resolvers import sandboxes, updating
from resolvers.call import Call
from resolvers.refusals import Code, Refusal
from resolvers.updating import Appointment, Update
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


@strawberry.type(description="Answer to an update.")
class WorkOrderUpdatePayload:
    outcome: WorkOrderUpdateOutcome | None = strawberry.field(
        description="What became of it; null when refused: then the same number may be sent again, mended."
    )
    note_code: Code | None = strawberry.field(description="Why it was kept as a note; null where it was not.")
    work_order: WorkOrder | None = strawberry.field(
        description="The order as it is now; null when refused, or when it is no longer the provider's."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty unless it was refused.")


def _update_of(input: WorkOrderUpdateInput, info: Ask) -> Update:
    return Update(
        input.external_id, input.external_seq, input.kind, input.text, evidence_of(input.evidence),
        proofs_of(input.evidence), _appointment_of(input, info),
    )  # fmt: skip


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


class SandboxFailure(Exception):
    """An error of ours, as far as a provider's system can tell."""


@strawberry.type
class UpdatingMutation:
    @strawberry.mutation(
        description="服务商系统更新: act on an order from the provider's own system. A repeated or late one changes "
        "nothing, one in a wrong state is kept as a note and flagged; the answer says which."
    )
    async def work_order_update(self, info: Ask, input: WorkOrderUpdateInput) -> WorkOrderUpdatePayload:
        context = info.context
        try:
            require_key_scope(context.viewer, "WorkOrderUpdate")
            order_id = key_of(input.work_order_id, "WorkOrder", "workOrderId", ORDER, info)
            given = _update_of(input, info)
            call = Call(context.viewer, context.clock(), "", policy=context.policy)
            fate = await sandboxes.fate(context.db, call.viewer, f"{order_id}:{given.external_seq}", call.now)
            if fate is SandboxFault.FAIL:
                raise SandboxFailure("broken on purpose")
            done = await updating.take(context.db, call, order_id, given)
        except Refusal as refusal:
            return WorkOrderUpdatePayload(
                outcome=None, note_code=None, work_order=None, user_errors=[error_of(refusal, info)]
            )
        if fate is SandboxFault.LOSE:
            raise Refusal(Code.TIMEOUT)
        async with context.db.read() as session:
            rows = await cases.work_orders_by_ids(session, context.viewer.scope, [done.order_id])
        row: Any = rows.get(done.order_id)
        order = WorkOrder(row=row) if row is not None and row.is_visible else None
        return WorkOrderUpdatePayload(outcome=done.outcome, note_code=done.code, work_order=order, user_errors=[])
