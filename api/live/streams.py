"""Server-sent events: one subscription a request, the "distinct connections mode" of graphql-sse.

An event stream is the host of one member and stands in the registry of sockets: cohorts, quotas, the end of a token
and the restart are the same for both. A stream that ends without `complete` was cut: its client resumes by cursor.
The comment before the end says why, in the close codes of sockets, to people who look.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.engine import Engine
from api.envelope import STREAM_HEADERS
from api.errors import Presenter
from api.live.alone import Alone
from api.live.frames import COMPLETE_EVENT, Batch, chunk, next_event
from api.live.hub import Hub
from api.live.members import Member, running_of
from api.live.outlets import ABORT_SECONDS, EXTENSION, KERNEL_BYTES, Outlet, Waiting
from api.live.sockets import Sockets
from api.operation import Operation
from resolvers.following import HEARTBEAT_SECONDS, wait_for_news
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Viewer

COMMENT = b":\n\n"  # also the first word: some browsers do not take headers alone for an answer


def _nothing() -> None: ...


# -- the way out


class StreamOutlet(Outlet, Protocol):
    on_lost: Callable[[], None]  # the peer has hung up

    async def end(self) -> None:
        """The end of the answer, after what was written. Does not wait for a peer that does not read."""


class StreamProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol that lets an event stream write to its transport, and lets no peer hold it up."""

    outlet: Chunks | None = None

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {EXTENSION: self}  # type: ignore[dict-item]  # servers put dictionaries there

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.outlet is not None:
            self.outlet.on_congested()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.outlet is not None:
            self.outlet.on_drained()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # Not left to `receive`: when a peer has sent another request behind this one, only that would hear of it.
        if self.outlet is not None:
            self.outlet.on_lost()


class Chunks:
    """Straight onto the transport."""

    def __init__(self, protocol: StreamProtocol, send: Send) -> None:
        self.on_lost, self.on_congested, self.on_drained = _nothing, _nothing, _nothing
        self._protocol = protocol
        self._transport = protocol.transport
        self._send = send
        protocol.outlet = self
        if (raw := self._transport.get_extra_info("socket")) is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)

    @property
    def is_congested(self) -> bool:
        return self._protocol.flow.write_paused

    @property
    def is_open(self) -> bool:
        return self._protocol.outlet is self and not self._transport.is_closing()

    def watch(self, on_congested: Callable[[], None], on_drained: Callable[[], None]) -> None:
        self.on_congested, self.on_drained = on_congested, on_drained

    def write(self, prefix: bytes, batch: Batch) -> None:
        if self.is_open:
            self._transport.write(batch.chunk)

    def say(self, message: bytes) -> None:
        if self.is_open:
            self._transport.write(chunk(message))

    async def drained(self) -> None:
        await self._protocol.flow.drain()

    async def end(self) -> None:
        self._protocol.outlet = None
        if self._transport.is_closing():
            return
        try:
            async with asyncio.timeout(ABORT_SECONDS):
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            self._transport.abort()
            await self._protocol.flow.drain()


class Bodies(Waiting):
    """A part of the answer's body at a time through whatever ASGI server there is."""

    def __init__(self, receive: Receive, send: Send) -> None:
        super().__init__()
        self.on_lost = _nothing
        self._send = send
        self._listener = asyncio.create_task(self._listen(receive), name="stream-listener")

    def write(self, prefix: bytes, batch: Batch) -> None:
        self.say(batch.stream)

    async def end(self) -> None:
        await self._end(lambda: self._send({"type": "http.response.body", "body": b"", "more_body": False}))
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)

    async def _pass_on(self, message: bytes) -> None:
        await self._send({"type": "http.response.body", "body": message, "more_body": True})

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.is_open = False
        self._may_write.set()
        self.on_lost()


def outlet_of(scope: Scope, receive: Receive, send: Send) -> Chunks | Bodies:
    """The fastest way out that the server of this request offers."""
    protocol = scope.get("extensions", {}).get(EXTENSION)
    return Chunks(protocol, send) if isinstance(protocol, StreamProtocol) else Bodies(receive, send)


# -- the stream


class Streams:
    """What a subscription over HTTP is answered with."""

    def __init__(self, engine: Engine, sockets: Sockets, hub: Hub) -> None:
        self.engine = engine
        self.sockets = sockets
        self.hub = hub

    def open(self, operation: Operation, viewer: Viewer, presenter: Presenter) -> Response:
        if self.sockets.is_draining:
            return Response("restarting", 503, {"retry-after": "1"}, "text/plain")
        return EventStream(self, operation, viewer, presenter)


