"""Surveys of closed cases, and what they add up to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal, select, update

from db.cases import cases
from db.database import Session
from db.deliveries import gateways
from db.tables import Survey
from db.visible import under
from db.vocabulary import Channel, Realm

SurveyRow = Any

surveys: Any = Survey.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


@dataclass(frozen=True, slots=True)
class Satisfaction:
    satisfied: int
    solved: int
    answered: int
    unanswered: int


async def open_one(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(surveys).values(**values))


async def by_hash(session: Session, realm: Realm, token_hash: str) -> SurveyRow | None:
    statement = select(surveys).where(surveys.c.token_hash == token_hash, surveys.c.realm == realm)
    return (await session.execute(statement)).one_or_none()


async def of_round(session: Session, case_id: int, number: int) -> SurveyRow | None:
    """Of a held case."""
    statement = select(surveys).where(surveys.c.case_id == case_id, surveys.c.round == number)
    return (await session.execute(statement)).one_or_none()


async def change(session: Session, survey_id: int, values: Mapping[str, Any]) -> None:
    await session.execute(update(surveys).where(surveys.c.id == survey_id).values(**values))


async def to_send(session: Session, realm: Realm, account: str, now: datetime, limit: int) -> list[Any]:
    """Surveys that a gateway of text messages has to send, oldest first, with the number: personal. Held until the
    transaction ends."""
    carried = select(literal(1)).where(
        gateways.c.realm == realm,
        gateways.c.channel == Channel.SMS,
        gateways.c.account == account,
        func.substr(surveys.c.division_path, 1, func.length(gateways.c.path)) == gateways.c.path,
    )
    statement = (
        _invitation()
        .where(
            surveys.c.realm == realm,
            surveys.c.send_by_sms,
            surveys.c.answered_at.is_(None),
            surveys.c.expires_at > now,
            carried.exists(),
        )
        .order_by(surveys.c.id)
        .limit(limit)
        .with_for_update(of=surveys, skip_locked=True)
    )
    return list(await session.execute(statement))


async def invitations(session: Session, ids: Sequence[int]) -> list[Any]:
    """The same of surveys that were taken."""
    return list(await session.execute(_invitation().where(surveys.c.id.in_(ids)).order_by(surveys.c.id)))


def _invitation() -> Any:
    return select(
        surveys.c.id.label("survey_id"),
        surveys.c.answered_at,
        surveys.c.expires_at,
        cases.c.id,
        cases.c.realm,
        cases.c.division_code,
        cases.c.submitted_at,
        cases.c.submitter_phone,
    ).join(cases, cases.c.id == surveys.c.case_id)


async def satisfaction(session: Session, realm: Realm, path: str, start: datetime, end: datetime) -> Satisfaction:
    """Of the cases closed from `start` to before `end` at or below a division whose submitter could be asked."""
    counts = select(
        func.count().filter(surveys.c.is_satisfied),
        func.count().filter(surveys.c.is_solved),
        func.count(surveys.c.answered_at),
        func.count(),
    ).where(
        surveys.c.realm == realm,
        surveys.c.created_at >= start,
        surveys.c.created_at < end,
        under(surveys.c.division_path, path),
    )
    satisfied, solved, answered, every = (await session.execute(counts)).one()
    return Satisfaction(satisfied, solved, answered, every - answered)
