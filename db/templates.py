"""Templates of responses."""

from __future__ import annotations

from typing import Any

from sqlalchemy import case, or_, select

from db.cases import CaseRow
from db.database import Session
from db.tables import ResponseTemplate
from db.vocabulary import CaseAction

templates: Any = ResponseTemplate.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


async def suiting(session: Session, row: CaseRow, action: CaseAction, limit: int) -> list[Any]:
    """What suits a case and an action: made for its matter first, then for its kind, then for every one."""
    of_matter, of_kind, of_action = (
        templates.c.matter_id == row.matter_id,
        templates.c.kind == row.kind,
        templates.c.action == action,
    )
    statement = (
        select(templates)
        .where(
            or_(templates.c.matter_id.is_(None), of_matter),
            or_(templates.c.kind.is_(None), of_kind),
            or_(templates.c.action.is_(None), of_action),
        )
        .order_by(
            case((of_matter, 0), else_=1),
            case((of_kind, 0), else_=1),
            case((of_action, 0), else_=1),
            templates.c.code,
        )
        .limit(limit)
    )
    return list(await session.execute(statement))


async def by_id(session: Session, template_id: int) -> Any | None:
    return (await session.execute(select(templates).where(templates.c.id == template_id))).one_or_none()
