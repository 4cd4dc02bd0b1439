"""Crews and technicians are kept by their own firm's administrator, and by nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from db.purchasing import crews, technicians
from db.vocabulary import Role
from schema import ids
from tests.city import Speaker, Town, key
from tests.stories.walks import UNIT, bring_to, cast, outsourced

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # no statement of its own
MINE = """{ myServiceProviders { code crews { code name isActive technicians { code } }
  technicians { name crew { code } } } }"""
CREW, TECHNICIAN = "crew { id code name isActive }", "technician { id code name isActive crew { code } }"
GIVEN: dict[str, dict[str, Any]] = {
    "crewCreate": {"serviceProvider": "PROVIDER", "code": "C9", "name": "夜间班"},
    "crewChange": {"crew": "CREW", "isActive": False},
    "technicianCreate": {"serviceProvider": "PROVIDER", "code": "T9", "name": "技工丁"},
    "technicianChange": {"technician": "TECHNICIAN", "isActive": False},
}


@pytest.fixture
async def admin(town: Town) -> Speaker:
    return await town.as_(Role.PROVIDER_ADMIN, "SP-1")


async def counts(town: Town) -> tuple[int, int]:
    async with town.db.read() as session:
        found = [
            (await session.execute(select(func.count()).select_from(table).where(table.c.is_active))).scalar_one()
            for table in (crews, technicians)
        ]
    return found[0], found[1]


async def technician(town: Town, admin: Speaker) -> str:
    payload = await admin.do(
        "technicianCreate", TECHNICIAN, serviceProvider=town.city.providers["SP-1"],
        code="T1", name="技工甲", crew=town.city.crews["SP-1"],
    )  # fmt: skip
    assert payload["userErrors"] == []
    return str(payload["technician"]["id"])


async def test_an_administrator_takes_on_changes_and_retires(town: Town, admin: Speaker) -> None:
    firm = town.city.providers["SP-1"]
    made = await admin.do("crewCreate", CREW, serviceProvider=firm, code="C2", name=" 二班 ")
    who = await technician(town, admin)
    moved = await admin.do("technicianChange", TECHNICIAN, technician=who, crew=made["crew"]["id"], name="技工乙")
    retired = await admin.do("crewChange", CREW, crew=town.city.crews["SP-1"], isActive=False)
    renamed = await admin.do("crewChange", CREW, crew=made["crew"]["id"], name="抢修二班")

    staff = await town.as_(Role.PROVIDER_STAFF, "SP-1")
    [seen] = (await staff.ask(MINE))["myServiceProviders"]

    assert [one["userErrors"] for one in (made, moved, retired, renamed)] == [[], [], [], []]
    assert moved["technician"] == {
        "id": who,
        "code": "T1",
        "name": "技工乙",
        "isActive": True,
        "crew": {"code": "C2"},
    }
    assert seen == {
        "code": "SP-1",
        "crews": [
            {"code": "C1", "name": "一班", "isActive": False, "technicians": []},
            {"code": "C2", "name": "抢修二班", "isActive": True, "technicians": [{"code": "T1"}]},
        ],
        "technicians": [{"name": "技工乙", "crew": {"code": "C2"}}],
    }


@ON_SQLITE
async def test_a_repeat_has_one_effect_and_a_code_is_given_once(town: Town, admin: Speaker) -> None:
    given = {"idempotencyKey": key(), "serviceProvider": town.city.providers["SP-1"], "code": "C2", "name": "二班"}
    first, again = [await admin.do("crewCreate", CREW, **given) for _ in range(2)]
    await admin.do("crewChange", CREW, crew=first["crew"]["id"], isActive=False)
    other = await admin.do("crewCreate", CREW, **(given | {"idempotencyKey": key(), "name": "三班"}))

    [error] = other["userErrors"]
    assert again == first
    assert (error["code"], error["field"]) == ("CODE_TAKEN", ["code"])
    assert error["message"] == "编号「C2」已是「二班」的，请换一个。"
    assert await counts(town) == (2, 0)  # of two firms, one crew each


@ON_SQLITE
@pytest.mark.parametrize(
    ("given", "field"),
    [({"code": "二班"}, "code"), ({"code": ""}, "code"), ({"name": "  "}, "name"), ({"name": "班" * 41}, "name")],
)
async def test_bad_codes_and_names_are_refused(town: Town, admin: Speaker, given: dict[str, str], field: str) -> None:
    payload = await admin.do(
        "crewCreate", CREW, **(GIVEN["crewCreate"] | {"serviceProvider": town.city.providers["SP-1"]} | given)
    )

    assert [(one["code"], one["field"]) for one in payload["userErrors"]] == [("INVALID_INPUT", [field])]
    assert await counts(town) == (2, 0)


@ON_SQLITE
async def test_of_another_firm_is_as_if_it_were_not_there(town: Town, admin: Speaker) -> None:
    who = await technician(town, admin)
    stranger = await town.as_(Role.PROVIDER_ADMIN, "SP-2")
    there = {"PROVIDER": town.city.providers["SP-1"], "CREW": town.city.crews["SP-1"], "TECHNICIAN": who}
    gone = {kind: ids.global_id({"PROVIDER": "ServiceProvider"}.get(kind, kind.title()), 987_654) for kind in there}

    for mutation, given in GIVEN.items():
        answers = [
            await stranger.do(
                mutation, "__typename", **{name: ids_.get(value, value) for name, value in given.items()}
            )
            for ids_ in (there, gone)
        ]
        assert answers[0] == answers[1]
        assert answers[0]["userErrors"][0]["code"] == "NOT_FOUND"
    mixed = await stranger.do(
        "technicianCreate", TECHNICIAN, code="T9", name="技工丁",
        serviceProvider=town.city.providers["SP-2"], crew=town.city.crews["SP-1"],
    )  # fmt: skip

    assert mixed["userErrors"][0]["code"] == "NOT_FOUND"
    assert await counts(town) == (2, 1)


@ON_SQLITE
@pytest.mark.parametrize(
    ("role", "code"), [("PROVIDER_STAFF", "SP-1"), ("HANDLER", UNIT), ("SECURITY_ADMIN", "32"), ("RESIDENT", "li")]
)
async def test_nobody_else_keeps_them(town: Town, admin: Speaker, role: str, code: str) -> None:
    who = await technician(town, admin)
    names = {"PROVIDER": town.city.providers["SP-1"], "CREW": town.city.crews["SP-1"], "TECHNICIAN": who}
    speaker = await town.as_(Role(role), code)

    for mutation, given in GIVEN.items():
        payload = await speaker.do(
            mutation, "__typename", **{name: names.get(one, one) for name, one in given.items()}
        )
        assert [one["code"] for one in payload["userErrors"]] == ["FORBIDDEN"]
    assert await counts(town) == (2, 1)
    own = (await speaker.ask("{ myServiceProviders { code } }"))["myServiceProviders"]
    assert own == ([{"code": "SP-1"}] if role == "PROVIDER_STAFF" else [])


@ON_SQLITE
async def test_who_was_retired_is_not_scheduled_and_what_was_scheduled_stays(town: Town, admin: Speaker) -> None:
    people = await cast(town)
    offered, _ = await outsourced(people, await bring_to(people, "IN_PROGRESS"), "SP-1")
    crew, later = town.city.crews["SP-1"], "2027-01-01T00:00:00Z"
    order = {"workOrderId": offered, "crew": crew, "appointmentAt": later}
    assert (await people.provider.do("workOrderAccept", "__typename", workOrderId=offered))["userErrors"] == []
    assert (await people.provider.do("workOrderSchedule", "__typename", **order))["userErrors"] == []

    await admin.do("crewChange", CREW, crew=crew, isActive=False)
    again = await people.provider.do("workOrderSchedule", "__typename", **order)

    assert [one["code"] for one in again["userErrors"]] == ["NOT_FOUND"]
    shown = await people.provider.ask(
        "query ($id: ID!) { node(id: $id) { ... on WorkOrder { state crew { name } } } }", id=offered
    )
    assert shown["node"] == {"state": "SCHEDULED", "crew": {"name": "一班"}}
