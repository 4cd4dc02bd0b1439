"""When units disagree whose a case is, and who is above them all."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from resolvers.rules.jurisdiction import are_in_conflict, common_superior, named


def view(text: str) -> Any:
    """1>2: unit 1 says that it is unit 2's."""
    unit, proposed = text.split(">")
    return SimpleNamespace(department_id=int(unit), proposed_unit_id=int(proposed))


@pytest.mark.parametrize(
    ("said", "is_conflict"),
    [
        ("", False),
        ("1>2", False),
        ("1>2 1>2", False),  # given to it again, it says so again
        ("1>2 1>3", False),  # one unit that changes its mind
        ("1>3 2>3", False),  # both name the same third
        ("1>2 2>1", True),  # each names the other
        ("1>2 2>3", True),
        ("1>3 2>3 3>1", True),  # the third, asked, names the first
        ("1>2 2>1 1>1", False),  # the last word of each counts
    ],
)
def test_views_conflict_when_two_units_name_different_ones(said: str, is_conflict: bool) -> None:
    assert are_in_conflict([view(one) for one in said.split()]) is is_conflict


def test_in_dispute_is_who_spoke_and_who_was_named() -> None:
    assert named([view("1>2"), view("2>3")]) == {1, 2, 3}


@pytest.mark.parametrize(
    ("paths", "superior"),
    [
        (["32/3205/320508/"], "32/3205/320508/"),
        (["32/3205/320508/", "32/3205/320508/"], "32/3205/320508/"),
        (["32/3205/320508/", "32/3205/320506/"], "32/3205/"),
        (["32/3205/320508/", "32/3205/"], "32/3205/"),
        (["32/3205/320508/", "32/3201/320102/"], "32/"),
        (["32/3205/320508/320508019/", "32/3205/320508/320508001/", "32/3205/320508/"], "32/3205/320508/"),
        (["32/3205/", "33/3301/"], ""),
        ([], ""),
    ],
)
def test_the_common_superior_is_the_lowest_division_above_all(paths: list[str], superior: str) -> None:
    assert common_superior(paths) == superior
