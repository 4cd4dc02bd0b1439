"""Updates of service providers' systems: how far each order has counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from sqlalchemy import bindparam, insert, select, text, update

from db.database import Session
from db.tables import OrderAlias, OrderUpdate
from db.vocabulary import Realm

_aliases: Any = OrderAlias.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_updates: Any = OrderUpdate.__table__  # type: ignore[attr-defined]

_ALIASES = select(_aliases).where(
    _aliases.c.realm == bindparam("realm"),
    _aliases.c.service_provider_id.in_(bindparam("providers", expanding=True)),
    _aliases.c.external_id.in_(bindparam("external_ids", expanding=True)),
)
_KNOWN = select(_updates.c.alias_id, _updates.c.external_seq).where(
    _updates.c.alias_id.in_(bindparam("alias_ids", expanding=True)),
    _updates.c.external_seq.in_(bindparam("seqs", expanding=True)),
)
_ADD_ALIASES = insert(_aliases).returning(_aliases.c.id, sort_by_parameter_order=True)
_MOVE_ALIASES = update(_aliases).where(_aliases.c.id == bindparam("which")).values(last_seq=bindparam("seq"))
_ADD = insert(_updates)
_QUEUE_UP = text("SELECT pg_advisory_xact_lock(key) FROM unnest(CAST(:keys AS bigint[])) AS key")


@dataclass(slots=True)
class Alias:
    """What an order is called in its provider's system, and how far that has counted."""

    id: int | None  # None: of this transaction
    realm: Realm
    provider_id: int
    external_id: str
    order_id: int
    last_seq: int
    known: set[int] = field(default_factory=set)  # of the numbers asked about


@dataclass(slots=True)
class Counts:
    realm: Realm
    aliases: dict[tuple[int, str], Alias]
    news: list[tuple[Alias, dict[str, Any]]] = field(default_factory=list)  # as it was said

    def standing(self, external_id: str, order_id: int, seq: int) -> bool | None:
        """None where the number is news; else whether it was dealt with, or only overtaken."""
        for alias in self.aliases.values():
            if alias.external_id == external_id and alias.order_id == order_id and seq <= alias.last_seq:
                return seq in alias.known
        return None

    def is_taken(self, provider_id: int, external_id: str, order_id: int) -> bool:
        alias = self.aliases.get((provider_id, external_id))
        return alias is not None and alias.order_id != order_id

    def count(self, provider_id: int, external_id: str, order_id: int, seq: int, told: Mapping[str, Any]) -> None:
        alias = self.aliases.setdefault(
            (provider_id, external_id), Alias(None, self.realm, provider_id, external_id, order_id, -1)
        )
        alias.last_seq = seq
        alias.known.add(seq)
        self.news.append((alias, {"external_seq": seq, "work_order_id": order_id, **told}))


async def queue_up(session: Session, realm: Realm, providers: Sequence[int], names: Sequence[str]) -> None:
    """Whoever speaks of the same names of one provider waits here: what is new, and under which number, is decided by
    one at a time. All locks in one order, before any other of the transaction, so that nobody waits in a circle."""
    if session.dialect.name == "postgresql":  # SQLite has one writer anyway
        keys = sorted({_lock_key(realm, provider_id, name) for provider_id in providers for name in names})
        await session.execute(_QUEUE_UP, {"keys": keys})


def _lock_key(realm: Realm, provider_id: int, name: str) -> int:
    digest = blake2b(f"updates:{realm}:{provider_id}:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


async def counts(
    session: Session, realm: Realm, providers: Sequence[int], given: Sequence[tuple[str, int]]
) -> Counts:
    """How far orders have counted that go by these names, and which of these numbers are known."""
    asked = {"realm": realm, "providers": list(providers), "external_ids": sorted({name for name, _ in given})}
    found = {
        (row.service_provider_id, row.external_id): Alias(
            row.id, realm, row.service_provider_id, row.external_id, row.work_order_id, row.last_seq
        )
        for row in await session.execute(_ALIASES, asked)
    }
    old = {
        (alias.id, seq): alias
        for alias in found.values()
        for name, seq in given
        if name == alias.external_id and seq <= alias.last_seq
    }
    if old:
        wanted = {"alias_ids": sorted({id for id, _ in old if id}), "seqs": sorted({seq for _, seq in old})}
        for row in await session.execute(_KNOWN, wanted):
            if (row.alias_id, row.external_seq) in old:
                old[row.alias_id, row.external_seq].known.add(row.external_seq)
    return Counts(realm, found)


async def record(session: Session, counts: Counts) -> None:
    """Write down what is new."""
    told = list({id(alias): alias for alias, _ in counts.news}.values())
    fresh, old = [one for one in told if one.id is None], [one for one in told if one.id is not None]
    if fresh:
        rows = [
            {
                "realm": alias.realm, "service_provider_id": alias.provider_id, "external_id": alias.external_id,
                "work_order_id": alias.order_id, "last_seq": alias.last_seq,
            }
            for alias in fresh
        ]  # fmt: skip
        ids = (await session.execute(_ADD_ALIASES, rows)).scalars()
        for alias, alias_id in zip(fresh, ids, strict=True):
            alias.id = alias_id
    moved = [{"which": alias.id, "seq": alias.last_seq} for alias in old]
    if moved:
        await session.execute(_MOVE_ALIASES, moved)
    await session.execute(_ADD, [{"alias_id": alias.id, **one} for alias, one in counts.news])
