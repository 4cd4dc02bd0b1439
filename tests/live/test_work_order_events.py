"""What a service provider is told of its orders, over every transport; and what nobody else is told."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest

from db.vocabulary import Realm, Role
from tests.city import Speaker
from tests.live.conftest import Hall
from tests.stories.walks import Cast, bring_to, cast, outsourced

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

EVENT = """cursor seq kind workOrderId caseId version action
  workOrder { id state round version task note result clause serviceProvider { code } availableActions }"""
FOLLOW = f"subscription ($after: EventCursor) {{ workOrderEvents(after: $after) {{ {EVENT} }} }}"
POLL = f"""query ($after: EventCursor!, $first: Int) {{
  workOrderEvents(after: $after, first: $first) {{ cursor hasMore events {{ {EVENT} }} }} }}"""
LIST = """query ($first: Int, $after: PageCursor, $onlyOpen: Boolean = false) {
  workOrders(first: $first, after: $after, onlyOpen: $onlyOpen) {
    cursor pageInfo { hasNextPage endCursor } edges { node { id state version } } } }"""
SEEN = "case { id number version state } workOrder { id version }"


async def offered(people: Cast, provider: str = "SP-1") -> tuple[str, dict[str, Any]]:
    return await outsourced(people, await bring_to(people, "IN_PROGRESS"), provider)


async def act(speaker: Speaker, mutation: str, order: str, case: dict[str, Any], **more: Any) -> dict[str, Any]:
    payload = await speaker.do(mutation, SEEN, workOrderId=order, expectedVersion=case["version"], **more)
    assert payload["userErrors"] == [], payload
    return payload["case"] or case  # type: ignore[no-any-return]


def told(subscriber: Any) -> list[dict[str, Any]]:
    events = [one["data"]["workOrderEvents"] for one in subscriber.told]
    return [one for one in events if one["kind"] != "HEARTBEAT"]


async def test_an_order_is_told_to_its_provider_step_by_step(hall: Hall) -> None:
    people = await cast(hall.town)
    async with hall.line(hall.token(Role.PROVIDER_STAFF, "SP-1")) as line:
        ours, colleague = await line.subscribe("1", FOLLOW), await line.subscribe("2", FOLLOW)
        await ours.until(lambda: ours.told and colleague.told)  # heartbeats: both follow

        order, case = await offered(people)
        case = await act(people.provider, "workOrderAccept", order, case)
        case = await act(people.provider, "workOrderSubmit", order, case, result="已修补", evidence=[])
        await act(people.handler, "workOrderRejectResult", order, case, reason="边缘未压实", clause="第4.2条")
        await ours.until(lambda: len(told(ours)) == 4 and len(told(colleague)) == 4)

        assert [(one["kind"], one["version"], one["action"]) for one in told(ours)] == [
            ("OFFERED", 1, "OUTSOURCE"),
            ("CHANGED", 2, "WORK_ORDER_ACCEPT"),
            ("CHANGED", 3, "WORK_ORDER_SUBMIT"),
            ("CHANGED", 4, "WORK_ORDER_REJECT_RESULT"),
        ]
        assert {one["workOrderId"] for one in told(ours)} == {order}
        assert {one["caseId"] for one in told(ours)} == {case["id"]}
        assert [one["workOrder"]["state"] for one in told(ours)] == ["OFFERED", "ACCEPTED", "SUBMITTED", "REJECTED"]
        last = told(ours)[-1]["workOrder"]
        assert (last["round"], last["note"], last["clause"]) == (2, "边缘未压实", "第4.2条")
        assert last["serviceProvider"] == {"code": "SP-1"}
        assert told(colleague) == told(ours)
        assert hall.number("gridcast_cohorts") == 1  # executed once for both


async def test_a_cancelled_order_leaves_view_and_other_providers_hear_nothing(hall: Hall) -> None:
    people = await cast(hall.town)
    async with (
        hall.line(hall.token(Role.PROVIDER_STAFF, "SP-1")) as line,
        hall.line(hall.token(Role.PROVIDER_STAFF, "SP-2")) as other,
    ):
        ours, theirs = await line.subscribe("1", FOLLOW), await other.subscribe("1", FOLLOW)
        await ours.until(lambda: ours.told)
        await theirs.until(lambda: theirs.told)
        exercise = await cast(hall.town, Realm.EXERCISE)

        await offered(exercise)
        order, case = await offered(people)
        await act(people.handler, "workOrderCancel", order, case, reason="重复委托")
        second, _ = await offered(people, "SP-2")
        await ours.until(lambda: len(told(ours)) == 2)
        await theirs.until(lambda: told(theirs))
        await hall.read()
        await line.fence()

        left = told(ours)[1]
        assert (left["kind"], left["action"], left["workOrderId"]) == ("LEFT_VIEW", "WORK_ORDER_CANCEL", order)
        assert left["workOrder"] is None
        assert [one["workOrderId"] for one in told(ours)] == [order, order]
        assert [one["workOrderId"] for one in told(theirs)] == [second]


async def test_polling_and_the_event_stream_tell_the_same_from_the_cursor_of_the_list(hall: Hall) -> None:
    people = await cast(hall.town)
    first, case = await offered(people)
    start = (await people.provider.ask(LIST))["workOrders"]
    await act(people.provider, "workOrderAccept", first, case)
    second, _ = await offered(people)
    await hall.read()

    page = (await people.provider.ask(POLL, after=start["cursor"], first=1))["workOrderEvents"]
    rest = (await people.provider.ask(POLL, after=page["cursor"], first=100))["workOrderEvents"]
    headers = {
        "authorization": f"Bearer {hall.token(Role.PROVIDER_STAFF, 'SP-1')}", "accept": "text/event-stream",
    }  # fmt: skip
    body = {"query": FOLLOW, "variables": {"after": start["cursor"]}}
    url = hall.ws.replace("ws", "http", 1)
    streamed: list[dict[str, Any]] = []
    async with (
        httpx2.AsyncClient(trust_env=False) as http,
        http.stream("POST", url, json=body, headers=headers) as answer,
    ):
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                streamed.append(json.loads(line[6:])["data"]["workOrderEvents"])
            if len(streamed) == 2:
                break

    assert [one["node"] for one in start["edges"]] == [{"id": first, "state": "OFFERED", "version": 1}]
    assert (page["hasMore"], len(page["events"]), rest["hasMore"]) == (True, 1, False)
    polled = page["events"] + rest["events"]
    assert [(one["workOrderId"], one["kind"]) for one in polled] == [(first, "CHANGED"), (second, "OFFERED")]
    assert streamed == polled


async def test_the_list_is_paged_newest_first_and_holds_only_ones_own(hall: Hall) -> None:
    people = await cast(hall.town)
    one, case = await offered(people)
    two, _ = await offered(people)
    theirs, _ = await offered(people, "SP-2")
    declined, other = await offered(people)
    await act(people.provider, "workOrderDecline", declined, other, reason="人手不足")
    case = await act(people.provider, "workOrderAccept", one, case)
    case = await act(people.provider, "workOrderSubmit", one, case, result="已修补", evidence=[])
    await act(people.handler, "workOrderAcceptResult", one, case)

    first = (await people.provider.ask(LIST, first=1))["workOrders"]
    rest = (await people.provider.ask(LIST, first=9, after=first["pageInfo"]["endCursor"]))["workOrders"]
    still_open = (await people.provider.ask(LIST, onlyOpen=True))["workOrders"]
    stranger = (await people.handler.ask(LIST))["workOrders"]

    assert [edge["node"]["id"] for edge in first["edges"]] == [two]
    assert first["pageInfo"]["hasNextPage"] is True
    assert [edge["node"]["id"] for edge in rest["edges"]] == [one]
    assert [edge["node"]["id"] for edge in still_open["edges"]] == [two]
    assert stranger["edges"] == [] and theirs not in (one, two)


async def test_who_works_for_no_provider_follows_cases(hall: Hall) -> None:
    people = await cast(hall.town)
    cursor = (await people.handler.ask(LIST))["workOrders"]["cursor"]

    refused = await people.handler.answer(POLL, after=cursor, first=10)
    async with hall.line(hall.token(Role.HANDLER, "320508-CG")) as line:
        subscriber = await line.subscribe("1", FOLLOW)
        async with asyncio.timeout(60):
            await subscriber.moved.wait()

    assert refused.errors[0].original_error.code == "FORBIDDEN"
    assert subscriber.last == "error" and subscriber.errors[0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_case_that_ends_takes_its_orders_away(hall: Hall) -> None:
    people = await cast(hall.town)
    order, case = await offered(people)
    start = (await people.provider.ask(LIST))["workOrders"]["cursor"]

    await people.leader.act("caseVoid", case, reason="误报", response="经核实为误报。")
    await hall.read()

    [event] = (await people.provider.ask(POLL, after=start, first=10))["workOrderEvents"]["events"]
    assert (event["kind"], event["action"], event["workOrderId"]) == ("LEFT_VIEW", "VOID", order)


async def test_the_case_of_an_order_comes_with_it_but_for_the_submitter_s_words(hall: Hall) -> None:
    of_case = "case { id number version title description address }"
    follow = f"subscription {{ workOrderEvents {{ kind workOrder {{ result {of_case} }} }} }}"
    people = await cast(hall.town)
    async with hall.line(hall.token(Role.PROVIDER_STAFF, "SP-1")) as line:
        ours = await line.subscribe("1", follow)
        await ours.until(lambda: ours.told)

        order, case = await offered(people)
        case = await act(people.provider, "workOrderAccept", order, case)
        await act(people.provider, "workOrderSubmit", order, case, result="已修补", evidence=[])
        await ours.until(lambda: len(told(ours)) == 3)

    now = (await people.provider.ask(f"{{ workOrders {{ edges {{ node {{ {of_case} }} }} }} }}"))["workOrders"]
    listed = now["edges"][0]["node"]["case"]
    assert (listed["id"], listed["version"]) == (case["id"], case["version"] + 1)
    last = told(ours)[-1]["workOrder"]
    assert last == {"result": "已修补", "case": {**listed, "description": None, "address": None}}
