"""What is known of grids beside their cases."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Words
from db.vocabulary.grid_facts import PartyOrganisationKind


class PartyOrganisation(SQLModel, table=True):
    __tablename__ = "party_organisations"
    __table_args__ = (UniqueConstraint("grid_id", "kind", "name"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    grid_id: int = Field(sa_type=BIG_ID, foreign_key="grids.id")
    kind: PartyOrganisationKind = Field(sa_type=Words(PartyOrganisationKind))
    name: str = Field(max_length=80)
