"""What service providers' systems said of their orders, each thing once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant, Words
from db.vocabulary import Realm
from db.vocabulary.integration import WorkOrderUpdateKind, WorkOrderUpdateOutcome


class OrderAlias(SQLModel, table=True):
    """What an order is called in its provider's system, and how far that has counted."""

    __tablename__ = "order_aliases"
    __table_args__ = (UniqueConstraint("service_provider_id", "realm", "external_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    service_provider_id: int = Field(sa_type=BIG_ID, foreign_key="service_providers.id")
    external_id: str = Field(max_length=64)
    work_order_id: int = Field(sa_type=BIG_ID, foreign_key="work_orders.id")
    last_seq: int = Field(sa_type=BIG_ID)


class OrderUpdate(SQLModel, table=True):
    """One thing that was said and dealt with."""

    __tablename__ = "order_updates"
    __table_args__ = (
        UniqueConstraint("alias_id", "external_seq"),
        Index("ix_order_updates_order", "work_order_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    alias_id: int = Field(sa_type=BIG_ID, foreign_key="order_aliases.id")
    external_seq: int = Field(sa_type=BIG_ID)
    work_order_id: int = Field(sa_type=BIG_ID, foreign_key="work_orders.id")
    kind: WorkOrderUpdateKind = Field(sa_type=Words(WorkOrderUpdateKind))
    outcome: WorkOrderUpdateOutcome = Field(sa_type=Words(WorkOrderUpdateOutcome))
    code: str | None = Field(default=None, max_length=40)  # why it was only kept
    text: str | None = Field(default=None, max_length=4_000)
    at: datetime = Field(sa_type=Instant)
