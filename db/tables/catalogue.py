"""What the city knows before a case arrives: units, matters, standards, permits, calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint, false
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Words
from db.vocabulary import (
    CaseKind,
    GridTask,
    LimitUnit,
    MatterClass,
    MatterDomain,
    Priority,
    ServiceProviderKind,
)
from db.vocabulary.purchasing import InstitutionClass


class Centre(SQLModel, table=True):
    __tablename__ = "centres"

    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="divisions.code")
    name: str = Field(max_length=80)
    capabilities: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    """Names of `Capability`: which of the seven functions it has."""


class Department(SQLModel, table=True):
    __tablename__ = "departments"
    __table_args__ = (Index("ix_departments_path", "path"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    code: str = Field(sa_type=CODE, unique=True)
    name: str = Field(max_length=80)
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)  # of its division


class ServiceProvider(SQLModel, table=True):
    __tablename__ = "service_providers"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    code: str = Field(sa_type=CODE, unique=True)
    name: str = Field(max_length=80)
    kind: ServiceProviderKind = Field(sa_type=Words(ServiceProviderKind))
    uscc: str | None = Field(default=None, max_length=18)  # unified social credit code
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)
    is_active: bool = True
    institution_class: InstitutionClass | None = Field(default=None, sa_type=Words(InstitutionClass))
    licence_until: date | None = None  # last local day of its licence or registration; null: without an end
    blacklisted_until: date | None = None  # last local day it gets no order; null: it is not on the list


class Matter(SQLModel, table=True):
    __tablename__ = "matters"
    __table_args__ = (UniqueConstraint("class_kind", "major_code", "minor_code"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    code: str = Field(sa_type=CODE, unique=True)
    name: str = Field(max_length=80)
    domain: MatterDomain = Field(sa_type=Words(MatterDomain))
    class_kind: MatterClass = Field(sa_type=Words(MatterClass))
    major_code: str = Field(max_length=2)
    major_name: str = Field(max_length=40)
    minor_code: str = Field(max_length=3)
    is_extension: bool = False
    kind: CaseKind = Field(sa_type=Words(CaseKind))  # the kind a case of this matter usually has
    priority: Priority = Field(sa_type=Words(Priority))
    standard: str = Field(max_length=200)  # what counts as handled
    limit_value: int
    limit_unit: LimitUnit = Field(sa_type=Words(LimitUnit))
    needs_after_photo: bool = False
    needs_visit: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # seen before it is closed
    is_delegable: bool = True  # penalties, licences and rulings are not


class TaskPermit(SQLModel, table=True):
    """The decision that grids of a division may be given a task about a matter."""

    __tablename__ = "task_permits"
    __table_args__ = (
        UniqueConstraint("matter_id", "division_code", "task", "valid_from", "realm", name="uq_task_permits"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    matter_id: int = Field(sa_type=BIG_ID, foreign_key="matters.id")
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    task: GridTask = Field(sa_type=Words(GridTask))
    legal_basis: str = Field(max_length=200)
    valid_from: date
    valid_to: date  # the last day, in local time
    realm: str = Field(default="", max_length=40, sa_column_kwargs={"server_default": ""})  # "": both, as imported
    minutes_per_task: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # 0: not estimated
    application_id: int | None = Field(default=None, sa_type=BIG_ID, index=True)  # null: imported
    end_reason: str | None = Field(default=None, max_length=200)  # why it was taken off the list


class CalendarDay(SQLModel, table=True):
    """A day that differs from the national calendar: a local holiday or a make-up working day."""

    __tablename__ = "calendar_days"

    day: date = Field(primary_key=True)
    is_working: bool
    note: str = Field(default="", max_length=80)
