"""How far the cases of a period have come towards an answer their submitter agrees with."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, case, exists, func, select

from db.cases import cases, responses
from db.database import Session
from db.indicators import Span
from db.visible import under
from db.vocabulary import CaseOutcome, Realm

_place = cases.c.division_path.concat("")  # found by the day it was handed in, not by place


class Funnel(NamedTuple):
    submitted: int
    accepted: int
    responded: int
    disposed: int
    delivered: int
    confirmed: int
    unconfirmed: int


async def count(session: Session, realm: Realm, path: str, span: Span) -> Funnel:
    """Each step counts the same cases: handed in during the span, without those joined to another."""
    answered = exists().where(responses.c.case_id == cases.c.id, responses.c.round == cases.c.round)

    def those(which: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((which, 1), else_=0)), 0)

    statement = select(
        func.count(),
        those(cases.c.accepted_at.is_not(None)),
        those(answered),
        those(cases.c.dispositions > 0),
        those(cases.c.responses > 0),
        those(cases.c.is_confirmed.is_(True)),
        those(cases.c.is_confirmed.is_(False)),
    ).where(
        cases.c.realm == realm,
        span.holds(cases.c.submitted_at),
        under(_place, path),
        cases.c.outcome.is_distinct_from(CaseOutcome.DUPLICATE),
    )
    return Funnel(*(int(number) for number in (await session.execute(statement)).one()))
