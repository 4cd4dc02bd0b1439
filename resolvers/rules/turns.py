"""Whose turn it is, where several receivers share what may be on its way at once. Pure."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Turns(Generic[Thing]):
    """Each receiver in its turn, none with more on the way than its share.

    A share is `each`, and never more than is still free: however many receivers hang, one that answers finds room.
    """

    def __init__(self, at_once: int, each: int) -> None:
        self._at_once = at_once
        self._each = each
        self._away: Counter[int] = Counter()  # by receiver
        self._ready: dict[int, deque[Thing]] = {}  # whose turn it is stands first
        self._left = 0

    def stock(self, ready: Mapping[int, Sequence[Thing]], most: int) -> None:
        """What may set out from now on, instead of what could before; at most so many until it is stocked again."""
        first = [one for one in ready if one not in self._ready]
        then = [one for one in self._ready if one in ready]  # who was sent to last stays last
        self._ready = {one: deque(ready[one]) for one in [*first, *then]}
        self._left = most

    def clear(self) -> None:
        """Nothing more sets out; what is on its way stays so."""
        self._ready.clear()

    def next(self) -> Thing | None:
        """The one to send now, on its way from here on."""
        free = self._at_once - self._away.total()
        if self._left <= 0 or free <= 0:
            return None
        for receiver, waiting in self._ready.items():
            if waiting and self._away[receiver] < min(self._each, free):
                self._ready[receiver] = self._ready.pop(receiver)
                self._away[receiver] += 1
                self._left -= 1
                return waiting.popleft()
        return None

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more sets out before there is new stock, whoever ends."""
        return self._left <= 0 or not any(self._ready.values())

    def ended(self, receiver: int) -> None:
        """One that was on its way to them is no longer."""
        self._away[receiver] -= 1
        if not self._away[receiver]:
            del self._away[receiver]
