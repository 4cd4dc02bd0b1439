"""What people on duty at a centre do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from db.vocabulary.centres import Capability
from resolvers import centres
from resolvers.call import Call
from resolvers.once import Result
from resolvers.refusals import Refusal
from schema import ids
from schema.centres import Centre, Shift, centre_in_line, shift_now
from schema.context import Ask
from schema.filters import aware
from schema.mutations import payloads
from schema.mutations.payloads import (
    CaseActionInput,
    CasePayload,
    KeyedInput,
    UserError,
    act_on_case,
    call_of,
    error_of,
    key_of,
)

SHIFT = ("该班次", "The shift")


@strawberry.input(description="Say that an urgent case has been seen.")
class CaseAcknowledgeInput(CaseActionInput):
    note: str | None = strawberry.field(default=None, description="At most 200 characters.")


@strawberry.type(description="Answer of an action on a shift.")
class ShiftPayload:
    shift: Shift | None = strawberry.field(
        description="The shift on duty after it: of a take-over the new one; null when refused."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type(description="Answer of an action on a centre.")
class CentrePayload:
    centre: Centre | None = strawberry.field(description="The centre as it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="Begin a shift where none is on duty.")
class ShiftStartInput(KeyedInput):
    centre: strawberry.ID = strawberry.field(description="Division of the caller's own centre.")
    planned_end_at: datetime = strawberry.field(description="When it is meant to end; within 48 hours.")


@strawberry.input(description="Sign as the outgoing leader.")
class ShiftHandOverInput(KeyedInput):
    shift_id: strawberry.ID = strawberry.field(description="The shift on duty.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")
    note: str | None = strawberry.field(default=None, description="At most 1,000 characters; no personal data.")


@strawberry.input(description="Sign as the incoming leader.")
class ShiftTakeOverInput(KeyedInput):
    shift_id: strawberry.ID = strawberry.field(description="The shift that was handed over.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")
    planned_end_at: datetime = strawberry.field(description="When the new shift is meant to end; within 48 hours.")


@strawberry.input(description="A department that works at a centre.")
class SeatInput:
    department: strawberry.ID = strawberry.field(description="The department, of the centre's line.")
    duty: str = strawberry.field(description="What the seat is there for; at most 80 characters.")


@strawberry.input(description="Say what a centre is able to do and who sits there.")
class CentreArrangeInput(KeyedInput):
    centre: strawberry.ID = strawberry.field(description="Division of the centre.")
    capabilities: list[Capability] = strawberry.field(description="All functions it has from now on.")
    seats: list[SeatInput] = strawberry.field(description="All seats it has from now on; at most 100.")


@strawberry.type
class CentreMutation:
    @strawberry.mutation(description="开始值班: begin the first shift of a centre, or the first after a pause.")
    async def shift_start(self, info: Ask, input: ShiftStartInput) -> ShiftPayload:
        async def run(call: Call) -> Result:
            code = ids.code_or_nothing(input.centre, "Division")
            return await centres.start(info.context.db, call, code, _moment(input.planned_end_at))

        return await _answer(info, input, run)

    @strawberry.mutation(
        description="交班: sign as the outgoing leader; the server puts down what is left. Refused while an urgent "
        "case is not acknowledged."
    )
    async def shift_hand_over(self, info: Ask, input: ShiftHandOverInput) -> ShiftPayload:
        async def run(call: Call) -> Result:
            number = key_of(input.shift_id, "Shift", "shiftId", SHIFT, info)
            return await centres.hand_over(info.context.db, call, number, input.expected_version, input.note)

        return await _answer(info, input, run)

    @strawberry.mutation(description="接班: sign as the incoming leader; one shift ends and the next begins.")
    async def shift_take_over(self, info: Ask, input: ShiftTakeOverInput) -> ShiftPayload:
        async def run(call: Call) -> Result:
            number = key_of(input.shift_id, "Shift", "shiftId", SHIFT, info)
            until = _moment(input.planned_end_at)
            return await centres.take_over(info.context.db, call, number, input.expected_version, until)

        return await _answer(info, input, run)

    @strawberry.mutation(
        description="设置指挥中心: say which functions a centre has and which departments sit there."
    )
    async def centre_arrange(self, info: Ask, input: CentreArrangeInput) -> CentrePayload:
        try:
            units = {
                key_of(one.department, "Department", "seats", payloads.DEPARTMENT, info): one.duty
                for one in input.seats
            }
            code = ids.code_or_nothing(input.centre, "Division")
            await centres.arrange(info.context.db, call_of(info, input), code, input.capabilities, units)
        except Refusal as refusal:
            return CentrePayload(centre=None, user_errors=[error_of(refusal, info)])
        info.context.renew()
        row = await centre_in_line(info, input.centre)
        return CentrePayload(centre=None if row is None else Centre(row=row), user_errors=[])

    @strawberry.mutation(description="紧急确认: say that an urgent case has been seen.")
    async def case_acknowledge(self, info: Ask, input: CaseAcknowledgeInput) -> CasePayload:
        return await act_on_case(
            info, input, lambda call, case: centres.acknowledge(info.context.db, call, case, input.note)
        )


def _moment(given: datetime) -> datetime:
    found = aware(given, "plannedEndAt")
    assert found is not None
    return found


async def _answer(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> ShiftPayload:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return ShiftPayload(shift=None, user_errors=[error_of(refusal, info)])
    info.context.renew()
    return ShiftPayload(shift=await shift_now(info, result.object_id or 0), user_errors=[])
