"""graphql-transport-ws, spoken by us: one conversation a socket.

Every message is checked before anything else sees it. One operation's error never ends another's stream; what a
client may not do for good is an `error` of that operation, and the close codes are those of docs/security.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth import TokenExpired, TokenRevoked
from api.engine import Engine
from api.envelope import language_of, new_request_id
from api.errors import Presenter
from api.live import messages
from api.live.alone import Alone
from api.live.hub import Hub
from api.live.members import Member, running_of
from api.live.messages import Complete, ConnectionInit, Malformed, Ping, Subscribe
from api.live.outlets import SocketOutlet, outlet_of
from api.live.quotas import Bucket
from api.live.sockets import Sockets
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Viewer

log = structlog.get_logger("gridcast.live")


class _Over(Exception):
    """The conversation ends with this close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Live:
    """The ASGI end of `/graphql` for WebSockets."""

    def __init__(self, engine: Engine, sockets: Sockets, hub: Hub) -> None:
        self._engine = engine
        self._sockets = sockets
        self._hub = hub

    async def serve(self, websocket: WebSocket) -> None:
        if not _is_origin_allowed(websocket, self._engine.settings.allowed_origins):
            await websocket.send_denial_response(PlainTextResponse("origin not allowed", 403))
            return
        if self._sockets.is_draining:
            await websocket.send_denial_response(PlainTextResponse("restarting", 503))
            return
        if messages.SUBPROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(4406, f"expected subprotocol {messages.SUBPROTOCOL}")
            return
        await websocket.accept(messages.SUBPROTOCOL)
        await Conversation(websocket, self._engine, self._sockets, self._hub).run()


def _is_origin_allowed(websocket: WebSocket, allowed: list[str]) -> bool:
    """A page of another origin may not speak with a viewer's browser; programs send no Origin."""
    origin = websocket.headers.get("origin")
    if origin is None or origin in allowed:
        return True
    host = websocket.headers.get("host", "")
    try:
        return bool(host) and origin != "null" and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # not even an address, e.g. an open bracket
        return False


