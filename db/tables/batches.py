"""One decision for a class of cases, and what became of each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, PATH, Instant, Words
from db.vocabulary import Realm
from db.vocabulary.batches import BatchItemState, BatchKind


class BatchDecision(SQLModel, table=True):
    __tablename__ = "batch_decisions"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    kind: BatchKind = Field(sa_type=Words(BatchKind))
    path: str = Field(sa_type=PATH)  # where who made it works; whoever leads there follows the progress
    made_by: str = Field(max_length=120)
    made_by_name: str = Field(max_length=80)  # of a unit or a place, never a person's
    at: datetime = Field(sa_type=Instant)


class BatchItem(SQLModel, table=True):
    """One case of a batch. It may be one that its maker cannot see: then it is refused like one that is not there."""

    __tablename__ = "batch_items"

    batch_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="batch_decisions.id")
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    case_id: int = Field(sa_type=BIG_ID)
    state: BatchItemState = Field(sa_type=Words(BatchItemState))
    code: str | None = Field(default=None, max_length=40)  # of the refusal
    field_names: Any = Field(default=None, sa_type=JSON(none_as_null=True), nullable=True)
    sentence_values: Any = Field(default=None, sa_type=JSON(none_as_null=True), nullable=True)
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
