"""Grids and police beats together: asking, receipt, answer; what only the police may read, and who tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import insert

from db.policing import beats, links
from db.vocabulary import Realm, Role
from resolvers.fact_files import import_facts
from tests.city import POTHOLE, Town, path_of
from tests.stories.walks import FAR_GRID, GRID, NEXT_GRID, bring_to, cast, feed_read, hand_in, rows

COUNTY = "320508"
TASKS = """policeTasks { id kind state reason result visitedAt receivedAt answeredAt askedBy availableActions
  beat { code name } }"""
DETAIL = "query ($id: ID!) { case(id: $id) { policeTasks { id detail result } } }"
LINKAGE = """query ($d: ID!, $from: Date, $to: Date) { policeLinkage(division: $d, from: $from, to: $to) {
  notified joint transferred received answered visits gridVisits policeVisits } }"""
ANSWER = "case { id version state } policeTask { state result detail }"


async def link_beats(town: Town) -> None:
    """One beat for two grids of the county; the far grid has none."""
    async with town.db.write() as session:
        values = {"id": 1, "code": "J-1", "name": "双塔警格", "division_code": "320508019"}
        await session.execute(insert(beats).values(**values, path=path_of("320508019")))
        await session.execute(insert(links), [{"grid_id": 1, "beat_id": 1}, {"grid_id": 3, "beat_id": 1}])


async def asked(town: Town, mutation: str = "caseNotifyPolice", **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A case that asked something of the police, and what it asked."""
    people = await cast(town)
    case = await people.leader.act(mutation, await hand_in(people, **more), TASKS, reason="夜间聚集")
    return case, case["policeTasks"][-1]


async def test_the_beat_is_told_signs_and_answers_and_every_step_stands_in_the_history(town: Town) -> None:
    await link_beats(town)
    police = await town.as_(Role.POLICE, GRID)
    case, task = await asked(town)

    given = {"policeTaskId": task["id"], "expectedVersion": case["version"]}
    received = await police.do("policeReceipt", ANSWER, **given)
    given["expectedVersion"] = received["case"]["version"]
    answered = await police.do(
        "policeFeedback", ANSWER, result="已劝离", detail="当事人王某", visitedAt="2026-03-11T01:30:00Z", **given
    )

    assert task | {"id": ""} == {
        "id": "", "kind": "NOTIFY", "state": "SENT", "reason": "夜间聚集", "result": None, "visitedAt": None,
        "receivedAt": None, "answeredAt": None, "askedBy": "SHIFT_LEADER", "availableActions": [],
        "beat": {"code": "J-1", "name": "双塔警格"},
    }  # fmt: skip
    assert received["policeTask"]["state"] == "RECEIVED"
    assert answered["policeTask"] == {"state": "ANSWERED", "result": "已劝离", "detail": "当事人王某"}
    assert answered["case"] == {"id": case["id"], "version": 4, "state": "SUBMITTED"}
    see = "query ($id: ID!) { case(id: $id) { timeline { action note } } }"
    history = (await police.ask(see, id=case["id"]))["case"]["timeline"]
    assert [(one["action"], one["note"]) for one in history[1:]] == [
        ("NOTIFY_POLICE", "双塔警格：夜间聚集"), ("POLICE_RECEIPT", "通报警格"),
        ("POLICE_FEEDBACK", "通报警格：已劝离"),
    ]  # fmt: skip
    assert "王某" not in str((await rows(town))["journal"]) + str((await rows(town))["steps"])


