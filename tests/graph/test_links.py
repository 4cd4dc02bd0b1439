"""Cases that have to do with each other."""

from __future__ import annotations

from typing import Any

from db.vocabulary import Role
from resolvers.rules.policy import Policy
from schema.context import Context
from tests.city import Speaker, Town
from tests.graph.test_merging import fresh, heard, now
from tests.stories.walks import FAR_GRID, NEXT_GRID, bring_to, cast, hand_in, rows

SEE = """query ($id: ID!) { case(id: $id) { version state links { case { id number } since reason } } }"""


async def linked(speaker: Speaker, case: dict[str, Any]) -> list[tuple[str, str | None]]:
    found = (await speaker.ask(SEE, id=case["id"]))["case"]["links"]
    return [(link["case"]["id"], link["reason"]) for link in found]


async def test_linked_cases_show_each_other_and_both_hear_of_it(town: Town) -> None:
    people = await cast(town)
    first, second = await hand_in(people), await bring_to(people, "CLOSED")
    since = await now(people.leader)

    first = await people.intake.act("caseLink", first, otherId=second["id"], reason="同一路段")

    assert await heard(town, people.leader, since) == [
        ("CHANGED", first["id"], "LINK"), ("CHANGED", second["id"], "LINK"),
    ]  # fmt: skip
    assert await linked(people.intake, first) == [(second["id"], "同一路段")]
    assert await linked(people.leader, second) == [(first["id"], "同一路段")]
    after = await fresh(people.leader, second)
    assert (after["state"], after["version"]) == ("CLOSED", second["version"] + 1)
    assert await linked(people.resident, first) == [(second["id"], None)]


async def test_a_link_taken_back_is_gone_from_both(town: Town) -> None:
    people = await cast(town)
    first, second = await hand_in(people), await hand_in(people)
    await people.intake.act("caseLink", first, otherId=second["id"], reason="同一路段")

    second = await people.leader.act(
        "caseUnlink", await fresh(people.leader, second), otherId=first["id"], reason="并非同一路段"
    )

    assert await linked(people.leader, first) == await linked(people.leader, second) == []


async def test_who_sees_only_one_of_the_two_is_not_told_of_the_other(town: Town) -> None:
    people = await cast(town)
    near, far = await hand_in(people, grid=NEXT_GRID), await hand_in(people, grid=FAR_GRID)
    near = await people.leader.act("caseLink", near, otherId=far["id"], reason="同一施工单位")

    assert await linked(people.dispatcher, near) == []
    assert await linked(await town.as_(Role.DISPATCHER, "320506"), far) == []
    assert await linked(people.leader, near) == [(far["id"], "同一施工单位")]


async def test_refused_links_write_nothing_and_announce_nothing(town: Town) -> None:
    people = await cast(town)
    first, second, third = await hand_in(people), await hand_in(people), await hand_in(people)
    far = await hand_in(people, grid=FAR_GRID)
    closed = await bring_to(people, "CLOSED")
    first = await people.intake.act("caseLink", first, otherId=second["id"], reason="同一路段")
    since, before = await now(people.leader), await rows(town, "idempotency_records")

    class Strict(Speaker):
        def context(self) -> Context:
            return Context(self.db, self.feed, self.viewer, self.clock, policy=Policy(links_per_case=1))

    strict = Strict(people.intake.db, people.intake.feed, people.intake.clock, people.intake.viewer)
    found = [
        await people.intake.refused("caseLink", first, otherId=second["id"], reason="x"),
        await people.intake.refused("caseLink", first, otherId=first["id"], reason="x"),
        await people.intake.refused("caseLink", first, otherId=far["id"], reason="x"),
        await people.intake.refused("caseLink", first, otherId="nonsense", reason="x"),
        await people.intake.refused("caseLink", first, otherId=third["id"], reason=""),
        await people.intake.refused("caseLink", closed, otherId=third["id"], reason="x"),
        await people.resident.refused("caseLink", first, otherId=third["id"], reason="x"),
        await strict.refused("caseLink", third, otherId=first["id"], reason="x"),
        await people.intake.refused("caseUnlink", first, otherId=third["id"], reason="x"),
        await people.resident.refused("caseUnlink", first, otherId=second["id"], reason="x"),
    ]

    assert found == [
        "INVALID_INPUT", "NOT_FOUND", "NOT_FOUND", "NOT_FOUND", "REASON_REQUIRED", "ILLEGAL_ACTION", "FORBIDDEN",
        "TOO_MANY", "NOT_FOUND", "FORBIDDEN",
    ]  # fmt: skip
    assert await rows(town, "idempotency_records") == before
    assert await heard(town, people.leader, since) == []
