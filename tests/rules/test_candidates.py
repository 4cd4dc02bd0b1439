"""Matters beside each other by the three reasons to outsource."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from resolvers.rules.candidates import LEAST_CASES, weighed


def said(code: str, registered: int, contentious: int = 0, hard: int = 0) -> Any:
    matter = SimpleNamespace(code=code)
    return SimpleNamespace(matter=matter, registered=registered, contentious=contentious, hard=hard)


def test_each_reason_is_taken_relative_to_the_matter_that_stands_out_most() -> None:
    found = weighed([said("A", 40, 4, 10), said("B", 10, 5, 5), said("C", 20)])

    assert [(one.said.matter.code, one.points, one.reason.name) for one in found] == [
        ("B", 75, "CONTENTIOUS"),  # (25 + 100 + 100) / 3, and the first of two equal reasons
        ("A", 57, "HEAVY_LOAD"),  # (100 + 20 + 50) / 3
        ("C", 17, "HEAVY_LOAD"),  # (50 + 0 + 0) / 3
    ]
    assert list(found[1].relative.values()) == [100, 20, 50]


def test_a_matter_with_too_few_cases_says_nothing_and_none_is_no_mistake() -> None:
    few = said("A", LEAST_CASES - 1, LEAST_CASES - 1, LEAST_CASES - 1)
    quiet = said("B", LEAST_CASES)

    assert [one.said.matter.code for one in weighed([few, quiet])] == ["B"]
    assert weighed([quiet])[0].points == 33
    assert weighed([few]) == weighed([]) == []


def test_equal_matters_stand_in_order_of_their_cases_and_codes() -> None:
    found = weighed([said("D", 5), said("C", 5), said("B", 10, 0, 0)])

    assert [one.said.matter.code for one in found] == ["B", "C", "D"]
