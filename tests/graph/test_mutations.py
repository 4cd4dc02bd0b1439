"""What actions promise: refusals leave nothing, one effect per key, one winner per version, the loop's own rules."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db import journal
from db.cases import cases
from db.vocabulary import Role
from resolvers.rules.policy import Policy
from resolvers.timers import Timers, is_drawn
from schema import ids
from tests.city import DISPUTE, FINE, GAS, POTHOLE, Speaker, Town, key
from tests.stories.walks import (
    CITY_UNIT,
    DONE,
    FAR_GRID,
    GRID,
    NEXT_GRID,
    OTHER_UNIT,
    UNIT,
    bring_to,
    cast,
    feed_read,
    hand_in,
    outsourced,
    photo,
    rows,
)

SEE = """query ($id: ID!) { case(id: $id) { id number version state stage round outcome isOpen dueAt title isRuled
  isOutsourced wasLate mergedInto { id } responsibleUnit { id } grid { id }
  responses { round text } dispositions { round text unitName }
  workOrders { id state note } clocks(running: true) {
    kind state pausedAt remainingSeconds } timeline { action actorRole } } }"""


async def see(speaker: Speaker, case: dict[str, Any]) -> dict[str, Any]:
    return (await speaker.ask(SEE, id=case["id"]))["case"]


# -- refusals leave nothing


async def test_a_refusal_of_any_kind_writes_nothing_and_announces_nothing(town: Town) -> None:
    people = await cast(town)
    city = town.city
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    order, case = await outsourced(people, case)
    fresh = await hand_in(people)
    closed = await bring_to(people, "CLOSED")
    stranger = await town.as_(Role.RESIDENT, "li")
    before = await rows(town, "idempotency_records")
    shared: dict[str, Any] = {"outcome": "RESOLVED", "disposition": DONE}
    tomorrow = (town.clock() + timedelta(days=1)).isoformat()

    found = [
        await people.handler.refused("caseComplete", case, **shared),
        await people.handler.refused("caseComplete", case | {"version": 1}, **shared),
        await people.resident.refused("caseComplete", case, **shared),
        await stranger.refused("caseWithdraw", case),
        await people.handler.refused("caseSign", case),
        await people.handler.refused("caseHold", case, reason="等", until="2020-01-01T00:00:00Z"),
        await people.handler.refused("caseHold", case, reason="  ", until=tomorrow),
        await people.handler.refused("caseReturn", case, reason="不", proposedDepartment=city.departments[CITY_UNIT]),
        await people.intake.refused("caseRegister", closed),
        await people.intake.refused("caseMerge", fresh, masterId=closed["id"]),
        await people.intake.refused("caseMerge", fresh, masterId=fresh["id"]),
        await people.intake.refused("caseMerge", fresh, masterId="nonsense"),
        await people.dispatcher.refused("caseDispatch", fresh, department=city.departments[UNIT]),
        await people.intake.refused(
            "caseDecline", fresh, reason="INSUFFICIENT", outcome="RESOLVED", disposition=DONE, response="a",
            suggestedChannel="b",
        ),
        await people.leader.refused("caseRespond", case, text="\x07"),
        await people.leader.refused("caseRespond", case, text="x" * 4001),
        await people.leader.refused("caseRespond", case, text=""),
        await people.leader.refused("caseVoid", case, reason="x" * 201, response="b"),
        await people.leader.refused("caseAmend", case),
        await people.leader.refused("caseRespond", case, text="好", idempotencyKey="x" * 65),
        await people.leader.refused("caseRespond", case, text="好", idempotencyKey=""),
    ]  # fmt: skip

    assert found == [
        "OPEN_WORK_ORDERS", "CONFLICT", "FORBIDDEN", "NOT_FOUND", "ILLEGAL_ACTION", "DATE_IN_PAST",
        "REASON_REQUIRED", "OPEN_WORK_ORDERS", "ILLEGAL_ACTION", "MASTER_CLOSED", "NOT_FOUND", "NOT_FOUND",
        "ILLEGAL_ACTION", *["INVALID_INPUT"] * 8,
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before
    assert order


async def test_a_photo_of_somebody_else_takes_the_whole_action_back(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    foreign, mine = await photo(people.resident), await photo(people.handler)
    before = await rows(town, "idempotency_records")
    evidence = [{"id": mine, "kind": "AFTER"}, {"id": foreign, "kind": "AFTER"}]

    code = await people.handler.refused("caseComplete", case, outcome="RESOLVED", disposition=DONE, evidence=evidence)

    assert code == "NOT_FOUND"
    assert await rows(town, "idempotency_records") == before


async def test_the_same_document_may_hold_two_actions_and_shows_each_as_it_was_then(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)
    document = """mutation ($a: CaseAcceptInput!, $b: CaseRegisterInput!) {
      a: caseAccept(input: $a) { case { version timeline { action } } }
      b: caseRegister(input: $b) { case { version timeline { action } } } }"""

    data = await people.intake.ask(
        document,
        a={"idempotencyKey": key(), "caseId": case["id"], "expectedVersion": 1},
        b={"idempotencyKey": key(), "caseId": case["id"], "expectedVersion": 2},
    )

    assert [step["action"] for step in data["a"]["case"]["timeline"]] == ["SUBMIT", "ACCEPT"]
    assert [step["action"] for step in data["b"]["case"]["timeline"]] == ["SUBMIT", "ACCEPT", "REGISTER"]


# -- one effect per key


async def test_l13_the_same_key_again_gives_the_same_answer_and_one_effect(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)
    mine = key()

    first = await people.intake.act("caseAccept", case, idempotencyKey=mine)
    again = await people.intake.act("caseAccept", case, idempotencyKey=mine)

    assert first == again
    assert first["version"] == 2
    assert len((await rows(town))["journal"]) == 2


async def test_the_same_key_resolves_its_selection_anew(town: Town) -> None:
    people = await cast(town)
    case, mine = await hand_in(people), key()
    await people.intake.act("caseAccept", case, idempotencyKey=mine)
    await people.intake.act("caseRegister", case | {"version": 2})

    again = await people.intake.act("caseAccept", case, idempotencyKey=mine)

    assert (again["version"], again["state"]) == (3, "REGISTERED")


async def test_l13_the_same_key_for_something_else_is_a_mismatch(town: Town) -> None:
    people = await cast(town)
    case, other, mine = await hand_in(people), await hand_in(people), key()
    await people.intake.act("caseAccept", case, idempotencyKey=mine)
    before = await rows(town)

    found = [
        await people.intake.refused("caseAccept", other, idempotencyKey=mine),
        await people.intake.refused("caseAccept", case | {"version": 2}, idempotencyKey=mine),
        await people.intake.refused("caseRegister", case, idempotencyKey=mine),
    ]

    assert found == ["IDEMPOTENCY_MISMATCH"] * 3
    assert await rows(town) == before
    assert (await people.leader.act("caseRespond", case | {"version": 2}, text="好", idempotencyKey=mine))[
        "version"
    ] == 3


async def test_l13_twenty_at_once_with_one_key_have_one_effect(town: Town) -> None:
    people = await cast(town)
    given = {"description": "同一件事", "grid": town.city.grids[GRID], "idempotencyKey": key()}

    payloads = await asyncio.gather(*(people.resident.do("caseSubmit", **given) for _ in range(20)))

    assert all(payload["userErrors"] == [] for payload in payloads)
    assert len({payload["case"]["id"] for payload in payloads}) == 1
    found = await rows(town)
    assert (len(found["cases"]), len(found["steps"]), len(found["journal"])) == (1, 1, 1)


async def test_a_refusal_is_kept_even_when_it_would_now_be_allowed(town: Town) -> None:
    people = await cast(town)
    case, mine = await bring_to(people, "HANDLED"), key()
    assert await people.leader.refused("caseClose", case, idempotencyKey=mine) == "RESPONSE_REQUIRED"
    answered = await people.handler.act("caseRespond", case, text="已处理")

    assert await people.leader.refused("caseClose", case, idempotencyKey=mine) == "RESPONSE_REQUIRED"
    assert (await people.leader.act("caseClose", answered))["state"] == "CLOSED"


async def test_l13_a_key_is_free_again_after_a_day(town: Town) -> None:
    people = await cast(town)
    given = {"description": "一样的话", "grid": town.city.grids[GRID], "idempotencyKey": key()}
    first = await people.resident.do("caseSubmit", **given)
    town.clock.advance(timedelta(hours=23, minutes=59))
    assert (await people.resident.do("caseSubmit", **given))["case"]["id"] == first["case"]["id"]

    town.clock.advance(timedelta(minutes=2))

    assert (await people.resident.do("caseSubmit", **given))["case"]["id"] != first["case"]["id"]


async def test_keys_of_different_people_do_not_meet(town: Town) -> None:
    people = await cast(town)
    other = await town.as_(Role.RESIDENT, "li")
    given = {"description": "路灯不亮", "grid": town.city.grids[GRID], "idempotencyKey": key()}

    mine, theirs = await people.resident.do("caseSubmit", **given), await other.do("caseSubmit", **given)

    assert mine["case"]["id"] != theirs["case"]["id"]


# -- one winner per version


async def test_l14_of_fifty_updates_of_one_version_exactly_one_wins(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)

    payloads = await asyncio.gather(
        *(
            people.leader.do("caseRespond", caseId=case["id"], expectedVersion=1, text=f"答复{number}")
            for number in range(50)
        )
    )

    won = [payload for payload in payloads if not payload["userErrors"]]
    lost = [payload["userErrors"][0] for payload in payloads if payload["userErrors"]]
    assert len(won) == 1 and won[0]["case"]["version"] == 2
    assert {error["code"] for error in lost} == {"CONFLICT"}
    assert {"当前版本 2" in error["message"] for error in lost} == {True}
    found = await rows(town)
    assert (len(found["journal"]), len(found["responses"])) == (2, 1)


async def test_two_cases_cannot_be_merged_into_each_other(town: Town) -> None:
    people = await cast(town)
    for _ in range(5):
        a, b = await hand_in(people), await hand_in(people)

        await asyncio.gather(
            people.intake.do("caseMerge", caseId=a["id"], expectedVersion=1, masterId=b["id"]),
            people.intake.do("caseMerge", caseId=b["id"], expectedVersion=1, masterId=a["id"]),
        )

        states = sorted([(await see(people.leader, one))["state"] for one in (a, b)])
        assert states == ["MERGED", "SUBMITTED"]


# -- batches


def item(number: str, town: Town, **more: Any) -> dict[str, Any]:
    return {"externalId": number, "description": "来电反映噪声", "grid": town.city.grids[GRID]} | more


BATCH = "items { externalId isNew case { id number } userErrors { code field } }"


async def test_a_batch_sent_twice_is_taken_once(town: Town) -> None:
    hotline = await town.as_(Role.SOURCE_SYSTEM, "12345")
    batch = [item(f"T{number}", town) for number in range(5)]

    first = await hotline.do("caseIngest", BATCH, items=batch)
    again = await hotline.do("caseIngest", BATCH, items=[*batch, item("T9", town)])

    assert [one["isNew"] for one in first["items"]] == [True] * 5
    assert [one["isNew"] for one in again["items"]] == [False] * 5 + [True]
    assert [one["case"]["id"] for one in again["items"][:5]] == [one["case"]["id"] for one in first["items"]]
    assert len((await rows(town))["journal"]) == 6


async def test_a_bad_item_is_refused_by_itself(town: Town) -> None:
    hotline = await town.as_(Role.SOURCE_SYSTEM, "12345")
    batch = [
        item("A", town),
        item("B", town, description=" "),
        item("C", town, grid=None),
        item("D", town, matter=town.city.grids[GRID]),
        item("E", town, matter="no id at all"),
        item("F", town, contact={"phone": "打我电话"}),
        item("", town),
        item("x" * 81, town),
        item("G", town, point={"longitude": 500, "latitude": 0}, grid=None),
        item("H", town),
    ]

    payload = await hotline.do("caseIngest", BATCH, items=batch)

    assert payload["userErrors"] == []
    assert [[error["code"] for error in one["userErrors"]] for one in payload["items"]] == [
        [], ["INVALID_INPUT"], ["INVALID_INPUT"], ["NOT_FOUND"], ["NOT_FOUND"], ["INVALID_INPUT"], ["INVALID_INPUT"],
        ["INVALID_INPUT"], ["INVALID_INPUT"], [],
    ]  # fmt: skip
    assert len((await rows(town))["cases"]) == 2


async def test_the_same_number_twice_in_a_batch_is_one_case(town: Town) -> None:
    hotline = await town.as_(Role.SOURCE_SYSTEM, "12345")

    payload = await hotline.do("caseIngest", BATCH, items=[item("A", town), item("A", town), item(" A ", town)])

    assert [one["isNew"] for one in payload["items"]] == [True, False, False]
    assert len({one["case"]["id"] for one in payload["items"]}) == 1
    again = await hotline.do("caseIngest", BATCH, items=[item(" A", town)])
    assert [one["isNew"] for one in again["items"]] == [False]


async def test_a_batch_of_nothing_or_of_too_much_is_refused(town: Town) -> None:
    hotline = await town.as_(Role.SOURCE_SYSTEM, "12345")
    resident = await town.as_(Role.RESIDENT, "zhang")

    found = [
        (await speaker.do("caseIngest", BATCH, items=items))["userErrors"][0]["code"]
        for speaker, items in (
            (hotline, []),
            (hotline, [item(f"T{number}", town) for number in range(101)]),
            (resident, [item("A", town)]),
        )
    ]

    assert found == ["INVALID_INPUT", "INVALID_INPUT", "FORBIDDEN"]
    assert (await rows(town))["cases"] == []


async def test_a_batch_that_is_all_bad_is_answered_the_same_twice(town: Town) -> None:
    hotline = await town.as_(Role.SOURCE_SYSTEM, "12345")
    mine = key()

    first = await hotline.do("caseIngest", BATCH, items=[item("A", town, description="")], idempotencyKey=mine)
    again = await hotline.do("caseIngest", BATCH, items=[item("A", town, description="")], idempotencyKey=mine)

    assert first == again
    assert first["items"][0]["userErrors"][0]["code"] == "INVALID_INPUT"
    assert (await rows(town))["journal"] == []


async def test_a_batch_sent_twice_at_the_same_time_is_taken_once(town: Town) -> None:
    hotline = await town.as_(Role.SOURCE_SYSTEM, "12345")
    batch = [item(f"T{number}", town) for number in range(20)]

    payloads = await asyncio.gather(*(hotline.do("caseIngest", BATCH, items=batch) for _ in range(4)))

    assert sorted(sum(one["isNew"] for one in payload["items"]) for payload in payloads) == [0, 0, 0, 20]
    assert len((await rows(town))["cases"]) == 20


# -- permits, checks, merging, reopening


async def test_a_grid_is_given_a_task_only_for_a_matter_on_its_permit_list(town: Town) -> None:
    people = await cast(town)
    permitted = await people.intake.act("caseAccept", await hand_in(people, matter=POTHOLE))
    other = await people.intake.act("caseAccept", await hand_in(people, matter=DISPUTE))
    without = await people.intake.act("caseAccept", await hand_in(people, matter=None))

    found = [
        await people.intake.refused("caseRequestVerification", other, assignee="GRID_WORKER"),
        await people.intake.refused("caseRequestVerification", without, assignee="GRID_WORKER"),
    ]
    case = await people.intake.act("caseRequestVerification", permitted, assignee="GRID_WORKER")

    assert found == ["NOT_PERMITTED", "MATTER_REQUIRED"]
    assert case["state"] == "VERIFYING"
    assert (await people.intake.act("caseRequestVerification", other, assignee="CHECKER"))["state"] == "VERIFYING"


async def test_a_permit_ends_with_its_last_local_day(town: Town) -> None:
    people = await cast(town)
    town.clock.now = datetime(2030, 12, 31, 15, 59, tzinfo=UTC)  # 23:59 in the province
    case = await people.intake.act("caseAccept", await hand_in(people, matter=POTHOLE))
    other = await people.intake.act("caseAccept", await hand_in(people, matter=POTHOLE))

    await people.intake.act("caseRequestVerification", case, assignee="GRID_WORKER")
    town.clock.advance(timedelta(minutes=1))

    assert await people.intake.refused("caseRequestVerification", other, assignee="GRID_WORKER") == "NOT_PERMITTED"


async def test_nobody_checks_their_own_work(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, by=people.worker)
    evidence = [{"id": await photo(people.worker), "kind": kind} for kind in ("BEFORE", "AFTER")]
    case = await people.worker.act("caseSelfHandle", case, outcome="RESOLVED", disposition=DONE, evidence=evidence)
    case = await people.leader.act("caseRequestCheck", case, assignee="CHECKER")

    assert await people.worker.refused("caseCheck", case, result="PASS") == "OWN_WORK"

    case = await people.checker.act("caseCheck", case, "checkResult", result="PASS")
    assert (case["state"], case["checkResult"]) == ("HANDLED", "PASS")


async def test_a_failed_check_sends_the_case_back_to_whoever_has_it(town: Town) -> None:
    people = await cast(town)
    given = await people.leader.act("caseRequestCheck", await bring_to(people, "HANDLED"), assignee="CHECKER")

    given = await people.checker.act("caseCheck", given, "reworkCount outcome", result="FAIL", note="还在漏")

    assert (given["state"], given["reworkCount"], given["outcome"]) == ("IN_PROGRESS", 1, None)
    assert (await see(people.leader, given))["clocks"][0]["state"] == "RUNNING"
    case = await people.handler.act("caseComplete", given, outcome="RESOLVED", disposition=DONE)
    assert await people.leader.refused("caseClose", case) == "RESPONSE_REQUIRED"


async def test_a_merged_case_shows_its_submitter_what_the_master_was_told(town: Town) -> None:
    people = await cast(town)
    other = await town.as_(Role.RESIDENT, "li")
    master = await bring_to(people, "IN_PROGRESS", by=other)
    case = await people.intake.act("caseMerge", await hand_in(people), "outcome", masterId=master["id"])
    await people.handler.act("caseRespond", await see(people.handler, master), text="周五前修好")

    seen = await see(people.resident, case)

    assert (case["state"], case["outcome"]) == ("MERGED", "DUPLICATE")
    assert seen["responses"] == [{"round": 1, "text": "周五前修好"}]
    assert seen["mergedInto"] == {"id": master["id"]}  # somebody else's, and followed


async def test_a_case_is_not_merged_into_its_own_duplicate_that_asks_to_be_reopened(town: Town) -> None:
    people = await cast(town)
    first, second = await hand_in(people), await hand_in(people)
    first = await people.intake.act("caseMerge", first, masterId=second["id"])
    second = await see(people.intake, second)
    await people.resident.act("caseRequestReopen", first, reason="不是同一件")

    code = await people.intake.refused("caseMerge", second, masterId=first["id"])

    assert code == "MASTER_CLOSED"
    assert (await people.intake.act("caseAccept", second))["state"] == "ACCEPTED"


async def test_a_merge_is_taken_back_only_while_the_master_is_open(town: Town) -> None:
    people = await cast(town)
    master = await bring_to(people, "HANDLED")
    first = await people.intake.act("caseMerge", await hand_in(people), masterId=master["id"])
    second = await people.intake.act("caseMerge", await hand_in(people), masterId=master["id"])

    first = await people.intake.act("caseUnmerge", first, "outcome mergedInto { id }", reason="并错了")
    master = await people.handler.act("caseRespond", await see(people.handler, master), text="好了")
    await people.leader.act("caseClose", master)

    assert (first["state"], first["outcome"], first["mergedInto"]) == ("ACCEPTED", None, None)
    assert await people.intake.refused("caseUnmerge", second, reason="并错了") == "MASTER_CLOSED"


async def test_a_reopened_case_needs_a_disposition_and_a_response_of_its_own_round(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "CLOSED")
    case = await people.resident.act("caseRequestReopen", case, reason="又坏了")
    case = await people.leader.act("caseReopen", case, "round outcome closedAt", reason="属实")
    assert (case["state"], case["round"], case["outcome"], case["closedAt"]) == ("REGISTERED", 2, None, None)

    case = await people.dispatcher.act("caseDispatch", case, department=town.city.departments[UNIT])
    case = await people.handler.act("caseSign", case)
    case = await people.handler.act("caseStart", case)
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    assert await people.leader.refused("caseClose", case) == "RESPONSE_REQUIRED"
    case = await people.handler.act("caseRespond", case, text="重新修好")
    case = await people.leader.act("caseClose", case)

    seen = await see(people.resident, case)
    assert [one["round"] for one in seen["dispositions"]] == [1, 2]
    assert [one["round"] for one in seen["responses"]] == [1, 2]


@pytest.mark.parametrize("end", ["DECLINED", "VOIDED", "MERGED"])
async def test_an_appeal_against_an_ending_leads_back_to_acceptance_or_stays(town: Town, end: str) -> None:
    people = await cast(town)
    case, master = await hand_in(people), await hand_in(people)
    if end == "DECLINED":
        case = await people.intake.act(
            "caseDecline", case, reason="OUT_OF_SCOPE", outcome="NOT_OURS", disposition=DONE, response="不归我们",
            suggestedChannel="12345",
        )  # fmt: skip
    elif end == "VOIDED":
        case = await people.leader.act("caseVoid", case, reason="误报", response="已作废")
    else:
        case = await people.intake.act("caseMerge", case, masterId=master["id"])
    assert case["state"] == end

    case = await people.resident.act("caseRequestReopen", case, reason="请再看看")
    case = await people.resident.act("caseWithdrawReopen", case)
    assert case["state"] == end
    case = await people.resident.act("caseRequestReopen", case, reason="请再看看")
    case = await people.leader.act("caseRefuseReopen", case, reason="查过", response="维持原决定")
    assert case["state"] == end
    case = await people.resident.act("caseRequestReopen", case, reason="请再看看")
    case = await people.leader.act("caseReopen", case, "round outcome mergedInto { id }", reason="采纳")

    assert (case["state"], case["round"], case["outcome"], case["mergedInto"]) == ("ACCEPTED", 2, None, None)
    assert (await people.intake.act("caseRegister", case))["state"] == "REGISTERED"


async def test_the_window_for_reopening_ends(town: Town) -> None:
    people = await cast(town)
    late, early = await bring_to(people, "CLOSED"), await bring_to(people, "CLOSED")
    town.clock.advance(timedelta(days=15))
    assert (await people.resident.act("caseRequestReopen", early, reason="x"))["state"] == "REOPEN_REQUESTED"

    town.clock.advance(timedelta(seconds=1))

    assert await people.resident.refused("caseRequestReopen", late, reason="x") == "REOPEN_WINDOW_OVER"


async def test_a_verdict_does_not_open_the_window_again(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "CLOSED")
    town.clock.advance(timedelta(days=10))
    case = await people.resident.act("caseConfirm", case, isSolved=True)

    town.clock.advance(timedelta(days=10))

    assert await people.resident.refused("caseRequestReopen", case, reason="x") == "REOPEN_WINDOW_OVER"


# -- clocks and timers


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+08:00").astimezone(UTC)


async def test_a_held_case_is_resumed_at_its_date_and_due_later_by_counted_time_only(town: Town) -> None:
    people = await cast(town)
    town.clock.now = local("03-11T10:00")
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)  # two working days
    assert (await see(people.leader, case))["dueAt"] == local("03-13T10:00").isoformat()
    timers = Timers(town.db, town.clock)

    town.clock.now = local("03-11T17:00")
    until = local("03-14T09:00")  # a Saturday: one hour of Wednesday, Thursday and Friday stand still
    case = await people.handler.act("caseHold", case, reason="等材料", until=until.isoformat())
    assert (await see(people.leader, case))["clocks"][0] == {
        "kind": "HANDLING", "state": "PAUSED", "pausedAt": local("03-11T17:00").isoformat(), "remainingSeconds": None
    }  # fmt: skip
    town.clock.now = until - timedelta(seconds=1)
    assert await timers.act() == 0
    town.clock.now = until

    assert await timers.act() == 1

    seen = await see(people.leader, case)
    assert (seen["state"], seen["version"]) == ("IN_PROGRESS", case["version"] + 1)
    assert seen["timeline"][-1] == {"action": "RESUME", "actorRole": "SYSTEM"}
    # eleven working hours were left: Monday has eight
    assert seen["dueAt"] == local("03-17T11:00").isoformat()
    assert await timers.act() == 0


async def test_a_held_case_that_cannot_be_resumed_holds_up_no_other(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    people = await cast(town)
    until = (town.clock() + timedelta(days=1)).isoformat()
    held = [
        await people.handler.act("caseHold", await bring_to(people, "IN_PROGRESS"), reason="等", until=until)
        for _ in range(2)
    ]
    async with town.db.write() as session:  # damaged: a clock that is none
        damaged = ids.number(held[0]["id"], "Case")
        await session.execute(update(cases).where(cases.c.id == damaged).values(clocks=[{}]))
    town.clock.advance(timedelta(days=2))
    timers = Timers(town.db, town.clock)

    assert await timers.act() == 1

    document = "query ($id: ID!) { case(id: $id) { state } }"
    states = [(await people.leader.ask(document, id=case["id"]))["case"]["state"] for case in held]
    assert states == ["ON_HOLD", "IN_PROGRESS"]
    assert caplog.text.count("timers.failed") == 1
    await timers.act()
    assert caplog.text.count("timers.failed") == 1, "left alone for a while"


async def test_a_case_overdue_when_it_is_held_is_still_overdue_when_it_is_resumed(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=GAS)  # two urgent hours
    due = (await see(people.leader, case))["dueAt"]
    town.clock.advance(timedelta(hours=3))
    until = (town.clock() + timedelta(days=2)).isoformat()
    case = await people.handler.act("caseHold", case, reason="等", until=until)
    town.clock.advance(timedelta(hours=5))

    case = await people.handler.act("caseResume", case, "isOverdue dueAt")
    assert (case["isOverdue"], case["dueAt"]) == (True, due)
    case = await people.handler.act("caseComplete", case, "wasLate", outcome="RESOLVED", disposition=DONE)

    assert case["wasLate"] is True
    town.clock.advance(timedelta(days=3))
    await Timers(town.db, town.clock).act()
    assert "RESUME" not in [step["action"] for step in (await see(people.leader, case))["timeline"][-2:]]


async def test_a_held_case_that_is_reassigned_has_no_timer_and_a_running_clock(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    until = (town.clock() + timedelta(days=1)).isoformat()
    case = await people.handler.act("caseMakeLongTerm", case, reason="等", until=until)
    town.clock.advance(timedelta(hours=1))

    case = await people.dispatcher.act(
        "caseReassign",
        case,
        "responsibleUnit { id } clocks(running: true) { kind state }",
        reason="换",
        department=unit(town, OTHER_UNIT),
    )

    assert case["state"] == "DISPATCHED"
    assert case["responsibleUnit"]["id"] == unit(town, OTHER_UNIT)
    assert case["clocks"] == [{"kind": "HANDLING", "state": "RUNNING"}, {"kind": "SIGN", "state": "RUNNING"}]
    assert await people.handler.refused("caseSign", case) == "NOT_FOUND"
    town.clock.advance(timedelta(days=2))
    await Timers(town.db, town.clock).act()
    actions = [step["action"] for step in (await see(people.leader, case))["timeline"]]
    assert actions[-2:] == ["OVERDUE", "EXPEDITE"]


def unit(town: Town, code: str) -> str:
    return town.city.departments[code]


async def test_at_the_due_moment_itself_nothing_is_overdue_yet(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=GAS)
    due = datetime.fromisoformat((await see(people.leader, case))["dueAt"])
    question = "{ metrics { overdue nearDue } cases(filter: { isOverdue: true }) { totalCount } }"

    town.clock.now = due
    on_time = await people.leader.ask(question)
    town.clock.now = due + timedelta(seconds=1)
    late = await people.leader.ask(question)

    assert on_time == {"metrics": {"overdue": 0, "nearDue": 1}, "cases": {"totalCount": 0}}
    assert late == {"metrics": {"overdue": 1, "nearDue": 0}, "cases": {"totalCount": 1}}


async def test_a_new_matter_counts_from_the_original_start_and_keeps_pauses(town: Town) -> None:
    people = await cast(town)
    town.clock.now = local("03-11T10:00")
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)  # two working days
    case = await people.handler.act("caseHold", case, reason="等", until=local("03-20T09:00").isoformat())
    town.clock.now = local("03-11T15:00")  # three working hours later
    case = await people.handler.act("caseResume", case, "dueAt")
    assert case["dueAt"] == local("03-13T15:00").isoformat()

    case = await people.leader.act("caseAmend", case, "dueAt title", matter=town.city.matters[DISPUTE])

    assert case["dueAt"] == local("03-18T15:00").isoformat()  # five working days and three hours
    assert case["title"] == "邻里纠纷 · 二郎巷社区居委会第1网格"


async def test_a_new_matter_leaves_a_limit_that_ends_with_the_day_on_that_day(town: Town) -> None:
    people = await cast(town)
    town.clock.now = local("03-10T20:00")  # outside office hours: whole days end at six
    case = await bring_to(people, "REGISTERED", matter=POTHOLE)

    case = await people.leader.act("caseAmend", case, "dueAt", matter=town.city.matters[DISPUTE])

    assert case["dueAt"] == local("03-17T18:00").isoformat()  # the fifth working day, not the sixth's opening


async def test_a_limit_that_passed_at_six_stays_passed_when_it_is_held_at_seven(town: Town) -> None:
    people = await cast(town)
    town.clock.now = local("03-10T20:00")
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)  # two working days
    town.clock.now = local("03-12T19:00")
    case = await people.handler.act("caseHold", case, reason="等", until=local("03-20T09:00").isoformat())
    town.clock.now = local("03-12T19:05")

    case = await people.handler.act("caseResume", case, "dueAt isOverdue")

    assert (case["dueAt"], case["isOverdue"]) == (local("03-12T18:00").isoformat(), True)


async def test_a_case_that_is_moved_says_so_in_its_title(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, matter=DISPUTE)

    case = await people.leader.act("caseAmend", case, "title grid { id }", grid=town.city.grids[FAR_GRID])

    assert case["grid"]["id"] == town.city.grids[FAR_GRID]
    assert case["title"] == "邻里纠纷 · 龙桥社区居委会第1网格"


# -- units, rulings, settling on the spot, early ends


async def test_a_unit_of_another_place_is_not_there(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "REGISTERED")

    assert await people.dispatcher.refused("caseDispatch", case, department=unit(town, "320102-CG")) == "NOT_FOUND"
    case = await people.dispatcher.act("caseDispatch", case, department=unit(town, CITY_UNIT))  # above: fine
    assert case["state"] == "DISPATCHED"


async def test_a_ruling_binds_the_unit_it_names(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "SIGNED")
    gone = await people.handler.do(
        "caseReturn", caseId=case["id"], expectedVersion=case["version"], reason="不归我们",
        proposedDepartment=unit(town, OTHER_UNIT),
    )  # fmt: skip
    assert gone == {"case": None, "userErrors": []}  # done, and out of the unit's sight
    case = await see(people.dispatcher, case)
    assert (case["state"], case["responsibleUnit"]) == ("RETURNED", None)
    assert await people.dispatcher.refused("caseRule", case, reason="x", department=unit(town, UNIT)) == "FORBIDDEN"

    case = await people.commander.act("caseRule", case, "isRuled", reason="依职责清单", department=unit(town, UNIT))

    assert (case["state"], case["isRuled"]) == ("DISPATCHED", True)
    back = {"reason": "仍不归我们", "proposedDepartment": unit(town, OTHER_UNIT)}
    assert await people.handler.refused("caseReturn", case, **back) == "RULING_BINDS"
    assert (await people.handler.act("caseSign", case))["state"] == "SIGNED"


async def test_settled_on_the_spot_a_share_is_drawn_for_a_check_and_the_rest_is_closed(town: Town) -> None:
    people = await cast(town)
    timers = Timers(town.db, town.clock, Policy(check_share_percent=50))
    states: dict[str, str] = {}
    for _ in range(8):
        case = await hand_in(people, by=people.worker)
        evidence = [{"id": await photo(people.worker), "kind": kind} for kind in ("BEFORE", "AFTER")]
        await people.worker.act("caseSelfHandle", case, outcome="RESOLVED", disposition=DONE, evidence=evidence)
        states[case["id"]] = "CHECKING" if is_drawn(int(case["number"][-7:]), 50) else "CLOSED"

    assert await timers.act() == 8

    found = {id_: (await people.leader.ask(SEE, id=id_))["case"]["state"] for id_ in states}
    assert found == states
    assert set(states.values()) == {"CHECKING", "CLOSED"}
    drawn = next(id_ for id_, state in states.items() if state == "CHECKING")
    case = (await people.leader.ask(SEE, id=drawn))["case"]
    await people.checker.act("caseCheck", case, result="PASS")
    assert await timers.act() == 1
    assert (await people.leader.ask(SEE, id=drawn))["case"]["state"] == "CLOSED"
    assert await timers.act() == 0


@pytest.mark.parametrize(("kinds", "code"), [
    ([], "EVIDENCE_REQUIRED"), (["BEFORE"], "EVIDENCE_REQUIRED"), (["AFTER"], "EVIDENCE_REQUIRED"),
])  # fmt: skip
async def test_settling_on_the_spot_needs_a_photo_before_and_one_after(
    town: Town, kinds: list[str], code: str
) -> None:
    people = await cast(town)
    case = await hand_in(people, by=people.worker)
    evidence = [{"id": await photo(people.worker), "kind": kind} for kind in kinds]
    given = {"outcome": "RESOLVED", "disposition": DONE, "evidence": evidence}

    assert await people.worker.refused("caseSelfHandle", case, **given) == code


async def test_a_matter_of_penalties_is_not_outsourced(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=FINE)

    payload = await people.handler.do(
        "caseOutsource", "case { id } workOrder { id }", caseId=case["id"], expectedVersion=case["version"],
        serviceProvider=town.city.providers["SP-1"], task="开罚单", reason="HEAVY_LOAD",
    )  # fmt: skip

    assert [error["code"] for error in payload["userErrors"]] == ["NOT_DELEGABLE"]


@pytest.mark.parametrize("end", ["caseWithdraw", "caseVoid"])
async def test_an_early_end_cancels_every_open_order(town: Town, end: str) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    order, case = await outsourced(people, case)
    _, case = await outsourced(people, case, "SP-2")
    speaker, given = (
        (people.resident, {"reason": "不用了"}) if end == "caseWithdraw" else (
            people.leader, {"reason": "误报", "response": "已作废"}
        )
    )  # fmt: skip

    case = await speaker.act(end, case, "isOutsourced isOpen", **given)

    assert (case["isOutsourced"], case["isOpen"]) == (False, False)
    seen = await see(people.leader, case)
    assert [one["state"] for one in seen["workOrders"]] == ["CANCELLED", "CANCELLED"]
    assert await see(people.provider, case) is None
    payload = await people.provider.do(
        "workOrderAccept", "case { id } workOrder { id }", workOrderId=order, expectedVersion=case["version"]
    )
    assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]


# -- personal data


REVEAL = "contact { name phone address description point { longitude } }"
PERSON = {"name": "欧阳娜娜", "phone": "13988887777"}
WORDS = "我家漏水了找我13988887777"
ADDRESS = "干将东路178号5栋302室"
PLACE = {"longitude": 120.61234567, "latitude": 31.30123456}


async def test_who_looks_at_a_contact_leaves_a_record(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, description=WORDS, contact=PERSON, address=ADDRESS, point=PLACE)

    payload = await people.intake.do("caseRevealContact", REVEAL, caseId=case["id"], reason="回访")

    assert payload == {
        "contact": {**PERSON, "address": ADDRESS, "description": WORDS, "point": {"longitude": 120.61234567}},
        "userErrors": [],
    }
    [record] = (await rows(town))["access_records"]
    assert "'INTAKE_OFFICER:320508'" in record and "'回访'" in record
    assert (await see(people.intake, case))["version"] == 1


async def test_a_contact_is_not_for_walls_providers_and_residents(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", contact=PERSON)
    _, case = await outsourced(people, case)
    asked = {
        "DISPLAY": await town.as_(Role.DISPLAY, "320508"),
        "ANALYST": await town.as_(Role.ANALYST, "320508"),
        "PROVIDER_STAFF": people.provider,
        "RESIDENT": people.resident,
        "OTHER_RESIDENT": await town.as_(Role.RESIDENT, "li"),
        "FAR_INTAKE": await town.as_(Role.INTAKE_OFFICER, "3201"),
    }

    found = {}
    for name, speaker in asked.items():
        payload = await speaker.do("caseRevealContact", REVEAL, caseId=case["id"], reason="想看")
        assert payload["contact"] is None, name
        found[name] = payload["userErrors"][0]["code"]
    blank = await people.intake.do("caseRevealContact", REVEAL, caseId=case["id"], reason=" ")

    assert found == {
        "DISPLAY": "FORBIDDEN", "ANALYST": "FORBIDDEN", "PROVIDER_STAFF": "FORBIDDEN", "RESIDENT": "FORBIDDEN",
        "OTHER_RESIDENT": "NOT_FOUND", "FAR_INTAKE": "NOT_FOUND",
    }  # fmt: skip
    assert blank["userErrors"][0]["code"] == "REASON_REQUIRED"
    assert (await rows(town))["access_records"] == []


async def test_looking_again_with_the_same_key_after_the_case_has_gone_shows_nothing(town: Town) -> None:
    people = await cast(town)
    case, mine = await bring_to(people, "SIGNED", contact=PERSON), key()
    given = {"caseId": case["id"], "reason": "联系", "idempotencyKey": mine}
    assert (await people.handler.do("caseRevealContact", REVEAL, **given))["contact"]["phone"] == PERSON["phone"]
    await people.handler.do(
        "caseReturn", caseId=case["id"], expectedVersion=case["version"], reason="不归我们",
        proposedDepartment=unit(town, OTHER_UNIT),
    )  # fmt: skip

    again = await people.handler.do("caseRevealContact", REVEAL, **given)

    assert again["contact"] is None
    assert [error["code"] for error in again["userErrors"]] == ["NOT_FOUND"]


EVENTS = """query ($after: EventCursor!) { caseEvents(after: $after, first: 100) { events { kind action version caseId
  case { id number title description address point { longitude } submitter { role name phone }
    grid { cases(first: 5) { edges { node { description address submitter { name phone } point { longitude } } } } }
    mergedInto { description submitter { name phone } } } } } }"""


async def test_nothing_personal_is_in_the_journal_in_events_in_errors_or_in_the_log(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    people = await cast(town)
    start = (await people.leader.ask("{ cases { cursor } }"))["cases"]["cursor"]
    person = {"description": WORDS, "contact": PERSON, "address": ADDRESS, "point": PLACE}
    case = await bring_to(people, "CLOSED", **person)
    master = await hand_in(people, **person)
    await people.intake.act("caseMerge", await hand_in(people, **person), masterId=master["id"])
    messages = [
        (await people.leader.do("caseClose", caseId=case["id"], expectedVersion=1))["userErrors"],
        (await people.resident.do("caseAccept", caseId=master["id"], expectedVersion=1))["userErrors"],
        (await people.resident.do("caseSubmit", **{**person, "matter": "zzz"}))["userErrors"],
        (await people.resident.do("caseSubmit", **{**person, "contact": {"phone": "打13988887777"}}))["userErrors"],
    ]
    await feed_read(town)

    data = await people.leader.ask(EVENTS, after=start)
    display = await (await town.as_(Role.DISPLAY, "320508")).ask("{ cases { edges { node { title description address "
        "submitter { name phone } point { longitude } evidence { url } } } } }")  # fmt: skip
    async with town.db.read() as session:
        kept = [repr(one) for one in await journal.after(session, 0, 1_000)]

    secrets_ = [*PERSON.values(), "欧阳", "13988887777", "7777", "漏水", "干将东路", "120.612", "31.301"]
    texts = {
        "journal": "\n".join(kept),
        "events": json.dumps(data, ensure_ascii=False),
        "errors": json.dumps(messages, ensure_ascii=False),
        "wall": json.dumps(display, ensure_ascii=False),
        "log": "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("gridcast")),
    }
    assert all(len(one) == 1 for one in messages), messages
    assert len(data["caseEvents"]["events"]) >= 10
    for where, text in texts.items():
        assert [secret for secret in secrets_ if secret in text] == [], where


async def test_a_person_is_masked_for_staff_and_whole_for_the_submitter(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, description=WORDS, contact=PERSON, address=ADDRESS, point=PLACE)
    question = """query ($id: ID!) { case(id: $id) {
      description address submitter { name phone } point { longitude latitude } } }"""

    staff = (await people.intake.ask(question, id=case["id"]))["case"]
    own = (await people.resident.ask(question, id=case["id"]))["case"]

    assert staff == {
        "description": "我家漏水了找我****", "address": "干将东路*号*栋*室",
        "submitter": {"name": "欧***", "phone": "139****7777"}, "point": {"longitude": 120.612, "latitude": 31.301},
    }  # fmt: skip
    assert own == {"description": WORDS, "address": ADDRESS, "submitter": PERSON, "point": PLACE}


# -- language


async def test_messages_are_english_for_who_asks_in_english(town: Town) -> None:
    people = await cast(town)
    handler = await town.as_(Role.HANDLER, UNIT, language="en")
    worker = await town.as_(Role.GRID_WORKER, GRID, language="en")
    progress = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    found = await hand_in(people, by=worker)
    asked = [
        await handler.do("caseSign", caseId=progress["id"], expectedVersion=progress["version"]),
        await handler.do("caseSign", caseId="nothing", expectedVersion=1),
        await handler.do("caseSign", caseId=progress["id"], expectedVersion=1),
        await handler.do("caseDispatch", caseId=progress["id"], expectedVersion=1, department="x"),
        await handler.do(
            "caseComplete", caseId=progress["id"], expectedVersion=progress["version"], outcome="RESOLVED",
            disposition=DONE,
        ),
        await handler.do(
            "caseComplete", caseId=progress["id"], expectedVersion=progress["version"], outcome="DUPLICATE",
            disposition=DONE,
        ),
        await handler.do("caseSubmit", description="", grid=town.city.grids[GRID]),
        await worker.do(
            "caseSelfHandle", caseId=found["id"], expectedVersion=1, outcome="RESOLVED", disposition=DONE
        ),
    ]  # fmt: skip

    messages = [payload["userErrors"][0]["message"] for payload in asked]
    assert messages[0].startswith("cannot SIGN from IN_PROGRESS; allowed now: ")
    assert "OUTSOURCE, COMPLETE, HOLD, MAKE_LONG_TERM" in messages[0]
    assert [message for message in messages if not message.isascii()] == []


async def test_somebody_else_in_the_same_place_never_learns_of_a_foreign_version(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "REGISTERED", grid=NEXT_GRID)
    far = await town.as_(Role.DISPATCHER, "320506")
    given = {"expectedVersion": 1, "department": unit(town, UNIT)}

    there = await far.do("caseDispatch", caseId=case["id"], **given)
    missing = await far.do("caseDispatch", caseId="Q2FzZTo5OTk5OQ", **given)

    assert there == missing


async def test_a_pause_keeps_its_length_when_a_new_matter_counts_other_hours(town: Town) -> None:
    people = await cast(town)
    town.clock.now = datetime(2026, 3, 13, 2, 0, tzinfo=UTC)  # Friday 10:00
    case = await bring_to(people, "IN_PROGRESS", matter=FINE)
    case = await people.handler.act("caseHold", case, reason="等材料", until="2026-03-16T08:30:00+08:00")
    town.clock.now = datetime(2026, 3, 13, 6, 30, tzinfo=UTC)
    case = await people.handler.act("caseResume", case)

    case = await people.leader.act("caseAmend", case, "dueAt", matter=town.city.matters[GAS])

    assert case["dueAt"].startswith("2026-03-13T08:30")  # two urgent hours from 10:00, and the 4.5 hours of the pause


async def test_an_answer_reaches_everybody_along_a_chain_of_merges(town: Town) -> None:
    people = await cast(town)
    first, second, third = [await hand_in(people) for _ in range(3)]
    merged = await people.intake.act("caseMerge", first, masterId=second["id"])
    await people.intake.act("caseMerge", await see(people.intake, second), masterId=third["id"])

    await people.leader.act("caseRespond", await see(people.leader, third), text="已安排处理。")

    seen = await people.resident.ask(SEE, id=merged["id"])
    assert [response["text"] for response in seen["case"]["responses"]] == ["已安排处理。"]


async def test_a_case_moves_only_within_reach_and_to_its_new_centre(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)

    assert await people.intake.refused("caseAmend", case, grid=town.city.grids["320102002001001"]) == "NOT_FOUND"
    case = await people.leader.act("caseAmend", case, "heldBy { code }", grid=town.city.grids["320506001001001"])

    assert case["heldBy"] == {"code": "320506"}


async def test_a_refused_reopening_does_not_start_the_window_again(town: Town) -> None:
    people = await cast(town)
    case = await people.intake.act(
        "caseDecline",
        await hand_in(people),
        reason="OUT_OF_SCOPE",
        outcome="NOT_OURS",
        disposition=DONE,
        response="不属于受理范围。",
        suggestedChannel="法院",
    )
    town.clock.advance(timedelta(days=14))
    case = await people.resident.act("caseRequestReopen", case, reason="请再看")
    case = await people.leader.act("caseRefuseReopen", case, reason="维持", response="维持原决定。")
    town.clock.advance(timedelta(days=2))

    assert await people.resident.refused("caseRequestReopen", case, reason="请再看") == "REOPEN_WINDOW_OVER"


async def test_a_number_is_found_whole_and_only_whole(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)
    find = "query ($text: String) { cases(filter: {text: $text}) { edges { node { id } } } }"

    found = await people.leader.ask(find, text=case["number"])
    for other in ("Y" + case["number"], "999999" + case["number"][6:]):
        assert (await people.leader.ask(find, text=other))["cases"]["edges"] == []

    assert found["cases"]["edges"] == [{"node": {"id": case["id"]}}]


async def test_a_case_is_not_closed_as_what_only_intake_may_find(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "HANDLED")
    case = await people.handler.act("caseRespond", case, text="已处理。")

    assert await people.leader.refused("caseClose", case, outcome="DUPLICATE") == "INVALID_INPUT"


async def test_what_is_done_again_is_shown_again(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    first = await photo(people.handler)
    after = [{"id": first, "kind": "AFTER"}]
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE, evidence=after)
    town.clock.advance(timedelta(hours=1))
    case = await people.leader.act("caseRework", case, reason="仍有坑洼")
    town.clock.advance(timedelta(hours=1))

    assert await people.handler.refused("caseComplete", case, outcome="RESOLVED", disposition=DONE) == (
        "EVIDENCE_REQUIRED"
    )
    again = [{"id": await photo(people.handler), "kind": "AFTER"}]
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE, evidence=again)
    assert case["state"] == "HANDLED"
