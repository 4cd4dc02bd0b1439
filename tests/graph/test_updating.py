"""What a provider's system says of an order counts once, whenever and however often it comes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import Role
from tests.city import Speaker, Town
from tests.stories.walks import Cast, bring_to, cast, outsourced, rows

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SAID = "outcome noteCode workOrder { state flaggedAt version }"


@pytest.fixture
async def people(town: Town) -> Cast:
    return await cast(town)


async def offered(people: Cast, provider: str = "SP-1") -> str:
    order, _ = await outsourced(people, await bring_to(people, "IN_PROGRESS"), provider)
    return order


async def say(who: Speaker, order: str, seq: int, kind: str, text: str | None = None, id: str = "A-1") -> Any:
    given = {"workOrderId": order, "externalId": id, "externalSeq": seq, "kind": kind, "text": text}
    document = f"""mutation ($input: WorkOrderUpdateInput!) {{
      workOrderUpdate(input: $input) {{ {SAID} userErrors {{ code }} }} }}"""
    said = (await who.ask(document, input=given))["workOrderUpdate"]
    return said["userErrors"][0]["code"] if said["userErrors"] else said


@SQLITE
async def test_an_order_is_worked_by_numbered_updates(people: Cast) -> None:
    order = await offered(people)

    said = [
        await say(people.provider, order, 1, "ACCEPT"),
        await say(people.provider, order, 2, "PROGRESS", "已到现场"),
        await say(people.provider, order, 7, "SUBMIT", "已修补"),
    ]

    assert [one["outcome"] for one in said] == ["APPLIED"] * 3
    assert [one["workOrder"]["state"] for one in said] == ["ACCEPTED", "ACCEPTED", "SUBMITTED"]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(days=30)])
@SQLITE
async def test_repeated_and_late_ones_change_nothing(people: Cast, town: Town, later: timedelta) -> None:
    order = await offered(people)
    await say(people.provider, order, 1, "ACCEPT")
    await say(people.provider, order, 5, "SUBMIT", "已修补")
    town.clock.advance(later)  # type: ignore[attr-defined]
    before = await rows(town)

    said = [
        await say(people.provider, order, 1, "ACCEPT"),
        await say(people.provider, order, 5, "SUBMIT", "已修补"),
        await say(people.provider, order, 5, "SUBMIT", "另一种说法"),
        await say(people.provider, order, 3, "PROGRESS", "已到现场"),
    ]

    assert [one["outcome"] for one in said] == ["REPEATED", "REPEATED", "REPEATED", "LATE"]
    assert {one["workOrder"]["state"] for one in said} == {"SUBMITTED"}
    assert await rows(town) == before


@SQLITE
async def test_one_in_a_wrong_state_is_kept_as_a_note_and_flagged(people: Cast, town: Town) -> None:
    order = await offered(people)

    said = await say(people.provider, order, 1, "SUBMIT", "已修补")
    again = await say(people.provider, order, 1, "SUBMIT", "已修补")
    then = await say(people.provider, order, 2, "ACCEPT")

    assert (said["outcome"], said["noteCode"]) == ("KEPT_AS_NOTE", "ILLEGAL_ACTION")
    assert (said["workOrder"]["state"], said["workOrder"]["flaggedAt"]) == ("OFFERED", town.clock().isoformat())
    assert (again["outcome"], then["outcome"]) == ("REPEATED", "APPLIED")
    seen = await people.handler.ask("{ cases { edges { node { timeline { action note } } } } }")
    steps = seen["cases"]["edges"][0]["node"]["timeline"]
    assert {"action": "WORK_ORDER_NOTE", "note": "提交结果:已修补"} in steps


@SQLITE
async def test_what_is_refused_is_not_counted_and_may_be_sent_again_mended(people: Cast, town: Town) -> None:
    order, theirs = await offered(people), await offered(people, "SP-2")
    gone, case = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    await people.handler.do("workOrderCancel", workOrderId=gone, expectedVersion=case["version"], reason="重复委托")
    before = await rows(town, "idempotency_records")

    codes = [
        await say(people.provider, order, 1, "DECLINE"),
        await say(people.provider, order, -1, "ACCEPT"),
        await say(people.provider, order, 1, "ACCEPT", id=" "),
        await say(people.provider, order, 1, "ACCEPT", id="x" * 65),
        await say(people.provider, theirs, 1, "ACCEPT", id="B"),
        await say(people.provider, gone, 1, "ACCEPT", id="C"),
        await say(people.handler, order, 1, "ACCEPT"),
        await say(people.provider, order, 1, "PROGRESS"),
    ]
    unchanged = await rows(town, "idempotency_records") == before
    mended = await say(people.provider, order, 1, "DECLINE", "人手不足")

    assert codes == [
        "REASON_REQUIRED", "INVALID_INPUT", "INVALID_INPUT", "INVALID_INPUT", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND",
        "INVALID_INPUT",
    ]  # fmt: skip
    assert unchanged
    assert (mended["outcome"], mended["workOrder"]) == ("APPLIED", None)


@SQLITE
async def test_a_number_of_their_system_belongs_to_one_order(people: Cast) -> None:
    one, two = await offered(people), await offered(people)
    await say(people.provider, one, 1, "ACCEPT")

    assert await say(people.provider, two, 2, "ACCEPT") == "EXTERNAL_ID_TAKEN"


async def test_twenty_at_once_have_one_effect(people: Cast, town: Town) -> None:
    order = await offered(people)
    staff = await town.as_(Role.PROVIDER_STAFF, "SP-1")

    said = await asyncio.gather(*(say(staff, order, 1, "ACCEPT") for _ in range(20)))

    assert sorted(one["outcome"] for one in said) == ["APPLIED"] + ["REPEATED"] * 19
