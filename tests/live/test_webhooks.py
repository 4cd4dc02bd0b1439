"""Messages to a provider's own system: signed, at least once, in order for each order, never to a place inside."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from api.outbound import Outbound, is_public
from db.vocabulary import Realm, Role
from resolvers.courier import Courier, Outcome
from resolvers.rules import retrying
from schema.ids import global_id
from schema.webhooks import message
from tests.graph.test_work_orders import see
from tests.live.conftest import Hall, OpenHall
from tests.live.test_service_accounts import ask, made
from tests.live.test_work_order_events import SEEN, act, offered
from tests.stories.walks import cast

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DELIVERY = "id deliveryId message state attempts nextAt lastStatus lastError body workOrderId log { status error }"
LOG = f"""query ($w: ID!, $s: WebhookDeliveryState) {{
  webhookDeliveries(webhook: $w, state: $s, first: 100) {{ edges {{ node {{ {DELIVERY} }} }} }} }}"""


@dataclass
class Told:
    delivery: str
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]


@dataclass
class Receiver:
    """A provider's server: answers as it is told to, else 204."""

    port: int = 0
    told: list[Told] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # of the next requests
    gate: asyncio.Event | None = None  # while it is closed nobody is answered
    at_once: int = 0
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/orders"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:-2]
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers["content-length"]))
                self.at_once += 1
                self.most_at_once = max(self.most_at_once, self.at_once)
                self.told.append(Told(headers["x-gridcast-delivery"], headers, body))
                status = self.answers.pop(0) if self.answers else 204
                if self.gate is not None:
                    await self.gate.wait()
                self.at_once -= 1
                where = "location: http://127.0.0.1:1/\r\n" if status == 302 else ""
                writer.write(f"HTTP/1.1 {status} x\r\n{where}content-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    if found.gate is not None:
        found.gate.set()
    server.close()


@dataclass
class Desk:
    """A hall with one provider's webhook, and a courier that works when it is told to."""

    hall: Hall
    courier: Courier
    key: str
    hook: str
    secret: str

    async def work(self) -> None:
        """Everything that is due is sent, and written down."""
        await self.hall.read()
        for _ in range(20):
            await self.courier.act()
            await self.courier.settle()
            if not await self.courier.act() and not self.courier._busy:
                return

    async def log(self, state: str | None = None) -> list[dict[str, Any]]:
        _, seen = await ask(self.hall, self.key, LOG, w=self.hook, s=state)
        return [edge["node"] for edge in reversed(seen["data"]["webhookDeliveries"]["edges"])]

    async def do(self, mutation: str, selection: str, **input: Any) -> Any:
        name = mutation[0].upper() + mutation[1:]
        document = f"""mutation ($input: {name}Input!) {{
          {mutation}(input: $input) {{ {selection} userErrors {{ code }} }} }}"""
        given = {"idempotencyKey": f"{mutation}-{len(str(input))}-{id(input)}", **input}
        _, seen = await ask(self.hall, self.key, document, input=given)
        return seen["data"][mutation]


@pytest.fixture
async def desk(open_hall: OpenHall, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    async def rest(courier: Courier) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(Courier, "run", rest)  # the tests' own works step by step, by the tests' clock
        hall = await open_hall(webhooks_local=True)
    admin = await hall.town.as_(Role.PROVIDER_ADMIN, "SP-1")
    provider = hall.town.city.providers["SP-1"]
    key = (await made(admin, provider, "WORK", "WEBHOOKS"))["key"]
    outbound = Outbound(is_local=True, seconds=30)
    theirs = hall.app.state.courier
    courier = Courier(
        hall.town.db, hall.town.feed, hall.town.clock, outbound.post, theirs._secret_of, message, chance=lambda: 0.5
    )
    found = Desk(hall, courier, key, "", "")
    created = await found.do("webhookCreate", "secret webhook { id url }", serviceProvider=provider, url=receiver.url)
    assert created["userErrors"] == [], created
    found.hook, found.secret = created["webhook"]["id"], created["secret"]
    yield found
    await courier.leave()
    await outbound.close()


def signed(secret: str, told: Told) -> str:
    signed_text = f"{told.headers['x-gridcast-timestamp']}.{told.headers['x-gridcast-nonce']}.".encode() + told.body
    return "v1=" + hmac.new(secret.encode(), signed_text, hashlib.sha256).hexdigest()


@SQLITE
async def test_what_happens_to_an_order_is_sent_signed_and_in_order(desk: Desk, receiver: Receiver) -> None:
    people = await cast(desk.hall.town)
    order, case = await offered(people)
    case = await act(people.provider, "workOrderAccept", order, case)
    case = await act(people.handler, "workOrderSetContact", order, case, who="物业前台", phone="0512-65001234")
    await offered(people, "SP-2")
    await act(people.handler, "workOrderCancel", order, case, reason="张先生 13812345678 来电取消")

    await desk.work()

    contents = [one.content for one in receiver.told]
    assert [(one["kind"], one["action"], one["version"]) for one in contents] == [
        ("OFFERED", "OUTSOURCE", 1), ("CHANGED", "WORK_ORDER_ACCEPT", 2),
        ("CHANGED", "WORK_ORDER_SET_CONTACT", 3), ("LEFT_VIEW", "WORK_ORDER_CANCEL", 4),
    ]  # fmt: skip
    assert {one["workOrderId"] for one in contents} == {order}
    assert contents[0]["workOrder"]["state"] == "OFFERED"
    assert contents[0]["workOrder"]["task"] == "修补路面"
    assert contents[1]["workOrder"]["contactGivenAt"] is None
    assert contents[2]["workOrder"]["contactGivenAt"] == contents[2]["at"] and "6500" not in str(contents)
    assert contents[3]["workOrder"] is None and "1381234" not in str(contents)
    assert [one.headers["x-gridcast-signature"] for one in receiver.told] == [
        signed(desk.secret, one) for one in receiver.told
    ]
    assert [one.delivery for one in receiver.told] == [one["deliveryId"] for one in contents]
    assert len({one.headers["x-gridcast-nonce"] for one in receiver.told}) == 4
    assert [(one["state"], one["attempts"]) for one in await desk.log()] == [("DELIVERED", 1)] * 4


@SQLITE
async def test_a_message_that_fails_is_sent_again_and_holds_up_its_own_order_only(
    desk: Desk, receiver: Receiver
) -> None:
    people = await cast(desk.hall.town)
    order, case = await offered(people)
    receiver.answers = [500]
    await desk.work()
    await act(people.provider, "workOrderAccept", order, case)
    other, _ = await offered(people)

    await desk.work()
    before = [one.content["workOrderId"] for one in receiver.told]
    desk.hall.town.clock.advance(timedelta(seconds=5))  # type: ignore[attr-defined]
    await desk.work()

    assert before == [order, other]
    assert [one.content["workOrderId"] for one in receiver.told[2:]] == [order, order]
    assert [one.content["version"] for one in receiver.told if one.content["workOrderId"] == order] == [1, 1, 2]
    assert receiver.told[0].delivery == receiver.told[2].delivery
    assert receiver.told[0].body == receiver.told[2].body
    assert receiver.told[0].headers["x-gridcast-nonce"] != receiver.told[2].headers["x-gridcast-nonce"]
    assert [one.headers["x-gridcast-attempt"] for one in receiver.told] == ["1", "1", "2", "1"]
    first = (await desk.log())[0]
    assert [one["status"] for one in first["log"]] == [500, 204]


@SQLITE
async def test_a_dead_message_is_kept_and_redelivered_by_hand(desk: Desk, receiver: Receiver) -> None:
    people = await cast(desk.hall.town)
    await offered(people)
    receiver.answers = [302] + [503] * (retrying.ATTEMPTS_MOST - 1)
    for _ in range(retrying.ATTEMPTS_MOST):
        await desk.work()
        desk.hall.town.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    [dead] = await desk.log("DEAD")
    sent = sum(one.delivery == dead["deliveryId"] for one in receiver.told)
    await desk.work()

    again = await desk.do("webhookRedeliver", "delivery { state attempts }", delivery=dead["id"])
    await desk.work()

    assert sent == retrying.ATTEMPTS_MOST and dead["attempts"] == sent
    assert dead["log"][0] == {"status": 302, "error": "redirects are not followed"}
    assert again["delivery"] == {"state": "WAITING", "attempts": 0}
    assert dead["deliveryId"] in {one["deliveryId"] for one in await desk.log("DELIVERED")}
    assert [one.delivery for one in receiver.told].count(dead["deliveryId"]) == sent + 1


@SQLITE
async def test_an_offer_that_reached_no_system_is_send_failed_and_one_that_did_lapses(
    desk: Desk, receiver: Receiver
) -> None:
    people = await cast(desk.hall.town)

    async def state_once(*states: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while (await see(people.handler, case))["workOrders"][0]["state"] not in states:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return await see(people.handler, case)  # its fields are read one after the other: now all after the change

    order, case = await offered(people)
    receiver.answers = [503]
    await desk.work()
    desk.hall.town.clock.advance(timedelta(hours=6, minutes=1))  # type: ignore[attr-defined]  # four working hours
    failed = await state_once("SEND_FAILED", "CANCELLED")

    resent = await people.handler.do("workOrderResend", SEEN, workOrderId=order)
    await desk.work()
    desk.hall.town.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    over = await state_once("CANCELLED")

    assert failed["workOrders"][0]["state"] == "SEND_FAILED"
    assert resent["userErrors"] == []
    actions = [step["action"] for step in over["timeline"]]
    assert [one for one in actions if one.startswith("WORK_ORDER")] == [
        "WORK_ORDER_SEND_FAILED", "WORK_ORDER_RESEND", "WORK_ORDER_LAPSE",
    ]  # fmt: skip


@SQLITE
async def test_two_secrets_count_for_a_day_after_a_change(desk: Desk, receiver: Receiver) -> None:
    people = await cast(desk.hall.town)
    changed = await desk.do("webhookRotateSecret", "secret", webhook=desk.hook)
    await offered(people)
    await desk.work()
    desk.hall.town.clock.advance(timedelta(hours=24))  # type: ignore[attr-defined]
    await offered(people)
    await desk.work()

    both, one = (told for told in receiver.told if told.content["kind"] == "OFFERED")  # the first may lapse
    assert changed["secret"] != desk.secret
    assert both.headers["x-gridcast-signature"] == f"{signed(changed['secret'], both)},{signed(desk.secret, both)}"
    assert one.headers["x-gridcast-signature"] == signed(changed["secret"], one)


@SQLITE
async def test_a_paused_webhook_waits_and_an_ended_one_is_told_nothing_more(desk: Desk, receiver: Receiver) -> None:
    people = await cast(desk.hall.town)
    await desk.do("webhookChange", "webhook { isActive }", webhook=desk.hook, isActive=False)
    await offered(people)
    await desk.work()
    paused = len(receiver.told)
    await desk.do("webhookChange", "webhook { isActive }", webhook=desk.hook, isActive=True)
    await desk.work()
    receiver.answers = [500]
    await offered(people)
    await desk.work()
    await desk.do("webhookEnd", "webhook { endedAt }", webhook=desk.hook)
    desk.hall.town.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    await offered(people)
    await desk.work()

    assert (paused, len(receiver.told)) == (0, 2)
    assert Counter(one["state"] for one in await desk.log()) == {"DELIVERED": 1, "DROPPED": 1}


@SQLITE
async def test_one_slow_receiver_takes_no_more_than_its_share(desk: Desk, receiver: Receiver) -> None:
    people = await cast(desk.hall.town)
    receiver.gate = asyncio.Event()
    for _ in range(3):
        await offered(people)
    await desk.hall.read()
    await desk.courier.act()
    await desk.hall.until(lambda: receiver.at_once == 3)

    await desk.courier.act()  # what is on its way is not sent a second time
    receiver.gate.set()
    await desk.work()

    assert receiver.most_at_once == 3
    assert len(receiver.told) == len({one.delivery for one in receiver.told}) == 3


@SQLITE
async def test_who_takes_over_goes_on_where_the_position_stands(desk: Desk, receiver: Receiver) -> None:
    people = await cast(desk.hall.town)
    first, _ = await offered(people)
    second, _ = await offered(people)
    await desk.hall.read()

    async def lost(url: str, headers: Any, body: bytes) -> Outcome:
        outbound = Outbound(is_local=True, seconds=30)
        await outbound.post(url, headers, body)
        await outbound.close()
        raise asyncio.CancelledError  # killed between the answer and the record

    town = desk.hall.town
    killed = Courier(town.db, town.feed, town.clock, lost, desk.courier._secret_of, message)
    await killed.act()
    await asyncio.gather(*(task for _, task in killed._busy.values()), return_exceptions=True)
    third, _ = await offered(people)
    town.clock.advance(timedelta(seconds=30))  # type: ignore[attr-defined]  # its lease runs out
    await desk.work()

    times = Counter(one.delivery for one in receiver.told)
    assert sorted(times.values()) == [1, 2, 2]
    orders = {one.delivery: one.content["workOrderId"] for one in receiver.told}
    assert set(orders.values()) == {first, second, third} and len(orders) == 3


@SQLITE
async def test_who_keeps_webhooks_and_which_addresses_are_refused(desk: Desk, open_hall: OpenHall) -> None:
    hall = desk.hall
    provider, theirs = (hall.town.city.providers[code] for code in ("SP-1", "SP-2"))
    security = await hall.town.as_(Role.SECURITY_ADMIN, "32")
    reading = (await made(security, provider))["key"]
    other = (await made(security, theirs, "WEBHOOKS"))["key"]
    staff = hall.token(Role.PROVIDER_STAFF, "SP-1")
    create = """mutation ($input: WebhookCreateInput!) { webhookCreate(input: $input) { userErrors { code } } }"""
    strict = await open_hall()

    async def code(at: Hall, who: str, provider: str, url: str, key: str) -> str:
        given = {"idempotencyKey": key, "serviceProvider": provider, "url": url}
        _, seen = await ask(at, who, create, input=given)
        errors = seen["data"]["webhookCreate"]["userErrors"]
        return errors[0]["code"] if errors else "OK"

    said = [
        await code(hall, reading, provider, "https://sp.example/h", "1"),
        await code(hall, staff, provider, "https://sp.example/h", "2"),
        await code(hall, other, provider, "https://sp.example/h", "3"),
        await code(hall, desk.key, theirs, "https://sp.example/h", "4"),
        await code(hall, desk.key, provider, "https://sp.example/h", "5"),
    ]
    urls = [
        "http://sp.example/h", "https://127.0.0.1/h", "https://localhost/h", "https://10.1.2.3/", "https://[::1]/",
        "https://user:pw@sp.example/", "https://sp.example/#x", "ftp://sp.example/", "https://", "https://x:99999/",
        "https://169.254.169.254/latest", "https://sp.example/" + "x" * 500,
    ]  # fmt: skip
    refused = [await code(strict, desk.key, provider, url, f"u{n}") for n, url in enumerate(urls)]
    _, seen = await ask(hall, other, LOG, w=desk.hook)

    assert said == ["FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "OK"]
    assert refused == ["WEBHOOK_URL"] * (len(urls) - 1) + ["INVALID_INPUT"]
    assert seen["data"]["webhookDeliveries"]["edges"] == []


@SQLITE
async def test_a_webhook_of_somebody_else_answers_like_one_that_is_not_there(desk: Desk, receiver: Receiver) -> None:
    security = await desk.hall.town.as_(Role.SECURITY_ADMIN, "32")
    stranger = (await made(security, desk.hall.town.city.providers["SP-2"], "WEBHOOKS"))["key"]
    people = await cast(desk.hall.town)
    await offered(people)
    await desk.work()
    [done] = await desk.log("DELIVERED")
    there = {"webhook": desk.hook, "delivery": done["id"]}
    nowhere = {
        name: global_id(kind, 987_654) for name, kind in (("webhook", "Webhook"), ("delivery", "WebhookDelivery"))
    }

    async def said(mutation: str, ids: dict[str, str]) -> Any:
        name = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {{ userErrors {{ code message }} }} }}"
        )
        field = "delivery" if mutation == "webhookRedeliver" else "webhook"
        given = {"idempotencyKey": f"{mutation}-{ids[field]}", field: ids[field]}
        return (await ask(desk.hall, stranger, document, input=given))[1]

    for mutation in ("webhookChange", "webhookRotateSecret", "webhookEnd", "webhookRedeliver"):
        answer = await said(mutation, there)
        assert answer["data"][mutation]["userErrors"][0]["code"] == "NOT_FOUND"
        assert answer == await said(mutation, nowhere)
    assert [one["state"] for one in await desk.log("DELIVERED")] == ["DELIVERED"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("127.0.0.1", False), ("10.0.0.1", False),
        ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("fe80::1%eth0", False),
        ("fd00::1", False), ("::ffff:10.0.0.1", False), ("2002:0a00:0001::1", False), ("64:ff9b::a00:1", False),
    ],
)  # fmt: skip
def test_addresses_that_are_connected_to(address: str, expected: bool) -> None:
    assert is_public(address) is expected


