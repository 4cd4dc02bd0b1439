"""Lists walked while the city works, filters, bad input of every kind, and how often the database is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLError
from sqlalchemy import insert

from db.paging import EventPosition, event_cursor, page_cursor
from db.places import grids
from db.vocabulary import CodeScheme, GridKind, Realm, Role, Setting
from resolvers.refusals import Refusal
from schema import ids
from tests.city import DISPUTE, DIVISIONS, GAS, GRIDS, POTHOLE, Speaker, Town, path_of
from tests.statements import counting
from tests.stories.walks import (
    FAR_GRID,
    GRID,
    NEXT_GRID,
    UNIT,
    bring_to,
    cast,
    hand_in,
    outsourced,
)

# -- pages

PAGE = """query ($first: Int!, $after: PageCursor, $filter: CaseFilter) {
  cases(first: $first, after: $after, filter: $filter) { totalCount edges { cursor node { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


async def walk(speaker: Speaker, first: int, meanwhile: Any = None) -> list[str]:
    found: list[str] = []
    after: str | None = None
    while True:
        page = (await speaker.ask(PAGE, first=first, after=after))["cases"]
        info, edges = page["pageInfo"], page["edges"]
        found += [edge["node"]["id"] for edge in edges]
        assert info["hasPreviousPage"] is (after is not None)
        assert (info["startCursor"], info["endCursor"]) == (edges[0]["cursor"], edges[-1]["cursor"])
        if not info["hasNextPage"]:
            return found
        after = info["endCursor"]
        if meanwhile is not None:
            await meanwhile()


@pytest.mark.parametrize("first", [1, 3, 100])
async def test_pages_repeat_nothing_and_miss_nothing_while_cases_arrive(town: Town, first: int) -> None:
    people = await cast(town)
    there = [(await hand_in(people))["id"] for _ in range(7)]

    found = await walk(people.leader, first, lambda: hand_in(people))

    assert found == there[::-1]


async def test_an_empty_list_is_a_page_of_nothing(town: Town) -> None:
    wall = await town.as_(Role.DISPLAY, "3205")

    page = (await wall.ask(PAGE, first=5))["cases"]

    assert page == {
        "totalCount": 0, "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
    }  # fmt: skip


async def test_places_are_counted_exactly_and_walked_whole(town: Town) -> None:
    wall = await town.as_(Role.DISPLAY, "3205")
    grid_codes: list[str] = []
    division_codes: list[str] = []
    after: str | None = None
    while True:
        data = await wall.ask(
            "query ($a: PageCursor) { grids(first: 2, after: $a) { totalCount edges { node { code } } "
            "pageInfo { endCursor hasNextPage } } }", a=after,
        )  # fmt: skip
        assert data["grids"]["totalCount"] == len(GRIDS)
        grid_codes += [edge["node"]["code"] for edge in data["grids"]["edges"]]
        after = data["grids"]["pageInfo"]["endCursor"]
        if not data["grids"]["pageInfo"]["hasNextPage"]:
            break
    after = None
    while True:
        data = await wall.ask(
            "query ($a: PageCursor) { divisions(first: 4, after: $a) { totalCount edges { node { code } } "
            "pageInfo { endCursor hasNextPage } } }", a=after,
        )  # fmt: skip
        assert data["divisions"]["totalCount"] == len(DIVISIONS)
        division_codes += [edge["node"]["code"] for edge in data["divisions"]["edges"]]
        after = data["divisions"]["pageInfo"]["endCursor"]
        if not data["divisions"]["pageInfo"]["hasNextPage"]:
            break

    assert grid_codes == list(GRIDS)
    assert division_codes == sorted(DIVISIONS)
    below = await wall.ask('{ division(code: "320508019") { gridCount grids { totalCount } fullName } }')
    assert below["division"] == {"gridCount": 3, "grids": {"totalCount": 3}, "fullName": "苏州市姑苏区双塔街道"}


# -- filters


async def test_each_filter_narrows_to_what_it_says(town: Town) -> None:
    people = await cast(town)
    city = town.city
    a = await hand_in(people, matter=POTHOLE)
    town.clock.advance(timedelta(minutes=10))
    between = town.clock().isoformat()
    b = await bring_to(people, "IN_PROGRESS", grid=NEXT_GRID, by=people.worker)
    _, b = await outsourced(people, b)
    c = await hand_in(people, grid=FAR_GRID, matter=GAS, kind="TIP_OFF")
    d = await bring_to(people, "CLOSED", matter=DISPUTE)
    e = await bring_to(people, "SIGNED", matter=GAS)
    town.clock.advance(timedelta(hours=3))  # past two urgent hours
    names = {case["id"]: name for name, case in zip("abcde", (a, b, c, d, e), strict=True)}
    tables: list[tuple[dict[str, Any], str]] = [
        ({}, "edcba"),
        ({"states": ["SUBMITTED"]}, "ca"),
        ({"states": ["SUBMITTED", "CLOSED"]}, "dca"),
        ({"stages": ["HANDLING"]}, "eb"),
        ({"stages": ["EVALUATION"]}, "d"),
        ({"kinds": ["TIP_OFF"]}, "c"),
        ({"matters": [city.matters[GAS]]}, "ec"),
        ({"priorities": ["URGENT"]}, "ec"),
        ({"grids": [city.grids[NEXT_GRID], city.grids[FAR_GRID]]}, "cb"),
        ({"divisions": [city.divisions["320506"]]}, "c"),
        ({"divisions": [city.divisions["320508019044"], city.divisions["320506"]]}, "edca"),
        ({"departments": [city.departments[UNIT]]}, "edb"),
        ({"serviceProviders": [city.providers["SP-1"]]}, "b"),
        ({"serviceProviders": [city.providers["SP-2"]]}, ""),
        ({"sources": ["GRID_WORKER"]}, "b"),
        ({"isOpen": True}, "ecba"),
        ({"isOpen": False}, "d"),
        ({"isOverdue": True}, "e"),
        ({"isOverdue": False}, "dcba"),
        ({"outsourced": True}, "b"),
        ({"outsourced": False}, "edca"),
        ({"submittedFrom": between}, "edcb"),
        ({"submittedTo": between}, "a"),
        ({"submittedFrom": "2026-03-11T18:10:00+08:00", "submittedTo": between}, ""),
        ({"text": "燃气"}, "ec"),
        ({"text": "龙桥"}, "c"),
        ({"text": d["number"]}, "d"),
        ({"text": "%"}, ""),
        ({"text": "_"}, ""),
        ({"text": "'; DROP TABLE cases; --"}, ""),
        ({"states": [], "grids": []}, "edcba"),
        ({"states": ["SUBMITTED"], "divisions": [city.divisions["320508"]]}, "a"),
    ]
    for given, expected in tables:
        page = (await people.leader.ask(PAGE, first=100, filter=given))["cases"]
        assert "".join(names[edge["node"]["id"]] for edge in page["edges"]) == expected, given
        assert page["totalCount"] == len(expected), given


async def test_a_nested_list_takes_the_same_filter(town: Town) -> None:
    people = await cast(town)
    await hand_in(people)
    case = await bring_to(people, "ACCEPTED", grid=NEXT_GRID)
    document = """query ($f: CaseFilter) { division(code: "320508") {
      cases(filter: $f) { totalCount edges { node { id } } }
      grids { edges { node { code cases(filter: $f) { edges { node { id } } } } } } } }"""

    data = (await people.leader.ask(document, f={"states": ["ACCEPTED"]}))["division"]

    assert data["cases"] == {"totalCount": None, "edges": [{"node": {"id": case["id"]}}]}
    by_grid = {edge["node"]["code"]: len(edge["node"]["cases"]["edges"]) for edge in data["grids"]["edges"]}
    assert by_grid == {"320508019044001": 0, "320508019044002": 0, NEXT_GRID: 1}


# -- bad input


def codes(result: Any) -> list[str]:
    found = []
    for error in result.errors or ():
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, Refusal):
            cause = getattr(cause, "original_error", None) or cause.__cause__
        if cause is None:  # the engine's own: what it says of a document or a variable
            assert error.path is None, repr(error)
            assert isinstance(error.original_error, GraphQLError | None), repr(error)
        found.append("ENGINE" if cause is None else cause.code.name)
    return found


def bad(town: Town) -> list[tuple[str, dict[str, Any], str]]:
    city = town.city
    one, grid_id, case_id = city.divisions["3205"], city.grids[GRID], ids.global_id("Case", 1)
    hundred = [case_id] * 101
    q = "query ($id: ID!) { case(id: $id) { id } }"
    node = "query ($id: ID!) { node(id: $id) { id } }"
    cases = """query ($f: CaseFilter, $n: Int = 20, $a: PageCursor) {
      cases(filter: $f, first: $n, after: $a) { cursor } }"""
    position = event_cursor(EventPosition("x", 1, "y"))
    rows: list[tuple[str, dict[str, Any], str]] = [
        (document, {"id": id_}, "BAD_USER_INPUT")
        for document in (q, node)
        for id_ in ("", "x", "1", "Case:1", "Q2FzZTo", "Q2FzZTox" * 20, "游标", "Q2FzZTox ", "Q2FzZTox\n", "//8=")
    ]
    rows += [(cases, {"n": n}, "BAD_USER_INPUT") for n in (0, -1, 101, 2**31 - 1)]
    rows += [
        (f"{{ {field}(first: {n}) {{ pageInfo {{ hasNextPage }} }} }}", {}, "BAD_USER_INPUT")
        for field in ("cases", "grids", "divisions", "matters", "departments", "serviceProviders")
        for n in (0, 101)
    ]
    rows += [
        (cases, {"a": cursor}, "CURSOR_INVALID")
        for cursor in ("", "x", "pg1.", "pg1.!!", position, page_cursor("grid", 1), page_cursor("case", "x"),
                       page_cursor("case", "9" * 30), "pg1.游标", page_cursor("case", -1), "pg1." + "A" * 300)
    ]  # fmt: skip
    rows += [(cases, {"a": value}, "CURSOR_INVALID") for value in (0.5, 1, True, [], {})]
    rows += [
        (f"query ($a: PageCursor) {{ {field}(after: $a) {{ pageInfo {{ endCursor }} }} }}",
         {"a": page_cursor("case", 1)}, "CURSOR_INVALID")
        for field in ("grids", "divisions", "matters", "departments", "serviceProviders")
    ]  # fmt: skip
    rows += [
        (cases, {"f": {name: values}}, code)
        for name, values, code in (
            ("divisions", [one] * 101, "BAD_USER_INPUT"), ("grids", [grid_id] * 101, "BAD_USER_INPUT"),
            ("states", ["CLOSED"] * 101, "BAD_USER_INPUT"), ("matters", [city.matters[GAS]] * 101, "BAD_USER_INPUT"),
            ("sources", ["SENSOR"] * 101, "BAD_USER_INPUT"), ("stages", ["INTAKE"] * 101, "BAD_USER_INPUT"),
            ("divisions", ["x"], "BAD_USER_INPUT"), ("divisions", [grid_id], "NOT_FOUND"),
            ("divisions", [ids.global_id("Division", "99")], "NOT_FOUND"), ("grids", [one], "NOT_FOUND"),
            ("grids", [ids.global_id("Grid", "9" * 30)], "NOT_FOUND"), ("matters", ["y"], "BAD_USER_INPUT"),
            ("departments", [grid_id], "NOT_FOUND"), ("serviceProviders", [grid_id], "NOT_FOUND"),
            ("submittedFrom", "2026-03-11T10:00:00", "BAD_USER_INPUT"),
            ("submittedTo", "2026-03-11T10:00:00", "BAD_USER_INPUT"),
            ("submittedFrom", "0001-01-01T00:00:00+08:00", "BAD_USER_INPUT"),
            ("submittedTo", "9999-12-31T23:59:59-08:00", "BAD_USER_INPUT"),
            ("submittedFrom", "yesterday", "ENGINE"), ("submittedFrom", 5, "ENGINE"),
            ("text", "x" * 61, "BAD_USER_INPUT"), ("states", ["LOST"], "ENGINE"), ("isOpen", "yes", "ENGINE"),
        )
    ]  # fmt: skip
    rows += [
        (f"query ($t: String) {{ {field}(text: $t) {{ pageInfo {{ endCursor }} }} }}", {"t": text}, "BAD_USER_INPUT")
        for field in ("grids", "divisions", "matters")
        for text in ("x" * 61, "%_" * 40_000)
    ]
    figures = "query ($d: ID, $f: Date, $t: Date) { metrics(division: $d, from: $f, to: $t) { submitted } }"
    rows += [
        (figures, {"f": "2026-03-11", "t": "2026-03-10"}, "BAD_USER_INPUT"),
        (figures, {"f": "2025-03-11", "t": "2026-03-12"}, "BAD_USER_INPUT"),
        (figures, {"f": "0001-01-01"}, "BAD_USER_INPUT"),
        (figures, {"f": "2026-13-01"}, "ENGINE"),
        (figures, {"d": "x"}, "BAD_USER_INPUT"),
        (figures, {"d": grid_id}, "NOT_FOUND"),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": hundred}, "BAD_USER_INPUT"),
        ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [case_id, "x"]}, "BAD_USER_INPUT"),
        ("{ case { id } }", {}, "BAD_USER_INPUT"),
        ("query ($i: ID!) { case(id: $i, number: \"1\") { id } }", {"i": case_id}, "BAD_USER_INPUT"),
        ("{ division { id } }", {}, "BAD_USER_INPUT"),
        ("{ grid { id } }", {}, "BAD_USER_INPUT"),
        ("query ($a: ID!, $b: ID!) { metrics(division: $a, grid: $b) { open } }", {"a": one, "b": grid_id},
         "BAD_USER_INPUT"),
        ("query ($a: ID!, $b: ID!) { metrics(grid: $a, matter: $b) { open } }",
         {"a": grid_id, "b": city.matters[GAS]}, "BAD_USER_INPUT"),
        ("query ($d: ID!) { grids(division: $d) { totalCount } }", {"d": grid_id}, "NOT_FOUND"),
    ]  # fmt: skip
    return rows


async def test_bad_input_of_every_kind_has_its_code_and_is_never_our_mistake(town: Town) -> None:
    speaker = await town.as_(Role.SHIFT_LEADER, "3205")
    for document, variables, expected in bad(town):
        found = codes(await speaker.answer(document, **variables))
        assert found and set(found) == {expected}, (document, variables, found)


async def test_ids_of_another_kind_and_of_nothing_are_not_there(town: Town) -> None:
    speaker = await town.as_(Role.SHIFT_LEADER, "3205")
    question = "query ($id: ID!) { case(id: $id) { id } grid(id: $id) { id } division(id: $id) { id } }"
    for id_ in (
        ids.global_id("Matter", 1), ids.global_id("Case", 5), ids.global_id("Case", "9" * 25),
        ids.global_id("Case", 2**63), ids.global_id("Grid", "abc"), ids.global_id("Nothing", 1),
        ids.global_id("Division", "77"),
    ):  # fmt: skip
        assert await speaker.ask(question, id=id_) == {"case": None, "grid": None, "division": None}
        assert await speaker.ask("query ($id: ID!) { node(id: $id) { id } }", id=id_) in (
            {"node": None}, {"node": {"id": id_}},
        )  # fmt: skip
    for number in ("", "1", "x" * 500, "9" * 21, "Y" + "9" * 29, "３" * 21, "320508202603110000001"):
        assert await speaker.ask("query ($n: String!) { case(number: $n) { id } }", n=number) == {"case": None}


async def test_times_at_the_ends_of_the_calendar_are_refused_by_actions_too(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    document = "mutation ($i: CaseHoldInput!) { caseHold(input: $i) { case { id } userErrors { code } } }"
    for until in ("9999-12-31T23:59:59-08:00", "0001-01-01T00:00:00+08:00", "2027-01-01T00:00:00"):
        given = {"caseId": case["id"], "expectedVersion": case["version"], "reason": "等", "until": until}
        result = await people.handler.answer(document, i={"idempotencyKey": until, **given})
        assert not result.errors, (until, result.errors)
        assert result.data["caseHold"]["userErrors"][0]["code"] in ("BAD_USER_INPUT", "DATE_IN_PAST"), until


async def test_a_submission_of_every_bad_shape_is_refused_with_its_field(town: Town) -> None:
    people = await cast(town)
    fine = {"description": "路灯不亮", "grid": town.city.grids[GRID]}
    table: list[tuple[dict[str, Any], str, list[str]]] = [
        ({"description": " \n "}, "INVALID_INPUT", ["description"]),
        ({"description": "x" * 4001}, "INVALID_INPUT", ["description"]),
        ({"description": "a\x1bb"}, "INVALID_INPUT", ["description"]),
        ({"address": "x" * 201}, "INVALID_INPUT", ["address"]),
        ({"contact": {"name": "x" * 41}}, "INVALID_INPUT", ["contact.name"]),
        ({"contact": {"phone": "1" * 21}}, "INVALID_INPUT", ["contact.phone"]),
        ({"contact": {"phone": "abc"}}, "INVALID_INPUT", ["contact.phone"]),
        ({"grid": None}, "INVALID_INPUT", ["grid"]),
        ({"grid": "x"}, "NOT_FOUND", ["grid"]),
        ({"grid": town.city.matters[GAS]}, "NOT_FOUND", ["grid"]),
        ({"grid": ids.global_id("Grid", 999)}, "NOT_FOUND", ["grid"]),
        ({"matter": ids.global_id("Matter", 999)}, "NOT_FOUND", ["matter"]),
        ({"grid": None, "point": {"longitude": 181, "latitude": 0}}, "INVALID_INPUT", ["point"]),
        ({"grid": None, "point": {"longitude": 10, "latitude": 50}}, "NOT_FOUND", ["point"]),
        ({"evidence": [{"id": "nothing", "kind": "BEFORE"}]}, "NOT_FOUND", ["evidence"]),
        ({"evidence": [{"id": str(n), "kind": "BEFORE"} for n in range(10)]}, "INVALID_INPUT", ["evidence"]),
    ]
    for given, code, at in table:
        payload = await people.resident.do("caseSubmit", **(fine | given))
        assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, at)], given
    wall = await town.as_(Role.DISPLAY, "3205")
    assert (await wall.do("caseSubmit", **fine))["userErrors"][0]["code"] == "FORBIDDEN"
    foreign = await town.as_(Role.INTAKE_OFFICER, "3201")
    assert (await foreign.do("caseSubmit", **fine))["userErrors"][0]["code"] == "NOT_FOUND"
    assert (await people.leader.ask("{ cases { totalCount } }"))["cases"]["totalCount"] == 0


