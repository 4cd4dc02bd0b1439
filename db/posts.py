"""Where somebody stands in the city: the place behind each of their grants.

Cases are reached through `db.visible`. What belongs to a level of the city rather than to a case (centres, shifts,
directives, command orders) is reached by where one stands: at it, above it, or below it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select

from db.database import Session
from db.scope import Scope, ScopeKind
from db.tables import Department, Grid
from db.visible import under
from db.vocabulary import Role

_grids: Any = Grid.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
_departments: Any = Department.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Post:
    """A role at a place: a division, a grid of a community, or a department of a division."""

    role: Role
    path: str  # of the division it is, or lies in
    grid_id: int | None = None
    department_id: int | None = None

    @property
    def is_division(self) -> bool:
        return self.grid_id is None and self.department_id is None


async def posts(session: Session, scope: Scope) -> tuple[Post, ...]:
    """In a stable order. Residents, enterprises, service providers and administrators have none."""
    grids = {int(grant.value) for grant in scope.grants if grant.kind is ScopeKind.GRID}
    units = {int(grant.value) for grant in scope.grants if grant.kind is ScopeKind.DEPARTMENT}
    grid_paths = await _paths(session, _grids, grids)
    unit_paths = await _paths(session, _departments, units)
    found: list[Post] = []
    for grant in sorted(scope.grants):
        match grant.kind:
            case ScopeKind.DIVISION:
                found.append(Post(grant.role, grant.value))
            case ScopeKind.GRID:
                found.append(Post(grant.role, grid_paths[int(grant.value)], grid_id=int(grant.value)))
            case ScopeKind.DEPARTMENT:
                found.append(Post(grant.role, unit_paths[int(grant.value)], department_id=int(grant.value)))
            case _:
                pass
    return tuple(found)


async def _paths(session: Session, table: Any, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = await session.execute(select(table.c.id, table.c.path).where(table.c.id.in_(ids)))
    return {row.id: row.path for row in rows}


def stands_over(held: Iterable[Post], path: str) -> bool:
    """Whether one works at that division or above it."""
    return any(post.is_division and path.startswith(post.path) for post in held)


def stands_in_line(held: Iterable[Post], path: str) -> bool:
    """Whether that division is one's own, above it or below it: not a neighbour."""
    return any((post.is_division and path.startswith(post.path)) or post.path.startswith(path) for post in held)


def in_line(path_column: ColumnElement[str], held: Iterable[Post]) -> ColumnElement[bool]:
    """`stands_in_line` as a WHERE clause."""
    clauses: list[ColumnElement[bool]] = [false()]
    for post in held:
        if post.is_division:
            clauses.append(under(path_column, post.path))
        clauses.append(path_column.in_(above(post.path)))
    return or_(*clauses)


def above(path: str) -> list[str]:
    """The paths of a division and of everything above it, from the province down."""
    codes = path.rstrip("/").split("/")
    return ["/".join(codes[: depth + 1]) + "/" for depth in range(len(codes))]
