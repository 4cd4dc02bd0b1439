"""How answers reach people: attempts with their receipts, and the systems that carry them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Channel, Realm, Role
from db.vocabulary.deliveries import DeliveryState


class Delivery(SQLModel, table=True):
    """One attempt to bring one response to who handed the case in, on one channel."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_case", "case_id", "id"),
        Index("ix_deliveries_response", "response_id", "attempt", unique=True),
        Index(
            "ix_deliveries_due",
            "due_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        # What waits is few, whatever was delivered since the beginning.
        Index(
            "ix_deliveries_waiting",
            "realm",
            "channel",
            "id",
            sqlite_where=text("settled_at IS NULL"),
            postgresql_where=text("settled_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    response_id: int = Field(sa_type=BIG_ID, foreign_key="responses.id")
    division_path: str = Field(sa_type=PATH)  # of the case when it was made
    attempt: int  # 1, 2, ... of its response
    channel: Channel = Field(sa_type=Words(Channel))
    state: DeliveryState = Field(sa_type=Words(DeliveryState))
    created_at: datetime = Field(sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)  # delivered or failed
    due_at: datetime | None = Field(default=None, sa_type=Instant)  # when SYSTEM goes on to the next channel
    reporter: str | None = Field(default=None, max_length=120)  # principal
    reporter_role: Role | None = Field(default=None, sa_type=Words(Role))
    external_ref: str | None = Field(default=None, max_length=80)  # number of the carrying system
    note: str | None = Field(default=None, max_length=200)  # internal: who was reached, or what was tried


class Gateway(SQLModel, table=True):
    """A source system that carries answers of a channel for a division and below."""

    __tablename__ = "gateways"

    realm: Realm = Field(primary_key=True, sa_type=Words(Realm))
    channel: Channel = Field(primary_key=True, sa_type=Words(Channel))
    account: str = Field(primary_key=True, max_length=120)  # of the SOURCE_SYSTEM
    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)
