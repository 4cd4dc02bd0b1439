"""An instruction goes down to every terminal, each answers for itself, and every level knows who is silent."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from db.tables import Grid
from db.vocabulary import Realm, Role
from tests.city import DIVISIONS, GRIDS, Speaker, Town, key
from tests.statements import counting
from tests.stories.walks import GRID, NEXT_GRID, rows

PROVINCE, CITY, COUNTY, STREET, COMMUNITY = "32", "3205", "320508", "320508019", "320508019044"
NEIGHBOUR = "320506"
SECOND_GRID = "320508019044002"
PROGRESS = """query ($id: ID!, $at: ID) { directive(id: $id) { progress(division: $at) {
  total { division { code } terminals received read done feedback silent }
  children { division { code } terminals received read done feedback silent } } } }"""
SILENT = """query ($id: ID!, $at: ID, $kind: ReceiptKind! = RECEIVED, $first: Int! = 20, $after: PageCursor) {
  directive(id: $id) { silent(division: $at, kind: $kind, first: $first, after: $after) {
    edges { node { grid { code } division { code } } } pageInfo { hasNextPage endCursor } } } }"""
LIST = "{ directives { edges { node { title } } } }"
NEW = "directive { id version state title terminals issuer { code } division { code } text }"


async def issued(speaker: Speaker, town: Town, at: str = PROVINCE, **more: Any) -> Any:
    given = {
        "terminals": "GRID",
        "title": "汛期排查",
        "text": "逐格排查易涝点。",
        "division": town.city.divisions[at],
    }
    payload = await speaker.do("directiveIssue", NEW, **(given | more))
    assert payload["userErrors"] == [], payload
    return payload["directive"]


async def says(speaker: Speaker, directive: Any, kind: str, **more: Any) -> list[str]:
    """Codes of the answer; empty when it was taken."""
    payload = await speaker.do("directiveReceipt", "directive { id }", directiveId=directive["id"], kind=kind, **more)
    return [error["code"] for error in payload["userErrors"]]


async def silent(
    speaker: Speaker, town: Town, directive: Any, at: str | None = None, **more: Any
) -> list[str] | None:
    place = None if at is None else town.city.divisions[at]
    found = (await speaker.ask(SILENT, id=directive["id"], at=place, **more))["directive"]["silent"]
    return None if found is None else [edge["node"]["grid"]["code"] for edge in found["edges"]]


async def total(speaker: Speaker, town: Town, directive: Any, at: str | None = None) -> dict[str, Any] | None:
    place = None if at is None else town.city.divisions[at]
    found = (await speaker.ask(PROGRESS, id=directive["id"], at=place))["directive"]["progress"]
    if found is None:
        return None
    one: dict[str, Any] = found["total"]
    return {name: one[name] for name in ("terminals", "received", "read", "done", "feedback", "silent")}


def only(**said: int) -> dict[str, int]:
    return {"terminals": 5, "received": 0, "read": 0, "done": 0, "feedback": 0, "silent": 5} | said


async def test_a_directive_to_every_grid_is_one_row(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, PROVINCE)
    before = await rows(town, "idempotency_records")

    directive = await issued(commander, town)

    after = await rows(town, "idempotency_records")
    assert {name for name in after if after[name] != before[name]} == {"directives"}
    assert len(after["directives"]) == 1
    assert (directive["issuer"]["code"], directive["division"]["code"]) == (PROVINCE, PROVINCE)
    assert await total(commander, town, directive) == only()


async def test_exactly_the_silent_are_named_at_every_level(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, PROVINCE)
    directive = await issued(commander, town)
    quiet = {SECOND_GRID, "320102002001001"}
    for code in set(GRIDS) - quiet:
        assert await says(await town.as_(Role.GRID_WORKER, code), directive, "RECEIVED") == []

    found = {at: await silent(commander, town, directive, at) for at in DIVISIONS}
    by_their_own = {
        at: await silent(await town.as_(Role.DISPATCHER, at), town, directive)
        for at in (CITY, COUNTY, STREET, COMMUNITY, NEIGHBOUR)
    }

    assert found == {at: sorted(code for code in quiet if code.startswith(at)) for at in DIVISIONS}
    assert by_their_own == {
        CITY: [SECOND_GRID], COUNTY: [SECOND_GRID], STREET: [SECOND_GRID], COMMUNITY: [SECOND_GRID], NEIGHBOUR: [],
    }  # fmt: skip


async def test_receipts_are_counted_per_level_and_children_add_up(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, PROVINCE)
    directive = await issued(commander, town)
    for code, kind in ((GRID, "RECEIVED"), (SECOND_GRID, "READ"), (NEXT_GRID, "DONE"), ("320506001001001", "DONE")):
        await says(await town.as_(Role.GRID_WORKER, code), directive, kind)
    await says(await town.as_(Role.GRID_WORKER, GRID), directive, "FEEDBACK", feedback="已看过")

    assert await total(commander, town, directive) == only(received=4, read=4, done=2, feedback=1, silent=1)
    for at in (PROVINCE, CITY, COUNTY, STREET):
        progress = (await commander.ask(PROGRESS, id=directive["id"], at=town.city.divisions[at]))["directive"]
        whole, parts = progress["progress"]["total"], progress["progress"]["children"]
        assert [part["division"]["code"] for part in parts] == [
            code for code in DIVISIONS if code.startswith(at) and code != at and _parent(code) == at
        ]
        for name in ("terminals", "received", "read", "done", "feedback", "silent"):
            assert whole[name] == sum(part[name] for part in parts), (at, name)
    assert await total(commander, town, directive, COMMUNITY) == only(
        terminals=2, received=2, read=2, feedback=1, silent=0
    )


def _parent(code: str) -> str:
    lengths = [2, 4, 6, 9, 12]
    return code[: lengths[lengths.index(len(code)) - 1]]


async def test_who_has_read_but_not_done_it_is_named_too(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, COUNTY)
    directive = await issued(commander, town, COUNTY)
    await says(await town.as_(Role.GRID_WORKER, GRID), directive, "READ")
    await says(await town.as_(Role.GRID_WORKER, NEXT_GRID), directive, "DONE")

    found = {
        kind: await silent(commander, town, directive, kind=kind) for kind in ("RECEIVED", "READ", "DONE", "FEEDBACK")
    }

    assert found == {
        "RECEIVED": [SECOND_GRID], "READ": [SECOND_GRID], "DONE": [GRID, SECOND_GRID],
        "FEEDBACK": [GRID, SECOND_GRID, NEXT_GRID],
    }  # fmt: skip


async def test_the_silent_come_page_by_page(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, PROVINCE)
    directive = await issued(commander, town)
    pages, after = [], None
    for _ in range(3):
        data = await commander.ask(SILENT, id=directive["id"], first=2, after=after)
        page = data["directive"]["silent"]
        pages.append([edge["node"]["grid"]["code"] for edge in page["edges"]])
        after = page["pageInfo"]["endCursor"]

    assert pages == [["320102002001001", "320506001001001"], [GRID, SECOND_GRID], [NEXT_GRID]]
    assert page["pageInfo"]["hasNextPage"] is False


async def test_a_grid_out_of_use_is_nobodys_silence(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, COUNTY)
    directive = await issued(commander, town, COUNTY)
    async with town.db.write() as session:
        await session.execute(update(Grid).where(Grid.code == SECOND_GRID).values(is_active=False))

    assert await silent(commander, town, directive) == [GRID, NEXT_GRID]
    assert (await total(commander, town, directive)) == only(terminals=2, silent=2)


# -- who speaks for whom


async def test_a_community_worker_answers_for_several_grids_at_once(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, COUNTY)
    worker = await town.as_(Role.COMMUNITY_WORKER, COMMUNITY)
    directive, other = await issued(commander, town, COUNTY), await issued(commander, town, COUNTY)
    grids = town.city.grids

    assert await says(worker, directive, "DONE", terminals=[grids[GRID], grids[SECOND_GRID]]) == []
    assert await says(worker, other, "READ") == []  # all of theirs

    assert await total(commander, town, directive) == only(terminals=3, received=2, read=2, done=2, silent=1)
    assert await total(commander, town, other) == only(terminals=3, received=2, read=2, silent=1)


async def test_nobody_speaks_for_somebody_elses_terminal_and_nothing_is_written(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, COUNTY)
    directive = await issued(commander, town, COUNTY)
    to_streets = await issued(commander, town, COUNTY, terminals="TOWNSHIP")
    grids, divisions = town.city.grids, town.city.divisions
    worker = await town.as_(Role.COMMUNITY_WORKER, COMMUNITY)
    grid_worker = await town.as_(Role.GRID_WORKER, GRID)
    before = await rows(town, "idempotency_records")

    found = [
        await says(worker, directive, "DONE", terminals=[grids[GRID], grids[NEXT_GRID]]),
        await says(worker, directive, "DONE", terminals=[divisions[COMMUNITY]]),
        await says(worker, directive, "DONE", terminals=["nonsense"]),
        await says(worker, directive, "DONE", terminals=[]),
        await says(worker, directive, "DONE", terminals=[grids[GRID]] * 101),
        await says(grid_worker, directive, "DONE", terminals=[grids[SECOND_GRID]]),
        await says(grid_worker, directive, "FEEDBACK"),
        await says(grid_worker, directive, "FEEDBACK", feedback="x" * 1_001),
        await says(grid_worker, to_streets, "DONE"),
        await says(worker, to_streets, "DONE", terminals=[divisions[STREET]]),
        await says(await town.as_(Role.DISPATCHER, COUNTY), to_streets, "DONE", terminals=[divisions[STREET]]),
        await says(await town.as_(Role.GRID_WORKER, "320506001001001"), directive, "DONE"),
        await says(await town.as_(Role.GRID_WORKER, GRID, Realm.EXERCISE), directive, "DONE"),
        await says(await town.as_(Role.RESIDENT, "zhang"), directive, "DONE"),
        await says(await town.as_(Role.HANDLER, "320508-CG"), directive, "DONE"),
        await says(worker, {"id": "nonsense"}, "DONE"),
    ]

    assert found == [
        ["NOT_FOUND"], ["NOT_FOUND"], ["NOT_FOUND"], ["NOT_FOUND"], ["INVALID_INPUT"], ["NOT_FOUND"],
        ["INVALID_INPUT"], ["INVALID_INPUT"], ["NOT_FOUND"], ["NOT_FOUND"], ["NOT_FOUND"], ["NOT_FOUND"],
        ["NOT_FOUND"], ["FORBIDDEN"], ["FORBIDDEN"], ["NOT_FOUND"],
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before


@pytest.mark.parametrize(
    ("terminals", "expected", "role", "code"),
    [
        ("CENTRE", ["320506", "320508"], Role.DISPATCHER, "320508"),
        ("TOWNSHIP", ["320506001", "320508019"], Role.INTAKE_OFFICER, "320508019"),
        ("COMMUNITY", ["320506001001", "320508019044", "320508019045"], Role.COMMUNITY_WORKER, "320508019044"),
    ],
)
async def test_divisions_are_terminals_too(
    town: Town, terminals: str, expected: list[str], role: Role, code: str
) -> None:
    commander = await town.as_(Role.COMMANDER, CITY)
    directive = await issued(commander, town, CITY, terminals=terminals)

    async def named() -> list[str]:
        found = (await commander.ask(SILENT, id=directive["id"]))["directive"]["silent"]
        assert all(edge["node"]["grid"] is None for edge in found["edges"])
        return [edge["node"]["division"]["code"] for edge in found["edges"]]

    before = await named()
    answer = await says(await town.as_(role, code), directive, "DONE")

    assert (before, answer) == (expected, [])
    assert await named() == [one for one in expected if one != code]
    assert await total(commander, town, directive) == only(
        terminals=len(expected), received=1, read=1, done=1, silent=len(expected) - 1
    )


# -- once, and at once


async def test_saying_it_again_counts_once(town: Town) -> None:
    commander, worker = await town.as_(Role.COMMANDER, COUNTY), await town.as_(Role.GRID_WORKER, GRID)
    directive = await issued(commander, town, COUNTY)
    await says(worker, directive, "READ")
    before = await rows(town, "idempotency_records")
    town.clock.advance(timedelta(hours=1))

    assert [await says(worker, directive, kind) for kind in ("RECEIVED", "READ", "READ")] == [[], [], []]

    assert await rows(town, "idempotency_records") == before
    mine = "query ($id: ID!) { directive(id: $id) { mine { receivedAt readAt doneAt terminal { grid { code } } } } }"
    assert (await worker.ask(mine, id=directive["id"]))["directive"]["mine"] == [
        {
            "receivedAt": "2026-03-11T02:00:00+00:00", "readAt": "2026-03-11T02:00:00+00:00", "doneAt": None,
            "terminal": {"grid": {"code": GRID}},
        }
    ]  # fmt: skip


async def test_two_who_speak_for_one_grid_at_the_same_moment_count_once(town: Town) -> None:
    commander = await town.as_(Role.COMMANDER, COUNTY)
    directive = await issued(commander, town, COUNTY)
    speakers = [await town.as_(Role.GRID_WORKER, GRID), await town.as_(Role.COMMUNITY_WORKER, COMMUNITY)] * 3

    answers = await asyncio.gather(*(says(one, directive, "DONE") for one in speakers))

    assert answers == [[]] * 6
    assert await total(commander, town, directive) == only(terminals=3, received=2, read=2, done=2, silent=1)


# -- who sees what


async def test_a_level_sees_what_concerns_it_and_no_neighbours_figures(town: Town) -> None:
    province, county = await town.as_(Role.COMMANDER, PROVINCE), await town.as_(Role.COMMANDER, COUNTY)
    neighbour = await town.as_(Role.COMMANDER, NEIGHBOUR)
    to_all = await issued(province, town, title="全省")
    to_county = await issued(county, town, COUNTY, title="本区")
    to_communities = await issued(county, town, COUNTY, title="社区", terminals="COMMUNITY")

    async def titles(speaker: Speaker) -> list[str]:
        return [edge["node"]["title"] for edge in (await speaker.ask(LIST))["directives"]["edges"]]

    lists = {
        (role, code): await titles(await town.as_(role, code))
        for role, code in (
            (Role.COMMANDER, PROVINCE), (Role.DISPLAY, CITY), (Role.SHIFT_LEADER, COUNTY),
            (Role.COMMUNITY_WORKER, COMMUNITY), (Role.GRID_WORKER, GRID), (Role.COMMANDER, NEIGHBOUR),
            (Role.GRID_WORKER, "320506001001001"), (Role.RESIDENT, "zhang"), (Role.HANDLER, "320508-CG"),
            (Role.PROVIDER_STAFF, "SP-1"),
        )
    }  # fmt: skip

    everything = ["社区", "本区", "全省"]
    assert list(lists.values()) == [
        everything, everything, everything, everything, ["本区", "全省"], ["全省"], ["全省"], [], [], [],
    ]  # fmt: skip
    assert (await neighbour.ask(PROGRESS, id=to_county["id"]))["directive"] is None
    assert await total(neighbour, town, to_all, COUNTY) is None
    assert await total(neighbour, town, to_all, PROVINCE) is None
    assert await silent(neighbour, town, to_all, COUNTY) is None
    assert await total(neighbour, town, to_all) == only(terminals=1, silent=1)
    assert await total(await town.as_(Role.GRID_WORKER, GRID), town, to_county) is None
    assert (await (await town.as_(Role.COMMANDER, COUNTY, Realm.EXERCISE)).ask(LIST))["directives"]["edges"] == []
    assert to_communities["terminals"] == "COMMUNITY"


async def test_words_are_for_people_who_work_not_for_walls(town: Town) -> None:
    commander, wall = await town.as_(Role.COMMANDER, COUNTY), await town.as_(Role.DISPLAY, COUNTY)
    directive = await issued(commander, town, COUNTY)
    await says(await town.as_(Role.GRID_WORKER, GRID), directive, "FEEDBACK", feedback="积水点一处，联系 13812345678")
    question = """query ($id: ID!) { directive(id: $id) { text
      feedback { edges { node { feedback feedbackAt terminal { grid { code } } } } } } }"""

    inside = (await commander.ask(question, id=directive["id"]))["directive"]
    outside = (await wall.ask(question, id=directive["id"]))["directive"]

    [said] = [edge["node"] for edge in inside["feedback"]["edges"]]
    assert (said["feedback"], said["terminal"]["grid"]["code"]) == ("积水点一处，联系 ****", GRID)
    assert (outside["text"], outside["feedback"]["edges"][0]["node"]["feedback"]) == (None, None)


# -- issuing and taking back


async def test_a_directive_comes_from_a_level_that_may_give_it(town: Town) -> None:
    commander, divisions = await town.as_(Role.COMMANDER, COUNTY), town.city.divisions
    before = await rows(town, "idempotency_records")
    good = {"terminals": "GRID", "title": "排查", "text": "请排查", "division": divisions[COUNTY]}

    async def code(speaker: Speaker, **differences: Any) -> str:
        payload = await speaker.do("directiveIssue", "directive { id }", **(good | differences))
        [error] = payload["userErrors"]
        return str(error["code"])

    found = [
        await code(await town.as_(Role.DISPATCHER, COUNTY)),
        await code(await town.as_(Role.RESIDENT, "zhang")),
        await code(commander, division=divisions[NEIGHBOUR]),
        await code(commander, division=divisions[CITY]),
        await code(commander, division=town.city.grids[GRID]),
        await code(commander, title=" "),
        await code(commander, text="\x07"),
        await code(commander, dueAt="2020-01-01T00:00:00Z"),
        await code(commander, division=divisions[COMMUNITY], terminals="TOWNSHIP"),
    ]

    assert found == [
        "FORBIDDEN", "FORBIDDEN", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "INVALID_INPUT", "INVALID_INPUT",
        "DATE_IN_PAST", "INVALID_INPUT",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before


async def test_what_was_taken_back_takes_no_receipts(town: Town) -> None:
    commander, worker = await town.as_(Role.COMMANDER, COUNTY), await town.as_(Role.GRID_WORKER, GRID)
    directive = await issued(commander, town, COUNTY)
    below = await town.as_(Role.COMMANDER, STREET)

    async def withdraw(speaker: Speaker, **more: Any) -> Any:
        given = {"directiveId": directive["id"], "expectedVersion": 1, "reason": "发错了"}
        return await speaker.do("directiveWithdraw", "directive { state version withdrawnReason }", **(given | more))

    codes = [
        (await withdraw(below))["userErrors"][0]["code"],
        (await withdraw(worker))["userErrors"][0]["code"],
        (await withdraw(commander, expectedVersion=2))["userErrors"][0]["code"],
        (await withdraw(commander, reason=" "))["userErrors"][0]["code"],
    ]
    both = await asyncio.gather(withdraw(commander), withdraw(await town.as_(Role.COMMANDER, CITY)))

    assert codes == ["FORBIDDEN", "FORBIDDEN", "CONFLICT", "REASON_REQUIRED"]
    assert sorted(error["code"] for payload in both for error in payload["userErrors"]) == ["CONFLICT"]
    [done] = [payload["directive"] for payload in both if payload["directive"]]
    assert done == {"state": "WITHDRAWN", "version": 2, "withdrawnReason": "发错了"}
    assert await says(worker, directive, "READ") == ["DIRECTIVE_WITHDRAWN"]
    assert (await rows(town))["directive_receipts"] == []


async def test_the_same_key_issues_once(town: Town) -> None:
    commander, mine = await town.as_(Role.COMMANDER, COUNTY), key()

    first, again = [await issued(commander, town, COUNTY, idempotencyKey=mine) for _ in range(2)]

    assert first == again
    assert len((await rows(town))["directives"]) == 1


# -- what it costs


@pytest.mark.parametrize("at", [PROVINCE, CITY, COUNTY, STREET, COMMUNITY])
async def test_counts_and_silence_of_a_level_cost_as_many_statements_at_any_level(town: Town, at: str) -> None:
    commander = await town.as_(Role.COMMANDER, PROVINCE)
    directive = await issued(commander, town)
    await town.feed.stop()  # it reads through the same engine

    with counting(town.db) as for_counts:
        await total(commander, town, directive, at)
    with counting(town.db) as for_silence:
        await silent(commander, town, directive, at)

    # The directive, the division, its children, terminals, tallies and the names of the divisions.
    assert len(for_counts) <= 6
    # The directive, the division, the silent, their grids and communities.
    assert len(for_silence) <= 5
