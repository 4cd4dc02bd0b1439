"""Who works here, who handed something in, and who looked at personal data."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, Instant, Words
from db.vocabulary import Realm, Role


class Person(SQLModel, table=True):
    __tablename__ = "people"

    code: str = Field(primary_key=True, sa_type=CODE)
    name: str = Field(max_length=40)
    phone: str | None = Field(default=None, max_length=20)
    role: Role = Field(sa_type=Words(Role))
    scope_code: str = Field(sa_type=CODE)  # division, grid, department or service provider, as the role asks


class AccessRecord(SQLModel, table=True):
    """One look at personal data: who, when, whose, why. Only ever appended."""

    __tablename__ = "access_records"
    __table_args__ = (Index("ix_access_records_case", "case_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    principal: str = Field(max_length=120)
    reason: str = Field(max_length=200)
    at: datetime = Field(sa_type=Instant)
