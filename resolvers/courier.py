"""Takes messages to service providers' systems: at least once, in order for each order, by one process.

What is owed is written down together with the position in the journal up to which it was owed, so whoever takes over
after a crash goes on where that stands; a message keeps its key however often it is sent.

Rounds, two to five a second, write down together what became of attempts and read what may set out next. In between,
as soon as one attempt ends the next begins: a receiver that takes its time always has its share on the way.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import orjson
import structlog

from db import leases, sandboxes, webhooks, work_orders
from db.clock import Clock
from db.database import Database, Session
from db.feed import Feed
from db.journal import Event
from db.leases import Fence, Fenced
from db.vocabulary import Realm, SubjectKind
from db.vocabulary.integration import SandboxFault, WebhookDeliveryState, WebhookMessage
from db.webhooks import DeliveryRow, WebhookRow
from resolvers.leading import Leader
from resolvers.rules import retrying, signing
from resolvers.rules.turns import Turns
from resolvers.sandboxes import is_drawn

LEASE = "webhooks"
LEASE_SECONDS = 12.0  # half of it is left at least when a round begins
ATTEMPT_SECONDS = 6.0  # none takes longer, so none outlasts the lease it was begun under
LOOK_SECONDS = 1.0
ROUND_SECONDS = 0.2  # outcomes are written together: a write each would stand in the way of submissions
LONG_ROUND_SECONDS = 0.5  # where enough was read to go on with: receivers are slow, or busy
AT_ONCE = 256
AT_ONCE_EACH = 64  # to one webhook
A_ROUND = 32  # that set out between two rounds: after an outage, too, people's own work has room
HOOKS_A_ROUND = 64
READY_SECONDS = 1.0  # what was read to set out goes no later: the webhook may be paused by then
LEAVING_SECONDS = 2.0  # at the end, for attempts that are on their way
POSITION_EVENTS = 500  # a position that moved by as much is written down, also when nothing was owed
POSITION_SECONDS = 60.0
KEPT = timedelta(days=30)
UNSENT = "sandbox: given up without an attempt"
BEHIND = timedelta(seconds=5)  # so much later comes what a sandbox takes out of its order

log = structlog.get_logger("gridcast.webhooks")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    status: int | None  # of HTTP; None where there was no answer
    error: str | None = None
    milliseconds: int = 0

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300 and self.error is None


Post = Callable[[str, Mapping[str, str], bytes], Awaitable[Outcome]]
"""Address, headers and body in; never raises for what the other side does."""
SecretOf = Callable[[int, int], str]
"""Webhook and version of its secret in."""
Faults = Mapping[int, Mapping[str, int]]
"""Percent by fault, by provider."""
Render = Callable[[Event, Any], dict[str, Any]]
"""An event of an order, and the order as it is now (None: gone), as the receiver reads it."""


class Courier:
    def __init__(
        self, db: Database, feed: Feed, clock: Clock, post: Post, secret_of: SecretOf, render: Render,
        *, chance: Callable[[], float] = random.random, first_pause: float = retrying.FIRST_SECONDS,
        at_once: int = AT_ONCE, at_once_each: int = AT_ONCE_EACH,
    ) -> None:  # fmt: skip
        self.sent: Counter[str] = Counter()
        self._db = db
        self._feed = feed
        self._clock = clock
        self._post = post
        self._secret_of = secret_of
        self._render = render
        self._chance = chance
        self._first_pause = first_pause
        self._leader = Leader(db, clock, LEASE, LEASE_SECONDS)
        self._turns: Turns[DeliveryRow] = Turns(at_once, at_once_each)  # by webhook
        self._ready_until: datetime | None = None  # None: nothing may set out
        self._busy: dict[int, tuple[int, asyncio.Task[None]]] = {}  # delivery: its webhook, and what sends it
        self._done: list[tuple[DeliveryRow, datetime, Outcome]] = []
        self._moved = asyncio.Event()
        self._is_leaving = False
        self._positions_at: datetime | None = None
        self._forgot_at: datetime | None = None

    # -- what runs as long as the process

    async def run(self) -> None:
        self._is_leaving = False
        try:
            while True:
                self._moved.clear()
                news = self._feed.news
                try:
                    has_more = await self.act()
                except Exception:  # the database may be away for a moment; the next look tries again
                    log.exception("webhooks.failed")
                    has_more = False
                if not has_more:
                    await self._wait(news)
        finally:
            await self.leave()

    def hold(self) -> None:
        """Nothing more sets out; what is on its way goes on."""
        self._is_leaving = True

    async def act(self) -> bool:
        """Write down what is owed and what became of attempts, and begin to send what is due, if this process leads.
        Whether there is more to do at once."""
        fence = await self._leader.fence()
        if fence is None:
            self._ready_until = None
            return False
        try:
            await self._record(fence)
            has_more = await self._owe(fence)
            await self._stock()
            await self._forget(fence)
        except Fenced:
            self._leader.lost()
            self._ready_until = None
            self._done.clear()  # whoever leads now sends them again
            return False
        return has_more

    async def settle(self) -> None:
        """Until everything that was begun is sent and written down."""
        while self._busy or self._done:
            await asyncio.gather(*(task for _, task in self._busy.values()))
            fence = await self._leader.fence()
            if fence is None:
                return
            await self._record(fence)

    async def leave(self) -> None:
        """What is on its way is awaited a little and written down; the rest is sent by whoever leads next."""
        self.hold()
        tasks = [task for _, task in self._busy.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=LEAVING_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._busy.clear()
        try:
            if self._done and (fence := await self._leader.fence()) is not None:
                await self._record(fence)
        except Exception:  # they are sent again
            log.warning("webhooks.not_written_down", count=len(self._done), exc_info=True)
        await self._leader.give_up()

    async def _wait(self, news: asyncio.Event) -> None:
        """Until there is news, or an attempt has ended, or a second has passed."""
        waiting = [asyncio.create_task(one.wait()) for one in (news, self._moved)]
        try:
            await asyncio.wait(waiting, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()
        await asyncio.sleep(ROUND_SECONDS)  # more happens meanwhile, and goes with it
        if not self._turns.is_used_up:
            await asyncio.sleep(LONG_ROUND_SECONDS - ROUND_SECONDS)

    # -- what is owed

    async def _owe(self, fence: Fence) -> bool:
        async with self._db.read() as session:
            hooks = await webhooks.active(session)
        epoch, head = self._feed.epoch, self._feed.head
        lost = [one for one in hooks if one.epoch != epoch or one.position < self._feed.compacted_to]
        if lost:
            await self._resync(fence, lost, epoch, head)
        hooks = [one for one in hooks if one not in lost and one.position < head]
        if not hooks:
            return False
        events = await self._feed.after(min(one.position for one in hooks))
        if not events or self._feed.epoch != epoch:
            return False
        last = events[-1].seq
        owed = [(hook, event) for event in events for hook in hooks if _concerns(event, hook)]
        if owed or self._is_time(hooks, last):
            await self._write_down(fence, hooks, owed, epoch, last)
        return last < head

    def _is_time(self, hooks: Sequence[WebhookRow], last: int) -> bool:
        """Whether to write positions down although nothing is owed."""
        now = self._clock()
        is_late = self._positions_at is None or now >= self._positions_at + timedelta(seconds=POSITION_SECONDS)
        return is_late or last - min(one.position for one in hooks) >= POSITION_EVENTS

    async def _write_down(
        self,
        fence: Fence,
        hooks: Sequence[WebhookRow],
        owed: Sequence[tuple[WebhookRow, Event]],
        epoch: str,
        last: int,
    ) -> None:
        now = self._clock()
        async with self._db.write() as session:
            await leases.check(session, fence)
            if owed:
                faults = await self._faults(session, hooks)
                orders = await work_orders.by_ids(session, sorted({event.subject_id for _, event in owed}))
                rows = [self._row(hook, event, orders.get(event.subject_id), now, faults) for hook, event in owed]
                await webhooks.owe(session, rows)
            await webhooks.move_on(session, [one.id for one in hooks if one.position < last], epoch, last)
        self._positions_at = now

    async def _faults(self, session: Session, hooks: Sequence[Any]) -> Faults:
        """What sandboxes break on purpose, by provider; nothing without a webhook of the exercise realm."""
        if not any(hook.realm is Realm.EXERCISE for hook in hooks):
            return {}
        return await sandboxes.faults_by_provider(session)

    def _row(self, hook: WebhookRow, event: Event, order: Any, now: datetime, faults: Faults) -> dict[str, Any]:
        key = f"wd_{token_hex(16)}"
        body = {"deliveryId": key, **self._render(event, order)}
        mine = faults.get(hook.service_provider_id, {}) if hook.realm is Realm.EXERCISE else {}
        is_loose = is_drawn(mine, SandboxFault.OUT_OF_ORDER, str(event.seq))
        is_dead = is_drawn(mine, SandboxFault.GIVE_UP, str(event.seq))
        return {
            "webhook_id": hook.id, "key": key, "seq": event.seq, "message": WebhookMessage[body["kind"]],
            "work_order_id": event.subject_id, "body": orjson.dumps(body).decode(),
            "state": WebhookDeliveryState.DEAD if is_dead else WebhookDeliveryState.WAITING,
            "next_at": now + (BEHIND if is_loose else timedelta()), "created_at": now, "is_loose": is_loose,
            "last_error": UNSENT if is_dead else None,
        }  # fmt: skip

    async def _resync(self, fence: Fence, lost: Sequence[WebhookRow], epoch: str, head: int) -> None:
        """The journal was restored, or cut off beyond where they stand: tell them to read anew."""
        now = self._clock()
        rows = []
        for hook in lost:
            key = f"wd_{token_hex(16)}"
            body = {"deliveryId": key, "kind": WebhookMessage.RESYNC_REQUIRED.value, "seq": str(head),
                    "at": now.isoformat()}  # fmt: skip
            rows.append(
                {
                    "webhook_id": hook.id, "key": key, "seq": -int(now.timestamp() * 1000),
                    "message": WebhookMessage.RESYNC_REQUIRED, "work_order_id": 0,
                    "body": orjson.dumps(body).decode(), "state": WebhookDeliveryState.WAITING, "next_at": now,
                    "created_at": now,
                }
            )  # fmt: skip
        async with self._db.write() as session:
            await leases.check(session, fence)
            await webhooks.owe(session, rows)
            await webhooks.move_on(session, [one.id for one in lost], epoch, head)
        log.warning("webhooks.resync", webhooks=[one.id for one in lost])

    # -- sending

    async def _stock(self) -> None:
        """Read what may set out until the next round, and let it."""
        now = self._clock()
        async with self._db.read() as session:
            hooks = await webhooks.with_due(session, now)
            if len(hooks) > HOOKS_A_ROUND:
                hooks = random.sample(hooks, HOOKS_A_ROUND)
            away: dict[int, list[int]] = {hook: [] for hook in hooks}
            for hook, delivery in self._away():
                away.setdefault(hook, []).append(delivery)
            most = max(min(4 * A_ROUND // max(len(hooks), 1), A_ROUND), 1)
            rows = await webhooks.due(session, now, {hook: away[hook] for hook in hooks}, most) if hooks else []
        gone = {delivery for _, delivery in self._away()}  # some set out while we read
        ready: dict[int, list[DeliveryRow]] = {}
        for row in rows:
            if row.id not in gone:
                ready.setdefault(row.webhook_id, []).append(row)
        self._turns.stock(ready, A_ROUND)
        lease_ends = self._leader.until or now
        self._ready_until = min(
            now + timedelta(seconds=READY_SECONDS), lease_ends - timedelta(seconds=ATTEMPT_SECONDS)
        )
        self._set_out()

    def _away(self) -> list[tuple[int, int]]:
        """Webhook and delivery of what is on its way, or came back and is not written down."""
        busy = [(hook, delivery) for delivery, (hook, _) in self._busy.items()]
        return busy + [(row.webhook_id, row.id) for row, _, _ in self._done]

    def _set_out(self) -> None:
        """As many as may be on their way at once."""
        now = self._clock()
        if self._is_leaving or self._ready_until is None or now > self._ready_until:
            return
        while (row := self._turns.next()) is not None:
            task = asyncio.create_task(self._attempt(row, now), name="webhook-attempt")
            self._busy[row.id] = (row.webhook_id, task)

    async def _attempt(self, row: DeliveryRow, now: datetime) -> None:
        body = row.body.encode()
        timestamp, nonce = int(now.timestamp()), token_hex(12)
        versions = [row.secret_version]
        if row.old_secret_until is not None and row.old_secret_until > now:
            versions.append(row.secret_version - 1)
        secrets = tuple(self._secret_of(row.webhook_id, version) for version in versions)
        headers = {
            "content-type": "application/json",
            "x-gridcast-delivery": row.key,
            "x-gridcast-attempt": str(row.attempts + 1),
            "x-gridcast-timestamp": str(timestamp),
            "x-gridcast-nonce": nonce,
            "x-gridcast-signature": signing.header(secrets, timestamp, nonce, body),
        }
        try:
            outcome = await self._post(row.url, headers, body)
        except Exception as error:  # ours: the message is tried again like any other
            log.exception("webhooks.attempt_failed", delivery=row.key)
            outcome = Outcome(None, f"internal: {type(error).__name__}")
        finally:
            self._busy.pop(row.id, None)
            self._turns.ended(row.webhook_id)
        self._done.append((row, now, outcome))
        self._set_out()
        self._moved.set()

    async def _record(self, fence: Fence) -> None:
        if not self._done:
            return
        done = list(self._done)
        tried = [
            {"delivery_id": row.id, "at": at, "status": one.status, "error": one.error and one.error[:120],
             "milliseconds": one.milliseconds}
            for row, at, one in done
        ]  # fmt: skip
        async with self._db.write() as session:
            await leases.check(session, fence)
            faults = await self._faults(session, [row for row, _, _ in done])
            outcomes = [self._outcome(row, outcome, faults) for row, _, outcome in done]
            await webhooks.record(session, outcomes, tried)
        del self._done[: len(done)]
        for one in outcomes:
            self.sent[one["now_state"].value] += 1

    def _outcome(self, row: DeliveryRow, outcome: Outcome, faults: Faults) -> dict[str, Any]:
        now = self._clock()
        pause = retrying.pause(row.attempts + 1, self._chance(), self._first_pause)
        state = WebhookDeliveryState.WAITING if pause is not None else WebhookDeliveryState.DEAD
        mine = faults.get(row.service_provider_id, {}) if row.realm is Realm.EXERCISE else {}
        if outcome.is_delivered and row.attempts == 0 and is_drawn(mine, SandboxFault.DUPLICATE, row.key):
            pause = timedelta()  # once more, on purpose
        elif outcome.is_delivered:
            state = WebhookDeliveryState.DELIVERED
        elif pause is None:
            log.warning("webhooks.dead", delivery=row.key, webhook=row.webhook_id, status=outcome.status)
        return {
            "which": row.id, "now_state": state, "again_at": now + (pause or timedelta()),
            "arrived_at": now if outcome.is_delivered else None, "status": outcome.status,
            "error": outcome.error and outcome.error[:120],
        }  # fmt: skip

    async def _forget(self, fence: Fence) -> None:
        now = self._clock()
        if self._forgot_at is not None and now < self._forgot_at + timedelta(minutes=1):
            return
        self._forgot_at = now
        async with self._db.write() as session:
            await leases.check(session, fence)
            await webhooks.forget_old(session, now - KEPT, 500)


def _concerns(event: Event, hook: WebhookRow) -> bool:
    return (
        event.subject_kind is SubjectKind.WORK_ORDER
        and event.realm is hook.realm
        and event.seq > hook.position
        and event.snapshot.get("service_provider_id") == hook.service_provider_id
    )
