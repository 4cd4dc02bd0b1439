"""Who works which grid, and the handover of one worker to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, insert, or_, select, update

from db.burden import tasks
from db.cases import cases
from db.database import Session
from db.places import grids
from db.tables import GridWorker, HandoverItem, WorkerAssignment, WorkerHandover
from db.visible import under
from db.vocabulary import Realm
from db.vocabulary.workers import GridTaskState, HandedOver, WorkerKind

WorkerRow = Any
AssignmentRow = Any

workers: Any = GridWorker.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
assignments: Any = WorkerAssignment.__table__  # type: ignore[attr-defined]
handovers: Any = WorkerHandover.__table__  # type: ignore[attr-defined]
items: Any = HandoverItem.__table__  # type: ignore[attr-defined]

GIVEN_TASKS = (WorkerKind.FULL_TIME, WorkerKind.PART_TIME, WorkerKind.GRID_LEADER)
"""Who is given the tasks of a grid: the first kind somebody is there of."""


def on(day: date) -> ColumnElement[bool]:
    """Assignments that hold on a local day."""
    return and_(assignments.c.from_day <= day, or_(assignments.c.until_day.is_(None), assignments.c.until_day > day))


async def working_in(session: Session, realm: Realm, grid_id: int, day: date) -> WorkerRow | None:
    """The worker who is given the tasks of a grid."""
    order = case({kind: place for place, kind in enumerate(GIVEN_TASKS)}, value=assignments.c.kind)
    statement = (
        select(workers)
        .join(assignments, assignments.c.worker_code == workers.c.code)
        .where(assignments.c.realm == realm, assignments.c.grid_id == grid_id, on(day))
        .where(assignments.c.kind.in_(GIVEN_TASKS))
        .order_by(order, assignments.c.id)
        .limit(1)
    )
    return (await session.execute(statement)).one_or_none()


async def by_codes(session: Session, codes: Sequence[str]) -> dict[str, WorkerRow]:
    rows = await session.execute(select(workers).where(workers.c.code.in_(codes)))
    return {row.code: row for row in rows}


async def by_account(session: Session, account: str) -> WorkerRow | None:
    return (await session.execute(select(workers).where(workers.c.account == account))).one_or_none()


async def hold(session: Session, codes: Sequence[str]) -> dict[str, WorkerRow]:
    """Workers, held until the transaction ends: whoever else gives them something waits. In order of code."""
    statement = (
        select(workers).where(workers.c.code.in_(codes)).order_by(workers.c.code).with_for_update(key_share=True)
    )
    return {row.code: row for row in await session.execute(statement)}


async def hold_grid(session: Session, grid_id: int) -> None:
    """The grid in place of a worker it has not."""
    await session.execute(select(grids.c.id).where(grids.c.id == grid_id).with_for_update(key_share=True))


async def by_grid(session: Session, realm: Realm, day: date, grid_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Everybody who works each grid on a day, by kind and code."""
    grouped: dict[int, list[Any]] = {grid_id: [] for grid_id in grid_ids}
    order = case({kind: place for place, kind in enumerate(WorkerKind)}, value=assignments.c.kind)
    statement = (
        select(assignments, workers.c.name, workers.c.is_sample)
        .join(workers, workers.c.code == assignments.c.worker_code)
        .where(assignments.c.realm == realm, assignments.c.grid_id.in_(grid_ids), on(day))
        .order_by(order, assignments.c.worker_code)
    )
    for row in await session.execute(statement):
        grouped[row.grid_id].append(row)
    return grouped


def without_full_time(realm: Realm, day: date) -> ColumnElement[bool]:
    """Grids nobody works full-time on a day. One look into the index of assignments for each grid."""
    return ~exists().where(
        assignments.c.realm == realm,
        assignments.c.grid_id == grids.c.id,
        assignments.c.kind == WorkerKind.FULL_TIME,
        on(day),
    )


async def count(session: Session, realm: Realm, path: str, kinds: Sequence[WorkerKind], day: date) -> int:
    """How many people of these kinds work at or below a division."""
    statement = select(func.count(assignments.c.worker_code.distinct())).where(
        assignments.c.realm == realm, under(assignments.c.path, path), assignments.c.kind.in_(kinds), on(day)
    )
    return int((await session.execute(statement)).scalar_one())


# -- handing over


async def assignments_of(session: Session, realm: Realm, code: str, day: date) -> list[AssignmentRow]:
    statement = select(assignments).where(assignments.c.realm == realm, assignments.c.worker_code == code, on(day))
    return list(await session.execute(statement.order_by(assignments.c.id).with_for_update()))


async def end_assignments(session: Session, ids: Sequence[int], day: date) -> None:
    await session.execute(update(assignments).where(assignments.c.id.in_(ids)).values(until_day=day))


async def add_assignment(session: Session, values: Mapping[str, Any]) -> int:
    statement = insert(assignments).values(**values).returning(assignments.c.id)
    return int((await session.execute(statement)).scalar_one())


async def move_tasks(session: Session, realm: Realm, from_code: str, to_code: str) -> list[int]:
    """Give one worker's open tasks to another; their ids."""
    statement = (
        update(tasks)
        .where(tasks.c.realm == realm, tasks.c.worker_code == from_code, tasks.c.state == GridTaskState.OPEN)
        .values(worker_code=to_code)
        .returning(tasks.c.id)
    )
    return sorted((await session.execute(statement)).scalars())


async def lock_open_submissions_without_scope(session: Session, realm: Realm, account: str) -> list[Any]:
    """Open cases somebody handed in, held until the transaction ends; in order of id, as everybody holds them."""
    statement = select(cases).where(cases.c.realm == realm, cases.c.submitter_key == account, cases.c.is_open)
    return list(await session.execute(statement.order_by(cases.c.id).with_for_update()))


async def add_handover(session: Session, values: Mapping[str, Any]) -> int:
    statement = insert(handovers).values(**values).returning(handovers.c.id)
    return int((await session.execute(statement)).scalar_one())


async def add_items(session: Session, handover_id: int, what: HandedOver, ids: Sequence[int]) -> None:
    if ids:
        values = [{"handover_id": handover_id, "what": what, "item_id": item} for item in ids]
        await session.execute(insert(items), values)


async def handover(session: Session, realm: Realm, handover_id: int) -> Any | None:
    statement = select(handovers).where(handovers.c.id == handover_id, handovers.c.realm == realm)
    return (await session.execute(statement)).one_or_none()


async def handovers_page(
    session: Session, realm: Realm, path: str, *, first: int, before_id: int | None
) -> list[Any]:
    """Newest first."""
    statement = select(handovers).where(handovers.c.realm == realm, under(handovers.c.path, path))
    if before_id is not None:
        statement = statement.where(handovers.c.id < before_id)
    return list(await session.execute(statement.order_by(handovers.c.id.desc()).limit(first)))


async def counts_by_handover(session: Session, ids: Sequence[int]) -> dict[int, dict[HandedOver, int]]:
    grouped: dict[int, dict[HandedOver, int]] = {one: dict.fromkeys(HandedOver, 0) for one in ids}
    statement = (
        select(items.c.handover_id, items.c.what, func.count().label("number"))
        .where(items.c.handover_id.in_(ids))
        .group_by(items.c.handover_id, items.c.what)
    )
    for row in await session.execute(statement):
        grouped[row.handover_id][row.what] = row.number
    return grouped
