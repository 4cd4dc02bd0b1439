"""Whom to ask for at the place: the department says so, the provider sees it while it works, and then nobody does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.tables import Case
from db.vocabulary import Role
from resolvers.rules.access import is_same_number
from schema import ids
from tests.city import Speaker, Town
from tests.graph.test_work_orders import act, refusal
from tests.stories.walks import UNIT, Cast, bring_to, cast, feed_read, hand_in, outsourced, rows

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OFFICE = {"who": "物业服务中心", "phone": "0512-65001234", "note": "工作日 9 时至 17 时，东门登记"}
SHOWN = {**OFFICE}
CONTACT = "contact { who phone note }"
READ = f"query ($id: ID!) {{ node(id: $id) {{ ... on WorkOrder {{ contactGivenAt {CONTACT} }} }} }}"
OF_CASE = f"query ($id: ID!) {{ case(id: $id) {{ workOrders {{ {CONTACT} }} }} }}"
FOLLOWED = f"""query ($after: EventCursor!) {{ workOrderEvents(after: $after, first: 20) {{
  events {{ action workOrder {{ contactGivenAt {CONTACT} }} }} }} }}"""


@pytest.fixture
async def people(town: Town) -> Cast:
    return await cast(town)


async def given(people: Cast, **more: Any) -> tuple[str, dict[str, Any]]:
    """An order that is in hand, with a contact: its id and its case."""
    order, case = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    await act(people.provider, "workOrderAccept", order)
    await act(people.handler, "workOrderSetContact", order, **{**OFFICE, **more})
    return order, case


async def read(who: Speaker, order: str) -> Any:
    node = (await who.ask(READ, id=order))["node"]
    return node and node["contact"]


async def looks(town: Town) -> list[str]:
    return [record[3] for record in (await rows(town))["access_records"]]


async def kept(town: Town) -> list[Any]:
    return (await rows(town))["order_contacts"]


@ON_SQLITE
async def test_department_and_provider_see_it_while_the_order_is_in_hand(people: Cast) -> None:
    order, case = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    await act(people.handler, "workOrderSetContact", order, **OFFICE)

    seen = {"OFFERED": (await read(people.handler, order), await read(people.provider, order))}
    for mutation, more, who in (
        ("workOrderAccept", {}, people.provider),
        ("workOrderStart", {}, people.provider),
        ("workOrderSubmit", {"result": "已修补"}, people.provider),
        ("workOrderRejectResult", {"reason": "不平", "clause": "第3条"}, people.handler),
        ("workOrderSubmit", {"result": "已补"}, people.provider),
        ("workOrderAcceptResult", {}, people.handler),
    ):  # fmt: skip
        state = (await act(who, mutation, order, **more))["state"]
        seen[state] = (await read(people.handler, order), await read(people.provider, order))

    assert seen == {
        "OFFERED": (SHOWN, None),
        "ACCEPTED": (SHOWN, SHOWN),
        "IN_PROGRESS": (SHOWN, SHOWN),
        "SUBMITTED": (SHOWN, SHOWN),
        "REJECTED": (SHOWN, SHOWN),
        "ACCEPTED_DONE": (None, None),
    }
    assert await kept(people.town) == []
    assert (await people.handler.ask(OF_CASE, id=case["id"]))["case"]["workOrders"] == [{"contact": None}]


@ON_SQLITE
async def test_nobody_else_sees_it(people: Cast) -> None:
    order, case = await given(people)
    town = people.town
    second, _ = await outsourced(people, await look(people.handler, case), "SP-2")
    rival = await town.as_(Role.PROVIDER_STAFF, "SP-2")
    await act(rival, "workOrderAccept", second)
    others = [
        people.dispatcher, people.leader, people.commander, people.resident, people.other_handler, people.checker,
        rival, await town.as_(Role.ANALYST, "320508"), await town.as_(Role.DISPLAY, "320508"),
    ]  # fmt: skip

    seen = []
    for other in others:
        found = (await other.ask(OF_CASE, id=case["id"]))["case"]
        seen += [] if found is None else [one["contact"] for one in found["workOrders"]]
        assert await read(other, order) is None

    assert set(seen) == {None}
    assert len(seen) > 6
    assert await looks(town) == []


async def look(who: Speaker, case: dict[str, Any]) -> Any:
    return (await who.ask("query ($id: ID!) { case(id: $id) { id version } }", id=case["id"]))["case"]


async def test_a_look_of_the_provider_is_on_record_once_until_another_contact_is_given(people: Cast) -> None:
    order, _ = await given(people)
    town = people.town
    colleague = await town.as_(Role.PROVIDER_STAFF, "SP-1", principal="PROVIDER_STAFF:second")

    for who in (people.provider, people.provider, colleague, people.handler):
        assert await read(who, order) == SHOWN
    first = await looks(town)
    town.clock.advance(timedelta(minutes=5))  # type: ignore[attr-defined]
    await act(people.handler, "workOrderSetContact", order, who="门卫", phone="0512-65009999")
    again = [await read(people.provider, order) for _ in range(2)]

    assert first == ["'PROVIDER_STAFF:SP-1'", "'PROVIDER_STAFF:second'"]
    assert again == [{"who": "门卫", "phone": "0512-65009999", "note": None}] * 2
    assert await looks(town) == [*first, "'PROVIDER_STAFF:SP-1'"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("mutation", "who", "more"),
    [
        ("workOrderDecline", "provider", {"reason": "没人手"}),
        ("workOrderCancel", "handler", {"reason": "不再需要"}),
        ("workOrderClearContact", "handler", {}),
    ],
)
async def test_it_is_removed_when_the_order_ends_or_it_is_taken_back(
    people: Cast, mutation: str, who: str, more: dict[str, Any]
) -> None:
    order, _ = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    await act(people.handler, "workOrderSetContact", order, **OFFICE)

    await getattr(people, who).do(mutation, workOrderId=order, **more)

    assert await kept(people.town) == []
    assert (await people.handler.ask(READ, id=order))["node"] == {"contactGivenAt": None, "contact": None}


@ON_SQLITE
async def test_it_is_removed_when_the_case_ends_over_an_open_order(people: Cast) -> None:
    _, case = await given(people)

    await people.leader.act("caseVoid", await look(people.leader, case), reason="误报", response="误报。")

    assert await kept(people.town) == []


@ON_SQLITE
async def test_it_comes_with_the_offer_or_with_the_answer_to_who_wants_to_reach_the_place(people: Cast) -> None:
    case = await bring_to(people, "IN_PROGRESS")
    offer = await people.handler.do(
        "caseOutsource", "workOrder { id }", caseId=case["id"], expectedVersion=case["version"], task="修补",
        reason="HEAVY_LOAD",
        serviceProvider=people.town.city.providers["SP-1"], contact=OFFICE,
    )  # fmt: skip
    order = offer["workOrder"]["id"]
    await act(people.provider, "workOrderAccept", order)
    with_offer = await read(people.provider, order)
    await act(people.handler, "workOrderClearContact", order)
    await act(people.provider, "workOrderAsk", order, kind="ACCESS", text="进不了门")
    await act(people.provider, "workOrderAsk", order, text="用什么材料")

    wrong = await refusal(people.town, people.handler, "workOrderAnswer", order, text="沥青", contact=OFFICE)
    done = await act(people.handler, "workOrderAnswer", order, kind="ACCESS", text="找门卫", contact=OFFICE)

    assert with_offer == SHOWN
    assert (wrong["code"], wrong["field"]) == ("INVALID_INPUT", ["contact"])
    assert done["openRequests"] == ["QUESTION"]
    assert await read(people.provider, order) == SHOWN


@ON_SQLITE
async def test_the_submitters_own_name_and_number_are_refused(people: Cast) -> None:
    mine = {"name": "张建国", "phone": "+86 138-1234-0000"}
    case = await hand_in(people, contact=mine, onBehalfOf={"name": "李奶奶", "phone": "0512-67778888"})
    case = await led_on(people, case)
    order, _ = await outsourced(people, case)
    refused = [
        ({"phone": "13812340000"}, "phone"), ({"phone": "138 1234 0000"}, "phone"),
        ({"phone": "0138-12340000"}, "phone"),
        ({"phone": "67778888"}, "phone"), ({"who": "张建国（业主）"}, "who"),
        ({"who": "李奶奶"}, "who"),
    ]  # fmt: skip

    for more, field in refused:
        error = await refusal(people.town, people.handler, "workOrderSetContact", order, **{**OFFICE, **more})
        assert (error["code"], error["field"]) == ("CONTACT_IS_SUBMITTER", [field]), more
    now = await look(people.handler, case)
    with_offer = await people.handler.do(
        "caseOutsource", caseId=case["id"], expectedVersion=now["version"], task="修补", reason="HEAVY_LOAD",
        contact={**OFFICE, "phone": mine["phone"]}, serviceProvider=people.town.city.providers["SP-2"],
    )  # fmt: skip
    done = await act(people.handler, "workOrderSetContact", order, **{**OFFICE, "note": "勿找张建国 13812340000"})

    assert [(one["code"], one["field"]) for one in with_offer["userErrors"]] == [
        ("CONTACT_IS_SUBMITTER", ["contact", "phone"])
    ]
    assert done["state"] == "OFFERED"
    assert (await read(people.handler, order))["note"] == "勿找张** ****"


async def test_so_are_those_of_cases_merged_into_it(people: Cast) -> None:
    order, case = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    near = await hand_in(people, contact={"name": "王大爷", "phone": "13912340001"})
    far = await hand_in(people, contact={"name": "赵阿姨", "phone": "13912340002"})
    async with people.town.db.write() as session:
        for merged, into in ((near, case), (far, near)):
            values = {"merged_into_id": ids.number(into["id"], "Case")}
            own = Case.__table__.c.id == ids.number(merged["id"], "Case")
            await session.execute(update(Case).where(own).values(**values))

    refused = [
        await people.handler.do("workOrderSetContact", workOrderId=order, who="门卫", phone=phone)
        for phone in ("13912340001", "139-1234-0002")
    ]

    assert [one["userErrors"][0]["code"] for one in refused] == ["CONTACT_IS_SUBMITTER"] * 2
    assert await kept(people.town) == []


@ON_SQLITE
async def test_a_contact_who_turns_out_to_be_one_of_them_is_taken_back(people: Cast) -> None:
    order, case = await given(people, phone="139 1234 0003")
    start = (await people.provider.ask("{ workOrders { cursor } }"))["workOrders"]["cursor"]
    other = await hand_in(people, contact={"name": "王大爷", "phone": "13900000000"})
    same = await hand_in(people, contact={"name": "赵阿姨", "phone": "13912340003"})

    await people.intake.act("caseMerge", other, masterId=case["id"])
    still = await read(people.provider, order)
    await people.intake.act("caseMerge", same, masterId=case["id"])
    await feed_read(people.town)

    assert still["phone"] == "139 1234 0003"
    assert await read(people.provider, order) is None and await kept(people.town) == []
    [told] = (await people.provider.ask(FOLLOWED, after=start))["workOrderEvents"]["events"]
    assert told == {"action": "TAKE_IN", "workOrder": {"contactGivenAt": None, "contact": None}}


async def led_on(people: Cast, case: dict[str, Any]) -> dict[str, Any]:
    case = await people.intake.act("caseRegister", case)
    case = await people.dispatcher.act("caseDispatch", case, department=people.town.city.departments[UNIT])
    case = await people.handler.act("caseSign", case)
    return await people.handler.act("caseStart", case)


@ON_SQLITE
async def test_what_does_not_fit_is_refused(people: Cast) -> None:
    order, _ = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    before = await rows(people.town, "idempotency_records")

    refused = [
        [error["code"] for error in (await speaker.do(mutation, workOrderId=order, **given))["userErrors"]]
        for speaker, mutation, given in (
            (people.provider, "workOrderSetContact", OFFICE),
            (people.dispatcher, "workOrderSetContact", OFFICE),
            (people.other_handler, "workOrderSetContact", OFFICE),
            (people.handler, "workOrderSetContact", {**OFFICE, "who": " "}),
            (people.handler, "workOrderSetContact", {**OFFICE, "who": "门" * 81}),
            (people.handler, "workOrderSetContact", {**OFFICE, "phone": "110x5"}),
            (people.handler, "workOrderSetContact", {**OFFICE, "phone": "1234"}),
            (people.handler, "workOrderSetContact", {**OFFICE, "phone": "6" * 21}),
            (people.handler, "workOrderClearContact", {}),
        )
    ]

    assert refused == [["FORBIDDEN"]] * 2 + [["NOT_FOUND"]] + [["INVALID_INPUT"]] * 5 + [["NO_CONTACT"]]
    assert await rows(people.town, "idempotency_records") == before
    await act(people.handler, "workOrderCancel", order, reason="不再需要")
    late = await refusal(people.town, people.handler, "workOrderSetContact", order, **OFFICE)
    assert late["code"] == "ILLEGAL_ACTION"


@ON_SQLITE
async def test_the_journal_and_its_events_hold_none_of_it(people: Cast) -> None:
    start = (await people.provider.ask("{ workOrders { cursor } }"))["workOrders"]["cursor"]
    order, _ = await given(people)
    assert await read(people.provider, order) == SHOWN
    await feed_read(people.town)
    told = (await people.provider.ask(FOLLOWED, after=start))["workOrderEvents"]["events"]
    held = await rows(people.town)

    assert told[-1]["action"] == "WORK_ORDER_SET_CONTACT"
    assert told[-1]["workOrder"]["contactGivenAt"] is not None
    assert {one["workOrder"]["contact"] for one in told if one["workOrder"]} == {None}
    elsewhere = {name: found for name, found in held.items() if name != "order_contacts"}
    for words in OFFICE.values():
        assert words not in str(elsewhere)
        assert words in str(held["order_contacts"])


def test_numbers_are_the_same_however_they_are_written() -> None:
    same = [
        ("13812340000", "+86 138 1234 0000"), ("13812340000", "008613812340000"), ("0512-65001234", "65001234"),
        ("+86 512 6500 1234", "0512 65001234"), ("138 1234 0000", "13812340000"), ("12345", "12345"),
    ]  # fmt: skip
    other = [("13812340000", "13812340001"), ("12345", "0512-12345"), (None, "12345"), ("", ""), (None, None)]

    assert all(is_same_number(one, two) and is_same_number(two, one) for one, two in same)
    assert not any(is_same_number(one, two) for one, two in other)
