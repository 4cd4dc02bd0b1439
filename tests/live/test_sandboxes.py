"""In the exercise realm a provider's developer lets things go wrong; in the live one nothing of it exists."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import Realm, Role
from resolvers.sandboxes import judge
from resolvers.timers import Timers
from tests.live.conftest import Hall
from tests.live.test_service_accounts import ask
from tests.live.test_webhooks import LOG, Desk, Receiver, desk, receiver  # noqa: F401  # fixtures
from tests.live.test_work_order_events import offered
from tests.stories.walks import cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SET = """mutation ($input: WebhookSandboxInput!) {
  webhookSandbox(input: $input) { sandbox { judges faults { fault percent } } userErrors { code } } }"""
SAY = """mutation ($input: WorkOrderUpdateInput!) {
  workOrderUpdate(input: $input) { outcome workOrder { state } userErrors { code } } }"""
AGAIN = "mutation ($input: WebhookRedeliverInput!) { webhookRedeliver(input: $input) { delivery { state } } }"


async def key_of(hall: Hall, realm: Realm = Realm.EXERCISE) -> str:
    admin = await hall.town.as_(Role.PROVIDER_ADMIN, "SP-1", realm)
    made = await admin.do(
        "serviceAccountCreate", "key", serviceProvider=hall.town.city.providers["SP-1"], name="试验",
        scopes=["WORK", "WEBHOOKS"],
    )  # fmt: skip
    return made["key"]  # type: ignore[no-any-return]


async def broken(hall: Hall, key: str, **faults: int) -> Any:
    given = {
        "idempotencyKey": f"s{faults}", "serviceProvider": hall.town.city.providers["SP-1"],
        "faults": [{"fault": name, "percent": percent} for name, percent in faults.items()],
    }  # fmt: skip
    return (await ask(hall, key, SET, input=given))[1]["data"]["webhookSandbox"]


async def say(hall: Hall, key: str, order: str, seq: int, kind: str) -> dict[str, Any]:
    given = {"workOrderId": order, "externalId": order, "externalSeq": seq, "kind": kind, "text": "已修补"}
    return (await ask(hall, key, SAY, input=given))[1]


async def test_updates_fail_or_lose_their_answers_and_get_through_when_repeated(hall: Hall) -> None:
    exercise = await cast(hall.town, Realm.EXERCISE)
    key = await key_of(hall)
    order, _ = await offered(exercise)
    await broken(hall, key, FAIL=60, LOSE=60)

    said = list[str]()
    for _ in range(40):
        answer = await say(hall, key, order, 1, "ACCEPT")
        errors = answer.get("errors")
        said.append(errors[0]["extensions"]["code"] if errors else answer["data"]["workOrderUpdate"]["outcome"])
        if not errors:
            break
        hall.town.clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined]

    assert said == ["TIMEOUT", "INTERNAL", "TIMEOUT", "TIMEOUT", "INTERNAL", "INTERNAL", "REPEATED"]


async def test_a_bundle_fails_or_loses_its_answer_as_one(hall: Hall) -> None:
    exercise = await cast(hall.town, Realm.EXERCISE)
    key = await key_of(hall)
    orders = [(await offered(exercise))[0] for _ in range(3)]
    await broken(hall, key, FAIL=60, LOSE=60)
    many = "mutation ($input: WorkOrderUpdatesInput!) { workOrderUpdates(input: $input) { updates { outcome } } }"
    bundle = [{"workOrderId": one, "externalId": one, "externalSeq": 1, "kind": "ACCEPT"} for one in orders]

    said = list[Any]()
    for _ in range(40):
        _, answer = await ask(hall, key, many, input={"updates": bundle})
        errors = answer.get("errors")
        told = answer["data"] and [one["outcome"] for one in answer["data"]["workOrderUpdates"]["updates"]]
        said.append(errors[0]["extensions"]["code"] if errors else told)
        if not errors:
            break
        hall.town.clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined]

    assert "TIMEOUT" in said[:-1] and set(said[:-1]) <= {"TIMEOUT", "INTERNAL"}
    assert said[-1] == ["REPEATED"] * 3


async def test_the_sandbox_plays_the_department(hall: Hall) -> None:
    exercise, live = await cast(hall.town, Realm.EXERCISE), await cast(hall.town)
    key = await key_of(hall)
    await broken(hall, key, REJECT=90)
    theirs, _ = await offered(live)
    orders = [(await offered(exercise))[0] for _ in range(2)]
    states: dict[str, list[str]] = {order: [] for order in orders}
    timers = Timers(hall.town.db, hall.town.clock, duties=[judge])

    for seq, kind in ((1, "ACCEPT"), (2, "SUBMIT"), (3, "SUBMIT")):
        for order in orders:
            await say(hall, key, order, seq, kind)
        hall.town.clock.advance(timedelta(seconds=20))  # type: ignore[attr-defined]
        await timers.act()
        seen = (await exercise.provider.ask("{ workOrders { edges { node { id state } } } }"))["workOrders"]["edges"]
        for edge in seen:
            states[edge["node"]["id"]].append(edge["node"]["state"])

    assert all(one[0] == "ACCEPTED" and one[-1] == "ACCEPTED_DONE" for one in states.values())
    assert any("REJECTED" in one for one in states.values())
    live_order = (await live.provider.ask("{ workOrders { edges { node { id state } } } }"))["workOrders"]["edges"]
    assert live_order == [{"node": {"id": theirs, "state": "OFFERED"}}]


async def test_messages_come_twice_out_of_order_or_not_until_they_are_asked_for(
    desk: Desk,  # noqa: F811
    receiver: Receiver,  # noqa: F811
) -> None:
    hall = desk.hall
    exercise = await cast(hall.town, Realm.EXERCISE)
    key = await key_of(hall)
    create = "mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { webhook { id } } }"
    given = {"idempotencyKey": "w", "serviceProvider": hall.town.city.providers["SP-1"], "url": receiver.url}
    hook = (await ask(hall, key, create, input=given))[1]["data"]["webhookCreate"]["webhook"]["id"]
    await broken(hall, key, DUPLICATE=90, OUT_OF_ORDER=50)
    orders = [(await offered(exercise))[0] for _ in range(4)]
    for order in orders:
        await say(hall, key, order, 1, "ACCEPT")

    await desk.work()
    hall.town.clock.advance(timedelta(seconds=6))  # type: ignore[attr-defined]
    await desk.work()

    versions: dict[str, list[int]] = {order: [] for order in orders}
    times: dict[str, int] = {}
    for one in receiver.told:
        times[one.delivery] = times.get(one.delivery, 0) + 1
        if times[one.delivery] == 1:
            versions[one.content["workOrderId"]].append(one.content["version"])
    assert max(times.values()) == 2 and len(times) == 8
    assert all(sorted(one) == [1, 2] for one in versions.values())
    assert any(one == [2, 1] for one in versions.values())

    await broken(hall, key, GIVE_UP=90)
    for order in orders:
        await say(hall, key, order, 2, "START")
    await desk.work()
    _, seen = await ask(hall, key, LOG, w=hook, s="DEAD")
    dead = [edge["node"] for edge in seen["data"]["webhookDeliveries"]["edges"]]
    sent = {one.delivery for one in receiver.told}
    for one in dead:
        await ask(hall, key, AGAIN, input={"idempotencyKey": one["deliveryId"], "delivery": one["id"]})
    await desk.work()

    assert dead and all((one["attempts"], one["log"]) == (0, []) for one in dead)
    assert sent.isdisjoint(one["deliveryId"] for one in dead)
    arrived = [one for one in receiver.told if one.content["version"] == 3]
    assert sorted(one.content["workOrderId"] for one in arrived) == sorted(orders)


async def test_there_is_no_sandbox_in_the_live_realm_nor_for_others(hall: Hall) -> None:
    live, exercise = await key_of(hall, Realm.LIVE), await key_of(hall)
    other = await hall.town.as_(Role.PROVIDER_ADMIN, "SP-2", Realm.EXERCISE)
    made = await other.do(
        "serviceAccountCreate", "key", serviceProvider=hall.town.city.providers["SP-2"], name="x", scopes=["WEBHOOKS"]
    )

    assert (await broken(hall, live, FAIL=10))["userErrors"] == [{"code": "EXERCISE_ONLY"}]
    assert (await broken(hall, made["key"], FAIL=10))["userErrors"] == [{"code": "NOT_FOUND"}]
    assert (await broken(hall, exercise, FAIL=91))["userErrors"] == [{"code": "INVALID_INPUT"}]
    assert (await broken(hall, exercise, FAIL=10))["sandbox"]["faults"] == [{"fault": "FAIL", "percent": 10}]