async def test_a_place_given_outright_wins_over_the_nearest_and_a_point_alone_finds_its_grid(town: Town) -> None:
    people = await cast(town)
    near_third = {"longitude": 120.63, "latitude": 31.3004}

    case = await hand_in(people, point=near_third)
    payload = await people.resident.do("caseSubmit", "case { grid { code } }", description="路灯", point=near_third)

    seen = await people.resident.ask("query ($id: ID!) { case(id: $id) { grid { code } } }", id=case["id"])
    assert seen["case"]["grid"]["code"] == GRID
    assert payload["case"]["grid"]["code"] == GRIDS[2]


# -- how often the database is asked


WALL = """{ viewer { realm division { name } } metrics { open submitted }
  cases(first: 50) { cursor totalCount edges { node { id number title state stage priority dueAt isOverdue
    grid { name } division { fullName } matter { name } responsibleUnit { name } heldBy { name }
    clocks { state } availableActions submitter { name } } } } }"""
NESTED = """{ grids(first: 50) { edges { node { name division { name } metrics { open }
  cases(first: 5) { edges { node { id timeline { action department { name } } responses { text }
    workOrders { id serviceProvider { name } department { name } availableActions } } } } } } } }"""
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Case { grid { name } } } }"


async def test_the_statements_of_a_query_do_not_grow_with_its_rows(town: Town) -> None:
    await town.feed.stop()  # it reads through the same engine
    people = await cast(town)
    ids_: list[str] = []
    for grid in (GRID, NEXT_GRID):
        _, case = await outsourced(people, await bring_to(people, "IN_PROGRESS", grid=grid))
        ids_.append(case["id"])

    async def asked() -> list[int]:
        counts = []
        for document, variables in ((WALL, {}), (NESTED, {}), (NODES, {"ids": ids_})):
            with counting(town.db) as statements:
                await people.leader.ask(document, **variables)
            counts.append(len(statements))
        return counts

    few = await asked()
    for number in range(12):
        case = await bring_to(people, "IN_PROGRESS", grid=(GRID, NEXT_GRID, FAR_GRID)[number % 2])
        _, case = await outsourced(people, case, ("SP-1", "SP-2")[number % 2])
        ids_.append(case["id"])

    assert await asked() == few
    assert few[0] <= 14 and few[1] <= 14 and few[2] <= 2, few


