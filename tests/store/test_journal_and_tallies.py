"""The journal is atomic, dense and ordered; the tallies are what a recount gives; no history ends in a dead end."""

from __future__ import annotations

import ast
import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from inspect import getsource
from random import Random
from typing import Any

import pytest
from sqlalchemy import event

from db import journal, tallies
from db.database import Database
from resolvers.rules.rounding import percent
from tests.city import Town, key
from tests.stories.walks import (
    DONE,
    FAR_GRID,
    TRUTH,
    UNIT,
    Cast,
    Walk,
    bring_to,
    cast,
    hand_in,
    outsourced,
    photo,
    rows,
)


class PowerCut(Exception):
    """The process died here."""


@contextmanager
def dying_after(db: Database, statements: int) -> Iterator[list[str]]:
    """The transaction dies before its next statement, or its commit, after `statements` of them."""
    engine = db._writer.sync_engine
    seen: list[str] = []
    is_over = False  # what follows the commit is another story

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not is_over and len(seen) == statements:
            raise PowerCut
        seen.append(statement)

    def at_commit(_connection: Any) -> None:
        nonlocal is_over
        if not is_over and len(seen) == statements:
            raise PowerCut
        is_over = True

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "commit", at_commit)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", before)
        event.remove(engine, "commit", at_commit)


async def survive(town: Town, change: Callable[[], Awaitable[Any]]) -> int:
    """Cut the power between any two statements of a change: nothing of it exists. How many statements it has."""
    await town.feed.stop()  # on PostgreSQL it reads through the same engine
    before = await rows(town)
    for statements in range(200):
        with dying_after(town.db, statements) as seen:
            try:
                await change()
            except PowerCut:
                pass
            except Exception as error:
                cut: BaseException | None = error
                while cut is not None and not isinstance(cut, PowerCut):
                    cut = getattr(cut, "original_error", None) or getattr(cut, "orig", None) or cut.__cause__
                assert cut is not None, error
            else:
                break
        assert await rows(town) == before, f"after {statements} statements: {seen[-1:]}"
    return statements


async def strictly(speaker: Any, document: str, **variables: Any) -> Any:
    result = await speaker.answer(document, **variables)
    if result.errors:
        raise result.errors[0]
    return result.data


async def test_l1_a_submission_is_there_with_its_event_or_not_at_all(town: Town) -> None:
    people = await cast(town)
    shot = await photo(people.resident)
    document = "mutation ($input: CaseSubmitInput!) { caseSubmit(input: $input) { userErrors { code } } }"
    given = {
        "idempotencyKey": key(), "description": "路面坑洼", "grid": town.city.grids[FAR_GRID],
        "matter": town.city.matters["M-POTHOLE"], "evidence": [{"id": shot, "kind": "BEFORE"}],
    }  # fmt: skip

    statements = await survive(town, lambda: strictly(people.resident, document, input=given))

    assert statements >= 8
    found = await rows(town)
    assert {name: len(found[name]) for name in ("cases", "steps", "journal", "attachments")} == {
        "cases": 1, "steps": 1, "journal": 1, "attachments": 1
    }  # fmt: skip


async def test_l1_an_action_on_a_work_order_is_there_with_its_event_or_not_at_all(town: Town) -> None:
    people = await cast(town)
    order, case = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    document = "mutation ($input: WorkOrderAcceptInput!) { workOrderAccept(input: $input) { userErrors { code } } }"
    given = {"idempotencyKey": key(), "workOrderId": order, "expectedVersion": case["version"]}

    statements = await survive(town, lambda: strictly(people.provider, document, input=given))

    assert statements >= 6
    async with town.db.read() as session:
        assert (await journal.position(session)).seq == case["version"] + 1 + 2  # and the offer and this of the order


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_l1_a_bundle_of_updates_is_there_with_its_events_and_numbers_or_not_at_all(town: Town) -> None:
    people = await cast(town)
    order, _ = await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    shot = await photo(people.provider)
    document = "mutation ($input: WorkOrderUpdatesInput!) { workOrderUpdates(input: $input) { updates { outcome } } }"
    name = {"workOrderId": order, "externalId": "A-1", "text": "已修补"}
    said = [
        {**name, "externalSeq": 1, "kind": "ACCEPT"},
        {**name, "externalSeq": 2, "kind": "SUBMIT", "evidence": [{"id": shot, "kind": "AFTER"}]},
        {**name, "externalSeq": 3, "kind": "ACCEPT"},
    ]
    before = len((await rows(town))["journal"])

    statements = await survive(town, lambda: strictly(people.provider, document, input={"updates": said}))

    assert statements >= 20
    found = await rows(town)
    assert len(found["journal"]) == before + 2 * len(said)
    assert len(found["order_updates"]) == len(said)


