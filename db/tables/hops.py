"""A case's way between levels."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, Instant, Words
from db.vocabulary import Realm
from db.vocabulary.hops import HopDirection


class Hop(SQLModel, table=True):
    """One centre gave a case to another, which has to sign for it and, in the end, to pass the answer back."""

    __tablename__ = "hops"
    __table_args__ = (
        Index("ix_hops_case", "case_id", "id"),
        # Hops without a receipt are few; whoever looks for silent ones reads only these.
        Index(
            "ix_hops_unreceived",
            "realm",
            "at",
            sqlite_where=text("received_at IS NULL"),
            postgresql_where=text("received_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    version: int  # of the case by this hop
    direction: HopDirection = Field(sa_type=Words(HopDirection))
    from_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    to_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    reason: str = Field(max_length=200)
    at: datetime = Field(sa_type=Instant)
    by: str = Field(max_length=120)  # principal
    due_at: datetime = Field(sa_type=Instant)  # of the receipt
    received_at: datetime | None = Field(default=None, sa_type=Instant)
    received_by: str | None = Field(default=None, max_length=120)
    answer_passed_at: datetime | None = Field(default=None, sa_type=Instant)  # back to `from_code`, in this round
