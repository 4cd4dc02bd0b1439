"""Ten thousand of something: written by one statement, for no test should wait for ten thousand requests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, column, insert, literal, select, true

from db.database import Database
from tests.browser.conftest import Server

MANY = 10_000
N: Any = column("n", Integer)  # of a copy: 1 to MANY


async def again(server: Server, table: Any, **other: Any) -> None:
    """The one row of a table so many times again; `other` says how a copy differs."""
    first = select(literal(1).label("n")).cte("more", recursive=True)
    more = first.union_all(select(first.c.n + 1).where(first.c.n < MANY))
    values = {"id": table.c.id + N} | other
    copies = select(*(values.get(one.name, one) for one in table.c)).select_from(table.join(more, true()))
    db = Database(server.database_url)
    async with db.write() as session:
        await session.execute(insert(table).from_select([one.name for one in table.c], copies))
    await db.close()
