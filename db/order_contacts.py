"""Whom to ask for at the place of a work order, and who has looked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from db.database import Session
from db.people import access_records
from db.tables import OrderContact

ContactRow = Any

contacts: Any = OrderContact.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


async def put(session: Session, values: Mapping[str, Any]) -> None:
    """In place of what was there; the caller holds the case of the order."""
    await erase(session, values["work_order_id"])
    await session.execute(insert(contacts).values(**values))


async def erase(session: Session, order_id: int) -> None:
    await session.execute(delete(contacts).where(contacts.c.work_order_id == order_id))


async def by_order(session: Session, ids: Sequence[int]) -> dict[int, ContactRow]:
    return {
        row.work_order_id: row
        for row in await session.execute(select(contacts).where(contacts.c.work_order_id.in_(ids)))
    }


async def unrecorded(session: Session, looks: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of these looks, of one principal, that are not on record yet since their moment `since`."""
    statement = select(access_records.c.case_id, access_records.c.reason, access_records.c.at).where(
        access_records.c.case_id.in_({look["case_id"] for look in looks}),
        access_records.c.principal == looks[0]["principal"],
        access_records.c.realm == looks[0]["realm"],
    )
    last: dict[tuple[int, str], Any] = {}
    for row in await session.execute(statement.order_by(access_records.c.id)):
        last[row.case_id, row.reason] = row.at
    return [
        look
        for look in looks
        if (seen := last.get((look["case_id"], look["reason"]))) is None or seen < look["since"]
    ]


async def record(session: Session, looks: Sequence[Mapping[str, Any]]) -> None:
    """Append looks; nothing ever changes or removes them."""
    rows = [{name: value for name, value in look.items() if name != "since"} for look in looks]
    await session.execute(insert(access_records), rows)
