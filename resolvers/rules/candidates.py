"""Which matters a division might buy the work of, by the three reasons to outsource. Pure.

Source: the study's reasons for widening what is bought: 任务重, 矛盾突出, 监管难度大. What measures each of
them, and that they weigh the same, is our own reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from db.vocabulary import OutsourceReason

LEAST_CASES = 5  # of fewer, one case is a fifth of the share or more: it says nothing of the matter
FULL = 100

R = OutsourceReason


@dataclass(frozen=True, slots=True)
class Weighed:
    """One matter, and how it stands to the one that stands out most by each reason."""

    said: Any  # counts: registered, contentious, hard
    relative: dict[OutsourceReason, Decimal]  # 0 to 100; 100: no other matter stands out more

    @property
    def points(self) -> int:
        """Mean of the three, 0 to 100, half up."""
        mean = sum(self.relative.values(), Decimal(0)) / len(self.relative)
        return int(mean.quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def reason(self) -> OutsourceReason:
        """The reason that stands out most; in order of the reasons where two do."""
        return max(R, key=lambda reason: (self.relative[reason], -list(R).index(reason)))


def weighed(found: Sequence[Any]) -> list[Weighed]:
    """Matters with cases enough to say something, the first candidate at the head.

    Load is the count of registered cases; contention the contentious ones per registered case; difficulty the hard
    ones per registered case. Each is taken relative to the highest among these matters, times 100, so that a count
    and two shares can be held against each other; 0 throughout where nothing shows at all.
    """
    enough = [one for one in found if one.registered >= LEAST_CASES]
    figures = {
        R.HEAVY_LOAD: [Decimal(one.registered) for one in enough],
        R.CONTENTIOUS: [Decimal(one.contentious) / one.registered for one in enough],
        R.HARD_TO_SUPERVISE: [Decimal(one.hard) / one.registered for one in enough],
    }
    most = {reason: max(numbers, default=Decimal(0)) for reason, numbers in figures.items()}
    rows = [
        Weighed(one, {reason: _of(figures[reason][place], most[reason]) for reason in R})
        for place, one in enumerate(enough)
    ]
    return sorted(rows, key=lambda row: (-row.points, -row.said.registered, row.said.matter.code))


def _of(number: Decimal, most: Decimal) -> Decimal:
    return number * FULL / most if most else Decimal(0)
