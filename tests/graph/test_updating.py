"""What a provider's system says of an order counts once, whenever and however often it comes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.tables import CatalogueItem
from db.vocabulary import Role
from schema.ids import global_id
from tests.city import Speaker, Town
from tests.stories.walks import Cast, bring_to, cast, outsourced, photo, rows

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOTED = "{ cases { edges { node { workOrders { notes { text } appointmentAt crew { name } } } } } }"
SAID = "outcome noteCode workOrder { state flaggedAt version }"


@pytest.fixture
async def people(town: Town) -> Cast:
    return await cast(town)


async def offered(people: Cast, provider: str = "SP-1") -> str:
    order, _ = await outsourced(people, await bring_to(people, "IN_PROGRESS"), provider)
    return order


async def say(
    who: Speaker, order: str, seq: int, kind: str, text: str | None = None, id: str = "A-1", **more: Any
) -> Any:
    given = {"workOrderId": order, "externalId": id, "externalSeq": seq, "kind": kind, "text": text, **more}
    document = f"""mutation ($input: WorkOrderUpdateInput!) {{
      workOrderUpdate(input: $input) {{ {SAID} userErrors {{ code }} }} }}"""
    said = (await who.ask(document, input=given))["workOrderUpdate"]
    return said["userErrors"][0]["code"] if said["userErrors"] else said


@SQLITE
async def test_an_order_is_worked_by_numbered_updates(people: Cast) -> None:
    order = await offered(people)
    soon = (people.town.clock() + timedelta(hours=3)).isoformat()

    said = [
        await say(people.provider, order, 1, "ACCEPT"),
        await say(people.provider, order, 2, "SCHEDULE", crew=people.town.city.crews["SP-1"], appointmentAt=soon),
        await say(people.provider, order, 3, "START"),
        await say(people.provider, order, 4, "PROGRESS", "已到现场"),
        await say(people.provider, order, 7, "SUBMIT", "已修补"),
    ]
    seen = await people.handler.ask(NOTED)

    assert [one["outcome"] for one in said] == ["APPLIED"] * 5
    states = [one["workOrder"]["state"] for one in said]
    assert states == ["ACCEPTED", "SCHEDULED", "IN_PROGRESS", "IN_PROGRESS", "SUBMITTED"]
    [worked] = seen["cases"]["edges"][0]["node"]["workOrders"]
    assert worked == {"notes": [{"text": "已到现场"}], "appointmentAt": soon, "crew": {"name": "一班"}}


@SQLITE
async def test_an_appointment_needs_a_crew_of_ones_own_and_a_time_to_come(people: Cast) -> None:
    order, mine = await offered(people), people.town.city.crews["SP-1"]
    soon, past = ((people.town.clock() + timedelta(hours=hours)).isoformat() for hours in (3, -3))
    await say(people.provider, order, 1, "ACCEPT")

    said = [
        await say(people.provider, order, 2, "SCHEDULE"),
        await say(people.provider, order, 2, "SCHEDULE", crew=mine),
        await say(people.provider, order, 2, "SCHEDULE", crew=mine, appointmentAt=past),
        await say(people.provider, order, 2, "SCHEDULE", crew=mine, appointmentAt=soon, appointmentUntil=past),
        await say(people.provider, order, 2, "SCHEDULE", crew=order, appointmentAt=soon),
        await say(people.provider, order, 2, "SCHEDULE", crew=global_id("Crew", 999), appointmentAt=soon),
    ]
    mended = await say(people.provider, order, 2, "SCHEDULE", crew=mine, appointmentAt=soon)

    assert said == ["INVALID_INPUT"] * 2 + ["DATE_IN_PAST"] * 2 + ["NOT_FOUND"] * 2
    assert mended["outcome"] == "APPLIED"


@SQLITE
async def test_a_system_can_prove_when_and_where_a_photo_was_taken(people: Cast, town: Town) -> None:
    town.clock.advance(timedelta(milliseconds=700))  # type: ignore[attr-defined]
    order = await offered(people)
    async with town.db.write() as session:
        await session.execute(update(CatalogueItem).values(needs_after_photo=True))
    await say(people.provider, order, 1, "ACCEPT")
    bare = {"id": await photo(people.provider), "kind": "AFTER"}
    second = town.clock().replace(microsecond=0).isoformat()  # as cameras write it: before the offer, by a fraction
    placed = {**bare, "takenAt": second, "longitude": 120.62, "latitude": 31.31}

    without = await say(people.provider, order, 2, "SUBMIT", "已修补", evidence=[bare])
    done = await say(people.provider, order, 2, "SUBMIT", "已修补", evidence=[placed])

    assert without == "PROOF_REQUIRED"
    assert (done["outcome"], done["workOrder"]["state"]) == ("APPLIED", "SUBMITTED")
    seen = await people.handler.ask("{ cases { edges { node { workOrders { evidence { kind takenAt } } } } } }")
    [worked] = seen["cases"]["edges"][0]["node"]["workOrders"]
    assert worked["evidence"] == [{"kind": "AFTER", "takenAt": placed["takenAt"]}]


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
    assert {"action": "WORK_ORDER_NOTE", "note": "提交结果：已修补"} in steps


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
