"""Following instead of handing in again; urging, and being heard once a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from db.vocabulary import Realm, Role
from resolvers.photos import find_photo
from resolvers.rules.policy import Policy
from schema import ids
from tests.city import DISPUTE, GAS, POTHOLE, Speaker, Town
from tests.stories.walks import FAR_GRID, GRID, NEXT_GRID, bring_to, cast, feed_read, hand_in, photo, rows

TO_FOLLOW = """query ($matter: ID!, $grid: ID!) { casesToFollow(matter: $matter, grid: $grid) {
  caseId number title plainStage followers isInView } }"""
SEEN = """query ($id: ID!) { case(id: $id) { version plainStage isFollowed followerCount urges urgedAt description
  address point { latitude } submitter { name phone } evidence { id } availableActions
  responses { text } dispositions { text } timeline { action note } urgings { isFollower note } } }"""
MINE = {"matter": POTHOLE, "address": "双塔街道8号", "contact": {"name": "张三丰", "phone": "13812340000"}}


async def see(speaker: Speaker, case: dict[str, Any]) -> Any:
    return (await speaker.ask(SEEN, id=case["id"]))["case"]


async def follow(speaker: Speaker, case: dict[str, Any], **more: Any) -> Any:
    return await speaker.do("caseFollow", "case { id version }", caseId=case["id"], **more)


async def test_a_resident_finds_an_open_case_and_follows_it_instead_of_handing_it_in_again(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, **MINE)
    li = await town.as_(Role.RESIDENT, "li")
    asked = {"matter": town.city.matters[POTHOLE], "grid": town.city.grids[GRID]}

    [found] = (await li.ask(TO_FOLLOW, **asked))["casesToFollow"]
    payload = await follow(li, case)

    assert found == {
        "caseId": case["id"], "number": case["number"], "title": "道路破损 · 二郎巷社区居委会第1网格",
        "plainStage": "RECEIVED", "followers": 0, "isInView": False,
    }  # fmt: skip
    assert payload == {"case": {"id": case["id"], "version": 2}, "userErrors": []}
    [again] = (await li.ask(TO_FOLLOW, **asked))["casesToFollow"]
    assert (again["followers"], again["isInView"]) == (1, True)
    assert len((await li.ask("{ cases { edges { node { id } } } }"))["cases"]["edges"]) == 1


async def test_a_follower_sees_how_it_goes_and_never_what_the_submitter_wrote(town: Town) -> None:
    people = await cast(town)
    sent = await photo(people.resident)
    case = await hand_in(people, **MINE, evidence=[{"id": sent, "kind": "BEFORE"}])
    li = await town.as_(Role.RESIDENT, "li")
    case = (await follow(li, case))["case"]
    case = await people.intake.act("caseRegister", case)
    await people.intake.act("caseRespond", case, text="张三丰您好，已转办，请致电 0512-65221234。")

    seen = await see(li, case)

    assert seen["responses"] == [{"text": "张**您好，已转办，请致电 ****。"}]
    assert (seen["plainStage"], seen["isFollowed"], seen["followerCount"]) == ("IN_HAND", True, 1)
    assert (seen["description"], seen["address"], seen["point"], seen["evidence"]) == (None, None, None, [])
    assert seen["submitter"] == {"name": None, "phone": None}
    assert seen["availableActions"] == ["UNFOLLOW", "URGE"]
    assert [(step["action"], step["note"]) for step in seen["timeline"]][-1] == ("RESPOND", None)
    assert (await see(people.resident, case))["responses"][0]["text"].startswith("张三丰您好")
    assert await find_photo(town.db, li.viewer, sent) is None
    assert await find_photo(town.db, people.intake.viewer, sent) is not None


async def test_events_reach_followers_from_the_moment_they_follow_until_they_stop(town: Town) -> None:
    people = await cast(town)
    li = await town.as_(Role.RESIDENT, "li")
    start = (await li.ask("{ cases(first: 1) { cursor } }"))["cases"]["cursor"]
    case = await hand_in(people, **MINE)
    await follow(li, case)
    await people.intake.act("caseRegister", case | {"version": 2})
    gone = await li.do("caseUnfollow", "case { id }", caseId=case["id"])
    await people.dispatcher.do(
        "caseDispatch", caseId=case["id"], expectedVersion=4, department=town.city.departments["320508-CG"]
    )
    await feed_read(town)

    told = await li.ask(
        "query ($after: EventCursor!) { caseEvents(after: $after) { events { kind action version } } }", after=start
    )

    assert told["caseEvents"]["events"] == [
        {"kind": "CHANGED", "action": "FOLLOW", "version": 2},
        {"kind": "CHANGED", "action": "REGISTER", "version": 3},
        {"kind": "LEFT_VIEW", "action": None, "version": 4},
    ]
    assert gone == {"case": None, "userErrors": []}
    assert await see(li, case) is None


async def test_following_twice_or_ones_own_case_changes_nothing(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, **MINE)
    li = await town.as_(Role.RESIDENT, "li")
    await follow(li, case)
    before = await rows(town, "idempotency_records")

    again, own = await follow(li, case), await follow(people.resident, case)

    assert (again["case"]["version"], own["case"]["version"]) == (2, 2)
    assert await rows(town, "idempotency_records") == before


async def test_what_may_not_be_followed_is_not_there_and_nothing_is_written(town: Town) -> None:
    people = await cast(town)
    li = await town.as_(Role.RESIDENT, "li")
    dispute = await hand_in(people, matter=DISPUTE)
    tip = await hand_in(people, matter=POTHOLE, kind="TIP_OFF")
    ended = await bring_to(people, "CLOSED", kind="PROBLEM")
    played = await hand_in(await cast(town, Realm.EXERCISE), matter=POTHOLE)
    missing = {"id": ids.global_id("Case", 987654)}
    before = await rows(town, "idempotency_records")

    answers = [await follow(li, one) for one in (missing, dispute, tip, ended, played)]
    worker = await follow(people.worker, dispute)
    asked = {"matter": town.city.matters[POTHOLE], "grid": town.city.grids[GRID]}

    assert answers == [answers[0]] * 5
    assert answers[0]["userErrors"][0]["code"] == "NOT_FOUND"
    assert worker["userErrors"][0]["code"] == "FORBIDDEN"
    assert (await li.ask(TO_FOLLOW, **asked))["casesToFollow"] == []
    refused = await people.dispatcher.answer(TO_FOLLOW, **asked)
    assert refused.errors[0].original_error.code == "FORBIDDEN"
    assert await rows(town, "idempotency_records") == before


async def test_those_of_the_grid_come_first_and_another_community_is_not_near(town: Town) -> None:
    people = await cast(town)
    second = "320508019044002"
    given = [await hand_in(people, grid=grid, matter=POTHOLE) for grid in (GRID, second, NEXT_GRID, FAR_GRID)]
    other = await hand_in(people, grid=GRID, matter=GAS)
    li = await town.as_(Role.RESIDENT, "li")

    found = await li.ask(TO_FOLLOW, matter=town.city.matters[POTHOLE], grid=town.city.grids[GRID])
    at = "query ($m: ID!) { casesToFollow(matter: $m, longitude: 120.62, latitude: 31.3) { caseId } }"
    near = await li.ask(at, m=town.city.matters[POTHOLE])

    assert [one["caseId"] for one in found["casesToFollow"]] == [given[0]["id"], given[1]["id"]]
    assert [one["caseId"] for one in near["casesToFollow"]] == [given[1]["id"], given[0]["id"]]
    assert other["id"] not in str(found)


async def test_only_so_many_follow_one_case(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, **MINE)
    li, wang = await town.as_(Role.RESIDENT, "li"), await town.as_(Role.RESIDENT, "wang")
    wang = replace(wang, policy=Policy(followers_per_case=1))
    await follow(li, case)
    before = await rows(town, "idempotency_records")

    full = await follow(wang, case)

    assert full["userErrors"][0]["code"] == "TOO_MANY"
    assert await rows(town, "idempotency_records") == before


async def test_one_urges_once_a_day_and_is_told_when_again(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, **MINE)
    first = await people.resident.do(
        "caseUrge", "case { version urges urgedAt }", caseId=case["id"], note="电话 13812340000"
    )
    before = await rows(town, "idempotency_records")
    town.clock.advance(timedelta(hours=23))  # type: ignore[attr-defined]

    early = await people.resident.do("caseUrge", caseId=case["id"])

    assert first["case"] == {"version": 2, "urges": 1, "urgedAt": "2026-03-11T02:00:00+00:00"}
    assert early["case"] is None
    [error] = early["userErrors"]
    assert (error["code"], error["message"]) == ("QUIET_PERIOD", "您已催办过，请于 2026-03-12 10:00 之后再催办。")
    assert await rows(town, "idempotency_records") == before
    town.clock.advance(timedelta(hours=1))  # type: ignore[attr-defined]
    assert (await people.resident.do("caseUrge", "case { urges }", caseId=case["id"]))["case"] == {"urges": 2}
    assert (await see(people.intake, case))["urgings"] == [
        {"isFollower": False, "note": "电话 ****"}, {"isFollower": False, "note": None},
    ]  # fmt: skip
    assert [one["note"] for one in (await see(people.resident, case))["urgings"]] == [None, None]


async def test_each_follower_is_heard_and_who_has_neither_part_is_not(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people, **MINE)
    followers = [await town.as_(Role.RESIDENT, name) for name in ("li", "wang", "zhao")]
    for one in followers:
        await follow(one, case)
        await one.do("caseUrge", caseId=case["id"])
    before = await rows(town, "idempotency_records")

    codes = [
        (await speaker.do("caseUrge", caseId=case["id"]))["userErrors"][0]["code"]
        for speaker in (people.intake, await town.as_(Role.RESIDENT, "chen"))
    ]
    ended = await bring_to(people, "CLOSED")
    after_the_end = await people.resident.do("caseUrge", caseId=ended["id"])

    seen = await see(people.intake, case)
    assert (seen["urges"], [one["isFollower"] for one in seen["urgings"]]) == (3, [True] * 3)
    assert codes == ["FORBIDDEN", "NOT_FOUND"]
    assert after_the_end["userErrors"][0]["code"] == "ILLEGAL_ACTION"
    kept = await rows(town, "idempotency_records")
    assert kept["urges"] == before["urges"]
