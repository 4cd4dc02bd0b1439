"""People without an account: one case each, seen and judged by whoever holds its token, and by nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db.people import access_records
from db.surveys import surveys
from db.tokens import poll_tokens
from db.vocabulary import Realm, Role
from resolvers.photos import UNUSED_BY_GUEST, keep_photo
from resolvers.refusals import Refusal
from resolvers.tokens import new_account
from tests.api.test_files import jpeg
from tests.city import POTHOLE, Speaker, Town
from tests.conftest import Clock
from tests.graph.test_deliveries import ME, gateway
from tests.stories.walks import GRID, bring_to, cast, feed_read, hand_in, rows

TOKENS = "case { id number version } pollToken beneficiaryToken"
PROGRESS = """query ($number: String!, $token: String!) { progress(number: $number, token: $token) {
  number title plainStage unit outcome promisedAt responses { text } } }"""
SURVEY = """query ($token: String!) { survey(token: $token) { number title unit outcome isOpen answeredAt expiresAt
  responses { text } } }"""
SAID = "survey { isOpen answeredAt } offersReopening"


async def guest(town: Town, account: str | None = None) -> Speaker:
    return await town.as_(Role.RESIDENT, account or new_account())


async def submit(speaker: Speaker, **more: Any) -> Any:
    town_grid = {"description": "路口有坑", "grid": more.pop("grid")}
    payload = await speaker.do("caseSubmit", TOKENS, **town_grid, **more)
    assert payload["userErrors"] == [], payload
    return payload


async def opened(speaker: Speaker, case: dict[str, Any]) -> str:
    payload = await speaker.do("surveyOpen", "token expiresAt", caseId=case["id"])
    assert payload["userErrors"] == [], payload
    return str(payload["token"])


async def say(speaker: Speaker, token: str, **more: Any) -> Any:
    return await speaker.do("surveyAnswer", SAID, token=token, **{"isSolved": True, "isSatisfied": True, **more})


def code(payload: Any) -> str:
    [error] = payload["userErrors"]
    return str(error["code"])


# -- handed in without a name


async def test_who_hands_in_without_an_account_sees_how_it_goes_by_number_and_token(town: Town) -> None:
    people = await cast(town)
    stranger = await guest(town)
    payload = await submit(stranger, grid=town.city.grids[GRID], matter=town.city.matters[POTHOLE])
    case = payload["case"]
    case = {**case, **await people.intake.act("caseRegister", case)}
    case = await people.dispatcher.act("caseDispatch", case, department=town.city.departments["320508-CG"])
    await people.handler.act("caseRespond", case, text="三天内修补")
    somebody_else = await guest(town)
    asked = {"number": payload["case"]["number"], "token": payload["pollToken"]}

    found = (await somebody_else.ask(PROGRESS, **asked))["progress"]

    assert found == {
        "number": asked["number"], "title": "道路破损 · 二郎巷社区居委会第1网格", "plainStage": "IN_HAND",
        "unit": "姑苏区城管局", "outcome": None, "promisedAt": None, "responses": [{"text": "三天内修补"}],
    }  # fmt: skip
    assert payload["beneficiaryToken"] is None
    async with town.db.read() as session:
        [kept] = await session.execute(select(poll_tokens))
    assert asked["token"] not in repr(kept) and len(kept.token_hash) == 64


async def test_a_number_and_a_token_that_do_not_belong_together_open_nothing(town: Town, clock: Clock) -> None:
    first, second = await guest(town), await guest(town)
    one = await submit(first, grid=town.city.grids[GRID])
    other = await submit(second, grid=town.city.grids[GRID])
    exercise = await town.as_(Role.RESIDENT, new_account(), Realm.EXERCISE)
    number, token = one["case"]["number"], one["pollToken"]

    pairs = [
        (number, other["pollToken"]), (other["case"]["number"], token), (number, ""), (number, "x" * 300),
        ("nonsense", token), (f"Y{number}", token), (number, token + "x"),
    ]  # fmt: skip
    found = [(await first.ask(PROGRESS, number=n, token=t))["progress"] for n, t in pairs]
    of_other_realm = (await exercise.ask(PROGRESS, number=number, token=token))["progress"]
    clock.advance(timedelta(days=180))
    late = (await first.ask(PROGRESS, number=number, token=token))["progress"]

    assert found == [None] * 7
    assert (of_other_realm, late) == (None, None)


async def test_a_lost_answer_costs_nobody_their_case_and_the_older_token_stops_counting(town: Town) -> None:
    stranger = await guest(town)
    given = {"grid": town.city.grids[GRID], "idempotencyKey": "k-1"}

    first, again = await submit(stranger, **given), await submit(stranger, **given)

    asked = {"number": first["case"]["number"]}
    assert first["case"]["id"] == again["case"]["id"]
    assert first["pollToken"] != again["pollToken"]
    assert (await stranger.ask(PROGRESS, **asked, token=first["pollToken"]))["progress"] is None
    assert (await stranger.ask(PROGRESS, **asked, token=again["pollToken"]))["progress"] is not None


async def test_an_anonymous_account_hands_in_one_case_and_follows_none(town: Town) -> None:
    people = await cast(town)
    other = await hand_in(people, matter=POTHOLE)
    stranger = await guest(town)
    await submit(stranger, grid=town.city.grids[GRID])
    before = await rows(town, "idempotency_records")

    second = await stranger.do("caseSubmit", TOKENS, description="又一处", grid=town.city.grids[GRID])
    followed = await stranger.do("caseFollow", caseId=other["id"])

    assert (code(second), second["pollToken"], code(followed)) == ("ONE_CASE_EACH", None, "FORBIDDEN")
    assert await rows(town, "idempotency_records") == before
    assert (await people.resident.do("caseSubmit", TOKENS, description="x", grid=town.city.grids[GRID]))[
        "pollToken"
    ] is None


async def test_a_guest_fills_no_disk(town: Town, tmp_path: Any) -> None:
    from db.attachments import PhotoFiles  # noqa: PLC0415

    stranger = await guest(town)
    files = PhotoFiles(tmp_path)
    for _ in range(UNUSED_BY_GUEST):
        await keep_photo(town.db, files, stranger.viewer, jpeg(), clock=town.clock)

    with pytest.raises(Refusal) as refused:
        await keep_photo(town.db, files, stranger.viewer, jpeg(), clock=town.clock)

    assert refused.value.code == "RATE_LIMITED"


# -- for somebody else


async def test_the_person_acted_for_gets_the_answer_too_by_a_token_of_their_own(town: Town) -> None:
    people = await cast(town)
    person = {"name": "李老太", "phone": "13900001111"}
    payload = await submit(people.worker, grid=town.city.grids[GRID], onBehalfOf=person)
    case, token = payload["case"], payload["beneficiaryToken"]
    await people.intake.act("caseRespond", case, text="明天上门")
    stranger = await guest(town)
    masked = "query ($id: ID!) { case(id: $id) { onBehalfOf { name phone } followerCount } }"

    found = (await stranger.ask(PROGRESS, number=case["number"], token=token))["progress"]
    seen = {
        name: (await speaker.ask(masked, id=case["id"]))["case"]
        for name, speaker in (("worker", people.worker), ("intake", people.intake))
    }
    wall = await (await town.as_(Role.DISPLAY, "3205")).ask(masked, id=case["id"])
    await feed_read(town)
    async with town.db.read() as session:
        from db import journal  # noqa: PLC0415

        events = await journal.after(session, 0, 10)

    assert payload["pollToken"] is None
    assert found["responses"] == [{"text": "明天上门"}]
    assert seen["worker"] == {"onBehalfOf": {"name": "李老太", "phone": "13900001111"}, "followerCount": 1}
    assert seen["intake"]["onBehalfOf"] == {"name": "李**", "phone": "139****1111"}
    assert wall["case"]["onBehalfOf"] is None
    assert "李老太" not in json.dumps([event.snapshot for event in events], ensure_ascii=False, default=str)
    refused = await people.worker.do(
        "caseSubmit", TOKENS, description="x", grid=town.city.grids[GRID], onBehalfOf={"name": " ", "phone": "1"}
    )
    assert (code(refused), refused["userErrors"][0]["field"]) == ("INVALID_INPUT", ["onBehalfOf.name"])


async def test_the_token_of_who_was_acted_for_sees_and_urges_and_cannot_act_as_the_submitter(town: Town) -> None:
    people = await cast(town)
    payload = await submit(people.worker, grid=town.city.grids[GRID], onBehalfOf={"name": "李老太"})
    case = payload["case"]
    async with town.db.read() as session:
        [kept] = await session.execute(select(poll_tokens))
    beneficiary = await guest(town, kept.account)

    seen = await beneficiary.ask("{ cases { edges { node { number description availableActions } } } }")
    urged = await beneficiary.do("caseUrge", "case { urges }", caseId=case["id"])
    withdrawn = await beneficiary.do("caseWithdraw", caseId=case["id"], expectedVersion=2)
    another = await beneficiary.do("caseSubmit", TOKENS, description="x", grid=town.city.grids[GRID])

    assert [edge["node"] for edge in seen["cases"]["edges"]] == [
        {"number": case["number"], "description": None, "availableActions": ["UNFOLLOW", "URGE"]}
    ]
    assert urged["case"] == {"urges": 1}
    assert (code(withdrawn), code(another)) == ("FORBIDDEN", "ONE_CASE_EACH")


# -- surveys


async def test_a_survey_is_answered_once_by_its_token_and_confirms_the_case(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "CLOSED")
    token = await opened(people.resident, case)
    stranger = await guest(town)
    asked = (await stranger.ask(SURVEY, token=token))["survey"]

    payload = await say(stranger, token, note="很快，谢谢")
    after = (await people.leader.ask("query ($id: ID!) { case(id: $id) { version isConfirmed } }", id=case["id"]))[
        "case"
    ]
    before = await rows(town, "idempotency_records")
    again, by_another = await say(stranger, token), await say(await guest(town), token, isSolved=False)

    assert asked == {
        "number": case["number"], "title": "邻里纠纷 · 二郎巷社区居委会第1网格", "unit": "姑苏区城管局",
        "outcome": "RESOLVED", "isOpen": True, "answeredAt": None, "expiresAt": "2026-03-26T02:00:00+00:00",
        "responses": [{"text": "已处理，请查看。"}],
    }  # fmt: skip
    assert payload == {
        "survey": {"isOpen": False, "answeredAt": "2026-03-11T02:00:00+00:00"}, "offersReopening": False,
        "userErrors": [],
    }  # fmt: skip
    assert after == {"version": case["version"] + 1, "isConfirmed": True}
    assert [code(again), code(by_another)] == ["SURVEY_ANSWERED"] * 2
    assert await rows(town, "idempotency_records") == before
    async with town.db.read() as session:
        [kept] = await session.execute(select(surveys))
    assert (kept.is_solved, kept.is_satisfied, kept.note) == (True, True, "很快，谢谢")
    assert token not in repr(kept)


async def test_the_same_key_answers_once_and_says_the_same_again(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "CLOSED")
    token = await opened(people.resident, case)
    stranger = await guest(town)

    first, again = await say(stranger, token, idempotencyKey="k"), await say(stranger, token, idempotencyKey="k")

    assert first == again
    assert first["userErrors"] == []


async def test_one_tap_unsolved_offers_reopening_once_and_staff_must_answer(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "CLOSED")
    token = await opened(people.resident, case)
    stranger = await guest(town)
    early = await stranger.do("surveyReopen", SAID, token=token, reason="还在漏")

    said = await say(stranger, token, isSolved=False, isSatisfied=False)
    asked = await stranger.do("surveyReopen", SAID, token=token, reason="还在漏")
    twice = await stranger.do("surveyReopen", SAID, token=token, reason="还在漏")
    seen = (
        await people.leader.ask(
            "query ($id: ID!) { case(id: $id) { state isConfirmed timeline { action actorRole } } }", id=case["id"]
        )
    )["case"]

    assert (said["offersReopening"], asked["offersReopening"], asked["userErrors"]) == (True, False, [])
    assert (code(early), code(twice)) == ("SURVEY_OVER", "ILLEGAL_ACTION")
    assert (seen["state"], seen["isConfirmed"]) == ("REOPEN_REQUESTED", False)
    assert [(step["action"], step["actorRole"]) for step in seen["timeline"]][-2:] == [
        ("CONFIRM", "RESIDENT"), ("REQUEST_REOPEN", "RESIDENT"),
    ]  # fmt: skip


async def test_tokens_that_do_not_count_say_so_and_change_nothing(town: Town, clock: Clock) -> None:
    people = await cast(town)
    case, replaced, reopened = [await bring_to(people, "CLOSED") for _ in range(3)]
    token, old = await opened(people.resident, case), await opened(people.resident, replaced)
    await opened(people.resident, replaced)
    stale = await opened(people.resident, reopened)
    reopened = await people.resident.act("caseRequestReopen", reopened, reason="没好")
    await people.leader.act("caseReopen", reopened, reason="属实")
    stranger = await guest(town)
    exercise = await town.as_(Role.RESIDENT, new_account(), Realm.EXERCISE)
    before = await rows(town, "idempotency_records")

    found = [
        code(await say(stranger, "nonsense")), code(await say(stranger, old)), code(await say(stranger, stale)),
        code(await say(exercise, token)),
        code(await say(stranger, token, note="x" * 201)), code(await say(stranger, "")),
    ]  # fmt: skip
    gone = (await exercise.ask(SURVEY, token=token))["survey"]
    clock.advance(timedelta(days=15))
    late = await say(stranger, token)

    assert found == ["NOT_FOUND", "NOT_FOUND", "ILLEGAL_ACTION", "NOT_FOUND", "INVALID_INPUT", "NOT_FOUND"]
    assert (gone, code(late)) == (None, "SURVEY_OVER")
    assert await rows(town, "idempotency_records") == before


async def test_only_who_handed_it_in_opens_the_survey_of_a_closed_case(town: Town) -> None:
    people = await cast(town)
    case, under_way = await bring_to(people, "CLOSED"), await bring_to(people, "HANDLED")
    before = await rows(town, "idempotency_records")

    found = [
        code(await speaker.do("surveyOpen", "token", caseId=one["id"]))
        for speaker, one in (
            (people.leader, case), (people.handler, case), (await town.as_(Role.RESIDENT, "li"), case),
            (people.resident, under_way),
        )
    ]  # fmt: skip

    assert found == ["FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "SURVEY_OVER"]
    assert await rows(town, "idempotency_records") == before


async def test_who_was_answered_by_text_message_is_asked_by_text_message(town: Town) -> None:
    people = await cast(town)
    sms, elsewhere = await gateway(town), await gateway(town, "sms-2", "320506")
    case = await bring_to(people, "IN_PROGRESS", contact=ME, channel="PHONE")
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition={"text": "修好"})
    case = await people.handler.act("caseRespond", case, text="修好了")
    seen = await people.leader.ask("query ($id: ID!) { case(id: $id) { deliveries { id } } }", id=case["id"])
    await people.handler.do("deliveryReceipt", deliveryId=seen["case"]["deliveries"][0]["id"], outcome="DELIVERED")
    await people.leader.act("caseClose", {**case, "version": case["version"] + 1})
    await bring_to(people, "CLOSED")  # in the app: nothing to send
    answer = "invitations { caseNumber phone token expiresAt }"

    nothing = await elsewhere.do("surveyInvitationsTake", answer)
    first = await sms.do("surveyInvitationsTake", answer, idempotencyKey="k")
    again = await sms.do("surveyInvitationsTake", answer, idempotencyKey="k")
    rest = await sms.do("surveyInvitationsTake", answer)
    refused = [code(await one.do("surveyInvitationsTake", answer)) for one in (people.leader, people.resident)]
    stranger = await guest(town)

    assert (nothing["invitations"], rest["invitations"]) == ([], [])
    [one], [other] = first["invitations"], again["invitations"]
    assert (one["caseNumber"], one["phone"]) == (case["number"], "13812340000")
    assert code(await say(stranger, one["token"])) == "NOT_FOUND"
    assert (await say(stranger, other["token"]))["userErrors"] == []
    assert refused == ["FORBIDDEN", "FORBIDDEN"]
    async with town.db.read() as session:
        reasons = list((await session.execute(select(access_records.c.reason))).scalars())
    assert reasons == ["发送评价短信"]


SATISFACTION = """query ($d: ID) { satisfaction(division: $d) { period { from } answered unanswered
  satisfactionRate { numerator denominator percent } solvedRate { numerator denominator percent } } }"""


async def test_satisfaction_is_a_share_of_who_answered_and_names_who_did_not(town: Town) -> None:
    people = await cast(town)
    stranger = await guest(town)
    empty = (await people.leader.ask(SATISFACTION))["satisfaction"]
    for satisfied, solved in ((True, True), (True, True), (False, True), (None, False)):
        token = await opened(people.resident, await bring_to(people, "CLOSED"))
        await say(stranger, token, isSatisfied=satisfied, isSolved=solved)
    await bring_to(people, "CLOSED")

    found = (await people.leader.ask(SATISFACTION, d=town.city.divisions["320508"]))["satisfaction"]

    assert empty["satisfactionRate"]["percent"] is None
    assert found == {
        "period": {"from": "2026-03-11"}, "answered": 4, "unanswered": 1,
        "satisfactionRate": {"numerator": 2, "denominator": 4, "percent": 50.0},
        "solvedRate": {"numerator": 3, "denominator": 4, "percent": 75.0},
    }  # fmt: skip
    for one in (people.resident, await town.as_(Role.SHIFT_LEADER, "3201")):
        assert (await one.ask(SATISFACTION, d=town.city.divisions["320508"]))["satisfaction"] is None
