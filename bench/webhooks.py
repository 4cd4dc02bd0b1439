"""What a provider's own system costs: messages to a slow receiver beside none, updates that come in, and a kill -9.

    python -m bench.webhooks [--windows 6] [--seconds 6] [--updates 300] [--messages 10000]

A server process on SQLite, over HTTP. Submissions are measured in windows, by turns with messages on their way at
about 1,000 a minute and with none, so that both see the same machine. Medians of milliseconds; nothing is thrown away
but the beginning of each window, while the receiver still answers what the one before it left. Beside them the
processor time of the server, which neighbours change less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
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
SLOW_SECONDS = AT_ONCE_EACH * 60 / A_MINUTE  # so slow that what is on its way at once makes a thousand a minute
SETTLING_SECONDS = SLOW_SECONDS + 0.5
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

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:-2]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                await asyncio.sleep(self.seconds)
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


async def side_by_side(yard: Yard, windows: int, seconds: float) -> None:
    yard.receiver.seconds = SLOW_SECONDS
    await yard.owe(int(windows * (seconds + 2 * SETTLING_SECONDS) / 60 * A_MINUTE * 1.3) + AT_ONCE_EACH)
    medians: dict[bool, list[float]] = {False: [], True: []}
    sent, spent = 0, 0.0
    cost = {"without": (0.0, 0), "with": (0.0, 0)}
    await submitting(yard, 3, "warm")
    for window in range(windows * 2):
        is_loud = window % 2 == 1
        await yard.let(is_loud)
        await submitting(yard, SETTLING_SECONDS, f"s{window}")
        before, began = await yard.delivered(), time.perf_counter()
        used = yard.processor_seconds()
        times = await submitting(yard, seconds, f"w{window}")
        name = "with" if is_loud else "without"
        cost[name] = (cost[name][0] + yard.processor_seconds() - used, cost[name][1] + len(times))
        medians[is_loud].append(statistics.median(times))
        if is_loud:
            sent, spent = sent + await yard.delivered() - before, spent + time.perf_counter() - began
    await yard.let(False)
    quiet, loud = statistics.median(medians[False]), statistics.median(medians[True])
    spread = ", ".join(f"{one:.1f}/{other:.1f}" for one, other in zip(medians[False], medians[True], strict=True))
    print(f"caseSubmit over HTTP, {windows} windows each of {seconds:g} s; the receiver takes {SLOW_SECONDS:.1f} s")
    print(f"  without messages {quiet:.1f} ms, with {loud:.1f} ms, ratio {loud / quiet:.2f} (windows {spread})")
    rate = sent / spent * 60
    verdict = "met" if rate >= A_MINUTE * 0.95 else "missed"
    print(f"target messages measured {rate:.0f} a minute wanted {A_MINUTE} {verdict}")
    per = {name: f"{1000 * used / max(count, 1):.1f} ms" for name, (used, count) in cost.items()}
    print(f"  processor time of the server for each submission: {per}\n")


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
        verdict = "" if not is_wanted else " wanted 200 " + ("met" if rate >= 200 else "missed")
        print(f"{'target ' if is_wanted else ''}{name} measured {rate:.0f} a second{verdict} (turns {rates})")
        print(f"  processor time of the server for each: {1000 * used / count:.1f} ms")

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
    print()


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
    print(f"kill -9 in the middle of {count:,} messages: {lost} lost, {twice} repeated, {other} changed")
    print(f"  {seconds:.0f} s in all, with the restart and the lease that runs out")
    print(f"target lost measured {lost} wanted 0 {'met' if lost == other == 0 else 'missed'}")


async def main(windows: int, seconds: float, updates: int, messages: int) -> None:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {now():%Y-%m-%d}\n")
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
                await side_by_side(yard, windows, seconds)
                await incoming(yard, updates)
                await killed(yard, messages)
        finally:
            await node.kill()
            server.close()
            await feed.stop()
            await db.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--windows", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--updates", type=int, default=300)
    parser.add_argument("--messages", type=int, default=10_000)
    given = parser.parse_args()
    asyncio.run(main(given.windows, given.seconds, given.updates, given.messages))
