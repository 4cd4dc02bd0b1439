"""Webhooks of a service provider: where its orders are told, kept by itself."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from db import catalogue, journal, webhooks
from db.database import Database, Session
from db.scope import ScopeKind
from db.vocabulary.integration import KeyScope, WebhookDeliveryState
from db.webhooks import DeliveryRow, WebhookRow
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.service_accounts import keeps
from resolvers.viewer import Viewer

URL_MAX = 500
BOTH_SECRETS = timedelta(hours=24)
HOOKS_MOST = 5


def may_keep(viewer: Viewer, provider_id: int) -> bool:
    """Who keeps the provider's accounts, and its own systems with a key for it."""
    if viewer.claims is not None and viewer.claims.key_scopes is not None:
        is_own = any(
            one.kind is ScopeKind.SERVICE_PROVIDER and one.value == str(provider_id) for one in viewer.grants
        )
        return is_own and KeyScope.WEBHOOKS in viewer.claims.key_scopes
    return keeps(viewer, provider_id)


def checked_url(url: str, *, is_local: bool = False) -> str:
    """An address that could be sent to; where its name leads is looked at each time."""
    words = texts.text(url, "url", limit=URL_MAX)
    try:
        parts = urlsplit(words)
        is_good = (
            (parts.scheme == "https" or (is_local and parts.scheme == "http"))
            and bool(parts.hostname)
            and parts.username is None
            and not parts.fragment
            and (parts.port is None or 0 < parts.port < 65_536)
            and words.isascii()
            and not any(character.isspace() for character in words)
            and (is_local or not _is_inside(parts.hostname or ""))
        )
    except ValueError:
        is_good = False
    if not is_good:
        raise Refusal(Code.WEBHOOK_URL, field=["url"])
    return words


def _is_inside(host: str) -> bool:
    """Said outright; what a name hides is found out when it is sent to."""
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False


async def create(db: Database, call: Call, provider_id: int, url: str, *, is_local: bool) -> Result:
    """From now on what happens to the provider's orders is sent there."""

    async def work(session: Session) -> Result:
        provider = await catalogue.by_id(session, catalogue.service_providers, provider_id)
        _require_any(call)
        if provider is None or not may_keep(call.viewer, provider_id):
            raise not_found(call, "serviceProvider", "该服务商", "The service provider")
        known = await webhooks.of_provider(session, call.viewer.realm, provider_id)
        if sum(one.ended_at is None for one in known) >= HOOKS_MOST:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["serviceProvider"],
                expected=f"最多 {HOOKS_MOST} 个推送地址",
                expected_en=f"at most {HOOKS_MOST} webhooks",
            )
        position = await journal.position(session)
        hook_id = await webhooks.add(
            session,
            {
                "realm": call.viewer.realm,
                "service_provider_id": provider_id,
                "url": checked_url(url, is_local=is_local),
                "epoch": position.epoch,
                "position": position.seq,
                "created_by": call.viewer.principal,
                "created_at": call.now,
            },
        )
        return await _settled(session, call, hook_id)

    return await once.once(db, call, work)


async def change(
    db: Database, call: Call, hook_id: int, *, url: str | None, is_active: bool | None, is_local: bool
) -> Result:
    """Another address, a pause, or its end; what waits goes to the new address."""

    def values(hook: WebhookRow) -> dict[str, Any]:
        changed: dict[str, Any] = {} if url is None else {"url": checked_url(url, is_local=is_local)}
        return changed if is_active is None else changed | {"is_active": is_active}

    return await _change(db, call, hook_id, values)


async def rotate(db: Database, call: Call, hook_id: int) -> Result:
    """A new secret. For a day messages are signed with both."""

    def values(hook: WebhookRow) -> dict[str, Any]:
        return {"secret_version": hook.secret_version + 1, "old_secret_until": call.now + BOTH_SECRETS}

    return await _change(db, call, hook_id, values)


async def end(db: Database, call: Call, hook_id: int) -> Result:
    """Nothing more is sent there, and what waits is dropped."""

    async def work(session: Session) -> Result:
        hook = await _held(session, call, hook_id)
        await webhooks.change(session, hook.id, {"ended_at": call.now, "is_active": False})
        await webhooks.drop_waiting(session, hook.id)
        return await _settled(session, call, hook.id)

    return await once.once(db, call, work)


async def redeliver(db: Database, call: Call, delivery_id: int) -> Result:
    """Send a message again from the first attempt on, under the same key."""

    async def work(session: Session) -> Result:
        _require_any(call)
        found = await webhooks.delivery(session, call.viewer.realm, delivery_id)
        if found is None or found.ended_at is not None or not may_keep(call.viewer, found.service_provider_id):
            raise not_found(call, "delivery", "该推送记录", "The delivery")
        if found.state is not WebhookDeliveryState.WAITING:
            await webhooks.send_again(session, found.id, call.now)
        return await _settled(session, call, found.id)

    return await once.once(db, call, work)


async def of_provider(db: Database, viewer: Viewer, provider_id: int) -> list[WebhookRow]:
    """Nothing for who does not keep them."""
    if not may_keep(viewer, provider_id):
        return []
    async with db.read() as session:
        return await webhooks.of_provider(session, viewer.realm, provider_id)


async def kept(db: Database, viewer: Viewer, hook_id: int) -> WebhookRow | None:
    async with db.read() as session:
        hook = await webhooks.by_id(session, viewer.realm, hook_id)
    return hook if hook is not None and may_keep(viewer, hook.service_provider_id) else None


async def delivery_of(db: Database, viewer: Viewer, delivery_id: int) -> DeliveryRow | None:
    async with db.read() as session:
        found = await webhooks.delivery(session, viewer.realm, delivery_id)
    return found if found is not None and may_keep(viewer, found.service_provider_id) else None


async def _change(db: Database, call: Call, hook_id: int, values: Callable[[WebhookRow], dict[str, Any]]) -> Result:
    async def work(session: Session) -> Result:
        hook = await _held(session, call, hook_id)
        if changed := values(hook):
            await webhooks.change(session, hook.id, changed)
        return await _settled(session, call, hook.id)

    return await once.once(db, call, work)


async def _held(session: Session, call: Call, hook_id: int) -> WebhookRow:
    _require_any(call)
    hook = await webhooks.by_id(session, call.viewer.realm, hook_id, hold=True)
    if hook is None or hook.ended_at is not None or not may_keep(call.viewer, hook.service_provider_id):
        raise not_found(call, "webhook", "该推送地址", "The webhook")
    return hook


def _require_any(call: Call) -> None:
    """Somebody who keeps no provider's webhooks at all hears that, and not which there are."""
    providers = [int(one.value) for one in call.viewer.grants if one.kind is ScopeKind.SERVICE_PROVIDER]
    if not any(may_keep(call.viewer, provider) for provider in [*providers, 0]):
        raise Refusal(Code.FORBIDDEN, action="管理推送", action_name="WEBHOOKS")


async def _settled(session: Session, call: Call, object_id: int) -> Result:
    result = Result(0, 0, object_id=object_id)
    await once.settle(session, call, result)
    return result
