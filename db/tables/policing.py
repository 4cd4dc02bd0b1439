"""Police beats, the grids of each, and what they were asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm, Role
from db.vocabulary.policing import PoliceTaskKind, PoliceTaskState


class PoliceBeat(SQLModel, table=True):
    __tablename__ = "police_beats"
    __table_args__ = (Index("ix_police_beats_path", "path", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    code: str = Field(sa_type=CODE, unique=True)
    name: str = Field(max_length=80)
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)


class BeatGrid(SQLModel, table=True):
    """Many grids to one beat, and one beat to a grid."""

    __tablename__ = "beat_grids"
    __table_args__ = (Index("ix_beat_grids_beat", "beat_id", "grid_id"),)

    grid_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="grids.id")
    beat_id: int = Field(sa_type=BIG_ID, foreign_key="police_beats.id")


class PoliceTask(SQLModel, table=True):
    """What a case asked of a beat, its receipt and its answer."""

    __tablename__ = "police_tasks"
    __table_args__ = (
        Index("ix_police_tasks_case", "case_id", "id"),
        Index("ix_police_tasks_path", "realm", "path", "asked_at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    path: str = Field(sa_type=PATH)  # of the case
    beat_id: int = Field(sa_type=BIG_ID, foreign_key="police_beats.id")
    kind: PoliceTaskKind = Field(sa_type=Words(PoliceTaskKind))
    state: PoliceTaskState = Field(sa_type=Words(PoliceTaskState))
    reason: str = Field(max_length=200)
    asked_by: Role = Field(sa_type=Words(Role))
    asked_at: datetime = Field(sa_type=Instant)
    received_at: datetime | None = Field(default=None, sa_type=Instant)
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    visited_at: datetime | None = Field(default=None, sa_type=Instant)
    result: str | None = Field(default=None, max_length=200)  # for who works the case
    detail: str | None = Field(default=None, sa_type=Text)  # personal: for the police
