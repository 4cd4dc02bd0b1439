"""Issuing directives and answering them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from db.vocabulary.directives import ReceiptKind, TerminalKind
from resolvers import directives
from resolvers.call import Call
from resolvers.directives import Instruction
from resolvers.once import Result
from resolvers.refusals import Refusal
from schema import ids
from schema.context import Ask
from schema.directives import Directive, directive_now
from schema.filters import aware
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of

DIRECTIVE = ("该指令", "The directive")


@strawberry.type(description="Answer of an action on a directive.")
class DirectivePayload:
    directive: Directive | None = strawberry.field(description="The directive as it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="Send an instruction to every terminal of a kind below a division.")
class DirectiveIssueInput(KeyedInput):
    division: strawberry.ID = strawberry.field(description="Whose terminals: the caller's own division or one below.")
    terminals: TerminalKind = strawberry.field(description="What it goes down to.")
    title: str = strawberry.field(description="In one line, at most 120 characters; no personal data.")
    text: str = strawberry.field(description="What is asked, at most 4,000 characters; no personal data.")
    due_at: datetime | None = strawberry.field(default=None, description="Until when; in the future.")


@strawberry.input(description="Take a directive back.")
class DirectiveWithdrawInput(KeyedInput):
    directive_id: strawberry.ID = strawberry.field(description="The directive.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Say something of a directive, for one's own terminals.")
class DirectiveReceiptInput(KeyedInput):
    directive_id: strawberry.ID = strawberry.field(description="The directive.")
    kind: ReceiptKind = strawberry.field(description="What is said; said again it changes nothing.")
    terminals: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Grids, or divisions where those are the terminals; at most 100. All one's own where left out.",
    )
    feedback: str | None = strawberry.field(
        default=None, description="Words of a FEEDBACK, at most 1,000 characters; no personal data."
    )


@strawberry.type
class DirectiveMutation:
    @strawberry.mutation(description="下达指令: send an instruction to every terminal below.")
    async def directive_issue(self, info: Ask, input: DirectiveIssueInput) -> DirectivePayload:
        async def run(call: Call) -> Result:
            given = Instruction(
                division_code=ids.code_or_nothing(input.division, "Division"),
                terminals=input.terminals,
                title=input.title,
                text=input.text,
                due_at=aware(input.due_at, "dueAt"),
            )
            return await directives.issue(info.context.db, call, given)

        return await _answer(info, input, run)

    @strawberry.mutation(description="撤销指令: take a directive back.")
    async def directive_withdraw(self, info: Ask, input: DirectiveWithdrawInput) -> DirectivePayload:
        async def run(call: Call) -> Result:
            number = key_of(input.directive_id, "Directive", "directiveId", DIRECTIVE, info)
            return await directives.withdraw(info.context.db, call, number, input.expected_version, input.reason)

        return await _answer(info, input, run)

    @strawberry.mutation(description="指令回执: received, read, done or feedback, for one's own terminals.")
    async def directive_receipt(self, info: Ask, input: DirectiveReceiptInput) -> DirectivePayload:
        async def run(call: Call) -> Result:
            number = key_of(input.directive_id, "Directive", "directiveId", DIRECTIVE, info)
            named = None if input.terminals is None else [_terminal(one) for one in input.terminals]
            return await directives.receipt(info.context.db, call, number, input.kind, named, input.feedback)

        return await _answer(info, input, run)


def _terminal(given: strawberry.ID) -> int:
    """The number of a grid or division; 0, which is nothing's, for what is neither."""
    try:
        kind, key = ids.parse(given)
    except Refusal:
        return 0
    return int(key) if kind in ("Grid", "Division") and key.isdecimal() and len(key) < 19 else 0


async def _answer(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> DirectivePayload:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return DirectivePayload(directive=None, user_errors=[error_of(refusal, info)])
    info.context.renew()
    return DirectivePayload(directive=await directive_now(info, result.object_id or 0), user_errors=[])
