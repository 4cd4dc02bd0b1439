"""The search index on both databases, and the knowledge base as it comes from a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import text

from db import knowledge
from db.vocabulary import Realm, Role
from resolvers.knowledge_files import import_knowledge
from tests.city import Town

ASK = """query ($question: String!) { ask(question: $question) { isSure cited { item { code } } } }"""
HEAD = "code,question,also_asked,answer,source,division_code,owner,valid_from,valid_to\n"


async def test_the_shipped_base_answers_after_one_import_and_a_second_changes_nothing(town: Town) -> None:
    first = await import_knowledge(town.db, Realm.LIVE, town.clock())
    again = await import_knowledge(town.db, Realm.LIVE, town.clock())

    assert first.counts["knowledge_items"][:2] == (25, 0)
    assert again.counts["knowledge_items"] == (0, 0, 25)
    resident = await town.as_(Role.RESIDENT, "zhang")
    for question, code in (
        ("路灯坏了怎么报", "report-how"),
        ("12345是什么电话", "hotline-12345"),
        ("ＧＡＳ', 燃气漏了", "gas-leak"),
    ):
        found = (await resident.ask(ASK, question=question))["ask"]
        assert found["cited"][0]["item"]["code"] == code
    for hostile in ("' OR 1=1 --", '"*" NEAR', "&|!():*<->", "\\'"):
        assert (await resident.ask(ASK, question=hostile))["ask"]["isSure"] is False


async def test_an_item_that_is_written_anew_stands_once_in_the_index(town: Town) -> None:
    await import_knowledge(town.db, Realm.LIVE, town.clock())
    async with town.db.write() as session:
        await knowledge.index(session, 1, ["路灯", "abc"])
        await knowledge.index(session, 1, ["abc"])
        count = (await session.execute(text("SELECT count(*) FROM knowledge_words"))).scalar_one()
        found = await knowledge.citable(session, Realm.LIVE, ["abc"], "32/", date(2026, 3, 11), 10)

    assert (count, [row.id for row in found]) == (25, [1])


async def test_a_file_with_one_bad_line_brings_nothing_in_and_names_it(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "knowledge.csv"
    good = "a-1,怎么停车,,到东门,公约,320508,社区,2026-01-01,\n"
    file.write_text(
        HEAD + good + good + "b-1,,,x,y,320508,z,2026-01-01,\nc-1,q,,a,s,99,o,2026-01-01,\nd-1,q,,a,s,32,o,1.1.,\n",
        encoding="utf-8",
    )

    report = await import_knowledge(town.db, Realm.LIVE, town.clock(), file)

    assert [(error.line, error.column) for error in report.errors] == [
        (3, "code"), (4, "question"), (5, "division_code"), (6, "valid_from"),
    ]  # fmt: skip
    async with town.db.read() as session:
        assert await knowledge.by_code(session, Realm.LIVE, "a-1") is None


async def test_a_dry_run_counts_and_leaves_everything_as_it_was(town: Town) -> None:
    report = await import_knowledge(town.db, Realm.LIVE, town.clock(), dry_run=True)

    assert report.counts["knowledge_items"][0] == 25
    async with town.db.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM knowledge_words"))).scalar_one() == 0
