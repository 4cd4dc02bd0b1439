"""A stranger at the door: a short token for one case, by the number and token of it or for a new one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import build_app
from api.auth import Tokens
from api.guests import Gate
from api.settings import Settings
from db.clock import now
from db.database import Database
from db.vocabulary import Realm, Role
from resolvers.refusals import Refusal
from tests.city import build_city
from tests.conftest import SECRET, Clock

SUBMIT = """mutation ($input: CaseSubmitInput!) { caseSubmit(input: $input) {
  case { id number } pollToken userErrors { code } } }"""
WITHDRAW = (
    "mutation ($input: CaseWithdrawInput!) { caseWithdraw(input: $input) { case { state } userErrors { code } } }"
)
MINE = "{ viewer { realm roles grants { role scope } } cases { edges { node { number availableActions } } } }"


@pytest.fixture
async def door(serve: Any, database_url: str, tmp_path: Path) -> Any:
    db = Database(database_url)
    city = await build_city(db)
    await db.close()
    settings = Settings(database_url=database_url, var_dir=tmp_path, secret=SECRET, guests_per_minute=20)
    served = await serve(build_app(settings))
    async with httpx2.AsyncClient(base_url=served.url, trust_env=False) as http:
        http.city = city
        yield http


async def ask(door: Any, token: str, query: str, **variables: Any) -> Any:
    answer = await door.post(
        "/graphql", json={"query": query, "variables": variables}, headers={"authorization": f"Bearer {token}"}
    )
    return answer.json()["data"]


async def come_in(door: Any, **body: Any) -> Any:
    return await door.post("/guest", json=body)


async def test_a_stranger_hands_one_case_in_and_comes_back_with_its_token(door: Any) -> None:
    first = await come_in(door)
    given = {"idempotencyKey": "k", "description": "路灯不亮", "grid": next(iter(door.city.grids.values()))}
    payload = (await ask(door, first.json()["token"], SUBMIT, input=given))["caseSubmit"]
    number, token = payload["case"]["number"], payload["pollToken"]

    back = await come_in(door, number=number, token=token)
    seen = await ask(door, back.json()["token"], MINE)
    other = await ask(door, (await come_in(door)).json()["token"], MINE)
    gone = await ask(
        door, back.json()["token"], WITHDRAW,
        input={"idempotencyKey": "w", "caseId": payload["case"]["id"], "expectedVersion": 1},
    )  # fmt: skip

    assert (first.status_code, back.status_code) == (201, 201)
    assert (first.headers["cache-control"], set(first.json())) == ("no-store", {"token", "expiresAt", "realm"})
    assert seen["viewer"] == {
        "realm": "LIVE",
        "roles": ["RESIDENT"],
        "grants": [{"role": "RESIDENT", "scope": "SELF"}],
    }
    assert [edge["node"] for edge in seen["cases"]["edges"]] == [
        {"number": number, "availableActions": ["WITHDRAW", "URGE"]}
    ]
    assert other["cases"]["edges"] == []
    assert gone["caseWithdraw"] == {"case": {"state": "WITHDRAWN"}, "userErrors": []}


async def test_a_guest_whose_token_ended_is_the_same_guest_again_for_a_day(door: Any) -> None:
    tokens = Tokens(SECRET, Clock(now() - timedelta(hours=2)))
    long_ago = Tokens(SECRET, Clock(now() - timedelta(hours=25)))

    def ended(subject: str, by: Tokens = tokens, app: str | None = None) -> str:
        account = subject.partition(":")[2]
        minute = timedelta(minutes=1)
        return by.issue(subject, Realm.LIVE, [(Role.RESIDENT, account)], name="", lifetime=minute, app=app)

    one = ended("RESIDENT:anon.0123")
    first = (await come_in(door, again=one)).json()["token"]
    second = (await come_in(door, again=first)).json()["token"]
    given = {"idempotencyKey": "k", "description": "路灯不亮", "grid": next(iter(door.city.grids.values()))}
    number = (await ask(door, first, SUBMIT, input=given))["caseSubmit"]["case"]["number"]
    repeated = (await ask(door, second, SUBMIT, input=given))["caseSubmit"]["case"]["number"]
    others = [
        await come_in(door, again=ended("RESIDENT:anon.0123", by=long_ago)),
        await come_in(door, again=ended("RESIDENT:zhang")),
        await come_in(door, again=ended("RESIDENT:anon.0123", app="elsewhere")),
        await come_in(door, again="gone"),
    ]
    muddled = await come_in(door, again=one, number=number)

    assert number == repeated
    assert [answer.status_code for answer in others] == [401] * 4
    assert {answer.json()["errors"][0]["extensions"]["code"] for answer in others} == {"UNAUTHENTICATED"}
    assert muddled.status_code == 400


async def test_who_shows_a_wrong_token_is_not_told_what_is_wrong_with_it(door: Any) -> None:
    pairs = [("320508202603110000001", "x"), ("nonsense", "x"), ("320508202603119999999", "y" * 32)]

    answers = [await come_in(door, number=number, token=token) for number, token in pairs]

    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.json()["errors"][0]["message"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": []}, 400),
        ({"json": {"number": "1"}}, 400),
        ({"json": {"number": 1, "token": "x"}}, 400),
        ({"json": {"role": "SHIFT_LEADER"}}, 400),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"content": b"{}", "headers": {"content-type": "text/plain"}}, 415),
        ({"json": {"number": "1", "token": "x" * 2_000}}, 413),
    ],
)
async def test_whatever_else_is_sent_is_refused(door: Any, sent: dict[str, Any], status: int) -> None:
    answer = await door.post("/guest", **sent)

    assert answer.status_code == status
    assert "token" not in answer.json()


async def test_the_door_is_no_page_and_no_link(door: Any) -> None:
    assert (await door.get("/guest")).status_code == 405


async def test_so_many_come_in_each_minute_and_then_are_asked_to_wait(door: Any) -> None:
    answers = await asyncio.gather(*(come_in(door) for _ in range(21)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * 20 + [429]
    assert next(a for a in answers if a.status_code == 429).headers["retry-after"] == "60"


def test_the_gate_opens_again_after_a_minute(clock: Clock) -> None:

    gate = Gate(2, clock)
    gate.pass_one()
    clock.advance(timedelta(seconds=30))
    gate.pass_one()
    with pytest.raises(Refusal):
        gate.pass_one()

    clock.advance(timedelta(seconds=30))
    gate.pass_one()
    with pytest.raises(Refusal):
        gate.pass_one()


async def test_an_installation_may_keep_the_door_shut(serve: Any, database_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=database_url, var_dir=tmp_path, secret=SECRET, guests_per_minute=0)
    served = await serve(build_app(settings))

    async with httpx2.AsyncClient(base_url=served.url, trust_env=False) as http:
        assert (await http.post("/guest", json={})).status_code == 404
