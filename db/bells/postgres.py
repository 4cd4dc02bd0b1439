"""The line to PostgreSQL: one connection of its own that listens, and notifies outside of every transaction.

A commit that notifies holds a lock of the whole server; ours never do. They are told of by this line, afterwards.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy.engine import make_url

from db.bells.reconnecting import ANSWER_SECONDS, Dial, Line

PAUSE_SECONDS = 0.05  # between two notifies: under load they fold, a lone one leaves at once
CLOSE_SECONDS = 1.0  # a half-open connection does not close politely
APPLICATION = "gridcast-bell"  # how the server lists this connection in pg_stat_activity


class _Line:
    def __init__(self, connection: Any, channel: str) -> None:
        self._connection = connection
        self._channel = channel
        self._heard: asyncio.Queue[bytes | None] = asyncio.Queue()  # read without pause by whoever holds the line

    async def listen(self) -> None:
        self._connection.add_termination_listener(lambda _: self._heard.put_nowait(None))
        await self._connection.add_listener(self._channel, lambda *told: self._heard.put_nowait(told[-1].encode()))

    async def say(self, text: str) -> None:
        await self._connection.execute("SELECT pg_notify($1, $2)", self._channel, text)

    async def hear(self) -> bytes:
        text = await self._heard.get()
        if text is None:
            raise ConnectionError("the server has ended the connection")
        return text


def dialler(url: str) -> Dial:
    """Reads `postgresql://` as libpq does, `postgresql+asyncpg://` as the database settings do."""
    arguments = _arguments(url)

    @asynccontextmanager
    async def dial(channel: str) -> AsyncIterator[Line]:
        connection = await asyncpg.connect(
            **arguments,
            statement_cache_size=0,
            timeout=ANSWER_SECONDS,
            server_settings={"application_name": APPLICATION},
        )
        try:
            line = _Line(connection, channel)
            await line.listen()
            yield line
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=CLOSE_SECONDS)

    return dial


def _arguments(url: str) -> dict[str, Any]:
    if not url.startswith("postgresql+"):
        return {"dsn": url}
    parsed = make_url(url)
    arguments = parsed.get_dialect()().create_connect_args(parsed)[1]
    ours = ("prepared_statement_cache_size", "prepared_statement_name_func")  # of SQLAlchemy, not of asyncpg
    return {name: value for name, value in arguments.items() if name not in ours}
