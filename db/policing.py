"""Police beats and what cases ask of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, insert, or_, select, update

from db.database import Session
from db.people import access_records
from db.places import grids
from db.tables import BeatGrid, PoliceBeat, PoliceTask
from db.visible import under
from db.vocabulary import Realm
from db.vocabulary.policing import PoliceTaskKind, PoliceTaskState

BeatRow = Any
TaskRow = Any

beats: Any = PoliceBeat.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
links: Any = BeatGrid.__table__  # type: ignore[attr-defined]
tasks: Any = PoliceTask.__table__  # type: ignore[attr-defined]


async def beats_by_grid(session: Session, grid_ids: Sequence[int]) -> dict[int, BeatRow]:
    statement = select(links.c.grid_id, beats).join(beats, beats.c.id == links.c.beat_id)
    rows = await session.execute(statement.where(links.c.grid_id.in_(grid_ids)))
    return {row.grid_id: row for row in rows}


async def beats_by_id(session: Session, ids: Sequence[int]) -> dict[int, BeatRow]:
    return {row.id: row for row in await session.execute(select(beats).where(beats.c.id.in_(ids)))}


async def beats_page(session: Session, path: str | None, *, first: int, after_id: int | None) -> list[BeatRow]:
    statement = select(beats)
    if path is not None:
        statement = statement.where(under(beats.c.path, path))
    if after_id is not None:
        statement = statement.where(beats.c.id > after_id)
    return list(await session.execute(statement.order_by(beats.c.id).limit(first)))


def grids_of_beat(beat_id: int) -> list[ColumnElement[bool]]:
    of_beat = select(links.c.grid_id).where(links.c.beat_id == beat_id)
    return [grids.c.is_active, grids.c.id.in_(of_beat)]


async def tasks_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[TaskRow]]:
    grouped: dict[int, list[TaskRow]] = {case_id: [] for case_id in ids}
    for row in await session.execute(select(tasks).where(tasks.c.case_id.in_(ids)).order_by(tasks.c.id)):
        grouped[row.case_id].append(row)
    return grouped


async def add_task(session: Session, values: Mapping[str, Any]) -> int:
    return int((await session.execute(insert(tasks).values(**values).returning(tasks.c.id))).scalar_one())


async def task_without_scope(session: Session, task_id: int) -> TaskRow | None:
    """Which case to lock; whether the caller may see it is decided by that lock."""
    return (await session.execute(select(tasks).where(tasks.c.id == task_id))).one_or_none()


async def change_task(session: Session, task_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(tasks).where(tasks.c.id == task_id).values(**values))


async def has_open(session: Session, case_id: int, kind: PoliceTaskKind) -> bool:
    statement = select(tasks.c.id).where(
        tasks.c.case_id == case_id, tasks.c.kind == kind, tasks.c.state != PoliceTaskState.ANSWERED
    )
    return (await session.execute(statement.limit(1))).first() is not None


async def record_attempts(session: Session, values: Sequence[Mapping[str, Any]]) -> None:
    """Append looks that were not allowed; nothing ever changes or removes them."""
    await session.execute(insert(access_records), values)


@dataclass(frozen=True, slots=True)
class Linkage:
    notified: int
    joint: int
    transferred: int
    received: int
    answered: int
    visits: int
    joint_visits: int


async def linkage(session: Session, realm: Realm, path: str, first: datetime, end: datetime) -> Linkage:
    """Tasks asked, and visits made, from `first` to before `end`, at or below a division. A visit is one row, so a
    joint one counts once, for both."""

    def within(column: Any) -> Any:
        return (column >= first) & (column < end)

    asked, visited = within(tasks.c.asked_at), within(tasks.c.visited_at)
    statement = select(
        *(func.count().filter(asked, tasks.c.kind == kind) for kind in PoliceTaskKind),
        func.count().filter(asked, tasks.c.received_at.is_not(None)),
        func.count().filter(asked, tasks.c.answered_at.is_not(None)),
        func.count().filter(visited),
        func.count().filter(visited, tasks.c.kind == PoliceTaskKind.JOINT),
    ).where(tasks.c.realm == realm, under(tasks.c.path, path), tasks.c.asked_at < end, or_(asked, visited))
    return Linkage(*map(int, (await session.execute(statement)).one()))
