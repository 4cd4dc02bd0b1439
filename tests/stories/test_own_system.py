"""A provider works its orders in a system of its own: another process, another database, webhooks and mutations only.

Both sides fail as they please, and in the end their books agree. `make own-system` makes it 500 orders.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from api.auth import Tokens
from db.bell import Bell
from db.clock import now
from db.database import Database
from db.feed import Feed
from db.tables import CatalogueItem
from db.vocabulary import Realm, Role
from schema.ids import global_id
from tests.city import Town, build_city
from tests.conftest import SECRET
from tests.faults.nodes import Node, free_port
from tests.stories.walks import Cast, bring_to, cast

ORDERS = int(os.environ.get("PROVIDER_ORDERS", "15"))  # settings that begin with the product's name are taken away
A_CASE = 5  # orders of one case
SEED = "20"
PATIENCE = 60 + ORDERS * 4
HIGH, PATCH = "高空清洗外墙", "修补路面"


async def post(node: Node, token: str, query: str, **variables: Any) -> Any:
    async with httpx2.AsyncClient(base_url=node.url, trust_env=False) as http:
        answer = await http.post(
            "/graphql", json={"query": query, "variables": variables}, headers={"authorization": f"Bearer {token}"}
        )
    return answer.json()["data"]


def token(role: Role, scope: str) -> str:
    lifetime = timedelta(hours=1)
    return Tokens(SECRET, now).issue(f"{role}:{scope}", Realm.LIVE, [(role, scope)], name="", lifetime=lifetime)


async def connected(node: Node, provider: str, url: str) -> tuple[str, str]:
    """A key and a webhook's secret, as the provider's administrator gets them."""
    admin = token(Role.PROVIDER_ADMIN, "SP-1")
    create = """mutation ($input: ServiceAccountCreateInput!) {
      serviceAccountCreate(input: $input) { key userErrors { code } } }"""
    given = {"idempotencyKey": "a", "serviceProvider": provider, "name": "派单系统", "scopes": ["WORK", "WEBHOOKS"]}
    key = (await post(node, admin, create, input=given))["serviceAccountCreate"]["key"]
    hook = "mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { secret userErrors { code } } }"
    given = {"idempotencyKey": "w", "serviceProvider": provider, "url": url}
    made = (await post(node, key, hook, input=given))["webhookCreate"]
    assert made["userErrors"] == []
    return key, made["secret"]


@asynccontextmanager
async def own_system(node: Node, folder: Path, port: int, key: str, secret: str) -> AsyncIterator[Path]:
    path = folder / "provider.db"
    settings = {"GRIDCAST_URL": node.url, "GRIDCAST_KEY": key, "WEBHOOK_SECRET": secret, "PROVIDER_DB": str(path)}
    log = (folder / "provider.log").open("ab")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).parent / "flaky_provider.py"),
        env=os.environ | settings | {"PORT": str(port), "SEED": SEED}, stdout=log, stderr=log,
    )  # fmt: skip
    log.close()
    try:
        yield path
    finally:
        process.kill()
        await process.wait()


async def offer(people: Cast, count: int, first: int) -> None:
    case: dict[str, Any] = {}
    for number in range(first, first + count):
        if number % A_CASE == 0 or not case:
            case = await bring_to(people, "IN_PROGRESS")
        payload = await people.handler.do(
            "caseOutsource", "case { id version }", caseId=case["id"], expectedVersion=case["version"],
            serviceProvider=people.town.city.providers["SP-1"], task=HIGH if number % 7 == 6 else PATCH,
            reason="HEAVY_LOAD",
        )  # fmt: skip
        assert payload["userErrors"] == [], payload
        case = payload["case"]


async def orders_of(town: Town) -> dict[str, Any]:
    async with town.db.read() as session:
        found = await session.exec_driver_sql("SELECT id, state, round, version, crew_id FROM work_orders")
        return {global_id("WorkOrder", row.id): row for row in found}


async def judge(people: Cast) -> None:
    """The department looks at what was submitted: of each third order it wants the first result done again."""
    async with people.town.db.read() as session:
        found = await session.exec_driver_sql(
            "SELECT o.id, o.round, c.version FROM work_orders o JOIN cases c ON c.id = o.case_id"
            " WHERE o.state = 'SUBMITTED'"
        )
        submitted = found.all()
    for row in submitted:
        given = {"workOrderId": global_id("WorkOrder", row.id), "expectedVersion": row.version}
        if row.id % 3 == 0 and row.round == 1:
            await people.handler.do("workOrderRejectResult", **given, reason="边缘未压实", clause="第4.2条")
        else:
            await people.handler.do("workOrderAcceptResult", **given)


def books(path: Path, statement: str) -> list[Any]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as theirs:
        return theirs.execute(statement).fetchall()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_provider_works_its_orders_in_its_own_system_and_both_books_agree(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    feed = Feed(database, Bell())
    await feed.start()
    town = Town(database, feed, Bell(), now, await build_city(database))
    people = await cast(town)
    async with database.write() as session:
        await session.execute(update(CatalogueItem).values(needs_after_photo=True))
    port = free_port()
    node = Node(
        database_url, "memory://", tmp_path,
        more={"WEBHOOKS_LOCAL": "true", "WEBHOOK_RETRY_SECONDS": "0.2", "REQUEST_SECONDS": "30"},
    )  # fmt: skip
    await node.start()
    try:
        url = f"http://127.0.0.1:{port}/gridcast"
        key, secret = await connected(node, town.city.providers["SP-1"], url)
        await offer(people, ORDERS // 2, 0)  # the provider's system is not there yet
        async with own_system(node, tmp_path, port, key, secret) as theirs:
            await _until(lambda: theirs.exists() and len(books(theirs, "SELECT 1 FROM outbox")) >= ORDERS // 4)
            await node.kill()  # in the middle of everything
            await offer(people, ORDERS - ORDERS // 2, ORDERS // 2)
            await judge(people)
            await node.start()

            async with asyncio.timeout(PATIENCE):
                while not await _is_settled(town, theirs):
                    await judge(people)
                    await asyncio.sleep(0.2)

            await _agree(town, theirs)
            assert f":{port}/gridcast" not in node.log()  # a provider's address is nobody's to read
    finally:
        await node.kill()
        await feed.stop()


async def _until(holds: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while not _quietly(holds):  # noqa: ASYNC110  # another process moves
            await asyncio.sleep(0.1)


def _quietly(holds: Any) -> bool:
    try:
        return bool(holds())
    except sqlite3.OperationalError:  # its tables are not there yet
        return False


async def _is_settled(town: Town, theirs: Path) -> bool:
    """Every order has ended, every message has arrived, and everything that was to be said is said."""
    orders = await orders_of(town)
    async with town.db.read() as session:
        found = await session.exec_driver_sql("SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'DELIVERED'")
        delivered = found.scalar_one()
        told = (await session.exec_driver_sql(
            "SELECT COUNT(*) FROM journal WHERE subject_kind = 'WORK_ORDER'"
        )).scalar_one()  # fmt: skip
    ended = len(orders) == ORDERS and all(row.state in ("ACCEPTED_DONE", "DECLINED") for row in orders.values())
    return ended and delivered == told and not books(theirs, "SELECT 1 FROM outbox WHERE outcome IS NULL")


async def _agree(town: Town, theirs: Path) -> None:
    orders = await orders_of(town)
    async with town.db.read() as session:
        sent = (await session.exec_driver_sql("SELECT id, key, work_order_id, body FROM webhook_deliveries")).all()
        tried = (await session.exec_driver_sql("SELECT delivery_id, status FROM webhook_attempts")).all()
        counted = (await session.exec_driver_sql(
            "SELECT a.external_id, u.external_seq, u.kind, u.outcome FROM order_updates u"
            " JOIN order_aliases a ON a.id = u.alias_id"
        )).all()  # fmt: skip
        photos = await session.exec_driver_sql("SELECT work_order_id FROM attachments WHERE taken_at IS NOT NULL")
        shown = Counter(global_id("WorkOrder", row.work_order_id) for row in photos)
    held = {row[0]: row[1:] for row in books(theirs, "SELECT id, version, state FROM orders")}
    messages = books(theirs, "SELECT id, work_order, version, times FROM messages ORDER BY rowid")
    said = books(theirs, "SELECT work_order, seq, kind, outcome FROM outbox")

    # The same orders, at the same version, in the same state.
    assert held == {
        order: (row.version, "GONE" if row.state == "DECLINED" else row.state) for order, row in orders.items()
    }
    states = Counter(row.state for row in orders.values())
    declined = sum(number % 7 == 6 for number in range(ORDERS))
    assert states == {"DECLINED": declined, "ACCEPTED_DONE": ORDERS - declined}
    assert any(row.round == 2 for row in orders.values())
    # None lost, none made up; a repeat carries the same id.
    assert {row[0] for row in messages} == {row.key for row in sent}
    assert all(json.loads(row.body)["deliveryId"] == row.key for row in sent)
    assert max(row[3] for row in messages) > 1
    # In order, for each order.
    versions = defaultdict(list)
    for _, order, version, _ in messages:
        versions[order].append(version)
    assert dict(versions) == {order: list(range(1, row.version + 1)) for order, row in orders.items()}
    # What they said is what we counted, each once.
    assert sorted((order, seq, kind) for order, seq, kind, _ in said) == sorted(
        (row.external_id, row.external_seq, row.kind) for row in counted
    )
    assert {row.outcome for row in counted} == {"APPLIED"}
    # A result has its photo, one for each time it was handed in, and somebody had been sent.
    worked = Counter(order for order, _, kind, _ in said if kind == "SUBMIT")
    assert worked == {order: row.round for order, row in orders.items() if row.state != "DECLINED"}
    assert shown == worked
    assert all(row.crew_id is not None for row in orders.values() if row.state != "DECLINED")
    assert {outcome for *_, outcome in said} <= {"APPLIED", "REPEATED"}
    assert any(row.status != 204 for row in tried)
