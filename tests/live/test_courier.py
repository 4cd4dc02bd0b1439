"""How many messages are on their way at once, whose, and what becomes of them when the courier goes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from db import webhooks
from db.bell import Bell
from db.database import Database
from db.feed import Feed
from db.vocabulary import Realm
from db.vocabulary.integration import WebhookDeliveryState, WebhookMessage
from resolvers import courier as couriers
from resolvers.courier import Courier, Outcome
from tests.city import City, build_city
from tests.conftest import Clock

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WAITING = WebhookDeliveryState.WAITING


@dataclass
class Outside:
    """Receivers at their addresses: each answers at once, or when it is let."""

    slow: set[str] = field(default_factory=set)
    told: list[str] = field(default_factory=list)  # deliveries, as they came
    hanging: dict[str, asyncio.Future[Outcome]] = field(default_factory=dict)
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        key = headers["x-gridcast-delivery"]
        self.told.append(key)
        self.moved.set()
        if url in self.slow:
            self.hanging[key] = asyncio.get_running_loop().create_future()
            return await self.hanging[key]
        return Outcome(204)

    def answer(self, *keys: str) -> None:
        for key in keys or tuple(self.hanging):
            self.hanging.pop(key).set_result(Outcome(204))

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                self.moved.clear()
                await self.moved.wait()


@dataclass
class Office:
    """Webhooks that are owed messages, and couriers that work when they are told to."""

    db: Database
    feed: Feed
    clock: Clock
    city: City
    outside: Outside = field(default_factory=Outside)

    def courier(self, **limits: int) -> Courier:
        return Courier(
            self.db, self.feed, self.clock, self.outside.post, lambda hook, version: "secret",
            lambda event, order: {}, chance=lambda: 0.5, **limits,
        )  # fmt: skip

    async def hook(self, url: str, orders: int, each: int = 1) -> list[list[str]]:
        """A webhook that is owed messages of so many orders; their keys, order by order."""
        created_at = self.clock()
        async with self.db.write() as session:
            hook_id = await webhooks.add(
                session,
                {
                    "realm": Realm.LIVE, "service_provider_id": 1, "url": url, "epoch": self.feed.epoch,
                    "position": self.feed.head, "created_by": "test", "created_at": created_at,
                },
            )  # fmt: skip
            keys = [[f"{url} {order}.{number}" for number in range(each)] for order in range(orders)]
            rows = [
                {
                    "webhook_id": hook_id, "key": key, "seq": order * each + number, "work_order_id": order + 1,
                    "message": WebhookMessage.CHANGED, "body": "{}", "state": WAITING, "next_at": created_at,
                    "created_at": created_at,
                }
                for order, of_one in enumerate(keys) for number, key in enumerate(of_one)
            ]  # fmt: skip
            await webhooks.owe(session, rows)
        return keys

    async def states(self) -> dict[str, tuple[str, int]]:
        async with self.db.read() as session:
            found = await session.exec_driver_sql("SELECT key, state, attempts FROM webhook_deliveries")
            return {key: (state, attempts) for key, state, attempts in found}


@pytest.fixture
async def office(database: Database, clock: Clock) -> AsyncIterator[Office]:
    city = await build_city(database)
    feed = Feed(database, Bell(), clock=clock)
    await feed.start()
    yield Office(database, feed, clock, city)
    await feed.stop()


async def test_the_next_sets_out_as_soon_as_one_has_ended_and_no_order_overtakes_itself(office: Office) -> None:
    keys = await office.hook("slow", 5, each=2)
    office.outside.slow = {"slow"}
    courier = office.courier(at_once_each=2)

    await courier.act()
    await office.outside.until(lambda: len(office.outside.hanging) == 2)
    began = list(office.outside.told)
    for number in range(3):  # nobody looks into the database meanwhile
        office.outside.answer(office.outside.told[number])
        await office.outside.until(lambda: len(office.outside.hanging) == 2)
    at_first = list(office.outside.told)
    office.outside.slow.clear()
    office.outside.answer()
    for _ in range(5):
        await courier.settle()
        await courier.act()
    await courier.leave()

    assert began == [keys[0][0], keys[1][0]]
    assert at_first == [first for first, _ in keys]
    assert sorted(office.outside.told[5:]) == [second for _, second in keys]
    assert set((await office.states()).values()) == {("DELIVERED", 1)}


async def test_one_that_hangs_with_much_to_be_told_holds_up_nobody_else(office: Office) -> None:
    await office.hook("hangs", 300)
    office.clock.advance(timedelta(seconds=1))
    [[other]] = await office.hook("answers", 1)
    office.outside.slow = {"hangs"}
    courier = office.courier()

    await courier.act()
    await office.outside.until(lambda: other in office.outside.told)
    first = len(office.outside.hanging)
    for _ in range(5):
        await courier.act()
        await asyncio.sleep(0)
    states = await office.states()
    await office.outside.until(lambda: len(office.outside.hanging) == couriers.AT_ONCE_EACH)
    office.outside.hanging.clear()

    assert first <= couriers.A_ROUND
    assert states[other] == ("DELIVERED", 1)
    assert len(set(office.outside.told)) == len(office.outside.told) == couriers.AT_ONCE_EACH + 1


async def test_many_messages_cost_as_many_statements_as_two(office: Office) -> None:
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *more: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    async def cost(orders: int) -> int:
        await office.hook(f"answers {orders}", orders)
        statements.clear()
        await courier.act()
        await courier.settle()
        return len(statements)

    courier = office.courier()
    await courier.act()
    engines = [one.sync_engine for one in (office.db._reader, office.db._writer)]
    for one in engines:
        event.listen(one, "before_cursor_execute", note)
    of_two, of_many = await cost(2), await cost(couriers.A_ROUND)
    await courier.leave()

    assert of_two == of_many == 6  # what there is, what is due, its rows; the lease, the outcomes, the log
    assert set((await office.states()).values()) == {("DELIVERED", 1)}


async def test_of_two_couriers_one_sends_and_the_other_takes_over_at_once_when_it_leaves(office: Office) -> None:
    keys = [key for [key] in await office.hook("slow", 6)]
    office.outside.slow = {"slow"}
    one, other = office.courier(at_once_each=4), office.courier(at_once_each=4)

    for courier in (one, other, one, other):
        await courier.act()
    await office.outside.until(lambda: len(office.outside.hanging) == 4)
    leaving = asyncio.create_task(one.leave())
    await asyncio.sleep(0)
    office.outside.answer(*keys[:3])  # in time; the fourth hangs on
    await leaving
    left = await office.states()
    office.outside.slow.clear()
    await other.act()
    await other.settle()
    await other.leave()

    assert [left[key] for key in keys] == [("DELIVERED", 1)] * 3 + [("WAITING", 0)] * 3
    assert Counter(office.outside.told) == Counter(keys) + Counter([keys[3]])
    assert set((await office.states()).values()) == {("DELIVERED", 1)}


async def test_what_was_read_a_while_ago_does_not_set_out(office: Office) -> None:
    await office.hook("slow", 3)
    office.outside.slow = {"slow"}
    courier = office.courier(at_once_each=1)
    await courier.act()
    await office.outside.until(lambda: office.outside.hanging)
    async with office.db.write() as session:
        await webhooks.change(session, 1, {"is_active": False})

    office.clock.advance(timedelta(seconds=couriers.READY_SECONDS + 0.1))
    office.outside.answer()
    await courier.settle()
    await courier.act()
    await courier.leave()

    assert len(office.outside.told) == 1
    assert Counter(state for state, _ in (await office.states()).values()) == {"DELIVERED": 1, "WAITING": 2}


async def test_who_lost_the_lease_begins_nothing_more(office: Office) -> None:
    keys = [key for [key] in await office.hook("slow", 4)]
    office.outside.slow = {"slow"}
    frozen, other = office.courier(at_once_each=1), office.courier()
    await frozen.act()
    await office.outside.until(lambda: office.outside.hanging)

    office.clock.advance(timedelta(seconds=couriers.LEASE_SECONDS))
    office.outside.slow.clear()
    await other.act()
    await other.settle()
    office.outside.answer()
    await frozen.settle()
    await frozen.act()
    await frozen.leave()
    await other.leave()

    assert Counter(office.outside.told) == Counter(keys) + Counter([keys[0]])
    assert set((await office.states()).values()) == {("DELIVERED", 1)}


async def test_the_run_sends_everything_and_leaves_nothing_undone_when_it_ends(office: Office) -> None:
    keys = [key for of_one in await office.hook("answers", 3, each=2) for key in of_one]
    courier = office.courier()

    running = asyncio.create_task(courier.run())
    await office.outside.until(lambda: len(office.outside.told) == len(keys))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert sorted(office.outside.told) == sorted(keys)
    assert set((await office.states()).values()) == {("DELIVERED", 1)}
