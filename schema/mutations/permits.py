"""Task permits: apply, review, decide, end, and the emergency way past it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

import strawberry

from db import permits
from db.vocabulary import GridTask
from db.vocabulary.permits import PermitFrequency, PermitOpinion
from resolvers import permitting
from resolvers.call import Call
from resolvers.once import Result
from resolvers.permitting import Wish
from resolvers.refusals import Code, Refusal
from schema import ids
from schema.context import Ask
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of
from schema.permits import PermitApplication, TaskPermit

APPLICATION = ("该准入申请", "The application")
PERMIT = ("该准入", "The permit")
DIVISION = ("该行政区划", "The division")


@strawberry.input(description="What grids are to be given, on which basis, how often and with what.")
class PermitWishInput(KeyedInput):
    matter: strawberry.ID = strawberry.field(description="The matter.")
    division: strawberry.ID = strawberry.field(description="The division whose grids are to be given it.")
    tasks: list[GridTask] = strawberry.field(description="Which tasks; at least one.")
    legal_basis: str = strawberry.field(description="Law or document it rests on; at most 200 characters.")
    frequency: PermitFrequency = strawberry.field(description="How often a grid is given it.")
    minutes_per_task: int = strawberry.field(description="Estimated minutes of one task, 1 to 480.")
    resources: str = strawberry.field(
        description="人随事走、费随事转: people and money that follow; at most 200 characters."
    )
    wanted_from: date = strawberry.field(description="First local day.")
    wanted_to: date = strawberry.field(description="Last local day.")


@strawberry.input(description="Apply that grids be given a matter.")
class PermitApplyInput(PermitWishInput):
    department: strawberry.ID = strawberry.field(description="The department that applies: the caller's own.")


@strawberry.input(description="Let a matter in at once; it is reviewed afterwards and everybody sees it.")
class PermitBypassInput(PermitWishInput):
    reason: str = strawberry.field(description="Why it cannot wait; public; at most 200 characters.")


@strawberry.input(description="Give the caller's opinion of an application.")
class PermitReviewInput(KeyedInput):
    application_id: strawberry.ID = strawberry.field(description="The application.")
    opinion: PermitOpinion = strawberry.field(description="Whether grids may be given it.")
    reason: str = strawberry.field(description="Why; at most 200 characters.")


@strawberry.input(description="Put an approved matter on the permit list, or not.")
class PermitDecideInput(KeyedInput):
    application_id: strawberry.ID = strawberry.field(description="The application.")
    is_admitted: bool = strawberry.field(description="Whether it is put on the list.")
    valid_from: date | None = strawberry.field(default=None, description="First local day; as wanted where left out.")
    valid_to: date | None = strawberry.field(default=None, description="Last local day; as wanted where left out.")
    reason: str | None = strawberry.field(
        default=None, description="Required where it is not admitted; at most 200 characters."
    )


@strawberry.input(description="Take a permit off the list, with all that its application put there.")
class PermitEndInput(KeyedInput):
    permit_id: strawberry.ID = strawberry.field(description="The permit.")
    last_day: date | None = strawberry.field(
        default=None, description="Last local day it holds; today where left out."
    )
    reason: str = strawberry.field(description="Why; at most 200 characters.")


@strawberry.type(description="Answer of an action on an application for a task permit.")
class PermitApplicationPayload:
    application: PermitApplication | None = strawberry.field(description="As it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type(description="Answer of permitEnd.")
class TaskPermitPayload:
    permit: TaskPermit | None = strawberry.field(description="As it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def _apply(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> PermitApplicationPayload:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return PermitApplicationPayload(application=None, user_errors=[error_of(refusal, info)])
    info.context.renew()
    row = await info.context.loaders.permit_application.load(result.object_id or 0)
    return PermitApplicationPayload(application=None if row is None else PermitApplication(row=row), user_errors=[])


def _wish(info: Ask, input: PermitWishInput) -> Wish:
    return Wish(
        matter_id=key_of(input.matter, "Matter", "matter", payloads.MATTER, info),
        division_code=_division_code(info, input.division),
        tasks=tuple(input.tasks),
        legal_basis=input.legal_basis,
        frequency=input.frequency,
        minutes_per_task=input.minutes_per_task,
        resources=input.resources,
        first_day=input.wanted_from,
        last_day=input.wanted_to,
    )


def _division_code(info: Ask, id_: strawberry.ID) -> str:
    try:
        found = ids.code(id_, "Division")
    except Refusal:
        found = None
    if found is None:
        what = DIVISION[0] if info.context.viewer.language == "zh" else DIVISION[1]
        raise Refusal(Code.NOT_FOUND, field=["division"], what=what)
    return found


@strawberry.type
class PermitMutation:
    @strawberry.mutation(description="申请准入: a department applies that grids be given a matter.")
    async def permit_apply(self, info: Ask, input: PermitApplyInput) -> PermitApplicationPayload:
        async def run(call: Call) -> Result:
            department = key_of(input.department, "Department", "department", payloads.DEPARTMENT, info)
            return await permitting.apply(info.context.db, call, department, _wish(info, input))

        return await _apply(info, input, run)

    @strawberry.mutation(description="紧急准入: a commander lets a matter in for some days; reviewed afterwards.")
    async def permit_bypass(self, info: Ask, input: PermitBypassInput) -> PermitApplicationPayload:
        async def run(call: Call) -> Result:
            return await permitting.bypass(info.context.db, call, _wish(info, input), input.reason)

        return await _apply(info, input, run)

    @strawberry.mutation(description="联审: one reviewer's opinion; decided when all have spoken.")
    async def permit_review(self, info: Ask, input: PermitReviewInput) -> PermitApplicationPayload:
        async def run(call: Call) -> Result:
            number = key_of(input.application_id, "PermitApplication", "applicationId", APPLICATION, info)
            return await permitting.review(info.context.db, call, number, input.opinion, input.reason)

        return await _apply(info, input, run)

    @strawberry.mutation(description="准入或不予准入: put an approved matter on the permit list with dates, or not.")
    async def permit_decide(self, info: Ask, input: PermitDecideInput) -> PermitApplicationPayload:
        async def run(call: Call) -> Result:
            number = key_of(input.application_id, "PermitApplication", "applicationId", APPLICATION, info)
            return await permitting.decide(
                info.context.db,
                call,
                number,
                is_admitted=input.is_admitted,
                first_day=input.valid_from,
                last_day=input.valid_to,
                reason=input.reason,
            )

        return await _apply(info, input, run)

    @strawberry.mutation(description="退出: take a permit off the list after a day.")
    async def permit_end(self, info: Ask, input: PermitEndInput) -> TaskPermitPayload:
        try:
            number = key_of(input.permit_id, "TaskPermit", "permitId", PERMIT, info)
            result = await permitting.end(info.context.db, call_of(info, input), number, input.last_day, input.reason)
        except Refusal as refusal:
            return TaskPermitPayload(permit=None, user_errors=[error_of(refusal, info)])
        async with info.context.db.read() as session:
            row = (await permits.permits_by_id(session, [result.object_id or 0])).get(result.object_id or 0)
        return TaskPermitPayload(permit=None if row is None else TaskPermit(row=row), user_errors=[])
