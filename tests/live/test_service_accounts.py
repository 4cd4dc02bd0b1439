"""A provider's own system signs in with a key: what it may, what it may not, and how that ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import Realm, Role
from tests.city import Speaker, Town
from tests.live.conftest import Hall
from tests.stories.walks import bring_to, cast, outsourced

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MADE = "serviceAccount { id name keyHint scopes revokedAt serviceProvider { code } } key"
ORDERS = "{ viewer { name realm roles } workOrders { edges { node { id } } } }"
UPDATES = """mutation ($input: WorkOrderUpdatesInput!) {
  workOrderUpdates(input: $input) { updates { outcome } userErrors { code } } }"""
ACCEPT = """mutation ($input: WorkOrderAcceptInput!) {
  workOrderAccept(input: $input) { workOrder { state } userErrors { code } } }"""


async def admin(town: Town, code: str = "SP-1") -> Speaker:
    return await town.as_(Role.PROVIDER_ADMIN, code)


async def made(by: Speaker, provider: str, *scopes: str, **more: Any) -> dict[str, Any]:
    payload = await by.do(
        "serviceAccountCreate", MADE, serviceProvider=provider, name="派单系统", scopes=list(scopes), **more
    )
    assert payload["userErrors"] == [], payload
    return payload  # type: ignore[no-any-return]


async def ask(hall: Hall, key: str, query: str, **variables: Any) -> tuple[int, dict[str, Any]]:
    import httpx2  # noqa: PLC0415

    url = hall.ws.replace("ws", "http", 1)
    async with httpx2.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            url, json={"query": query, "variables": variables}, headers={"authorization": f"Bearer {key}"}
        )
    return answer.status_code, answer.json()


async def test_a_key_works_the_orders_of_its_provider_and_no_others(hall: Hall) -> None:
    people = await cast(hall.town)
    order, case = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    theirs, other = await outsourced(people, await bring_to(people, "IN_PROGRESS"), "SP-2")
    account = await made(await admin(hall.town), hall.town.city.providers["SP-1"], "WORK")
    key = account["key"]

    _, seen = await ask(hall, key, ORDERS)
    given = {"idempotencyKey": "k1", "workOrderId": order, "expectedVersion": case["version"]}
    _, accepted = await ask(hall, key, ACCEPT, input=given)
    foreign = {"idempotencyKey": "k2", "workOrderId": theirs, "expectedVersion": other["version"]}
    _, refused = await ask(hall, key, ACCEPT, input=foreign)

    assert account["serviceAccount"]["serviceProvider"] == {"code": "SP-1"}
    assert key.startswith(account["serviceAccount"]["keyHint"]) and len(key) == 47
    assert seen["data"]["viewer"] == {"name": "派单系统", "realm": "LIVE", "roles": ["PROVIDER_STAFF"]}
    assert [edge["node"]["id"] for edge in seen["data"]["workOrders"]["edges"]] == [order]
    assert accepted["data"]["workOrderAccept"] == {"workOrder": {"state": "ACCEPTED"}, "userErrors": []}
    assert refused["data"]["workOrderAccept"]["userErrors"] == [{"code": "NOT_FOUND"}]


async def test_a_key_without_a_scope_only_reads(hall: Hall) -> None:
    people = await cast(hall.town)
    order, case = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    key = (await made(await admin(hall.town), hall.town.city.providers["SP-1"]))["key"]

    given = {"idempotencyKey": "k1", "workOrderId": order, "expectedVersion": case["version"]}
    _, refused = await ask(hall, key, ACCEPT, input=given)
    create = """mutation ($input: ServiceAccountCreateInput!) {
      serviceAccountCreate(input: $input) { userErrors { code } } }"""
    given = {"idempotencyKey": "k2", "serviceProvider": hall.town.city.providers["SP-1"], "name": "更多"}
    _, more = await ask(hall, key, create, input=given)
    bundle = [{"workOrderId": order, "externalId": "A-1", "externalSeq": 1, "kind": "ACCEPT"}]
    _, many = await ask(hall, key, UPDATES, input={"updates": bundle})

    assert refused["data"]["workOrderAccept"]["userErrors"] == [{"code": "FORBIDDEN"}]
    assert more["data"]["serviceAccountCreate"]["userErrors"] == [{"code": "FORBIDDEN"}]
    assert many["data"]["workOrderUpdates"] == {"updates": [], "userErrors": [{"code": "FORBIDDEN"}]}


async def test_a_revoked_key_is_refused_and_its_socket_closes(hall: Hall) -> None:
    people = await admin(hall.town)
    account = await made(people, hall.town.city.providers["SP-1"], "WORK")
    follow = "subscription { workOrderEvents { kind } }"
    async with hall.line(account["key"]) as line:
        subscriber = await line.subscribe("1", follow)
        await subscriber.until(lambda: subscriber.told)
        revoked = await people.do(
            "serviceAccountRevoke", MADE, serviceAccount=account["serviceAccount"]["id"], reason="密钥泄露"
        )

        closed = await line.closed()
        status, refused = await ask(hall, account["key"], ORDERS)

    assert revoked["serviceAccount"]["revokedAt"] is not None and revoked["key"] is None
    assert closed == (4403, "revoked")
    assert (status, refused["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def test_a_key_ends_at_its_date_and_a_wrong_one_never_began(hall: Hall) -> None:
    key = (await made(await admin(hall.town), hall.town.city.providers["SP-1"], expiresInDays=30))["key"]
    assert (await ask(hall, key, ORDERS))[0] == 200

    hall.town.clock.advance(timedelta(days=30))  # type: ignore[attr-defined]

    assert (await ask(hall, key, ORDERS))[0] == 401
    assert (await ask(hall, key[:-1] + ("A" if key[-1] != "A" else "B"), ORDERS))[0] == 401
    assert (await ask(hall, "gck_" + "x" * 300, ORDERS))[0] == 401


async def test_who_keeps_the_accounts_of_a_provider(hall: Hall) -> None:
    town, city = hall.town, hall.town.city
    security = await town.as_(Role.SECURITY_ADMIN, "32")
    stranger, staff = await admin(town, "SP-2"), await town.as_(Role.PROVIDER_STAFF, "SP-1")
    exercise = await town.as_(Role.PROVIDER_ADMIN, "SP-1", Realm.EXERCISE)
    account = (await made(security, city.providers["SP-1"], "WEBHOOKS"))["serviceAccount"]
    given = {"serviceProvider": city.providers["SP-1"], "name": "x"}
    own = {"serviceAccount": account["id"], "reason": "不再使用"}

    codes = [
        (await who.do(mutation, MADE, **input))["userErrors"][0]["code"]
        for who, mutation, input in (
            (stranger, "serviceAccountCreate", given), (staff, "serviceAccountCreate", given),
            (stranger, "serviceAccountRevoke", own), (staff, "serviceAccountRevoke", own),
            (exercise, "serviceAccountRevoke", own),
            (security, "serviceAccountCreate", given | {"expiresInDays": 366}),
            (security, "serviceAccountRevoke", own | {"reason": " "}),
        )
    ]  # fmt: skip
    question = "query ($p: ID!) { serviceAccounts(serviceProvider: $p) { id scopes } }"
    seen = [
        len((await who.ask(question, p=city.providers["SP-1"]))["serviceAccounts"])
        for who in (security, await admin(town), stranger, staff, exercise)
    ]

    assert codes == [
        "NOT_FOUND", "FORBIDDEN", "NOT_FOUND", "FORBIDDEN", "NOT_FOUND", "INVALID_INPUT", "REASON_REQUIRED",
    ]  # fmt: skip
    assert seen == [1, 1, 0, 0, 0]


async def test_the_key_is_shown_once(hall: Hall) -> None:
    people, provider = await admin(hall.town), hall.town.city.providers["SP-1"]

    first = await made(people, provider, idempotencyKey="once")
    again = await made(people, provider, idempotencyKey="once")

    assert first["key"] is not None and again["key"] is None
    assert again["serviceAccount"]["id"] == first["serviceAccount"]["id"]
    async with hall.town.db.read() as session:
        kept = (await session.exec_driver_sql("SELECT * FROM service_accounts")).all()
    assert len(kept) == 1 and first["key"] not in str(kept)
