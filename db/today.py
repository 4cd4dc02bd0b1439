"""What waits for who works a grid: tasks that were given, and what they handed in and may settle themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from db.burden import tasks
from db.cases import CaseRow, cases
from db.database import Session
from db.scope import Scope
from db.visible import in_scope, under
from db.vocabulary import CaseState, Realm, Role
from db.vocabulary.workers import GridTaskState


async def open_tasks(
    session: Session, realm: Realm, grid_ids: Sequence[int], paths: Sequence[str], limit: int
) -> list[Any]:
    """Open tasks of grids, and of everything at or below divisions, oldest first; each with the id of its case."""
    places: list[ColumnElement[bool]] = [tasks.c.grid_id.in_(grid_ids)] if grid_ids else []
    places += [under(cases.c.division_path, path) for path in paths]
    if not places:
        return []
    statement = (
        select(tasks)
        .join(cases, cases.c.id == tasks.c.case_id)
        .where(tasks.c.realm == realm, tasks.c.state == GridTaskState.OPEN, or_(*places))
        .order_by(tasks.c.id)
        .limit(limit)
    )
    return list(await session.execute(statement))


async def own_submissions(session: Session, scope: Scope, keys: Sequence[str], limit: int) -> list[CaseRow]:
    """What grid and community staff handed in and nobody has taken up, oldest first."""
    statement = (
        select(cases)
        .where(
            in_scope(scope),
            cases.c.submitter_key.in_(keys),
            cases.c.submitter_role.in_((Role.GRID_WORKER, Role.COMMUNITY_WORKER)),
            cases.c.state == CaseState.SUBMITTED,
        )
        .order_by(cases.c.id)
        .limit(limit)
    )
    return list(await session.execute(statement))
