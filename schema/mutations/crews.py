"""Crews and technicians of a service provider: taking on, changing, retiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from db import crews as stored
from resolvers import crews
from resolvers.call import Call
from resolvers.once import Result
from resolvers.refusals import Refusal
from schema.context import Ask
from schema.facts_of_provider import Crew, Technician
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of, optional_key

CODE = "Your own code of it: 1 to 32 letters, digits, dots, hyphens or underscores; it stays."
AS_IT_WAS = "Left out: as it was."


@strawberry.input(description="Add a crew.")
class CrewCreateInput(KeyedInput):
    service_provider: strawberry.ID = strawberry.field(description="Whose crew it is.")
    code: str = strawberry.field(description=CODE)
    name: str = strawberry.field(description="What it is called, without names of people; at most 40 characters.")


@strawberry.input(description="Change a crew, retire it or take it on again.")
class CrewChangeInput(KeyedInput):
    crew: strawberry.ID = strawberry.field(description="The crew.")
    name: str | None = strawberry.field(default=None, description=AS_IT_WAS)
    is_active: bool | None = strawberry.field(
        default=None, description=f"False: no order is scheduled to it; what was scheduled stays. {AS_IT_WAS}"
    )


@strawberry.input(description="Add a technician.")
class TechnicianCreateInput(KeyedInput):
    service_provider: strawberry.ID = strawberry.field(description="Who sends them out.")
    code: str = strawberry.field(description=CODE)
    name: str = strawberry.field(description="Their name; at most 40 characters.")
    crew: strawberry.ID | None = strawberry.field(
        default=None, description="Crew they belong to; left out: they go with any."
    )


@strawberry.input(description="Change a technician.")
class TechnicianChangeInput(KeyedInput):
    technician: strawberry.ID = strawberry.field(description="The technician.")
    name: str | None = strawberry.field(default=None, description=AS_IT_WAS)
    crew: strawberry.ID | None = strawberry.field(default=None, description=f"Another crew. {AS_IT_WAS}")
    is_active: bool | None = strawberry.field(
        default=None, description=f"False: not sent out any more; what was scheduled stays. {AS_IT_WAS}"
    )


@strawberry.type(description="Answer about a crew.")
class CrewPayload:
    crew: Crew | None = strawberry.field(description="The crew as it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type(description="Answer about a technician.")
class TechnicianPayload:
    technician: Technician | None = strawberry.field(description="The technician as they are now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def _crew(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> CrewPayload:
    row, errors = await _act(info, input, run, stored.crew)
    return CrewPayload(crew=None if row is None else Crew(row=row), user_errors=errors)


async def _technician(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> TechnicianPayload:
    row, errors = await _act(info, input, run, stored.technician)
    return TechnicianPayload(technician=None if row is None else Technician(row=row), user_errors=errors)


async def _act(info: Ask, input: KeyedInput, run: Any, read: Any) -> tuple[Any, list[UserError]]:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return None, [error_of(refusal, info)]
    info.context.renew()
    async with info.context.db.read() as session:
        return await read(session, result.object_id), []


@strawberry.type
class CrewMutation:
    @strawberry.mutation(description="新增班组: a crew orders can be scheduled to.")
    async def crew_create(self, info: Ask, input: CrewCreateInput) -> CrewPayload:
        async def run(call: Call) -> Result:
            provider = key_of(input.service_provider, "ServiceProvider", "serviceProvider", payloads.PROVIDER, info)
            return await crews.create_crew(info.context.db, call, provider, input.code, input.name)

        return await _crew(info, input, run)

    @strawberry.mutation(description="变更班组: another name; retired, or taken on again.")
    async def crew_change(self, info: Ask, input: CrewChangeInput) -> CrewPayload:
        async def run(call: Call) -> Result:
            crew = key_of(input.crew, "Crew", "crew", payloads.CREW, info)
            return await crews.change_crew(info.context.db, call, crew, name=input.name, is_active=input.is_active)

        return await _crew(info, input, run)

    @strawberry.mutation(description="新增技工: somebody who can be sent out.")
    async def technician_create(self, info: Ask, input: TechnicianCreateInput) -> TechnicianPayload:
        async def run(call: Call) -> Result:
            provider = key_of(input.service_provider, "ServiceProvider", "serviceProvider", payloads.PROVIDER, info)
            crew = optional_key(input.crew, "Crew", "crew", payloads.CREW, info)
            return await crews.create_technician(info.context.db, call, provider, input.code, input.name, crew)

        return await _technician(info, input, run)

    @strawberry.mutation(description="变更技工: another name or crew; not sent out any more, or again.")
    async def technician_change(self, info: Ask, input: TechnicianChangeInput) -> TechnicianPayload:
        async def run(call: Call) -> Result:
            who = key_of(input.technician, "Technician", "technician", payloads.TECHNICIAN, info)
            crew = optional_key(input.crew, "Crew", "crew", payloads.CREW, info)
            return await crews.change_technician(
                info.context.db, call, who, name=input.name, crew_id=crew, is_active=input.is_active
            )

        return await _technician(info, input, run)
