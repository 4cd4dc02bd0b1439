"""From counts to scores by table; the corner of the quadrant; property: finding more never costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.vocabulary.assessment import IndicatorUnit, ScoreMethod
from resolvers.rules.assessment import Dot, Scored, band, cap, is_suspected, medians, score, total, value_of

BANDS = (("A", 90), ("B", 75), ("C", 60), ("D", 40), ("E", 0))
STEPS = ((0, 100), (2, 90), (4, 75), (6, 60), (8, 40), (None, 0))


@pytest.mark.parametrize(
    ("unit", "numerator", "denominator", "value"),
    [
        (IndicatorUnit.PERCENT, 911, 972, 93.72),
        (IndicatorUnit.PERCENT, 1, 8, 12.5),
        (IndicatorUnit.PERCENT, 1, 800, 0.13),  # half up
        (IndicatorUnit.PERCENT, 0, 5, 0.0),
        (IndicatorUnit.PERCENT, 0, 0, None),
        (IndicatorUnit.COUNT, 7, 7, 7.0),
        (IndicatorUnit.COUNT, 0, 0, 0.0),
        (IndicatorUnit.PER_1000, 3, 2_250, 1.33),
        (IndicatorUnit.PER_1000, 3, 0, None),
        (IndicatorUnit.PER_GRID, 5, 2, 2.5),
    ],
)
def test_a_value_is_rounded_half_up_and_null_without_a_denominator(
    unit: IndicatorUnit, numerator: int, denominator: int, value: float | None
) -> None:
    assert value_of(unit, numerator, denominator) == value


@pytest.mark.parametrize(
    ("registered", "points"), [(0, 100), (0.4, 90), (2, 90), (2.1, 75), (4, 75), (6, 60), (8, 40), (8.01, 0), (99, 0)]
)
def test_registered_cases_per_grid_are_looked_up_in_steps(registered: float, points: float) -> None:
    assert score(ScoreMethod.STEPS, registered, steps=STEPS) == points


@pytest.mark.parametrize(
    ("value", "peers_cap", "valid_rate", "points"),
    [(5.0, 10.0, 100.0, 50.0), (20.0, 10.0, 100.0, 100.0), (5.0, 10.0, 50.0, 25.0), (0.0, 0.0, None, 0.0),
     (5.0, None, 90.0, 0.0), (None, 10.0, 100.0, None)],
)  # fmt: skip
def test_discovery_is_a_share_of_the_peers_cap_times_how_much_was_valid(
    value: float | None, peers_cap: float | None, valid_rate: float | None, points: float | None
) -> None:
    assert score(ScoreMethod.PEERS, value, peers_cap=peers_cap, valid_rate=valid_rate) == points


def test_rates_score_as_they_are_or_turned_round() -> None:
    assert score(ScoreMethod.RATE, 93.72) == 93.72
    assert score(ScoreMethod.RATE, 120.0) == 100.0
    assert score(ScoreMethod.INVERSE_RATE, 4.32) == 95.68
    assert score(ScoreMethod.RATE, None) is None


@pytest.mark.parametrize(
    ("values", "percentile", "found"),
    [([], 90, None), ([3.0], 90, 3.0), (list(map(float, range(1, 11))), 90, 9.0), ([1.0, 2.0], 90, 2.0),
     (list(map(float, range(1, 12))), 90, 10.0), ([5.0, 1.0, 3.0], 1, 1.0)],
)  # fmt: skip
def test_the_cap_is_the_nearest_rank(values: list[float], percentile: int, found: float | None) -> None:
    assert cap(values, percentile) == found


def test_a_component_without_a_value_hands_its_weight_on() -> None:
    assert total([Scored(40, 90.0), Scored(60, 50.0)]) == 66.0
    assert total([Scored(40, 90.0), Scored(60, None)]) == 90.0
    assert total([Scored(40, None)]) is None


@pytest.mark.parametrize(
    ("points", "name"),
    [(100.0, "A"), (90.0, "A"), (89.99, "B"), (75.0, "B"), (60.0, "C"), (40.0, "D"), (39.0, "E"), (None, None)],
)
def test_bands_begin_at_their_least_score(points: float | None, name: str | None) -> None:
    assert band(points, BANDS) == name


def test_few_found_and_much_solved_is_suspected() -> None:
    dots = [Dot(2, 100.0), Dot(20, 90.0), Dot(30, 95.0), Dot(3, 60.0), Dot(1, None)]

    found, solved = medians(dots)

    assert (found, solved) == (3.0, 92.5)
    assert [is_suspected(dot, found, solved) for dot in dots] == [True, False, False, False, False]


def test_where_all_solve_everything_the_one_that_finds_least_is_suspected() -> None:
    dots = [Dot(0, 100.0), Dot(9, 100.0), Dot(10, 100.0)]

    assert [is_suspected(dot, *medians(dots)) for dot in dots] == [True, False, False]
    assert medians([]) == (None, None)
    assert not is_suspected(Dot(0, 100.0), None, None)


@given(
    mine=st.integers(0, 200), more=st.integers(1, 50), peers=st.lists(st.integers(0, 200), max_size=12),
    invalid=st.integers(0, 30),
)  # fmt: skip
def test_a_valid_discovery_more_never_lowers_a_score(mine: int, more: int, peers: list[int], invalid: int) -> None:
    def points(found: int) -> float:
        limit = cap([float(value) for value in (*peers, found)], 90)
        rate = value_of(IndicatorUnit.PERCENT, found, found + invalid)
        earned = score(ScoreMethod.PEERS, float(found), peers_cap=limit, valid_rate=rate)
        assert earned is not None
        return earned

    # The cap follows one's own count only where one is the best, and then one has all of it.
    assert points(mine + more) >= points(mine)
