"""What the city answers by itself, with source, place and validity."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm


class KnowledgeItem(SQLModel, table=True):
    """A question and its answer. Its words stand in the search index `knowledge_words`, too."""

    __tablename__ = "knowledge_items"
    __table_args__ = (UniqueConstraint("realm", "code"), Index("ix_knowledge_items_path", "realm", "path", "id"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    version: int
    code: str = Field(max_length=40)
    question: str = Field(max_length=100)
    also_asked: str = Field(default="", sa_type=Text)  # other ways to ask, one a line
    answer: str = Field(sa_type=Text)
    source: str = Field(max_length=200)
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)  # where it holds
    owner: str = Field(max_length=80)  # name of who answers for it
    valid_from: date
    valid_to: date | None = None  # last day
    withdrawn_at: datetime | None = Field(default=None, sa_type=Instant)
    updated_by: str = Field(max_length=120)  # principal
    updated_at: datetime = Field(sa_type=Instant)


class KnowledgeVerdict(SQLModel, table=True):
    """What somebody last said of an item: whether it solved their question."""

    __tablename__ = "knowledge_verdicts"

    item_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="knowledge_items.id")
    principal: str = Field(primary_key=True, max_length=120)
    is_solved: bool
    at: datetime = Field(sa_type=Instant)
