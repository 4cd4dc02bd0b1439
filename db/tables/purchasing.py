"""What may be bought and from whom: the catalogue, what is never bought, and what a service provider brings."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Words
from db.vocabulary.purchasing import TaskKind


class CatalogueItem(SQLModel, table=True):
    """A routine task that a division and those below it may buy."""

    __tablename__ = "catalogue_items"
    __table_args__ = (Index("ix_catalogue_items_matter", "matter_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    code: str = Field(sa_type=CODE, unique=True)
    major_name: str = Field(max_length=40)  # the three levels: 大类, 中类, 小类
    middle_name: str = Field(max_length=40)
    minor_name: str = Field(max_length=80)
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)
    matter_id: int = Field(sa_type=BIG_ID, foreign_key="matters.id")
    task_kind: TaskKind = Field(sa_type=Words(TaskKind))
    unit: str = Field(max_length=20)  # 处, 次, 吨
    ceiling_cents: int  # most for one unit
    qualifications: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    """Codes of `QualificationKind`: all of them must be valid on the day."""
    needs_before_photo: bool = False  # of each result, with place and time
    needs_after_photo: bool = False
    valid_from: date
    valid_to: date  # the last day, in local time


class ReservedTask(SQLModel, table=True):
    """What may never be bought: a kind of task, or a matter."""

    __tablename__ = "reserved_tasks"
    __table_args__ = (UniqueConstraint("division_code", "task_kind", "matter_id", name="uq_reserved_tasks"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    task_kind: str = Field(default="", max_length=40)  # a `TaskKind`; empty: any task about the matter
    matter_id: int = Field(default=0, sa_type=BIG_ID)  # 0: whatever the matter
    reason: str = Field(max_length=200)


class QualificationKind(SQLModel, table=True):
    __tablename__ = "qualification_kinds"

    code: str = Field(primary_key=True, sa_type=CODE)
    name: str = Field(max_length=80)


class ProviderQualification(SQLModel, table=True):
    __tablename__ = "provider_qualifications"
    __table_args__ = (UniqueConstraint("service_provider_id", "kind_code", name="uq_provider_qualifications"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    service_provider_id: int = Field(sa_type=BIG_ID, foreign_key="service_providers.id")
    kind_code: str = Field(sa_type=CODE, foreign_key="qualification_kinds.code")
    number: str = Field(default="", max_length=60)  # of the certificate
    valid_from: date
    valid_to: date  # the last day, in local time


class ProviderArea(SQLModel, table=True):
    """Where a service provider works; one without any works in its whole division."""

    __tablename__ = "provider_areas"
    __table_args__ = (UniqueConstraint("service_provider_id", "division_code", name="uq_provider_areas"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    service_provider_id: int = Field(sa_type=BIG_ID, foreign_key="service_providers.id")
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH, index=True)


class ProviderCrew(SQLModel, table=True):
    __tablename__ = "provider_crews"
    __table_args__ = (UniqueConstraint("service_provider_id", "code", name="uq_provider_crews"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    service_provider_id: int = Field(sa_type=BIG_ID, foreign_key="service_providers.id")
    code: str = Field(sa_type=CODE)
    name: str = Field(max_length=40)
    is_active: bool = True


class ProviderTechnician(SQLModel, table=True):
    """Who does the work; the name is personal."""

    __tablename__ = "provider_technicians"
    __table_args__ = (UniqueConstraint("service_provider_id", "code", name="uq_provider_technicians"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    service_provider_id: int = Field(sa_type=BIG_ID, foreign_key="service_providers.id")
    code: str = Field(sa_type=CODE)
    name: str = Field(max_length=40)
    crew_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="provider_crews.id")
    is_active: bool = True
