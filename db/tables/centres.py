"""Who sits at a centre, and who was on duty when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm
from db.vocabulary.centres import ShiftState


class Seat(SQLModel, table=True):
    """A department that works at a centre."""

    __tablename__ = "seats"

    centre_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="centres.division_code")
    department_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="departments.id")
    duty: str = Field(max_length=80)  # what the seat is there for


class Shift(SQLModel, table=True):
    """One shift of a centre, from one signature to the next."""

    __tablename__ = "shifts"
    __table_args__ = (
        Index("ix_shifts_centre", "realm", "centre_code", "id"),
        # A centre has one shift on duty, whoever else begins one at the same moment.
        Index(
            "ix_shifts_running",
            "realm",
            "centre_code",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    version: int = 1
    centre_code: str = Field(sa_type=CODE, foreign_key="centres.division_code")
    path: str = Field(sa_type=PATH)  # of the centre's division
    state: ShiftState = Field(sa_type=Words(ShiftState))
    leader: str = Field(max_length=120)  # principal
    leader_name: str = Field(max_length=80)  # of the unit or role, as it is shown
    started_at: datetime = Field(sa_type=Instant)
    planned_end_at: datetime = Field(sa_type=Instant)
    handed_over_at: datetime | None = Field(default=None, sa_type=Instant)
    handed_over_by: str | None = Field(default=None, max_length=120)  # the leader, or a commander in their place
    handed_over_name: str | None = Field(default=None, max_length=80)
    handover: Any = Field(default=None, sa_type=JSON(none_as_null=True), nullable=True)  # what was handed over
    note: str | None = Field(default=None, max_length=1_000)  # the outgoing leader's words
    ended_at: datetime | None = Field(default=None, sa_type=Instant)  # when it was taken over
    next_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="shifts.id")