async def test_l1_completing_is_there_with_disposition_photo_and_event_or_not_at_all(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "IN_PROGRESS")
    shot = await photo(people.handler)
    document = "mutation ($input: CaseCompleteInput!) { caseComplete(input: $input) { userErrors { code } } }"
    given = {
        "idempotencyKey": key(), "caseId": case["id"], "expectedVersion": case["version"], "outcome": "RESOLVED",
        "disposition": DONE, "evidence": [{"id": shot, "kind": "AFTER"}],
    }  # fmt: skip

    statements = await survive(town, lambda: strictly(people.handler, document, input=given))

    assert statements >= 8
    found = await rows(town)
    assert len(found["dispositions"]) == 1
    assert len(found["journal"]) == case["version"] + 1


async def test_l4_twelve_writers_at_once_leave_a_dense_journal_in_one_order(town: Town) -> None:
    people = await cast(town)
    writers, each = 12, 3

    async def write(_number: int) -> None:
        for _ in range(each):
            case = await hand_in(people)
            case = await people.intake.act("caseAccept", case)
            await people.intake.act("caseRegister", case)

    await asyncio.gather(*(write(number) for number in range(writers)))

    async with town.db.read() as session:
        events = await journal.after(session, 0, 1_000)
        position = await journal.position(session)
        stored, counted = await tallies.stored(session), await tallies.recounted(session)
    assert [one.seq for one in events] == list(range(1, writers * each * 3 + 1))
    assert position.seq == writers * each * 3
    versions: dict[int, list[int]] = {}
    for one in events:
        versions.setdefault(one.subject_id, []).append(one.version)
    assert list(versions.values()) == [[1, 2, 3]] * (writers * each)
    assert stored == counted


async def test_l4_a_reader_never_sees_a_number_before_the_ones_below_it(town: Town) -> None:
    people = await cast(town)
    seen, holes, done = 0, 0, asyncio.Event()

    async def read() -> None:
        nonlocal seen, holes
        while not (done.is_set() and seen == 40):
            async with town.db.read() as session:
                for one in await journal.after(session, seen, 100):
                    holes += one.seq != seen + 1
                    seen = one.seq

    reading = asyncio.create_task(read())
    await asyncio.gather(*(hand_in(people) for _ in range(40)))
    done.set()
    async with asyncio.timeout(60):
        await reading

    assert (seen, holes) == (40, 0)


async def _truth(people: Cast, walk: Walk) -> None:
    """Every closed case has all three; every case has a way on; versions, steps and events agree."""
    async with people.town.db.read() as session:
        events = await journal.after(session, 0, 100_000)
        stored, counted = await tallies.stored(session), await tallies.recounted(session)
    assert stored == counted
    assert [one.seq for one in events] == list(range(1, len(events) + 1))
    total = 0
    for case_id in walk.cases:
        case = (await people.leader.ask(TRUTH, id=case_id))["case"]
        assert [step["version"] for step in case["timeline"]] == list(range(1, case["version"] + 1))
        total += case["version"]
        if case["state"] == "CLOSED":
            assert case["outcome"] is not None and case["stage"] == "EVALUATION"
            assert case["round"] in {one["round"] for one in case["dispositions"]}
            assert case["round"] in {one["round"] for one in case["responses"]}
        if case["state"] != "WITHDRAWN" and (case["isOpen"] or not case["isChild"]):
            assert await walk.ways_on(case_id), f"dead end: {case}"
    assert total == len(events)


