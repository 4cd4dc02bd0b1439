"""A promise is shown, has a clock of its own, and is kept or broken for everybody to see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from db.vocabulary import Role
from resolvers.timers import Timers
from schema import ids
from tests.city import POTHOLE, Speaker, Town
from tests.conftest import Clock
from tests.stories.walks import DONE, bring_to, cast, hand_in, rows

SEEN = """query ($id: ID!) { case(id: $id) { version state promisedAt
  commitments { id text state promisedAt keptAt unitName actorRole round }
  clocks(running: true) { kind dueAt } timeline { action actorRole note } } }"""


async def see(speaker: Speaker, case: dict[str, Any]) -> Any:
    return (await speaker.ask(SEEN, id=case["id"]))["case"]


async def promise(speaker: Speaker, case: dict[str, Any], at: str, text: str = "三天内修好") -> dict[str, Any]:
    return await speaker.act("caseCommit", case, text=text, promisedAt=at)


def later(town: Town, **by: float) -> str:
    return (town.clock() + timedelta(**by)).isoformat()


async def test_who_handed_a_case_in_sees_what_was_promised_by_whom_and_until_when(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    case = await promise(people.handler, case, later(town, days=3))
    await promise(people.dispatcher, case, later(town, days=1), "明天回电")

    seen = await see(people.resident, case)

    assert seen["promisedAt"] == "2026-03-12T02:00:00+00:00"
    assert [(one["text"], one["state"], one["unitName"], one["actorRole"]) for one in seen["commitments"]] == [
        ("三天内修好", "OPEN", "姑苏区城管局", "HANDLER"), ("明天回电", "OPEN", "姑苏区派遣员", "DISPATCHER"),
    ]  # fmt: skip
    assert [one["dueAt"] for one in seen["clocks"] if one["kind"] == "COMMITMENT"] == [
        "2026-03-14T02:00:00+00:00", "2026-03-12T02:00:00+00:00",
    ]  # fmt: skip
    assert [step["note"] for step in seen["timeline"] if step["action"] == "COMMIT"] == [None, None]


async def test_a_promise_is_kept_by_saying_so_or_by_completing_the_case(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    for days in (1, 2):
        case = await promise(people.handler, case, later(town, days=days))
    first, second = (await see(people.handler, case))["commitments"]

    case = await people.handler.act("caseKeepCommitment", case, commitmentId=first["id"])
    again = await people.handler.refused("caseKeepCommitment", case, commitmentId=first["id"])
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)

    seen = await see(people.resident, case)
    assert again == "NO_COMMITMENT"
    assert [(one["id"], one["state"]) for one in seen["commitments"]] == [
        (first["id"], "KEPT"), (second["id"], "KEPT"),
    ]  # fmt: skip
    assert (seen["promisedAt"], [one for one in seen["clocks"] if one["kind"] == "COMMITMENT"]) == (None, [])


async def test_a_promise_that_passes_is_broken_is_announced_and_stays_broken(town: Town, clock: Clock) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    case = await promise(people.handler, case, later(town, hours=10))
    timers = Timers(town.db, clock)
    clock.advance(timedelta(hours=8))
    await timers.act()
    clock.advance(timedelta(hours=3))
    await timers.act()

    seen = await see(people.resident, case)
    told = [step["action"] for step in seen["timeline"]]
    [broken] = seen["commitments"]
    kept = await people.handler.act(
        "caseKeepCommitment", {**case, "version": seen["version"]}, commitmentId=broken["id"]
    )

    assert told.count("NEAR_DUE") >= 1 and told.count("OVERDUE") >= 1
    assert (broken["state"], broken["keptAt"]) == ("BROKEN", None)
    [late] = (await see(people.resident, kept))["commitments"]
    assert (late["state"], late["keptAt"]) == ("BROKEN", "2026-03-11T13:00:00+00:00")


async def test_what_was_promised_of_a_case_that_ends_before_lapses(town: Town, clock: Clock) -> None:
    people = await cast(town)
    case = await hand_in(people)
    case = await promise(people.dispatcher, case, later(town, days=3))
    clock.advance(timedelta(days=1))
    await people.resident.act("caseWithdraw", case)
    clock.advance(timedelta(days=10))

    [found] = (await see(people.resident, case))["commitments"]

    assert found["state"] == "LAPSED"


async def test_a_refused_promise_writes_nothing_and_announces_nothing(town: Town) -> None:
    people = await cast(town)
    case, other = await bring_to(people, "IN_PROGRESS"), await bring_to(people, "IN_PROGRESS")
    ended = await bring_to(people, "CLOSED")
    other = await promise(people.handler, other, later(town, days=1))
    for days in range(1, 6):
        case = await promise(people.handler, case, later(town, days=days))
    [theirs] = (await see(people.handler, other))["commitments"]
    stranger = await town.as_(Role.HANDLER, "3205-SW")
    before = await rows(town, "idempotency_records")
    good = {"text": "尽快", "promisedAt": later(town, days=1)}

    found = [
        await people.handler.refused("caseCommit", other, **good | {"promisedAt": later(town)}),
        await people.handler.refused("caseCommit", other, **good | {"promisedAt": later(town, days=400)}),
        await people.handler.refused("caseCommit", other, **good | {"text": " "}),
        await people.handler.refused("caseCommit", other, **good | {"text": "x" * 201}),
        await people.handler.refused("caseCommit", other | {"version": 1}, **good),
        await people.handler.refused("caseCommit", case, **good),
        await people.resident.refused("caseCommit", other, **good),
        await people.intake.refused("caseCommit", other, **good),
        await stranger.refused("caseCommit", other, **good),
        await people.leader.refused("caseCommit", ended, **good),
        await people.handler.refused("caseKeepCommitment", case, commitmentId=theirs["id"]),
        await people.handler.refused("caseKeepCommitment", case, commitmentId=ids.global_id("Commitment", 9999)),
        await people.handler.refused("caseKeepCommitment", case, commitmentId="nonsense"),
        await people.resident.refused("caseKeepCommitment", other, commitmentId=theirs["id"]),
    ]

    assert found == [
        "DATE_IN_PAST", "INVALID_INPUT", "INVALID_INPUT", "INVALID_INPUT", "CONFLICT", "TOO_MANY", "FORBIDDEN",
        "FORBIDDEN", "NOT_FOUND", "ILLEGAL_ACTION", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "FORBIDDEN",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before


async def test_followers_and_walls_see_the_date_and_no_person(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, matter=POTHOLE, contact={"name": "张三丰"})
    li, wall = await town.as_(Role.RESIDENT, "li"), await town.as_(Role.DISPLAY, "3205")
    case = (await li.do("caseFollow", "case { id version }", caseId=case["id"]))["case"]
    await promise(people.dispatcher, case, later(town, days=1), "给张三丰回电 13812340000")

    by_follower, by_wall = await see(li, case), await see(wall, case)

    assert [one["text"] for one in by_follower["commitments"]] == ["给张**回电 ****"]
    assert [(one["text"], one["state"]) for one in by_wall["commitments"]] == [(None, "OPEN")]
    assert by_wall["promisedAt"] is not None


# -- templates, appeals, requests to reopen

TEMPLATES = """query ($case: ID!, $action: CaseAction! = RESPOND) {
  responseTemplates(case: $case, action: $action) { id code text isComplete } }"""


async def templates(town: Town) -> None:
    from sqlalchemy import insert  # noqa: PLC0415

    from db.templates import templates as table  # noqa: PLC0415
    from db.vocabulary import CaseAction, CaseKind  # noqa: PLC0415

    given = (
        ("T-ANY", None, None, None, "编号{number}已收到。"),
        ("T-KIND", CaseAction.RESPOND, CaseKind.DISPUTE, None, "纠纷由{unit}调解。"),
        ("T-MATTER", CaseAction.RESPOND, None, 2, "{matter}：{outcome}，{submitted}至{today}。"),
        ("T-OTHER", CaseAction.RESPOND, CaseKind.VOICE, None, "不适用"),
        ("T-VOID", CaseAction.VOID, None, None, "不再办理"),
    )
    async with town.db.write() as session:
        for code, action, kind, matter, text in given:
            row = {"code": code, "name": code, "action": action, "kind": kind, "matter_id": matter, "text": text}
            await session.execute(insert(table).values(**row))


async def test_templates_suit_the_case_and_are_filled_in_without_a_person(town: Town) -> None:
    people = await cast(town)
    await templates(town)
    case = await bring_to(people, "IN_PROGRESS", contact={"name": "张三丰"})

    found = (await people.handler.ask(TEMPLATES, case=case["id"]))["responseTemplates"]
    of_void = (await people.handler.ask(TEMPLATES, case=case["id"], action="VOID"))["responseTemplates"]

    assert [(one["code"], one["text"], one["isComplete"]) for one in found] == [
        ("T-MATTER", "邻里纠纷：……，2026年3月11日至2026年3月11日。", False),
        ("T-KIND", "纠纷由姑苏区城管局调解。", True),
        ("T-ANY", f"编号{case['number']}已收到。", True),
    ]  # fmt: skip
    assert [one["code"] for one in of_void] == ["T-VOID", "T-ANY"]
    for other in (people.resident, people.checker, await town.as_(Role.HANDLER, "3205-SW")):
        assert (await other.ask(TEMPLATES, case=case["id"]))["responseTemplates"] == []


async def test_a_case_is_answered_by_a_template_or_by_free_words(town: Town) -> None:
    people = await cast(town)
    await templates(town)
    case = await bring_to(people, "IN_PROGRESS")
    found = (await people.handler.ask(TEMPLATES, case=case["id"]))["responseTemplates"]
    by_code = {one["code"]: one["id"] for one in found}
    before = await rows(town, "idempotency_records")

    refused = [
        await people.handler.refused("caseRespond", case),
        await people.handler.refused("caseRespond", case, text="好", template=by_code["T-ANY"]),
        await people.handler.refused("caseRespond", case, template=by_code["T-MATTER"]),
        await people.handler.refused("caseRespond", case, template=ids.global_id("ResponseTemplate", 999)),
    ]
    unchanged = await rows(town, "idempotency_records") == before
    case = await people.handler.act("caseRespond", case, template=by_code["T-KIND"], selection="responses { text }")

    assert refused == ["INVALID_INPUT", "INVALID_INPUT", "INVALID_INPUT", "NOT_FOUND"]
    assert unchanged
    assert case["responses"] == [{"text": "纠纷由姑苏区城管局调解。"}]


APPEAL = "query ($id: ID!) { case(id: $id) { mayAppeal reopenUntil } }"


async def test_a_decline_can_be_appealed_in_time_and_the_request_is_found(town: Town, clock: Clock) -> None:
    people = await cast(town)
    case, closed = await hand_in(people), await bring_to(people, "CLOSED")
    asked = """query ($d: ID) { reopenRequests(division: $d) { totalCount edges { node { id
      clocks(running: true) { kind } } } } }"""
    early = (await people.resident.ask(APPEAL, id=case["id"]))["case"]
    case = await people.intake.act(
        "caseDecline", case, reason="OUT_OF_SCOPE", outcome="NOT_OURS", disposition=DONE, response="不受理",
        suggestedChannel="12345",
    )  # fmt: skip

    mine = (await people.resident.ask(APPEAL, id=case["id"]))["case"]
    theirs = (await people.intake.ask(APPEAL, id=case["id"]))["case"]
    of_closed = (await people.resident.ask(APPEAL, id=closed["id"]))["case"]
    clock.advance(timedelta(days=15))
    await people.resident.act("caseRequestReopen", case, reason="属于受理范围")
    found = (await people.leader.ask(asked, d=town.city.divisions["320508"]))["reopenRequests"]
    clock.advance(timedelta(seconds=1))
    late = (await people.resident.ask(APPEAL, id=closed["id"]))["case"]

    assert early == {"mayAppeal": False, "reopenUntil": None}
    assert mine == {"mayAppeal": True, "reopenUntil": "2026-03-26T02:00:00+00:00"}
    assert theirs == {"mayAppeal": False, "reopenUntil": "2026-03-26T02:00:00+00:00"}
    assert of_closed == {"mayAppeal": False, "reopenUntil": "2026-03-26T02:00:00+00:00"}
    assert [(edge["node"]["id"], edge["node"]["clocks"]) for edge in found["edges"]] == [
        (case["id"], [{"kind": "REOPEN"}])
    ]
    assert late["mayAppeal"] is False
    assert (await (await town.as_(Role.SHIFT_LEADER, "3201")).ask(asked))["reopenRequests"]["totalCount"] == 0
