"""How much one socket and one caller may hold and send."""

from __future__ import annotations

import time
from collections import Counter


class Holdings:
    """Counts what each caller holds. Zero leaves no trace, so the table never outgrows the callers present."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: Counter[str] = Counter()

    def take(self, principal: str) -> bool:
        if self._held[principal] >= self.most:
            return False
        self._held[principal] += 1
        return True

    def give_back(self, principal: str) -> None:
        self._held[principal] -= 1
        if self._held[principal] <= 0:
            del self._held[principal]

    def __len__(self) -> int:
        return sum(self._held.values())


class Bucket:
    """Messages a second, with one second's worth of burst."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._left = float(per_second)
        self._at = time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._left = min(self._per_second, self._left + (now - self._at) * self._per_second)
        self._at = now
        self._left -= 1
        return self._left >= 0
