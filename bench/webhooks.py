"""What a provider's own system costs: messages to a slow receiver beside none, updates that come in, and a kill -9.

    python -m bench.webhooks [--only messages|updates|kill] [--windows 3] [--seconds 6] [--updates 300]
                             [--messages 10000]

A server process on SQLite, over HTTP; some four minutes, never more than seven. Submissions, one after the other, are
measured in windows that take turns, so that all see the same machine: with no messages on their way, with some 1,300
a minute to a receiver that takes its time (a third more or less), and with as many as one that takes 2 s is sent. A
ratio is the median of those of neighbouring windows. Nothing is thrown away but the beginning of each window, while
the receiver still answers what the one before it left. The processor time of the server stands beside them:
neighbours change it less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2

from api.auth import Tokens
from db import webhooks
from db.bell import Bell
from db.clock import now
from db.database import Database
from db.feed import Feed
from db.migrate import migrate
from db.vocabulary import Realm, Role
from db.vocabulary.integration import WebhookDeliveryState, WebhookMessage
from resolvers.courier import AT_ONCE_EACH
from tests.city import DISPUTE, Town, build_city
from tests.conftest import SECRET
from tests.faults.nodes import Node
from tests.stories.walks import bring_to, cast, outsourced

A_MINUTE = 1_000
ENOUGH_SECONDS = AT_ONCE_EACH * 60 / A_MINUTE / 1.3  # so slow that what is on its way at once makes 1,300 a minute
SLOW_SECONDS = 2.0
SPREAD = 0.3  # a receiver takes so much more or less: answers do not come in bursts
NO_SLOWER = 1.1  # what counts as not slowed down
SUBMIT = "mutation ($input: CaseSubmitInput!) { caseSubmit(input: $input) { case { id } userErrors { code } } }"
A_BUNDLE = 100
UPDATES = """mutation ($input: WorkOrderUpdatesInput!) {
  workOrderUpdates(input: $input) { updates { outcome userErrors { code } } userErrors { code } } }"""
UPDATE = "mutation ($input: WorkOrderUpdateInput!) { workOrderUpdate(input: $input) { outcome userErrors { code } } }"


@dataclass
class Receiver:
    """Answers after a while, and keeps what it was told."""

    seconds: float = 0.0
    port: int = 0
    told: Counter[str] = field(default_factory=Counter)
    bodies: dict[str, set[bytes]] = field(default_factory=dict)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:-2]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                await asyncio.sleep(self.seconds * self.chance.uniform(1 - SPREAD, 1 + SPREAD))
                delivery = headers["x-gridcast-delivery"]
                self.told[delivery] += 1
                self.bodies.setdefault(delivery, set()).add(body)
                writer.write(b"HTTP/1.1 204 x\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@dataclass
class Yard:
    town: Town
    node: Node
    receiver: Receiver
    http: httpx2.AsyncClient
    hook_id: int = 0
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def tell(self, what: str, measured: str, wanted: str = "", *, is_met: bool | None = None, more: str = "") -> None:
        """A line now, and a row of the table at the end. `is_met` where something is wanted."""
        verdict = {True: "met", False: "missed", None: ""}[is_met]
        goal = f" wanted {wanted} {verdict}" if verdict else ""
        print(f"{'target ' if verdict else ''}{what} measured {measured}{goal}{more and f' ({more})'}", flush=True)
        bold = "**missed**" if verdict == "missed" else verdict
        self.rows.append((what, measured + (more and f" ({more})"), f"{wanted}: {bold}" if verdict else ""))

    def token(self, role: Role, scope: str) -> str:
        lifetime = timedelta(hours=3)
        return Tokens(SECRET, now).issue(f"{role}:{scope}", Realm.LIVE, [(role, scope)], name="", lifetime=lifetime)

    def processor_seconds(self) -> float:
        """That the server has used so far."""
        assert self.node.process is not None
        fields = Path(f"/proc/{self.node.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def ask(self, token: str, query: str, **given: Any) -> Any:
        answer = await self.http.post(
            f"{self.node.url}/graphql",
            json={"query": query, "variables": {"input": given}},
            headers={"authorization": f"Bearer {token}"},
        )
        [payload] = answer.json()["data"].values()
        assert not payload["userErrors"], payload
        return payload

    async def owe(self, count: int) -> list[str]:
        """Messages about as many orders, which wait until the webhook is let loose."""
        keys = [f"wd_{self.hook_id}_{time.time_ns()}_{number}" for number in range(count)]
        body = {"kind": "CHANGED", "workOrder": {"task": "修补路面" * 20, "state": "ACCEPTED"}}
        rows = [
            {
                "webhook_id": self.hook_id, "key": key, "seq": -time.time_ns() // 1_000 - number,
                "message": WebhookMessage.CHANGED, "work_order_id": number + 1,
                "body": json.dumps({"deliveryId": key, **body}), "state": WebhookDeliveryState.WAITING,
                "next_at": now(), "created_at": now(),
            }
            for number, key in enumerate(keys)
        ]  # fmt: skip
        async with self.town.db.write() as session:
            await webhooks.owe(session, rows)
        return keys

    async def let(self, is_active: bool) -> None:
        async with self.town.db.write() as session:
            await webhooks.change(session, self.hook_id, {"is_active": is_active})

    async def delivered(self) -> int:
        async with self.town.db.read() as session:
            found = await session.exec_driver_sql("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'DELIVERED'")
            return int(found.scalar_one())


async def submitting(yard: Yard, seconds: float, name: str) -> list[float]:
    """Milliseconds of submissions one after the other, for so long."""
    city, token, times = yard.town.city, yard.token(Role.RESIDENT, "zhang"), list[float]()
    ends, number = time.perf_counter() + seconds, 0
    while (began := time.perf_counter()) < ends:
        number += 1
        key = f"{name}-{number}"
        await yard.ask(
            token, SUBMIT, idempotencyKey=key, description="路灯不亮", matter=city.matters[DISPUTE],
            grid=city.grids["320508019044001"],
        )  # fmt: skip
        times.append((time.perf_counter() - began) * 1000)
    return times


@dataclass
class Kind:
    """Windows of one kind: what the receiver takes, None where nothing is sent; and what they came to."""

    name: str
    takes: float | None
    medians: list[float] = field(default_factory=list)
    submitted: int = 0
    used: float = 0.0  # processor seconds of the server
    sent: int = 0
    seconds: float = 0.0


async def side_by_side(yard: Yard, windows: int, seconds: float) -> None:
    none = Kind("none", None)
    enough = Kind(f"messages to one that takes {ENOUGH_SECONDS:.1f} s", ENOUGH_SECONDS)
    most = Kind(f"messages to one that takes {SLOW_SECONDS:g} s", SLOW_SECONDS)
    kinds = [none, enough, most]
    each = seconds + ENOUGH_SECONDS + SLOW_SECONDS + 2  # of a window, with what leads into and out of it
    await yard.owe(int(sum(AT_ONCE_EACH / one.takes * each * windows for one in kinds if one.takes)) + AT_ONCE_EACH)
    await submitting(yard, 3, "warm")
    before = none
    for window in range(windows):
        for number, kind in enumerate(kinds):
            yard.receiver.seconds = kind.takes or 0.0
            await yard.let(kind.takes is not None)
            settling = max(before.takes or 0.0, kind.takes or 0.0) * (1 + SPREAD) + 0.5
            await submitting(yard, settling, f"s{window}-{number}")
            sent, used, began = await yard.delivered(), yard.processor_seconds(), time.perf_counter()
            times = await submitting(yard, seconds, f"w{window}-{number}")
            kind.used += yard.processor_seconds() - used
            kind.sent += await yard.delivered() - sent
            kind.seconds += time.perf_counter() - began
            kind.medians.append(statistics.median(times))
            kind.submitted += len(times)
            before = kind
    await yard.let(False)
    await asyncio.sleep(SLOW_SECONDS * (1 + SPREAD) + 0.5)
    for kind in (enough, most):
        rate = kind.sent / kind.seconds * 60
        is_met = rate >= A_MINUTE if kind is enough else None
        yard.tell(kind.name, f"{rate:,.0f} a minute", f"{A_MINUTE:,}", is_met=is_met)
    for kind in kinds:
        ratios = [one / quiet for one, quiet in zip(kind.medians, none.medians, strict=True)]
        windowed = "windows " + ", ".join(f"{one:.0f}" for one in kind.medians)
        cost = f"{1000 * kind.used / max(kind.submitted, 1):.1f} ms of processor time each"
        measured = f"{statistics.median(kind.medians):.1f} ms"
        if kind is none:
            yard.tell("caseSubmit, none on their way", measured, more=f"{windowed}; {cost}")
            continue
        ratio = statistics.median(ratios)
        is_met = ratio <= NO_SLOWER if kind is enough else None
        measured = f"{ratio:.2f} of that, {measured}"
        yard.tell(
            f"caseSubmit beside {kind.name}", measured, f"{NO_SLOWER}", is_met=is_met, more=f"{windowed}; {cost}"
        )


async def incoming(yard: Yard, count: int) -> None:
    """Updates alone and in bundles, by turns, so that both see the same machine; then all of them once more."""
    people = await cast(yard.town)
    orders: list[str] = []
    for _ in range(10):
        case = await bring_to(people, "IN_PROGRESS")
        for _ in range(4):
            order, case = await outsourced(people, case)
            orders.append(order)
    token, said = yard.token(Role.PROVIDER_STAFF, "SP-1"), list[dict[str, Any]]()

    def news(count: int) -> list[dict[str, Any]]:
        for number in range(len(said), len(said) + count):
            turn, place = divmod(number, len(orders))
            kind = {0: "ACCEPT", 1: "START"}.get(turn, "PROGRESS")
            name = {"workOrderId": orders[place], "externalId": orders[place], "externalSeq": turn}
            said.append({**name, "kind": kind, "text": "已到现场"})
        return said[-count:]

    async def alone(update: dict[str, Any]) -> None:
        await yard.ask(token, UPDATE, **update)

    async def together(updates: list[dict[str, Any]]) -> None:
        payload = await yard.ask(token, UPDATES, updates=updates)
        assert not any(one["userErrors"] for one in payload["updates"]), payload

    async def measured(run: Callable[[Any], Awaitable[None]], what: list[Any], workers: int) -> tuple[float, float]:
        left, began, used = iter(what), time.perf_counter(), yard.processor_seconds()

        async def worker() -> None:
            for one in left:
                await run(one)

        await asyncio.gather(*(worker() for _ in range(workers)))
        return time.perf_counter() - began, yard.processor_seconds() - used

    def bundles(updates: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        return [updates[start : start + A_BUNDLE] for start in range(0, len(updates), A_BUNDLE)]

    def tell(name: str, found: list[tuple[float, float]], count: int, *, is_wanted: bool) -> None:
        seconds, used = (sum(each) for each in zip(*found, strict=True))
        rate, rates = count / seconds, ", ".join(f"{count / len(found) / one:.0f}" for one, _ in found)
        more = f"turns {rates}; {1000 * used / count:.1f} ms of processor time each"
        yard.tell(name, f"{rate:.0f} a second", "200", is_met=rate >= 200 if is_wanted else None, more=more)

    await measured(alone, news(len(orders)), 8)
    turns = 3
    singles, many = list[tuple[float, float]](), list[tuple[float, float]]()
    for _ in range(turns):
        singles.append(await measured(alone, news(count // turns), 8))
        many.append(await measured(together, bundles(news(count // turns * 4)), 2))
    tell("updates that are acted on, alone", singles, count // turns * turns, is_wanted=False)
    tell(f"updates that are acted on, in bundles of {A_BUNDLE}", many, count // turns * turns * 4, is_wanted=True)
    old = said[: count // 4 * 4]
    tell("repeated updates, alone", [await measured(alone, old[: count // 4], 8)], count // 4, is_wanted=False)
    again = [await measured(together, bundles(old), 2)]
    tell(f"repeated updates, in bundles of {A_BUNDLE}", again, len(old), is_wanted=True)


async def killed(yard: Yard, count: int) -> None:
    yard.receiver.seconds = 0.0
    already = await yard.delivered()
    async with yard.town.db.write() as session:
        await webhooks.drop_waiting(session, yard.hook_id)
    yard.receiver.told.clear()
    yard.receiver.bodies.clear()
    keys = await yard.owe(count)
    began = time.perf_counter()
    await yard.let(True)
    while len(yard.receiver.told) < count // 2:  # noqa: ASYNC110  # another process works
        await asyncio.sleep(0.05)
    await yard.node.kill()
    await yard.node.start()
    while await yard.delivered() < already + count:  # noqa: ASYNC110
        await asyncio.sleep(0.2)
    seconds = time.perf_counter() - began
    told = yard.receiver.told
    lost, twice = sum(told[key] == 0 for key in keys), sum(told[key] > 1 for key in keys)
    other = sum(len(bodies) > 1 for bodies in yard.receiver.bodies.values()) + len(told.keys() - set(keys))
    more = f"{twice} repeated under their own id, {other} changed; {seconds:.0f} s with restart and lease"
    what = f"lost after a kill -9 in the middle of {count:,} messages"
    yard.tell(what, f"{lost}", "0", is_met=lost == other == 0, more=more)


async def in_time(yard: Yard, name: str, seconds: float, run: Callable[[], Awaitable[None]]) -> None:
    """One part of it; where it takes too long that is its result."""
    try:
        async with asyncio.timeout(seconds):
            await run()
    except TimeoutError:
        yard.tell(name, "not done", f"{seconds:.0f} s", is_met=False)
        await yard.let(False)


async def main(only: str | None, windows: int, seconds: float, updates: int, messages: int) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {now():%Y-%m-%d}"
    print(f"{machine}, load {os.getloadavg()[0]:.1f} before\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="gridcast-bench-") as folder:
        url = f"sqlite+aiosqlite:///{folder}/bench.db"
        db = Database(url)
        await migrate(db)
        feed = Feed(db, Bell())
        await feed.start()
        town = Town(db, feed, Bell(), now, await build_city(db))
        receiver = Receiver()
        server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
        receiver.port = server.sockets[0].getsockname()[1]
        node = Node(url, "memory://", Path(folder), more={"WEBHOOKS_LOCAL": "true", "REQUEST_SECONDS": "30"})
        await node.start()
        try:
            async with httpx2.AsyncClient(trust_env=False, timeout=60) as http:
                yard = Yard(town, node, receiver, http)
                created = await yard.ask(
                    yard.token(Role.PROVIDER_ADMIN, "SP-2"),
                    "mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { id }"
                    " userErrors { code } } }",
                    idempotencyKey="w", serviceProvider=town.city.providers["SP-2"],
                    url=f"http://127.0.0.1:{receiver.port}/",
                )  # fmt: skip
                assert created["webhook"]
                yard.hook_id = 1
                await yard.let(False)
                parts: list[tuple[str, float, Callable[[], Awaitable[None]]]] = [
                    ("messages", 20 + 3 * windows * (seconds + 8), lambda: side_by_side(yard, windows, seconds)),
                    ("updates", 90, lambda: incoming(yard, updates)),
                    ("kill", 60 + messages / 80, lambda: killed(yard, messages)),
                ]
                for name, patience, run in parts:
                    if only in (None, name):
                        await in_time(yard, name, patience, run)
                print(f"\n{machine}, load {os.getloadavg()[0]:.1f} after\n")
                print("| what | measured | wanted |\n| --- | --- | --- |")
                print("\n".join(f"| {' | '.join(row)} |" for row in yard.rows))
        finally:
            await node.kill()
            server.close()
            await feed.stop()
            await db.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["messages", "updates", "kill"])
    parser.add_argument("--windows", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--messages", type=int, default=10_000)
    given = parser.parse_args()
    asyncio.run(main(given.only, given.windows, given.seconds, given.updates, given.messages))
