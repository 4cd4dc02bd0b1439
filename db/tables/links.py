"""Cases that have to do with each other."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant


class CaseLink(SQLModel, table=True):
    """Two cases are related; the lower id stands first, so that a pair is there once."""

    __tablename__ = "case_links"
    __table_args__ = (Index("ix_case_links_second", "second_id"),)

    first_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="cases.id")
    second_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="cases.id")
    reason: str = Field(max_length=200)
    by: str = Field(max_length=120)
    at: datetime = Field(sa_type=Instant)
