"""What is said about a work order while it is worked on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant, Words
from db.vocabulary import Role
from db.vocabulary.outsourcing import OrderRequestKind


class OrderNote(SQLModel, table=True):
    """A note of progress."""

    __tablename__ = "order_notes"
    __table_args__ = (Index("ix_order_notes_order", "work_order_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    work_order_id: int = Field(sa_type=BIG_ID, foreign_key="work_orders.id")
    round: int
    text: str = Field(sa_type=Text)
    actor: str = Field(max_length=120)
    actor_role: Role = Field(sa_type=Words(Role))
    at: datetime = Field(sa_type=Instant)


class OrderRequest(SQLModel, table=True):
    """What a service provider asked, and what the department answered."""

    __tablename__ = "order_requests"
    __table_args__ = (Index("ix_order_requests_order", "work_order_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    work_order_id: int = Field(sa_type=BIG_ID, foreign_key="work_orders.id")
    kind: OrderRequestKind = Field(sa_type=Words(OrderRequestKind))
    text: str = Field(sa_type=Text)
    wanted_due_at: datetime | None = Field(default=None, sa_type=Instant)
    wanted_unit_price_cents: int | None = None
    asked_by: str = Field(max_length=120)
    asked_at: datetime = Field(sa_type=Instant)
    answer: str | None = Field(default=None, sa_type=Text)
    is_granted: bool | None = None  # of what asks for a decision
    answered_by: str | None = Field(default=None, max_length=120)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)


class OrderContact(SQLModel, table=True):
    """Whom to ask for at the place of an order, never its submitter. Personal: it stands here, apart from the order,
    because orders are told to the journal; and it is removed in the step that ends the order."""

    __tablename__ = "order_contacts"

    work_order_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="work_orders.id")
    who: str = Field(max_length=80)
    phone: str = Field(max_length=20)
    note: str | None = Field(default=None, max_length=200)
    given_by: str = Field(max_length=120)
    given_at: datetime = Field(sa_type=Instant)
