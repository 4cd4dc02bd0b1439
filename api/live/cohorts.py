"""Equal subscriptions share one execution per event, and are written to in one pass.

A cohort is everybody with the same document, variables (but for the position) and authorization scope: what such
members are sent for one event differs in nothing but the operation id, so it is executed and encoded once. Nothing
below `CaseEvent` may read the principal; the cohort's viewer does not even hold one.

A pass takes all payloads that wait and writes each member one buffer. There is no timer: a lone event leaves at once,
and under load the batches grow by themselves.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from api.live.execution import Selection
from api.live.frames import Batch
from api.live.kept import Kept
from resolvers.following import HEARTBEAT_SECONDS, Delivery, Follower

if TYPE_CHECKING:
    from api.live.members import Member

PASS_EVENTS = 64  # executed together
PASS_BYTES = 128 * 1024  # written to one member at once
TURN_MEMBERS = 64  # after so many the loop does something else: the feed reads on meanwhile

log = structlog.get_logger("gridcast.live")


class Cohort:
    def __init__(self, selection: Selection, follower: Follower, head: Callable[[], int], kept: Kept) -> None:
        self.key = selection.key
        self.follower = follower
        self.holders = 0  # members, joined or not yet
        self.members: dict[Member, None] = {}  # those that are written to in passes
        self._selection = selection.of_nobody()
        self._metrics = selection.engine.metrics
        self._head = head
        self._kept = kept
        self._waiting: deque[Delivery] = deque()
        self._making: dict[int, asyncio.Task[dict[int, bytes]]] = {}
        self._pass: asyncio.Task[None] | None = None
        self._is_writing = False
        self._is_closed = False
        self._heartbeat: tuple[int, float, bytes] | None = None

    # -- positions

    @property
    def done(self) -> int:
        """Up to here everything that concerns the cohort has been given to its joined members, or is in a pass.

        Who has been given as much joins: also while much waits, or under load nobody would ever catch up.
        """
        return self._waiting[0].seq - 1 if self._waiting else self._head()

    def join(self, member: Member) -> None:
        """From now on the member is written to in passes. It must have been given everything up to `done`."""
        self.members[member] = None
        member.is_joined = True

    def leave(self, member: Member) -> None:
        self.members.pop(member, None)
        member.is_joined = False

    # -- payloads

    async def batches(self, deliveries: Sequence[Delivery]) -> list[Batch]:
        """Their payloads, each of which is executed at most once however many ask, in pieces of about PASS_BYTES."""
        found, missing, others = dict[int, bytes](), list[Delivery](), set[asyncio.Task[dict[int, bytes]]]()
        for one in deliveries:
            if (body := self._kept.get(self, one.seq)) is not None:
                found[one.seq] = body
            elif (task := self._making.get(one.seq)) is not None:
                others.add(task)
            else:
                missing.append(one)
        if missing:
            task = asyncio.create_task(self._make(missing), name="cohort-execution")
            task.add_done_callback(_was_seen)
            self._making.update((one.seq, task) for one in missing)
            others.add(task)
        for task in others:
            found |= await asyncio.shield(task)  # a member that leaves must not take it away from the others
        return _cut([one.seq for one in deliveries], [found[one.seq] for one in deliveries])

    async def _make(self, deliveries: list[Delivery]) -> dict[int, bytes]:
        try:
            self._metrics.executions.inc(len(deliveries))
            encoded = await self._selection.encode(deliveries)
            made = {one.seq: body for one, body in zip(deliveries, encoded, strict=True)}
            if not self._is_closed:
                self._kept.add(self, made)
            return made
        finally:
            for one in deliveries:
                self._making.pop(one.seq, None)

    async def encode(self, delivery: Delivery) -> bytes:
        """The payload of a control kind, which belongs to no event."""
        [body] = await self._selection.encode([delivery])
        return body

    async def heartbeat(self, seq: int) -> bytes:
        """The payload of a heartbeat at this position; members that are at the same one within a second share it."""
        now = asyncio.get_running_loop().time()
        if self._heartbeat is None or self._heartbeat[0] != seq or now - self._heartbeat[1] > 1:
            self._heartbeat = (seq, now, await self.encode(self.follower.heartbeat(seq)))
        return self._heartbeat[2]

    # -- passes

    def offer(self, deliveries: Sequence[Delivery]) -> None:
        """News that the cohort sees. Returns at once."""
        if not self.members and not self._waiting:
            return  # nobody has joined: those who come read it from the feed
        self._waiting.extend(deliveries)
        if self._pass is None or self._pass.done():
            self._pass = asyncio.create_task(self._passes(), name="cohort-pass")

    async def _passes(self) -> None:
        try:
            while self._waiting:
                taken = [self._waiting[index] for index in range(min(len(self._waiting), PASS_EVENTS))]
                for batch in await self.batches(taken):
                    oldest = self._waiting[0].at
                    for _ in range(len(batch)):
                        self._waiting.popleft()
                    # Without an await since the members were taken: who joins from now on has had this batch.
                    await self._write(batch, list(self.members))
                    self._metrics.latency.observe(self.follower.age(oldest))
        except Exception as error:
            log.exception("pass_failed")
            self._waiting.clear()
            for member in list(self.members):
                member.fail(error)

    async def _write(self, batch: Batch, members: list[Member]) -> None:
        now, first, last = asyncio.get_running_loop().time(), batch.first, batch.last
        self._is_writing, written = True, 0
        try:
            for turn, member in enumerate(members, 1):
                if member.is_joined:
                    if member.outlet.is_congested:
                        member.fall_behind(first - 1)
                    elif member.seq < first:
                        member.outlet.write(member.prefix, batch)
                        member.seq = member.given = last
                        member.spoken = now
                        written += 1
                    elif member.seq < last:
                        member.write(batch.above(member.seq), now)
                        written += 1
                if turn % TURN_MEMBERS == 0:
                    await asyncio.sleep(0)
        finally:
            self._is_writing = False
        self._metrics.batch_events.observe(len(batch))
        self._metrics.deliveries.inc(written * len(batch))

    async def speak(self, now: float) -> None:
        """Heartbeats for the members that have heard nothing for long, at a position behind all that waits."""
        since = now - HEARTBEAT_SECONDS
        silent = [one for one in self.members if one.spoken <= since and not one.outlet.is_congested]
        if not silent or self._is_writing:
            return  # in the middle of a pass some have been given more than others; it is no silence either
        seq = self.done
        batch = Batch([seq], [await self.heartbeat(seq)])
        for turn, member in enumerate(silent, 1):
            # Meanwhile it may have been given news that lies beyond this position.
            if member.is_joined and member.seq <= seq:
                member.write(batch, now)
            if turn % TURN_MEMBERS == 0:
                await asyncio.sleep(0)

    def close(self) -> None:
        """Nobody is left. What is being executed ends by itself: the engine cannot be broken off cleanly, it would
        leave coroutines behind that were never awaited."""
        self._is_closed = True
        if self._pass is not None:
            self._pass.cancel()
        self._waiting.clear()
        self._kept.forget(self)


def _cut(seqs: Sequence[int], bodies: Sequence[bytes]) -> list[Batch]:
    """What is written to one member at once is bounded."""
    batches, start, size = list[Batch](), 0, 0
    for index, body in enumerate(bodies):
        if size and size + len(body) > PASS_BYTES:
            batches.append(Batch(seqs[start:index], bodies[start:index]))
            start, size = index, 0
        size += len(body)
    return [*batches, Batch(seqs[start:], bodies[start:])] if bodies else []


def _was_seen(task: asyncio.Task[dict[int, bytes]]) -> None:
    """Those who wait for it are told; when nobody waits any more, nobody needs to hear of it."""
    if not task.cancelled():
        task.exception()
