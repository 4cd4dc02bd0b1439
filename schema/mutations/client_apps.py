"""Registering the apps of a division, without a redeploy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import strawberry

from db.vocabulary import CaseKind
from resolvers import client_apps
from resolvers.call import Call
from resolvers.client_apps import Look
from resolvers.once import Result
from resolvers.refusals import Refusal
from schema.client_apps import ClientApp, app_now
from schema.context import Ask
from schema.ids import code_or_nothing
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of

APP = ("该应用", "The app")


@strawberry.input(description="A document an app may send.")
class ClientAppDocumentInput:
    sha256: str = strawberry.field(description="Of its text in UTF-8, 64 small hexadecimal digits.")
    name: str = strawberry.field(description="What it is for; at most 80 characters.")


@strawberry.input(description="How an app looks and what it may do.")
class ClientAppLookInput(KeyedInput):
    name: str = strawberry.field(description="Chinese name, at most 40 characters.")
    colour: str = strawberry.field(description="Main colour, #RRGGBB.")
    scenes: list[CaseKind] = strawberry.field(
        description="At least one of QUESTION, SERVICE_REQUEST, VOICE, PROBLEM: what may be handed in through it."
    )
    logo_id: strawberry.ID | None = strawberry.field(
        default=None, description="An own picture of POST /files; everybody will see it. Left out: none."
    )
    only_registered: bool = strawberry.field(
        default=False, description="Whether it may send only the documents below, on HTTP and on sockets."
    )
    documents: list[ClientAppDocumentInput] = strawberry.field(
        default_factory=list, description="All the documents it may send; at most 200."
    )

    def look(self) -> Look:
        named = {one.sha256: one.name for one in self.documents}
        return Look(self.name, self.colour, self.scenes, self.logo_id, self.only_registered, named)


@strawberry.input(description="Register an app.")
class ClientAppRegisterInput(ClientAppLookInput):
    code: str = strawberry.field(
        description="Its name in requests: 2 to 32 small letters, digits or hyphens, a letter first. For good."
    )
    division: strawberry.ID = strawberry.field(description="A county, a township or a community of the caller's.")


@strawberry.input(description="Give an app another look, other scenes or documents: all of them, as on registering.")
class ClientAppAmendInput(ClientAppLookInput):
    id: strawberry.ID = strawberry.field(description="The app.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")


@strawberry.input(description="Retire an app.")
class ClientAppRetireInput(KeyedInput):
    id: strawberry.ID = strawberry.field(description="The app.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")


@strawberry.type(description="Answer of an action on an app.")
class ClientAppPayload:
    app: ClientApp | None = strawberry.field(description="The app as it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def _act(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> ClientAppPayload:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return ClientAppPayload(app=None, user_errors=[error_of(refusal, info)])
    return ClientAppPayload(app=await app_now(info, result.object_id), user_errors=[])


@strawberry.type
class ClientAppMutation:
    @strawberry.mutation(
        description="登记应用: by a commander, shift leader or community worker of the division or above, or a "
        "system administrator. It counts from the next request on."
    )
    async def client_app_register(self, info: Ask, input: ClientAppRegisterInput) -> ClientAppPayload:
        division = code_or_nothing(input.division, "Division")
        return await _act(
            info,
            input,
            lambda call: client_apps.register(info.context.db, call, input.code, division, input.look()),
        )

    @strawberry.mutation(description="修改应用: as on registering; it counts from the next request on.")
    async def client_app_amend(self, info: Ask, input: ClientAppAmendInput) -> ClientAppPayload:
        async def run(call: Call) -> Result:
            app_id = key_of(input.id, "ClientApp", "id", APP, info)
            return await client_apps.amend(info.context.db, call, app_id, input.look())

        return await _act(info, input, run)

    @strawberry.mutation(description="停用应用: its requests are refused from now on; its code is not given again.")
    async def client_app_retire(self, info: Ask, input: ClientAppRetireInput) -> ClientAppPayload:
        async def run(call: Call) -> Result:
            app_id = key_of(input.id, "ClientApp", "id", APP, info)
            return await client_apps.retire(info.context.db, call, app_id)

        return await _act(info, input, run)
