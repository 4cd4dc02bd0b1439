"""Many updates of a provider's system in one transaction are what they would be one by one."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from db import journal, tallies
from db.database import Database
from db.vocabulary import Role
from schema.ids import global_id
from tests.city import Speaker, Town
from tests.statements import counting
from tests.stories.walks import Cast, bring_to, cast, outsourced, photo, rows

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MANY = """mutation ($input: WorkOrderUpdatesInput!) { workOrderUpdates(input: $input) {
  updates { outcome noteCode workOrder { id state } userErrors { code } } userErrors { code field } } }"""
ONE = """mutation ($input: WorkOrderUpdateInput!) { workOrderUpdate(input: $input) {
  outcome noteCode workOrder { id state } userErrors { code } } }"""


@pytest.fixture
async def people(town: Town) -> Cast:
    return await cast(town)


async def offered(people: Cast, *providers: str) -> list[str]:
    """Orders of one case."""
    case, orders = await bring_to(people, "IN_PROGRESS"), []
    for provider in providers or ("SP-1",):
        order, case = await outsourced(people, case, provider)
        orders.append(order)
    return orders


def told(order: str, seq: int, kind: str, text: str | None = None, *, id: str = "", **more: Any) -> dict[str, Any]:
    name = {"externalId": id or order, "externalSeq": seq}
    return {"workOrderId": order, **name, "kind": kind, "text": text, **more}


def short(said: Any) -> str:
    return said["outcome"] or said["userErrors"][0]["code"]


async def say(who: Speaker, *updates: dict[str, Any]) -> list[str]:
    """What became of each."""
    payload = (await who.ask(MANY, input={"updates": list(updates)}))["workOrderUpdates"]
    assert payload["userErrors"] == []
    return [short(one) for one in payload["updates"]]


@asynccontextmanager
async def beside(town: Town, folder: Path, who: Speaker) -> AsyncIterator[tuple[Town, Speaker]]:
    """The same town once more, as it is now, and the same person in it."""
    path = folder / "beside.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(town.db.url.database or "") as from_, sqlite3.connect(path) as to:
        from_.backup(to)
    db = Database(f"sqlite+aiosqlite:///{path}")
    yield replace(town, db=db), replace(who, db=db)
    await db.close()


@SQLITE
async def test_each_is_answered_in_its_place(people: Cast) -> None:
    [one, two], [other], [theirs] = [
        await offered(people, "SP-1", "SP-1"), await offered(people), await offered(people, "SP-2")
    ]  # fmt: skip

    payload = await people.provider.ask(MANY, input={"updates": [
        told(two, 1, "ACCEPT"),
        told(one, 1, "ACCEPT"),
        told(one, 2, "PROGRESS", "已到现场"),
        told(one, 2, "PROGRESS", "换句话说"),
        told(one, 1, "ACCEPT"),
        told(theirs, 1, "ACCEPT"),
        told(global_id("WorkOrder", 999), 1, "ACCEPT"),
        told("不是编号", 1, "ACCEPT"),
        told(other, 1, "SUBMIT", "已修补"),
        told(other, 4, "DECLINE"),
        told(other, 4, "DECLINE", "人手不足"),
        told(other, 5, "PROGRESS", "已到现场"),
        told(other, 4, "DECLINE", "人手不足"),
        told(other, 3, "ACCEPT"),
        told(two, 2, "ACCEPT", id=one),
        told(one, -1, "ACCEPT"),
        told(one, 9, "SUBMIT", "已修补"),
    ]})  # fmt: skip

    assert [short(one) for one in payload["workOrderUpdates"]["updates"]] == [
        "APPLIED", "APPLIED", "APPLIED", "REPEATED", "REPEATED",
        "NOT_FOUND", "NOT_FOUND", "NOT_FOUND",
        "KEPT_AS_NOTE", "REASON_REQUIRED", "APPLIED", "NOT_FOUND", "REPEATED", "LATE",
        "EXTERNAL_ID_TAKEN", "INVALID_INPUT", "APPLIED",
    ]  # fmt: skip
    answers = payload["workOrderUpdates"]["updates"]
    assert answers[8]["noteCode"] == "ILLEGAL_ACTION"
    assert answers[0]["workOrder"] == {"id": two, "state": "ACCEPTED"}
    assert answers[1]["workOrder"] == {"id": one, "state": "SUBMITTED"}  # as it is after all of them
    assert answers[10]["workOrder"] is None  # it is the provider's no more


KINDS = ["ACCEPT", "ACCEPT", "START", "PROGRESS", "PROGRESS", "SUBMIT", "DECLINE", "SCHEDULE"]


@pytest.mark.parametrize("seed", range(1, 3))
@SQLITE
async def test_a_bundle_does_what_its_updates_do_one_by_one(
    people: Cast, town: Town, tmp_path: Path, seed: int
) -> None:
    """All that is stored is the same: columns, steps, events in their order, counts, clocks, numbers."""
    chance = Random(seed)
    orders = [*await offered(people, "SP-1", "SP-1", "SP-2"), *await offered(people), *await offered(people)]
    shots = [await photo(people.provider) for _ in range(3)] + [await photo(people.handler)]
    seqs = Counter[str]()

    def any_update() -> dict[str, Any]:
        order, kind = chance.choice(orders), chance.choice(KINDS)
        seqs[order] += chance.choice((0, 1, 1, 1, 2))
        more: dict[str, Any] = {}
        if kind == "SUBMIT" and chance.random() < 0.7:
            more["evidence"] = [{"id": one, "kind": "AFTER"} for one in chance.sample(shots, 2)]
        if kind == "SCHEDULE" and chance.random() < 0.7:
            more |= {"crew": town.city.crews["SP-1"], "appointmentAt": "2026-03-12T02:00:00+00:00"}
        name = order if chance.random() < 0.9 else chance.choice(orders)
        words = chance.choice((None, "已到现场", "无高空作业资质"))
        return told(order, max(0, seqs[order] - chance.choice((0, 0, 0, 2))), kind, words, id=name, **more)

    async with beside(town, tmp_path, people.provider) as (other, alone):
        for _ in range(3):
            updates = [any_update() for _ in range(20)]
            together = await say(people.provider, *updates)
            one_by_one = [short((await alone.ask(ONE, input=one))["workOrderUpdate"]) for one in updates]
            assert together == one_by_one
            assert {"APPLIED", "KEPT_AS_NOTE"} <= set(together)

        assert await rows(town) == await rows(other)


@SQLITE
async def test_one_that_fails_late_leaves_nothing_and_its_neighbours_alone(
    people: Cast, town: Town, tmp_path: Path
) -> None:
    [one, two], [three] = await offered(people, "SP-1", "SP-1"), await offered(people)
    mine, theirs = await photo(people.provider), await photo(people.handler)
    await say(people.provider, *(told(order, 1, "ACCEPT") for order in (one, two, three)))
    bad = told(two, 2, "SUBMIT", "已修补", evidence=[{"id": photo, "kind": "AFTER"} for photo in (mine, theirs)])
    good = [told(one, 2, "PROGRESS", "已到现场"), told(three, 2, "SUBMIT", "已修补"), told(two, 2, "START")]

    async with beside(town, tmp_path, people.provider) as (other, alone):
        with_it = await say(people.provider, good[0], bad, *good[1:])
        without = await say(alone, *good)

        assert with_it == ["APPLIED", "NOT_FOUND", "APPLIED", "APPLIED"]
        assert without == ["APPLIED"] * 3
        assert await rows(town) == await rows(other)


@SQLITE
async def test_nothing_new_writes_nothing_and_announces_nothing(people: Cast, town: Town) -> None:
    [order], [theirs] = await offered(people), await offered(people, "SP-2")
    await say(people.provider, told(order, 2, "ACCEPT"))
    before = await rows(town)

    old = await say(people.provider, told(order, 2, "ACCEPT"), told(order, 1, "PROGRESS", "已到现场"))
    refused = await say(people.provider, told(theirs, 1, "ACCEPT"), told(order, 3, "PROGRESS"))
    stranger = await say(people.resident, told(order, 3, "START"), told(order, 2, "ACCEPT"))

    assert (old, refused) == (["REPEATED", "LATE"], ["NOT_FOUND", "INVALID_INPUT"])
    assert stranger == ["NOT_FOUND", "NOT_FOUND"]
    assert await rows(town) == before


@SQLITE
async def test_a_bundle_holds_one_to_a_hundred(people: Cast, town: Town) -> None:
    [order] = await offered(people)
    before = await rows(town)

    async def refusal(count: int) -> Any:
        updates = [told(order, 1, "ACCEPT")] * count
        payload = (await people.provider.ask(MANY, input={"updates": updates}))["workOrderUpdates"]
        return payload["updates"], payload["userErrors"]

    for count in (0, 101):
        assert await refusal(count) == ([], [{"code": "INVALID_INPUT", "field": ["updates"]}])
    assert await rows(town) == before

    assert await say(people.provider, *[told(order, 1, "ACCEPT")] * 100) == ["APPLIED"] + ["REPEATED"] * 99


async def test_bundles_at_once_have_one_effect_each(people: Cast, town: Town) -> None:
    """Two of one provider that say the same, one of another on the same cases, and the department beside them."""
    cases = [await offered(people, "SP-1", "SP-2") for _ in range(6)]
    mine, theirs = [list(orders) for orders in zip(*cases, strict=True)]
    other = await town.as_(Role.PROVIDER_STAFF, "SP-2")
    await town.feed.stop()

    def day(orders: Sequence[str]) -> list[dict[str, Any]]:
        return [
            told(order, seq, *words)
            for seq, words in enumerate([("ACCEPT",), ("PROGRESS", "已到现场"), ("SUBMIT", "已修补")])
            for order in orders
        ]

    first, second, third, asked = await asyncio.gather(
        say(people.provider, *day(mine)),
        say(people.provider, *day(mine[::-1])),
        say(other, *day(theirs[::-1])),
        asyncio.gather(*(people.handler.do(
            "workOrderCancel", "workOrder { state }", workOrderId=order, reason="重复委托"
        ) for order in mine[:2])),
    )  # fmt: skip

    both = Counter(first) + Counter(second)
    cancelled = [one["workOrder"] is not None for one in asked]
    assert third == ["APPLIED"] * 18
    assert both["APPLIED"] == 18 - both["NOT_FOUND"] // 2 and both["KEPT_AS_NOTE"] == 0
    async with town.db.read() as session:
        events = await journal.after(session, 0, 1_000)
        stored, counted = await tallies.stored(session), await tallies.recounted(session)
        states = (await session.exec_driver_sql("SELECT state FROM work_orders ORDER BY id")).scalars().all()
        said = (await session.exec_driver_sql("SELECT COUNT(*) FROM order_updates")).scalar_one()
    assert [one.seq for one in events] == list(range(1, len(events) + 1))
    versions: dict[Any, list[int]] = {}
    for one in events:
        versions.setdefault((one.subject_kind, one.subject_id), []).append(one.version)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
    assert stored == counted
    assert said == both["APPLIED"] + 18
    assert Counter(states) == {"SUBMITTED": 12 - sum(cancelled), "CANCELLED": sum(cancelled)}


@SQLITE
async def test_what_an_update_costs_in_statements(people: Cast, town: Town) -> None:
    orders = [*await offered(people, "SP-1", "SP-1"), *await offered(people, "SP-1", "SP-1")]
    await say(people.provider, *(told(order, 0, "ACCEPT") for order in orders))
    await town.feed.stop()

    async def cost(first: int, count: int) -> int:
        updates = [told(orders[seq % 4], seq, "PROGRESS", "已到现场") for seq in range(first, first + count)]
        with counting(town.db, writing=True) as statements:
            await say(people.provider, *updates)
        return len(statements)

    alone, ten, fifty = await cost(1, 1), await cost(2, 10), await cost(12, 50)
    repeated = await cost(12, 50)

    assert alone == 13
    assert (fifty - ten) / 40 == 2  # the order, the case
    assert repeated == 3  # all that is said again is known by reading
