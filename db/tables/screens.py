"""What the duty desk lets walls show."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm, Role
from db.vocabulary.screens import FocusKind


class Screen(SQLModel, table=True):
    """All walls of one division in one realm, and what they were last asked to show."""

    __tablename__ = "screens"
    __table_args__ = (UniqueConstraint("realm", "division_code", name="uq_screens_division"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)  # of that division
    version: int = 0  # 0 until somebody has asked for something
    kind: FocusKind = Field(default=FocusKind.NOTHING, sa_type=Words(FocusKind))
    target: str = Field(default="", sa_type=CODE)  # id of a case or grid, code of a division; empty for nothing
    at: datetime | None = Field(default=None, sa_type=Instant)
    ends_at: datetime | None = Field(default=None, sa_type=Instant)
    set_by: str = Field(default="", max_length=120)  # principal
    set_role: Role | None = Field(default=None, sa_type=Words(Role), nullable=True)
