"""The firm that somebody works for, with whom it sends out."""

from __future__ import annotations

import strawberry

from resolvers import crews
from schema.catalogue import ServiceProvider
from schema.context import Ask


@strawberry.type
class CrewQuery:
    @strawberry.field(
        description="Service providers the viewer works for, by code: one, for nearly everybody; empty for whoever "
        "is no PROVIDER_STAFF or PROVIDER_ADMIN."
    )
    async def my_service_providers(self, info: Ask) -> list[ServiceProvider]:
        rows = await crews.own_providers(info.context.db, info.context.viewer)
        return [ServiceProvider(row=row) for row in rows]
