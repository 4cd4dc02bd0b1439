"""What was promised to who handed a case in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant, Words
from db.vocabulary import Role


class Commitment(SQLModel, table=True):
    """Who promised what until when. Only whether it was kept is ever added."""

    __tablename__ = "commitments"
    __table_args__ = (Index("ix_commitments_case", "case_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int
    text: str = Field(max_length=200)
    unit_name: str = Field(max_length=120)  # what is shown beside it: a unit or a role
    actor: str = Field(max_length=120)
    actor_role: Role = Field(sa_type=Words(Role))
    made_at: datetime = Field(sa_type=Instant)
    promised_at: datetime = Field(sa_type=Instant)
    kept_at: datetime | None = Field(default=None, sa_type=Instant)
