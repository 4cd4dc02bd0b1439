"""Which cohorts an event may concern, without asking each of them.

A cohort stands under one dimension: the most selective of its rights and its filter, which both must hold. What is
found is a superset; whether the event is visible is judged afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from enum import IntEnum
from typing import Generic, TypeVar

from db.cases import CaseFilter
from db.journal import Event
from db.scope import CaseColumns, Scope, ScopeKind
from db.vocabulary import Realm, SubjectKind
from resolvers.following import View


class Dimension(IntEnum):
    """The most selective first."""

    SUBMITTER = 1
    GRID = 2
    SERVICE_PROVIDER = 3
    DEPARTMENT = 4
    DIVISION = 5
    EVERYTHING = 6


_OF_SCOPE = {
    ScopeKind.SELF: Dimension.SUBMITTER,
    ScopeKind.GRID: Dimension.GRID,
    ScopeKind.SERVICE_PROVIDER: Dimension.SERVICE_PROVIDER,
    ScopeKind.DEPARTMENT: Dimension.DEPARTMENT,
    ScopeKind.DIVISION: Dimension.DIVISION,
    ScopeKind.ALL: Dimension.EVERYTHING,
}

FOLLOWED = frozenset({SubjectKind.CASE, SubjectKind.WORK_ORDER})

Place = tuple[Realm, Dimension, str]
T = TypeVar("T")


class Index(Generic[T]):
    def __init__(self) -> None:
        self._at: defaultdict[Place, set[T]] = defaultdict(set)

    def add(self, view: View, member: T) -> None:
        for place in places_of(view):
            self._at[place].add(member)

    def remove(self, view: View, member: T) -> None:
        for place in places_of(view):
            self._at[place].discard(member)
            if not self._at[place]:
                del self._at[place]

    def concerned(self, event: Event) -> set[T]:
        """Those that may see the event, as it was before or as it is after."""
        found = set[T]()
        if event.subject_kind not in FOLLOWED:
            return found
        for where in (event.after, event.before):
            if where is not None:
                for dimension, value in _positions(where):
                    found |= self._at.get((event.realm, dimension, value), frozenset())
        return found

    def __len__(self) -> int:
        return len(self._at)


def places_of(view: View) -> list[Place]:
    """Where a view stands in the index; nowhere when its rights cover no case."""
    by_scope = _places_of_scope(view.scope)
    if not by_scope:
        return []
    candidates = [by_scope, *_places_of_filter(view.narrowed)]
    best = min(candidates, key=lambda places: (max(dimension for dimension, _ in places), len(places)))
    return [(view.scope.realm, dimension, value) for dimension, value in best]


def _places_of_scope(scope: Scope) -> list[tuple[Dimension, str]]:
    return sorted({(_OF_SCOPE[g.kind], g.value) for g in scope.grants if g.kind in _OF_SCOPE})


def _places_of_filter(narrowed: CaseFilter) -> Iterator[list[tuple[Dimension, str]]]:
    for dimension, values in (
        (Dimension.GRID, narrowed.grids),
        (Dimension.SERVICE_PROVIDER, narrowed.service_providers),
        (Dimension.DEPARTMENT, narrowed.departments),
        (Dimension.DIVISION, narrowed.paths),
    ):
        if values:
            yield [(dimension, str(value)) for value in values]


def _positions(where: CaseColumns) -> Iterator[tuple[Dimension, str]]:
    """Every place whose cohorts may see a case that stands here."""
    yield Dimension.EVERYTHING, ""
    yield Dimension.SUBMITTER, where.submitter_key
    for follower in where.follower_keys:
        yield Dimension.SUBMITTER, follower
    if where.grid_id is not None:
        yield Dimension.GRID, str(where.grid_id)
    if where.responsible_unit_id is not None:
        yield Dimension.DEPARTMENT, str(where.responsible_unit_id)
    for unit in where.shared_unit_ids:
        yield Dimension.DEPARTMENT, str(unit)
    for provider in where.service_provider_ids:
        yield Dimension.SERVICE_PROVIDER, str(provider)
    end = where.division_path.find("/", 1)
    while end != -1:
        yield Dimension.DIVISION, where.division_path[: end + 1]
        end = where.division_path.find("/", end + 1)
