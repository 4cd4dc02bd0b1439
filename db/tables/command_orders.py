"""An order to several units, and how each of them stands to it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm
from db.vocabulary.command_orders import CommandOrderState, CommandUnitState


class CommandOrder(SQLModel, table=True):
    __tablename__ = "command_orders"
    __table_args__ = (Index("ix_command_orders_path", "realm", "path", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    version: int = 1
    state: CommandOrderState = Field(sa_type=Words(CommandOrderState))
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")  # the level it comes from
    path: str = Field(sa_type=PATH)
    case_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="cases.id")
    title: str = Field(max_length=120)
    requirement: str = Field(sa_type=Text)
    sign_due_at: datetime = Field(sa_type=Instant)
    due_at: datetime = Field(sa_type=Instant)
    issued_at: datetime = Field(sa_type=Instant)
    issued_by: str = Field(max_length=120)  # principal
    issued_name: str = Field(max_length=80)
    units: int  # how many
    signed: int = 0
    done: int = 0
    flagged: int = 0  # had not signed at their limit
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_reason: str | None = Field(default=None, max_length=200)


class CommandUnit(SQLModel, table=True):
    """One unit of an order: a department, or the centre of a division."""

    __tablename__ = "command_units"
    __table_args__ = (
        UniqueConstraint("order_id", "department_id"),
        UniqueConstraint("order_id", "centre_code"),
        Index("ix_command_units_department", "department_id", "order_id"),
        Index("ix_command_units_path", "path", "order_id"),
        # The limit to sign is kept here only while it can still be missed: few rows, whatever was ordered before.
        Index(
            "ix_command_units_awaited",
            "awaited_until",
            sqlite_where=text("awaited_until IS NOT NULL"),
            postgresql_where=text("awaited_until IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    order_id: int = Field(sa_type=BIG_ID, foreign_key="command_orders.id")
    department_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="departments.id")
    centre_code: str | None = Field(default=None, sa_type=CODE, foreign_key="centres.division_code")
    path: str = Field(sa_type=PATH)  # of its division
    state: CommandUnitState = Field(sa_type=Words(CommandUnitState))
    awaited_until: datetime | None = Field(default=None, sa_type=Instant)
    flagged_at: datetime | None = Field(default=None, sa_type=Instant)  # its limit passed unsigned; stays
    signed_at: datetime | None = Field(default=None, sa_type=Instant)
    signed_by: str | None = Field(default=None, max_length=120)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    done_by: str | None = Field(default=None, max_length=120)
    feedback: str | None = Field(default=None, sa_type=Text)  # the last words
