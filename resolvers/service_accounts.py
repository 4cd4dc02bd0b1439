"""Accounts of a service provider's own systems. A key is shown once and kept as a hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from db import catalogue, rights, service_accounts
from db.database import Database, Session
from db.rights import By
from db.scope import ScopeKind
from db.service_accounts import AccountRow
from db.vocabulary import Role
from db.vocabulary.integration import KeyScope
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Claims, Viewer

KEY_MARK = "gck_"
KEY_BYTES = 32  # so many random ones need no slow hash
HINT = 10
DAYS_MOST = 365  # a revocation is remembered a little longer
ACCOUNTS_MOST = 50
NAME_MAX = 40


@dataclass(frozen=True, slots=True)
class NewAccount:
    name: str
    scopes: Sequence[KeyScope]
    days: int = DAYS_MOST


def hash_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def principal_of(account_id: int) -> str:
    return f"SERVICE_ACCOUNT:{account_id}"


async def create(db: Database, call: Call, provider_id: int, new: NewAccount) -> tuple[Result, str | None]:
    """A new account and its key. Asked again with the same idempotency key there is no key: nobody holds it."""
    made: list[str] = []

    async def work(session: Session) -> Result:
        await require_keeper(session, call, provider_id, "创建系统账号", "SERVICE_ACCOUNT_CREATE")
        if not 1 <= new.days <= DAYS_MOST:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["expiresInDays"],
                expected=f"1 至 {DAYS_MOST} 天",
                expected_en=f"1 to {DAYS_MOST} days",
            )
        known = await service_accounts.of_provider(session, call.viewer.realm, provider_id, 10_000)
        if sum(one.revoked_at is None and one.expires_at > call.now for one in known) >= ACCOUNTS_MOST:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["serviceProvider"],
                expected=f"最多 {ACCOUNTS_MOST} 个有效账号",
                expected_en=f"at most {ACCOUNTS_MOST} accounts that count",
            )
        key = KEY_MARK + secrets.token_urlsafe(KEY_BYTES)
        account_id = await service_accounts.add(
            session,
            {
                "realm": call.viewer.realm,
                "service_provider_id": provider_id,
                "name": texts.text(new.name, "name", limit=NAME_MAX),
                "key_hash": hash_of(key),
                "key_hint": key[:HINT],
                "scopes": sorted({scope.value for scope in new.scopes}),
                "created_by": call.viewer.principal,
                "created_at": call.now,
                "expires_at": call.now + timedelta(days=new.days),
            },
        )
        made.append(key)
        result = Result(0, 0, object_id=account_id)
        await once.settle(session, call, result)
        return result

    result = await once.once(db, call, work)
    return result, made[0] if made else None


async def revoke(db: Database, call: Call, account_id: int, reason: str | None) -> Result:
    """End an account: its next request is refused, its sockets close within seconds."""

    async def work(session: Session) -> Result:
        account = await service_accounts.by_id(session, call.viewer.realm, account_id, hold=True)
        missing = not_found(call, "serviceAccount", "该系统账号", "The service account")
        if account is None:
            require_role(call, "吊销系统账号", "SERVICE_ACCOUNT_REVOKE")
            raise missing
        try:
            await require_keeper(session, call, account.service_provider_id, "吊销系统账号", "SERVICE_ACCOUNT_REVOKE")
        except Refusal as refusal:
            raise missing if refusal.code is Code.NOT_FOUND else refusal from None
        words = texts.reason(reason)
        if account.revoked_at is None:
            ended = {"revoked_at": call.now, "revoked_by": call.viewer.principal, "revoke_reason": words}
            await service_accounts.change(session, account.id, ended)
            await rights.revoke(session, principal_of(account.id), None, By(call.viewer.principal, words, call.now))
        result = Result(0, 0, object_id=account.id)
        await once.settle(session, call, result)
        return result

    return await once.once(db, call, work)


async def of_provider(db: Database, viewer: Viewer, provider_id: int) -> list[AccountRow]:
    """Nothing for who does not keep them."""
    if not keeps(viewer, provider_id):
        return []
    async with db.read() as session:
        return await service_accounts.of_provider(session, viewer.realm, provider_id, 100)


def keeps(viewer: Viewer, provider_id: int) -> bool:
    """Whether somebody keeps a provider's accounts and webhooks: its own administrator, or who manages rights."""
    return any(
        grant.role is Role.SECURITY_ADMIN
        or (
            grant.role is Role.PROVIDER_ADMIN
            and grant.kind is ScopeKind.SERVICE_PROVIDER
            and grant.value == str(provider_id)
        )
        for grant in viewer.grants
    )


def require_role(call: Call, action: str, action_name: str) -> None:
    if not call.viewer.roles & {Role.SECURITY_ADMIN, Role.PROVIDER_ADMIN}:
        raise Refusal(Code.FORBIDDEN, action=action, action_name=action_name)


async def require_keeper(session: Session, call: Call, provider_id: int, action: str, action_name: str) -> None:
    require_role(call, action, action_name)
    provider = await catalogue.by_id(session, catalogue.service_providers, provider_id)
    if provider is None or not keeps(call.viewer, provider_id):
        raise not_found(call, "serviceProvider", "该服务商", "The service provider")


async def claims_of(db: Database, key: str, now: datetime) -> Claims:
    """Whom a key stands for. Whatever is wrong with it, the answer is the same."""
    async with db.read() as session:
        account = await service_accounts.by_key_hash(session, hash_of(key))
    if account is None or account.revoked_at is not None or account.expires_at <= now:
        raise Refusal(Code.UNAUTHENTICATED, detail="the key is not valid")
    return Claims(
        subject=principal_of(account.id),
        realm=account.realm,
        grants=((Role.PROVIDER_STAFF, account.provider_code),),
        name=account.name,
        issued_at=account.created_at,
        expires_at=account.expires_at,
        token_id=account.key_hash,
        key_scopes=frozenset(KeyScope[scope] for scope in account.scopes),
    )
