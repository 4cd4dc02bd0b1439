"""A work order from the offer to the settled price: who comes when, what is asked and answered, what is shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from db.tables import Attachment, CatalogueItem, ProviderTechnician
from db.vocabulary import Role
from resolvers import outsourcing
from resolvers.call import Call
from resolvers.lapsing import lapse_offers
from resolvers.photos import find_photo
from resolvers.timers import Timers
from resolvers.viewer import system_viewer
from schema import ids
from tests.city import POTHOLE, Speaker, Town, key
from tests.stories.walks import UNIT, Cast, bring_to, cast, outsourced, photo, rows

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no statement of its own
ORDER = """case { id version } workOrder { id state round version dueAt offerUntil isLapsed unitPriceCents
  settledCents openRequests appointmentAt startedAt crew { name } technician { name } notes { text round }
  requests { kind text answer isGranted wantedDueAt wantedUnitPriceCents } evidence { kind takenAt distanceMetres }
  availableActions }"""
CLOCKS = """query ($id: ID!) { case(id: $id) { clocks { kind subject state }
  workOrders { id clocks { kind state } } } }"""


SEE = """query ($id: ID!) { case(id: $id) { id version state isOutsourced workOrders { state }
  timeline { action } } }"""


async def see(speaker: Speaker, case: dict[str, Any]) -> Any:
    return (await speaker.ask(SEE, id=case["id"]))["case"]


async def offered(people: Cast, **more: Any) -> str:
    order, _ = await outsourced(people, await bring_to(people, "IN_PROGRESS", **more))
    return order


async def act(speaker: Speaker, mutation: str, order: str, **given: Any) -> Any:
    payload = await speaker.do(mutation, ORDER, workOrderId=order, **given)
    assert payload["userErrors"] == [], payload
    return payload["workOrder"]


async def refusal(town: Town, speaker: Speaker, mutation: str, order: str, **given: Any) -> dict[str, Any]:
    """What an action is refused with; nothing is written and nothing announced."""
    before = await rows(town, "idempotency_records")
    payload = await speaker.do(mutation, ORDER, workOrderId=order, **given)
    assert await rows(town, "idempotency_records") == before
    [error] = payload["userErrors"]
    return error  # type: ignore[no-any-return]


def after(town: Town, **more: float) -> str:
    return (town.clock() + timedelta(**more)).isoformat()


@ON_SQLITE
async def test_an_order_goes_its_whole_way_and_is_settled_after_the_case_has_ended(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    order, _ = await outsourced(people, case)
    async with town.db.write() as session:
        await session.execute(
            insert(ProviderTechnician).values(
                id=7, service_provider_id=1, code="T1", name="技工甲", crew_id=1, is_active=True
            )
        )
    told = []

    for speaker, mutation, given in (
        (people.provider, "workOrderAccept", {}),
        (people.provider, "workOrderSchedule", {
            "crew": town.city.crews["SP-1"], "technician": ids.global_id("Technician", 7),
            "appointmentAt": after(town, hours=3), "appointmentUntil": after(town, hours=5),
        }),
        (people.provider, "workOrderStart", {}),
        (people.provider, "workOrderReport", {"text": "已到场"}),
        (people.provider, "workOrderSubmit", {"result": "已调解"}),
        (people.handler, "workOrderRejectResult", {"reason": "未签字", "clause": "第3条"}),
        (people.provider, "workOrderStart", {}),
        (people.provider, "workOrderReport", {"text": "补签"}),
        (people.provider, "workOrderSubmit", {"result": "已补签"}),
        (people.handler, "workOrderAcceptResult", {}),
    ):  # fmt: skip
        done = await act(speaker, mutation, order, **given)
        told.append((done["state"], done["round"], done["version"]))

    assert told == [
        ("ACCEPTED", 1, 2), ("SCHEDULED", 1, 3), ("IN_PROGRESS", 1, 4), ("IN_PROGRESS", 1, 5), ("SUBMITTED", 1, 6),
        ("REJECTED", 2, 7), ("IN_PROGRESS", 2, 8), ("IN_PROGRESS", 2, 9), ("SUBMITTED", 2, 10),
        ("ACCEPTED_DONE", 2, 11),
    ]  # fmt: skip
    assert (done["crew"], done["technician"]) == ({"name": "一班"}, {"name": "技工甲"})
    assert done["notes"] == [{"text": "已到场", "round": 1}, {"text": "补签", "round": 2}]

    current = await see(people.handler, case)
    done_text = {"text": "已调解", "basis": "条例"}
    current = await people.handler.act("caseComplete", current, outcome="RESOLVED", disposition=done_text)
    current = await people.handler.act("caseRespond", current, text="已处理。")
    await people.leader.act("caseClose", current)
    short = await refusal(town, people.handler, "workOrderSettle", order, amountCents=70_000)
    more = await refusal(town, people.handler, "workOrderSettle", order, amountCents=80_001)
    settled = await act(people.handler, "workOrderSettle", order, amountCents=70_000, note="扣减一次返工")

    assert (short["code"], more["code"]) == ("REASON_REQUIRED", "INVALID_INPUT")
    assert (settled["state"], settled["settledCents"], settled["availableActions"]) == ("SETTLED", 70_000, [])


async def test_an_offer_nobody_answers_goes_back_to_the_department(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    order, case = await outsourced(people, case)
    timers = Timers(town.db, town.clock, duties=(lapse_offers,))

    town.clock.advance(timedelta(hours=3, minutes=59))  # type: ignore[attr-defined]  # working hours: 10 to 12, 14 to 18
    await timers.act()
    still = await see(people.provider, case)
    town.clock.advance(timedelta(hours=2, minutes=2))  # type: ignore[attr-defined]
    await timers.act()
    acted_again = await timers.act()

    assert [one["state"] for one in still["workOrders"]] == ["OFFERED"]
    assert await see(people.provider, case) is None
    seen = await see(people.handler, case)
    assert ([one["state"] for one in seen["workOrders"]], seen["isOutsourced"]) == (["CANCELLED"], False)
    assert acted_again == 0
    actions = [step["action"] for step in seen["timeline"]]
    assert actions[-3:] == ["OUTSOURCE", "OVERDUE", "WORK_ORDER_LAPSE"]
    late = await refusal(town, people.provider, "workOrderAccept", order)
    assert late["code"] == "NOT_FOUND"
    _, again = await outsourced(people, seen, "SP-2")
    assert again["version"] == seen["version"] + 1


@ON_SQLITE
async def test_an_offer_that_did_not_arrive_is_sent_again(town: Town) -> None:
    people = await cast(town)
    order = await offered(people)
    number = ids.number(order, "WorkOrder")
    assert number is not None
    system = Call(system_viewer(people.handler.viewer.realm), town.clock(), key())

    await outsourcing.send_failed(town.db, system, number, "对方系统无应答")
    failed = await refusal(town, people.provider, "workOrderAccept", order)
    town.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    again = await act(people.handler, "workOrderResend", order)

    assert (failed["code"], again["state"]) == ("ILLEGAL_ACTION", "OFFERED")
    assert again["offerUntil"] == "2026-03-11T09:00:00+00:00"  # four working hours after 11:00
    assert (await act(people.provider, "workOrderAccept", order))["state"] == "ACCEPTED"


@ON_SQLITE
async def test_who_comes_is_of_the_own_firm_and_comes_later(town: Town) -> None:
    people = await cast(town)
    order = await offered(people)
    await act(people.provider, "workOrderAccept", order)
    mine, later = town.city.crews["SP-1"], after(town, hours=2)

    codes = [
        (await refusal(town, people.provider, "workOrderSchedule", order, **given))["code"]
        for given in (
            {"crew": town.city.crews["SP-2"], "appointmentAt": later},
            {"crew": mine, "appointmentAt": after(town, hours=-1)},
            {"crew": mine, "appointmentAt": later, "appointmentUntil": later},
            {"crew": mine, "appointmentAt": later, "technician": ids.global_id("Technician", 99)},
        )
    ]

    assert codes == ["NOT_FOUND", "DATE_IN_PAST", "DATE_IN_PAST", "NOT_FOUND"]
    wrong = await refusal(town, people.handler, "workOrderSchedule", order, crew=mine, appointmentAt=later)
    assert wrong["code"] == "FORBIDDEN"


@ON_SQLITE
async def test_what_is_asked_is_answered_without_the_persons_name_and_number(town: Town) -> None:
    people = await cast(town)
    person = {"name": "欧阳娜娜", "phone": "13988887777"}
    order = await offered(people, contact=person, description="我是欧阳娜娜13988887777", address="干将东路178号")
    await act(people.provider, "workOrderAccept", order)

    asked = await act(people.provider, "workOrderAsk", order, text="门锁着，谁能开门？", kind="ACCESS")
    twice = await refusal(town, people.provider, "workOrderAsk", order, text="在吗", kind="ACCESS")
    await act(people.provider, "workOrderAsk", order, text="用哪种材料？")
    answered = await act(
        people.handler, "workOrderAnswer", order, kind="ACCESS", text="欧阳娜娜 15:00 在家，电话 13988887777"
    )

    assert asked["openRequests"] == ["ACCESS"] and twice["code"] == "ALREADY_ASKED"
    assert answered["openRequests"] == ["QUESTION"]
    everything = """query ($id: ID!) { node(id: $id) { ... on WorkOrder { task place note result
      requests { kind text answer } notes { text } case { title description address submitter { name phone }
      timeline { note } evidence { id } responses { text } } } } }"""
    seen = (await people.provider.ask(everything, id=order))["node"]
    assert [one["answer"] for one in seen["requests"]] == ["欧*** 15:00 在家，电话 ****", None]
    assert seen["case"]["submitter"] == {"name": None, "phone": None}
    assert not any(word in str(seen) for word in ("欧阳", "娜娜", "8888", "178", "1398"))
    nothing = await refusal(town, people.handler, "workOrderAnswer", order, kind="ACCESS", text="再答一次")
    assert nothing["code"] == "NOTHING_TO_DECIDE"


@ON_SQLITE
async def test_a_task_does_not_hand_the_submitter_to_the_firm(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", contact={"name": "欧阳娜娜", "phone": "13988887777"})

    payload = await people.handler.do(
        "caseOutsource", "workOrder { task place }", caseId=case["id"], expectedVersion=case["version"],
        serviceProvider=town.city.providers["SP-1"], reason="HEAVY_LOAD", task="找欧阳娜娜 139 8888 7777 修锁",
        place="双塔街道欧阳娜娜家",
    )  # fmt: skip

    assert payload["workOrder"] == {"task": "找欧*** **** 修锁", "place": "双塔街道欧***家"}


@ON_SQLITE
async def test_the_department_decides_a_later_day_and_another_price(town: Town) -> None:
    people = await cast(town)
    order = await offered(people)
    accepted = await act(people.provider, "workOrderAccept", order)
    later = after(town, days=20)

    early = await refusal(
        town, people.provider, "workOrderRequestExtension", order, reason="雨天", wantedDueAt=accepted["dueAt"]
    )
    dear = await refusal(
        town, people.provider, "workOrderRequestPrice", order, reason="涨价", wantedUnitPriceCents=80_001
    )
    await act(people.provider, "workOrderRequestExtension", order, reason="雨天", wantedDueAt=later)
    again = await refusal(town, people.provider, "workOrderRequestExtension", order, reason="雨", wantedDueAt=later)
    granted = await act(people.handler, "workOrderDecide", order, kind="EXTENSION", approved=True, reason="同意")
    await act(people.provider, "workOrderRequestPrice", order, reason="用料少", wantedUnitPriceCents=60_000)
    refused = await act(people.handler, "workOrderDecide", order, kind="PRICE_CHANGE", approved=False, reason="不变")

    assert [one["code"] for one in (early, dear, again)] == ["DATE_IN_PAST", "PRICE_OVER_CEILING", "ALREADY_ASKED"]
    assert (granted["dueAt"], granted["openRequests"]) == (later, [])
    assert (refused["unitPriceCents"], [one["isGranted"] for one in refused["requests"]]) == (80_000, [True, False])
    own = await refusal(town, people.provider, "workOrderDecide", order, kind="EXTENSION", approved=True, reason="x")
    assert own["code"] == "FORBIDDEN"


@ON_SQLITE
async def test_an_order_has_clocks_of_its_own_and_another_firm_does_not_see_them(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    order, case = await outsourced(people, case)
    other, case = await outsourced(people, case, "SP-2")
    await act(people.provider, "workOrderAccept", order)
    await act(people.provider, "workOrderAsk", order, text="用哪种材料？")
    await act(people.provider, "workOrderSubmit", order, result="已修")

    found = (await people.handler.ask(CLOCKS, id=case["id"]))["case"]
    mine = (await people.provider.ask(CLOCKS, id=case["id"]))["case"]
    asker = (await people.resident.ask(CLOCKS, id=case["id"]))["case"]

    first, second = found["workOrders"]
    assert {(one["kind"], one["state"]) for one in first["clocks"]} == {
        ("ORDER_ACCEPT", "MET"), ("ORDER_WORK", "MET"), ("ORDER_CONFIRM", "RUNNING"), ("ORDER_ANSWER", "RUNNING")
    }  # fmt: skip
    assert second["clocks"] == [{"kind": "ORDER_ACCEPT", "state": "RUNNING"}]
    assert other in {one["subject"] for one in found["clocks"]}
    assert {one["subject"] for one in mine["clocks"] if one["kind"].startswith("ORDER")} == {order}
    assert [one for one in asker["clocks"] if one["kind"].startswith("ORDER")] == []


@ON_SQLITE
async def test_a_result_shows_where_and_when_if_its_item_asks(town: Town) -> None:
    people = await cast(town)
    async with town.db.write() as session:
        changed = update(CatalogueItem).where(CatalogueItem.code == "G-M-POTHOLE")  # type: ignore[arg-type]
        await session.execute(changed.values(needs_before_photo=True, needs_after_photo=True))
    place = {"longitude": 120.6200, "latitude": 31.3100}
    order = await offered(people, matter=POTHOLE, point=place)
    await act(people.provider, "workOrderAccept", order)
    now = town.clock()

    async def shot(kind: str, **more: Any) -> dict[str, Any]:
        at = {"takenAt": now.isoformat(), "longitude": 120.6200, "latitude": 31.3109}
        return {"id": await photo(people.provider), "kind": kind, **at, **more}

    cases = [
        [await shot("BEFORE")],
        [await shot("AFTER")],
        [await shot("BEFORE"), await shot("AFTER", takenAt=None)],
        [await shot("BEFORE"), await shot("AFTER", latitude=None)],
        [await shot("BEFORE"), await shot("AFTER", takenAt=after(town, hours=1))],
        [await shot("BEFORE"), await shot("AFTER", takenAt=after(town, hours=-1))],
    ]
    codes = [
        (await refusal(town, people.provider, "workOrderSubmit", order, result="已修", evidence=one))["code"]
        for one in cases
    ]
    shown = [await shot("BEFORE"), await shot("AFTER")]
    done = await act(people.provider, "workOrderSubmit", order, result="已修", evidence=shown)

    assert codes == ["PROOF_REQUIRED"] * 3 + ["INVALID_INPUT"] * 3
    assert [(one["kind"], one["distanceMetres"]) for one in done["evidence"]] == [("BEFORE", 100), ("AFTER", 100)]

    town.clock.advance(timedelta(minutes=30))  # type: ignore[attr-defined]
    await act(people.handler, "workOrderRejectResult", order, reason="不平", clause="第3条")
    old = await refusal(
        town, people.provider, "workOrderSubmit", order, result="又修", evidence=[await shot("AFTER")]
    )
    fresh = await shot("AFTER", takenAt=town.clock().isoformat())
    again = await act(people.provider, "workOrderSubmit", order, result="又修", evidence=[fresh])

    assert (old["code"], again["round"], len(again["evidence"])) == ("INVALID_INPUT", 2, 3)


@ON_SQLITE
async def test_photos_of_an_order_are_seen_by_its_own_firm_and_those_of_the_case_are_not(town: Town) -> None:
    people = await cast(town)
    order = await offered(people)
    await act(people.provider, "workOrderAccept", order)
    colleague = await town.as_(Role.PROVIDER_ADMIN, "SP-1")
    rival = await town.as_(Role.PROVIDER_STAFF, "SP-2")
    loose, shown = await photo(people.provider), await photo(people.provider)
    asked = [{"id": shown, "kind": "AFTER"}]
    await act(people.provider, "workOrderSubmit", order, result="已修", evidence=asked)
    judged = await photo(people.handler)
    async with town.db.write() as session:
        case = (await session.execute(select(Attachment.case_id).where(Attachment.id == shown))).scalar_one()
        await session.execute(update(Attachment).where(Attachment.id == judged).values(case_id=case))

    seen = {
        viewer.viewer.principal: [
            await find_photo(town.db, viewer.viewer, one) is not None for one in (shown, judged, loose)
        ]
        for viewer in (people.provider, colleague, rival, people.handler)
    }

    assert list(seen.values()) == [
        [True, False, True], [True, False, False], [False, False, False], [True, True, False],
    ]  # fmt: skip


async def test_two_firms_work_on_one_case_and_their_lists_are_their_own(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    order, case = await outsourced(people, case)
    other, case = await outsourced(people, case, "SP-2")
    neighbour = await town.as_(Role.HANDLER, "320102-CG")
    second = await town.as_(Role.PROVIDER_STAFF, "SP-2")
    await act(people.provider, "workOrderAccept", order)
    listed = """query ($states: [WorkOrderState!], $provider: ID) {
      caseWorkOrders(states: $states, serviceProvider: $provider) { edges { node { id } } } }"""
    own = "query ($states: [WorkOrderState!]) { workOrders(states: $states) { edges { node { id } } } }"

    async def asked(speaker: Speaker, document: str, **given: Any) -> list[str]:
        [answer] = (await speaker.ask(document, **given)).values()
        return [edge["node"]["id"] for edge in answer["edges"]]

    assert await asked(people.handler, listed) == [other, order]
    assert await asked(people.handler, listed, states=["OFFERED"]) == [other]
    assert await asked(people.handler, listed, provider=town.city.providers["SP-1"]) == [order]
    assert await asked(people.leader, listed) == [other, order]
    for stranger in (neighbour, people.resident, people.provider):
        assert await asked(stranger, listed) == []
    assert await asked(people.provider, own) == [order]
    assert await asked(people.provider, own, states=["OFFERED"]) == []
    assert await asked(second, own, states=["OFFERED", "ACCEPTED"]) == [other]
    newest = await see(people.handler, case)
    done = {"outcome": "RESOLVED", "disposition": {"text": "好", "basis": "例"}}
    open_still = await people.handler.refused("caseComplete", newest, **done)
    assert open_still == "OPEN_WORK_ORDERS"


SCORE = """query ($p: ID!) { scorecard(serviceProvider: $p) { offered accepted declined lapsed cancelled done onTime
  late rightFirstTime rejectedRounds } }"""


async def test_a_scorecard_counts_what_became_of_the_offers(town: Town) -> None:
    people = await cast(town)
    provider, handler = people.provider, people.handler
    on_time, late, declined, cancelled, lapsed = [await offered(people) for _ in range(5)]
    for order in (on_time, late):
        await act(provider, "workOrderAccept", order)
    await provider.do("workOrderDecline", "userErrors { code }", workOrderId=declined, reason="没人手")
    await act(handler, "workOrderCancel", cancelled, reason="不做了")
    await act(provider, "workOrderSubmit", on_time, result="好")
    await act(handler, "workOrderAcceptResult", on_time)
    await act(provider, "workOrderSubmit", late, result="好")
    await act(handler, "workOrderRejectResult", late, reason="不平", clause="第3条", dueAt=after(town, hours=1))
    town.clock.advance(timedelta(hours=6, minutes=1))  # type: ignore[attr-defined]
    await Timers(town.db, town.clock, duties=(lapse_offers,)).act()
    await act(provider, "workOrderSubmit", late, result="好了")
    await act(handler, "workOrderAcceptResult", late)

    expected = {
        "offered": 5, "accepted": 2, "declined": 1, "lapsed": 1, "cancelled": 1, "done": 2, "onTime": 1, "late": 1,
        "rightFirstTime": 1, "rejectedRounds": 1,
    }  # fmt: skip
    firm = town.city.providers["SP-1"]
    assert lapsed != late
    for speaker in (provider, handler, people.leader):
        assert (await speaker.ask(SCORE, p=firm))["scorecard"] == expected
    second = await town.as_(Role.PROVIDER_STAFF, "SP-2")
    for stranger in (second, people.resident):
        assert (await stranger.ask(SCORE, p=firm))["scorecard"] is None
    neighbour = await town.as_(Role.HANDLER, "320102-CG")
    assert set((await neighbour.ask(SCORE, p=firm))["scorecard"].values()) == {0}


@pytest.mark.parametrize("role", ["DISPATCHER:320508", "HANDLER:320508-ZJ", "PROVIDER_STAFF:SP-2", "RESIDENT:zhang"])
@ON_SQLITE
async def test_only_the_firm_and_the_department_move_an_order(town: Town, role: str) -> None:
    people = await cast(town)
    order = await offered(people)
    name, _, code = role.partition(":")
    speaker = await town.as_(Role(name), code)
    assert code != UNIT

    codes = {
        (await refusal(town, speaker, mutation, order, **given))["code"]
        for mutation, given in {
            "workOrderAccept": {}, "workOrderStart": {}, "workOrderReport": {"text": "x"},
            "workOrderAsk": {"text": "x"}, "workOrderAnswer": {"text": "x"}, "workOrderSettle": {},
            "workOrderResend": {}, "workOrderDecide": {"kind": "EXTENSION", "approved": True, "reason": "x"},
        }.items()
    }  # fmt: skip

    assert codes <= {"FORBIDDEN", "NOT_FOUND"}
