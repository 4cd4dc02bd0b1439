"""Units that disagree whose a case is, and the superior who decides it for good."""

from __future__ import annotations

from typing import Any

from db.vocabulary import Realm, Role
from tests.city import POTHOLE, Speaker, Town
from tests.graph.test_merging import fresh, heard, now
from tests.stories.walks import CITY_UNIT, DONE, OTHER_UNIT, UNIT, Cast, bring_to, cast, hand_in, rows

FAR_UNIT = "320102-CG"
SEE = """query ($id: ID!) { case(id: $id) { version state isRuled returns availableActions rulingBy { code }
  responsibleUnit { code }
  views { round version department { code } proposes { code } reason at }
  rulings { round version division { code } department { code } unitsInDispute { code } matter { code } legalBasis
            reason at case { id } } } }"""
LIST = """query ($division: ID, $matter: ID, $first: Int = 20, $after: PageCursor) {
  rulings(division: $division, matter: $matter, first: $first, after: $after) {
    edges { node { id reason case { id } } } pageInfo { hasNextPage endCursor } } }"""


async def see(speaker: Speaker, case: dict[str, Any]) -> Any:
    return (await speaker.ask(SEE, id=case["id"]))["case"]


async def sent_back(people: Cast, case: dict[str, Any], unit: str, proposed: str) -> dict[str, Any]:
    """The unit that has the case returns it; the case as the city's dispatcher sees it."""
    handler = await people.town.as_(Role.HANDLER, unit)
    payload = await handler.do(
        "caseReturn",
        caseId=case["id"],
        expectedVersion=(await fresh(people.leader, case))["version"],
        reason="不属我局职责",
        proposedDepartment=people.town.city.departments[proposed],
    )
    assert payload["userErrors"] == [], payload
    return await fresh(people.leader, case)


async def given_to(people: Cast, case: dict[str, Any], unit: str) -> dict[str, Any]:
    department = people.town.city.departments[unit]
    await people.dispatcher.act("caseDispatch", await fresh(people.dispatcher, case), department=department)
    return await fresh(people.leader, case)


async def disputed(people: Cast, other: str = OTHER_UNIT, **more: Any) -> dict[str, Any]:
    """Returned by two units that name each other."""
    case = await sent_back(people, await bring_to(people, "DISPATCHED", **more), UNIT, other)
    return await sent_back(people, await given_to(people, case, other), other, UNIT)


async def test_two_units_that_name_each_other_need_a_ruling_of_their_common_superior(town: Town) -> None:
    people = await cast(town)
    units = town.city.departments
    case = await disputed(people)

    seen = await see(people.dispatcher, case)
    done = await people.dispatcher.do(
        "caseDispatch", caseId=case["id"], expectedVersion=case["version"], department=units[UNIT]
    )
    await people.commander.act(
        "caseRule", case, department=units[UNIT], reason="路面养护归城管", legalBasis="权责清单第12项"
    )

    assert (seen["returns"], seen["rulingBy"]) == (2, {"code": "320508"})
    assert "DISPATCH" not in seen["availableActions"]
    [error] = done["userErrors"]
    assert (error["code"], error["message"]) == (
        "RULING_REQUIRED", "各单位对权责意见不一，请由姑苏区指挥长作权责裁定。",
    )  # fmt: skip
    assert [(one["department"]["code"], one["proposes"]["code"], one["reason"]) for one in seen["views"]] == [
        (UNIT, OTHER_UNIT, "不属我局职责"), (OTHER_UNIT, UNIT, "不属我局职责"),
    ]  # fmt: skip
    ruled = await see(people.handler, case)
    assert (ruled["state"], ruled["isRuled"], ruled["rulingBy"]) == ("DISPATCHED", True, None)
    assert ruled["rulings"] == [
        {
            "round": 1, "version": case["version"] + 1, "division": {"code": "3205"}, "department": {"code": UNIT},
            "unitsInDispute": [{"code": UNIT}, {"code": OTHER_UNIT}], "matter": {"code": "M-DISPUTE"},
            "legalBasis": "权责清单第12项", "reason": "路面养护归城管", "at": town.clock().isoformat(),
            "case": {"id": case["id"]},
        }
    ]  # fmt: skip


