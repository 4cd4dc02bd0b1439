"""Messages to service providers' own systems: where to, what, and what became of each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant, Words
from db.vocabulary import Realm
from db.vocabulary.integration import WebhookDeliveryState, WebhookMessage


class Webhook(SQLModel, table=True):
    """An address of a provider's system. Its position in the journal is what it is owed from."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_provider", "service_provider_id", "realm", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    service_provider_id: int = Field(sa_type=BIG_ID, foreign_key="service_providers.id")
    url: str = Field(max_length=500)
    secret_version: int = 1  # the secret itself is derived, and kept nowhere
    old_secret_until: datetime | None = Field(default=None, sa_type=Instant)  # signed with both until then
    is_active: bool = True
    epoch: str = Field(max_length=16)  # of the journal that `position` counts in
    position: int = Field(sa_type=BIG_ID)  # everything up to here is a delivery, or no business of theirs
    created_by: str = Field(max_length=120)
    created_at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class WebhookDelivery(SQLModel, table=True):
    """One message; however often it is sent, its key stays the same."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "seq"),
        Index("ix_webhook_deliveries_log", "webhook_id", "id"),
        Index("ix_webhook_deliveries_arrived", "work_order_id", "state"),
        # Those that wait are few beside those that are done.
        Index(
            "ix_webhook_deliveries_due",
            "webhook_id",
            "next_at",
            "id",
            sqlite_where=text("state = 'WAITING'"),
            postgresql_where=text("state = 'WAITING'"),
        ),
        Index(
            "ix_webhook_deliveries_order",
            "webhook_id",
            "work_order_id",
            "id",
            sqlite_where=text("state = 'WAITING'"),
            postgresql_where=text("state = 'WAITING'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    webhook_id: int = Field(sa_type=BIG_ID, foreign_key="webhooks.id")
    key: str = Field(max_length=40, unique=True)  # the delivery id its receiver knows
    seq: int = Field(sa_type=BIG_ID)  # of the journal
    message: WebhookMessage = Field(sa_type=Words(WebhookMessage))
    work_order_id: int = Field(default=0, sa_type=BIG_ID)  # 0 where it is about none
    body: str = Field(sa_type=Text)
    state: WebhookDeliveryState = Field(sa_type=Words(WebhookDeliveryState))
    attempts: int = 0
    is_loose: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # holds no other up: sandbox
    next_at: datetime = Field(sa_type=Instant)
    created_at: datetime = Field(sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    last_status: int | None = None  # of HTTP
    last_error: str | None = Field(default=None, max_length=120)


class WebhookAttempt(SQLModel, table=True):
    """One try, for the log."""

    __tablename__ = "webhook_attempts"
    __table_args__ = (Index("ix_webhook_attempts_delivery", "delivery_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    delivery_id: int = Field(sa_type=BIG_ID, foreign_key="webhook_deliveries.id")
    at: datetime = Field(sa_type=Instant)
    status: int | None = None
    error: str | None = Field(default=None, max_length=120)
    milliseconds: int
