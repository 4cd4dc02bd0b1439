"""Where a subscriber's bytes go. Writing never waits: a pass over a thousand subscribers must not wait for one.

`Frames` writes frames made here onto the transport of uvicorn's own protocol; `Messages` hands the same messages to
whatever ASGI server there is, one at a time. Both say when a peer does not keep up. Those of event streams stand in
`api/live/streams.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from asyncio import BaseTransport
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from api.live.frames import Batch, text_frame

EXTENSION = "gridcast.protocol"  # in the scope's extensions, where our protocol class serves the socket
KERNEL_BYTES = 128 * 1024  # of what was written and not taken yet; without it a peer that sleeps shows late
WAITING_BYTES = 64 * 1024  # beyond this a peer does not keep up
ABORT_SECONDS = 1.0  # after the close frame: a peer that does not read does not see it either


_log = logging.getLogger("uvicorn.error.socket")
_log.setLevel(logging.WARNING)


def _nothing() -> None: ...


class Outlet(Protocol):
    """One peer's way out."""

    @property
    def is_congested(self) -> bool:
        """The peer does not keep up; whoever writes nevertheless, fills our memory."""

    @property
    def is_open(self) -> bool: ...

    def watch(self, on_congested: Callable[[], None], on_drained: Callable[[], None]) -> None: ...

    def write(self, prefix: bytes, batch: Batch) -> None:
        """All payloads of a batch at once; in vain when the socket is closing."""

    def say(self, message: bytes) -> None:
        """One message of the protocol."""

    async def drained(self) -> None:
        """Returns when the peer keeps up, or is gone."""


class SocketOutlet(Outlet, Protocol):
    async def close(self, code: int, reason: str) -> None:
        """Says goodbye after what was written. Does not wait for a peer that does not read."""


class LiveProtocol(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket protocol that lets the application write to its transport, and lets no peer hold it up."""

    is_congested = False
    on_congested: Callable[[], None] = staticmethod(_nothing)
    on_drained: Callable[[], None] = staticmethod(_nothing)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.logger = _log  # a crowd that returns is a gauge's business, not a line of the log each

    def connection_made(self, transport: BaseTransport) -> None:
        if (raw := transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
        super().connection_made(transport)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.handshake_complete:  # the application has not begun
            self.scope["extensions"][EXTENSION] = self  # type: ignore[assignment]  # servers put dictionaries there

    def pause_writing(self) -> None:
        super().pause_writing()
        self.is_congested = True
        self.on_congested()

    def resume_writing(self) -> None:
        super().resume_writing()
        self.is_congested = False
        self.on_drained()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.writable.set()  # a goodbye does not wait for a peer that does not read
            self.loop.call_later(ABORT_SECONDS, self._abort_if_stuck)
        await super().send(message)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.loop.call_later(ABORT_SECONDS, self._abort_if_stuck)

    def _abort_if_stuck(self) -> None:
        if not self.disconnected and self.transport.get_write_buffer_size() > 0:
            self.transport.abort()


class Frames:
    """Straight onto the transport."""

    def __init__(self, websocket: WebSocket, protocol: LiveProtocol) -> None:
        self._websocket = websocket
        self._protocol = protocol
        self._transport = protocol.transport

    @property
    def is_congested(self) -> bool:
        return self._protocol.is_congested

    @property
    def is_open(self) -> bool:
        # After a close frame nothing may be sent (RFC 6455, 5.5.1).
        return not (self._protocol.close_sent or self._transport.is_closing())

    def watch(self, on_congested: Callable[[], None], on_drained: Callable[[], None]) -> None:
        self._protocol.on_congested, self._protocol.on_drained = on_congested, on_drained

    def write(self, prefix: bytes, batch: Batch) -> None:
        if self.is_open:
            self._transport.write(batch.frames(prefix))

    def say(self, message: bytes) -> None:
        if self.is_open:
            self._transport.write(text_frame(message))

    async def drained(self) -> None:
        await self._protocol.writable.wait()

    async def close(self, code: int, reason: str) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.close(code, reason)


class Waiting:
    """Message by message through ASGI; what the server has not taken yet waits here."""

    def __init__(self) -> None:
        self.is_congested = False
        self.is_open = True
        self._waiting: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._sender: asyncio.Task[None] | None = None
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._on_congested, self._on_drained = _nothing, _nothing

    def watch(self, on_congested: Callable[[], None], on_drained: Callable[[], None]) -> None:
        self._on_congested, self._on_drained = on_congested, on_drained

    def say(self, message: bytes) -> None:
        if not self.is_open:
            return
        self._waiting.append(message)
        self._waiting_bytes += len(message)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send_all(), name="socket-sender")
        if self._waiting_bytes > WAITING_BYTES and not self.is_congested:
            self.is_congested = True
            self._may_write.clear()
            self._on_congested()

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                message = self._waiting.popleft()
                await self._pass_on(message)
                self._waiting_bytes -= len(message)
                if self.is_congested and self._waiting_bytes <= WAITING_BYTES // 4:
                    self.is_congested = False
                    self._may_write.set()
                    self._on_drained()
        except (WebSocketDisconnect, RuntimeError, OSError):  # the peer, or the server, has ended it
            self.is_open = False
        finally:
            self._may_write.set()

    async def _pass_on(self, message: bytes) -> None:
        """Give it to the server; returns when the server has taken it."""
        raise NotImplementedError

    async def drained(self) -> None:
        await self._may_write.wait()

    async def _end(self, goodbye: Callable[[], Awaitable[None]]) -> None:
        """Say goodbye after what waits, if the peer takes that in time."""
        self.is_open = False
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):  # a time-out is an OSError
            async with asyncio.timeout(ABORT_SECONDS):
                if self._sender is not None:
                    await asyncio.wait([self._sender])
                await goodbye()
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait([self._sender])


class Messages(Waiting):
    """A socket of whatever ASGI server there is."""

    def __init__(self, websocket: WebSocket) -> None:
        super().__init__()
        self._websocket = websocket

    def write(self, prefix: bytes, batch: Batch) -> None:
        for message in batch.messages(prefix):
            self.say(message)

    async def _pass_on(self, message: bytes) -> None:
        await self._websocket.send_text(message.decode())

    async def close(self, code: int, reason: str) -> None:
        await self._end(lambda: self._websocket.close(code, reason))


def outlet_of(websocket: WebSocket) -> Frames | Messages:
    """The fastest way out that the server of this socket offers. Asked after the handshake."""
    protocol = websocket.scope.get("extensions", {}).get(EXTENSION)
    if isinstance(protocol, LiveProtocol) and not protocol.conn.extensions:  # a compressed frame is not made here
        return Frames(websocket, protocol)
    return Messages(websocket)
