"""Words for responses: a fixed set of placeholders, and nothing about a person."""

from __future__ import annotations

import csv

from db.imports import DATA
from resolvers.rules.access import masked_words
from resolvers.rules.templates import fill_in, unknown_words


def test_known_words_are_filled_in_and_the_rest_is_left_to_a_person() -> None:
    filled = fill_in("编号{number}，由{unit}办理", {"number": "320508", "unit": None})

    assert filled == "编号320508，由……办理"


def test_what_is_no_placeholder_is_named() -> None:
    assert unknown_words("{number}{submitter}{phone}") == ["submitter", "phone"]


def test_what_is_filled_in_is_not_read_again() -> None:
    assert fill_in("{title}", {"title": "{unit}", "unit": "城管局"}) == "{unit}"


def test_the_shipped_templates_hold_our_placeholders_and_no_numbers() -> None:
    with (DATA / "units" / "response_templates.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) == 12
    assert [
        row["code"] for row in rows if unknown_words(row["text"]) or masked_words(row["text"]) != row["text"]
    ] == []
