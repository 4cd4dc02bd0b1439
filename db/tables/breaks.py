"""Loop breaks, and how long cases usually stand in each link."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import CaseAction, CaseStage, Realm
from db.vocabulary.breaks import BreakCause, BreakKind


class LoopBreak(SQLModel, table=True):
    """断环. A case has at most one open break of a kind; the index that says so is also what finds them once."""

    __tablename__ = "loop_breaks"
    __table_args__ = (
        Index(
            "ix_loop_breaks_one_open",
            "case_id",
            "kind",
            unique=True,
            sqlite_where=text("repaired_at IS NULL"),
            postgresql_where=text("repaired_at IS NULL"),
        ),
        Index(
            "ix_loop_breaks_open",
            "realm",
            "id",
            sqlite_where=text("repaired_at IS NULL"),
            postgresql_where=text("repaired_at IS NULL"),
        ),
        Index("ix_loop_breaks_case", "case_id", "id"),
        Index("ix_loop_breaks_found", "realm", "found_at", "division_path"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    version: int = 1  # 1 found, 2 repaired
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    case_version: int  # in which it was found
    seen_version: int  # up to which the case was looked at for a repair
    kind: BreakKind = Field(sa_type=Words(BreakKind))
    cause: BreakCause = Field(sa_type=Words(BreakCause))
    evidence: Any = Field(sa_type=JSON)  # as resolvers/rules/breaks.py gives it; nothing personal
    division_path: str = Field(sa_type=PATH)  # of the case
    department_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="departments.id")  # owner, or
    centre_code: str = Field(sa_type=CODE, foreign_key="divisions.code")  # the centre that holds the case
    found_at: datetime = Field(sa_type=Instant)
    repair_by: datetime = Field(sa_type=Instant)
    repaired_at: datetime | None = Field(default=None, sa_type=Instant)
    repaired_by: CaseAction | None = Field(default=None, sa_type=Words(CaseAction))


class LinkNorm(SQLModel, table=True):
    """How long cases of a prefecture usually stand in a link: reckoned anew every few minutes."""

    __tablename__ = "link_norms"

    realm: Realm = Field(primary_key=True, sa_type=Words(Realm))
    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="divisions.code")
    stage: CaseStage = Field(primary_key=True, sa_type=Words(CaseStage))
    median_seconds: int  # of office time; of an urgent case every second counts
    samples: int
    reckoned_at: datetime = Field(sa_type=Instant)
