"""What grid workers are given: counted from what happens, below a ceiling; gaps of staff; handovers."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from db.burden import burdens, tasks
from db.permits import permits
from db.tables import BurdenCeiling
from db.vocabulary import Realm, Role
from db.vocabulary.workers import WorkerKind
from tests.city import DISPUTE, POTHOLE, Town, add_worker
from tests.stories.walks import DONE, FAR_GRID, GRID, NEXT_GRID, Cast, bring_to, cast, feed_read, hand_in, photo, rows

COUNTY = "320508"
BURDEN = """query ($d: ID!, $day: Date) { burden(division: $d, day: $day) {
  workers tasks minutes perWorker loaded perLoaded most ceiling overCeiling overrides refusals } }"""
BY_WORKER = """query ($d: ID!, $first: Int! = 20, $after: PageCursor) {
  workerBurdens(division: $d, first: $first, after: $after) { pageInfo { hasNextPage endCursor } edges { node {
    code tasks verifications checks submissions selfHandled minutes overrides isOverCeiling systemsTouched
    grid { code } } } } }"""
HANDOVER = "handover { fromCode toCode assignments tasks submissions reason }"


async def set_ceiling(town: Town, division: str, number: int) -> None:
    async with town.db.write() as session:
        await session.execute(insert(BurdenCeiling).values(division_code=division, tasks_per_day=number))


async def burden_of(town: Town, division: str = COUNTY, **more: Any) -> Any:
    wall = await town.as_(Role.DISPLAY, "32")
    return (await wall.ask(BURDEN, d=town.city.divisions[division], **more))["burden"]


async def by_worker(town: Town, **more: Any) -> dict[str, Any]:
    leader = await town.as_(Role.SHIFT_LEADER, "3205")
    found = await leader.ask(BY_WORKER, d=town.city.divisions["3205"], **more)
    return dict(found["workerBurdens"])


async def accepted(people: Cast, **more: Any) -> dict[str, Any]:
    return await people.intake.act("caseAccept", await hand_in(people, matter=POTHOLE, **more))


async def asked(people: Cast, **more: Any) -> dict[str, Any]:
    case = await accepted(people, **more)
    return await people.intake.act("caseRequestVerification", case, assignee="GRID_WORKER")


async def handled(people: Cast) -> dict[str, Any]:
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)
    evidence = [{"id": await photo(people.handler), "kind": "AFTER"}]
    return await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE, evidence=evidence)


async def open_tasks(town: Town) -> list[tuple[str | None, str]]:
    async with town.db.read() as session:
        found = await session.execute(select(tasks.c.worker_code, tasks.c.state).order_by(tasks.c.id))
        return [(row.worker_code, row.state.name) for row in found]


async def test_everything_given_or_handed_in_counts_once_and_nobody_is_asked_for_minutes(town: Town) -> None:
    people = await cast(town)
    await add_worker(town, "W1", GRID)
    await add_worker(town, "W2", NEXT_GRID, WorkerKind.PART_TIME)
    await add_worker(town, "V1", GRID, WorkerKind.VOLUNTEER, account=None)
    async with town.db.write() as session:
        await session.execute(update(permits).values(minutes_per_task=15))

    await asked(people)
    await people.leader.act("caseRequestCheck", await handled(people), assignee="GRID_WORKER")
    await people.leader.act("caseRequestCheck", await bring_to(people, "HANDLED"), assignee="CHECKER")
    own = await hand_in(people, by=people.worker)
    evidence = [{"id": await photo(people.worker), "kind": kind} for kind in ("BEFORE", "AFTER")]
    await people.worker.act("caseSelfHandle", own, outcome="RESOLVED", disposition=DONE, evidence=evidence)

    assert [edge["node"] for edge in (await by_worker(town))["edges"]] == [
        {
            "code": "W1", "tasks": 3, "verifications": 1, "checks": 1, "submissions": 1, "selfHandled": 1,
            "minutes": 30, "overrides": 0, "isOverCeiling": False, "systemsTouched": 1, "grid": {"code": GRID},
        },
    ]  # fmt: skip
    assert await burden_of(town) == {
        "workers": 2, "tasks": 3, "minutes": 30, "perWorker": 1.5, "loaded": 1, "perLoaded": 3.0, "most": 3,
        "ceiling": 30, "overCeiling": 0, "overrides": 0, "refusals": 0,
    }  # fmt: skip
    assert (await burden_of(town, day="2026-03-10"))["tasks"] == 0
    elsewhere = await burden_of(town, "320506")
    assert [elsewhere[name] for name in ("workers", "tasks", "perWorker", "loaded", "perLoaded", "most")] == [
        0, 0, None, 0, None, 0,
    ]  # fmt: skip


async def test_a_task_ends_when_it_is_answered_or_no_longer_wanted(town: Town) -> None:
    people = await cast(town)
    await add_worker(town, "W1", GRID)
    answered, taken_back, withdrawn, waiting = [await asked(people) for _ in range(4)]

    await people.worker.act("caseVerify", answered, result="EXISTS")
    await people.intake.act("caseCancelVerification", taken_back)
    await people.resident.act("caseWithdraw", withdrawn)

    assert waiting["state"] == "VERIFYING"
    assert await open_tasks(town) == [("W1", "DONE"), ("W1", "CANCELLED"), ("W1", "CANCELLED"), ("W1", "OPEN")]
    assert (await burden_of(town))["tasks"] == 4  # given is given


async def test_beyond_the_ceiling_a_task_is_refused_unless_somebody_answers_for_it(town: Town) -> None:
    people = await cast(town)
    await add_worker(town, "W1", GRID)
    await set_ceiling(town, "32", 9)
    await set_ceiling(town, COUNTY, 2)
    await asked(people)
    await hand_in(people, by=people.worker)  # work of the day, too
    third, fourth = await accepted(people), await accepted(people)
    before = await rows(town, "idempotency_records", "permit_refusals")

    payload = await people.intake.do(
        "caseRequestVerification", caseId=third["id"], expectedVersion=2, assignee="GRID_WORKER", overrideReason=" "
    )

    [error] = payload["userErrors"]
    assert (error["code"], error["field"]) == ("BURDEN_CEILING", ["overrideReason"])
    assert "已有 2 项任务" in error["message"] and "上限 2" in error["message"]
    assert await rows(town, "idempotency_records", "permit_refusals") == before
    given = {"assignee": "GRID_WORKER", "note": "看现场", "overrideReason": "防汛应急"}
    case = await people.intake.act("caseRequestVerification", third, "timeline { note }", **given)
    assert case["timeline"][-1]["note"] == "网格员：看现场：超负荷派发（3/2）：防汛应急"
    assert await people.intake.refused("caseRequestVerification", fourth, assignee="GRID_WORKER") == "BURDEN_CEILING"
    assert await burden_of(town) == {
        "workers": 1, "tasks": 3, "minutes": 0, "perWorker": 3.0, "loaded": 1, "perLoaded": 3.0, "most": 3,
        "ceiling": 2, "overCeiling": 1, "overrides": 1, "refusals": 2,
    }  # fmt: skip
    assert (await people.intake.act("caseRequestVerification", fourth, assignee="CHECKER"))["state"] == "VERIFYING"
    town.clock.advance(timedelta(days=1))
    assert (await asked(people))["state"] == "VERIFYING"  # a new day


async def test_a_reason_below_the_ceiling_is_no_override(town: Town) -> None:
    people = await cast(town)
    case = await accepted(people)

    given = {"assignee": "GRID_WORKER", "overrideReason": "以防万一"}
    case = await people.intake.act("caseRequestVerification", case, "timeline { note }", **given)

    assert case["timeline"][-1]["note"] == "网格员"
    assert (await burden_of(town))["overrides"] == 0


async def test_tasks_given_at_the_same_time_never_pass_the_ceiling(town: Town) -> None:
    people = await cast(town)
    await add_worker(town, "W1", GRID)
    await add_worker(town, "W1", NEXT_GRID)
    await set_ceiling(town, "3205", 3)
    cases = [await accepted(people, grid=grid) for grid in (GRID, NEXT_GRID) * 4]

    payloads = await asyncio.gather(
        *(
            people.intake.do("caseRequestVerification", caseId=case["id"], expectedVersion=2, assignee="GRID_WORKER")
            for case in cases
        )
    )

    codes = sorted(error["code"] for payload in payloads for error in payload["userErrors"])
    assert codes == ["BURDEN_CEILING"] * 5
    assert (await burden_of(town))["tasks"] == 3


async def test_a_grid_without_a_worker_has_a_ceiling_of_its_own(town: Town) -> None:
    people = await cast(town)
    await set_ceiling(town, "3205", 1)
    await asked(people)
    await asked(people, grid=NEXT_GRID)

    assert await people.intake.refused(
        "caseRequestVerification", await accepted(people), assignee="GRID_WORKER"
    ) == "BURDEN_CEILING"  # fmt: skip
    nodes = [edge["node"] for edge in (await by_worker(town))["edges"]]
    assert [(one["code"], one["grid"]["code"]) for one in nodes] == [(None, GRID), (None, NEXT_GRID)]
    first = await by_worker(town, first=1)
    second = await by_worker(town, first=1, after=first["pageInfo"]["endCursor"])
    assert [first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]] == [True, False]
    assert second["edges"][0]["node"] == nodes[1]


async def test_the_task_goes_to_the_full_time_worker_first(town: Town) -> None:
    people = await cast(town)
    await add_worker(town, "L1", GRID, WorkerKind.GRID_LEADER, account=None)
    await asked(people)
    await add_worker(town, "P1", GRID, WorkerKind.PART_TIME, account=None)
    await asked(people)
    await add_worker(town, "W1", GRID)
    await add_worker(town, "W9", GRID, account=None, realm=Realm.EXERCISE)
    await asked(people)

    assert [worker for worker, _ in await open_tasks(town)] == ["L1", "P1", "W1"]


async def test_figures_of_burden_are_for_who_may_read_figures_of_the_place(town: Town) -> None:
    await add_worker(town, "W1", GRID)
    may_not = [
        await town.as_(Role.RESIDENT, "zhang"), await town.as_(Role.DISPLAY, "320506"),
        await town.as_(Role.GRID_WORKER, GRID), await town.as_(Role.SYSTEM_ADMIN, "32"),
    ]  # fmt: skip
    everything = """query ($d: ID!) { burden(division: $d) { tasks } workerBurdens(division: $d) { edges { cursor } }
      gridStaffingGaps(division: $d) { totalCount } workerHandovers(division: $d) { edges { cursor } } }"""

    for speaker in may_not:
        found = await speaker.ask(everything, d=town.city.divisions["3205"])
        assert set(found.values()) == {None}, speaker.viewer.principal


# -- who works a grid


WORKERS = "query ($code: String!) { grid(code: $code) { workers { kind code name since isSample } } }"
GAPS = """query ($d: ID!, $first: Int! = 20, $after: PageCursor) { gridStaffingGaps(division: $d, first: $first,
  after: $after) { totalCount pageInfo { endCursor hasNextPage } edges { node { code } } } }"""


async def test_a_grid_shows_who_works_it_by_kind_and_never_a_full_name_or_a_number(town: Town) -> None:
    await add_worker(town, "V1", GRID, WorkerKind.VOLUNTEER, account=None)
    await add_worker(town, "W1", GRID)
    await add_worker(town, "OLD", GRID, account=None, since=date(2027, 1, 1))
    resident, wall = await town.as_(Role.RESIDENT, "zhang"), await town.as_(Role.DISPLAY, "32")

    seen = (await resident.ask(WORKERS, code=GRID))["grid"]["workers"]
    shown = (await wall.ask(WORKERS, code=GRID))["grid"]["workers"]

    assert seen == [
        {"kind": "FULL_TIME", "code": "W1", "name": "张**", "since": "2026-01-01", "isSample": False},
        {"kind": "VOLUNTEER", "code": "V1", "name": "张**", "since": "2026-01-01", "isSample": False},
    ]  # fmt: skip
    assert [one["name"] for one in shown] == [None, None]
    exercise = await town.as_(Role.RESIDENT, "zhang", Realm.EXERCISE)
    assert (await exercise.ask(WORKERS, code=GRID))["grid"]["workers"] == []


async def test_a_grid_without_a_full_time_worker_is_a_gap(town: Town) -> None:
    wall = await town.as_(Role.DISPLAY, "32")
    place = town.city.divisions["3205"]
    await add_worker(town, "W1", GRID)
    await add_worker(town, "P1", NEXT_GRID, WorkerKind.PART_TIME, account=None)
    await add_worker(town, "W2", FAR_GRID, since=date(2026, 4, 1))

    found = (await wall.ask(GAPS, d=place))["gridStaffingGaps"]
    first = (await wall.ask(GAPS, d=place, first=2))["gridStaffingGaps"]
    rest = (await wall.ask(GAPS, d=place, first=2, after=first["pageInfo"]["endCursor"]))["gridStaffingGaps"]

    codes = ["320508019044002", NEXT_GRID, FAR_GRID]
    assert (found["totalCount"], [edge["node"]["code"] for edge in found["edges"]]) == (3, codes)
    assert [edge["node"]["code"] for edge in first["edges"] + rest["edges"]] == codes
    town.clock.now += timedelta(days=30)
    assert (await wall.ask(GAPS, d=place))["gridStaffingGaps"]["totalCount"] == 2


# -- handing over


async def leaving(town: Town, people: Cast) -> dict[str, Any]:
    """W1 works two grids, has an open task and an open case of their own; W2 works a third."""
    await add_worker(town, "W1", GRID)
    await add_worker(town, "W1", NEXT_GRID, WorkerKind.PART_TIME)
    await add_worker(town, "W2", FAR_GRID)
    await asked(people)
    return await hand_in(people, by=people.worker)


async def test_a_worker_who_leaves_hands_over_everything_at_once(town: Town) -> None:
    people = await cast(town)
    own = await leaving(town, people)
    new = await town.as_(Role.GRID_WORKER, FAR_GRID)
    see = "query ($id: ID!) { case(id: $id) { version timeline { action actorRole note } } }"
    assert (await new.ask(see, id=own["id"]))["case"] is None

    payload = await people.leader.do("workerHandOver", HANDOVER, **{"from": "W1", "to": "W2", "reason": "调离"})

    assert payload == {
        "handover": {
            "fromCode": "W1", "toCode": "W2", "assignments": 2, "tasks": 1, "submissions": 1, "reason": "调离",
        },
        "userErrors": [],
    }  # fmt: skip
    assert await open_tasks(town) == [("W2", "OPEN")]
    for grid in (GRID, NEXT_GRID, FAR_GRID):
        found = (await new.ask(WORKERS, code=grid))["grid"]["workers"]
        assert [one["code"] for one in found] == ["W2"], grid
    seen = (await new.ask(see, id=own["id"]))["case"]
    assert (seen["version"], seen["timeline"][-1]["action"]) == (2, "HAND_OVER")
    assert (await people.worker.ask(see, id=own["id"]))["case"]["version"] == 2  # still theirs
    await feed_read(town)
    await asked(people)
    assert (await open_tasks(town))[-1] == ("W2", "OPEN")
    listed = """query ($d: ID!) { workerHandovers(division: $d) { edges { node { fromCode tasks } } } }"""
    edges = (await people.leader.ask(listed, d=town.city.divisions["3205"]))["workerHandovers"]["edges"]
    assert edges == [{"node": {"fromCode": "W1", "tasks": 1}}]


async def test_who_may_not_hand_over_changes_nothing(town: Town) -> None:
    people = await cast(town)
    await leaving(town, people)
    elsewhere = await town.as_(Role.SHIFT_LEADER, "320506")
    county = await town.as_(Role.SHIFT_LEADER, COUNTY)
    played = await town.as_(Role.SHIFT_LEADER, "3205", Realm.EXERCISE)
    before = await rows(town, "idempotency_records")

    found = []
    for speaker, from_, to, reason in (
        (people.dispatcher, "W1", "W2", "调离"),
        (people.worker, "W1", "W2", "调离"),
        (elsewhere, "W1", "W2", "调离"),
        (played, "W1", "W2", "调离"),
        (people.leader, "W1", "W1", "调离"),
        (people.leader, "W1", "W7", "调离"),
        (people.leader, "W7", "W2", "调离"),
        (people.leader, "W1", "W2", " "),
    ):
        payload = await speaker.do("workerHandOver", HANDOVER, **{"from": from_, "to": to, "reason": reason})
        found.append(payload["userErrors"][0]["code"])

    assert found == [
        "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "INVALID_INPUT", "NOT_FOUND", "NOT_FOUND",
        "REASON_REQUIRED",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before
    payload = await county.do("workerHandOver", HANDOVER, **{"from": "W1", "to": "W2", "reason": "调离"})
    assert payload["userErrors"] == []


async def test_the_counts_are_those_of_the_tasks_and_submissions(town: Town) -> None:
    people = await cast(town)
    await add_worker(town, "W1", GRID)
    for _ in range(3):
        await asked(people)
        await hand_in(people, by=people.worker, matter=DISPUTE)

    async with town.db.read() as session:
        counted = (await session.execute(select(burdens.c.verifications, burdens.c.submissions))).one()
    found = await rows(town)

    assert tuple(counted) == (len(found["grid_tasks"]), 3)
