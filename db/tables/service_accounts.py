"""Accounts of service providers' own systems."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant, Words
from db.vocabulary import Realm


class ServiceAccount(SQLModel, table=True):
    """One system of a provider, and the hash of the key it signs in with."""

    __tablename__ = "service_accounts"
    __table_args__ = (Index("ix_service_accounts_provider", "service_provider_id", "realm", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    service_provider_id: int = Field(sa_type=BIG_ID, foreign_key="service_providers.id")
    name: str = Field(max_length=40)
    key_hash: str = Field(max_length=64, unique=True)
    key_hint: str = Field(max_length=12)  # its first characters, for people to tell keys apart
    scopes: Any = Field(sa_column=Column(JSON, nullable=False))  # words of KeyScope
    created_by: str = Field(max_length=120)
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_by: str | None = Field(default=None, max_length=120)
    revoked_at: datetime | None = Field(default=None, sa_type=Instant)
    revoke_reason: str | None = Field(default=None, max_length=200)
