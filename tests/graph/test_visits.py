"""Being there: a visit with proof of place and time, and nothing closed unseen where the standard asks for one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.tables import Matter
from db.vocabulary import Role
from tests.city import POTHOLE, Town
from tests.conftest import Clock
from tests.stories.walks import DONE, NEXT_GRID, bring_to, cast, feed_read, hand_in, photo, rows

THERE = {"longitude": 120.61, "latitude": 31.3}  # the point of the first grid
FAR_OFF = {"longitude": 120.7, "latitude": 31.3}
SEEN = "hasVisitProof visits { visitedAt metres isProof actorRole round }"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def asks_for_visit(town: Town) -> None:
    async with town.db.write() as session:
        await session.execute(update(Matter).where(Matter.__table__.c.code == POTHOLE).values(needs_visit=True))


async def handled(people: Any) -> dict[str, Any]:
    """A pothole at a known place, handled and answered."""
    at = {"point": {"longitude": 120.6102, "latitude": 31.3001}}
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE, **at)
    sent = [{"id": await photo(people.handler), "kind": "AFTER"}]
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE, evidence=sent)
    return await people.handler.act("caseRespond", case, text="已修补")  # type: ignore[no-any-return]


async def test_a_case_whose_standard_asks_for_a_visit_is_not_closed_before_somebody_went(town: Town) -> None:
    await asks_for_visit(town)
    people = await cast(town)
    case = await handled(people)
    before = await rows(town, "idempotency_records")

    unseen = await people.leader.do("caseClose", caseId=case["id"], expectedVersion=case["version"])
    assert unseen["userErrors"] == [
        {"code": "VISIT_REQUIRED", "field": None,
         "message": "事项「道路破损」的标准要求现场走访，请先到场并登记走访，再办结。"}
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before
    from_afar = await people.worker.act("caseVisit", case, SEEN, point=FAR_OFF)
    still = await people.leader.refused("caseClose", from_afar)
    there = await people.worker.act("caseVisit", from_afar, SEEN, point=THERE)
    closed = await people.leader.act("caseClose", there)

    assert (from_afar["hasVisitProof"], still) == (False, "VISIT_REQUIRED")
    assert there["hasVisitProof"] is True
    assert [(one["metres"], one["isProof"], one["actorRole"]) for one in there["visits"]] == [
        (8532, False, "GRID_WORKER"),
        (22, True, "GRID_WORKER"),
    ]
    assert closed["state"] == "CLOSED"


async def test_closing_is_on_offer_only_once_somebody_went(town: Town) -> None:
    await asks_for_visit(town)
    people = await cast(town)
    case = await handled(people)
    look = "query ($id: ID!) { case(id: $id) { availableActions } }"

    unseen = (await people.leader.ask(look, id=case["id"]))["case"]["availableActions"]
    there = await people.worker.act("caseVisit", case, point=THERE)
    seen = (await people.leader.ask(look, id=there["id"]))["case"]["availableActions"]

    assert ("CLOSE" in unseen, "CLOSE" in seen) == (False, True)
    assert [action for action in seen if action != "CLOSE"] == unseen


async def test_other_standards_close_without_a_visit(town: Town) -> None:
    people = await cast(town)

    closed = await people.leader.act("caseClose", await handled(people))

    assert closed["state"] == "CLOSED"


async def test_settling_on_the_spot_needs_the_visit_too(town: Town) -> None:
    await asks_for_visit(town)
    people = await cast(town)
    case = await hand_in(people, by=people.worker, matter=POTHOLE)
    photos = [{"id": await photo(people.worker), "kind": kind} for kind in ("BEFORE", "AFTER")]
    settle = {"outcome": "RESOLVED", "disposition": DONE, "evidence": photos}

    refused = await people.worker.refused("caseSelfHandle", case, **settle)
    case = await people.worker.act("caseVisit", case, point=THERE)
    done = await people.worker.act("caseSelfHandle", case, **settle)

    assert (refused, done["state"]) == ("VISIT_REQUIRED", "HANDLED")


async def test_work_that_is_done_again_is_seen_again(town: Town) -> None:
    await asks_for_visit(town)
    people = await cast(town)
    case = await people.worker.act("caseVisit", await handled(people), SEEN, point=THERE)

    again = await people.leader.act("caseRework", case, SEEN, reason="未修平")

    assert (case["hasVisitProof"], again["hasVisitProof"], len(again["visits"])) == (True, False, 1)


async def test_a_visit_is_told_with_the_time_of_the_phone_and_not_of_another_day(town: Town, clock: Clock) -> None:
    people = await cast(town)
    case = await hand_in(people)
    clock.advance(timedelta(hours=3))
    offline = (clock() - timedelta(hours=2)).isoformat()

    seen = await people.worker.act("caseVisit", case, SEEN, point=THERE, visitedAt=offline)

    assert [one["visitedAt"] for one in seen["visits"]] == [offline]
    for wrong in (clock() - timedelta(hours=4), clock() + timedelta(hours=1)):
        assert await people.worker.refused("caseVisit", seen, point=THERE, visitedAt=wrong.isoformat()) == (
            "INVALID_INPUT"
        )
    assert await people.worker.refused("caseVisit", seen, point={"longitude": 999, "latitude": 0}) == "INVALID_INPUT"


async def test_only_who_works_a_case_goes_there_and_where_they_were_is_never_shown(town: Town) -> None:
    people = await cast(town)
    case = await hand_in(people)
    start = (await people.leader.ask("{ cases(first: 1) { cursor } }"))["cases"]["cursor"]

    assert await people.resident.refused("caseVisit", case, point=THERE) == "FORBIDDEN"
    assert await people.leader.refused("caseVisit", case, point=THERE) == "FORBIDDEN"
    neighbour = await town.as_(Role.GRID_WORKER, NEXT_GRID)
    assert await neighbour.refused("caseVisit", case, point=THERE) == "NOT_FOUND"
    await people.worker.act("caseVisit", case, point={"longitude": 120.612345, "latitude": 31.301234})

    await feed_read(town)
    told = await people.leader.ask(
        "query ($after: EventCursor!) { caseEvents(after: $after) { events { action version } } }", after=start
    )
    assert told["caseEvents"]["events"] == [{"action": "VISIT", "version": 2}]
    assert "120.612345" not in str((await rows(town))["journal"])


async def test_staff_mark_what_presses_people_and_how_risky_it_is(town: Town) -> None:
    people = await cast(town)
    case, other = await hand_in(people), await hand_in(people)

    marked = await people.intake.act("caseAmend", case, "isPressing risk", isPressing=True, risk="HIGH")

    assert (marked["isPressing"], marked["risk"]) == (True, "HIGH")
    pressing = "query ($is: Boolean!) { cases(filter: {isPressing: $is}) { edges { node { number } } } }"
    found = [
        [
            edge["node"]["number"]
            for edge in (await people.intake.ask(pressing, **{"is": is_pressing}))["cases"]["edges"]
        ]
        for is_pressing in (True, False)
    ]
    assert found == [[case["number"]], [other["number"]]]
    assert await people.resident.refused("caseAmend", marked, isPressing=True) == "FORBIDDEN"