async def test_a_commander_below_the_common_superior_may_not_rule(town: Town) -> None:
    people = await cast(town)
    units = town.city.departments
    county = await town.as_(Role.COMMANDER, "320508")
    province = await town.as_(Role.COMMANDER, "32")
    case = await disputed(people, CITY_UNIT)
    since, before = await now(people.leader), await rows(town, "idempotency_records")

    seen = await see(county, case)
    payload = await county.do(
        "caseRule", caseId=case["id"], expectedVersion=case["version"], department=units[UNIT], reason="x"
    )

    [error] = payload["userErrors"]
    assert (error["code"], error["message"]) == (
        "NOT_THE_COMMON_SUPERIOR", "争议单位不都属于您的辖区，须由苏州市或其上级指挥长裁定。",
    )  # fmt: skip
    assert (seen["rulingBy"], "RULE" in seen["availableActions"]) == ({"code": "3205"}, False)
    assert await rows(town, "idempotency_records") == before
    assert await heard(town, people.leader, since) == []
    assert "RULE" in (await see(people.commander, case))["availableActions"]
    ruled = await province.act("caseRule", case, "rulings { division { code } }", department=units[UNIT], reason="定")
    assert ruled["rulings"] == [{"division": {"code": "32"}}]


async def test_a_ruling_binds_the_unit_and_the_dispatcher(town: Town) -> None:
    people = await cast(town)
    units = town.city.departments
    case = await disputed(people)
    case = await people.commander.act("caseRule", case, department=units[UNIT], reason="定")
    before = await rows(town, "idempotency_records")

    found = [
        await people.handler.refused("caseReturn", case, reason="不", proposedDepartment=units[OTHER_UNIT]),
        await people.dispatcher.refused("caseReassign", case, reason="不", department=units[OTHER_UNIT]),
        await people.commander.refused("caseRule", case, reason="再定", department=units[OTHER_UNIT]),
    ]

    assert found == ["RULING_BINDS", "RULING_BINDS", "ILLEGAL_ACTION"]
    assert await rows(town, "idempotency_records") == before
    case = await people.handler.act("caseSign", case)
    case = await people.handler.act("caseStart", case)
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    assert case["state"] == "HANDLED"


async def test_who_agrees_whose_it_is_needs_no_ruling(town: Town) -> None:
    people = await cast(town)
    case = await sent_back(people, await bring_to(people, "DISPATCHED"), UNIT, CITY_UNIT)
    case = await sent_back(people, await given_to(people, case, OTHER_UNIT), OTHER_UNIT, CITY_UNIT)

    seen = await see(people.dispatcher, case)
    case = await given_to(people, case, CITY_UNIT)
    assert (seen["returns"], seen["rulingBy"], case["state"]) == (2, None, "DISPATCHED")

    case = await sent_back(people, case, CITY_UNIT, UNIT)
    assert (await see(people.dispatcher, case))["rulingBy"] == {"code": "3205"}
    assert await people.dispatcher.refused("caseDispatch", case, department=town.city.departments[UNIT]) == (
        "RULING_REQUIRED"
    )


async def test_a_unit_that_is_given_the_same_twice_disputes_with_nobody(town: Town) -> None:
    people = await cast(town)
    case = await sent_back(people, await bring_to(people, "DISPATCHED"), UNIT, OTHER_UNIT)

    case = await sent_back(people, await given_to(people, case, UNIT), UNIT, OTHER_UNIT)

    assert (await see(people.dispatcher, case))["rulingBy"] is None
    assert (await given_to(people, case, OTHER_UNIT))["state"] == "DISPATCHED"


async def test_a_ruling_may_name_a_unit_of_another_place_that_is_in_dispute_and_no_other(town: Town) -> None:
    people = await cast(town)
    units = town.city.departments
    province = await town.as_(Role.COMMANDER, "32")
    far = await town.as_(Role.HANDLER, FAR_UNIT)
    case = await sent_back(people, await bring_to(people, "DISPATCHED"), UNIT, FAR_UNIT)
    code = await people.commander.refused("caseDispatch", case, department=units[FAR_UNIT])
    assert (code, await people.dispatcher.refused("caseDispatch", case, department=units[FAR_UNIT])) == (
        "FORBIDDEN", "NOT_FOUND",
    )  # fmt: skip
    case = await sent_back(people, await given_to(people, case, OTHER_UNIT), OTHER_UNIT, UNIT)
    assert (await see(people.leader, case))["rulingBy"] == {"code": "32"}

    assert await people.commander.refused("caseRule", case, department=units[FAR_UNIT], reason="x") == (
        "NOT_THE_COMMON_SUPERIOR"
    )
    case = await province.act("caseRule", case, department=units[FAR_UNIT], reason="界桩以东归玄武")

    assert (await far.act("caseSign", case))["state"] == "SIGNED"
    undisputed = await sent_back(people, await bring_to(people, "DISPATCHED"), UNIT, OTHER_UNIT)
    assert await province.refused("caseRule", undisputed, department=units[FAR_UNIT], reason="x") == "NOT_FOUND"


