"""Every submitter is answered on a channel of theirs, with a receipt or a proof, before a case is closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db.deliveries import let_carry
from db.people import access_records
from db.vocabulary import Channel, Realm, Role
from resolvers.duties import DUTIES
from resolvers.timers import Timers
from schema import ids
from tests.city import DISPUTE, POTHOLE, Speaker, Town
from tests.conftest import Clock
from tests.stories.walks import DONE, GRID, UNIT, Cast, bring_to, cast, feed_read, hand_in, photo, rows

ME = {"name": "张三丰", "phone": "13812340000"}
SEEN = """query ($id: ID!) { case(id: $id) { version state stage plainStage channel isAnswered openDeliveries
  unansweredSince responses { channel deliveredAt undeliverableAt }
  deliveries { id attempt channel state text note reporterRole dueAt settledAt case { id } }
  timeline { action note } } }"""
WAITING = """query ($d: ID, $channels: [Channel!]) { deliveriesWaiting(division: $d, channels: $channels) { totalCount
  edges { node { id channel text case { number } } } } }"""


async def see(speaker: Speaker, case: dict[str, Any]) -> Any:
    return (await speaker.ask(SEEN, id=case["id"]))["case"]


async def handled(people: Cast, **more: Any) -> dict[str, Any]:
    """Handled and answered; the answer is on its way."""
    case = await bring_to(people, "HANDLED", **more)
    return await people.handler.act("caseRespond", case, text="已修复，详询 0512-65221234，编号A1。")


async def receipt(speaker: Speaker, delivery: str, outcome: str = "DELIVERED", **more: Any) -> Any:
    return await speaker.do(
        "deliveryReceipt", "delivery { state } case { version }", deliveryId=delivery, outcome=outcome, **more
    )


async def latest(people: Cast, case: dict[str, Any]) -> str:
    return str((await see(people.leader, case))["deliveries"][-1]["id"])


async def gateway(town: Town, account: str = "sms-1", division: str = "3205", realm: Realm = Realm.LIVE) -> Speaker:
    path = "32/3205/" if division == "3205" else f"32/{division[:4]}/{division}/"
    row = {"realm": realm, "channel": Channel.SMS, "account": f"SOURCE_SYSTEM:{account}", "division_code": division}
    async with town.db.write() as session:
        await let_carry(session, {**row, "path": path})
    return await town.as_(Role.SOURCE_SYSTEM, account, realm)


async def take(speaker: Speaker, **more: Any) -> Any:
    return await speaker.do(
        "deliveriesTake", "messages { deliveryId caseNumber phone text }", **{"channel": "SMS", **more}
    )


async def ingested(town: Town, people: Cast, source: str, **more: Any) -> tuple[Speaker, dict[str, Any]]:
    system = await town.as_(Role.SOURCE_SYSTEM, "12345")
    item = {"description": "请处理", "grid": town.city.grids[GRID], "matter": town.city.matters[DISPUTE]}
    payload = await system.do(
        "caseIngest", "items { case { id version } userErrors { code } }",
        items=[{**item, "externalId": f"{source}-1", "source": source, **more}],
    )  # fmt: skip
    [found] = payload["items"]
    assert found["userErrors"] == [], found
    case = await people.intake.act("caseRegister", found["case"])
    case = await people.dispatcher.act("caseDispatch", case, department=town.city.departments[UNIT])
    case = await people.handler.act("caseSign", case)
    case = await people.handler.act("caseStart", case)
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    return system, await people.handler.act("caseRespond", case, text="已处理，请告知来电人。")


# -- by channel


async def test_in_the_app_written_is_delivered(town: Town) -> None:
    people = await cast(town)

    case = await handled(people)

    seen = await see(people.resident, case)
    assert (seen["channel"], seen["stage"], seen["isAnswered"], seen["openDeliveries"]) == (
        "IN_APP", "CHECK_AND_CLOSURE", True, 0,
    )  # fmt: skip
    assert [(one["channel"], one["state"], one["attempt"]) for one in seen["deliveries"]] == [
        ("IN_APP", "DELIVERED", 1)
    ]


@pytest.mark.parametrize(("role", "code"), [(Role.ENTERPRISE, "acme"), (Role.GRID_WORKER, GRID)])
async def test_an_enterprise_and_a_worker_each_get_theirs(town: Town, role: Role, code: str) -> None:
    people = await cast(town)
    submitter = await town.as_(role, code)
    case = await handled(people, by=submitter)

    closed = await people.leader.act("caseClose", case)

    seen = await see(submitter, case)
    assert closed["state"] == "CLOSED"
    assert seen["deliveries"][0]["text"].startswith("已修复")
    assert seen["responses"][0]["deliveredAt"] is not None


async def test_by_text_message_a_case_waits_for_the_networks_receipt(town: Town) -> None:
    people = await cast(town)
    sms = await gateway(town)
    case = await handled(people, contact=ME, channel="SMS")
    waiting = await see(people.leader, case)

    early = await people.leader.refused("caseClose", case)
    [message] = (await take(sms))["messages"]
    sent = (await see(people.leader, case))["deliveries"][0]["state"]
    payload = await receipt(sms, message["deliveryId"], externalRef="gw-77")
    seen = await see(people.leader, case)

    assert (waiting["stage"], waiting["isAnswered"], waiting["openDeliveries"]) == ("FEEDBACK", False, 1)
    assert (early, sent) == ("RESPONSE_REQUIRED", "SENT")
    assert message == {
        "deliveryId": waiting["deliveries"][0]["id"], "caseNumber": case["number"], "phone": "13812340000",
        "text": "已修复，详询 ****，编号A1。",
    }  # fmt: skip
    assert payload == {"delivery": {"state": "DELIVERED"}, "case": None, "userErrors": []}
    assert (seen["stage"], seen["isAnswered"], seen["openDeliveries"]) == ("CHECK_AND_CLOSURE", True, 0)
    assert seen["deliveries"][0]["reporterRole"] == "SOURCE_SYSTEM"
    assert (await people.leader.act("caseClose", {**case, "version": seen["version"]}))["state"] == "CLOSED"
    async with town.db.read() as session:
        [record] = await session.execute(select(access_records))
    assert (record.principal, record.reason) == ("SOURCE_SYSTEM:sms-1", "发送短信")


async def test_the_hotline_calls_its_caller_back(town: Town) -> None:
    people = await cast(town)
    hotline, case = await ingested(town, people, "HOTLINE")
    delivery = await latest(people, case)

    stranger = await receipt(await town.as_(Role.SOURCE_SYSTEM, "other"), delivery)
    payload = await receipt(hotline, delivery, note="来电人已知晓")

    assert stranger["userErrors"][0]["code"] == "NOT_FOUND"
    assert payload["delivery"] == {"state": "DELIVERED"}
    assert payload["case"] == {"version": case["version"] + 1}
    assert (await see(people.leader, case))["stage"] == "CHECK_AND_CLOSURE"


async def test_for_a_sensor_the_duty_desk_signs(town: Town) -> None:
    people = await cast(town)
    sensors, case = await ingested(town, people, "SENSOR")
    delivery = await latest(people, case)
    found = await people.intake.ask(WAITING, d=town.city.divisions["320508"], channels=["DUTY_DESK"])
    early = await people.leader.refused("caseClose", case)

    by_system, by_unit = await receipt(sensors, delivery), await receipt(people.handler, delivery)
    by_desk = await receipt(people.leader, delivery, note="设备已复位")

    [edge] = found["deliveriesWaiting"]["edges"]
    assert (edge["node"]["id"], edge["node"]["text"]) == (delivery, "已处理，请告知来电人。")
    assert early == "RESPONSE_REQUIRED"
    assert [one["userErrors"][0]["code"] for one in (by_system, by_unit)] == ["FORBIDDEN", "NOT_THE_REPORTER"]
    assert by_desk["delivery"] == {"state": "DELIVERED"}
    assert (await people.leader.ask(WAITING))["deliveriesWaiting"] == {"totalCount": 0, "edges": []}


# -- falling back


async def test_calls_in_vain_and_a_lost_message_are_proof_and_let_the_case_close(town: Town) -> None:
    people = await cast(town)
    sms = await gateway(town)
    case = await handled(people, contact=ME, channel="PHONE")

    first = await receipt(people.handler, await latest(people, case), "FAILED", note="无人接听")
    second = await receipt(people.handler, await latest(people, case), "FAILED", note="关机")
    [message] = (await take(sms))["messages"]
    lost = await receipt(sms, message["deliveryId"], "FAILED", note="空号")

    assert [one["userErrors"] for one in (first, second, lost)] == [[]] * 3
    seen = await see(people.leader, case)
    assert [(one["attempt"], one["channel"], one["state"]) for one in seen["deliveries"]] == [
        (1, "PHONE", "FAILED"), (2, "PHONE", "FAILED"), (3, "SMS", "FAILED"),
    ]  # fmt: skip
    assert [(one["action"], one["note"]) for one in seen["timeline"]][-3:] == [
        ("FAIL_DELIVERY", "电话：无人接听；改用电话"), ("FAIL_DELIVERY", "电话：关机；改用短信"),
        ("FAIL_DELIVERY", "短信：空号；无法送达"),
    ]  # fmt: skip
    assert seen["responses"][0]["undeliverableAt"] is not None
    assert seen["responses"][0]["deliveredAt"] is None
    assert (seen["stage"], seen["openDeliveries"]) == ("CHECK_AND_CLOSURE", 0)
    assert (await people.leader.act("caseClose", {**case, "version": seen["version"]}))["state"] == "CLOSED"


async def test_silence_proves_nothing_and_hands_the_answer_to_people(town: Town, clock: Clock) -> None:
    people = await cast(town)
    _, case = await ingested(town, people, "HOTLINE")
    timers = Timers(town.db, clock, duties=DUTIES)
    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    await timers.act()
    before = await see(people.leader, case)

    clock.advance(timedelta(seconds=1))
    await timers.act()
    after = await see(people.leader, case)
    clock.advance(timedelta(days=30))
    await timers.act()

    assert [one["state"] for one in before["deliveries"]] == ["PENDING"]
    assert [(one["channel"], one["state"], one["reporterRole"]) for one in after["deliveries"]] == [
        ("HOTLINE_CALLBACK", "FAILED", "SYSTEM"), ("DUTY_DESK", "PENDING", None),
    ]  # fmt: skip
    assert after["stage"] == "FEEDBACK"
    last = await see(people.leader, case)
    assert last["version"] == after["version"]
    assert last["responses"][0]["undeliverableAt"] is None


async def test_a_receipt_that_comes_late_counts_and_the_call_is_not_needed_any_more(town: Town, clock: Clock) -> None:
    people = await cast(town)
    sms = await gateway(town)
    case = await handled(people, contact=ME, channel="SMS")
    [message] = (await take(sms))["messages"]
    clock.advance(timedelta(hours=1))
    await Timers(town.db, clock, duties=DUTIES).act()

    late = await receipt(sms, message["deliveryId"])
    again = await receipt(sms, message["deliveryId"])

    assert late["delivery"] == {"state": "DELIVERED"}
    assert again["userErrors"][0]["code"] == "NO_DELIVERY"
    seen = await see(people.leader, case)
    assert [(one["channel"], one["state"]) for one in seen["deliveries"]] == [
        ("SMS", "DELIVERED"), ("PHONE", "CANCELLED"),
    ]  # fmt: skip
    assert (seen["openDeliveries"], seen["isAnswered"]) == (0, True)


async def test_what_was_said_before_a_rework_answers_nothing_when_it_arrives(town: Town, clock: Clock) -> None:
    people = await cast(town)
    case = await handled(people, contact=ME, channel="PHONE")
    clock.advance(timedelta(minutes=1))
    case = await people.leader.act("caseRework", case, reason="没有修好")

    await receipt(people.handler, await latest(people, case))

    seen = await see(people.leader, case)
    assert (seen["isAnswered"], seen["openDeliveries"]) == (False, 0)
    assert seen["responses"][0]["deliveredAt"] is not None


# -- refusals


async def test_a_refused_receipt_writes_nothing_and_announces_nothing(town: Town) -> None:
    people = await cast(town)
    sms, elsewhere = await gateway(town), await gateway(town, "sms-2", "320506")
    exercise = await gateway(town, "sms-3", realm=Realm.EXERCISE)
    case = await handled(people, contact=ME, channel="SMS")
    delivery = await latest(people, case)
    in_app = await latest(people, await handled(people))
    before = await rows(town, "idempotency_records")

    found = [
        (await receipt(speaker, which, outcome, **more))["userErrors"][0]["code"]
        for speaker, which, outcome, more in (
            (people.leader, delivery, "DELIVERED", {}),
            (people.resident, delivery, "DELIVERED", {}),
            (people.checker, delivery, "DELIVERED", {}),
            (people.other_handler, delivery, "DELIVERED", {}),
            (await town.as_(Role.INTAKE_OFFICER, "320506"), delivery, "DELIVERED", {}),
            (elsewhere, delivery, "DELIVERED", {}),
            (exercise, delivery, "DELIVERED", {}),
            (sms, delivery, "FAILED", {}),
            (sms, delivery, "DELIVERED", {"note": "x" * 201}),
            (sms, ids.global_id("Delivery", 987654), "DELIVERED", {}),
            (sms, case["id"], "DELIVERED", {}),
            (people.leader, in_app, "DELIVERED", {}),
        )
    ]
    taking = [
        (await take(speaker, **more))["userErrors"][0]["code"]
        for speaker, more in ((people.leader, {}), (await town.as_(Role.SOURCE_SYSTEM, "12345"), {}),
                              (sms, {"channel": "PHONE"}), (sms, {"first": 0}), (sms, {"first": 101}))
    ]  # fmt: skip
    nothing = [(await take(one))["messages"] for one in (elsewhere, exercise)]

    assert found == [
        "NOT_THE_REPORTER", "FORBIDDEN", "FORBIDDEN", *["NOT_FOUND"] * 4, "REASON_REQUIRED", "INVALID_INPUT",
        "NOT_FOUND", "NOT_FOUND", "NOT_THE_REPORTER",
    ]  # fmt: skip
    assert taking == ["FORBIDDEN", "NOT_THE_REPORTER", "NOT_THE_REPORTER", "INVALID_INPUT", "INVALID_INPUT"]
    assert nothing == [[], []]
    assert await rows(town, "idempotency_records") == before


async def test_a_channel_must_be_one_that_reaches_them(town: Town) -> None:
    people = await cast(town)
    hotline = await town.as_(Role.SOURCE_SYSTEM, "12345")
    given: dict[str, Any] = {"description": "请看看", "grid": town.city.grids[GRID]}
    before = await rows(town, "idempotency_records")

    found = [
        (await speaker.do("caseSubmit", **given, **more))["userErrors"][0]["field"]
        for speaker, more in (
            (people.resident, {"channel": "SMS"}),
            (people.resident, {"channel": "PHONE", "contact": {"phone": " "}}),
            (people.resident, {"channel": "DUTY_DESK"}),
            (people.worker, {"channel": "SMS", "contact": ME}),
        )
    ]
    item = {**given, "externalId": "1", "channel": "IN_APP"}
    ingest = await hotline.do("caseIngest", "items { userErrors { field } }", items=[item])

    assert found == [["channel"]] * 4
    assert ingest["items"] == [{"userErrors": [{"field": ["channel"]}]}]
    assert await rows(town, "idempotency_records") == before


async def test_the_same_key_gives_a_gateway_the_same_messages_and_takes_no_more(town: Town) -> None:
    people = await cast(town)
    sms = await gateway(town)
    for _ in range(3):
        await handled(people, contact=ME, channel="SMS")

    first = await take(sms, first=2, idempotencyKey="k-1")
    again = await take(sms, first=2, idempotencyKey="k-1")
    rest = await take(sms)

    assert (len(first["messages"]), again) == (2, first)
    assert len(rest["messages"]) == 1
    assert (await take(sms))["messages"] == []


async def test_a_follower_and_a_wall_are_told_no_more_of_deliveries_than_is_theirs(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, matter=POTHOLE, contact=ME, channel="PHONE")
    li, wall = await town.as_(Role.RESIDENT, "li"), await town.as_(Role.DISPLAY, "3205")
    case = (await li.do("caseFollow", "case { id version }", caseId=case["id"]))["case"]
    case = await people.intake.act("caseRespond", case, text="已收到")
    await receipt(people.intake, await latest(people, case), "FAILED", note="打给张三丰，无人接听")

    seen_by = {name: await see(one, case) for name, one in (("li", li), ("wall", wall), ("zhang", people.resident))}

    assert seen_by["li"]["deliveries"] == []
    assert [(one["state"], one["text"], one["note"]) for one in seen_by["wall"]["deliveries"]] == [
        ("FAILED", None, None), ("PENDING", None, None),
    ]  # fmt: skip
    assert [(one["text"], one["note"]) for one in seen_by["zhang"]["deliveries"]] == [("已收到", None)] * 2
    for speaker in (li, people.resident, wall):
        codes = (await receipt(speaker, await latest(people, case)))["userErrors"]
        assert codes[0]["code"] == "FORBIDDEN"


# -- nobody is forgotten


UNANSWERED = """query ($d: ID) { unanswered(division: $d) { totalCount edges { node { id unansweredSince } } } }"""


async def test_who_was_not_answered_is_on_a_list_that_is_empty_in_a_healthy_city(town: Town, clock: Clock) -> None:
    people = await cast(town)
    healthy = await bring_to(people, "CLOSED")
    silent = await bring_to(people, "HANDLED")
    called = await handled(people, contact=ME, channel="PHONE")
    other = await town.as_(Role.SHIFT_LEADER, "3201")
    empty = (await people.leader.ask(UNANSWERED))["unanswered"]

    clock.advance(timedelta(hours=24))
    found = (await people.leader.ask(UNANSWERED, d=town.city.divisions["320508"]))["unanswered"]
    await receipt(people.handler, await latest(people, called))
    rest = (await people.leader.ask(UNANSWERED))["unanswered"]
    await people.handler.act("caseRespond", silent, text="已处理")

    assert empty == {"totalCount": 0, "edges": []}
    assert [edge["node"]["id"] for edge in found["edges"]] == [called["id"], silent["id"]]
    assert healthy["id"] not in str(found)
    assert (rest["totalCount"], rest["edges"][0]["node"]["unansweredSince"]) == (1, "2026-03-11T02:00:00+00:00")
    assert (await people.leader.ask(UNANSWERED))["unanswered"]["totalCount"] == 0
    assert (await other.ask(UNANSWERED))["unanswered"]["totalCount"] == 0


SPEED = """query ($d: ID, $from: Date, $to: Date) { answerSpeed(division: $d, from: $from, to: $to) {
  period { from to } p50Seconds p90Seconds count unanswered undeliverable } }"""


async def test_the_time_from_disposition_to_delivered_is_measured(town: Town, clock: Clock) -> None:
    people = await cast(town)
    for seconds in (10, 20, 30, 40, 50, 60, 70, 80, 90, 1000):
        case = await bring_to(people, "HANDLED")
        clock.advance(timedelta(seconds=seconds))
        await people.handler.act("caseRespond", case, text="已处理")
    await bring_to(people, "HANDLED")
    lost = await handled(people, contact=ME, channel="PHONE")
    for note in ("无人接听", "关机"):
        await receipt(people.handler, await latest(people, lost), "FAILED", note=note)
    sms = await gateway(town)
    [message] = (await take(sms))["messages"]
    await receipt(sms, message["deliveryId"], "FAILED", note="空号")
    again = await bring_to(people, "HANDLED")
    await people.leader.act("caseRework", again, reason="不行")

    figures = (await people.leader.ask(SPEED))["answerSpeed"]
    county = (await people.intake.ask(SPEED, d=town.city.divisions["320508"]))["answerSpeed"]

    assert figures == {
        "period": {"from": "2026-03-11", "to": "2026-03-11"}, "p50Seconds": 50, "p90Seconds": 90, "count": 10,
        "unanswered": 1, "undeliverable": 1,
    }  # fmt: skip
    assert county == figures
    tomorrow = (await people.leader.ask(SPEED, **{"from": "2026-03-12", "to": "2026-03-12"}))["answerSpeed"]
    assert (tomorrow["p50Seconds"], tomorrow["count"], tomorrow["unanswered"]) == (None, 0, 0)
    for stranger in (people.resident, await town.as_(Role.SHIFT_LEADER, "3201")):
        assert (await stranger.ask(SPEED, d=town.city.divisions["320508"]))["answerSpeed"] is None


async def test_what_is_settled_on_the_spot_is_answered_at_once(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, by=people.worker, matter=None)
    evidence = [{"id": await photo(people.worker), "kind": kind} for kind in ("BEFORE", "AFTER")]
    await people.worker.act(
        "caseSelfHandle", case, outcome="RESOLVED", disposition=DONE, matter=town.city.matters[DISPUTE],
        evidence=evidence,
    )  # fmt: skip

    figures = (await people.leader.ask(SPEED))["answerSpeed"]

    assert (figures["p50Seconds"], figures["count"], figures["unanswered"]) == (0, 1, 0)


async def test_a_receipt_is_an_event_of_its_case(town: Town) -> None:
    people = await cast(town)
    case = await handled(people, contact=ME, channel="PHONE")
    start = (await people.leader.ask("{ cases(first: 1) { cursor } }"))["cases"]["cursor"]
    await receipt(people.handler, await latest(people, case))
    await feed_read(town)

    told = await people.leader.ask(
        """query ($after: EventCursor!) { caseEvents(after: $after) { events { action
          case { stage openDeliveries unansweredSince } } } }""",
        after=start,
    )

    assert told["caseEvents"]["events"] == [
        {
            "action": "DELIVER",
            "case": {"stage": "CHECK_AND_CLOSURE", "openDeliveries": 0, "unansweredSince": None},
        }
    ]
