"""The catalogue of what may be bought, what never is, and what service providers bring and have done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from db.cases import cases, work_orders
from db.catalogue import service_providers
from db.database import Session
from db.posts import above
from db.tables import (
    CatalogueItem,
    ProviderArea,
    ProviderCrew,
    ProviderQualification,
    ProviderTechnician,
    QualificationKind,
    ReservedTask,
)
from db.vocabulary import DONE_WORK_ORDER_STATES, OPEN_WORK_ORDER_STATES, Realm
from db.vocabulary.purchasing import TaskKind

ItemRow = Any
ProviderRow = Any

items: Any = CatalogueItem.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
reserved_tasks: Any = ReservedTask.__table__  # type: ignore[attr-defined]
qualification_kinds: Any = QualificationKind.__table__  # type: ignore[attr-defined]
qualifications: Any = ProviderQualification.__table__  # type: ignore[attr-defined]
areas: Any = ProviderArea.__table__  # type: ignore[attr-defined]
crews: Any = ProviderCrew.__table__  # type: ignore[attr-defined]
technicians: Any = ProviderTechnician.__table__  # type: ignore[attr-defined]


# -- what may be bought


def in_force(day: date) -> ColumnElement[bool]:
    return and_(items.c.valid_from <= day, items.c.valid_to >= day)


def bought_at(path: str) -> ColumnElement[bool]:
    """Items of a place: of its own division or of one above."""
    return items.c.path.in_(above(path))  # type: ignore[no-any-return]


async def items_for(session: Session, matter_id: int, path: str) -> list[ItemRow]:
    """Items of a matter at a place whatever the day, those of the nearest division first."""
    statement = select(items).where(items.c.matter_id == matter_id, bought_at(path))
    return list(await session.execute(statement.order_by(func.length(items.c.path).desc(), items.c.code)))


async def reserved_for(session: Session, path: str, matter_id: int, task_kind: TaskKind | None) -> Any | None:
    """The first reason why a task may not be bought at a place; None where it may."""
    codes = path.rstrip("/").split("/")
    kinds = ["", *([] if task_kind is None else [str(task_kind)])]
    statement = select(reserved_tasks).where(
        reserved_tasks.c.division_code.in_(codes),
        reserved_tasks.c.matter_id.in_((0, matter_id)),
        reserved_tasks.c.task_kind.in_(kinds),
    )
    return (await session.execute(statement.order_by(reserved_tasks.c.id).limit(1))).first()


async def kind_names(session: Session, codes: Sequence[str]) -> dict[str, str]:
    """Names of qualifications, in the order of `codes`."""
    rows = await session.execute(select(qualification_kinds).where(qualification_kinds.c.code.in_(codes)))
    names = {row.code: row.name for row in rows}
    return {code: names.get(code, code) for code in codes}


# -- from whom


def listed_on(day: date) -> ColumnElement[bool]:
    """Providers who may be named at all: active, and not on the blacklist that day."""
    until = service_providers.c.blacklisted_until
    return and_(service_providers.c.is_active, or_(until.is_(None), until < day))


async def around(session: Session, path: str, day: date, limit: int) -> list[ProviderRow]:
    """Providers of a place: of its division or one above, or with an area that holds it. In order of their codes."""
    here = above(path)
    by_area = select(areas.c.service_provider_id).where(areas.c.path.in_(here))
    statement = select(service_providers).where(
        listed_on(day), or_(service_providers.c.path.in_(here), service_providers.c.id.in_(by_area))
    )
    return list(await session.execute(statement.order_by(service_providers.c.code).limit(limit)))


async def provider_around(session: Session, path: str, day: date, provider_id: int) -> ProviderRow | None:
    """The same of one provider: whoever is not there, works elsewhere or is blacklisted is None alike."""
    here = above(path)
    by_area = select(areas.c.service_provider_id).where(areas.c.path.in_(here))
    statement = select(service_providers).where(
        service_providers.c.id == provider_id,
        listed_on(day),
        or_(service_providers.c.path.in_(here), service_providers.c.id.in_(by_area)),
    )
    return (await session.execute(statement)).one_or_none()


async def areas_by_provider(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await _by_provider(session, areas, ids, areas.c.division_code)


async def qualifications_by_provider(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    """With the name of their kind as `name`."""
    statement = (
        select(qualifications, qualification_kinds.c.name)
        .join(qualification_kinds, qualification_kinds.c.code == qualifications.c.kind_code)
        .where(qualifications.c.service_provider_id.in_(ids))
        .order_by(qualifications.c.kind_code)
    )
    found: dict[int, list[Any]] = {provider_id: [] for provider_id in ids}
    for row in await session.execute(statement):
        found[row.service_provider_id].append(row)
    return found


async def crews_by_provider(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await _by_provider(session, crews, ids, crews.c.code)


async def technicians_by_provider(session: Session, ids: Sequence[int]) -> dict[int, list[Any]]:
    return await _by_provider(session, technicians, ids, technicians.c.code)


async def _by_provider(session: Session, table: Any, ids: Sequence[int], order: Any) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {provider_id: [] for provider_id in ids}
    statement = select(table).where(table.c.service_provider_id.in_(ids)).order_by(order)
    for row in await session.execute(statement):
        found[row.service_provider_id].append(row)
    return found


# -- what they have done


@dataclass(frozen=True, slots=True)
class Done:
    """Counts of orders of one provider."""

    finished: int = 0
    on_time: int = 0
    first_time_right: int = 0
    of_item: int = 0
    open: int = 0


async def done_by_provider(
    session: Session, realm: Realm, ids: Sequence[int], item_id: int | None
) -> dict[int, Done]:
    """What each has finished and has open in a realm, whoever asks: figures to choose by, no cases."""
    is_finished = work_orders.c.state.in_(sorted(DONE_WORK_ORDER_STATES))
    in_time = or_(work_orders.c.due_at.is_(None), work_orders.c.submitted_at <= work_orders.c.due_at)
    columns = {
        "finished": is_finished,
        "on_time": and_(is_finished, in_time),
        "first_time_right": and_(is_finished, work_orders.c.round == 1),
        "of_item": and_(is_finished, work_orders.c.catalogue_item_id == (item_id or 0)),
        "open": work_orders.c.state.in_(sorted(OPEN_WORK_ORDER_STATES)),
    }
    counted = [func.sum(case((clause, 1), else_=0)).label(name) for name, clause in columns.items()]
    statement = (
        select(work_orders.c.service_provider_id, *counted)
        .join(cases, cases.c.id == work_orders.c.case_id)
        .where(work_orders.c.service_provider_id.in_(ids), cases.c.realm == realm)
        .group_by(work_orders.c.service_provider_id)
    )
    found: dict[int, Done] = defaultdict(Done)
    for provider_id, *values in await session.execute(statement):
        found[provider_id] = Done(*(int(value) for value in values))
    return found
