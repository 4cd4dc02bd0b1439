"""Ways in for people without an account: one case each, and only hashes of what they hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, PATH, Instant, Words
from db.vocabulary import Realm


class PollToken(SQLModel, table=True):
    """Lets one person see how one case goes, as who handed it in without a name or as who it was handed in for."""

    __tablename__ = "poll_tokens"
    __table_args__ = (UniqueConstraint("case_id", "account"), Index("ix_poll_tokens_account", "account"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    account: str = Field(max_length=64)  # of this case alone; the submitter's or a follower's key ends with it
    token_hash: str | None = Field(default=None, max_length=64, unique=True)  # None until it is handed out
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)


class Survey(SQLModel, table=True):
    """What whoever handed a case in says once it is closed; of each round once."""

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("case_id", "round"),
        Index("ix_surveys_place", "realm", "created_at", "division_path"),
        # Those that a gateway has to send are few.
        Index(
            "ix_surveys_to_send",
            "realm",
            "id",
            sqlite_where=text("send_by_sms = 1"),
            postgresql_where=text("send_by_sms"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int
    division_path: str = Field(sa_type=PATH)  # of the case when it was closed
    token_hash: str | None = Field(default=None, max_length=64, unique=True)  # None until it is handed out
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    send_by_sms: bool  # still to be taken by a gateway
    answered_at: datetime | None = Field(default=None, sa_type=Instant)
    is_solved: bool | None = None
    is_satisfied: bool | None = None
    note: str | None = Field(default=None, max_length=200)  # personal: their own words
    reopen_requested_at: datetime | None = Field(default=None, sa_type=Instant)
