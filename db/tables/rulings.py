"""Whose case it is: what units said when they sent it back, and how a superior ruled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, Instant, Words
from db.vocabulary import Realm


class UnitView(SQLModel, table=True):
    """A unit says that a case is not its own, and whose it is."""

    __tablename__ = "unit_views"
    __table_args__ = (Index("ix_unit_views_case", "case_id", "round", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int
    version: int  # of the case by this return
    department_id: int = Field(sa_type=BIG_ID, foreign_key="departments.id")
    proposed_unit_id: int = Field(sa_type=BIG_ID, foreign_key="departments.id")
    reason: str = Field(max_length=200)
    by: str = Field(max_length=120)
    at: datetime = Field(sa_type=Instant)


class Ruling(SQLModel, table=True):
    """A superior decided which unit handles a case. Only ever appended: later disputes look it up."""

    __tablename__ = "rulings"
    __table_args__ = (
        Index("ix_rulings_case", "case_id", "id"),
        Index("ix_rulings_matter", "matter_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int
    version: int
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")  # whose commander ruled
    matter_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="matters.id")
    unit_ids: Any = Field(sa_column=Column(JSON, nullable=False))  # in dispute
    department_id: int = Field(sa_type=BIG_ID, foreign_key="departments.id")
    legal_basis: str | None = Field(default=None, max_length=200)
    reason: str = Field(max_length=200)
    by: str = Field(max_length=120)
    at: datetime = Field(sa_type=Instant)