async def test_a_new_round_starts_without_old_views(town: Town) -> None:
    people = await cast(town)
    case = await disputed(people)
    case = await people.dispatcher.act(
        "caseDecline", case, reason="OUT_OF_SCOPE", outcome="NOT_OURS", disposition=DONE, response="不归我们",
        suggestedChannel="12345",
    )  # fmt: skip
    case = await people.resident.act("caseRequestReopen", case, reason="请再看看")
    case = await people.leader.act("caseReopen", case, reason="采纳")
    case = await people.intake.act("caseRegister", case)
    await given_to(people, case, OTHER_UNIT)

    case = await sent_back(people, case, OTHER_UNIT, UNIT)

    seen = await see(people.dispatcher, case)
    assert seen["rulingBy"] is None
    assert [one["round"] for one in seen["views"]] == [1, 1, 2]


async def test_reasons_of_views_and_rulings_are_not_for_submitters_and_events(town: Town) -> None:
    people = await cast(town)
    case = await disputed(people)
    since = await now(people.leader)
    unit = town.city.departments[UNIT]
    await people.commander.act("caseRule", case, department=unit, reason="定", legalBasis="清单")

    shown = await see(people.resident, case)
    await heard(town, people.leader, since)
    below = (
        await people.leader.ask(
            "query ($after: EventCursor!) { caseEvents(after: $after) { events { case { views { reason } "
            "rulings { reason legalBasis } } } } }",
            after=since,
        )
    )["caseEvents"]["events"]

    assert [one["reason"] for one in shown["views"] + shown["rulings"]] == [None, None, None]
    assert shown["rulings"][0]["legalBasis"] == "清单"
    assert below == [{"case": {"views": [{"reason": None}] * 2, "rulings": [{"reason": None, "legalBasis": "清单"}]}}]


async def test_precedents_are_listed_by_place_and_matter_for_who_may_see_their_cases(town: Town) -> None:
    people = await cast(town)
    unit = town.city.departments[UNIT]
    made = []
    for matter in (None, POTHOLE, None):
        case = await disputed(people, **({} if matter is None else {"matter": matter}))
        await people.commander.act("caseRule", case, department=unit, reason=f"第{len(made) + 1}次")
        made.append(case["id"])
    exercise = await cast(town, Realm.EXERCISE)
    played = await bring_to(exercise, "REGISTERED")

    async def listed(speaker: Speaker, **given: Any) -> list[str]:
        edges = (await speaker.ask(LIST, **given))["rulings"]["edges"]
        assert all(edge["node"]["case"] for edge in edges)
        return [edge["node"]["reason"] for edge in edges]

    divisions = town.city.divisions
    assert await listed(people.dispatcher) == ["第3次", "第2次", "第1次"]
    assert await listed(people.dispatcher, matter=town.city.matters[POTHOLE]) == ["第2次"]
    assert await listed(people.commander, division=divisions["320508"]) == ["第3次", "第2次", "第1次"]
    assert await listed(people.commander, division=divisions["320506"]) == []
    assert await listed(people.commander, division=town.city.grids["320508019044001"]) == []
    assert await listed(people.handler) == ["第3次", "第2次", "第1次"]
    assert await listed(people.other_handler) == []
    assert await listed(await town.as_(Role.COMMANDER, "3201")) == []
    assert await listed(exercise.leader) == [] and played
    assert await listed(people.resident) == [None] * 3
    first = (await people.leader.ask(LIST, first=2))["rulings"]
    assert first["pageInfo"]["hasNextPage"] is True
    rest = await listed(people.leader, first=2, after=first["pageInfo"]["endCursor"])
    assert rest == ["第1次"]


async def test_a_provider_that_works_elsewhere_is_not_there(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, grid="320102002001001")
    leader = await town.as_(Role.INTAKE_OFFICER, "3201")
    case = await leader.act("caseRegister", case)
    dispatcher = await town.as_(Role.DISPATCHER, "3201")
    case = await dispatcher.act("caseDispatch", case, department=town.city.departments[FAR_UNIT])
    far = await town.as_(Role.HANDLER, FAR_UNIT)
    case = await far.act("caseStart", await far.act("caseSign", case))
    before = await rows(town, "idempotency_records")

    code = await far.refused(
        "caseOutsource", case, serviceProvider=town.city.providers["SP-1"], task="x", reason="HEAVY_LOAD"
    )

    assert code == "NOT_FOUND"
    assert await rows(town, "idempotency_records") == before
