"""All live sockets of this process: who may open one, when a token ends, and how they all go at a restart."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable
from typing import Protocol

from api.health import Metrics
from api.live.quotas import Holdings
from api.settings import Settings
from db.clock import Clock
from db.vocabulary import Realm
from resolvers.refusals import Refusal
from resolvers.viewer import Claims, Viewer

EXPIRY_SECONDS = 0.25  # a token's end is looked for this often: one task for all sockets, not a timer each
SLOW_SECONDS = 8.0  # that a peer may take to read what waits for it
CLOSE_SECONDS = 1.5  # a peer that does not read must not hold up the restart


class Socket(Protocol):
    """What the registry needs of a conversation."""

    @property
    def viewer(self) -> Viewer | None: ...

    @property
    def mutations(self) -> set[asyncio.Task[None]]: ...

    async def close(self, code: int, reason: str) -> None: ...

    def rights_changed(self, viewer: Viewer) -> None:
        """What is sent from now on is for this viewer's rights."""


class Sockets:
    def __init__(self, settings: Settings, clock: Clock, metrics: Metrics) -> None:
        self.held = Holdings(settings.sockets_per_principal)
        self.subscriptions = Holdings(settings.subscriptions_per_principal)
        self.is_draining = False
        self._clock = clock
        self._metrics = metrics
        self._drain_seconds = settings.drain_seconds
        self._open: set[Socket] = set()
        self._ending: list[tuple[float, int, Socket]] = []  # a heap by the end of the token
        self._order = itertools.count()
        self._closings: set[asyncio.Task[None]] = set()
        self._slow: dict[Socket, float] = {}  # since when their peers do not keep up, by the loop's time

    def __len__(self) -> int:
        return len(self._open)

    def add(self, socket: Socket) -> None:
        self._open.add(socket)
        self._metrics.sockets.set(len(self._open))

    def remove(self, socket: Socket) -> None:
        self._open.discard(socket)
        self._slow.pop(socket, None)
        self._metrics.sockets.set(len(self._open))
        if len(self._ending) > 2 * len(self._open) + 1_000:
            # Sockets of long-lived tokens come and go: forget those that went.
            self._ending = [entry for entry in self._ending if entry[2] in self._open]
            heapq.heapify(self._ending)

    def watch(self, socket: Socket) -> None:
        """Close `socket` when the token of its viewer ends."""
        if socket.viewer is not None and socket.viewer.expires_at is not None:
            ends = socket.viewer.expires_at.timestamp()
            heapq.heappush(self._ending, (ends, next(self._order), socket))

    async def close_expired(self) -> None:
        """For ever: closes the sockets whose token has ended. A supervised task."""
        while True:
            await asyncio.sleep(EXPIRY_SECONDS)
            now = self._clock().timestamp()
            ended = []
            while self._ending and self._ending[0][0] <= now:
                ended.append(heapq.heappop(self._ending)[2])
            await _close_all([socket for socket in ended if socket in self._open], 4403, "token-expired")

    # -- rights that move while a socket is open

    def revoke(self, is_revoked: Callable[[Claims], bool]) -> None:
        """Nothing more is sent to whose token is revoked. Returns at once: no peer can hold this up."""
        self._close_soon([one for one in self._signed_in() if is_revoked(one[2])], "revoked")

    async def rights_changed(
        self, concerns: Callable[[Realm, str], bool], look_up: Callable[[Claims, str], Awaitable[Viewer]]
    ) -> None:
        """Gives the sockets of these principals their new rights, or closes them where none are left."""
        found: dict[tuple[str, str], Viewer | None] = {}
        for socket, viewer, claims in self._signed_in():
            if not concerns(claims.realm, claims.subject):
                continue
            key = (claims.token_id, viewer.language)
            if key not in found:
                try:
                    found[key] = await look_up(claims, viewer.language)
                except Refusal:
                    found[key] = None
            if (renewed := found[key]) is None:
                self._close_soon([(socket, viewer, claims)], "revoked")
            else:
                socket.rights_changed(renewed)

    def _signed_in(self) -> list[tuple[Socket, Viewer, Claims]]:
        """A socket that is still greeting has no viewer: it is looked up after the change."""
        return [
            (socket, socket.viewer, socket.viewer.claims)
            for socket in self._open
            if socket.viewer is not None and socket.viewer.claims is not None
        ]

    def _close_soon(self, ended: list[tuple[Socket, Viewer, Claims]], reason: str) -> None:
        if ended:
            # Begun here: before anything that is woken later can be sent to them.
            begun = _begin_to_close([one[0] for one in ended], 4403, reason)
            closing = asyncio.create_task(_settle(begun), name="closings")
            self._closings.add(closing)
            closing.add_done_callback(self._closings.discard)

    # -- peers that do not keep up

    def congested(self, socket: Socket) -> None:
        self._slow.setdefault(socket, asyncio.get_running_loop().time())

    def drained(self, socket: Socket) -> None:
        self._slow.pop(socket, None)

    async def close_slow(self) -> None:
        """For ever: closes the sockets that others would have to wait for. A supervised task."""
        while True:
            await asyncio.sleep(EXPIRY_SECONDS)
            since = asyncio.get_running_loop().time() - SLOW_SECONDS
            slow = [socket for socket, at in self._slow.items() if at <= since]
            for socket in slow:
                del self._slow[socket]
            await _close_all(slow, 4410, "slow-consumer")

    async def drain(self) -> None:
        """Nothing new starts; running mutations finish; then every socket is told to come back later."""
        self.is_draining = True
        mutations = set().union(*(socket.mutations for socket in self._open))
        if mutations:
            await asyncio.wait(mutations, timeout=self._drain_seconds)
        await _close_all(list(self._open), 1012, "restart")


async def _close_all(sockets: list[Socket], code: int, reason: str) -> None:
    await _settle(_begin_to_close(sockets, code, reason))


def _begin_to_close(sockets: list[Socket], code: int, reason: str) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(socket.close(code, reason)) for socket in sockets]


async def _settle(closings: list[asyncio.Task[None]]) -> None:
    if closings:
        _, stuck = await asyncio.wait(closings, timeout=CLOSE_SECONDS)
        for task in stuck:
            task.cancel()
