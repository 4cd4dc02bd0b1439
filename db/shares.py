"""Units that a case is shared with: rows for the scope's WHERE clause, ids on the case for everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert, select, update

from db.cases import CaseRow, dispositions, shares
from db.database import Session
from db.vocabulary import ShareRight

ShareRow = Any
"""A Core row of table `case_shares`."""


async def shares_by_case(session: Session, ids: Sequence[int]) -> dict[int, list[ShareRow]]:
    """Shares that have not ended, oldest first."""
    grouped: dict[int, list[ShareRow]] = {case_id: [] for case_id in ids}
    statement = select(shares).where(shares.c.case_id.in_(ids), shares.c.ended_at.is_(None)).order_by(shares.c.id)
    for row in await session.execute(statement):
        grouped[row.case_id].append(row)
    return grouped


async def add_share(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(shares).values(**values))


async def end_share(session: Session, case_id: int, department_id: int, at: Any) -> None:
    which = (shares.c.case_id == case_id, shares.c.department_id == department_id, shares.c.ended_at.is_(None))
    await session.execute(update(shares).where(*which).values(ended_at=at))


async def has_spoken(session: Session, case: CaseRow, department_id: int) -> bool:
    """Whether an assisting unit has given its disposition in this round, since the case was last reworked."""
    statement = select(dispositions.c.id).where(
        dispositions.c.case_id == case.id,
        dispositions.c.department_id == department_id,
        dispositions.c.round == case.round,
        dispositions.c.share_right.is_not(None),
    )
    if case.reworked_at is not None:
        statement = statement.where(dispositions.c.at >= case.reworked_at)
    return (await session.execute(statement.limit(1))).first() is not None


async def joint_units(session: Session, case_id: int) -> list[int]:
    found = (await shares_by_case(session, [case_id]))[case_id]
    return sorted(row.department_id for row in found if row.share_right is ShareRight.JOINT)
