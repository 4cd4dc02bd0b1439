"""Apps of communities, streets and counties: each its own look and scenes, registered while the server runs."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import build_app
from api.settings import Settings
from db.attachments import PhotoFiles
from db.database import Database
from db.vocabulary import Realm, Role
from resolvers import client_apps
from resolvers.photos import find_photo, keep_photo
from resolvers.refusals import Code, Refusal
from tests.api.test_files import jpeg
from tests.city import Speaker, Town, build_city
from tests.conftest import SECRET
from tests.stories.walks import FAR_GRID, GRID, cast, photo, rows


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url  # no statement here differs between databases


ERLANG, TANGJIA = "320508019044", "320508019045"
LOOK = {"name": "二郎巷社区", "colour": "#1f6feb", "scenes": ["PROBLEM", "QUESTION"]}
SHOWN = "app { id code version name colour scenes onlyRegistered isActive division { code } documents { name } }"
APP = """query ($code: String!) { clientApp(code: $code) {
  code name colour logoId scenes isActive division { name } documents { name } } }"""


async def register(speaker: Speaker, town: Town, code: str = "erlang", division: str = ERLANG, **more: Any) -> Any:
    given = {"code": code, "division": town.city.divisions[division], **LOOK, **more}
    return await speaker.do("clientAppRegister", SHOWN, **given)


async def through(speaker: Speaker, code: str, query: str = "{ viewer { name } }") -> Speaker:
    """The same person, speaking through an app."""
    viewer = await client_apps.admit(speaker.db, speaker.viewer, code, query)
    return Speaker(speaker.db, speaker.feed, speaker.clock, viewer)


async def test_two_communities_give_their_residents_different_apps_without_a_redeploy(town: Town) -> None:
    here = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    there = await town.as_(Role.COMMUNITY_WORKER, TANGJIA)
    resident = await town.as_(Role.RESIDENT, "zhang")

    first = await register(here, town)
    second = await register(
        there, town, "tangjia", TANGJIA, name="唐家巷掌上社区", colour="#c2410c", scenes=["VOICE", "PROBLEM"]
    )

    assert first["userErrors"] == second["userErrors"] == []
    seen = [(await resident.ask(APP, code=code))["clientApp"] for code in ("erlang", "tangjia", "nobody")]
    assert seen == [
        {"code": "erlang", "name": "二郎巷社区", "colour": "#1F6FEB", "logoId": None, "scenes":
         ["QUESTION", "PROBLEM"], "isActive": True, "division": {"name": "二郎巷社区居委会"}, "documents": []},
        {"code": "tangjia", "name": "唐家巷掌上社区", "colour": "#C2410C", "logoId": None, "scenes":
         ["VOICE", "PROBLEM"], "isActive": True, "division": {"name": "唐家巷社区居委会"}, "documents": []},
        None,
    ]  # fmt: skip


async def test_an_app_takes_what_it_is_for_in_the_place_it_is_for(town: Town) -> None:
    people = await cast(town)
    await register(await town.as_(Role.COMMUNITY_WORKER, ERLANG), town)
    resident = await through(people.resident, "erlang")
    before = await rows(town, "idempotency_records")

    async def hand_in(grid: str, kind: str) -> Any:
        return await resident.do(
            "caseSubmit", "case { kind }", description="路口有坑", grid=town.city.grids[grid], kind=kind
        )

    wrong_scene = await hand_in(GRID, "VOICE")
    wrong_place = await hand_in(FAR_GRID, "PROBLEM")

    assert wrong_scene["userErrors"] == [
        {
            "code": "NOT_IN_APP",
            "message": "「二郎巷社区」不受理「我有话说」，请改用其他入口或拨打 12345。",
            "field": ["kind"],
        }
    ]  # fmt: skip
    assert wrong_place["userErrors"][0]["code"] == "OUTSIDE_APP"
    assert await rows(town, "idempotency_records") == before
    assert (await hand_in(GRID, "PROBLEM"))["case"] == {"kind": "PROBLEM"}


async def test_an_app_that_is_limited_sends_registered_documents_and_nothing_else(town: Town) -> None:
    query = "{ viewer { name } }"
    digest = hashlib.sha256(query.encode()).hexdigest()
    worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    resident = await town.as_(Role.RESIDENT, "zhang")
    listed = {"documents": [{"sha256": digest, "name": "首页"}], "onlyRegistered": True}

    payload = await register(worker, town, **listed)

    assert payload["app"]["documents"] == [{"name": "首页"}]
    assert (await through(resident, "erlang", query)).viewer.app == "erlang"
    with pytest.raises(Refusal) as refused:
        await through(resident, "erlang", query + " ")
    assert refused.value.code is Code.DOCUMENT_NOT_REGISTERED
    with pytest.raises(Refusal) as unknown:
        await through(resident, "nobody")
    assert unknown.value.code is Code.APP_UNKNOWN


async def test_an_app_changes_its_look_by_who_keeps_it_and_ends_for_good(town: Town) -> None:
    worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    leader = await town.as_(Role.SHIFT_LEADER, "3205")
    resident = await town.as_(Role.RESIDENT, "zhang")
    app = (await register(worker, town))["app"]
    changed = {**LOOK, "name": "二郎巷e家", "id": app["id"]}

    amended = await leader.do("clientAppAmend", SHOWN, expectedVersion=1, **changed)
    stale = await worker.do("clientAppAmend", SHOWN, expectedVersion=1, **changed)
    retired = await worker.do("clientAppRetire", SHOWN, id=app["id"], expectedVersion=2)
    again = await register(worker, town)

    assert (amended["app"]["name"], amended["app"]["version"]) == ("二郎巷e家", 2)
    assert stale["userErrors"][0]["code"] == "CONFLICT"
    assert (retired["app"]["isActive"], retired["app"]["version"]) == (False, 3)
    assert again["userErrors"][0]["code"] == "APP_EXISTS"
    assert (await resident.ask(APP, code="erlang"))["clientApp"] is None
    with pytest.raises(Refusal):
        await through(resident, "erlang")


async def test_nobody_else_registers_or_lists_the_apps_of_a_division(town: Town) -> None:
    listed = "query ($id: ID!) { clientApps(division: $id) { edges { node { code } } } }"
    before = await rows(town, "idempotency_records")

    for role, place, code in (
        (Role.RESIDENT, "zhang", "FORBIDDEN"),
        (Role.HANDLER, "320508-CG", "FORBIDDEN"),
        (Role.DISPLAY, "320508", "FORBIDDEN"),
        (Role.COMMUNITY_WORKER, TANGJIA, "NOT_FOUND"),
        (Role.COMMANDER, "320506", "NOT_FOUND"),
    ):
        speaker = await town.as_(role, place)
        payload = await register(speaker, town)
        assert (payload["app"], payload["userErrors"][0]["code"]) == (None, code)
        assert (await speaker.ask(listed, id=town.city.divisions[ERLANG]))["clientApps"] is None

    assert await rows(town, "idempotency_records") == before
    worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    await register(worker, town)
    found = (await worker.ask(listed, id=town.city.divisions[ERLANG]))["clientApps"]
    assert found == {"edges": [{"node": {"code": "erlang"}}]}


async def test_an_app_that_makes_no_sense_is_refused_naming_the_field(town: Town) -> None:
    leader = await town.as_(Role.SHIFT_LEADER, "3205")
    before = await rows(town, "idempotency_records")

    wrong: list[tuple[dict[str, Any], str]] = [
        ({"code": "Erlang"}, "code"),
        ({"code": "x"}, "code"),
        ({"colour": "red"}, "colour"),
        ({"scenes": []}, "scenes"),
        ({"scenes": ["TIP_OFF"]}, "scenes"),
        ({"name": " "}, "name"),
        ({"onlyRegistered": True}, "documents"),
        ({"documents": [{"sha256": "abc", "name": "x"}]}, "documents"),
        ({"division": "3205"}, "division"),
    ]
    for given, field in wrong:
        [error] = (await register(leader, town, **given))["userErrors"]
        assert (error["code"], error["field"]) == ("INVALID_INPUT", [field])

    assert await rows(town, "idempotency_records") == before


async def test_everybody_sees_the_logo_of_an_app_and_no_picture_of_somebody_else_becomes_one(
    town: Town, tmp_path: Path
) -> None:
    worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    resident = await town.as_(Role.RESIDENT, "zhang")
    logo = await keep_photo(town.db, PhotoFiles(tmp_path), worker.viewer, jpeg(), clock=town.clock)
    theirs = await photo(resident)

    refused = await register(worker, town, logoId=theirs)
    assert (refused["app"], refused["userErrors"][0]["code"]) == (None, "NOT_FOUND")
    assert await find_photo(town.db, resident.viewer, logo.id) is None
    await register(worker, town, logoId=logo.id)

    assert await find_photo(town.db, resident.viewer, logo.id) is not None
    assert await find_photo(town.db, worker.viewer, theirs) is None


async def test_the_apps_of_one_realm_are_not_there_in_the_other(town: Town) -> None:
    worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
    await register(worker, town)
    exercise = await town.as_(Role.RESIDENT, "zhang", Realm.EXERCISE)

    assert (await exercise.ask(APP, code="erlang"))["clientApp"] is None


async def test_a_guest_of_an_app_speaks_through_it_whatever_their_header_says(
    serve: Any, sqlite_url: str, tmp_path: Path
) -> None:
    db = Database(sqlite_url)
    city = await build_city(db)
    app = build_app(Settings(database_url=sqlite_url, var_dir=tmp_path, secret=SECRET))
    async with httpx2.AsyncClient(base_url=(await serve(app)).url, trust_env=False) as http:
        tokens = app.state.tokens
        leader = tokens.issue(
            "l", Realm.LIVE, [(Role.SHIFT_LEADER, "3205")], name="值班长", lifetime=timedelta(hours=1)
        )

        async def ask(token: str, query: str, **more: Any) -> Any:
            headers = {"authorization": f"Bearer {token}", **more.pop("headers", {})}
            return (await http.post("/graphql", json={"query": query, **more}, headers=headers)).json()

        query = "query ($code: String!) { clientApp(code: $code) { name } }"
        mutation = """mutation ($input: ClientAppRegisterInput!) {
          clientAppRegister(input: $input) { app { code } userErrors { code } } }"""
        limited = {
            "idempotencyKey": "k", "code": "erlang", "division": city.divisions[ERLANG], **LOOK,
            "onlyRegistered": True,
            "documents": [{"sha256": hashlib.sha256(query.encode()).hexdigest(), "name": "外观"}],
        }  # fmt: skip
        done = await ask(leader, mutation, variables={"input": limited})
        guest = (await http.post("/guest", json={"app": "erlang"})).json()["token"]

        seen = await ask(guest, query, variables={"code": "erlang"})
        other = await ask(guest, "{ viewer { name } }", headers={"x-gridcast-app": "nobody"})
        named = await ask(leader, "{ viewer { name } }", headers={"x-gridcast-app": "nobody"})
        stranger = await http.post("/guest", json={"app": "nobody"})
    await db.close()

    assert done["data"]["clientAppRegister"] == {"app": {"code": "erlang"}, "userErrors": []}
    assert seen["data"] == {"clientApp": {"name": "二郎巷社区"}}
    assert other["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_REGISTERED"
    assert named["errors"][0]["extensions"]["code"] == "APP_UNKNOWN"
    assert (stranger.status_code, stranger.json()["errors"][0]["extensions"]["code"]) == (400, "APP_UNKNOWN")
