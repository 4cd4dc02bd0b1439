"""When units disagree whose a case is, and who is above them all. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol


class View(Protocol):
    """A unit says that a case is not its own, and whose it is."""

    @property
    def department_id(self) -> int: ...
    @property
    def proposed_unit_id(self) -> int: ...


def named(views: Sequence[View]) -> frozenset[int]:
    """Every unit that spoke or was proposed."""
    return frozenset(unit for view in views for unit in (view.department_id, view.proposed_unit_id))


def are_in_conflict(views: Sequence[View]) -> bool:
    """Whether two units disagree: of each the last word counts. One unit that repeats itself disagrees with nobody,
    and two that name the same third agree; asked, the third may still disagree with both."""
    last = {view.department_id: view.proposed_unit_id for view in views}
    return len(set(last.values())) > 1


def common_superior(paths: Iterable[str]) -> str:
    """Path of the lowest division that all these divisions lie in or are; empty where there is none."""
    shared: list[str] = []
    for level in zip(*(path.rstrip("/").split("/") for path in paths), strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    return "".join(f"{code}/" for code in shared)