HISTORY_SEEDS = int(os.environ.get("HISTORY_SEEDS", "2"))  # `make histories` draws more, and longer ones
HISTORY_STEPS = int(os.environ.get("HISTORY_STEPS", "100"))


@pytest.mark.parametrize("seed", range(1, HISTORY_SEEDS + 1))
async def test_a_random_history_keeps_the_tallies_and_finds_no_dead_end(town: Town, seed: int) -> None:
    people = await cast(town)
    walk = Walk(people, Random(seed))

    for _ in range(HISTORY_STEPS):
        await walk.step()

    assert len(set(walk.taken)) >= 15, sorted(set(walk.taken))
    await _truth(people, walk)


def _is_row(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "row"


def test_a_change_that_counts_is_told_by_the_columns_that_counting_reads() -> None:
    """`difference` looks no further where none of COUNTED has changed: it must name them all, in every branch."""
    functions = {one.name: one for one in ast.parse(getsource(tallies)).body if isinstance(one, ast.FunctionDef)}
    read, left, known = set[str](), ["contributions"], set[str]()
    while left:
        known.add(name := left.pop())
        nodes = list(ast.walk(functions[name]))
        read |= {one.attr for one in nodes if isinstance(one, ast.Attribute) and _is_row(one.value)}
        passed_on = [one.func for one in nodes if isinstance(one, ast.Call) and any(map(_is_row, one.args))]
        left += {one.id for one in passed_on if isinstance(one, ast.Name)} - known

    assert read == set(tallies.COUNTED)


async def test_rebuilding_the_tallies_changes_nothing(town: Town) -> None:
    people = await cast(town)
    await bring_to(people, "CLOSED")
    await outsourced(people, await bring_to(people, "IN_PROGRESS"))
    async with town.db.read() as session:
        before = await tallies.stored(session)

    async with town.db.write() as session:
        await tallies.rebuild(session, await tallies.recounted(session))

    async with town.db.read() as session:
        assert await tallies.stored(session) == before
    assert before


async def test_a_reopened_case_leaves_the_day_it_was_closed(town: Town) -> None:
    people = await cast(town)
    case = await bring_to(people, "CLOSED")
    figures = "{ metrics { submitted registered handled closed declaredResolved open openByStage { stage open } } }"
    assert (await people.leader.ask(figures))["metrics"]["closed"] == 1

    case = await people.resident.act("caseRequestReopen", case, reason="没有修好")
    case = await people.leader.act("caseReopen", case, reason="属实")
    await people.dispatcher.act("caseDispatch", case, department=town.city.departments[UNIT])

    found = (await people.leader.ask(figures))["metrics"]
    stages = {one["stage"]: one["open"] for one in found.pop("openByStage")}
    assert found == {
        "submitted": 1, "registered": 1, "handled": 0, "closed": 0, "declaredResolved": 0, "open": 1
    }  # fmt: skip
    assert stages == {
        "INTAKE": 0, "REGISTRATION": 0, "DISPATCH": 1, "HANDLING": 0, "FEEDBACK": 0, "CHECK_AND_CLOSURE": 0
    }  # fmt: skip


@pytest.mark.parametrize(("numerator", "denominator", "shown"), [
    (911, 972, 93.72), (737, 972, 75.82), (902, 956, 94.35), (9, 16, 56.25), (953, 996, 95.68), (43, 996, 4.32),
    (996, 1054, 94.50), (1, 8, 12.5), (1, 32, 3.13), (5, 32, 15.63), (0, 7, 0.0), (7, 7, 100.0), (0, 0, None),
    (1, 3, 33.33), (2, 3, 66.67), (1, 20_000, 0.01), (1, 20_001, 0.0),
])  # fmt: skip
def test_rates_are_those_the_bulletins_publish(numerator: int, denominator: int, shown: float | None) -> None:
    assert percent(numerator, denominator) == shown
