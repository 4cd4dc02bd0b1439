"""Who may do what, where the installation decides it, and whose tokens have ended. Both are only ever appended to:
they are the record of who changed what, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant, Words
from db.vocabulary import Realm, Role


class Revocation(SQLModel, table=True):
    """The end of a token, or of every token that a principal holds at that moment, in both realms."""

    __tablename__ = "revocations"

    version: int = Field(primary_key=True, sa_type=BIG_ID, sa_column_kwargs={"autoincrement": False})
    principal: str = Field(max_length=120)
    token_id: str | None = Field(default=None, max_length=120)  # None: all of them
    reason: str = Field(max_length=200)
    revoked_by: str = Field(max_length=120)
    revoked_at: datetime = Field(sa_type=Instant)


class RoleGrant(SQLModel, table=True):
    """One word about a role of a principal: given, or taken back. The last word about (role, scope) counts."""

    __tablename__ = "grants"
    __table_args__ = (Index("ix_grants_principal", "realm", "principal", "version"),)

    version: int = Field(primary_key=True, sa_type=BIG_ID, sa_column_kwargs={"autoincrement": False})
    realm: Realm = Field(sa_type=Words(Realm))
    principal: str = Field(max_length=120)
    role: Role = Field(sa_type=Words(Role))
    scope_code: str = Field(max_length=120)  # as tokens name it: division, grid, unit, provider or account
    is_held: bool
    reason: str = Field(max_length=200)
    changed_by: str = Field(max_length=120)
    changed_at: datetime = Field(sa_type=Instant)