class EventStream(Response):
    """An answer that goes on: a host with one subscription, registered beside the sockets."""

    mutations: set[asyncio.Task[None]] = set()  # noqa: RUF012  # an event stream only subscribes

    def __init__(self, streams: Streams, operation: Operation, viewer: Viewer, presenter: Presenter) -> None:
        super().__init__(headers={**STREAM_HEADERS, "x-request-id": presenter.request_id})
        del self.headers["content-length"]
        self.viewer: Viewer | None = viewer
        self.outlet: StreamOutlet
        self._engine = streams.engine
        self._sockets = streams.sockets
        self._hub = streams.hub
        self._operation = operation
        self._principal = viewer.principal
        self._presenter = presenter
        self._running: Alone | Member | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._behind: Member | None = None
        self._over = asyncio.Event()  # nothing follows
        self._gone = asyncio.Event()  # and that has reached the server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.outlet = outlet_of(scope, receive, send)
        self.outlet.on_lost = self._end
        self.outlet.watch(self._congested, self._drained)
        self._sockets.add(self)
        self._sockets.watch(self)
        with structlog.contextvars.bound_contextvars(request_id=self._presenter.request_id):
            try:
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                self.outlet.say(COMMENT)
                self._begin()
                await self._until_over()
            finally:
                self._end()
                self._sockets.remove(self)
                await self.outlet.end()
                await asyncio.gather(*self._tasks, return_exceptions=True)
                self._gone.set()

    def _begin(self) -> None:
        if not self._sockets.subscriptions.take(self._principal):
            refusal = Refusal(Code.TOO_MANY_SUBSCRIPTIONS, limit=self._sockets.subscriptions.most)
            self._finish([self._presenter.refusal(refusal)])
            return
        self._engine.metrics.subscriptions.inc()
        assert self.viewer is not None
        self._running = running_of(
            self, self._hub, self._engine, "", self._operation, self.viewer, self._presenter
        )  # fmt: skip
        self.spawn(self._running, self._running.begin())

    async def _until_over(self) -> None:
        """No silence for long: a member has its heartbeats, others get a comment."""
        while not self._over.is_set():
            await wait_for_news(self._over, HEARTBEAT_SECONDS)
            if isinstance(self._running, Alone) and not self.outlet.is_congested:
                self.outlet.say(COMMENT)

    # -- what its subscription asks of it

    def spawn(self, operation: Any, work: Coroutine[Any, Any, None]) -> None:
        for task in self._tasks:
            task.cancel()
        task = asyncio.create_task(work, name="operation-stream")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def completed(self, running: Any) -> None:
        self._finish([])

    def failed(self, running: Any, errors: list[dict[str, Any]]) -> None:
        self._finish(errors)

    def fell_behind(self, member: Member) -> None:
        self._engine.metrics.skipped.inc()
        self._behind = member

    def _congested(self) -> None:
        self._sockets.congested(self)

    def _drained(self) -> None:
        self._sockets.drained(self)
        behind, self._behind = self._behind, None
        if behind is not None and behind.is_active:
            self.spawn(behind, behind.resume())

    async def tell(self, running: Alone, payload: dict[str, Any]) -> bool:
        await self.outlet.drained()
        self.outlet.say(next_event(orjson.dumps(payload)))
        return self.outlet.is_open

    # -- its end

    def _finish(self, errors: list[dict[str, Any]]) -> None:
        """The end that its client shall take for the end. There is no other event to say errors with."""
        if not self._over.is_set():
            self.outlet.say((next_event(orjson.dumps({"errors": errors})) if errors else b"") + COMPLETE_EVENT)
            self._end()

    async def close(self, code: int, reason: str) -> None:
        """Cut it: the client comes back with its cursor."""
        if not self._over.is_set():
            self._engine.metrics.closes.labels(str(code)).inc()
            self.outlet.say(f": {code} {reason}\n\n".encode())
            self._end()
        await self._gone.wait()

    def rights_changed(self, viewer: Viewer) -> None:
        """A stream that began with other rights ends with RESYNC_REQUIRED."""
        if self.viewer is not None:
            self.viewer.standing.is_current = False
        self.viewer = viewer
        if isinstance(self._running, Member):
            self._running.resync()

    def _end(self) -> None:
        """Its place is free and nothing is written any more. May be said twice."""
        self._over.set()
        running, self._running = self._running, None
        if running is not None:
            running.stop()
            self._engine.metrics.subscriptions.dec()
            self._sockets.subscriptions.give_back(self._principal)
            for task in self._tasks - {asyncio.current_task()}:
                task.cancel()
