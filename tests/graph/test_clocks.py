"""Clocks: stages, announcements by one leader, extensions, appeals, and what a deployment sets itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from db import leases
from db.database import Database
from db.leases import Fenced
from db.tables import OfficeHours, StageLimit
from db.vocabulary import ClockKind, LimitUnit, Realm, Role
from resolvers import timetables
from resolvers.timers import LEASE, LEASE_SECONDS, Lead, Timers
from tests.city import DISPUTE, GAS, POTHOLE, Town
from tests.stories.walks import DONE, OTHER_UNIT, UNIT, bring_to, cast, feed_read, hand_in, rows

CLOCKS = """query ($id: ID!) { case(id: $id) { version dueAt isOverdue wasLate isExempt extensions
  clocks { kind subject state startedAt dueAt stoppedAt limitValue limitUnit } timeline { action note } } }"""


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+08:00").astimezone(UTC)


async def see(speaker: Any, case: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await speaker.ask(CLOCKS, id=case["id"]))["case"]
    return found


async def waiting_appeals(speaker: Any) -> list[str]:
    found = (await speaker.ask("{ latenessAppeals { edges { node { number } } } }"))["latenessAppeals"]
    return [edge["node"]["number"] for edge in found["edges"]]


def seconds(clock: dict[str, Any]) -> float:
    return (datetime.fromisoformat(clock["stoppedAt"]) - datetime.fromisoformat(clock["startedAt"])).total_seconds()


async def test_every_link_of_the_loop_has_its_clock_and_one_runs_after_the_other(town: Town) -> None:
    people = await cast(town)
    town.clock.now = datetime(2017, 11, 2, 14, 40, 23, tzinfo=UTC) - timedelta(hours=8)  # a Thursday

    case = await hand_in(people, matter=POTHOLE)
    town.clock.advance(timedelta(seconds=23))
    case = await people.intake.act("caseAccept", case)
    case = await people.intake.act("caseRegister", case)
    town.clock.advance(timedelta(seconds=15))
    case = await people.dispatcher.act("caseDispatch", case, department=town.city.departments[OTHER_UNIT])
    town.clock.advance(timedelta(seconds=34))
    case = await people.other_handler.act("caseSign", case)
    town.clock.advance(timedelta(seconds=15))
    case = await people.dispatcher.act(
        "caseReassign", case, department=town.city.departments[UNIT], reason="属该单位"
    )
    town.clock.now = datetime(2017, 11, 2, 15, 23, 27, tzinfo=UTC) - timedelta(hours=8)
    case = await people.handler.act("caseSign", case)

    clocks = (await see(people.leader, case))["clocks"]
    stopped = [(one["kind"], seconds(one), one["state"]) for one in clocks if one["stoppedAt"]]
    assert stopped == [
        ("ACCEPT", 23, "MET"), ("REGISTER", 0, "MET"), ("DISPATCH", 15, "MET"), ("SIGN", 34, "MET"),
        ("SIGN", 43 * 60 + 4 - 23 - 15 - 34 - 15, "MET"),
    ]  # fmt: skip
    assert [(one["kind"], one["state"]) for one in clocks if not one["stoppedAt"]] == [("HANDLING", "RUNNING")]


async def test_handled_a_case_is_to_be_answered_then_closed_each_by_its_own_clock(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "HANDLED", matter=DISPUTE)

    def running(seen: dict[str, Any]) -> list[str]:
        return [one["kind"] for one in seen["clocks"] if not one["stoppedAt"]]

    assert running(await see(people.leader, case)) == ["RESPOND"]
    case = await people.handler.act("caseRespond", case, text="已处理")
    assert running(await see(people.leader, case)) == ["CLOSE"]
    case = await people.leader.act("caseRequestCheck", case, assignee="CHECKER")
    assert running(await see(people.leader, case)) == ["CHECK"]
    case = await people.checker.act("caseCheck", case, result="PASS")
    case = await people.leader.act("caseClose", case)
    assert running(await see(people.leader, case)) == []
    case = await people.resident.act("caseRequestReopen", case, reason="没修好")
    assert running(await see(people.leader, case)) == ["REOPEN"]
    case = await people.leader.act("caseReopen", case, reason="重办")
    assert running(await see(people.leader, case)) == ["DISPATCH", "HANDLING"]


async def test_l20_what_becomes_due_is_said_once_by_one_leader(town: Town) -> None:
    people = await cast(town)
    cases = [await bring_to(people, "IN_PROGRESS", matter=GAS) for _ in range(3)]  # two urgent hours
    other = Database(town.db.url.render_as_string(hide_password=False))
    timers = [Timers(db, town.clock) for db in (town.db, other, town.db, other)]

    for hours in (0, 1.7, 0.1, 0.3, 1):
        town.clock.advance(timedelta(hours=hours))
        await asyncio.gather(*(one.act() for one in timers))

    await other.close()
    for case in cases:
        told = [(s["action"], s["note"]) for s in (await see(people.leader, case))["timeline"]][-3:]
        assert told == [
            ("NEAR_DUE", "处置时限临期"), ("OVERDUE", "处置时限超期"), ("EXPEDITE", "超期督办：处置时限已超期"),
        ]  # fmt: skip
        assert (await see(people.leader, case))["version"] == case["version"] + 3


async def test_l20_after_the_leader_is_killed_another_leads_and_nothing_is_said_twice(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=GAS)
    killed, next_one = Timers(town.db, town.clock), Timers(town.db, town.clock)
    assert await killed.act() == 0
    town.clock.advance(timedelta(hours=1.7))
    killed._renew_at = None
    assert await killed.act() == 1  # and is killed now: its lease lasts on

    town.clock.advance(timedelta(seconds=LEASE_SECONDS - 1))
    assert await next_one.act() == 0
    town.clock.advance(timedelta(hours=1))
    assert await next_one.act() == 1

    actions = [step["action"] for step in (await see(people.leader, case))["timeline"]]
    assert (actions.count("NEAR_DUE"), actions.count("OVERDUE")) == (1, 1)


async def test_l20_a_leader_that_was_only_slow_changes_nothing_after_another_took_over(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=GAS)
    now = town.clock()
    async with town.db.write() as session:
        slow = await leases.take(session, LEASE, "slow", now=now, until=now + timedelta(seconds=10))
    town.clock.advance(timedelta(hours=3))
    async with town.db.write() as session:
        later = town.clock()
        quick = await leases.take(session, LEASE, "quick", now=later, until=later + timedelta(seconds=10))
    assert slow is not None and quick is not None and quick.token == slow.token + 1
    before = await rows(town)

    timers = Timers(town.db, town.clock)
    timers._leader._fence, timers._leader._renew_at = slow, town.clock() + timedelta(seconds=5)

    assert await timers.act() == 0
    assert await rows(town) == before
    lead = Lead(town.db, town.clock(), slow, timers._policy)
    with pytest.raises(Fenced):
        async with town.db.write() as session:
            await leases.check(session, lead.fence)
    assert (await see(people.leader, case))["isOverdue"] is True


async def test_a_leader_that_leaves_lets_the_next_one_lead_at_once(town: Town) -> None:
    first, second = Timers(town.db, town.clock), Timers(town.db, town.clock)
    await first.act()
    await second.act()
    assert (first._leader.leads, second._leader.leads) == (True, False)

    await first._leader.give_up()
    await second.act()

    assert second._leader.leads


async def test_two_extensions_add_a_limit_each_and_a_third_is_refused(town: Town) -> None:
    people = await cast(town)
    town.clock.now = local("03-11T10:00")
    case = await bring_to(people, "IN_PROGRESS", matter=POTHOLE)  # two working days
    assert await people.leader.refused("caseDecideExtension", case, approved=True, reason="x") == "NOTHING_TO_DECIDE"

    due = [(await see(people.leader, case))["dueAt"]]
    for approved in (False, True, True):
        case = await people.handler.act("caseRequestExtension", case, reason="等配件")
        assert await people.handler.refused("caseRequestExtension", case, reason="x") == "EXTENSION_PENDING"
        case = await people.leader.act("caseDecideExtension", case, approved=approved, reason="见附件")
        due.append((await see(people.leader, case))["dueAt"])

    assert due == [local(text).isoformat() for text in ("03-13T10:00", "03-13T10:00", "03-17T10:00", "03-19T10:00")]
    before = await rows(town, "idempotency_records")
    assert await people.handler.refused("caseRequestExtension", case, reason="再等") == "NO_EXTENSION_LEFT"
    assert await rows(town, "idempotency_records") == before


async def test_an_extension_is_asked_for_before_the_limit_has_passed(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=GAS)
    town.clock.advance(timedelta(hours=2))

    assert await people.handler.refused("caseRequestExtension", case, reason="等配件") == "ALREADY_OVERDUE"


async def test_an_announced_clock_is_announced_again_after_an_extension(town: Town) -> None:
    people = await cast(town)
    timers = Timers(town.db, town.clock)
    case = await bring_to(people, "IN_PROGRESS", matter=GAS)
    town.clock.advance(timedelta(hours=1.8))
    await timers.act()
    case = {**case, **{"version": case["version"] + 1}}
    case = await people.handler.act("caseRequestExtension", case, reason="等配件")
    await people.leader.act("caseDecideExtension", case, approved=True, reason="同意")

    for _ in range(4):
        town.clock.advance(timedelta(hours=1))
        await timers.act()

    actions = [step["action"] for step in (await see(people.leader, case))["timeline"]]
    assert actions[-5:] == ["REQUEST_EXTENSION", "DECIDE_EXTENSION", "NEAR_DUE", "OVERDUE", "EXPEDITE"]


async def test_another_matter_keeps_start_pauses_and_extensions(town: Town) -> None:
    people = await cast(town)
    town.clock.now = local("03-11T10:00")
    case = await bring_to(people, "IN_PROGRESS", matter=DISPUTE)
    town.clock.now = local("03-11T14:00")
    until = local("03-11T17:00").isoformat()
    case = await people.handler.act("caseHold", case, reason="等", until=until)
    town.clock.now = local("03-11T17:00")
    case = await people.handler.act("caseResume", case)  # three working hours stood still
    case = await people.handler.act("caseRequestExtension", case, reason="等")
    case = await people.leader.act("caseDecideExtension", case, approved=True, reason="同意")

    case = await people.intake.act("caseAmend", case, matter=town.city.matters[POTHOLE])

    # two working days from the start, two more by the extension, three hours of pause
    assert (await see(people.leader, case))["dueAt"] == local("03-17T15:00").isoformat()


async def test_an_appeal_takes_the_lateness_out_of_the_figures_and_keeps_the_fact(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS", matter=GAS)
    town.clock.advance(timedelta(hours=3))
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    case = await people.handler.act("caseRespond", case, text="已处理")
    case = await people.leader.act("caseClose", case)
    figures = "{ metrics { closed late exempt onTimeRate { numerator denominator } } }"
    assert (await people.leader.ask(figures))["metrics"] == {
        "closed": 1, "late": 1, "exempt": 0, "onTimeRate": {"numerator": 0, "denominator": 1}
    }  # fmt: skip
    assert await people.commander.refused("caseDecideAppeal", case, exempt=True, reason="x") == "NOTHING_TO_DECIDE"

    assert await waiting_appeals(people.leader) == []
    case = await people.handler.act("caseAppealLateness", case, reason="暴雨红色预警")
    assert await waiting_appeals(people.leader) == [case["number"]]
    assert await waiting_appeals(await town.as_(Role.SHIFT_LEADER, "3201")) == []
    assert await people.handler.refused("caseAppealLateness", case, reason="x") == "ALREADY_APPEALED"
    assert await people.handler.refused("caseDecideAppeal", case, exempt=True, reason="x") == "FORBIDDEN"
    case = await people.commander.act("caseDecideAppeal", case, exempt=True, reason="情况属实")
    assert await waiting_appeals(people.leader) == []

    seen = await see(people.leader, case)
    assert (seen["wasLate"], seen["isExempt"]) == (True, True)
    assert [one["state"] for one in seen["clocks"] if one["kind"] == "HANDLING"] == ["EXEMPT"]
    assert (await people.leader.ask(figures))["metrics"] == {
        "closed": 1, "late": 0, "exempt": 1, "onTimeRate": {"numerator": 0, "denominator": 0}
    }  # fmt: skip


async def test_a_case_in_time_has_nothing_to_appeal(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "CLOSED")

    assert await people.handler.refused("caseAppealLateness", case, reason="x") == "NOT_LATE"


async def test_a_rework_runs_on_to_the_same_due_time_and_leaves_one_record(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "HANDLED", matter=DISPUTE)
    due = (await see(people.leader, case))["dueAt"]

    case = await people.leader.act("caseRework", case, reason="未修平")

    handling = [one for one in (await see(people.leader, case))["clocks"] if one["kind"] == "HANDLING"]
    assert [(one["state"], one["dueAt"]) for one in handling] == [("RUNNING", due)]
    case = await people.handler.act("caseComplete", case, outcome="EXPLAINED", disposition=DONE)
    handling = [one for one in (await see(people.leader, case))["clocks"] if one["kind"] == "HANDLING"]
    assert [(one["state"], one["dueAt"]) for one in handling] == [("MET", due)]


async def test_a_division_keeps_its_own_hours_and_limits(town: Town) -> None:
    people = await cast(town)
    async with town.db.write() as session:
        await session.execute(insert(OfficeHours).values(division_code="320508", hours="09:00-12:00 13:00-16:00"))
        await session.execute(
            insert(StageLimit).values(
                division_code="3205", kind=ClockKind.ACCEPT, is_urgent=False, limit_value=1,
                limit_unit=LimitUnit.WORKING_DAY,
            )
        )  # fmt: skip
    timetables.forget()
    town.clock.now = local("03-11T11:00")

    case = await hand_in(people, matter=POTHOLE)

    [accept] = (await see(people.leader, case))["clocks"]
    assert (accept["limitValue"], accept["limitUnit"]) == (1, "WORKING_DAY")
    assert accept["dueAt"] == local("03-12T11:00").isoformat()  # six hours a day here
    case = await people.intake.act("caseRegister", case)
    assert (await see(people.leader, case))["dueAt"] == local("03-13T11:00").isoformat()


async def test_an_urgent_case_is_accepted_by_an_urgent_limit(town: Town) -> None:
    people = await cast(town)
    town.clock.now = local("03-11T23:00")

    case = await hand_in(people, matter=GAS)

    [accept] = (await see(people.leader, case))["clocks"]
    assert (accept["limitUnit"], accept["dueAt"]) == ("URGENT_HOUR", local("03-12T00:00").isoformat())


async def test_a_stream_carries_what_became_due(town: Town) -> None:
    people = await cast(town)
    wall = await town.as_(Role.DISPLAY, "3205", Realm.LIVE)
    await bring_to(people, "IN_PROGRESS", matter=GAS)
    await feed_read(town)
    stream = await wall.follow("subscription { caseEvents { kind action case { isOverdue clocks { kind state } } } }")
    await anext(stream)

    town.clock.advance(timedelta(hours=3))
    await Timers(town.db, town.clock).act()

    event = (await anext(stream)).data["caseEvents"]
    assert (event["kind"], event["action"]) == ("CHANGED", "OVERDUE")
    assert {"kind": "HANDLING", "state": "OVERDUE"} in event["case"]["clocks"]
    await stream.aclose()
