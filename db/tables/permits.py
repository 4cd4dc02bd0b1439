"""Task permits: who asked that grids be given a matter, who was heard, what came of it, and what was refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import GridTask, Realm
from db.vocabulary.permits import PermitAction, PermitFrequency, PermitKind, PermitOpinion, PermitState


class PermitApplication(SQLModel, table=True):
    __tablename__ = "permit_applications"
    __table_args__ = (
        Index("ix_permit_applications_path", "realm", "path", "id"),
        Index("ix_permit_applications_matter", "realm", "matter_id", "id"),
        Index("ix_permit_applications_unit", "realm", "department_id", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    kind: PermitKind = Field(sa_type=Words(PermitKind))
    state: PermitState = Field(sa_type=Words(PermitState))
    matter_id: int = Field(sa_type=BIG_ID, foreign_key="matters.id")
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)  # of its division
    department_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="departments.id")  # who asks
    tasks: Any = Field(sa_column=Column(JSON, nullable=False))  # words of GridTask
    legal_basis: str = Field(max_length=200)
    frequency: PermitFrequency = Field(sa_type=Words(PermitFrequency))
    minutes_per_task: int
    resources: str = Field(max_length=200)  # people and money that follow the matter
    wanted_from: date
    wanted_to: date
    valid_from: date | None = None
    valid_to: date | None = None
    applied_at: datetime = Field(sa_type=Instant)
    reviewed_at: datetime | None = Field(default=None, sa_type=Instant)  # when the last reviewer had spoken
    review_due_on: date | None = None  # last local day for the review of an emergency


class PermitReview(SQLModel, table=True):
    """One reviewer of one application, named when it was handed in, and its opinion."""

    __tablename__ = "permit_reviews"
    __table_args__ = (
        Index("ix_permit_reviews_application", "application_id", "id"),
        Index("ix_permit_reviews_unit", "department_id", "application_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    application_id: int = Field(sa_type=BIG_ID, foreign_key="permit_applications.id")
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)
    department_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="departments.id")
    """The department; null: the commander of the division's centre."""
    opinion: PermitOpinion | None = Field(default=None, sa_type=Words(PermitOpinion))
    reason: str | None = Field(default=None, max_length=200)
    at: datetime | None = Field(default=None, sa_type=Instant)


class PermitStep(SQLModel, table=True):
    """What was done with an application. Only ever appended."""

    __tablename__ = "permit_steps"
    __table_args__ = (Index("ix_permit_steps_application", "application_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    application_id: int = Field(sa_type=BIG_ID, foreign_key="permit_applications.id")
    action: PermitAction = Field(sa_type=Words(PermitAction))
    state: PermitState = Field(sa_type=Words(PermitState))  # after it
    actor: str = Field(max_length=120)
    unit_name: str = Field(max_length=80)  # the unit or role it was done for, never a person
    note: str | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_type=Instant)


class PermitReviewer(SQLModel, table=True):
    """Who reviews the applications of a division and of everything below that names no reviewers of its own."""

    __tablename__ = "permit_reviewers"

    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="divisions.code")
    department_code: str = Field(primary_key=True, default="", sa_type=CODE)  # "": the commander of the centre


class NegativeMatter(SQLModel, table=True):
    """A matter that may never be given to the grids of a division."""

    __tablename__ = "negative_matters"

    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="divisions.code")
    matter_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="matters.id")
    reason: str = Field(max_length=200)


class PermitRefusal(SQLModel, table=True):
    """A task that was not given to a grid: for lack of a permit, or because its worker had enough for the day."""

    __tablename__ = "permit_refusals"
    __table_args__ = (Index("ix_permit_refusals_day", "realm", "day", "path"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    code: str = Field(max_length=40)  # of the refusal
    day: date  # local
    at: datetime = Field(sa_type=Instant)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    path: str = Field(sa_type=PATH)  # of the case
    matter_id: int = Field(sa_type=BIG_ID, foreign_key="matters.id")
    task: GridTask = Field(sa_type=Words(GridTask))
    asked_by: str = Field(sa_type=CODE, foreign_key="divisions.code")  # whose centre asked
    department_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="departments.id")
    """The department it was asked for: the one responsible, else the one that applied."""
    application_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="permit_applications.id")
