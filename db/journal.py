"""The journal: one row per change, densely numbered in commit order. The truth of what happened.

`append` is the last act of a transaction: the counter row's lock is held until commit and every writer waits on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from secrets import token_hex
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from db.database import ANNOUNCED, Session
from db.scope import CaseColumns
from db.tables import JournalCounter, JournalRow
from db.vocabulary import CaseAction, Happening, Realm, Role, SubjectKind

_counter = JournalCounter.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_journal = JournalRow.__table__  # type: ignore[attr-defined]


_COUNT_ON = (
    update(_counter).where(_counter.c.id == 1).values(seq=_counter.c.seq + bindparam("by")).returning(_counter.c.seq)
)
_ADD_EVENTS = insert(_journal)
_AFTER = select(_journal).where(_journal.c.seq > bindparam("seq")).order_by(_journal.c.seq).limit(bindparam("limit"))
_POSITION = select(_counter).where(_counter.c.id == 1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of one subject, before it has a number."""

    realm: Realm
    subject_id: int
    version: int
    action: CaseAction | Happening
    actor_role: Role
    at: datetime
    before: CaseColumns | None  # None for a new case, and for every other subject
    after: CaseColumns  # of another subject than a case only its place
    snapshot: Mapping[str, Any]  # own, non-personal columns after the change
    subject_kind: SubjectKind = SubjectKind.CASE


def notice(
    realm: Realm,
    kind: SubjectKind,
    subject_id: int,
    version: int,
    *,
    path: str,
    role: Role,
    at: datetime,
    columns: Mapping[str, Any] | None = None,
) -> Entry:
    """A change of something that is not a case, at a division: versions of one subject count from 1 without a hole.

    `columns` go into the journal as they are: nothing personal.
    """
    happening = Happening.ADDED if version == 1 else Happening.CHANGED
    where = CaseColumns(path, None, None, (), "", "", "", None, "")
    return Entry(realm, subject_id, version, happening, role, at, None, where, columns or {}, kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event(Entry):
    seq: int


@dataclass(frozen=True, slots=True)
class Position:
    epoch: str
    seq: int
    compacted_to: int
    rights_version: int


async def append(session: Session, entries: Sequence[Entry]) -> int:
    """Number and write `entries`; the last number is returned and rung after the commit."""
    last: int = (await session.execute(_COUNT_ON, {"by": len(entries)})).scalar_one()
    first = last - len(entries) + 1
    await session.execute(
        _ADD_EVENTS,
        [
            {
                "seq": first + offset,
                "realm": entry.realm,
                "subject_kind": entry.subject_kind,
                "subject_id": entry.subject_id,
                "subject_version": entry.version,
                "action": entry.action,
                "actor_role": entry.actor_role,
                "at": entry.at,
                "before": None if entry.before is None else _stored(entry.before),
                "after": _stored(entry.after),
                "snapshot": dict(entry.snapshot),
            }
            for offset, entry in enumerate(entries)
        ],
    )
    session.info[ANNOUNCED] = last
    return last


async def after(session: Session, seq: int, limit: int) -> list[Event]:
    """Events numbered above `seq`, oldest first, at most `limit`.

    Numbers are dense: the first event is `seq + 1` or there is none yet.
    """
    return [_event(row) for row in await session.execute(_AFTER, {"seq": seq, "limit": limit})]


async def renew_epoch(session: Session, instead_of: str | None = None) -> str | None:
    """Let all cursors point nowhere: the history they were made for is not this one. The new epoch.

    `instead_of` an epoch: only if it is still the present one, so that whoever notices first decides; else None.
    """
    epoch = token_hex(6)
    statement = update(_counter).where(_counter.c.id == 1).values(epoch=epoch)
    if instead_of is not None:
        statement = statement.where(_counter.c.epoch == instead_of)
    return epoch if (await session.execute(statement)).rowcount else None


async def position(session: Session) -> Position:
    row = (await session.execute(_POSITION)).one()
    return Position(row.epoch, row.seq, row.compacted_to, row.rights_version)


def _event(row: Row[Any]) -> Event:
    return Event(
        realm=row.realm,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        version=row.subject_version,
        action=row.action,
        actor_role=row.actor_role,
        at=row.at,
        before=None if row.before is None else _columns(row.before),
        after=_columns(row.after),
        snapshot=row.snapshot,
        seq=row.seq,
    )


_NAMES = tuple(one.name for one in fields(CaseColumns))


def _stored(columns: CaseColumns) -> dict[str, Any]:
    return {name: getattr(columns, name) for name in _NAMES}


def _columns(stored: dict[str, Any]) -> CaseColumns:
    """As they were written; what an older release did not write is empty."""
    columns: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    return CaseColumns(**columns)
