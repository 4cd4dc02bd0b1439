"""Asking the police beat of a grid, and its receipts and answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from db import policing as rows
from db.vocabulary.policing import PoliceTaskKind
from resolvers import policing
from resolvers.call import Call
from resolvers.once import Result
from resolvers.refusals import Refusal
from schema import filters
from schema.cases import Case
from schema.context import Ask
from schema.mutations.payloads import (
    CaseActionInput,
    CasePayload,
    KeyedInput,
    UserError,
    act_on_case,
    call_of,
    case_now,
    error_of,
    key_of,
)
from schema.policing import PoliceTask

TASK = ("该警务任务", "The police task")


@strawberry.input(description="Tell the police beat of the grid.")
class CaseNotifyPoliceInput(CaseActionInput):
    reason: str = strawberry.field(description="What they should know; at most 200 characters.")


@strawberry.input(description="Ask the police beat of the grid to go there together.")
class CaseJointPoliceInput(CaseActionInput):
    reason: str = strawberry.field(description="What is to be done together; at most 200 characters.")


@strawberry.input(description="Hand a matter over to the police.")
class CaseTransferPoliceInput(CaseActionInput):
    reason: str = strawberry.field(description="Why it is theirs; at most 200 characters.")


@strawberry.input(description="Sign for what a case asked of the police.")
class PoliceReceiptInput(KeyedInput):
    police_task_id: strawberry.ID = strawberry.field(description="What was asked.")
    expected_version: int = strawberry.field(description="Version of its case the client saw.")


@strawberry.input(description="Answer what a case asked of the police.")
class PoliceFeedbackInput(KeyedInput):
    police_task_id: strawberry.ID = strawberry.field(description="What was asked.")
    expected_version: int = strawberry.field(description="Version of its case the client saw.")
    result: str = strawberry.field(
        description="For who works the case, and for its history; names nobody; at most 200 characters."
    )
    detail: str | None = strawberry.field(default=None, description="For the police alone; at most 4,000 characters.")
    visited_at: datetime | None = strawberry.field(default=None, description="When somebody was there.")


@strawberry.type(description="Answer of policeReceipt and policeFeedback.")
class PoliceTaskPayload:
    case: Case | None = strawberry.field(description="The case as it is now; null when refused or out of scope.")
    police_task: PoliceTask | None = strawberry.field(description="As it is now; null like `case`.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def _act(
    info: Ask, input: PoliceReceiptInput | PoliceFeedbackInput, run: Callable[[Call, int], Awaitable[Result]]
) -> PoliceTaskPayload:
    try:
        number = key_of(input.police_task_id, "PoliceTask", "policeTaskId", TASK, info)
        result = await run(call_of(info, input), number)
    except Refusal as refusal:
        return PoliceTaskPayload(case=None, police_task=None, user_errors=[error_of(refusal, info)])
    case = await case_now(info, result.case_id)
    async with info.context.db.read() as session:
        row = await rows.task_without_scope(session, number)
    task = None if case is None else PoliceTask(row=row, case_row=case.row)
    return PoliceTaskPayload(case=case, police_task=task, user_errors=[])


async def _ask(info: Ask, input: CaseActionInput, kind: PoliceTaskKind, reason: str) -> CasePayload:
    return await act_on_case(info, input, lambda call, case: policing.ask(info.context.db, call, case, kind, reason))


@strawberry.type
class PoliceMutation:
    @strawberry.mutation(description="通报警格: tell the police beat of the grid.")
    async def case_notify_police(self, info: Ask, input: CaseNotifyPoliceInput) -> CasePayload:
        return await _ask(info, input, PoliceTaskKind.NOTIFY, input.reason)

    @strawberry.mutation(description="网格警格联动: ask the beat to go there together.")
    async def case_joint_police(self, info: Ask, input: CaseJointPoliceInput) -> CasePayload:
        return await _ask(info, input, PoliceTaskKind.JOINT, input.reason)

    @strawberry.mutation(description="移交公安: hand a matter over to the police.")
    async def case_transfer_police(self, info: Ask, input: CaseTransferPoliceInput) -> CasePayload:
        return await _ask(info, input, PoliceTaskKind.TRANSFER, input.reason)

    @strawberry.mutation(description="警格签收: sign for what a case asked.")
    async def police_receipt(self, info: Ask, input: PoliceReceiptInput) -> PoliceTaskPayload:
        return await _act(info, input, lambda call, task: policing.receive(info.context.db, call, task))

    @strawberry.mutation(description="警格反馈: answer what a case asked; the details are for the police alone.")
    async def police_feedback(self, info: Ask, input: PoliceFeedbackInput) -> PoliceTaskPayload:
        return await _act(
            info,
            input,
            lambda call, task: policing.feed_back(
                info.context.db,
                call,
                task,
                result=input.result,
                detail=input.detail,
                visited_at=filters.aware(input.visited_at, "visitedAt"),
            ),
        )