async def test_a_name_is_resolved_once_and_the_address_that_was_looked_at_is_the_one(receiver: Receiver) -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    async def mixed(host: str, port: int) -> list[str]:
        return ["8.8.8.8", "10.0.0.1"]

    local, strict = Outbound(is_local=True, resolve=rebinding, seconds=30), Outbound(resolve=mixed, seconds=30)
    headers = {"x-gridcast-delivery": "d"}
    sent = await local.post(f"http://sp.example:{receiver.port}/h?x=1", headers, b"{}")
    inside = await strict.post("https://sp.example/h", headers, b"{}")
    plain = await strict.post("http://sp.example/h", headers, b"{}")
    await local.close()

    assert (sent.status, asked) == (204, ["sp.example"])
    assert receiver.told[0].headers["host"] == f"sp.example:{receiver.port}"
    assert (inside.status, inside.error) == (None, "the name leads to an address that is not public")
    assert plain.error == "only https"


def test_pauses_double_up_to_an_hour_and_end() -> None:
    pauses = [retrying.pause(attempts, 0.5) for attempts in range(1, retrying.ATTEMPTS_MOST + 1)]

    assert [one.total_seconds() for one in pauses[:4] if one] == [5, 10, 20, 40]
    assert pauses[-2] == timedelta(hours=1) and pauses[-1] is None
    assert retrying.pause(1, 0.0) == timedelta(seconds=2.5) and retrying.pause(1, 1.0) == timedelta(seconds=7.5)


@SQLITE
async def test_the_exercise_is_told_apart(desk: Desk, receiver: Receiver) -> None:
    exercise = await cast(desk.hall.town, Realm.EXERCISE)
    await offered(exercise)

    await desk.work()

    assert receiver.told == []
