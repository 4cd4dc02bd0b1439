"""Visits to the place of a case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant, Words
from db.vocabulary import Role


class CaseVisit(SQLModel, table=True):
    """Somebody was there. Only ever appended."""

    __tablename__ = "case_visits"
    __table_args__ = (Index("ix_case_visits_case", "case_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int
    actor: str = Field(max_length=120)  # principal
    actor_role: Role = Field(sa_type=Words(Role))
    visited_at: datetime = Field(sa_type=Instant)  # by the phone, never after `at`
    at: datetime = Field(sa_type=Instant)
    longitude: float  # personal: where somebody was
    latitude: float
    metres: int | None = None  # from the place of the case; null where that is not known
    is_proof: bool  # near enough to have been there
