"""One subscription to case events: a cursor and a way out, without a queue and, once it has joined, without a task.

It begins behind, reads the feed until it meets its cohort, and joins it. When its peer does not keep up, passes skip
it; once the peer has drained, it catches up from its cursor in the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from graphql import OperationType

from api.engine import Engine
from api.live import alone
from api.live.alone import Alone, start_errors
from api.live.cohorts import PASS_EVENTS, Cohort
from api.live.execution import CannotStart, Selection
from api.live.frames import Batch, next_prefix
from api.live.outlets import Outlet
from api.live.shape import shape_of
from resolvers.following import HEARTBEAT_SECONDS, Delivery
from resolvers.refusals import Code, Refusal

if TYPE_CHECKING:
    from api.errors import Presenter
    from api.live.hub import Hub
    from api.operation import Operation
    from resolvers.viewer import Viewer


class Host(alone.Host, Protocol):
    """Whose subscription it is: a socket, or an event stream."""

    @property
    def outlet(self) -> Outlet: ...

    def spawn(self, operation: Any, work: Coroutine[Any, Any, None]) -> None:
        """Run it as the operation's task, in place of one that still runs; it ends with the operation."""

    def fell_behind(self, member: Member) -> None:
        """Resume it when the peer has drained."""


class Member:
    __slots__ = (
        "_hub", "_selection", "cohort", "given", "host", "id", "is_active", "is_joined", "outlet", "prefix", "seq",
        "spoken",
    )  # fmt: skip

    is_mutation = False

    def __init__(self, host: Host, hub: Hub, operation_id: str, selection: Selection) -> None:
        self.id = operation_id
        self.host = host
        self.outlet = host.outlet
        self.prefix = next_prefix(operation_id)
        self.cohort: Cohort | None = None
        self.is_active = True  # false: nothing more is written for it
        self.is_joined = False  # true: the cohort's passes write for it
        self.seq = 0  # up to here it has been given all that concerns it
        self.given: int | None = None  # the last position it was told
        self.spoken = 0.0  # loop time of the last word
        self._hub = hub
        self._selection = selection

    async def begin(self) -> None:
        """Until it has joined its cohort, or cannot."""
        presenter = self._selection.presenter
        try:
            await self._begin()
        except CannotStart as failed:
            self._fail(start_errors(failed.errors, presenter))
        except Refusal as refusal:
            self._fail([presenter.refusal(refusal)])
        except Exception as error:
            self.fail(error)

    async def _begin(self) -> None:
        after = self._selection.after
        if not (after is None or isinstance(after, str)):
            raise Refusal(Code.CURSOR_INVALID, detail="expected a cursor as text")
        cohort = self.cohort = await self._hub.enter(self._selection)
        start = await cohort.follower.start(after)
        self.seq = start.seq
        if start.needs_resync or not self._selection.viewer.standing.is_current:
            await self._say_resync()
            return
        if after is None:
            self.write(Batch([self.seq], [await cohort.heartbeat(self.seq)]), self._now())
        await self._catch_up(cohort)

    async def resume(self) -> None:
        """Catches up after the peer has drained."""
        assert self.cohort is not None
        try:
            await self._catch_up(self.cohort)
        except Exception as error:
            self.fail(error)

    async def _catch_up(self, cohort: Cohort) -> None:
        feed, follower = self._hub.feed, cohort.follower
        self.spoken = self.spoken or self._now()
        while True:
            if self.outlet.is_congested:
                await self.outlet.drained()
            if follower.is_lost(self.seq) or not self._selection.viewer.standing.is_current:
                await self._say_resync()
                return
            if self.seq >= cohort.done:
                cohort.join(self)  # without an await since the last look: no event slips between
                return
            events = await feed.after(self.seq, PASS_EVENTS)
            deliveries = [one for event in events if (one := follower.delivery(event)) is not None]
            for batch in await cohort.batches(deliveries):
                if self.outlet.is_congested:
                    await self.outlet.drained()
                self.write(batch, self._now())
            self.seq = max(self.seq, events[-1].seq) if events else self.seq
            await asyncio.sleep(0)  # with everything in memory nothing above has let others in
            if self._now() - self.spoken >= HEARTBEAT_SECONDS:
                self.write(Batch([self.seq], [await cohort.heartbeat(self.seq)]), self._now())

    def write(self, batch: Batch, now: float) -> None:
        """Give it these payloads, which are all above what it has been given."""
        if self.is_active:
            self.outlet.write(self.prefix, batch)
            self.seq = self.given = batch.last
            self.spoken = now

    def fall_behind(self, seq: int) -> None:
        """Its peer does not keep up: nothing more is written until it has drained. All up to `seq` was given."""
        assert self.cohort is not None
        self.cohort.leave(self)
        self.seq = max(self.seq, seq)
        self.host.fell_behind(self)

    def stop(self) -> None:
        """Nothing more is written for it; its place is free. The host ends its task."""
        self.is_active = False
        if self.cohort is not None:
            self.cohort.leave(self)
            self._hub.leave(self.cohort)
            self.cohort = None

    # -- ends that are not the peer's wish

    def resync(self) -> None:
        """Its rights or its journal changed: what it holds leads nowhere. It is told so, and ends."""
        if self.cohort is not None:
            self.cohort.leave(self)
            self.host.spawn(self, self._say_resync())

    async def _say_resync(self) -> None:
        assert self.cohort is not None
        follower = self.cohort.follower
        after = self._selection.after
        cursor = after if self.given is None and isinstance(after, str) else follower.cursor(self.given or self.seq)
        delivery: Delivery = follower.resync(cursor, self.seq)
        self.write(Batch([self.seq], [await self.cohort.encode(delivery)]), self._now())
        self.host.completed(self)

    def fail(self, error: Exception) -> None:
        self._fail([self._selection.presenter.failure(error)])

    def _fail(self, errors: list[dict[str, Any]]) -> None:
        if self.is_active:
            self.host.failed(self, errors)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def running_of(
    host: Host,
    hub: Hub,
    engine: Engine,
    operation_id: str,
    operation: Operation,
    viewer: Viewer,
    presenter: Presenter,
) -> Alone | Member:
    """What answers an operation: with others of its cohort where it can be shared, else alone. Begun by its host."""
    if operation.kind is OperationType.SUBSCRIPTION:
        shape = shape_of(engine.schema._schema, operation)  # the SDL schema has no public name
        if shape.is_shared:
            return Member(host, hub, operation_id, Selection(engine, shape, operation, viewer, presenter))
    return Alone(host, engine, operation_id, operation, viewer, presenter)
