"""Demands for action on a case, and what was replied."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, Instant, Words
from db.vocabulary import Realm, Role
from db.vocabulary.expediting import ExpediteKind


class ExpediteOrder(SQLModel, table=True):
    """督办. It ends with a reply; where the case ends before (withdrawn, say), nobody waits for one any more."""

    __tablename__ = "expedite_orders"
    __table_args__ = (
        Index("ix_expedite_orders_case", "case_id", "id"),
        Index("ix_expedite_orders_realm", "realm", "id"),
        # The queue of those that wait for their reply, however many were answered.
        Index(
            "ix_expedite_orders_open",
            "realm",
            "id",
            sqlite_where=text("replied_at IS NULL"),
            postgresql_where=text("replied_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int  # of the case
    kind: ExpediteKind = Field(sa_type=Words(ExpediteKind))
    reason: str = Field(max_length=200)
    department_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="departments.id")  # None: the centre
    centre_code: str = Field(sa_type=CODE, foreign_key="divisions.code")  # that held the case
    issued_at: datetime = Field(sa_type=Instant)
    issued_by: str = Field(max_length=120)  # principal
    issued_role: Role = Field(sa_type=Words(Role))
    reply_by: datetime = Field(sa_type=Instant)
    replied_at: datetime | None = Field(default=None, sa_type=Instant)
    replied_by: str | None = Field(default=None, max_length=120)  # principal
    reply: str | None = Field(default=None, sa_type=Text)