async def test_a_page_of_grids_with_the_widest_filter_is_still_answered(town: Town) -> None:
    async with town.db.write() as session:
        for number in range(100, 200):
            await session.execute(
                insert(grids).values(
                    id=number, code=f"320508019044{number}", code_scheme=CodeScheme.STAT15, kind=GridKind.BASIC,
                    setting=Setting.URBAN, name=f"第{number}网格", community_code="320508019044",
                    path=path_of("320508019044"), is_active=True,
                )
            )  # fmt: skip
    leader = await town.as_(Role.SHIFT_LEADER, "3205")
    wide = {
        name: [ids.global_id(kind, number) for number in range(1, 101)]
        for name, kind in (("matters", "Matter"), ("departments", "Department"), ("grids", "Grid"),
                           ("serviceProviders", "ServiceProvider"))
    }  # fmt: skip
    document = """query ($f: CaseFilter) { grids(first: 100) { edges { node { cases(first: 1, filter: $f) {
      edges { node { id } } } } } } }"""

    data = await leader.ask(document, f=wide)

    assert len(data["grids"]["edges"]) == 100


async def test_a_case_asked_for_twice_in_one_document_is_read_once(town: Town) -> None:
    await town.feed.stop()
    people = await cast(town)
    case = await hand_in(people)
    with counting(town.db) as statements:
        await people.leader.ask(
            "query ($id: ID!) { a: case(id: $id) { id } b: case(id: $id) { title } c: node(id: $id) { id } }",
            id=case["id"],
        )

    assert len(statements) == 1


