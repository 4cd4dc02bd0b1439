"""How fast dispositions reach people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, select, update

from db.cases import CaseRow, dispositions
from db.database import Session
from db.visible import under
from db.vocabulary import Realm


@dataclass(frozen=True, slots=True)
class Speed:
    """Whole seconds from disposition to delivered, by nearest rank; None where nothing was delivered."""

    p50: int | None
    p90: int | None
    answered: int
    unanswered: int
    undeliverable: int


class Round(NamedTuple):
    """A round of a case; a case row is its present one."""

    id: int
    round: int


async def mark_answered(
    session: Session, case: Round | CaseRow, written_at: datetime, at: datetime, *, is_delivered: bool
) -> None:
    """What was decided in this round before a response was written is answered now, or cannot be."""
    waiting = select(dispositions.c.id, dispositions.c.at).where(*_unanswered(case), dispositions.c.at <= written_at)
    for row in (await session.execute(waiting)).all():
        seconds = int((at - row.at).total_seconds()) if is_delivered else None
        values = {"answered_at": at, "answer_seconds": seconds}
        await session.execute(update(dispositions).where(dispositions.c.id == row.id).values(**values))


async def supersede(session: Session, case: CaseRow) -> None:
    """The work goes back: what was decided in this round and not told yet is nobody's to wait for."""
    await session.execute(update(dispositions).where(*_unanswered(case)).values(is_superseded=True))


def _unanswered(case: Round | CaseRow) -> list[ColumnElement[bool]]:
    return [
        dispositions.c.case_id == case.id,
        dispositions.c.round == case.round,
        dispositions.c.answered_at.is_(None),
        ~dispositions.c.is_superseded,
    ]


async def speed(session: Session, realm: Realm, path: str, start: datetime, end: datetime) -> Speed:
    """Of the dispositions given from `start` to before `end` at or below a division."""
    given = and_(
        dispositions.c.realm == realm,
        dispositions.c.at >= start,
        dispositions.c.at < end,
        under(dispositions.c.division_path, path),
        ~dispositions.c.is_superseded,
    )
    seconds, answered_at = dispositions.c.answer_seconds, dispositions.c.answered_at
    counts = (
        await session.execute(
            select(func.count(seconds), func.count(answered_at), func.count()).select_from(dispositions).where(given)
        )
    ).one()
    answered, settled, every = counts
    ranked = select(seconds).where(given, seconds.is_not(None)).order_by(seconds)

    async def at_share(percent: int) -> int | None:
        if not answered:
            return None
        rank = -(-answered * percent // 100)  # rounded up: the nearest rank
        found: Any = (await session.execute(ranked.limit(1).offset(rank - 1))).scalar_one()
        return int(found)

    return Speed(await at_share(50), await at_share(90), answered, every - settled, settled - answered)
