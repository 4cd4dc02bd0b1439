"""The sandbox of a provider that tries its system out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db.vocabulary.integration import SandboxFault
from resolvers import sandboxes
from schema import ids
from schema.context import Ask
from schema.shown import Shown, own

OfProvider = Annotated[strawberry.ID, strawberry.argument(description="The service provider.")]


@strawberry.type(description="How often something goes wrong on purpose.")
class SandboxRate:
    fault: SandboxFault = strawberry.field(description="What goes wrong.")
    percent: int = strawberry.field(description="Of a hundred, 0 to 100.")


@strawberry.type(description="沙箱: what goes wrong on purpose for a provider, in the exercise realm alone.")
class Sandbox(Shown):
    row: strawberry.Private[Any]

    judges: bool = own("Whether the sandbox plays the department that looks at results.")
    set_at: datetime = own("Since when.")

    @strawberry.field(description="What goes wrong, and how often; what is not named does not.")
    def faults(self) -> list[SandboxRate]:
        return [SandboxRate(fault=SandboxFault[name], percent=percent) for name, percent in self.row.faults.items()]


@strawberry.type
class SandboxQuery:
    @strawberry.field(
        description="The sandbox of a provider; null in the live realm, where none is set, and for others."
    )
    async def sandbox(self, info: Ask, service_provider: OfProvider) -> Sandbox | None:
        provider_id = ids.number(service_provider, "ServiceProvider")
        row = await sandboxes.of_provider(info.context.db, info.context.viewer, provider_id or 0)
        return None if row is None else Sandbox(row=row)