# -- small promises


async def test_who_is_calling_is_told_what_they_hold(town: Town) -> None:
    worker = await town.as_(Role.GRID_WORKER, GRID, language="en")
    wall = await town.as_(Role.DISPLAY, "320508", Realm.EXERCISE)
    question = "{ viewer { name realm roles language grants { role scope } division { code } serverTime } }"

    first, second = (await worker.ask(question))["viewer"], (await wall.ask(question))["viewer"]

    assert first["roles"] == ["GRID_WORKER"] and first["division"] is None and first["language"] == "en"
    assert {grant["scope"] for grant in first["grants"]} == {"GRID", "SELF"}
    assert (second["realm"], second["division"]) == ("EXERCISE", {"code": "320508"})
    assert first["serverTime"] == town.clock().isoformat()


async def test_a_list_names_the_position_it_was_read_at(town: Town) -> None:
    people = await cast(town)
    await hand_in(people)
    data = await people.leader.ask(
        '{ a: cases { cursor } b: cases { cursor } division(code: "3205") { cases { cursor } } }'
    )

    expected = event_cursor(EventPosition(town.feed.epoch, 1, people.leader.viewer.scope.digest))
    assert data == {"a": {"cursor": expected}, "b": {"cursor": expected}, "division": {"cases": {"cursor": expected}}}
