"""Reading and writing decisions for classes of cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from db.database import Session
from db.tables import BatchDecision, BatchItem
from db.vocabulary import Realm
from db.vocabulary.batches import BatchItemState

batches: Any = BatchDecision.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
items: Any = BatchItem.__table__  # type: ignore[attr-defined]

BatchRow = Any
"""A Core row of table `batch_decisions`."""
ItemRow = Any
"""A Core row of table `batch_items`."""


async def add(session: Session, values: Mapping[str, Any], case_ids: Sequence[int]) -> int:
    """A batch whose cases all wait for their turn, in this order."""
    batch_id = int((await session.execute(insert(batches).values(**values).returning(batches.c.id))).scalar_one())
    await session.execute(
        insert(items),
        [
            {"batch_id": batch_id, "position": position, "case_id": case_id, "state": BatchItemState.PENDING}
            for position, case_id in enumerate(case_ids, 1)
        ],
    )
    return batch_id


async def by_id_without_scope(session: Session, realm: Realm, batch_id: int) -> BatchRow | None:
    found = await session.execute(select(batches).where(batches.c.id == batch_id, batches.c.realm == realm))
    return found.one_or_none()


async def items_of(session: Session, batch_id: int) -> list[ItemRow]:
    """In the order they were decided."""
    statement = select(items).where(items.c.batch_id == batch_id).order_by(items.c.position)
    return list(await session.execute(statement))


async def pending(session: Session, batch_id: int) -> list[ItemRow]:
    statement = select(items).where(items.c.batch_id == batch_id, items.c.state == BatchItemState.PENDING)
    return list(await session.execute(statement.order_by(items.c.position)))


async def settle(
    session: Session,
    item: ItemRow,
    state: BatchItemState,
    at: datetime,
    *,
    code: str | None = None,
    field_names: Sequence[str] | None = None,
    sentence_values: Mapping[str, str] | None = None,
) -> None:
    """Write down what became of an item, unless somebody has already."""
    statement = (
        update(items)
        .where(
            items.c.batch_id == item.batch_id,
            items.c.position == item.position,
            items.c.state == BatchItemState.PENDING,
        )
        .values(state=state, settled_at=at, code=code, field_names=field_names, sentence_values=sentence_values)
    )
    await session.execute(statement)
