"""What is broken on purpose for a provider that tries its system out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, Instant


class Sandbox(SQLModel, table=True):
    """In the exercise realm alone."""

    __tablename__ = "sandboxes"

    service_provider_id: int = Field(
        primary_key=True,
        sa_type=BIG_ID,
        foreign_key="service_providers.id",
        sa_column_kwargs={"autoincrement": False},
    )
    faults: Any = Field(sa_column=Column(JSON, nullable=False))  # percent by SandboxFault
    judges: bool = False  # whether the sandbox plays the department that looks at results
    set_by: str = Field(max_length=120)
    set_at: datetime = Field(sa_type=Instant)
