"""Recording decisions and what became of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import strawberry

from resolvers import deciding
from resolvers.call import Call
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from schema import ids
from schema.context import Ask
from schema.decisions import Decision
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of

DECISION = ("该决策", "The decision")


@strawberry.input(description="Record a decision and the cases it rests on.")
class DecisionRecordInput(KeyedInput):
    division: strawberry.ID = strawberry.field(description="The division that decided; the caller commands it.")
    based_on_cases: list[strawberry.ID] = strawberry.field(description="1 to 100 cases of that division.")
    instruction: str = strawberry.field(description="What is to be done; names no person; at most 4,000 characters.")
    follow_up: str | None = strawberry.field(
        default=None, description="What has become of it, if that is known already; at most 4,000 characters."
    )


@strawberry.input(description="Say what has become of a decision.")
class DecisionFollowUpInput(KeyedInput):
    decision_id: strawberry.ID = strawberry.field(description="The decision.")
    follow_up: str = strawberry.field(description="The last word stands; at most 4,000 characters.")


@strawberry.type(description="Answer of an action on a decision.")
class DecisionPayload:
    decision: Decision | None = strawberry.field(description="As it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def _act(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> DecisionPayload:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return DecisionPayload(decision=None, user_errors=[error_of(refusal, info)])
    info.context.renew()
    row = await deciding.decision_of(info.context.db, info.context.viewer.scope, result.object_id or 0)
    return DecisionPayload(decision=None if row is None else Decision(row=row), user_errors=[])


def _division_code(info: Ask, id_: strawberry.ID) -> str:
    try:
        found = ids.code(id_, "Division")
    except Refusal:
        found = None
    if found is None:
        what = "该行政区划" if info.context.viewer.language == "zh" else "The division"
        raise Refusal(Code.NOT_FOUND, field=["division"], what=what)
    return found


@strawberry.type
class DecisionMutation:
    @strawberry.mutation(
        description="记录决策: a commander records what was decided because of cases; who handed them in sees that "
        "they were used."
    )
    async def decision_record(self, info: Ask, input: DecisionRecordInput) -> DecisionPayload:
        async def run(call: Call) -> Result:
            named = [key_of(one, "Case", "basedOnCases", payloads.CASE, info) for one in input.based_on_cases]
            return await deciding.record(
                info.context.db, call, _division_code(info, input.division), named, input.instruction, input.follow_up
            )

        return await _act(info, input, run)

    @strawberry.mutation(description="决策跟进: a commander says what has become of a decision.")
    async def decision_follow_up(self, info: Ask, input: DecisionFollowUpInput) -> DecisionPayload:
        async def run(call: Call) -> Result:
            decision_id = key_of(input.decision_id, "Decision", "decisionId", DECISION, info)
            return await deciding.follow_up(info.context.db, call, decision_id, input.follow_up)

        return await _act(info, input, run)
