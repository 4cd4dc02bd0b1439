"""Letting things go wrong on purpose."""

from __future__ import annotations

import strawberry

from db.vocabulary.integration import SandboxFault
from resolvers import sandboxes
from resolvers.refusals import Refusal
from resolvers.sandboxes import Wish
from schema.context import Ask
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of
from schema.sandboxes import Sandbox


@strawberry.input(description="How often something is to go wrong.")
class SandboxRateInput:
    fault: SandboxFault = strawberry.field(description="What goes wrong.")
    percent: int = strawberry.field(description="Of a hundred, 0 to 90: whoever tries again gets through.")


@strawberry.input(description="What is to go wrong for a provider from now on: all of it.")
class WebhookSandboxInput(KeyedInput):
    service_provider: strawberry.ID = strawberry.field(description="The service provider.")
    faults: list[SandboxRateInput] = strawberry.field(
        default_factory=list, description="What goes wrong; what is not named does not."
    )
    judges: bool = strawberry.field(
        default=True, description="Whether the sandbox plays the department that looks at results."
    )


@strawberry.type(description="Answer about a sandbox.")
class SandboxPayload:
    sandbox: Sandbox | None = strawberry.field(description="The sandbox as it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.type
class SandboxMutation:
    @strawberry.mutation(description="沙箱故障: let things go wrong on purpose, in the exercise realm alone.")
    async def webhook_sandbox(self, info: Ask, input: WebhookSandboxInput) -> SandboxPayload:
        context = info.context
        try:
            provider = key_of(input.service_provider, "ServiceProvider", "serviceProvider", payloads.PROVIDER, info)
            wish = Wish({one.fault: one.percent for one in input.faults}, input.judges)
            await sandboxes.put(context.db, call_of(info, input), provider, wish)
        except Refusal as refusal:
            return SandboxPayload(sandbox=None, user_errors=[error_of(refusal, info)])
        row = await sandboxes.of_provider(context.db, context.viewer, provider)
        return SandboxPayload(sandbox=None if row is None else Sandbox(row=row), user_errors=[])
