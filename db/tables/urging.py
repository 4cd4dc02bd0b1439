"""Who asked that something be done, and when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant


class Urge(SQLModel, table=True):
    """One urge of one person. Only ever appended."""

    __tablename__ = "urges"
    __table_args__ = (Index("ix_urges_case", "case_id", "urger_key", "at"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int
    urger_key: str = Field(max_length=120)
    is_follower: bool
    note: str | None = Field(default=None, max_length=200)  # personal: their own words
    at: datetime = Field(sa_type=Instant)
