"""Work orders."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import strawberry

from db.vocabulary import OutsourceReason
from resolvers import order_acts, outsourcing
from resolvers.call import Call
from resolvers.order_acts import Appointment
from resolvers.order_moves import Act, move
from resolvers.outsourcing import Offer
from resolvers.refusals import Refusal
from schema.context import Ask
from schema.filters import aware
from schema.mutations import payloads
from schema.mutations.order_contacts import SiteContactInput, contact_in
from schema.mutations.payloads import (
    CaseActionInput,
    PlacedEvidenceInput,
    WorkOrderActionInput,
    WorkOrderPayload,
    act_on_order,
    error_of,
    evidence_of,
    key_of,
    proofs_of,
)


@strawberry.input(description="Offer a work order to a service provider.")
class CaseOutsourceInput(CaseActionInput):
    service_provider: strawberry.ID = strawberry.field(description="To whom.")
    task: str = strawberry.field(
        description="What is to be done; at most 200 characters. The submitter's name and long numbers are masked."
    )
    place: str | None = strawberry.field(default=None, description="Where, at most 200 characters; masked likewise.")
    contact: SiteContactInput | None = strawberry.field(
        default=None, description="Whom to ask for at the place; the provider sees it once it has accepted."
    )
    reason: OutsourceReason = strawberry.field(description="Why it is outsourced.")
    due_at: datetime | None = strawberry.field(
        default=None,
        description="When the result is wanted; in the future. By the limit of the place where left out.",
    )
    catalogue_item: strawberry.ID | None = strawberry.field(
        default=None,
        description="By which item of the catalogue it is bought; where left out, what the nearest division lists "
        "for the matter.",
    )
    quantity: int = strawberry.field(default=1, description="How many of the item's unit; 1 to 10,000.")
    unit_price_cents: int | None = strawberry.field(
        default=None, description="Price of one unit in cents of a yuan (分); the item's ceiling where left out."
    )


@strawberry.input(description="Accept an order.")
class WorkOrderAcceptInput(WorkOrderActionInput): ...


@strawberry.input(description="Decline an order.")
class WorkOrderDeclineInput(WorkOrderActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Name who comes and when.")
class WorkOrderScheduleInput(WorkOrderActionInput):
    crew: strawberry.ID = strawberry.field(description="A crew of one's own.")
    technician: strawberry.ID | None = strawberry.field(default=None, description="Somebody of that crew.")
    appointment_at: datetime = strawberry.field(description="When; in the future.")
    appointment_until: datetime | None = strawberry.field(default=None, description="Until when; after that.")


@strawberry.input(description="Begin the work.")
class WorkOrderStartInput(WorkOrderActionInput): ...


@strawberry.input(description="Note how the work goes.")
class WorkOrderReportInput(WorkOrderActionInput):
    text: str = strawberry.field(description="At most 4,000 characters.")


@strawberry.input(description="Submit a result.")
class WorkOrderSubmitInput(WorkOrderActionInput):
    result: str = strawberry.field(description="What was done; at most 4,000 characters.")
    evidence: list[PlacedEvidenceInput] | None = strawberry.field(default=None, description="Photos, at most 9.")


@strawberry.input(description="Accept a result.")
class WorkOrderAcceptResultInput(WorkOrderActionInput):
    note: str | None = strawberry.field(default=None, description="At most 200 characters.")


@strawberry.input(description="Reject a result.")
class WorkOrderRejectResultInput(WorkOrderActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")
    clause: str = strawberry.field(description="Clause of the standard it fails; at most 200 characters.")
    due_at: datetime | None = strawberry.field(
        default=None, description="When the next result is wanted; where left out, as before, or by the limit."
    )


@strawberry.input(description="Settle an accepted result.")
class WorkOrderSettleInput(WorkOrderActionInput):
    amount_cents: int | None = strawberry.field(
        default=None, description="In all, in cents (分); what was agreed where left out, never more."
    )
    note: str | None = strawberry.field(
        default=None, description="At most 200 characters; required where less than agreed is settled."
    )


@strawberry.input(description="Offer an order again that did not arrive.")
class WorkOrderResendInput(WorkOrderActionInput): ...


@strawberry.input(description="Cancel an order.")
class WorkOrderCancelInput(WorkOrderActionInput):
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.type
class OutsourcingMutation:
    @strawberry.mutation(description="委托: offer a work order; the case stays with its department.")
    async def case_outsource(self, info: Ask, input: CaseOutsourceInput) -> WorkOrderPayload:
        try:
            item = payloads.optional_key(
                input.catalogue_item, "CatalogueItem", "catalogueItem", payloads.CATALOGUE_ITEM, info
            )
            offer = Offer(
                task=input.task,
                reason=input.reason,
                due_at=aware(input.due_at, "dueAt"),
                catalogue_item_id=item,
                quantity=input.quantity,
                unit_price_cents=input.unit_price_cents,
                place=input.place,
                contact=contact_in(input.contact),
            )
            result = await outsourcing.outsource(
                info.context.db,
                payloads.call_of(info, input),
                key_of(input.case_id, "Case", "caseId", payloads.CASE, info),
                key_of(input.service_provider, "ServiceProvider", "serviceProvider", payloads.PROVIDER, info),
                offer,
            )
        except Refusal as refusal:
            return WorkOrderPayload(case=None, work_order=None, user_errors=[error_of(refusal, info)])
        return await payloads.order_payload(info, result)

    @strawberry.mutation(description="服务商接单: accept the order.")
    async def work_order_accept(self, info: Ask, input: WorkOrderAcceptInput) -> WorkOrderPayload:
        return await _act(info, input, order_acts.accept)

    @strawberry.mutation(description="服务商拒单: decline the order.")
    async def work_order_decline(self, info: Ask, input: WorkOrderDeclineInput) -> WorkOrderPayload:
        return await _act(info, input, lambda call: order_acts.decline(call, input.reason))

    @strawberry.mutation(description="服务商排班预约: name a crew and a time; again for another time.")
    async def work_order_schedule(self, info: Ask, input: WorkOrderScheduleInput) -> WorkOrderPayload:
        def schedule(call: Call) -> Act:
            starts = aware(input.appointment_at, "appointmentAt")
            assert starts is not None, "the input requires it"
            wanted = Appointment(
                key_of(input.crew, "Crew", "crew", payloads.CREW, info),
                starts,
                payloads.optional_key(input.technician, "Technician", "technician", payloads.TECHNICIAN, info),
                aware(input.appointment_until, "appointmentUntil"),
            )
            return order_acts.schedule(call, wanted)

        return await _act(info, input, schedule)

    @strawberry.mutation(description="服务商开始作业: begin the work.")
    async def work_order_start(self, info: Ask, input: WorkOrderStartInput) -> WorkOrderPayload:
        return await _act(info, input, order_acts.start)

    @strawberry.mutation(description="服务商报告进展: note how the work goes.")
    async def work_order_report(self, info: Ask, input: WorkOrderReportInput) -> WorkOrderPayload:
        return await _act(info, input, lambda call: order_acts.report(call, input.text))

    @strawberry.mutation(description="结算: settle the price of an accepted result, also once the case has ended.")
    async def work_order_settle(self, info: Ask, input: WorkOrderSettleInput) -> WorkOrderPayload:
        return await act_on_order(
            info,
            input,
            lambda call, order: outsourcing.settle(info.context.db, call, order, input.amount_cents, input.note),
        )

    @strawberry.mutation(description="重新发送: offer an order again that did not reach the provider's system.")
    async def work_order_resend(self, info: Ask, input: WorkOrderResendInput) -> WorkOrderPayload:
        return await act_on_order(info, input, lambda call, order: outsourcing.resend(info.context.db, call, order))

    @strawberry.mutation(description="服务商提交结果: submit a result; an insider accepts it.")
    async def work_order_submit(self, info: Ask, input: WorkOrderSubmitInput) -> WorkOrderPayload:
        return await _act(
            info,
            input,
            lambda call: order_acts.submit(
                call, input.result, evidence_of(input.evidence), proofs_of(input.evidence)
            ),
        )

    @strawberry.mutation(description="验收通过: accept the result.")
    async def work_order_accept_result(self, info: Ask, input: WorkOrderAcceptResultInput) -> WorkOrderPayload:
        return await act_on_order(
            info, input, lambda call, order: outsourcing.accept_result(info.context.db, call, order, input.note)
        )

    @strawberry.mutation(description="验收不通过: reject the result, naming the clause it fails.")
    async def work_order_reject_result(self, info: Ask, input: WorkOrderRejectResultInput) -> WorkOrderPayload:
        return await act_on_order(
            info,
            input,
            lambda call, order: outsourcing.reject_result(
                info.context.db, call, order, input.reason, input.clause, aware(input.due_at, "dueAt")
            ),
        )

    @strawberry.mutation(description="取消委托: cancel the order.")
    async def work_order_cancel(self, info: Ask, input: WorkOrderCancelInput) -> WorkOrderPayload:
        return await act_on_order(
            info, input, lambda call, order: outsourcing.cancel(info.context.db, call, order, input.reason)
        )


async def _act(info: Ask, input: WorkOrderActionInput, act: Callable[[Call], Act]) -> WorkOrderPayload:
    return await act_on_order(info, input, lambda call, order: move(info.context.db, call, order, act(call)))
