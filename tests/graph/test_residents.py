"""What residents see of their cases, and what keeps one stranger from using everything up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import build_app
from api.guests import Allowance
from api.settings import Settings
from db.vocabulary import Role
from resolvers.refusals import Code, Refusal
from resolvers.tokens import new_account
from tests.city import DISPUTE, GAS, POTHOLE, Town
from tests.conftest import SECRET, Clock
from tests.stories.walks import FAR_GRID, GRID, NEXT_GRID, bring_to, cast, hand_in

HINTS = """query ($matter: ID, $grid: ID, $east: Float, $north: Float) {
  duplicateHints(matter: $matter, grid: $grid, longitude: $east, latitude: $north) {
    number title mayFollow isInView } }"""
MINE = "{ myCases { totalCount edges { node { number isFollowed plainStage } } } }"
STEPS = "query ($id: ID!) { case(id: $id) { plainSteps { stage reachedAt isCurrent } } }"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url  # the statements are tested on both elsewhere


async def test_whoever_is_about_to_hand_in_sees_what_is_open_there_already(town: Town) -> None:
    people = await cast(town)
    here = await hand_in(people, matter=POTHOLE)
    await hand_in(people, matter=GAS)
    await hand_in(people, matter=POTHOLE, grid=NEXT_GRID)
    await hand_in(people, matter=DISPUTE)  # nobody may know that there is a dispute
    await hand_in(people, matter=POTHOLE, grid=FAR_GRID)
    li = await town.as_(Role.RESIDENT, "li")
    stranger = await town.as_(Role.RESIDENT, new_account())
    grid = town.city.grids[GRID]

    alike = (await li.ask(HINTS, matter=town.city.matters[POTHOLE], grid=grid))["duplicateHints"]
    anything = (await stranger.ask(HINTS, grid=grid))["duplicateHints"]
    by_point = (await people.resident.ask(HINTS, east=120.6101, north=31.3001))["duplicateHints"]

    assert alike == [
        {
            "number": here["number"],
            "title": "道路破损 · 二郎巷社区居委会第1网格",
            "mayFollow": True,
            "isInView": False,
        }
    ]
    assert [(one["title"][:4], one["mayFollow"]) for one in anything] == [("燃气泄漏", False), ("道路破损", False)]
    assert [(one["isInView"], one["mayFollow"]) for one in by_point] == [(True, False), (True, False)]


async def test_who_may_hand_in_nothing_is_given_no_hints(town: Town) -> None:
    display = await town.as_(Role.DISPLAY, "320508")

    answer = await display.answer(HINTS, grid=town.city.grids[GRID])

    assert answer.errors[0].original_error.code is Code.FORBIDDEN


async def test_my_cases_are_what_i_handed_in_and_follow_and_not_what_my_post_shows(town: Town) -> None:
    people = await cast(town)
    theirs = await hand_in(people, matter=POTHOLE)
    uploaded = await hand_in(people, matter=POTHOLE, by=people.worker)
    li = await town.as_(Role.RESIDENT, "li")
    await li.do("caseFollow", "case { id }", caseId=theirs["id"])

    worker, follower = await people.worker.ask(MINE), await li.ask(MINE)
    leader = await people.leader.ask(MINE)

    assert worker["myCases"] == {
        "totalCount": 1,
        "edges": [{"node": {"number": uploaded["number"], "isFollowed": False, "plainStage": "RECEIVED"}}],
    }
    assert follower["myCases"]["edges"] == [
        {"node": {"number": theirs["number"], "isFollowed": True, "plainStage": "RECEIVED"}}
    ]
    assert leader["myCases"] == {"totalCount": 0, "edges": []}
    assert len((await people.worker.ask("{ cases { edges { node { id } } } }"))["cases"]["edges"]) == 2


async def test_a_resident_reads_four_plain_stages_with_their_times(town: Town, clock: Clock) -> None:
    people = await cast(town)
    case = await hand_in(people)
    handed_in = clock()
    clock.advance(timedelta(minutes=10))
    taken_up = clock()
    case = await people.intake.act("caseRegister", case)
    clock.advance(timedelta(minutes=10))
    case = await people.dispatcher.act("caseDispatch", case, department=town.city.departments["320508-CG"])

    in_hand = (await people.resident.ask(STEPS, id=case["id"]))["case"]["plainSteps"]

    assert [(one["stage"], one["reachedAt"], one["isCurrent"]) for one in in_hand] == [
        ("RECEIVED", handed_in.isoformat(), False),
        ("IN_HAND", taken_up.isoformat(), True),
        ("ANSWERED", None, False),
        ("FINISHED", None, False),
    ]


async def test_a_closed_case_has_been_through_all_and_a_declined_one_was_never_in_hand(
    town: Town, clock: Clock
) -> None:
    people = await cast(town)
    closed = await bring_to(people, "CLOSED")
    declined = await people.intake.act(
        "caseDecline", await hand_in(people), reason="INSUFFICIENT", outcome="NOT_OURS",
        disposition={"text": "不属本区"}, response="请拨打 12345。", suggestedChannel="12345",
    )  # fmt: skip

    async def reached(case: dict[str, Any]) -> list[bool]:
        steps = (await people.resident.ask(STEPS, id=case["id"]))["case"]["plainSteps"]
        assert [one["isCurrent"] for one in steps] == [False, False, False, True]
        return [one["reachedAt"] is not None for one in steps]

    assert await reached(closed) == [True, True, True, True]
    assert await reached(declined) == [True, False, True, True]


async def test_progress_without_an_account_names_stage_unit_and_dates(town: Town) -> None:
    people = await cast(town)
    stranger = await town.as_(Role.RESIDENT, new_account())
    payload = await stranger.do(
        "caseSubmit", "case { id number version } pollToken",
        description="路口有坑", grid=town.city.grids[GRID], matter=town.city.matters[POTHOLE],
    )  # fmt: skip
    await people.intake.act("caseRegister", payload["case"])

    found = (
        await stranger.ask(
            """query ($number: String!, $token: String!) { progress(number: $number, token: $token) {
              kind dueAt urges plainSteps { stage isCurrent } } }""",
            number=payload["case"]["number"],
            token=payload["pollToken"],
        )
    )["progress"]

    assert (found["kind"], found["dueAt"], found["urges"]) == ("PROBLEM", "2026-03-13T02:00:00+00:00", 0)
    assert [one["stage"] for one in found["plainSteps"] if one["isCurrent"]] == ["IN_HAND"]


async def test_a_stranger_has_so_many_requests_a_minute_and_nobody_else_pays(town: Town, clock: Clock) -> None:
    stranger, other = [(await town.as_(Role.RESIDENT, new_account())).viewer for _ in range(2)]
    resident = (await town.as_(Role.RESIDENT, "zhang")).viewer
    allowance = Allowance(2, clock)

    for viewer in (stranger, stranger, other, resident, resident, resident):
        allowance.take(viewer)
    with pytest.raises(Refusal) as refused:
        allowance.take(stranger)
    clock.advance(timedelta(minutes=1))
    allowance.take(stranger)

    assert refused.value.code is Code.RATE_LIMITED


async def test_a_stranger_who_floods_the_server_is_told_to_wait(serve: Any, sqlite_url: str, tmp_path: Path) -> None:
    settings = Settings(database_url=sqlite_url, var_dir=tmp_path, secret=SECRET, guest_requests_per_minute=2)
    async with httpx2.AsyncClient(base_url=(await serve(build_app(settings))).url, trust_env=False) as http:
        token = (await http.post("/guest", json={})).json()["token"]

        answers = [
            await http.post(
                "/graphql", json={"query": "{ viewer { name } }"}, headers={"authorization": f"Bearer {token}"}
            )
            for _ in range(3)
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "retry-after" in answers[2].headers
