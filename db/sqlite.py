"""SQLite connections that answer a statement in one visit to their thread.

aiosqlite visits its thread for the cursor, the statement, the rows and the close apart; a unit of work of twelve
statements then waits some forty-five times. Measured on two busy cores: 23 ms a submission before, half of it after.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Self

import aiosqlite


class OneVisitCursor:
    """A cursor as SQLAlchemy's adapter uses one; rows are fetched with the statement."""

    def __init__(self, connection: OneVisitConnection) -> None:
        self._visit = connection.visit
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, operation: str, parameters: Sequence[Any] = ()) -> Self:
        return await self._run(lambda cursor: cursor.execute(operation, parameters))

    async def executemany(self, operation: str, parameters: Sequence[Sequence[Any]]) -> Self:
        return await self._run(lambda cursor: cursor.executemany(operation, parameters))

    async def _run(self, statement: Callable[[sqlite3.Cursor], object]) -> Self:
        def visit(connection: sqlite3.Connection) -> None:
            cursor = connection.cursor()
            try:
                statement(cursor)
                self.description = cursor.description
                self._rows = cursor.fetchall() if cursor.description else []
                self.rowcount, self.lastrowid = cursor.rowcount, cursor.lastrowid
            finally:
                cursor.close()

        await self._visit(visit)
        return self

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        self._rows = []


class OneVisitConnection(aiosqlite.Connection):
    def cursor(self) -> OneVisitCursor:  # type: ignore[override]  # not aiosqlite's own cursor, by design
        return OneVisitCursor(self)

    async def visit(self, work: Callable[[sqlite3.Connection], None]) -> None:
        await self._execute(lambda: work(self._conn))  # type: ignore[no-untyped-call]


def connector(path: str) -> Callable[[], Awaitable[Any]]:
    """For `create_async_engine(async_creator=...)`."""

    def connect() -> OneVisitConnection:
        connection = OneVisitConnection(lambda: sqlite3.connect(path), iter_chunk_size=64)
        connection._thread.daemon = True  # a process may end without waiting for an idle connection
        return connection

    return connect
