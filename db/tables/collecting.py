"""Fields that are collected once, what was collected, and who looked at it in full."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, PATH, Instant, Words
from db.vocabulary import Realm
from db.vocabulary.collecting import CollectedKind, CollectionPart, FieldValueKind


class CollectionField(SQLModel, table=True):
    """A field of the register: one owner, one definition, one place where it is asked."""

    __tablename__ = "collection_fields"
    __table_args__ = (UniqueConstraint("realm", "code"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    version: int
    code: str = Field(max_length=40)
    kind: CollectedKind = Field(sa_type=Words(CollectedKind))
    part: CollectionPart = Field(sa_type=Words(CollectionPart))
    name: str = Field(max_length=40)
    definition: str = Field(max_length=200)
    value_kind: FieldValueKind = Field(sa_type=Words(FieldValueKind))
    choices: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    refresh_days: int
    owner_id: int = Field(sa_type=BIG_ID, foreign_key="departments.id")
    owner_path: str = Field(sa_type=PATH)  # of the owner: where the field is asked
    is_personal: bool
    is_active: bool = True
    registered_by: str = Field(max_length=120)  # principal
    registered_at: datetime = Field(sa_type=Instant)


class CollectionFieldName(SQLModel, table=True):
    """A name or alias of a field, as it is compared."""

    __tablename__ = "collection_field_names"
    __table_args__ = (Index("ix_collection_field_names_key", "name_key"),)

    field_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="collection_fields.id")
    name_key: str = Field(primary_key=True, max_length=40)


class CollectionConsumer(SQLModel, table=True):
    """A unit that uses a field which another owns."""

    __tablename__ = "collection_consumers"

    field_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="collection_fields.id")
    department_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="departments.id")
    part: CollectionPart = Field(sa_type=Words(CollectionPart))
    path: str = Field(sa_type=PATH)  # of the unit: it is reached by what lies there
    reason: str = Field(max_length=200)
    since: datetime = Field(sa_type=Instant)


class CollectionSubject(SQLModel, table=True):
    """A person, a household or premises of a grid that values describe."""

    __tablename__ = "collection_subjects"
    __table_args__ = (UniqueConstraint("realm", "grid_id", "kind", "reference"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    grid_id: int = Field(sa_type=BIG_ID, foreign_key="grids.id")
    path: str = Field(sa_type=PATH)
    kind: CollectedKind = Field(sa_type=Words(CollectedKind))
    reference: str = Field(max_length=60)  # personal: a door, a household's number


class CollectionSubmission(SQLModel, table=True):
    """One visit's form. Only ever appended; its key keeps an outbox from telling it twice, however late."""

    __tablename__ = "collection_submissions"
    __table_args__ = (
        UniqueConstraint("realm", "actor", "key"),
        Index("ix_collection_submissions_path", "realm", "path", "id"),
        Index("ix_collection_submissions_day", "realm", "at"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    subject_id: int = Field(sa_type=BIG_ID, foreign_key="collection_subjects.id")
    grid_id: int = Field(sa_type=BIG_ID, foreign_key="grids.id")
    path: str = Field(sa_type=PATH)
    actor: str = Field(max_length=120)  # principal
    key: str = Field(max_length=64)
    body_hash: str = Field(max_length=64)
    found_at: datetime = Field(sa_type=Instant)  # by the phone, never after `at`
    at: datetime = Field(sa_type=Instant)
    collected: int  # values given
    reused: int  # fresh values that nobody had to be asked for
    asked_twice: int  # given although fresh, and the same


class CollectionReach(SQLModel, table=True):
    """A unit that a submission reached, for a part of the form."""

    __tablename__ = "collection_reaches"
    __table_args__ = (Index("ix_collection_reaches_department", "department_id", "submission_id"),)

    submission_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="collection_submissions.id")
    department_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="departments.id")
    part: CollectionPart = Field(primary_key=True, sa_type=Words(CollectionPart))


class CollectedValue(SQLModel, table=True):
    """What a submission said of a field. Only ever appended."""

    __tablename__ = "collected_values"

    submission_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="collection_submissions.id")
    field_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="collection_fields.id")
    value: str = Field(max_length=200)  # personal where its field is


class CurrentValue(SQLModel, table=True):
    """The newest value of a subject's field, whatever arrived last."""

    __tablename__ = "current_values"

    subject_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="collection_subjects.id")
    field_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="collection_fields.id")
    value: str = Field(max_length=200)
    found_at: datetime = Field(sa_type=Instant)


class CollectionAccess(SQLModel, table=True):
    """One look at collected values in full: who, when, whose, why. Only ever appended."""

    __tablename__ = "collection_accesses"
    __table_args__ = (Index("ix_collection_accesses_subject", "subject_id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    subject_id: int = Field(sa_type=BIG_ID, foreign_key="collection_subjects.id")
    principal: str = Field(max_length=120)
    fields: Any = Field(sa_column=Column(JSON, nullable=False))  # codes that were shown
    reason: str = Field(max_length=200)
    at: datetime = Field(sa_type=Instant)
