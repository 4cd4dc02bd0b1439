"""Consultations and votes: one vote a person, by the key of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from db.collecting import prefixes
from db.database import Session
from db.tables import Consultation, ConsultationVote
from db.visible import under
from db.vocabulary import Realm
from db.vocabulary.consultations import ConsultationState

ConsultationRow = Any

consultations: Any = Consultation.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
votes: Any = ConsultationVote.__table__  # type: ignore[attr-defined]


async def by_id(session: Session, realm: Realm, number: int, *, hold: bool = False) -> ConsultationRow | None:
    statement = select(consultations).where(consultations.c.realm == realm, consultations.c.id == number)
    return (await session.execute(statement.with_for_update() if hold else statement)).one_or_none()


async def add(session: Session, row: Mapping[str, Any]) -> int:
    made = insert(consultations).values(**row).returning(consultations.c.id)
    return int((await session.execute(made)).scalar_one())


async def change(session: Session, number: int, columns: Mapping[str, Any]) -> None:
    await session.execute(update(consultations).where(consultations.c.id == number).values(**columns))


def in_state(state: ConsultationState, now: datetime) -> ColumnElement[bool]:
    is_there = consultations.c.withdrawn_at.is_(None)
    match state:
        case ConsultationState.WITHDRAWN:
            return consultations.c.withdrawn_at.is_not(None)  # type: ignore[no-any-return]
        case ConsultationState.PLANNED:
            return and_(is_there, consultations.c.opens_at > now)
        case ConsultationState.OPEN:
            return and_(is_there, consultations.c.opens_at <= now, consultations.c.closes_at > now)
        case ConsultationState.CLOSED:
            return and_(is_there, consultations.c.closes_at <= now, consultations.c.answered_at.is_(None))
        case _:
            return and_(is_there, consultations.c.answered_at.is_not(None))


def overdue(now: datetime) -> ColumnElement[bool]:
    """Over, and unanswered beyond the moment that was promised."""
    return and_(in_state(ConsultationState.CLOSED, now), consultations.c.answer_by < now)


def concerning(realm: Realm, path: str) -> ColumnElement[bool]:
    """Of a division, one above or one below."""
    around = or_(consultations.c.path.in_(prefixes(path)), under(consultations.c.path, path))
    return and_(consultations.c.realm == realm, around)


async def count(session: Session, *clauses: ColumnElement[bool]) -> int:
    statement = select(func.count()).select_from(consultations).where(*clauses)
    return int((await session.execute(statement)).scalar_one())


async def waiting_below(
    session: Session, realm: Realm, path: str, now: datetime, limit: int
) -> list[ConsultationRow]:
    """Those of a division and below that wait for their answer, newest first."""
    statement = select(consultations).where(
        consultations.c.realm == realm, under(consultations.c.path, path), in_state(ConsultationState.CLOSED, now)
    )
    return list(await session.execute(statement.order_by(consultations.c.id.desc()).limit(limit)))


async def unflagged_without_scope(session: Session, now: datetime, limit: int) -> list[ConsultationRow]:
    """Whose promised answer is overdue and not called so yet, longest first."""
    statement = select(consultations).where(
        consultations.c.flagged_at.is_(None),
        consultations.c.answered_at.is_(None),
        consultations.c.withdrawn_at.is_(None),
        consultations.c.answer_by < now,
    )
    return list(await session.execute(statement.order_by(consultations.c.answer_by).limit(limit)))


async def page(
    session: Session, realm: Realm, path: str, state: ColumnElement[bool], *, first: int, before_id: int | None
) -> list[ConsultationRow]:
    """Consultations that concern a place: of its division, one above or one below; newest first."""
    statement = select(consultations).where(concerning(realm, path), state)
    if before_id is not None:
        statement = statement.where(consultations.c.id < before_id)
    return list(await session.execute(statement.order_by(consultations.c.id.desc()).limit(first)))


async def vote(session: Session, row: Mapping[str, Any]) -> None:
    made = (sqlite_insert if session.dialect.name == "sqlite" else postgresql_insert)(votes).values(**row)
    newest = {"choice": made.excluded.choice, "words": made.excluded.words, "at": made.excluded.at}
    await session.execute(made.on_conflict_do_update(index_elements=["consultation_id", "voter_key"], set_=newest))


async def vote_of(session: Session, number: int, keys: Sequence[str]) -> Any | None:
    statement = select(votes).where(votes.c.consultation_id == number, votes.c.voter_key.in_(keys))
    return (await session.execute(statement.limit(1))).one_or_none()


async def counts(session: Session, ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """Votes of each consultation by choice."""
    counted: dict[int, dict[int, int]] = {one: {} for one in ids}
    statement = select(votes.c.consultation_id, votes.c.choice, func.count().label("number"))
    grouped = statement.where(votes.c.consultation_id.in_(ids)).group_by(votes.c.consultation_id, votes.c.choice)
    for row in await session.execute(grouped):
        counted[row.consultation_id][row.choice] = int(row.number)
    return counted


async def words_page(session: Session, number: int, *, first: int, after_id: int | None) -> list[Any]:
    """What people said in their own words, in the order they first voted."""
    statement = select(votes).where(votes.c.consultation_id == number, votes.c.words.is_not(None))
    if after_id is not None:
        statement = statement.where(votes.c.id > after_id)
    return list(await session.execute(statement.order_by(votes.c.id).limit(first)))


async def count_words(session: Session, number: int) -> int:
    statement = select(func.count()).where(votes.c.consultation_id == number, votes.c.words.is_not(None))
    return int((await session.execute(statement)).scalar_one())