async def test_details_are_for_the_police_and_who_else_asks_is_on_record(town: Town) -> None:
    await link_beats(town)
    people = await cast(town)
    police, next_door = await town.as_(Role.POLICE, COUNTY), await town.as_(Role.POLICE, NEXT_GRID)
    case, task = await asked(town)
    given = {"policeTaskId": task["id"], "expectedVersion": 2, "result": "已处理", "detail": "当事人王某"}
    await police.do("policeFeedback", ANSWER, **given)

    mine = (await police.ask(DETAIL, id=case["id"]))["case"]["policeTasks"][0]
    refused = [(await one.ask(DETAIL, id=case["id"]))["case"] for one in (people.leader, people.worker)]
    outside = (await people.resident.ask(DETAIL, id=case["id"]))["case"]["policeTasks"]

    assert (mine["detail"], mine["result"]) == ("当事人王某", "已处理")
    assert [(one["policeTasks"][0]["detail"], one["policeTasks"][0]["result"]) for one in refused] == [
        (None, "已处理"), (None, "已处理"),
    ]  # fmt: skip
    assert outside == []
    assert (await next_door.ask(DETAIL, id=case["id"]))["case"] is None
    records = (await rows(town))["access_records"]
    assert len(records) == 2
    assert {record[3] for record in records} == {"'SHIFT_LEADER:3205'", f"'GRID_WORKER:{GRID}'"}
    assert all("警务反馈" in record[4] for record in records)


async def test_who_only_asks_for_the_result_leaves_no_record(town: Town) -> None:
    await link_beats(town)
    people = await cast(town)
    case, _ = await asked(town)

    await people.leader.ask(f"query ($id: ID!) {{ case(id: $id) {{ {TASKS} }} }}", id=case["id"])

    assert (await rows(town))["access_records"] == []


async def test_a_stream_never_carries_words_of_the_police(town: Town) -> None:
    await link_beats(town)
    wall = await town.as_(Role.SHIFT_LEADER, "3205")
    start = (await wall.ask("{ cases { cursor } }"))["cases"]["cursor"]
    await asked(town)
    await feed_read(town)
    document = """query ($after: EventCursor!) { caseEvents(after: $after) { events { case {
      policeTasks { kind reason result detail } } } } }"""

    events = (await wall.ask(document, after=start))["caseEvents"]["events"]

    seen = [task for event in events if event["case"] for task in event["case"]["policeTasks"]]
    assert seen and all(one == {"kind": "NOTIFY", "reason": None, "result": None, "detail": None} for one in seen)
    assert (await rows(town))["access_records"] == []


