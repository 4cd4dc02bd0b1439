"""断环: each break of the loop is named once, with evidence, owner and remedy, and nothing else is; and it is seen
repaired."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, insert, update

from db.breaks import watched_without_scope
from db.cases import cases, responses
from db.database import Database
from db.tables import LinkNorm
from db.vocabulary import CaseStage, Realm, Role
from resolvers.breaks import detect
from resolvers.duties import DUTIES
from resolvers.timers import LEASE_SECONDS, Timers
from schema import ids
from tests.city import DISPUTE, Speaker, Town
from tests.stories.walks import (
    CITY_UNIT,
    FAR_GRID,
    OTHER_UNIT,
    UNIT,
    Cast,
    bring_to,
    cast,
    feed_read,
    hand_in,
    rows,
)

BREAK = """id version kind cause remedy foundAt repairBy isLate repairedAt repairedBy caseId department { code }
  centre { code } evidence { link since dwellSeconds medianSeconds samples fromCentre { code } toCentre { code }
  opinions { department { code } proposed { code } outcome } }"""
LIST = f"""query ($division: ID, $kind: BreakKind, $open: Boolean, $first: Int!, $after: PageCursor) {{
  loopBreaks(division: $division, kind: $kind, open: $open, first: $first, after: $after) {{ totalCount
  edges {{ node {{ {BREAK} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"""
FOUND = f"subscription ($division: ID) {{ loopBreakFound(division: $division) {{ isWhole breaks {{ {BREAK} }} }} }}"
OF_CASE = f"query ($id: ID!) {{ case(id: $id) {{ version loopBreaks {{ {BREAK} }} }} }}"
FIGURES = """query ($division: ID!) { loopBreakFigures(division: $division) { breakRate concerned looked
  repairSecondsP50 byKind { kind found open } } }"""


def leader(town: Town, db: Database | None = None) -> Timers:
    return Timers(db or town.db, town.clock, duties=[detect])


async def listed(speaker: Speaker, **narrowed: Any) -> list[dict[str, Any]]:
    found = (await speaker.ask(LIST, **({"first": 100} | narrowed)))["loopBreaks"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


async def named(speaker: Speaker, **narrowed: Any) -> set[tuple[str, str, str]]:
    """Kind, cause and case of each."""
    return {(one["kind"], one["cause"], one["caseId"]) for one in await listed(speaker, **narrowed)}


async def version_of(speaker: Speaker, case: dict[str, Any]) -> dict[str, Any]:
    return {**case, "version": (await speaker.ask(OF_CASE, id=case["id"]))["case"]["version"]}


async def usual(town: Town, stage: CaseStage, seconds: int, samples: int = 40, realm: Realm = Realm.LIVE) -> None:
    """What the leader has reckoned of the prefecture's last days, and does not reckon anew today."""
    async with town.db.write() as session:
        values = {"realm": realm, "division_code": "3205", "stage": stage, "median_seconds": seconds}
        kept_until = town.clock() + timedelta(days=30)
        await session.execute(insert(LinkNorm).values(**values, samples=samples, reckoned_at=kept_until))


async def divided(people: Cast) -> dict[str, Any]:
    """A case that one unit returned naming another, and that one returned naming a third."""
    departments = people.town.city.departments
    case = await bring_to(people, "DISPATCHED")
    await people.handler.act("caseReturn", case, proposedDepartment=departments[OTHER_UNIT], reason="不属我单位")
    case = await version_of(people.leader, case)
    case = await people.dispatcher.act("caseDispatch", case, department=departments[OTHER_UNIT])
    await people.other_handler.act("caseReturn", case, proposedDepartment=departments[UNIT], reason="应由城管")
    return await version_of(people.leader, case)


async def test_one_case_of_each_kind_in_a_healthy_city_is_found_and_nothing_else(town: Town) -> None:
    people = await cast(town)
    await usual(town, CaseStage.HANDLING, 1_200)
    timers = leader(town)
    slow = await bring_to(people, "IN_PROGRESS")
    town.clock.advance(timedelta(minutes=20))  # the others come later
    healthy = [
        await bring_to(people, state) for state in ("SUBMITTED", "ACCEPTED", "REGISTERED", "DISPATCHED", "CLOSED")
    ]
    agreed = await bring_to(people, "DISPATCHED")
    departments = town.city.departments
    for handler, code in ((people.handler, OTHER_UNIT), (people.other_handler, CITY_UNIT)):
        await handler.act("caseReturn", agreed, proposedDepartment=departments[CITY_UNIT], reason="属水务")
        agreed = await version_of(people.leader, agreed)
        agreed = await people.city_dispatcher.act("caseDispatch", agreed, department=departments[code])
    put_off = await people.handler.act(
        "caseHold", await bring_to(people, "IN_PROGRESS"), reason="等配件", until="2026-03-20T02:00:00Z"
    )
    broken = await people.dispatcher.act("caseEscalate", await bring_to(people, "ACCEPTED"), reason="超出权限")
    contradictory = await divided(people)

    await timers.act()
    assert await named(people.leader) == {("DIVERGENT", "RETURNS", contradictory["id"])}
    town.clock.advance(timedelta(minutes=41))
    await timers.act()
    assert await named(people.leader) == {
        ("DIVERGENT", "RETURNS", contradictory["id"]), ("BLOCKED", "SLOW_LINK", slow["id"]),
    }  # fmt: skip
    await people.handler.act("caseHold", slow, reason="等配件", until="2026-03-20T02:00:00Z")
    town.clock.now = town.clock.now.replace(hour=7, minute=0)  # 15:00: two office hours after the hop
    await timers.act()
    await timers.act()

    found = {one["kind"]: one for one in await listed(people.leader)}
    assert len(await listed(people.leader)) == 3
    assert {kind: (one["cause"], one["caseId"], one["remedy"]) for kind, one in found.items()} == {
        "BLOCKED": ("SLOW_LINK", slow["id"], "EXPEDITE"), "BROKEN": ("NO_RECEIPT", broken["id"], "REASSIGN"),
        "DIVERGENT": ("RETURNS", contradictory["id"], "RULE"),
    }  # fmt: skip
    assert len({case["id"] for case in [*healthy, agreed, put_off]}) == 7
    blocked, hop, divergent = found["BLOCKED"], found["BROKEN"], found["DIVERGENT"]
    assert blocked["evidence"] | {"since": None} == {
        "link": "HANDLING", "since": None, "dwellSeconds": 61 * 60, "medianSeconds": 1_200, "samples": 40,
        "fromCentre": None, "toCentre": None, "opinions": [],
    }  # fmt: skip
    assert (blocked["department"]["code"], blocked["centre"]["code"]) == (UNIT, "320508")
    assert blocked["repairBy"] == "2026-03-12T03:01:00+00:00"  # a working day later
    assert (blocked["repairedBy"], blocked["isLate"]) == ("HOLD", False)
    ends = hop["evidence"]["fromCentre"]["code"], hop["evidence"]["toCentre"]["code"]
    assert (ends, hop["centre"]["code"], hop["department"]) == (("320508", "3205"), "3205", None)
    assert [(one["department"]["code"], one["proposed"]["code"]) for one in divergent["evidence"]["opinions"]] == [
        (UNIT, OTHER_UNIT),
        (OTHER_UNIT, UNIT),
    ]


async def test_after_a_ruling_a_return_is_refused_and_the_break_is_repaired(town: Town) -> None:
    people = await cast(town)
    timers = leader(town)
    case = await divided(people)
    await timers.act()
    town.clock.advance(timedelta(minutes=10))

    case = await people.commander.act("caseRule", case, department=town.city.departments[UNIT], reason="三定方案")
    await timers.act()

    proposed = town.city.departments[OTHER_UNIT]
    assert await people.handler.refused("caseReturn", case, proposedDepartment=proposed, reason="x") == "RULING_BINDS"
    [one] = await listed(people.leader)
    assert (one["version"], one["repairedAt"], one["repairedBy"]) == (2, "2026-03-11T02:10:00+00:00", "RULE")
    assert await named(people.leader, open=True) == set()
    await timers.act()
    assert len(await listed(people.leader)) == 1


async def test_units_that_come_to_different_outcomes_in_one_round_diverge_until_they_agree(town: Town) -> None:
    people = await cast(town)
    timers = leader(town)
    case = await bring_to(people, "IN_PROGRESS")
    other = town.city.departments[OTHER_UNIT]
    case = await people.handler.act("caseShare", case, department=other, right="ASSIST", reason="请协助")
    case = await people.other_handler.act(
        "caseAddDisposition", case, disposition={"text": "已协助"}, outcome="RESOLVED"
    )
    await timers.act()
    assert await named(people.leader) == set()

    case = await people.handler.act(
        "caseComplete", case, outcome="NO_PROBLEM_FOUND", disposition={"text": "现场未见"}
    )
    await timers.act()
    [one] = await listed(people.leader)
    await people.leader.act("caseRework", case, reason="两家意见不一")
    await timers.act()

    assert (one["kind"], one["cause"], one["remedy"]) == ("DIVERGENT", "DISPOSITIONS", "RULE")
    assert [(said["department"]["code"], said["outcome"]) for said in one["evidence"]["opinions"]] == [
        (UNIT, "NO_PROBLEM_FOUND"), (OTHER_UNIT, "RESOLVED"),
    ]  # fmt: skip
    [one] = await listed(people.leader)
    assert one["repairedBy"] == "REWORK"


async def test_a_case_without_an_owner_is_broken_once_dispatch_is_late(town: Town) -> None:
    people = await cast(town)
    timers = leader(town)
    case = await bring_to(people, "REGISTERED")  # at 10:00; four office hours
    for hour in (3, 6, 7):
        town.clock.now = town.clock.now.replace(hour=hour, minute=59)
        await timers.act()
        assert await named(people.leader) == set()

    town.clock.now = town.clock.now.replace(hour=8, minute=1)
    await timers.act()
    [one] = await listed(people.leader)
    case = await version_of(people.leader, case)
    await people.dispatcher.act("caseDispatch", case, department=town.city.departments[UNIT])
    await timers.act()

    assert (one["kind"], one["cause"], one["caseId"]) == ("BROKEN", "NO_OWNER", case["id"])
    assert (one["centre"]["code"], one["department"]) == ("320508", None)
    [one] = await listed(people.leader)
    assert one["repairedBy"] == "DISPATCH"


async def test_the_median_is_taken_of_what_cases_took_and_the_limit_where_they_are_few(town: Town) -> None:
    people = await cast(town)
    timers = leader(town)
    for _ in range(20):  # two minutes each from submission to acceptance
        case = await hand_in(people)
        town.clock.advance(timedelta(minutes=2))
        await people.intake.act("caseAccept", case)
    waiting, far = await hand_in(people), await hand_in(people, grid=FAR_GRID)
    registered = await bring_to(people, "ACCEPTED")
    town.clock.advance(timedelta(minutes=29))
    await timers.act()
    assert await named(people.leader) == set()  # three times two minutes, but never before half an hour

    town.clock.advance(timedelta(minutes=2))
    await timers.act()

    found = await listed(people.leader)
    assert {(one["cause"], one["caseId"]) for one in found} == {
        ("SLOW_LINK", waiting["id"]), ("SLOW_LINK", far["id"]),
    }  # fmt: skip
    assert {(one["evidence"]["medianSeconds"], one["evidence"]["samples"]) for one in found} == {(120, 21)}
    town.clock.now += timedelta(days=2)  # REGISTRATION: nobody has passed it; three times four office hours
    await timers.act()
    [one] = [one for one in await listed(people.leader) if one["caseId"] == registered["id"]]
    assert (one["evidence"]["link"], one["evidence"]["medianSeconds"], one["evidence"]["samples"]) == (
        "REGISTRATION", 4 * 3600, 0,
    )  # fmt: skip


async def test_a_case_that_was_put_off_is_blocked_only_by_the_time_it_was_worked_on(town: Town) -> None:
    people = await cast(town)
    await usual(town, CaseStage.HANDLING, 1_200)
    timers = leader(town)
    case = await bring_to(people, "IN_PROGRESS")
    case = await people.handler.act("caseHold", case, reason="等配件", until="2026-03-20T02:00:00Z")
    town.clock.advance(timedelta(minutes=100))
    case = await people.handler.act("caseResume", case)

    for minutes, expected in ((59, 0), (2, 1)):
        town.clock.advance(timedelta(minutes=minutes))
        if town.clock().hour == 4:  # noon: two hours that do not count
            town.clock.advance(timedelta(hours=2))
        await timers.act()
        assert len(await listed(people.leader)) == expected, minutes
    [one] = await listed(people.leader)
    assert one["evidence"]["dwellSeconds"] <= 61 * 60


async def test_an_answer_that_no_way_brought_is_a_break_until_one_does(town: Town) -> None:
    people = await cast(town)
    timers = leader(town)
    case = await bring_to(people, "HANDLED")
    case = await people.handler.act("caseRespond", case, text="已处理")
    number = ids.number(case["id"], "Case")
    async with town.db.write() as session:
        failed = {"delivered_at": None, "undeliverable_at": town.clock()}
        await session.execute(update(responses).where(responses.c.case_id == number).values(**failed))
    town.clock.advance(timedelta(minutes=16))
    await timers.act()
    [one] = await listed(people.leader)
    await people.handler.act("caseRespond", case, text="上门告知")
    await timers.act()

    assert (one["kind"], one["cause"], one["remedy"]) == ("BROKEN", "NOT_DELIVERED", "REASSIGN")
    [one] = await listed(people.leader)
    assert one["repairedBy"] == "RESPOND"


async def test_several_leaders_find_a_break_once_and_a_killed_one_takes_nothing_along(town: Town) -> None:
    people = await cast(town)
    other = Database(town.db.url.render_as_string(hide_password=False))
    case = await divided(people)
    all_of_them = [leader(town, db) for db in (town.db, other, town.db)]

    await asyncio.gather(*(one.act() for one in all_of_them))
    second = await divided(people)
    killed = next(one for one in all_of_them if one._leader.leads)
    survivors = [one for one in all_of_them if one is not killed]
    await asyncio.gather(*(one.act() for one in survivors))  # the lease of the killed one lasts
    assert await named(people.leader) == {("DIVERGENT", "RETURNS", case["id"])}
    town.clock.advance(timedelta(seconds=LEASE_SECONDS + 1))
    await asyncio.gather(*(one.act() for one in survivors))

    assert await named(people.leader) == {
        ("DIVERGENT", "RETURNS", case["id"]), ("DIVERGENT", "RETURNS", second["id"]),
    }  # fmt: skip
    assert len(await listed(people.leader)) == 2
    killed._renew_at = town.clock() + timedelta(seconds=5)  # it was only slow, and believes it leads
    before = await rows(town)
    await people.commander.ask("{ viewer { name } }")
    await killed.act()
    assert await rows(town) == before
    await other.close()


async def test_realms_and_places_see_their_own_breaks(town: Town) -> None:
    people, exercise = await cast(town), await cast(town, Realm.EXERCISE)
    real, played = await divided(people), await divided(exercise)
    await leader(town).act()

    assert await named(people.leader) == {("DIVERGENT", "RETURNS", real["id"])}
    assert await named(exercise.leader) == {("DIVERGENT", "RETURNS", played["id"])}
    assert await named(await town.as_(Role.DISPLAY, "320508")) == await named(people.leader)
    strangers = [
        await town.as_(Role.COMMANDER, "320506"), await town.as_(Role.SHIFT_LEADER, "3201"), people.resident,
        people.provider, people.handler, people.other_handler,
    ]  # fmt: skip
    for stranger in strangers:
        assert await listed(stranger) == []
    assert (await people.resident.ask(OF_CASE, id=real["id"]))["case"]["loopBreaks"] == []
    assert len((await people.dispatcher.ask(OF_CASE, id=real["id"]))["case"]["loopBreaks"]) == 1


async def test_a_handler_sees_the_breaks_of_their_unit(town: Town) -> None:
    people = await cast(town)
    await usual(town, CaseStage.HANDLING, 600)
    case = await bring_to(people, "IN_PROGRESS")
    town.clock.advance(timedelta(minutes=31))
    await leader(town).act()

    assert await named(people.handler) == {("BLOCKED", "SLOW_LINK", case["id"])}
    assert await named(people.other_handler) == set()


async def test_the_list_is_narrowed_and_paged(town: Town) -> None:
    people = await cast(town)
    found = [await divided(people) for _ in range(3)]
    await leader(town).act()

    assert await named(people.leader, kind="BLOCKED") == set()
    assert len(await listed(people.leader, kind="DIVERGENT", division=town.city.divisions["320508"])) == 3
    assert await listed(people.leader, division=town.city.divisions["320506"]) == []
    first = (await people.leader.ask(LIST, first=2))["loopBreaks"]
    rest = (await people.leader.ask(LIST, first=2, after=first["pageInfo"]["endCursor"]))["loopBreaks"]
    assert {edge["node"]["caseId"] for page in (first, rest) for edge in page["edges"]} == {c["id"] for c in found}
    assert (len(first["edges"]), len(rest["edges"]), rest["pageInfo"]["hasNextPage"]) == (2, 1, False)


async def told(stream: AsyncIterator[Any]) -> tuple[bool, list[tuple[str, str, bool]]]:
    async with asyncio.timeout(60):
        result = await anext(stream)
    assert not result.errors, result.errors
    news = result.data["loopBreakFound"]
    return news["isWhole"], [(one["caseId"], one["kind"], one["repairedAt"] is not None) for one in news["breaks"]]


async def test_what_is_found_and_repaired_is_told_live_to_whom_it_concerns(town: Town) -> None:
    people = await cast(town)
    timers = leader(town)
    first = await divided(people)
    await timers.act()
    await feed_read(town)
    wall = await town.as_(Role.DISPLAY, "320508")
    neighbour = await town.as_(Role.COMMANDER, "320506")

    stream = await wall.follow(FOUND, division=town.city.divisions["320508"])
    elsewhere = await neighbour.follow(FOUND)
    assert await told(stream) == (True, [(first["id"], "DIVERGENT", False)])
    assert await told(elsewhere) == (True, [])
    second = await divided(people)
    await timers.act()
    assert await told(stream) == (False, [(second["id"], "DIVERGENT", False)])
    await people.commander.act("caseRule", first, department=town.city.departments[UNIT], reason="裁定")
    await timers.act()
    assert await told(stream) == (False, [(first["id"], "DIVERGENT", True)])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await anext(elsewhere)
    await stream.aclose()  # type: ignore[attr-defined]


async def test_the_rate_and_the_time_to_repair_are_figures(town: Town) -> None:
    people = await cast(town)
    timers = leader(town)
    repaired, _ = await divided(people), await divided(people)
    for state in ("SUBMITTED", "CLOSED", "IN_PROGRESS"):
        await bring_to(people, state)
    await timers.act()
    town.clock.advance(timedelta(minutes=12))
    await people.commander.act("caseRule", repaired, department=town.city.departments[UNIT], reason="裁定")
    await timers.act()
    county, far = town.city.divisions["320508"], town.city.divisions["320506"]

    found = (await people.leader.ask(FIGURES, division=county))["loopBreakFigures"]

    assert found == {
        "breakRate": 40.0, "concerned": 2, "looked": 5, "repairSecondsP50": 720,
        "byKind": [
            {"kind": "BLOCKED", "found": 0, "open": 0}, {"kind": "BROKEN", "found": 0, "open": 0},
            {"kind": "DIVERGENT", "found": 2, "open": 1},
        ],
    }  # fmt: skip
    empty = (await people.leader.ask(FIGURES, division=far))["loopBreakFigures"]
    assert (empty["breakRate"], empty["looked"], empty["repairSecondsP50"]) == (None, 0, None)
    for stranger in (people.resident, people.handler, await town.as_(Role.COMMANDER, "320506")):
        assert (await stranger.ask(FIGURES, division=county))["loopBreakFigures"] is None


async def test_a_look_reads_a_range_of_an_index_and_a_quiet_case_is_not_read_again(town: Town) -> None:
    people = await cast(town)
    timers = leader(town)
    case = await bring_to(people, "IN_PROGRESS", matter=DISPUTE)
    town.clock.advance(timedelta(minutes=16))
    await timers.act()
    async with town.db.read() as session:
        again = await watched_without_scope(session, town.clock() + timedelta(hours=5), 10)
    statements: list[str] = []
    engine = town.db._reader.sync_engine

    def keep(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", keep)
    await timers.act()
    event.remove(engine, "before_cursor_execute", keep)

    assert [row.id for row in again] == []
    assert len([one for one in statements if "watch_at <=" in one]) == 1
    assert (await version_of(people.leader, case))["version"] == case["version"]  # a look changes no case
    async with town.db.write() as session:
        await session.execute(update(cases).values(watch_at=town.clock()))
    before = await rows(town, "cases", "link_norms")
    await timers.act()
    assert await rows(town, "cases", "link_norms") == before


def test_the_leader_does_it_by_itself() -> None:
    assert detect in DUTIES
