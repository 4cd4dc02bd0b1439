"""Mini-programs and pages that communities, streets and counties give their residents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm


class ClientApp(SQLModel, table=True):
    """What an app may do and how it looks: data, so that two communities differ without a redeploy."""

    __tablename__ = "client_apps"
    __table_args__ = (UniqueConstraint("realm", "code"), Index("ix_client_apps_path", "realm", "path"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    version: int
    code: str = Field(max_length=32)
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)
    name: str = Field(max_length=40)
    colour: str = Field(max_length=7)  # #RRGGBB
    logo_id: str | None = Field(default=None, max_length=40, foreign_key="attachments.id")
    scenes: Any = Field(sa_column=Column(JSON, nullable=False))  # words of CaseKind
    only_registered: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    is_active: bool = True
    registered_by: str = Field(max_length=120)  # principal
    registered_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)


class ClientAppDocument(SQLModel, table=True):
    """An operation document that an app may send."""

    __tablename__ = "client_app_documents"

    app_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="client_apps.id")
    sha256: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=80)
