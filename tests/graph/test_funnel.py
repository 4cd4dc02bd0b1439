"""How far cases have come towards an answer their submitter agrees with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from db.vocabulary import Realm, Role
from tests.city import POTHOLE, Town
from tests.conftest import A_WORKING_DAY
from tests.stories.walks import bring_to, cast, hand_in

FUNNEL = """query ($division: ID!, $from: Date) { answerFunnel(division: $division, from: $from) {
  submitted accepted responded disposed delivered confirmed unconfirmed period { from to } } }"""
STEPS = ("submitted", "accepted", "responded", "disposed", "delivered", "confirmed", "unconfirmed")


async def funnel(
    town: Town,
    division: str = "3205",
    role: Role = Role.DISPLAY,
    at: str = "3205",
    realm: Realm = Realm.LIVE,
    **more: Any,
) -> Any:
    viewer = await town.as_(role, at, realm)
    found = (await viewer.ask(FUNNEL, division=town.city.divisions[division], **more))["answerFunnel"]
    return None if found is None else tuple(found[step] for step in STEPS)


async def test_every_step_counts_the_same_cases(town: Town) -> None:
    people = await cast(town)
    for state in ("SUBMITTED", "ACCEPTED", "IN_PROGRESS", "HANDLED"):
        await bring_to(people, state)
    satisfied, dissatisfied = await bring_to(people, "CLOSED"), await bring_to(people, "CLOSED")
    await people.resident.act("caseConfirm", satisfied, isSolved=True)
    await people.resident.act("caseConfirm", dissatisfied, isSolved=False)

    assert await funnel(town) == (6, 5, 2, 3, 2, 1, 1)
    assert await funnel(town, "320506") == (0, 0, 0, 0, 0, 0, 0)


async def test_a_duplicate_is_answered_by_its_master(town: Town) -> None:
    people = await cast(town)
    master = await bring_to(people, "REGISTERED", matter=POTHOLE)
    duplicate = await hand_in(people, matter=POTHOLE, by=people.worker)
    await people.intake.act("caseMerge", duplicate, masterId=master["id"])

    assert (await funnel(town))[0] == 1


async def test_cases_belong_to_the_day_they_were_handed_in_on(town: Town) -> None:
    people = await cast(town)
    await bring_to(people, "CLOSED")
    town.clock.advance(timedelta(days=1))

    assert (await funnel(town))[0] == 0
    assert await funnel(town, **{"from": A_WORKING_DAY.date().isoformat()}) == (1, 1, 1, 1, 1, 0, 0)


async def test_only_who_reads_the_figures_of_a_division_reads_its_funnel(town: Town) -> None:
    assert await funnel(town, "3205", Role.RESIDENT, "zhang") is None
    assert await funnel(town, "3205", Role.COMMANDER, "320508") is None
    assert await funnel(town, "320508", Role.COMMANDER, "320508") == (0, 0, 0, 0, 0, 0, 0)