class Conversation:
    def __init__(self, websocket: WebSocket, engine: Engine, sockets: Sockets, hub: Hub) -> None:
        self.viewer: Viewer | None = None
        self.engine = engine
        self.outlet: SocketOutlet = outlet_of(websocket)
        self._websocket = websocket
        self._hub = hub
        self._sockets = sockets
        self._bucket = Bucket(engine.settings.messages_per_second)
        self._running: dict[str, Alone | Member] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}  # with those that are saying their last word
        self._behind: set[Member] = set()
        self._is_closed = False
        self._app: str | None = None
        self._language = language_of(websocket.headers.get("accept-language"))

    @property
    def mutations(self) -> set[asyncio.Task[None]]:
        ids = {running.id for running in self._running.values() if running.is_mutation}
        return {task for task, owner in self._tasks.items() if owner in ids}

    async def run(self) -> None:
        self._sockets.add(self)
        self.outlet.watch(self._congested, self._drained)
        holds_place = False
        try:
            holds_place = await self._greet()
            while not self._is_closed:
                await self._handle(await self._receive())
        except _Over as over:
            await self.close(over.code, over.reason)
        except WebSocketDisconnect:
            pass
        except Exception:
            log.exception("socket_failed")
            await self.close(1013, "internal error")
        finally:
            self._is_closed = True
            await self._stop_all()
            self._sockets.remove(self)
            if holds_place and self.viewer is not None:
                self._sockets.held.give_back(self.viewer.principal)

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye once; nothing is sent after it."""
        if self._is_closed:
            return
        self._is_closed = True
        self.engine.metrics.closes.labels(str(code)).inc()
        for running in list(self._running.values()):
            self.release(running)  # nothing is executed for a peer that has been told goodbye
        await self.outlet.close(code, messages.reason_that_fits(reason))

    def rights_changed(self, viewer: Viewer) -> None:
        """Streams that began with other rights end with RESYNC_REQUIRED; whatever comes later has the new ones."""
        if self.viewer is not None:
            self.viewer.standing.is_current = False
        self.viewer = viewer
        for running in list(self._running.values()):
            if isinstance(running, Member):
                running.resync()

    # -- a peer that does not keep up

    def _congested(self) -> None:
        self._sockets.congested(self)

    def _drained(self) -> None:
        self._sockets.drained(self)
        behind, self._behind = self._behind, set()
        for member in behind:
            if member.is_active:
                self.spawn(member, member.resume())

    def fell_behind(self, member: Member) -> None:
        self.engine.metrics.skipped.inc()
        self._behind.add(member)

    # -- the beginning

    async def _greet(self) -> bool:
        """Until the caller is known. True when a place among the caller's sockets was taken."""
        try:
            async with asyncio.timeout(self.engine.settings.init_seconds):
                while True:
                    message = await self._receive()
                    if isinstance(message, ConnectionInit):
                        break
                    if isinstance(message, Subscribe):
                        raise _Over(4401, "Unauthorized")
                    await self._handle(message)
        except TimeoutError:
            raise _Over(4408, "Connection initialisation timeout") from None
        viewer = await self._identify(message)
        if not self._sockets.held.take(viewer.principal):
            raise _Over(1013, f"more than {self._sockets.held.most} sockets")
        self.viewer = viewer
        self._sockets.watch(self)
        await self.say(messages.ACKNOWLEDGED)
        return True

    async def _identify(self, init: ConnectionInit) -> Viewer:
        self._app = init.app
        if init.language is not None:
            self._language = language_of(init.language)
        try:
            return await self.engine.identify(init.authorization, self._language)
        except TokenExpired:
            raise _Over(4403, "token-expired") from None
        except TokenRevoked:
            raise _Over(4403, "revoked") from None
        except Refusal as refusal:
            raise _Over(4403, f"forbidden: {refusal.message('en')}") from None

    # -- one message after another

    async def _receive(self) -> messages.Message:
        received = await self._websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1006))
        if not self._bucket.take():
            raise _Over(1013, "too many messages")
        try:
            return messages.read_message(received.get("text"))
        except Malformed as malformed:
            raise _Over(4400, str(malformed)) from None

    async def _handle(self, message: messages.Message) -> None:
        match message:
            case ConnectionInit():
                raise _Over(4429, "Too many initialisation requests")
            case Ping(payload):
                await self.say(messages.pong(payload))
            case Subscribe():
                await self._subscribe(message)
            case Complete(operation_id):
                await self._complete(operation_id)

    async def _subscribe(self, message: Subscribe) -> None:
        viewer, settings = self.viewer, self.engine.settings
        if viewer is None:
            raise _Over(4401, "Unauthorized")
        if message.id in self._running:
            raise _Over(4409, f"Subscriber for {message.id} already exists")
        if self._sockets.is_draining:
            raise _Over(1012, "restart")
        presenter = Presenter(self._language, new_request_id(), suggestions=settings.dev)
        try:
            operation = self.engine.operations.choose(message.request)
            viewer = await self.engine.admit(viewer, self._app, message.request.query)
            if len(self._running) >= settings.subscriptions_per_socket:
                raise Refusal(Code.TOO_MANY_SUBSCRIPTIONS, limit=settings.subscriptions_per_socket)
            if not self._sockets.subscriptions.take(viewer.principal):
                raise Refusal(Code.TOO_MANY_SUBSCRIPTIONS, limit=self._sockets.subscriptions.most)
        except Refusal as refusal:
            await self.say(messages.error_message(message.id, [presenter.refusal(refusal)]))
            return
        self.engine.metrics.subscriptions.inc()
        running = running_of(self, self._hub, self.engine, message.id, operation, viewer, presenter)
        self._running[message.id] = running
        self.spawn(running, running.begin())

    def spawn(self, operation: Any, work: Coroutine[Any, Any, None]) -> None:
        for task in [task for task, owner in self._tasks.items() if owner == operation.id]:
            task.cancel()
        task = asyncio.create_task(work, name=f"operation-{operation.id}")
        self._tasks[task] = operation.id
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)

    async def _complete(self, operation_id: str) -> None:
        if running := self._running.get(operation_id):
            self.release(running)
        # The client may use the id again at once: nothing of the old stream may follow, not even its `complete`.
        await _cancel({task for task, owner in self._tasks.items() if owner == operation_id})

    async def _stop_all(self) -> None:
        for running in list(self._running.values()):
            self.release(running)
        await _cancel(set(self._tasks))

    def release(self, running: Alone | Member) -> bool:
        """Give the operation's id and place free; false when that was done before."""
        if self._running.get(running.id) is not running:
            return False
        del self._running[running.id]
        running.stop()
        self.engine.metrics.subscriptions.dec()
        if self.viewer is not None:
            self._sockets.subscriptions.give_back(self.viewer.principal)
        return True

    def completed(self, running: Alone | Member) -> None:
        self._end(running, messages.complete_message(running.id))

    def failed(self, running: Alone | Member, errors: list[dict[str, Any]]) -> None:
        self._end(running, messages.error_message(running.id, errors))

    def _end(self, running: Alone | Member, last: bytes) -> None:
        # The id is free before the client hears of the end, because it may use it again at once.
        if self.release(running) and not self._is_closed:
            self.outlet.say(last)

    async def tell(self, running: Alone, payload: dict[str, Any]) -> bool:
        try:
            await self.say(messages.next_message(running.id, payload))
        except WebSocketDisconnect:
            return False
        return True

    async def say(self, message: bytes) -> None:
        """When the peer keeps up; raises WebSocketDisconnect when it is gone."""
        await self.outlet.drained()
        if self._is_closed or not self.outlet.is_open:
            raise WebSocketDisconnect(1006)
        self.outlet.say(message)


async def _cancel(tasks: set[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.gather(*tasks, return_exceptions=True)
