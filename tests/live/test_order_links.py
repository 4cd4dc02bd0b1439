"""A link to one order: a firm without an account works that order, and sees nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import Realm, Role
from tests.live.conftest import Hall
from tests.live.test_service_accounts import ask
from tests.live.test_work_order_events import act, offered
from tests.stories.walks import cast

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SEEN = "{ linkedOrder { state round task note place caseNumber maySay linkExpiresAt } }"
EVERYTHING = """{ linkedOrder { state } workOrders { edges { node { id } } } cases { edges { node { id } } }
  node(id: "V29ya09yZGVyOjE") { id } case(id: "Q2FzZTox") { id } }"""


async def do(hall: Hall, token: str, mutation: str, selection: str, **input: Any) -> Any:
    name = mutation[0].upper() + mutation[1:]
    document = f"""mutation ($input: {name}Input!) {{
      {mutation}(input: $input) {{ {selection} userErrors {{ code }} }} }}"""
    given = {"idempotencyKey": f"{mutation}:{sorted(input.items())}"[:64], **input}
    _, seen = await ask(hall, token, document, input=given)
    return seen["data"][mutation]


async def linked(hall: Hall, order: str, hours: int = 72) -> str:
    made = await do(
        hall, hall.token(Role.HANDLER, "320508-CG"), "workOrderLinkCreate", "token expiresAt", workOrderId=order,
        hours=hours,
    )  # fmt: skip
    assert made["userErrors"] == [], made
    return made["token"]  # type: ignore[no-any-return]


async def say(hall: Hall, link: str, kind: str, text: str | None = None) -> Any:
    said = await do(hall, link, "linkedOrderAct", "order { state round }", kind=kind, text=text)
    return said["userErrors"][0]["code"] if said["userErrors"] else said["order"]


async def test_a_firm_without_an_account_works_one_order_from_offer_to_result(hall: Hall) -> None:
    people = await cast(hall.town)
    order, case = await offered(people)
    link = await linked(hall, order)

    _, seen = await ask(hall, link, SEEN)
    accepted = await say(hall, link, "ACCEPT")
    begun = await say(hall, link, "START")
    noted = await say(hall, link, "PROGRESS", "已到现场")
    planned = await say(hall, link, "SCHEDULE")
    submitted = await say(hall, link, "SUBMIT", "已修补")
    now = (await people.handler.ask("query ($id: ID!) { case(id: $id) { version } }", id=case["id"]))["case"]
    await act(people.handler, "workOrderRejectResult", order, now, reason="边缘未压实", clause="第4.2条")
    _, again = await ask(hall, link, SEEN)

    first = seen["data"]["linkedOrder"]
    assert (first["state"], first["task"], first["maySay"]) == ("OFFERED", "修补路面", ["ACCEPT", "DECLINE"])
    assert (first["place"], first["caseNumber"]) == ("苏州市姑苏区双塔街道二郎巷社区居委会 第1网格", case["number"])
    said = [accepted, begun, noted, submitted]
    assert [one["state"] for one in said] == ["ACCEPTED", "IN_PROGRESS", "IN_PROGRESS", "SUBMITTED"]
    assert planned == "INVALID_INPUT"  # that takes a crew's id
    assert (again["data"]["linkedOrder"]["note"], again["data"]["linkedOrder"]["round"]) == ("边缘未压实", 2)
    steps = (await people.handler.ask("{ cases { edges { node { timeline { action note } } } } }"))["cases"]["edges"]
    notes = [one["note"] for one in steps[0]["node"]["timeline"] if one["action"] == "WORK_ORDER_NOTE"]
    assert notes == ["发出单任务链接（72 小时）：姑苏区城管局"]


async def test_a_link_opens_nothing_but_its_order(hall: Hall) -> None:
    people = await cast(hall.town)
    order, case = await offered(people)
    other, theirs = await offered(people)
    link = await linked(hall, order)
    accept = """mutation ($input: WorkOrderAcceptInput!) { workOrderAccept(input: $input) { userErrors { code } } }"""
    submit = """mutation ($input: CaseSubmitInput!) { caseSubmit(input: $input) { userErrors { code } } }"""

    _, seen = await ask(hall, link, EVERYTHING)
    _, stream = await ask(hall, link, 'query { workOrderEvents(after: "x") { cursor } }')
    refused = []
    for name, one, version in (("a", other, theirs), ("b", order, case)):
        given = {"idempotencyKey": name, "workOrderId": one, "expectedVersion": version["version"]}
        refused.append((await ask(hall, link, accept, input=given))[1]["data"]["workOrderAccept"]["userErrors"])
    given = {"idempotencyKey": "c", "description": "x", "grid": hall.town.city.grids["320508019044001"]}
    refused.append((await ask(hall, link, submit, input=given))[1]["data"]["caseSubmit"]["userErrors"])

    assert seen["data"] == {
        "linkedOrder": {"state": "OFFERED"}, "workOrders": {"edges": []}, "cases": {"edges": []}, "node": None,
        "case": None,
    }  # fmt: skip
    assert stream["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert refused == [[{"code": "FORBIDDEN"}]] * 3


async def test_a_link_ends_with_its_time_its_order_and_its_giver_s_word(hall: Hall) -> None:
    people = await cast(hall.town)
    order, _ = await offered(people)
    short, long = await linked(hall, order, 1), await linked(hall, order, 336)
    gone, cancelled = await offered(people)
    dead = await linked(hall, gone)
    now = cancelled | {"version": cancelled["version"] + 1}  # the link is a step of the case
    await act(people.handler, "workOrderCancel", gone, now, reason="重复委托")

    _, after = await ask(hall, dead, SEEN)
    said = await say(hall, dead, "ACCEPT")
    taken_back = await do(
        hall, hall.token(Role.HANDLER, "320508-CG"), "workOrderLinkRevoke", "token", workOrderId=gone
    )
    hall.town.clock.advance(timedelta(hours=1, minutes=1))  # type: ignore[attr-defined]
    expired, _ = await ask(hall, short, SEEN)
    still, _ = await ask(hall, long, SEEN)
    handler = hall.token(Role.HANDLER, "320508-CG")
    await do(hall, handler, "workOrderLinkRevoke", "token", workOrderId=order)
    await hall.until(lambda: len(hall.app.state.rights._principals) == 2)
    revoked, _ = await ask(hall, long, SEEN)
    another = await linked(hall, order, 2)  # within the same second
    anew, _ = await ask(hall, another, SEEN)
    await do(hall, hall.token(Role.PROVIDER_STAFF, "SP-1"), "workOrderLinkRevoke", "token", workOrderId=order)
    await hall.until(lambda: len(hall.app.state.rights._principals) == 3)
    gone_too, _ = await ask(hall, another, SEEN)

    assert (after["data"]["linkedOrder"], said) == (None, "NOT_FOUND")
    assert taken_back["userErrors"] == []  # also of an order that has ended
    assert (expired, still, revoked) == (401, 200, 401)
    assert (anew, gone_too) == (200, 401)


async def test_who_gives_links_away(hall: Hall) -> None:
    people = await cast(hall.town)
    order, _ = await offered(people)
    people_of = {
        "own unit": hall.token(Role.HANDLER, "320508-CG"), "other unit": hall.token(Role.HANDLER, "320508-ZJ"),
        "its firm": hall.token(Role.PROVIDER_STAFF, "SP-1"), "other firm": hall.token(Role.PROVIDER_STAFF, "SP-2"),
        "a wall": hall.token(Role.DISPLAY, "3205"), "a resident": hall.token(Role.RESIDENT, "zhang"),
        "a link": await linked(hall, order),
    }  # fmt: skip

    codes = {}
    for name, token in people_of.items():
        made = await do(hall, token, "workOrderLinkCreate", "token", workOrderId=order, hours=5)
        codes[name] = made["userErrors"][0]["code"] if made["userErrors"] else "OK"
    too_long = await do(hall, people_of["own unit"], "workOrderLinkCreate", "token", workOrderId=order, hours=337)
    exercise = await cast(hall.town, Realm.EXERCISE)
    played, _ = await offered(exercise)
    unseen = await do(hall, people_of["own unit"], "workOrderLinkCreate", "token", workOrderId=played)

    assert codes == {
        "own unit": "OK", "other unit": "NOT_FOUND", "its firm": "OK", "other firm": "NOT_FOUND",
        "a wall": "FORBIDDEN", "a resident": "NOT_FOUND", "a link": "FORBIDDEN",
    }  # fmt: skip
    assert too_long["userErrors"] == [{"code": "INVALID_INPUT"}]
    assert unseen["userErrors"] == [{"code": "NOT_FOUND"}]
