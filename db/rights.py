"""Grants and revocations: numbered from the counter row, so that who polls the journal sees that they moved.

Where there is a word about (realm, principal), these are its rights in place of what its tokens claim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from db.database import Session
from db.tables import JournalCounter, Revocation, RoleGrant
from db.vocabulary import Realm, Role

_counter: Any = JournalCounter.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_revocations: Any = Revocation.__table__  # type: ignore[attr-defined]
_grants: Any = RoleGrant.__table__  # type: ignore[attr-defined]

_NUMBER = (
    update(_counter)
    .where(_counter.c.id == 1)
    .values(rights_version=_counter.c.rights_version + 1)
    .returning(_counter.c.rights_version)
)
_WORDS = (
    select(_grants.c.role, _grants.c.scope_code, _grants.c.is_held)
    .where(_grants.c.realm == bindparam("realm", type_=_grants.c.realm.type))
    .where(_grants.c.principal == bindparam("principal"))
    .order_by(_grants.c.version)
)
_REVOKED_AFTER = (
    select(_revocations.c.version, _revocations.c.principal, _revocations.c.token_id, _revocations.c.revoked_at)
    .where(_revocations.c.version > bindparam("version"))
    .where(_revocations.c.revoked_at > bindparam("since", type_=_revocations.c.revoked_at.type))
    .order_by(_revocations.c.version)
)
_CHANGED_AFTER = (
    select(_grants.c.version, _grants.c.realm, _grants.c.principal)
    .where(_grants.c.version > bindparam("version"))
    .order_by(_grants.c.version)
)


@dataclass(frozen=True, slots=True)
class By:
    """Who decides, why and when."""

    who: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Revoked:
    version: int
    principal: str
    token_id: str | None  # None: every token issued until then
    at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    version: int
    realm: Realm
    principal: str


async def revoke(session: Session, principal: str, token_id: str | None, by: By) -> int:
    version = await _number(session)
    await session.execute(
        insert(_revocations).values(
            version=version, principal=principal, token_id=token_id,
            reason=by.reason, revoked_by=by.who, revoked_at=by.at,
        )
    )  # fmt: skip
    return version


async def say(
    session: Session, realm: Realm, principal: str, role: Role, scope_code: str, by: By, *, is_held: bool
) -> int:
    """Give a role, or take it back."""
    version = await _number(session)
    await session.execute(
        insert(_grants).values(
            version=version, realm=realm, principal=principal, role=role, scope_code=scope_code, is_held=is_held,
            reason=by.reason, changed_by=by.who, changed_at=by.at,
        )
    )  # fmt: skip
    return version


async def _number(session: Session) -> int:
    # Its lock is held until commit: numbers follow commits, so a reader that saw one has seen all below it.
    number: int = (await session.execute(_NUMBER)).scalar_one()
    return number


async def held(session: Session, realm: Realm, principal: str) -> list[tuple[Role, str]] | None:
    """The roles of a principal in the order they were given, perhaps none; None: tokens speak for themselves."""
    words: dict[tuple[Role, str], bool] = {}
    for row in await session.execute(_WORDS, {"realm": realm, "principal": principal}):
        words.pop((row.role, row.scope_code), None)
        words[row.role, row.scope_code] = row.is_held
    return [right for right, is_held in words.items() if is_held] if words else None


async def revoked_after(session: Session, version: int, since: datetime) -> Sequence[Revoked]:
    """Revocations numbered above `version` and later than `since`."""
    rows = await session.execute(_REVOKED_AFTER, {"version": version, "since": since})
    return [Revoked(row.version, row.principal, row.token_id, row.revoked_at) for row in rows]


async def times_revoked(session: Session, principal: str) -> int:
    """How often every token of a principal was revoked, or of one that is numbered after it: `name/1`."""
    is_named = (_revocations.c.principal == principal) | _revocations.c.principal.startswith(f"{principal}/")
    statement = select(func.count()).where(is_named, _revocations.c.token_id.is_(None))
    return int((await session.execute(statement)).scalar_one())


async def changed_after(session: Session, version: int) -> Sequence[Changed]:
    """Changes of grants numbered above `version`."""
    rows = await session.execute(_CHANGED_AFTER, {"version": version})
    return [Changed(row.version, row.realm, row.principal) for row in rows]
