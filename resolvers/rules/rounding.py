"""How figures are rounded: two decimals, or whole cents, half up. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def rounded(number: Decimal) -> float:
    return float(number.quantize(Decimal("0.01"), ROUND_HALF_UP))


def ratio(numerator: int, denominator: int) -> float | None:
    """None, not 0, where there is nothing to divide by."""
    return None if denominator == 0 else rounded(Decimal(numerator) / denominator)


def nearest(numerator: int, denominator: int) -> int | None:
    """The nearest whole number, half up, of what is not negative; exact however large. None likewise."""
    return None if denominator == 0 else (2 * numerator + denominator) // (2 * denominator)


def percent(numerator: int, denominator: int) -> float | None:
    return ratio(numerator * 100, denominator)
