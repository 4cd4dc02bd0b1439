"""Time limits as a deployment sets them, clocks that have stopped, and who may make deadline events."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, Instant, Words
from db.vocabulary import ClockKind, LimitUnit, Realm


class OfficeHours(SQLModel, table=True):
    """When a division works on a working day; what it does not say itself, the one above says."""

    __tablename__ = "office_hours"

    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="divisions.code")
    hours: str = Field(max_length=80)  # "08:00-12:00 14:00-18:00"


class StageLimit(SQLModel, table=True):
    """The limit of a stage clock below a division, for urgent cases and for others."""

    __tablename__ = "stage_limits"

    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="divisions.code")
    kind: ClockKind = Field(primary_key=True, sa_type=Words(ClockKind))
    is_urgent: bool = Field(primary_key=True)
    limit_value: int
    limit_unit: LimitUnit = Field(sa_type=Words(LimitUnit))


class StoppedClock(SQLModel, table=True):
    """A clock of a case that has stopped. Those that run are in the case's own column `clocks`."""

    __tablename__ = "stopped_clocks"
    __table_args__ = (
        Index("ix_stopped_clocks_case", "case_id", "id"),
        # What was done in time in a period is a range of one kind.
        Index("ix_stopped_clocks_kind", "kind", "stopped_at", "case_id", "was_late"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int
    kind: ClockKind = Field(sa_type=Words(ClockKind))
    subject: str = Field(max_length=120)  # whose clock: a unit, a centre, a commitment; empty for the case itself
    started_at: datetime = Field(sa_type=Instant)
    near_due_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    stopped_at: datetime = Field(sa_type=Instant)
    was_late: bool
    limit_value: int
    limit_unit: LimitUnit = Field(sa_type=Words(LimitUnit))


class Lease(SQLModel, table=True):
    """Who leads, until when. The token rises with every new holder: a write of an older one is refused."""

    __tablename__ = "leases"

    name: str = Field(primary_key=True, max_length=40)
    holder: str = Field(max_length=80)
    token: int = Field(sa_type=BIG_ID)
    until: datetime = Field(sa_type=Instant)
