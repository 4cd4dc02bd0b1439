"""Webhooks, what they are owed, and what became of each message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, exists, insert, select, union_all, update

from db.database import Session
from db.tables import Webhook, WebhookAttempt, WebhookDelivery
from db.vocabulary import Realm
from db.vocabulary.integration import WebhookDeliveryState

WebhookRow = Any
DeliveryRow = Any

hooks: Any = Webhook.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
deliveries: Any = WebhookDelivery.__table__  # type: ignore[attr-defined]
attempts: Any = WebhookAttempt.__table__  # type: ignore[attr-defined]

W = WebhookDeliveryState


async def active(session: Session) -> list[WebhookRow]:
    """Those that are owed something: paused ones too, whose messages wait."""
    return list(await session.execute(select(hooks).where(hooks.c.ended_at.is_(None)).order_by(hooks.c.id)))


async def by_id(session: Session, realm: Realm, hook_id: int, *, hold: bool = False) -> WebhookRow | None:
    statement = select(hooks).where(hooks.c.id == hook_id, hooks.c.realm == realm)
    return (await session.execute(statement.with_for_update() if hold else statement)).one_or_none()


async def of_provider(session: Session, realm: Realm, provider_id: int) -> list[WebhookRow]:
    """The newest first."""
    statement = select(hooks).where(hooks.c.service_provider_id == provider_id, hooks.c.realm == realm)
    return list(await session.execute(statement.order_by(hooks.c.id.desc()).limit(100)))


async def add(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(insert(hooks).values(**values).returning(hooks.c.id))).scalar_one())


async def change(session: Session, hook_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(hooks).where(hooks.c.id == hook_id).values(**values))


async def move_on(session: Session, ids: Iterable[int], epoch: str, position: int) -> None:
    """They are owed nothing up to `position` that is not a delivery by now."""
    await session.execute(update(hooks).where(hooks.c.id.in_(list(ids))).values(epoch=epoch, position=position))


async def owe(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    await session.execute(insert(deliveries), [dict(row) for row in rows])


async def drop_waiting(session: Session, hook_id: int) -> None:
    await session.execute(
        update(deliveries).where(deliveries.c.webhook_id == hook_id, deliveries.c.state == W.WAITING)
        .values(state=W.DROPPED)
    )  # fmt: skip


async def with_due(session: Session, now: datetime) -> list[int]:
    """Webhooks that have a message whose time has come; paused ones do not."""
    has_due = exists().where(
        deliveries.c.webhook_id == hooks.c.id, deliveries.c.state == W.WAITING, deliveries.c.next_at <= now
    )
    statement = select(hooks.c.id).where(hooks.c.is_active, hooks.c.ended_at.is_(None), has_due)
    return list((await session.execute(statement.order_by(hooks.c.id))).scalars())


async def due(session: Session, now: datetime, away: Mapping[int, Sequence[int]], most: int) -> list[DeliveryRow]:
    """Messages to send now, at most so many of each of these webhooks, the longest due first; of each order the
    oldest that waits. `away`: what is on its way, by webhook. What waits for one makes no other's dearer to find."""
    firsts = [select(_first(now, hook_id, ids, most).subquery().c.id) for hook_id, ids in away.items()]
    statement = (
        select(
            deliveries.c.id, deliveries.c.key, deliveries.c.body, deliveries.c.attempts, deliveries.c.webhook_id,
            hooks.c.url, hooks.c.secret_version, hooks.c.old_secret_until, hooks.c.realm,
            hooks.c.service_provider_id,
        )
        .join(hooks, hooks.c.id == deliveries.c.webhook_id)
        .where(deliveries.c.id.in_(union_all(*firsts)), hooks.c.is_active, hooks.c.ended_at.is_(None))
        .order_by(deliveries.c.next_at, deliveries.c.id)
    )  # fmt: skip
    return list(await session.execute(statement))


