"""From counts to values, from values to scores, and the corner of the quadrant nobody should stand in. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from db.vocabulary.assessment import IndicatorCode, IndicatorUnit, ScoreMethod
from resolvers.rules.rounding import rounded

UNITS: dict[IndicatorCode, IndicatorUnit] = {
    IndicatorCode.DISCOVERY_COUNT: IndicatorUnit.COUNT,
    IndicatorCode.DISCOVERIES_PER_1000: IndicatorUnit.PER_1000,
    IndicatorCode.REGISTERED_PER_GRID: IndicatorUnit.PER_GRID,
}
_TIMES = {IndicatorUnit.PERCENT: 100, IndicatorUnit.PER_1000: 1_000, IndicatorUnit.PER_GRID: 1}
FULL = Decimal(100)

Steps = Sequence[tuple[int | None, int]]
"""Up to and including a value (None: any), the score; in order."""


@dataclass(frozen=True, slots=True)
class Scored:
    weight: int
    score: float | None


def unit_of(code: IndicatorCode) -> IndicatorUnit:
    return UNITS.get(code, IndicatorUnit.PERCENT)


def value_of(unit: IndicatorUnit, numerator: int, denominator: int) -> float | None:
    """Two decimals half up; None, not 0, where there is nothing to divide by. A count is its numerator."""
    if unit is IndicatorUnit.COUNT:
        return float(numerator)
    if denominator == 0:
        return None
    return rounded(Decimal(numerator * _TIMES[unit]) / Decimal(denominator))


def cap(values: Sequence[float], percentile: int) -> float | None:
    """The value that so many percent of the peers do not exceed: the nearest rank. None without peers."""
    if not values:
        return None
    rank = -(-percentile * len(values) // 100)
    return sorted(values)[max(rank, 1) - 1]


def score(
    method: ScoreMethod,
    value: float | None,
    *,
    steps: Steps = (),
    peers_cap: float | None = None,
    valid_rate: float | None = None,
) -> float | None:
    """0 to 100; None where there is no value to score.

    PEERS: what lies above the cap earns no more, a cap of 0 means that nobody found anything and nobody is praised;
    handing in much that is not valid costs twice, since it does not count and lowers the rate that multiplies.
    """
    if value is None:
        return None
    number = Decimal(str(value))
    match method:
        case ScoreMethod.RATE:
            return rounded(min(number, FULL))
        case ScoreMethod.INVERSE_RATE:
            return rounded(max(FULL - number, Decimal(0)))
        case ScoreMethod.STEPS:
            return next((float(points) for up_to, points in steps if up_to is None or number <= up_to), 0.0)
        case ScoreMethod.PEERS:
            if not peers_cap or valid_rate is None:
                return 0.0
            share = min(number / Decimal(str(peers_cap)), Decimal(1))
            return rounded(share * Decimal(str(valid_rate)))


def total(parts: Sequence[Scored]) -> float | None:
    """The weighted mean of what could be scored: a component without a value hands its weight to the others."""
    known = [(part.weight, part.score) for part in parts if part.score is not None]
    weights = sum(weight for weight, _ in known)
    if weights == 0:
        return None
    return rounded(sum((Decimal(str(points)) * weight for weight, points in known), Decimal(0)) / weights)


def band(points: float | None, bands: Sequence[tuple[str, int]]) -> str | None:
    """The best band whose least score is reached."""
    return None if points is None else next((name for name, least in bands if points >= least), None)


@dataclass(frozen=True, slots=True)
class Dot:
    """A subject on the quadrant: how much it found, and how much of what was due is solved."""

    found: int
    solved: float | None


def medians(dots: Sequence[Dot]) -> tuple[float | None, float | None]:
    """Of found and of solved; None where nobody has one."""
    solved = [dot.solved for dot in dots if dot.solved is not None]
    return (
        float(median(dot.found for dot in dots)) if dots else None,
        rounded(Decimal(str(median(solved)))) if solved else None,
    )


def is_suspected(dot: Dot, found: float | None, solved: float | None) -> bool:
    """疑似漏报: finds less than most of its neighbours and solves no less. Who finds nothing has solved it all."""
    if found is None or solved is None or dot.solved is None:
        return False
    return dot.found < found and dot.solved >= solved
