"""What changed (the journal) and what the changes add up to (the tallies)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, Instant, Words
from db.vocabulary import CaseAction, Happening, Realm, Role, SubjectKind


class JournalCounter(SQLModel, table=True):
    """One row. Updating it is the last act of every transaction that announces, so numbers follow commits."""

    __tablename__ = "journal_counter"

    id: int = Field(primary_key=True)
    epoch: str = Field(max_length=16)  # new whenever a database is built or restored
    seq: int = Field(sa_type=BIG_ID)
    compacted_to: int = Field(sa_type=BIG_ID)  # events up to here are gone
    rights_version: int = Field(default=0, sa_type=BIG_ID, sa_column_kwargs={"server_default": "0"})
    """Number of the last change of rights."""


class JournalRow(SQLModel, table=True):
    __tablename__ = "journal"
    __table_args__ = (Index("ix_journal_subject", "subject_kind", "subject_id", "subject_version", unique=True),)

    seq: int = Field(primary_key=True, sa_type=BIG_ID, sa_column_kwargs={"autoincrement": False})
    realm: Realm = Field(sa_type=Words(Realm))
    subject_kind: SubjectKind = Field(sa_type=Words(SubjectKind))
    subject_id: int = Field(sa_type=BIG_ID)
    subject_version: int
    action: CaseAction = Field(sa_type=Words(CaseAction, Happening))  # Happening where it is no case
    actor_role: Role = Field(sa_type=Words(Role))
    at: datetime = Field(sa_type=Instant)
    before: Any = Field(default=None, sa_type=JSON(none_as_null=True), nullable=True)
    """Scope and filter columns before the change; null for a new case and for every other subject."""
    after: Any = Field(sa_type=JSON)
    snapshot: Any = Field(sa_type=JSON)  # the subject's own non-personal columns after the change


class Tally(SQLModel, table=True):
    """Counts of one subject of one dimension. `day` is a local day, or STANDING_DAY for what is open now."""

    __tablename__ = "tallies"

    realm: Realm = Field(primary_key=True, sa_type=Words(Realm))
    dimension: str = Field(primary_key=True, max_length=20)
    subject: str = Field(primary_key=True, sa_type=CODE)
    matter: str = Field(primary_key=True, sa_type=CODE)  # "" except in division x matter
    day: date = Field(primary_key=True)
    submitted: int = 0
    registered: int = 0
    handled: int = 0
    closed: int = 0
    on_time: int = 0
    late: int = 0
    exempt: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # late, and not to be counted as late
    rework: int = 0
    discovered: int = 0
    self_handled: int = 0
    declared_resolved: int = 0
    confirmed_resolved: int = 0
    confirmed_answered: int = 0
    open_intake: int = 0
    open_registration: int = 0
    open_dispatch: int = 0
    open_handling: int = 0
    open_feedback: int = 0
    open_check_and_closure: int = 0
    open_outsourced: int = 0
    open_urgent: int = 0
