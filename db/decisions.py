"""Reading and writing decisions and the cases they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from db.database import Session
from db.tables import Decision, DecisionCase
from db.visible import under
from db.vocabulary import Realm

decisions: Any = Decision.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_cases: Any = DecisionCase.__table__  # type: ignore[attr-defined]


async def add(session: Session, values: Mapping[str, Any], case_ids: Sequence[int]) -> int:
    decision_id = int(
        (await session.execute(insert(decisions).values(**values).returning(decisions.c.id))).scalar_one()
    )
    await session.execute(insert(_cases), [{"decision_id": decision_id, "case_id": one} for one in case_ids])
    return decision_id


async def follow_up(session: Session, decision_id: int, text: str, at: datetime) -> None:
    await session.execute(
        update(decisions).where(decisions.c.id == decision_id).values(follow_up=text, followed_up_at=at)
    )


async def below(session: Session, realm: Realm, paths: Sequence[str], decision_id: int) -> Any | None:
    """A decision of a division at or below one of the paths; None for any other."""
    found = await page(session, realm, paths, first=1, before_id=decision_id + 1)
    return found[0] if found and found[0].id == decision_id else None


async def page(
    session: Session, realm: Realm, paths: Sequence[str], *, first: int, before_id: int | None
) -> list[Any]:
    """Decisions of divisions at or below one of the paths, newest first."""
    if not paths:
        return []
    here = or_(*(under(decisions.c.division_path, path) for path in paths))
    statement = select(decisions).where(decisions.c.realm == realm, here)
    if before_id is not None:
        statement = statement.where(decisions.c.id < before_id)
    return list(await session.execute(statement.order_by(decisions.c.id.desc()).limit(first)))


async def case_ids_by_decision(session: Session, ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {one: [] for one in ids}
    statement = select(_cases).where(_cases.c.decision_id.in_(ids)).order_by(_cases.c.case_id)
    for row in await session.execute(statement):
        found[row.decision_id].append(row.case_id)
    return found


async def count_by_case(session: Session, case_ids: Sequence[int]) -> dict[int, int]:
    """In how many decisions each case was used."""
    statement = select(_cases.c.case_id, func.count()).where(_cases.c.case_id.in_(case_ids))
    found = {case_id: int(number) for case_id, number in await session.execute(statement.group_by(_cases.c.case_id))}
    return {one: found.get(one, 0) for one in case_ids}
