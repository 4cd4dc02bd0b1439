"""Which case of the demo city is looked at next. Holds numbers only; the case itself is read when its turn comes."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

from db.vocabulary import Priority, TaskAssignee

AFTERLIFE_CASES = 300  # closed cases whose submitter may still say something; more would be forgotten anyway


@dataclass(slots=True)
class Entry:
    case_id: int
    priority: Priority
    is_open: bool = True
    matter_id: int | None = None  # what the words were about, where the submitter named no matter
    assignee: TaskAssignee | None = None  # who was asked to verify or check
    passes: int = 0  # turns in a row at which there was nothing to do


class Agenda:
    """A queue by turn; a turn is one step of the city, not a time, so that any pace tells the same story."""

    def __init__(self) -> None:
        self._entries: dict[int, Entry] = {}
        self._urgent: list[tuple[float, int]] = []
        self._others: list[tuple[float, int]] = []
        self.open_cases = 0

    def __contains__(self, case_id: int) -> bool:
        return case_id in self._entries

    def put(self, entry: Entry, turn: float) -> None:
        """A look at this case at that turn or soon after. Each case is queued once: put only what was taken."""
        if not entry.is_open and len(self._entries) - self.open_cases >= AFTERLIFE_CASES:
            return
        self._entries[entry.case_id] = entry
        self.open_cases += entry.is_open
        queue = self._urgent if entry.is_open and entry.priority is Priority.URGENT else self._others
        heapq.heappush(queue, (turn, entry.case_id))

    def take(self, turn: float) -> Entry | None:
        """The urgent case that is due, else the one that waits longest; None when none is due."""
        for queue in (self._urgent, self._others):
            if queue and queue[0][0] <= turn:
                return self._taken(queue)
        return None

    def take_early(self) -> Entry | None:
        """The next case although it is not due."""
        queue = self._others or self._urgent
        return self._taken(queue) if queue else None

    def _taken(self, queue: list[tuple[float, int]]) -> Entry:
        entry = self._entries.pop(heapq.heappop(queue)[1])
        self.open_cases -= entry.is_open
        return entry
