"""Encoded payloads that are kept for those who come a little later, so that catching up executes nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Mapping

KEPT_BYTES = 64 * 1024 * 1024  # of all cohorts together


class Kept:
    """Bodies by owner and journal number: as long as the feed's tail, and no more than `most` bytes."""

    def __init__(self, first: Callable[[], int], most: int = KEPT_BYTES) -> None:
        self.bytes = 0
        self._first = first
        self._most = most
        self._bodies: dict[Hashable, dict[int, bytes]] = {}
        self._order: deque[tuple[Hashable, int]] = deque()

    def get(self, owner: Hashable, seq: int) -> bytes | None:
        bodies = self._bodies.get(owner)
        return None if bodies is None else bodies.get(seq)

    def add(self, owner: Hashable, made: Mapping[int, bytes]) -> None:
        bodies = self._bodies.setdefault(owner, {})
        for seq, body in made.items():
            if seq not in bodies:
                bodies[seq] = body
                self.bytes += len(body)
                self._order.append((owner, seq))
        first = self._first()
        while self._order and (self.bytes > self._most or self._order[0][1] < first or self._is_gone()):
            oldest, seq = self._order.popleft()
            self.bytes -= len(self._bodies.get(oldest, {}).pop(seq, b""))

    def _is_gone(self) -> bool:
        return self._order[0][0] not in self._bodies

    def forget(self, owner: Hashable) -> None:
        self.bytes -= sum(len(body) for body in self._bodies.pop(owner, {}).values())
