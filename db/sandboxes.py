"""Sandboxes of providers that try their systems out, and results that wait for one that judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from db.cases import cases, work_orders
from db.database import Session
from db.tables import Sandbox
from db.vocabulary import Realm, WorkOrderState

_sandboxes: Any = Sandbox.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


async def of_provider(session: Session, provider_id: int) -> Any | None:
    statement = select(_sandboxes).where(_sandboxes.c.service_provider_id == provider_id)
    return (await session.execute(statement)).one_or_none()


async def faults_by_provider(session: Session) -> dict[int, dict[str, int]]:
    return {row.service_provider_id: row.faults for row in await session.execute(select(_sandboxes))}


async def put(session: Session, values: Mapping[str, Any]) -> None:
    which = _sandboxes.c.service_provider_id == values["service_provider_id"]
    await session.execute(delete(_sandboxes).where(which))
    await session.execute(insert(_sandboxes).values(**values))


async def waiting_results(session: Session, limit: int) -> list[Any]:
    """Submitted results of the exercise realm whose provider's sandbox judges, with the version of their case."""
    statement = (
        select(
            work_orders.c.id, work_orders.c.round, work_orders.c.department_id, _sandboxes.c.faults, cases.c.version
        )
        .join(cases, cases.c.id == work_orders.c.case_id)
        .join(_sandboxes, _sandboxes.c.service_provider_id == work_orders.c.service_provider_id)
        .where(work_orders.c.state == WorkOrderState.SUBMITTED, cases.c.realm == Realm.EXERCISE, _sandboxes.c.judges)
        .order_by(work_orders.c.id)
        .limit(limit)
    )
    return list(await session.execute(statement))
