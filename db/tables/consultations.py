"""What a division asks its people, and what each of them says."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm


class Consultation(SQLModel, table=True):
    __tablename__ = "consultations"
    __table_args__ = (
        Index("ix_consultations_path", "realm", "path", "id"),
        # Promised answers that nobody has called late yet: a handful, looked at every second.
        Index(
            "ix_consultations_promised",
            "answer_by",
            sqlite_where=text("flagged_at IS NULL AND answered_at IS NULL AND withdrawn_at IS NULL"),
            postgresql_where=text("flagged_at IS NULL AND answered_at IS NULL AND withdrawn_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    version: int
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)
    title: str = Field(max_length=60)
    text: str = Field(sa_type=Text)
    options: Any = Field(sa_column=Column(JSON, nullable=False))  # what may be chosen, in order
    opens_at: datetime = Field(sa_type=Instant)
    closes_at: datetime = Field(sa_type=Instant)
    answer_by: datetime = Field(sa_type=Instant)
    asked_by: str = Field(max_length=120)  # principal
    asked_name: str = Field(max_length=80)
    answer: str | None = Field(default=None, sa_type=Text)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    answered_by: str | None = Field(default=None, max_length=120)
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    flagged_at: datetime | None = Field(default=None, sa_type=Instant)  # when SYSTEM said that the answer is overdue


class ConsultationVote(SQLModel, table=True):
    """What one person says now; what they said before no longer counts."""

    __tablename__ = "consultation_votes"
    __table_args__ = (UniqueConstraint("consultation_id", "voter_key"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    consultation_id: int = Field(sa_type=BIG_ID, foreign_key="consultations.id")
    voter_key: str = Field(max_length=120)  # account
    choice: int  # place in the options, from 0
    words: str | None = Field(default=None, sa_type=Text)  # personal
    at: datetime = Field(sa_type=Instant)
