"""Work orders as their service provider follows them: what the journal is told of an order, and lists of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select
from sqlalchemy.types import String

from db.cases import cases, work_orders
from db.database import ORDERS_TOLD, Session
from db.journal import Entry
from db.scope import CaseColumns, Scope, ScopeKind
from db.tables.columns import Instant, Words
from db.vocabulary import Realm, SubjectKind

# What people wrote stays out of the journal; whoever may see the order reads it with the order.
SPOKEN = frozenset(
    column.name for column in work_orders.c if isinstance(column.type, String) and not isinstance(column.type, Words)
)
_OWN = tuple(column.name for column in work_orders.c if column.name not in SPOKEN)
_INSTANTS = frozenset(column.name for column in work_orders.c if isinstance(column.type, Instant))
_WORDS = {column.name: column.type.word for column in work_orders.c if isinstance(column.type, Words)}


def snapshot_of(row: Any) -> dict[str, Any]:
    return {name: value for name in _OWN if (value := getattr(row, name)) is not None}


def as_of(snapshot: Mapping[str, Any], now: Any) -> Any:
    """The order as it was when the event happened; words as they are now."""
    values: dict[str, Any] = {name: getattr(now, name) for name in SPOKEN} | dict.fromkeys(_OWN)
    for name, value in snapshot.items():
        if name in _INSTANTS and value is not None:
            value = datetime.fromisoformat(value)
        elif name in _WORDS and value is not None:
            value = _WORDS[name](value)
        values[name] = value
    return SimpleNamespace(**values)


def changed(session: Session) -> list[tuple[Any, bool | None]]:
    """Orders that this transaction has changed since it was last asked, as they are now; and whether their provider
    saw them before (None: new)."""
    return session.info.pop(ORDERS_TOLD, [])  # type: ignore[no-any-return]


def told_with(told: Sequence[Entry], changed: Sequence[tuple[Any, bool | None]]) -> list[Entry]:
    """An entry for each change of an order, beside those of the cases."""
    by_case = {entry.subject_id: entry for entry in told if entry.subject_kind is SubjectKind.CASE}
    return [_entry(by_case[row.case_id], row, was_visible) for row, was_visible in changed]


def _entry(case: Entry, row: Any, was_visible: bool | None) -> Entry:
    def where(is_visible: bool) -> CaseColumns:
        # For its provider alone: whoever sees the case hears of its orders by the case's own events.
        provider = (row.service_provider_id,) if is_visible else ()
        return replace(
            case.after, grid_id=None, responsible_unit_id=None, service_provider_ids=provider, submitter_key="",
            shared_unit_ids=(), follower_keys=(),
        )  # fmt: skip

    return Entry(
        realm=case.realm,
        subject_id=row.id,
        version=row.version,
        action=case.action,
        actor_role=case.actor_role,
        at=case.at,
        before=None if was_visible is None else where(was_visible),
        after=where(row.is_visible),
        snapshot=snapshot_of(row),
        subject_kind=SubjectKind.WORK_ORDER,
    )


def providers_of(scope: Scope) -> list[int]:
    """Service providers somebody works for."""
    return sorted({int(grant.value) for grant in scope.grants if grant.kind is ScopeKind.SERVICE_PROVIDER})


async def page(
    session: Session, realm: Realm, providers: Iterable[int], *, only_open: frozenset[Any] | None, first: int,
    before_id: int | None,
) -> list[Any]:  # fmt: skip
    """Visible orders of these providers, newest first."""
    statement = (
        select(work_orders)
        .join(cases, cases.c.id == work_orders.c.case_id)
        .where(work_orders.c.service_provider_id.in_(sorted(providers)), work_orders.c.is_visible)
        .where(cases.c.realm == realm)
    )
    if only_open is not None:
        statement = statement.where(work_orders.c.state.in_(only_open))
    if before_id is not None:
        statement = statement.where(work_orders.c.id < before_id)
    return list(await session.execute(statement.order_by(work_orders.c.id.desc()).limit(first)))


async def own_by_ids(session: Session, scope: Scope, ids: Sequence[int]) -> dict[int, Any]:
    """Orders of the providers somebody works for, gone ones too: for who has just been told of them."""
    statement = (
        select(work_orders)
        .join(cases, cases.c.id == work_orders.c.case_id)
        .where(work_orders.c.id.in_(ids), work_orders.c.service_provider_id.in_(providers_of(scope)))
        .where(cases.c.realm == scope.realm)
    )
    return {row.id: row for row in await session.execute(statement)}


async def by_ids(session: Session, ids: Sequence[int]) -> dict[int, Any]:
    """Orders by id, without a scope: for messages to their own provider."""
    return {row.id: row for row in await session.execute(select(work_orders).where(work_orders.c.id.in_(ids)))}
