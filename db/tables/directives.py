"""What a level asks of every terminal below, and what they say of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm, Role
from db.vocabulary.directives import DirectiveState, TerminalKind


class Directive(SQLModel, table=True):
    __tablename__ = "directives"
    __table_args__ = (Index("ix_directives_path", "realm", "path", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    version: int = 1
    state: DirectiveState = Field(sa_type=Words(DirectiveState))
    issuer_code: str = Field(sa_type=CODE, foreign_key="divisions.code")  # the level it comes from
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")  # whose terminals are meant
    path: str = Field(sa_type=PATH)  # of that division
    terminals: TerminalKind = Field(sa_type=Words(TerminalKind))
    title: str = Field(max_length=120)
    text: str = Field(sa_type=Text)
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    issued_at: datetime = Field(sa_type=Instant)
    issued_by: str = Field(max_length=120)  # principal
    issued_name: str = Field(max_length=80)
    issued_role: Role = Field(sa_type=Words(Role))
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    withdrawn_reason: str | None = Field(default=None, max_length=200)


class DirectiveReceipt(SQLModel, table=True):
    """What one terminal has said. A terminal that is silent has no row: issuing writes none."""

    __tablename__ = "directive_receipts"
    __table_args__ = (
        Index(
            "ix_directive_receipts_feedback",
            "directive_id",
            "path",
            "terminal_id",
            sqlite_where=text("feedback_at IS NOT NULL"),
            postgresql_where=text("feedback_at IS NOT NULL"),
        ),
    )

    directive_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="directives.id")
    terminal_id: int = Field(primary_key=True, sa_type=BIG_ID)  # a grid's id, or a division's code as a number
    path: str = Field(sa_type=PATH)  # of the division the terminal lies in or is
    received_at: datetime = Field(sa_type=Instant)
    read_at: datetime | None = Field(default=None, sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    feedback_at: datetime | None = Field(default=None, sa_type=Instant)
    feedback: str | None = Field(default=None, sa_type=Text)  # the last words
    by: str = Field(max_length=120)  # principal, of the last receipt


class DirectiveTally(SQLModel, table=True):
    """Receipts of one directive at or below one division, kept in the transaction of the receipt."""

    __tablename__ = "directive_tallies"

    directive_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="directives.id")
    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="divisions.code")
    received: int = 0
    read: int = 0
    done: int = 0
    feedback: int = 0
