"""Words that are used again and again."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, Words
from db.vocabulary import CaseAction, CaseKind


class ResponseTemplate(SQLModel, table=True):
    """A response to be filled in; where matter, kind or action is left out it suits every one."""

    __tablename__ = "response_templates"

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    code: str = Field(sa_type=CODE, unique=True)
    name: str = Field(max_length=40)
    action: CaseAction | None = Field(default=None, sa_type=Words(CaseAction))
    kind: CaseKind | None = Field(default=None, sa_type=Words(CaseKind))
    matter_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="matters.id")
    text: str = Field(max_length=1_000)
