"""Who works which grid, since when and as what; and what one left to another."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import Realm
from db.vocabulary.workers import HandedOver, WorkerKind


class GridWorker(SQLModel, table=True):
    __tablename__ = "grid_workers"

    code: str = Field(primary_key=True, sa_type=CODE)
    name: str = Field(max_length=40)  # personal: shown masked
    account: str | None = Field(default=None, max_length=120, unique=True)  # principal of their tokens
    is_sample: bool = False  # invented


class WorkerAssignment(SQLModel, table=True):
    """Half-open: from the first day on, until (and without) the day it ended."""

    __tablename__ = "worker_assignments"
    __table_args__ = (
        UniqueConstraint("realm", "worker_code", "grid_id", "kind", "from_day"),
        Index("ix_worker_assignments_grid", "realm", "grid_id", "kind", "from_day", "until_day"),
        # Whole in itself: counting the people of a province reads the index and no row.
        Index("ix_worker_assignments_path", "realm", "path", "kind", "worker_code", "from_day", "until_day"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    worker_code: str = Field(sa_type=CODE, foreign_key="grid_workers.code")
    grid_id: int = Field(sa_type=BIG_ID, foreign_key="grids.id")
    path: str = Field(sa_type=PATH)  # of the grid
    kind: WorkerKind = Field(sa_type=Words(WorkerKind))
    from_day: date
    until_day: date | None = None


class WorkerHandover(SQLModel, table=True):
    """One worker left, another took over."""

    __tablename__ = "worker_handovers"
    __table_args__ = (Index("ix_worker_handovers_path", "realm", "path", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    path: str = Field(sa_type=PATH)  # of the first grid
    from_code: str = Field(sa_type=CODE, foreign_key="grid_workers.code")
    to_code: str = Field(sa_type=CODE, foreign_key="grid_workers.code")
    reason: str = Field(max_length=200)
    actor: str = Field(max_length=120)
    at: datetime = Field(sa_type=Instant)


class HandoverItem(SQLModel, table=True):
    __tablename__ = "handover_items"

    handover_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="worker_handovers.id")
    what: HandedOver = Field(primary_key=True, sa_type=Words(HandedOver))
    item_id: int = Field(primary_key=True, sa_type=BIG_ID)  # of the new assignment, the task or the case
