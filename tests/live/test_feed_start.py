"""A process that starts while its database is being restarted."""

from __future__ import annotations

import asyncio

from db.database import Database
from db.feed import Feed
from tests.conftest import Postgres


async def test_a_feed_starts_although_its_first_connection_is_cut(postgres: Postgres) -> None:
    name = await postgres.create()
    db = Database(postgres.url(name))
    feed = Feed(db)
    try:
        await postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        starting = asyncio.create_task(feed.start())
        await asyncio.sleep(0.1)
        assert not feed.is_running

        await postgres.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await starting

        assert feed.is_running
    finally:
        await feed.stop()
        await db.close()
        await postgres.drop(name)
