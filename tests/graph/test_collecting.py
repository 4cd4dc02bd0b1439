"""A field is asked once: one owner, one form, and everybody who needs it is reached by the same submission."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from db.collecting import accesses, submissions, values
from db.tables import Department, IdempotencyRecord
from db.vocabulary import Realm, Role
from tests.city import Speaker, Town, path_of
from tests.conftest import Clock
from tests.stories.walks import FAR_GRID, GRID, NEXT_GRID, rows

PAYLOAD = "field { code version name part owner { name } consumers { part department { name } } }"
DONE = """submission { id subjectId collected reused askedTwice reference reached { part department { name } }
  values { field { code } value } }"""
FORM = """query ($grid: ID!, $reference: String!) {
  collectionForm(grid: $grid, kind: HOUSEHOLD, reference: $reference) {
    subjectId fields { field { code part } value foundAt isFresh } } }"""
LIST = """query ($part: CollectionPart) { collectionSubmissions(part: $part) { edges { node {
  reference values { field { code } value } } } } }"""
UNITS = {"320508-RS": "姑苏区人社局", "320508-YJ": "姑苏区应急局", "320508-ZF": "姑苏区政法委"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
async def county(town: Town) -> AsyncIterator[Town]:
    """Three departments that all want to know who lives where."""
    from schema import ids  # noqa: PLC0415

    async with town.db.write() as session:
        for number, (code, name) in enumerate(UNITS.items(), 21):
            await session.execute(
                insert(Department).values(
                    id=number, code=code, name=name, division_code="320508", path=path_of("320508")
                )
            )
            town.city.departments[code] = ids.global_id("Department", number)
    yield town


async def handler(town: Town, unit: str) -> Speaker:
    return await town.as_(Role.HANDLER, unit)


async def register(town: Town, unit: str, code: str, name: str, part: str, **more: Any) -> Any:
    given = {
        "owner": town.city.departments[unit], "code": code, "kind": "HOUSEHOLD", "part": part, "name": name,
        "definition": f"{name}，以户为单位", "valueKind": "TEXT", "refreshDays": 180, "isPersonal": False, **more,
    }  # fmt: skip
    return await (await handler(town, unit)).do("fieldRegister", PAYLOAD, **given)


async def the_form(town: Town) -> None:
    """Base part of the civil committee, shared with both others; a part of each."""
    zf = await handler(town, "320508-ZF")
    await register(town, "320508-ZF", "house_phone", "联系电话", "BASE", isPersonal=True, aliases=["手机号", "电话"])
    choice = {"valueKind": "CHOICE", "choices": ["自住", "出租"], "refreshDays": 30}
    await register(town, "320508-ZF", "house_use", "房屋用途", "GOVERNANCE", **choice)
    await register(town, "320508-RS", "house_insured", "参保人数", "SOCIAL_SECURITY", valueKind="NUMBER")
    await register(town, "320508-YJ", "house_gas", "燃气使用", "EMERGENCY", valueKind="YES_NO")
    for unit, part in (("320508-RS", "SOCIAL_SECURITY"), ("320508-YJ", "EMERGENCY")):
        unit_id = town.city.departments[unit]
        shared = {"field": "house_phone", "department": unit_id, "part": part, "reason": "联系住户"}
        payload = await zf.do("fieldShare", PAYLOAD, **shared)
        assert payload["userErrors"] == []


def said(**given: str) -> list[dict[str, str]]:
    return [{"field": code, "value": value} for code, value in given.items()]


async def submit(speaker: Speaker, town: Town, grid: str = GRID, **more: Any) -> Any:
    given = {"grid": town.city.grids[grid], "kind": "HOUSEHOLD", "reference": "2-301"} | more
    return await speaker.do("collectionSubmit", DONE, **given)


async def test_one_submission_reaches_all_three_lines_of_business(county: Town) -> None:
    await the_form(county)
    worker = await county.as_(Role.GRID_WORKER, GRID)
    found = said(house_phone="13812340000", house_use="出租", house_insured="3", house_gas="true")

    payload = await submit(worker, county, values=found)

    assert payload["userErrors"] == []
    one = payload["submission"]
    assert (one["collected"], one["reused"], one["askedTwice"]) == (4, 0, 0)
    assert {(reach["part"], reach["department"]["name"]) for reach in one["reached"]} == {
        ("BASE", "姑苏区政法委"), ("GOVERNANCE", "姑苏区政法委"),
        ("SOCIAL_SECURITY", "姑苏区人社局"), ("EMERGENCY", "姑苏区应急局"),
    }  # fmt: skip

    async def seen(unit: str) -> dict[str, str]:
        [edge] = (await (await handler(county, unit)).ask(LIST))["collectionSubmissions"]["edges"]
        assert edge["node"]["reference"] is None
        return {value["field"]["code"]: value["value"] for value in edge["node"]["values"]}

    assert await seen("320508-RS") == {"house_phone": "138****0000", "house_insured": "3"}
    assert await seen("320508-YJ") == {"house_phone": "138****0000", "house_gas": "true"}
    assert await seen("320508-ZF") == {"house_phone": "138****0000", "house_use": "出租"}


async def test_a_fresh_value_fills_the_form_in_and_is_not_asked_again(county: Town, clock: Clock) -> None:
    await the_form(county)
    worker = await county.as_(Role.GRID_WORKER, GRID)
    await submit(worker, county, values=said(house_phone="13812340000", house_use="出租"))
    clock.advance(timedelta(days=31))

    form = (await worker.ask(FORM, grid=county.city.grids[GRID], reference="2-301"))["collectionForm"]
    again = await submit(worker, county, values=said(house_use="自住", house_gas="true"))
    double = await submit(worker, county, values=said(house_gas="true"))

    assert [(one["field"]["code"], one["value"], one["isFresh"]) for one in form["fields"]] == [
        ("house_phone", "138****0000", True),
        ("house_insured", None, False),
        ("house_gas", None, False),
        ("house_use", "出租", False),
    ]
    assert (again["submission"]["collected"], again["submission"]["reused"]) == (2, 1)
    assert (double["submission"]["reused"], double["submission"]["askedTwice"]) == (2, 1)
    leader = await county.as_(Role.SHIFT_LEADER, "320508")
    figures = (
        await leader.ask(
            """query ($id: ID!) { collectionFigures(division: $id, from: "2026-03-01") {
              submissions collected reused askedTwice systemsTouched } }""",
            id=county.city.divisions["320508"],
        )
    )["collectionFigures"]
    assert figures == {"submissions": 3, "collected": 5, "reused": 3, "askedTwice": 1, "systemsTouched": 1}


async def test_a_field_that_is_asked_already_is_refused_by_name(county: Town) -> None:
    await the_form(county)
    before = await rows(county, "idempotency_records")

    by_alias = await register(county, "320508-YJ", "gas_phone", "居民手机号", "EMERGENCY")
    by_code = await register(county, "320508-YJ", "house_phone", "应急电话", "EMERGENCY")

    assert by_alias["field"] is None
    assert by_alias["userErrors"] == [
        {"code": "FIELD_EXISTS", "field": ["name"],
         "message": "采集项「联系电话」（house_phone）已由姑苏区政法委统一采集，不得重复采集；请联系该部门共用。"}
    ]  # fmt: skip
    assert [(error["code"], error["field"]) for error in by_code["userErrors"]] == [("FIELD_EXISTS", ["code"])]
    assert await rows(county, "idempotency_records") == before


async def test_a_field_of_another_county_or_another_kind_is_another_field(county: Town) -> None:
    await the_form(county)

    elsewhere = await register(county, "320102-CG", "xw_phone", "联系电话", "BASE")
    of_premises = await register(county, "320508-YJ", "shop_phone", "联系电话", "EMERGENCY", kind="PREMISES")
    above = await register(county, "3205-SW", "city_phone", "电话", "BASE")

    assert elsewhere["userErrors"] == of_premises["userErrors"] == []
    assert above["userErrors"][0]["code"] == "FIELD_EXISTS"


async def test_an_outbox_may_repeat_a_form_however_late(county: Town, clock: Clock) -> None:
    await the_form(county)
    worker = await county.as_(Role.GRID_WORKER, GRID)
    form = {"idempotencyKey": "outbox-1", "values": said(house_gas="true")}
    first = await submit(worker, county, **form)
    clock.advance(timedelta(days=3))
    async with county.db.write() as session:
        await session.execute(delete(IdempotencyRecord))  # as if they had been kept for a day

    again = await submit(worker, county, **form)
    other = await submit(worker, county, **{**form, "values": said(house_gas="false")})

    assert again["submission"]["id"] == first["submission"]["id"]
    assert other["userErrors"][0]["code"] == "IDEMPOTENCY_MISMATCH"
    async with county.db.read() as session:
        assert len((await session.execute(select(submissions))).all()) == 1


async def test_what_was_found_earlier_and_arrives_later_undoes_nothing(county: Town, clock: Clock) -> None:
    await the_form(county)
    worker = await county.as_(Role.GRID_WORKER, GRID)
    in_the_cellar = clock()
    clock.advance(timedelta(hours=2))
    await submit(worker, county, values=said(house_gas="true"))

    await submit(worker, county, values=said(house_gas="false"), foundAt=in_the_cellar.isoformat())
    too_early = await submit(
        worker, county, values=said(house_gas="true"), foundAt=(clock() + timedelta(hours=1)).isoformat()
    )

    form = (await worker.ask(FORM, grid=county.city.grids[GRID], reference="2-301"))["collectionForm"]
    assert [one["value"] for one in form["fields"] if one["field"]["code"] == "house_gas"] == ["true"]
    assert too_early["userErrors"][0]["field"] == ["foundAt"]
    async with county.db.read() as session:
        assert len((await session.execute(select(values))).all()) == 2


async def test_values_in_full_are_shown_to_who_may_read_them_and_every_look_is_on_record(county: Town) -> None:
    await the_form(county)
    worker = await county.as_(Role.GRID_WORKER, GRID)
    done = await submit(worker, county, values=said(house_phone="13812340000", house_insured="3"))
    asked = {"subjectId": done["submission"]["subjectId"], "fields": ["house_phone", "house_insured"]}
    shown = "values { field { code } value }"

    async def look(speaker: Speaker, reason: str = "电话核实") -> Any:
        return await speaker.do("collectionReveal", shown, reason=reason, **asked)

    in_full = await look(await handler(county, "320508-YJ"))
    refused = [
        (await look(await county.as_(role, code)))["userErrors"][0]["code"]
        for role, code in (
            (Role.RESIDENT, "zhang"),
            (Role.GRID_WORKER, NEXT_GRID),
            (Role.HANDLER, "320508-CG"),
            (Role.COMMANDER, "32"),
            (Role.DISPLAY, "320508"),
        )
    ]
    no_reason = await look(worker, " ")

    assert in_full == {"values": [{"field": {"code": "house_phone"}, "value": "13812340000"}], "userErrors": []}
    assert refused == ["NOT_FOUND"] * 5
    assert no_reason["userErrors"][0]["code"] == "REASON_REQUIRED"
    async with county.db.read() as session:
        [record] = (await session.execute(select(accesses))).all()
    assert (record.principal, record.fields, record.reason) == ("HANDLER:320508-YJ", ["house_phone"], "电话核实")


async def test_a_unit_it_is_no_longer_shared_with_sees_the_field_no_longer(county: Town) -> None:
    await the_form(county)
    worker = await county.as_(Role.GRID_WORKER, GRID)
    await submit(worker, county, values=said(house_phone="13812340000", house_gas="true"))
    zf, yj = await handler(county, "320508-ZF"), await handler(county, "320508-YJ")
    gone = {"field": "house_phone", "department": county.city.departments["320508-YJ"]}

    theirs = await yj.do("fieldUnshare", PAYLOAD, **gone)
    await zf.do("fieldUnshare", PAYLOAD, **gone)

    [edge] = (await yj.ask(LIST))["collectionSubmissions"]["edges"]
    assert [value["field"]["code"] for value in edge["node"]["values"]] == ["house_gas"]
    assert theirs["userErrors"][0]["code"] == "NOT_FOUND"


async def test_only_who_works_a_grid_collects_there(county: Town) -> None:
    await the_form(county)
    found = said(house_gas="true")
    before = await rows(county, "idempotency_records")

    for role, code, grid, expected in (
        (Role.RESIDENT, "zhang", GRID, "FORBIDDEN"),
        (Role.HANDLER, "320508-YJ", GRID, "FORBIDDEN"),
        (Role.GRID_WORKER, NEXT_GRID, GRID, "NOT_FOUND"),
        (Role.COMMUNITY_WORKER, "320508019045", GRID, "NOT_FOUND"),
        (Role.GRID_WORKER, FAR_GRID, FAR_GRID, "INVALID_INPUT"),  # nobody asks for it in that county
    ):
        payload = await submit(await county.as_(role, code), county, grid, values=found)
        assert (payload["submission"], payload["userErrors"][0]["code"]) == (None, expected), (role, code)
    for wrong in (said(house_gas="是"), said(nothing="x"), said(house_use="空置"), [], found + found):
        worker = await county.as_(Role.GRID_WORKER, GRID)
        payload = await submit(worker, county, values=wrong)
        assert payload["userErrors"][0]["code"] == "INVALID_INPUT", wrong

    assert await rows(county, "idempotency_records") == before
    for role, code in ((Role.RESIDENT, "zhang"), (Role.ANALYST, "3205"), (Role.COMMANDER, "32")):
        stranger = await county.as_(role, code)
        assert (await stranger.ask(LIST))["collectionSubmissions"] is None
        answer = await stranger.answer(FORM, grid=county.city.grids[GRID], reference="2-301")
        assert answer.errors[0].original_error.code == "NOT_FOUND"


async def test_nothing_that_was_collected_is_announced_or_crosses_realms(county: Town) -> None:
    await the_form(county)
    before = (await rows(county))["journal"]
    await submit(await county.as_(Role.GRID_WORKER, GRID), county, values=said(house_phone="13812340000"))
    exercise = await county.as_(Role.GRID_WORKER, GRID, Realm.EXERCISE)

    assert (await rows(county))["journal"] == before
    assert (await exercise.ask(LIST))["collectionSubmissions"] == {"edges": []}
    form = (await exercise.ask(FORM, grid=county.city.grids[GRID], reference="2-301"))["collectionForm"]
    assert form == {"subjectId": None, "fields": []}


async def test_the_register_is_open_to_who_plans_to_ask_for_something(county: Town) -> None:
    await the_form(county)
    anybody = await county.as_(Role.HANDLER, "320508-CG")
    asked = """query ($division: ID, $part: CollectionPart) { collectionFields(division: $division, part: $part) {
      edges { node { code owner { name } refreshDays consumers { reason } } } } }"""

    there = await anybody.ask(asked, division=county.city.divisions["320508"], part="BASE")
    elsewhere = await anybody.ask(asked, division=county.city.divisions["320102"])

    assert there["collectionFields"]["edges"] == [
        {"node": {"code": "house_phone", "owner": {"name": "姑苏区政法委"}, "refreshDays": 180,
                  "consumers": [{"reason": "联系住户"}, {"reason": "联系住户"}]}}
    ]  # fmt: skip
    assert elsewhere["collectionFields"]["edges"] == []


async def test_a_retired_field_is_asked_no_more_and_may_be_registered_anew(county: Town) -> None:
    await the_form(county)
    yj = await handler(county, "320508-YJ")

    retired = await yj.do("fieldRetire", PAYLOAD, field="house_gas")
    anew = await register(county, "320508-ZF", "house_gas_kind", "燃气使用", "GOVERNANCE")

    assert retired["field"]["version"] == 2
    assert anew["userErrors"] == []
    worker = await county.as_(Role.GRID_WORKER, GRID)
    assert (await submit(worker, county, values=said(house_gas="true")))["userErrors"][0]["code"] == "INVALID_INPUT"
