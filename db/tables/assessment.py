"""Performance reviews: schemes as versioned data, the rules they share, and results that were published."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm
from db.vocabulary.assessment import AssessedKind, IndicatorCode, ScoreMethod


class AssessmentRule(SQLModel, table=True):
    """What all schemes share, from a day on."""

    __tablename__ = "assessment_rules"

    valid_from: date = Field(primary_key=True)
    split_minutes: int  # submissions of one account, grid and matter this close in time ...
    split_metres: int  # ... and place are one problem handed in in pieces
    cap_percentile: int  # of the peers: what lies above it earns no more
    residents: Any = Field(sa_type=JSON)  # how many live in a grid, by population band
    evidence: str = Field(max_length=200)


class AssessmentScheme(SQLModel, table=True):
    """One version of a scheme; it holds for periods that begin on or after its first day."""

    __tablename__ = "assessment_schemes"
    __table_args__ = (UniqueConstraint("code", "version"), UniqueConstraint("code", "valid_from"))

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    code: str = Field(sa_type=CODE)
    version: int
    name: str = Field(max_length=80)
    valid_from: date
    bands: Any = Field(sa_type=JSON)  # [band, least score], best first
    evidence: str = Field(max_length=200)


class AssessmentComponent(SQLModel, table=True):
    """An indicator of a scheme, for one kind of subject."""

    __tablename__ = "assessment_components"
    __table_args__ = (UniqueConstraint("scheme_code", "scheme_version", "subject_kind", "indicator"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    scheme_code: str = Field(sa_type=CODE)
    scheme_version: int
    subject_kind: AssessedKind = Field(sa_type=Words(AssessedKind))
    indicator: IndicatorCode = Field(sa_type=Words(IndicatorCode))
    weight: int  # percent of the whole
    method: ScoreMethod = Field(sa_type=Words(ScoreMethod))
    steps: Any = Field(default=None, sa_type=JSON(none_as_null=True), nullable=True)  # [up to, score], in order
    evidence: str = Field(max_length=200)


class AssessmentPublication(SQLModel, table=True):
    """A period that a division has published: nothing in it moves any more. Only ever appended to."""

    __tablename__ = "assessment_publications"
    __table_args__ = (
        UniqueConstraint("realm", "division_code", "scheme_code", "first_day", "last_day"),
        # The ones whose cases still have to leave the last link are few.
        Index(
            "ix_assessment_publications_to_clear",
            "id",
            sqlite_where=text("cleared_at IS NULL"),
            postgresql_where=text("cleared_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    division_path: str = Field(sa_type=PATH)
    scheme_code: str = Field(sa_type=CODE)
    scheme_version: int
    first_day: date
    last_day: date
    results: int  # how many subjects it froze
    published_by: str = Field(max_length=120)
    published_at: datetime = Field(sa_type=Instant)
    cleared_at: datetime | None = Field(default=None, sa_type=Instant)  # all its cases have left the last link


class AssessmentResult(SQLModel, table=True):
    """One subject of a published period, as it was counted that day. The first publication of a subject stands."""

    __tablename__ = "assessment_results"
    __table_args__ = (
        UniqueConstraint("realm", "scheme_code", "first_day", "last_day", "kind", "subject_key", "subject_path"),
        Index("ix_assessment_results_publication", "publication_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    publication_id: int = Field(sa_type=BIG_ID, foreign_key="assessment_publications.id")
    realm: Realm = Field(sa_type=Words(Realm))
    scheme_code: str = Field(sa_type=CODE)
    first_day: date
    last_day: date
    kind: AssessedKind = Field(sa_type=Words(AssessedKind))
    subject_key: str = Field(max_length=120)
    subject_path: str = Field(sa_type=PATH)
    content: Any = Field(sa_type=JSON)  # score, band, components, raw counts