async def test_what_is_refused_writes_nothing(town: Town) -> None:
    await link_beats(town)
    people = await cast(town)
    police, elsewhere = await town.as_(Role.POLICE, COUNTY), await town.as_(Role.POLICE, "320506")
    played = await town.as_(Role.POLICE, COUNTY, Realm.EXERCISE)
    case, task = await asked(town)
    far, closed = await hand_in(people, grid=FAR_GRID), await bring_to(people, "CLOSED")
    before = await rows(town, "idempotency_records")
    given = {"policeTaskId": task["id"], "expectedVersion": 2}

    found = [
        await people.leader.refused("caseNotifyPolice", far, reason="x"),
        await people.leader.refused("caseNotifyPolice", case, reason="再次"),
        await people.leader.refused("caseJointPolice", case, reason=" "),
        await people.leader.refused("caseTransferPolice", closed, reason="x"),
        await people.worker.refused("caseTransferPolice", case, reason="x"),
        await people.handler.refused("caseJointPolice", case, reason="x"),
    ]
    for speaker, mutation, more in (
        (people.leader, "policeReceipt", {}),
        (elsewhere, "policeReceipt", {}),
        (played, "policeReceipt", {}),
        (police, "policeReceipt", {"expectedVersion": 1}),
        (police, "policeReceipt", {"policeTaskId": case["id"]}),
        (police, "policeFeedback", {"result": " "}),
        (police, "policeFeedback", {"result": "好", "visitedAt": "2026-03-12T00:00:00Z"}),
        (people.leader, "policeFeedback", {"result": "好"}),
    ):
        payload = await speaker.do(mutation, ANSWER, **(given | more))
        assert (payload["case"], payload["policeTask"]) == (None, None)
        found.append(payload["userErrors"][0]["code"])

    assert found == [
        "NO_POLICE_BEAT", "POLICE_TASK_OPEN", "REASON_REQUIRED", "ILLEGAL_ACTION", "FORBIDDEN", "NOT_FOUND",
        "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "CONFLICT", "NOT_FOUND", "INVALID_INPUT", "INVALID_INPUT", "FORBIDDEN",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before


async def test_an_answer_is_given_once_and_may_come_after_the_case_is_closed(town: Town) -> None:
    await link_beats(town)
    people, police = await cast(town), await town.as_(Role.POLICE, COUNTY)
    case = await bring_to(people, "HANDLED")
    case = await people.leader.act("caseTransferPolice", case, TASKS, reason="涉嫌违法")
    task = case["policeTasks"][0]
    case = await people.handler.act("caseRespond", case, text="已移交")
    case = await people.leader.act("caseClose", case)
    given = {"policeTaskId": task["id"], "result": "已立案"}

    payload = await police.do("policeFeedback", ANSWER, expectedVersion=case["version"], **given)
    again = await police.do("policeFeedback", ANSWER, expectedVersion=case["version"] + 1, **given)

    assert (payload["case"]["state"], payload["policeTask"]["state"]) == ("CLOSED", "ANSWERED")
    assert again["userErrors"][0]["code"] == "ILLEGAL_ACTION"


async def test_a_joint_visit_counts_once_and_for_both(town: Town) -> None:
    await link_beats(town)
    police, wall = await town.as_(Role.POLICE, COUNTY), await town.as_(Role.DISPLAY, "3205")
    visited = {"visitedAt": "2026-03-11T01:00:00Z"}
    for mutation, more in (
        ("caseJointPolice", visited), ("caseNotifyPolice", visited), ("caseJointPolice", {}),
    ):  # fmt: skip
        case, task = await asked(town, mutation, matter=POTHOLE)
        given = {"policeTaskId": task["id"], "expectedVersion": case["version"]}
        payload = await police.do("policeFeedback", ANSWER, result="已到场", **given, **more)
        assert payload["userErrors"] == []
    await asked(town, "caseTransferPolice")

    found = (await wall.ask(LINKAGE, d=town.city.divisions["3205"]))["policeLinkage"]

    assert found == {
        "notified": 1, "joint": 2, "transferred": 1, "received": 3, "answered": 3, "visits": 2, "gridVisits": 1,
        "policeVisits": 2,
    }  # fmt: skip
    past = {"from": "2026-03-01", "to": "2026-03-10"}
    assert set((await wall.ask(LINKAGE, d=town.city.divisions["3205"], **past))["policeLinkage"].values()) == {0}
    resident = await town.as_(Role.RESIDENT, "zhang")
    assert (await resident.ask(LINKAGE, d=town.city.divisions["3205"]))["policeLinkage"] is None


async def test_beats_come_in_from_files_with_their_grids(town: Town, tmp_path: Path) -> None:
    (tmp_path / "police_beats.csv").write_text("code,name,division_code\nJ-7,唐家巷警格,320508019\n")
    (tmp_path / "beat_grids.csv").write_text(f"grid_code,beat_code\n{GRID},J-7\n{NEXT_GRID},J-7\n")
    resident = await town.as_(Role.RESIDENT, "zhang")

    report = await import_facts(town.db, Realm.LIVE, tmp_path)

    assert report.errors == ()
    assert (report.counts["police_beats"], report.counts["beat_grids"]) == ((1, 0, 0), (2, 0, 0))
    document = """query ($d: ID!, $code: String!) { policeBeats(division: $d) { edges { node { code division { code }
      grids { totalCount edges { node { code } } } } } } grid(code: $code) { policeBeat { name } } }"""
    found = await resident.ask(document, d=town.city.divisions[COUNTY], code=GRID)
    assert found["policeBeats"]["edges"] == [{"node": {
        "code": "J-7", "division": {"code": "320508019"},
        "grids": {"totalCount": 2, "edges": [{"node": {"code": GRID}}, {"node": {"code": NEXT_GRID}}]},
    }}]  # fmt: skip
    assert found["grid"]["policeBeat"] == {"name": "唐家巷警格"}
    await import_facts(town.db, Realm.EXERCISE, None)
    found = await resident.ask(document, d=town.city.divisions["3201"], code="320102002001001")
    assert found["grid"]["policeBeat"] == {"name": "样例警格 320102002"}
