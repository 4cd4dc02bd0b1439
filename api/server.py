"""The process: uvicorn that drains before it goes, and leaves with exit code 0."""

from __future__ import annotations

import asyncio
import signal
import socket
from types import FrameType
from typing import Any

import uvicorn
from starlette.applications import Starlette

from api.live.outlets import LiveProtocol
from api.live.streams import StreamProtocol
from api.settings import Settings

PING_SECONDS = 20
GRACEFUL_SECONDS = 3  # after the drain: requests that are still being answered


def config_for(app: Starlette, *, host: str | None = None, port: int | None = None) -> uvicorn.Config:
    settings: Settings = app.state.settings
    return uvicorn.Config(
        app,
        host=host or settings.host,
        port=settings.port if port is None else port,
        http=StreamProtocol,
        ws=LiveProtocol,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_max_size=settings.message_bytes,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        server_header=False,
        access_log=False,
        log_config=None,
        lifespan="on",
    )


class Server(uvicorn.Server):
    """SIGTERM: readiness fails at once, nothing new starts, running mutations finish, sockets close with 1012."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._app: Any = config.app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not kept for later as uvicorn does: it would raise the signal again and spoil the exit code.
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True
        self._app.state.live.is_draining = True
        for hold in self._app.state.leaving:
            hold()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._app.state.live.drain()
        await super().shutdown(sockets)
