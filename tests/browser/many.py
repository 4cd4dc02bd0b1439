"""Ten thousand of something: written by one statement, for no test should wait for ten thousand requests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from db.database import Database
from tests.browser.conftest import Server

MANY = 10_000


async def again(server: Server, table: type, **other: str) -> None:
    """The one row of a table so many times again; `other` says in SQL how a copy differs, `n` counts the copies."""
    columns: Any = table.__table__.columns  # type: ignore[attr-defined]
    into = [one.name for one in columns]
    values = [other.get(name, name) for name in into]
    db = Database(server.database_url)
    async with db.write() as session:
        await session.execute(
            text(
                f"WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < {MANY}) "
                f"INSERT INTO {columns[0].table.name} ({', '.join(into)}) "
                f"SELECT {', '.join(values)} FROM {columns[0].table.name}, more"
            )
        )
    await db.close()
