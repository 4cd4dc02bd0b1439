"""Attempts to bring answers to people, and the systems that carry them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, literal, select, update

from db.cases import cases, responses, rows_by_case
from db.database import Session
from db.scope import Scope
from db.tables import Delivery, Gateway
from db.visible import in_scope, under
from db.vocabulary import Channel, Realm
from db.vocabulary.deliveries import DeliveryState

DeliveryRow = Any

deliveries: Any = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
gateways: Any = Gateway.__table__  # type: ignore[attr-defined]

_ADD = insert(deliveries)


async def add(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(_ADD, values)


async def by_case(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await rows_by_case(session, deliveries, ids, deliveries.c.id)


async def by_id_without_scope(session: Session, delivery_id: int) -> DeliveryRow | None:
    """An attempt, to see which case to hold; what may be done with it is decided under that lock."""
    return (await session.execute(select(deliveries).where(deliveries.c.id == delivery_id))).one_or_none()


async def change(session: Session, delivery_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(**values))


async def cancel_open(session: Session, response_id: int, at: datetime) -> None:
    """Stop what is still on its way of a response that has arrived."""
    statement = update(deliveries).where(deliveries.c.response_id == response_id, deliveries.c.settled_at.is_(None))
    await session.execute(statement.values(state=DeliveryState.CANCELLED, settled_at=at, due_at=None))


async def count_of(session: Session, response_id: int, channel: Channel) -> int:
    """How often a response was tried on a channel."""
    statement = select(func.count()).where(deliveries.c.response_id == response_id, deliveries.c.channel == channel)
    return int((await session.execute(statement)).scalar_one())


async def response(session: Session, response_id: int) -> Any:
    return (await session.execute(select(responses).where(responses.c.id == response_id))).one()


async def change_response(session: Session, response_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(responses).where(responses.c.id == response_id).values(**values))


async def due_without_scope(session: Session, now: datetime, limit: int) -> list[DeliveryRow]:
    """Attempts whose receipt was waited for long enough, of both realms, the longest waiting first."""
    statement = select(deliveries).where(deliveries.c.due_at <= now).order_by(deliveries.c.due_at).limit(limit)
    return list(await session.execute(statement))


def waiting(scope: Scope, *, path: str | None, channels: Sequence[Channel]) -> list[ColumnElement[bool]]:
    """Attempts without an outcome whose case is in scope."""
    visible = select(cases.c.id).where(cases.c.id == deliveries.c.case_id, in_scope(scope))
    clauses = [deliveries.c.settled_at.is_(None), deliveries.c.realm == scope.realm, visible.exists()]
    if path is not None:
        clauses.append(under(deliveries.c.division_path, path))
    if channels:
        clauses.append(deliveries.c.channel.in_(channels))
    return clauses


async def page(
    session: Session, clauses: Sequence[ColumnElement[bool]], *, first: int, after_id: int | None
) -> list[DeliveryRow]:
    """Oldest first: whoever waits longest comes first."""
    statement = select(deliveries).where(*clauses)
    if after_id is not None:
        statement = statement.where(deliveries.c.id > after_id)
    return list(await session.execute(statement.order_by(deliveries.c.id).limit(first)))


async def count(session: Session, clauses: Sequence[ColumnElement[bool]]) -> int:
    return int((await session.execute(select(func.count()).select_from(deliveries).where(*clauses))).scalar_one())


# -- who carries them


async def carries(session: Session, realm: Realm, channel: Channel, account: str, path: str) -> bool:
    """Whether a system carries answers of a channel for the place."""
    statement = select(gateways.c.path).where(*_of(realm, channel, account))
    return any(path.startswith(one) for one in (await session.execute(statement)).scalars())


async def is_gateway(session: Session, realm: Realm, channel: Channel, account: str) -> bool:
    """Whether a system carries answers of a channel anywhere."""
    statement = select(gateways.c.path).where(*_of(realm, channel, account)).limit(1)
    return (await session.execute(statement)).first() is not None


def _of(realm: Realm, channel: Channel, account: str) -> list[ColumnElement[bool]]:
    return [gateways.c.realm == realm, gateways.c.channel == channel, gateways.c.account == account]


async def to_take(session: Session, realm: Realm, channel: Channel, account: str, limit: int) -> list[Any]:
    """What a system has to carry next, oldest first, with the words and the number: personal. Held until the
    transaction ends; what another process holds is passed by."""
    places = select(literal(1)).where(
        *_of(realm, channel, account),
        func.substr(deliveries.c.division_path, 1, func.length(gateways.c.path)) == gateways.c.path,
    )
    statement = (
        _message()
        .where(
            deliveries.c.realm == realm,
            deliveries.c.channel == channel,
            deliveries.c.state == DeliveryState.PENDING,
            deliveries.c.settled_at.is_(None),
            places.exists(),
        )
        .order_by(deliveries.c.id)
        .limit(limit)
        .with_for_update(of=deliveries, skip_locked=True)
    )
    return list(await session.execute(statement))


async def messages(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    """The same of attempts that were taken."""
    return {row.delivery_id: row for row in await session.execute(_message().where(deliveries.c.id.in_(ids)))}


def _message() -> Any:
    """Of each: its id, the words, and what number and telephone of its case are made of."""
    return (
        select(
            deliveries.c.id.label("delivery_id"),
            responses.c.text,
            cases.c.id,
            cases.c.submitter_phone,
            cases.c.realm,
            cases.c.division_code,
            cases.c.submitted_at,
        )
        .join(responses, responses.c.id == deliveries.c.response_id)
        .join(cases, cases.c.id == deliveries.c.case_id)
    )


async def take(session: Session, ids: Sequence[int], at: datetime, due_at: datetime | None) -> None:
    await session.execute(
        update(deliveries).where(deliveries.c.id.in_(ids)).values(state=DeliveryState.SENT, sent_at=at, due_at=due_at)
    )


async def let_carry(session: Session, values: Mapping[str, Any]) -> None:
    """Name a system that carries answers; naming it again changes nothing."""
    there = select(gateways.c.path).where(
        *_of(values["realm"], values["channel"], values["account"]),
        gateways.c.division_code == values["division_code"],
    )
    if (await session.execute(there)).first() is None:
        await session.execute(insert(gateways).values(**values))
