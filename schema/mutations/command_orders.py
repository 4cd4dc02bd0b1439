"""Ordering several units, and what they say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from resolvers import command_orders
from resolvers.call import Call
from resolvers.command_orders import Requirement
from resolvers.once import Result
from resolvers.refusals import Refusal
from schema import ids
from schema.command_orders import CommandOrder, order_now
from schema.context import Ask
from schema.filters import aware
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of, optional_key

ORDER = ("该指挥令", "The command order")


@strawberry.type(description="Answer of an action on a command order.")
class CommandOrderPayload:
    command_order: CommandOrder | None = strawberry.field(description="The order as it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="Order several units to do something.")
class CommandOrderIssueInput(KeyedInput):
    division: strawberry.ID = strawberry.field(description="The level it comes from: the caller's own or one below.")
    title: str = strawberry.field(description="In one line, at most 120 characters; no personal data.")
    requirement: str = strawberry.field(description="What is required, at most 4,000 characters; no personal data.")
    due_at: datetime = strawberry.field(description="Until when it is to be done; in the future.")
    sign_by: datetime | None = strawberry.field(
        default=None,
        description="Until when to sign; the usual limit to sign where left out; never after `dueAt`.",
    )
    departments: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Departments of the division or below."
    )
    centres: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Divisions below whose centres are meant. At most 100 units in all."
    )
    case_id: strawberry.ID | None = strawberry.field(
        default=None, description="The case it is about; units do not see the case because of the order."
    )


@strawberry.input(description="Parts every action on a command order has.")
class CommandOrderActionInput(KeyedInput):
    order_id: strawberry.ID = strawberry.field(description="The order.")


@strawberry.input(description="Sign for the caller's own units.")
class CommandOrderSignInput(CommandOrderActionInput): ...


@strawberry.input(description="Say how far the caller's own units are.")
class CommandOrderReportInput(CommandOrderActionInput):
    done: bool = strawberry.field(description="Whether it is done.")
    feedback: str | None = strawberry.field(
        default=None, description="At most 1,000 characters; required while it is not done; no personal data."
    )


@strawberry.input(description="Take a command order back.")
class CommandOrderWithdrawInput(CommandOrderActionInput):
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.type
class CommandOrderMutation:
    @strawberry.mutation(description="下达指挥令: order several units to do something.")
    async def command_order_issue(self, info: Ask, input: CommandOrderIssueInput) -> CommandOrderPayload:
        async def run(call: Call) -> Result:
            due_at = aware(input.due_at, "dueAt")
            assert due_at is not None
            given = Requirement(
                division_code=ids.code_or_nothing(input.division, "Division"),
                title=input.title,
                text=input.requirement,
                due_at=due_at,
                sign_by=aware(input.sign_by, "signBy"),
                departments=tuple(
                    key_of(one, "Department", "departments", payloads.DEPARTMENT, info) for one in input.departments
                ),
                centres=tuple(ids.code_or_nothing(one, "Division") for one in input.centres),
                case_id=optional_key(input.case_id, "Case", "caseId", payloads.CASE, info),
            )
            return await command_orders.issue(info.context.db, call, given)

        return await _answer(info, input, run)

    @strawberry.mutation(description="签收指挥令: sign for the caller's own units.")
    async def command_order_sign(self, info: Ask, input: CommandOrderSignInput) -> CommandOrderPayload:
        async def run(call: Call) -> Result:
            return await command_orders.sign(info.context.db, call, _order(info, input))

        return await _answer(info, input, run)

    @strawberry.mutation(description="指挥令反馈: say how far the caller's own units are, or that they are done.")
    async def command_order_report(self, info: Ask, input: CommandOrderReportInput) -> CommandOrderPayload:
        async def run(call: Call) -> Result:
            order = _order(info, input)
            return await command_orders.report(info.context.db, call, order, input.done, input.feedback)

        return await _answer(info, input, run)

    @strawberry.mutation(description="撤销指挥令: take a command order back.")
    async def command_order_withdraw(self, info: Ask, input: CommandOrderWithdrawInput) -> CommandOrderPayload:
        async def run(call: Call) -> Result:
            order = _order(info, input)
            return await command_orders.withdraw(info.context.db, call, order, input.expected_version, input.reason)

        return await _answer(info, input, run)


def _order(info: Ask, input: CommandOrderActionInput) -> int:
    return key_of(input.order_id, "CommandOrder", "orderId", ORDER, info)


async def _answer(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> CommandOrderPayload:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return CommandOrderPayload(command_order=None, user_errors=[error_of(refusal, info)])
    info.context.renew()
    return CommandOrderPayload(command_order=await order_now(info, result.object_id or 0), user_errors=[])
