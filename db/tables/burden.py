"""What grid workers are given, counted as it happens; nobody is ever asked for minutes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import GridTask, Realm
from db.vocabulary.workers import GridTaskState


class GivenTask(SQLModel, table=True):
    """A task given to a grid by an action of a case, and to the worker who works it."""

    __tablename__ = "grid_tasks"
    __table_args__ = (
        Index(
            "ix_grid_tasks_open",
            "case_id",
            sqlite_where=text("state = 'OPEN'"),
            postgresql_where=text("state = 'OPEN'"),
        ),
        Index("ix_grid_tasks_worker", "realm", "worker_code", "state", "id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    grid_id: int = Field(sa_type=BIG_ID, foreign_key="grids.id")
    worker_code: str | None = Field(default=None, sa_type=CODE, foreign_key="grid_workers.code")
    task: GridTask = Field(sa_type=Words(GridTask))
    state: GridTaskState = Field(sa_type=Words(GridTaskState))
    minutes: int  # estimated by its permit; 0 where nobody has estimated
    given_at: datetime = Field(sa_type=Instant)
    override_reason: str | None = Field(default=None, max_length=200)  # given beyond the ceiling
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class Burden(SQLModel, table=True):
    """Counts of one holder in one grid on one local day."""

    __tablename__ = "burdens"
    __table_args__ = (Index("ix_burdens_path", "realm", "day", "path"),)

    realm: Realm = Field(primary_key=True, sa_type=Words(Realm))
    day: date = Field(primary_key=True)
    holder: str = Field(primary_key=True, sa_type=CODE)  # a worker's code; -<grid id> where the grid has no worker
    grid_id: int = Field(primary_key=True, sa_type=BIG_ID)
    path: str = Field(sa_type=PATH)
    verifications: int = 0
    checks: int = 0
    submissions: int = 0
    self_handled: int = 0  # of the submissions
    minutes: int = 0
    overrides: int = 0
    ceiling: int = 0  # that held when the row was last written


class BurdenCeiling(SQLModel, table=True):
    """Most tasks a day for one worker of a division and of what lies below without a ceiling of its own."""

    __tablename__ = "burden_ceilings"

    division_code: str = Field(primary_key=True, sa_type=CODE, foreign_key="divisions.code")
    tasks_per_day: int
