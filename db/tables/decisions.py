"""Decisions that rest on uploaded cases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm


class Decision(SQLModel, table=True):
    """What a division decided; its follow-up is written when there is something to say."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_path", "realm", "division_path", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    division_path: str = Field(sa_type=PATH)
    instruction: str = Field(sa_type=Text)
    follow_up: str | None = Field(default=None, sa_type=Text)
    decided_by: str = Field(max_length=120)
    decided_at: datetime = Field(sa_type=Instant)
    followed_up_at: datetime | None = Field(default=None, sa_type=Instant)


class DecisionCase(SQLModel, table=True):
    """A case that a decision rests on."""

    __tablename__ = "decision_cases"
    __table_args__ = (Index("ix_decision_cases_case", "case_id"),)

    decision_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="decisions.id")
    case_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="cases.id")
