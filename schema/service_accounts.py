"""Accounts of a service provider's own systems."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db.vocabulary.integration import KeyScope
from resolvers import service_accounts
from schema import ids
from schema.catalogue import ServiceProvider
from schema.context import Ask
from schema.ids import global_id
from schema.shown import Shown, own

OfProvider = Annotated[strawberry.ID, strawberry.argument(description="The service provider.")]


@strawberry.type(description="系统账号: a system of a service provider that signs in with a key.")
class ServiceAccount(Shown):
    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque id.")
    def id(self) -> strawberry.ID:
        return global_id("ServiceAccount", self.row.id)

    name: str = own("What people call the system.")
    key_hint: str = own("How its key begins, to tell keys apart.")

    @strawberry.field(description="What its key is good for beside reading the provider's own orders.")
    def scopes(self) -> list[KeyScope]:
        return [KeyScope[scope] for scope in self.row.scopes]

    created_at: datetime = own("When it was made.")
    expires_at: datetime = own("When its key ends.")
    revoked_at: datetime | None = own("When it was revoked; null while it was not.")

    @strawberry.field(description="Whose system it is.")
    async def service_provider(self, info: Ask) -> ServiceProvider:
        return ServiceProvider(row=await info.context.loaders.service_provider.load(self.row.service_provider_id))


@strawberry.type
class ServiceAccountQuery:
    @strawberry.field(
        description="Service accounts of a provider, newest first, at most 100; for its own administrator and for "
        "SECURITY_ADMIN, empty for everybody else."
    )
    async def service_accounts(self, info: Ask, service_provider: OfProvider) -> list[ServiceAccount]:
        provider_id = ids.number(service_provider, "ServiceProvider")
        if provider_id is None:
            return []
        context = info.context
        rows = await service_accounts.of_provider(context.db, context.viewer, provider_id)
        return [ServiceAccount(row=row) for row in rows]
