"""When a message that did not arrive is sent again. Pure."""

from __future__ import annotations

from datetime import timedelta

FIRST_SECONDS = 5.0
LONGEST_SECONDS = 3_600.0
ATTEMPTS_MOST = 14  # about five hours


def pause(attempts: int, chance: float, first: float = FIRST_SECONDS) -> timedelta | None:
    """After so many attempts; None: no more. `chance`, 0 to 1, spreads those that failed together: half to one and a
    half of the doubled pause."""
    if attempts >= ATTEMPTS_MOST:
        return None
    seconds = min(first * 2 ** (attempts - 1), LONGEST_SECONDS)
    return timedelta(seconds=seconds * (0.5 + chance))
