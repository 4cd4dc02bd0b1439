"""Making and ending accounts of service providers' own systems."""

from __future__ import annotations

import strawberry

from db import service_accounts as accounts
from db.vocabulary.integration import KeyScope
from resolvers import service_accounts
from resolvers.refusals import Refusal
from resolvers.service_accounts import DAYS_MOST, NewAccount
from schema.context import Ask
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of
from schema.service_accounts import ServiceAccount

ACCOUNT = ("该系统账号", "The service account")


@strawberry.input(description="Let a system of a service provider in.")
class ServiceAccountCreateInput(KeyedInput):
    service_provider: strawberry.ID = strawberry.field(description="Whose system it is.")
    name: str = strawberry.field(description="What people call it; at most 40 characters.")
    scopes: list[KeyScope] = strawberry.field(
        default_factory=list, description="What it may do beside reading the provider's own orders."
    )
    expires_in_days: int = strawberry.field(default=DAYS_MOST, description="1 to 365.")


@strawberry.input(description="End a system's account.")
class ServiceAccountRevokeInput(KeyedInput):
    service_account: strawberry.ID = strawberry.field(description="The account.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.type(description="Answer about a service account.")
class ServiceAccountPayload:
    service_account: ServiceAccount | None = strawberry.field(
        description="The account as it is now; null if refused."
    )
    key: str | None = strawberry.field(
        description="Its key, shown this once and kept nowhere; null when refused, revoked, or asked again with the "
        "same idempotency key: then revoke the account and make another."
    )
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def _payload(info: Ask, account_id: int | None, key: str | None) -> ServiceAccountPayload:
    async with info.context.db.read() as session:
        row = await accounts.by_id(session, info.context.viewer.realm, account_id or 0)
    return ServiceAccountPayload(service_account=ServiceAccount(row=row), key=key, user_errors=[])


@strawberry.type
class ServiceAccountMutation:
    @strawberry.mutation(description="Let a system of a service provider in; answers its key once.")
    async def service_account_create(self, info: Ask, input: ServiceAccountCreateInput) -> ServiceAccountPayload:
        try:
            provider = key_of(input.service_provider, "ServiceProvider", "serviceProvider", payloads.PROVIDER, info)
            new = NewAccount(input.name, input.scopes, input.expires_in_days)
            result, key = await service_accounts.create(info.context.db, call_of(info, input), provider, new)
        except Refusal as refusal:
            return ServiceAccountPayload(service_account=None, key=None, user_errors=[error_of(refusal, info)])
        return await _payload(info, result.object_id, key)

    @strawberry.mutation(description="End a system's account: its key no longer counts, its sockets close.")
    async def service_account_revoke(self, info: Ask, input: ServiceAccountRevokeInput) -> ServiceAccountPayload:
        try:
            account = key_of(input.service_account, "ServiceAccount", "serviceAccount", ACCOUNT, info)
            result = await service_accounts.revoke(info.context.db, call_of(info, input), account, input.reason)
        except Refusal as refusal:
            return ServiceAccountPayload(service_account=None, key=None, user_errors=[error_of(refusal, info)])
        return await _payload(info, result.object_id, None)
