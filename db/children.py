"""Parts of a case that are cases of their own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from db.cases import CaseRow, cases
from db.database import Session


async def children_by_parent(session: Session, ids: Sequence[int]) -> dict[int, list[CaseRow]]:
    """In the order they were added. For who sees the parent: what is shown of each is for them, too."""
    grouped: dict[int, list[CaseRow]] = {case_id: [] for case_id in ids}
    for row in await session.execute(select(cases).where(cases.c.parent_id.in_(ids)).order_by(cases.c.id)):
        grouped[row.parent_id].append(row)
    return grouped


async def held_parent(session: Session, child: CaseRow) -> CaseRow:
    """The parent of a held child, which was held with it."""
    return (await session.execute(select(cases).where(cases.c.id == child.parent_id))).one()


async def hold_open_children(session: Session, parent: CaseRow) -> list[CaseRow]:
    """The open children of a held parent, held after it: whoever ends a child holds the parent first, too."""
    statement = select(cases).where(cases.c.parent_id == parent.id, cases.c.is_open).order_by(cases.c.id)
    return list(await session.execute(statement.with_for_update()))
