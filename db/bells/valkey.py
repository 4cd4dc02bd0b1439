"""The line to Valkey or Redis: one connection that is subscribed, another that publishes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from db.bells.reconnecting import ANSWER_SECONDS, Dial, Line

PAUSE_SECONDS = 0.01  # between two publishes; cheap for the broker
CLOSE_SECONDS = 1.0  # a half-open connection does not close politely


class _Line:
    def __init__(self, client: Redis, subscription: Any, channel: str) -> None:
        self._client = client
        self._subscription = subscription
        self._channel = channel

    async def say(self, text: str) -> None:
        await self._client.publish(self._channel, text)

    async def hear(self) -> bytes:
        while True:
            message = await self._subscription.get_message(ignore_subscribe_messages=True, timeout=None)
            if message is not None:
                data: bytes = message["data"]
                return data


def dialler(url: str) -> Dial:
    """Reads `redis://`, `rediss://`, `valkey://` and `valkeys://`; the query may set what redis-py lets a URL set."""
    scheme, _, rest = url.partition("://")
    address = f"{scheme.replace('valkey', 'redis')}://{rest}"

    @asynccontextmanager
    async def dial(channel: str) -> AsyncIterator[Line]:
        # Its own retries would hide that rings were missed: after every break we dial anew and wake the feed.
        client = Redis.from_url(address, retry=Retry(NoBackoff(), 0), socket_connect_timeout=ANSWER_SECONDS)
        subscription: Any = client.pubsub()  # half typed
        try:
            await subscription.subscribe(channel)
            await subscription.get_message(timeout=ANSWER_SECONDS)  # the confirmation
            yield _Line(client, subscription, channel)
        finally:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await subscription.aclose()
                    await client.aclose()

    return dial
