"""The handover of a grid worker who leaves."""

from __future__ import annotations

import strawberry

from db import workers
from resolvers import workers as handing
from resolvers.refusals import Refusal
from schema.burden import WorkerHandover
from schema.context import Ask
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of


@strawberry.input(description="Hand everything a grid worker holds to another.")
class WorkerHandOverInput(KeyedInput):
    from_: str = strawberry.field(name="from", description="Staff code of who leaves.")
    to: str = strawberry.field(description="Staff code of who takes over.")
    reason: str = strawberry.field(description="Why; at most 200 characters.")


@strawberry.type(description="Answer of workerHandOver.")
class WorkerHandoverPayload:
    handover: WorkerHandover | None = strawberry.field(description="What went over; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type
class WorkerMutation:
    @strawberry.mutation(description="人员交接: grids, open tasks and cases of a worker who leaves, all or nothing.")
    async def worker_hand_over(self, info: Ask, input: WorkerHandOverInput) -> WorkerHandoverPayload:
        context = info.context
        try:
            result = await handing.hand_over(context.db, call_of(info, input), input.from_, input.to, input.reason)
        except Refusal as refusal:
            return WorkerHandoverPayload(handover=None, user_errors=[error_of(refusal, info)])
        async with context.db.read() as session:
            row = await workers.handover(session, context.viewer.realm, result.object_id or 0)
        return WorkerHandoverPayload(handover=None if row is None else WorkerHandover(row=row), user_errors=[])
