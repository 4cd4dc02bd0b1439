"""Where things are: the tree of divisions and the grids below it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Words
from db.vocabulary import CodeScheme, DivisionLevel, GridKind, PopulationBand, Setting
from db.vocabulary.grid_facts import GridProgramme


class Division(SQLModel, table=True):
    __tablename__ = "divisions"
    __table_args__ = (Index("ix_divisions_path", "path"), Index("ix_divisions_parent", "parent_code", "code"))

    code: str = Field(primary_key=True, sa_type=CODE)
    level: DivisionLevel = Field(sa_type=Words(DivisionLevel))
    parent_code: str | None = Field(default=None, sa_type=CODE, foreign_key="divisions.code")
    name: str = Field(max_length=80)
    path: str = Field(sa_type=PATH)  # codes from the province down, each followed by "/"
    longitude: float | None = None
    latitude: float | None = None


class Grid(SQLModel, table=True):
    __tablename__ = "grids"
    __table_args__ = (
        UniqueConstraint("code_scheme", "code"),
        Index("ix_grids_path", "path", "id"),
        Index("ix_grids_community", "community_code", "id"),
        Index("ix_grids_code", "code"),
        # Who is silent is asked of all grids in use below a division: this index alone answers.
        Index(
            "ix_grids_in_use",
            "path",
            "id",
            sqlite_where=text("is_active = 1"),
            postgresql_where=text("is_active"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    code: str = Field(sa_type=CODE)
    code_scheme: CodeScheme = Field(sa_type=Words(CodeScheme))
    kind: GridKind = Field(sa_type=Words(GridKind))
    setting: Setting = Field(sa_type=Words(Setting))
    name: str = Field(max_length=80)
    community_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    path: str = Field(sa_type=PATH)  # the community's path
    population_band: PopulationBand | None = Field(default=None, sa_type=Words(PopulationBand))
    longitude: float | None = None  # WGS-84 degrees, inside the grid
    latitude: float | None = None
    polygon: Any = Field(default=None, sa_type=JSON(none_as_null=True), nullable=True)  # GeoJSON geometry as imported
    is_active: bool = True
    programme: GridProgramme | None = Field(default=None, sa_type=Words(GridProgramme))  # a tag its cases take over
