"""Centres in their line, shifts that end with two signatures, and nothing urgent left unseen between them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from db.vocabulary import Realm, Role
from tests.city import GAS, POTHOLE, Speaker, Town, key
from tests.stories.walks import NEXT_GRID, UNIT, bring_to, cast, feed_read, hand_in, rows

PROVINCE, CITY, COUNTY, NEIGHBOUR, NO_CENTRE = "32", "3205", "320508", "320506", "320102"
SHIFT = """shift { id version state leaderName plannedEndAt handedOverAt handedOverName endedAt note
  handover { asOf until parts { kind count items { number title state since dueAt } } } }"""
CENTRE = """query ($at: ID!) { centre(division: $at) { name level division { code } parent { division { code } }
  children { division { code } } capabilities seats { duty department { code } } currentShift { id leaderName }
  shifts { edges { node { id state takenOverName } } } } }"""
HANDOVER = """query ($at: ID!) { shiftHandover(centre: $at) { asOf until
  parts { kind count items { number title state since dueAt } } } }"""


def tonight(town: Town, hours: int = 8) -> str:
    return (town.clock() + timedelta(hours=hours)).isoformat()


async def leader_of(town: Town, code: str = COUNTY, name: str = "early") -> Speaker:
    return await town.as_(Role.SHIFT_LEADER, code, principal=name)


async def started(town: Town, leader: Speaker, code: str = COUNTY) -> Any:
    payload = await leader.do("shiftStart", SHIFT, centre=town.city.divisions[code], plannedEndAt=tonight(town))
    assert payload["userErrors"] == [], payload
    return payload["shift"]


async def done(speaker: Speaker, mutation: str, shift: Any, **more: Any) -> Any:
    given = {"shiftId": shift["id"], "expectedVersion": shift["version"]} | more
    return await speaker.do(mutation, SHIFT, **given)


async def code_of(speaker: Speaker, mutation: str, shift: Any, **more: Any) -> str:
    payload = await done(speaker, mutation, shift, **more)
    assert payload["shift"] is None
    [error] = payload["userErrors"]
    return str(error["code"])


async def centre(speaker: Speaker, town: Town, code: str) -> Any:
    return (await speaker.ask(CENTRE, at=town.city.divisions[code]))["centre"]


# -- where a centre stands


async def test_a_county_centre_sees_its_superior_and_its_towns_but_not_its_neighbour(town: Town) -> None:
    county, city = await town.as_(Role.DISPATCHER, COUNTY), await town.as_(Role.DISPATCHER, CITY)

    mine, above = await centre(county, town, COUNTY), await centre(county, town, CITY)
    from_above = await centre(city, town, CITY)
    listed = (await county.ask("{ centres { edges { node { division { code } } } } }"))["centres"]["edges"]
    all_listed = (await city.ask("{ centres { edges { node { division { code } } } } }"))["centres"]["edges"]

    assert (mine["name"], mine["level"], mine["parent"]) == ("姑苏区指挥中心", "COUNTY", {"division": {"code": CITY}})
    assert above["children"] == [{"division": {"code": COUNTY}}]
    assert from_above["children"] == [{"division": {"code": NEIGHBOUR}}, {"division": {"code": COUNTY}}]
    assert await centre(county, town, NEIGHBOUR) is None
    assert await centre(await town.as_(Role.COMMANDER, PROVINCE), town, NO_CENTRE) is None
    assert [edge["node"]["division"]["code"] for edge in listed] == [CITY, COUNTY]
    assert [edge["node"]["division"]["code"] for edge in all_listed] == [CITY, NEIGHBOUR, COUNTY]


@pytest.mark.parametrize(
    ("role", "code", "sees"),
    [
        (Role.GRID_WORKER, "320508019044001", True),
        (Role.COMMUNITY_WORKER, "320508019044", True),
        (Role.HANDLER, UNIT, True),
        (Role.GRID_WORKER, "320506001001001", False),
        (Role.RESIDENT, "zhang", False),
        (Role.PROVIDER_STAFF, "SP-1", False),
    ],
)
async def test_who_works_below_a_centre_knows_of_it_but_not_of_its_shift(
    town: Town, role: Role, code: str, sees: bool
) -> None:
    await started(town, await leader_of(town))
    speaker = await town.as_(role, code)

    found = await centre(speaker, town, COUNTY)

    assert (found is not None) is sees
    if sees:
        assert (found["currentShift"], found["shifts"]["edges"]) == (None, [])
    assert (await speaker.ask(HANDOVER, at=town.city.divisions[COUNTY]))["shiftHandover"] is None


async def test_a_centre_has_the_functions_and_seats_it_was_given(town: Town) -> None:
    commander, city = await town.as_(Role.COMMANDER, CITY), town.city

    async def arranged(speaker: Speaker, at: str, unit: str, **more: Any) -> Any:
        given = {
            "centre": city.divisions[at],
            "capabilities": ["REVIEW", "COMMAND", "COMMAND"],
            "seats": [{"department": city.departments[unit], "duty": "城市管理"}],
        }
        payload = await speaker.do("centreArrange", "centre { capabilities seats { duty } }", **(given | more))
        return payload["userErrors"][0]["code"] if payload["userErrors"] else payload["centre"]

    first = await arranged(commander, COUNTY, UNIT)
    again = await arranged(commander, COUNTY, "3205-SW", capabilities=[])
    before = await rows(town, "idempotency_records")
    refused = [
        await arranged(await town.as_(Role.COMMANDER, NEIGHBOUR), COUNTY, UNIT),
        await arranged(await town.as_(Role.SHIFT_LEADER, COUNTY), COUNTY, UNIT),
        await arranged(commander, NO_CENTRE, UNIT),
        await arranged(commander, NEIGHBOUR, UNIT),
        await arranged(commander, COUNTY, UNIT, seats=[{"department": city.departments[UNIT], "duty": " "}]),
    ]

    assert first == {"capabilities": ["COMMAND", "REVIEW"], "seats": [{"duty": "城市管理"}]}
    assert again == {"capabilities": [], "seats": [{"duty": "城市管理"}]}
    assert refused == ["NOT_FOUND", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "INVALID_INPUT"]
    assert await rows(town, "idempotency_records") == before
    assert (await centre(commander, town, COUNTY))["seats"] == [
        {"duty": "城市管理", "department": {"code": "3205-SW"}}
    ]


# -- shifts


async def test_a_shift_ends_with_two_signatures_and_keeps_what_was_handed_over(town: Town) -> None:
    people, early, late = await cast(town), await leader_of(town), await leader_of(town, name="late")
    shift = await started(town, early)
    urgent = await people.dispatcher.act("caseAcknowledge", await hand_in(people, matter=GAS))
    unsigned = await bring_to(people, "DISPATCHED")
    town.clock.advance(timedelta(hours=7))

    handed = (await done(early, "shiftHandOver", shift, note="燃气公司 20 点回电"))["shift"]
    closed_since = await people.leader.act("caseVoid", urgent, reason="误报", response="误报，已核实")
    taken = (await done(late, "shiftTakeOver", handed, plannedEndAt=tonight(town, 12)))["shift"]

    parts = {part["kind"]: part for part in handed["handover"]["parts"]}
    assert (handed["state"], handed["version"], handed["note"]) == ("HANDED_OVER", 2, "燃气公司 20 点回电")
    assert [item["number"] for item in parts["URGENT"]["items"]] == [urgent["number"]]
    assert parts["UNSIGNED"]["items"] == [
        {
            "number": unsigned["number"], "title": "邻里纠纷 · 二郎巷社区居委会第1网格", "state": "DISPATCHED",
            "since": "2026-03-11T02:00:00+00:00", "dueAt": "2026-03-18T02:00:00+00:00",
        }
    ]  # fmt: skip
    assert (parts["DUE"]["count"], parts["HOP"]["count"]) == (0, 0)
    assert handed["handover"]["until"] == "2026-03-11T18:00:00+00:00"
    assert (taken["state"], taken["version"], taken["handover"]) == ("ON_DUTY", 1, None)
    said = "query ($at: ID!) { centre(division: $at) { shifts { edges { node { note } } } } }"
    notes = [
        (await one.ask(said, at=town.city.divisions[COUNTY]))["centre"]["shifts"]["edges"][1]["node"]["note"]
        for one in (late, await town.as_(Role.DISPLAY, COUNTY))
    ]
    assert notes == ["燃气公司 20 点回电", None]
    found = await centre(late, town, COUNTY)
    assert found["currentShift"]["id"] == taken["id"] != shift["id"]
    assert [(edge["node"]["state"], edge["node"]["takenOverName"]) for edge in found["shifts"]["edges"]] == [
        ("ON_DUTY", None), ("ENDED", "姑苏区值班长"),
    ]  # fmt: skip
    kept = """query ($at: ID!) { centre(division: $at) { shifts { edges { node {
      handover { parts { kind items { number } } } } } } } }"""
    last = (await late.ask(kept, at=town.city.divisions[COUNTY]))["centre"]["shifts"]["edges"][1]["node"]
    assert last["handover"]["parts"][0]["items"] == [{"number": closed_since["number"]}]


async def test_no_shift_ends_on_an_urgent_case_that_nobody_has_seen(town: Town) -> None:
    people, early, late = await cast(town), await leader_of(town), await leader_of(town, name="late")
    shift = await started(town, early)
    first, second = await hand_in(people, matter=GAS), await hand_in(people, matter=GAS)
    elsewhere = await hand_in(people, matter=GAS, grid="320506001001001")
    before = await rows(town, "idempotency_records")

    payload = await done(early, "shiftHandOver", shift)

    [error] = payload["userErrors"]
    assert error["code"] == "URGENT_UNACKNOWLEDGED"
    numbers = f"{first['number']}、{second['number']}"
    assert error["message"] == f"还有 2 件紧急事件无人确认：{numbers}；请先确认再交接班。"
    assert await rows(town, "idempotency_records") == before

    for case in (first, second):
        await early.act("caseAcknowledge", case)
    handed = (await done(early, "shiftHandOver", shift))["shift"]
    newcomer = await hand_in(people, matter=GAS, grid=NEXT_GRID)
    assert await code_of(late, "shiftTakeOver", handed, plannedEndAt=tonight(town)) == "URGENT_UNACKNOWLEDGED"
    await late.act("caseAcknowledge", newcomer)
    assert (await done(late, "shiftTakeOver", handed, plannedEndAt=tonight(town)))["userErrors"] == []
    assert elsewhere["state"] == "SUBMITTED"  # the neighbour's to acknowledge


async def test_the_handover_names_what_falls_due_and_what_came_from_another_level(town: Town) -> None:
    people, early = await cast(town), await leader_of(town)
    due = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)  # two working days
    other = await bring_to(people, "ACCEPTED")
    for hours in (50, 90):  # the second is not yet due when the next shift ends
        moment = (town.clock() + timedelta(hours=hours)).isoformat()
        due = await people.handler.act("caseCommit", due, text="修好路灯", promisedAt=moment)
    up = await people.dispatcher.act("caseEscalate", other, reason="上交")
    down = await people.city_dispatcher.act("caseReceiveHop", up)
    town.clock.advance(timedelta(days=1, hours=23))
    await people.city_dispatcher.act("caseAssignDown", down, centre=town.city.divisions[COUNTY], reason="请牵头")

    found = (await early.ask(HANDOVER, at=town.city.divisions[COUNTY]))["shiftHandover"]

    numbers = {part["kind"]: [item["number"] for item in part["items"]] for part in found["parts"]}
    assert numbers == {
        "URGENT": [], "DUE": [due["number"]], "UNSIGNED": [], "HOP": [other["number"]],
        "COMMITMENT": [due["number"]], "ORDER": [],
    }  # fmt: skip
    assert found["until"] == "2026-03-13T13:00:00+00:00"  # nobody on duty: twelve hours are looked ahead


async def test_two_people_sign_and_each_only_for_themselves(town: Town) -> None:
    early, late = await leader_of(town), await leader_of(town, name="late")
    neighbour, city = await leader_of(town, NEIGHBOUR, "neighbour"), await leader_of(town, CITY, "city")
    intake = await town.as_(Role.INTAKE_OFFICER, COUNTY)
    exercise = await town.as_(Role.SHIFT_LEADER, COUNTY, Realm.EXERCISE, principal="early")
    shift = await started(town, early)
    until = {"plannedEndAt": tonight(town)}
    before = await rows(town, "idempotency_records")

    refused = [
        await code_of(late, "shiftHandOver", shift),
        await code_of(neighbour, "shiftHandOver", shift),
        await code_of(exercise, "shiftHandOver", shift),
        await code_of(city, "shiftHandOver", shift),
        await code_of(early, "shiftHandOver", shift | {"version": 7}),
        await code_of(late, "shiftTakeOver", shift, **until),
        await code_of(early, "shiftHandOver", {"id": "nonsense", "version": 1}),
        await code_of(early, "shiftHandOver", shift, note="x" * 1_001),
    ]
    assert refused == [
        "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN", "CONFLICT", "SHIFT_STATE", "NOT_FOUND", "INVALID_INPUT",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before

    handed = (await done(early, "shiftHandOver", shift))["shift"]
    before = await rows(town, "idempotency_records")
    refused = [
        await code_of(early, "shiftTakeOver", handed, **until),
        await code_of(city, "shiftTakeOver", handed, **until),
        await code_of(intake, "shiftTakeOver", handed, **until),
        await code_of(late, "shiftTakeOver", shift, **until),
        await code_of(late, "shiftTakeOver", handed, plannedEndAt="2020-01-01T00:00:00Z"),
        await code_of(late, "shiftTakeOver", handed, plannedEndAt=tonight(town, 49)),
    ]
    assert refused == [
        "OWN_HANDOVER", "FORBIDDEN", "FORBIDDEN", "CONFLICT", "DATE_IN_PAST", "INVALID_INPUT",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before


async def test_a_commander_hands_over_for_a_leader_who_is_gone(town: Town) -> None:
    shift = await started(town, await leader_of(town))
    commander = await town.as_(Role.COMMANDER, CITY)

    handed = (await done(commander, "shiftHandOver", shift, note="值班长临时就医"))["shift"]

    assert (handed["state"], handed["leaderName"], handed["handedOverName"]) == (
        "HANDED_OVER", "姑苏区值班长", "苏州市指挥长",
    )  # fmt: skip


async def test_a_centre_has_one_shift_on_duty_whoever_begins_one(town: Town) -> None:
    leaders = [await leader_of(town, name=name) for name in ("a", "b", "c")]
    given = {"centre": town.city.divisions[COUNTY], "plannedEndAt": tonight(town)}

    payloads = await asyncio.gather(*(leader.do("shiftStart", SHIFT, **given) for leader in leaders))

    assert sorted(error["code"] for payload in payloads for error in payload["userErrors"]) == ["SHIFT_RUNNING"] * 2
    assert len((await rows(town))["shifts"]) == 1


async def test_of_two_who_take_over_at_once_one_is_on_duty(town: Town) -> None:
    early = await leader_of(town)
    handed = (await done(early, "shiftHandOver", await started(town, early)))["shift"]
    late = [await leader_of(town, name=name) for name in ("a", "b")]

    payloads = await asyncio.gather(*(done(one, "shiftTakeOver", handed, plannedEndAt=tonight(town)) for one in late))

    assert sorted(error["code"] for payload in payloads for error in payload["userErrors"]) == ["CONFLICT"]
    assert len((await rows(town))["shifts"]) == 2


async def test_only_the_own_leader_begins_a_shift(town: Town) -> None:
    before = await rows(town, "idempotency_records")

    async def code(speaker: Speaker, at: str, **more: Any) -> str:
        given = {"centre": town.city.divisions[at], "plannedEndAt": tonight(town)} | more
        [error] = (await speaker.do("shiftStart", SHIFT, **given))["userErrors"]
        return str(error["code"])

    found = [
        await code(await leader_of(town, CITY), COUNTY),
        await code(await leader_of(town, NEIGHBOUR), COUNTY),
        await code(await town.as_(Role.DISPATCHER, COUNTY), COUNTY),
        await code(await leader_of(town, NO_CENTRE), NO_CENTRE),
        await code(await leader_of(town), COUNTY, centre="nonsense"),
        await code(await leader_of(town), COUNTY, plannedEndAt="2020-01-01T00:00:00Z"),
    ]

    assert found == ["FORBIDDEN", "NOT_FOUND", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "DATE_IN_PAST"]
    assert await rows(town, "idempotency_records") == before


async def test_the_same_key_hands_over_once(town: Town) -> None:
    early, mine = await leader_of(town), key()
    shift = await started(town, early)

    first, again = [await done(early, "shiftHandOver", shift, idempotencyKey=mine) for _ in range(2)]

    assert (first["shift"]["version"], first) == (2, again)


async def test_a_wall_hears_of_the_shift_without_asking_again(town: Town) -> None:
    early, late, wall = (
        await leader_of(town), await leader_of(town, name="late"), await town.as_(Role.DISPLAY, COUNTY),
    )  # fmt: skip
    stream = await wall.follow(
        "subscription ($at: ID!) { shiftChanged(centre: $at) { state leaderName } }", at=town.city.divisions[COUNTY]
    )

    async def heard() -> Any:
        async with asyncio.timeout(60):
            return (await anext(stream)).data["shiftChanged"]

    told = [await heard()]
    shift = await started(town, early)
    told.append(await heard())
    handed = (await done(early, "shiftHandOver", shift))["shift"]
    told.append(await heard())
    await done(late, "shiftTakeOver", handed, plannedEndAt=tonight(town))
    await feed_read(town)
    told.append(await heard())
    await stream.aclose()

    assert [one and one["state"] for one in told] == [None, "ON_DUTY", "HANDED_OVER", "ON_DUTY"]
