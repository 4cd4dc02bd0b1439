"""One database: short reads, snapshots, and one unit of work per change.

SQLite is the embedded default (one process writes at a time, BEGIN IMMEDIATE); PostgreSQL runs the same code.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import orjson
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from db.sqlite import connector

STATEMENT_SECONDS = 5  # no statement of ours needs longer; a runaway one is stopped by the server
WRITER_CACHE_KIB = 64_000  # every insert touches a dozen index pages all over the file
READER_CACHE_KIB = 8_000  # of each reader: the system's own cache holds the file, and these grow with it
SQLITE_BUSY_SECONDS = 10  # an import holds the write lock for a few seconds

TROUBLE = (SQLAlchemyError, OSError)
"""What a command meets when there is no database, or not the one it expects."""

ANNOUNCED = "announced"  # key of the journal number a transaction has written
ORDERS_TOLD = "orders_told"  # key of the work orders a transaction has changed and the journal is to hear of

Session = AsyncConnection
"""One short conversation with the database. Core rows, no ORM identity map: nothing to expire or refresh."""


class Database:
    """Engines and the three ways in. Never share what they yield between sibling fields."""

    def __init__(self, url: str, *, pool_size: int = 5) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.ring: Callable[[int], None] = lambda seq: None  # told the newest journal number after each commit
        self._reader = self._engine(pool_size)
        # SQLite has one writer: a pool of one lets writers queue here, in order, rather than on file locks.
        self._writer = self._engine(1, begin="BEGIN IMMEDIATE") if self.is_sqlite else self._reader

    def _engine(self, pool_size: int, begin: str = "BEGIN") -> AsyncEngine:
        if not self.is_sqlite:
            return create_async_engine(
                self.url,
                json_serializer=_to_json,
                json_deserializer=orjson.loads,
                pool_size=pool_size,
                max_overflow=pool_size,
                pool_pre_ping=True,
                connect_args={"server_settings": {"statement_timeout": str(STATEMENT_SECONDS * 1000), "jit": "off"}},
            )
        engine = create_async_engine(
            self.url,
            async_creator=connector(self.url.database or ""),
            json_serializer=_to_json,
            json_deserializer=orjson.loads,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
        )
        cache = READER_CACHE_KIB if begin == "BEGIN" else WRITER_CACHE_KIB
        event.listen(engine.sync_engine, "connect", lambda connection, _: _configure_sqlite(connection, cache))
        event.listen(engine.sync_engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Session]:
        """A short read. On SQLite everything inside sees one snapshot; on PostgreSQL each statement its own."""
        async with self._reader.connect() as session:
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Session]:
        """Reads that agree with each other: a list and the journal position it belongs to."""
        async with self._reader.connect() as session:
            if not self.is_sqlite:
                session = await session.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Session]:
        """One transaction: commits on leaving, rolls back on any exception. Wait for nothing but SQL inside."""
        session: Session
        async with self._writer.begin() as session:
            session.info.pop(ANNOUNCED, None)
            session.info.pop(ORDERS_TOLD, None)
            yield session
            announced = session.info.pop(ANNOUNCED, None)
        if announced is not None:
            self.ring(announced)

    @property
    def connections_in_use(self) -> int:
        engines = {self._reader, self._writer}
        return sum(pool.checkedout() for engine in engines if hasattr(pool := engine.pool, "checkedout"))

    async def close(self) -> None:
        await self._reader.dispose()
        await self._writer.dispose()


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _configure_sqlite(connection: Any, cache_kib: int) -> None:
    connection.isolation_level = None  # the driver's own BEGIN comes too late to protect a read before a write
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # an acknowledged submission survives a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_SECONDS * 1000}")
    cursor.execute(f"PRAGMA cache_size=-{cache_kib}")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()