def _first(now: datetime, hook_id: int, away: Sequence[int], most: int) -> Any:
    older = deliveries.alias()
    is_behind = exists().where(
        older.c.webhook_id == deliveries.c.webhook_id,
        older.c.work_order_id == deliveries.c.work_order_id,
        older.c.state == W.WAITING,
        older.c.id < deliveries.c.id,
        ~older.c.is_loose,
        ~deliveries.c.is_loose,
    )
    return (
        select(deliveries.c.id)
        .where(deliveries.c.webhook_id == hook_id, deliveries.c.state == W.WAITING, deliveries.c.next_at <= now)
        .where(~is_behind, deliveries.c.id.not_in(list(away)))
        .order_by(deliveries.c.next_at, deliveries.c.id)
        .limit(most)
    )


_RECORD = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("which"), deliveries.c.state == W.WAITING)
    .values(
        state=bindparam("now_state"), attempts=deliveries.c.attempts + 1, next_at=bindparam("again_at"),
        delivered_at=bindparam("arrived_at"), last_status=bindparam("status"), last_error=bindparam("error"),
    )
)  # fmt: skip


async def record(session: Session, outcomes: Sequence[Mapping[str, Any]], log: Sequence[Mapping[str, Any]]) -> None:
    """What became of attempts; a message that was dropped meanwhile stays dropped."""
    await session.execute(_RECORD, [dict(one) for one in outcomes])
    await session.execute(insert(attempts), [dict(one) for one in log])


async def delivery(session: Session, realm: Realm, delivery_id: int) -> DeliveryRow | None:
    statement = (
        select(deliveries, hooks.c.service_provider_id, hooks.c.ended_at)
        .join(hooks, hooks.c.id == deliveries.c.webhook_id)
        .where(deliveries.c.id == delivery_id, hooks.c.realm == realm)
    )
    return (await session.execute(statement)).one_or_none()


async def never_arrived(session: Session, order_ids: Sequence[int]) -> frozenset[int]:
    """Those of the orders of which something was to be sent and nothing arrived."""
    states: dict[int, set[WebhookDeliveryState]] = {}
    statement = (
        select(deliveries.c.work_order_id, deliveries.c.state)
        .where(deliveries.c.work_order_id.in_(list(order_ids)))
        .distinct()
    )
    for row in await session.execute(statement):
        states.setdefault(row.work_order_id, set()).add(row.state)
    return frozenset(one for one, found in states.items() if W.DELIVERED not in found and found - {W.DROPPED})


async def send_again(session: Session, delivery_id: int, now: datetime) -> None:
    values = {"state": W.WAITING, "attempts": 0, "next_at": now, "delivered_at": None}
    await session.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(**values))


async def page(
    session: Session, hook_id: int, state: WebhookDeliveryState | None, *, first: int, before_id: int | None
) -> list[DeliveryRow]:
    """The newest first."""
    statement = select(deliveries).where(deliveries.c.webhook_id == hook_id)
    if state is not None:
        statement = statement.where(deliveries.c.state == state)
    if before_id is not None:
        statement = statement.where(deliveries.c.id < before_id)
    return list(await session.execute(statement.order_by(deliveries.c.id.desc()).limit(first)))


async def attempts_by_delivery(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {one: [] for one in ids}
    statement = select(attempts).where(attempts.c.delivery_id.in_(ids)).order_by(attempts.c.id)
    for row in await session.execute(statement):
        found[row.delivery_id].append(row)
    return found


async def forget_old(session: Session, before: datetime, limit: int) -> int:
    """Remove messages that were delivered or dropped long ago, and their log."""
    old = (
        select(deliveries.c.id)
        .where(deliveries.c.state.in_([W.DELIVERED, W.DROPPED]), deliveries.c.created_at < before)
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    ids = list((await session.execute(old)).scalars())
    if ids:
        await session.execute(delete(attempts).where(attempts.c.delivery_id.in_(ids)))
        await session.execute(delete(deliveries).where(deliveries.c.id.in_(ids)))
    return len(ids)
