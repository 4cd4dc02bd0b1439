"""The scope as a WHERE clause: the one place that decides which cases a statement may touch."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from db.scope import Grant, Scope, ScopeKind
from db.tables import Case, CaseFollower, CaseShare, WorkOrder

LARGE_DEPTH = 3  # province, prefecture, county

_cases: Any = Case.__table__  # type: ignore[attr-defined]
_orders: Any = WorkOrder.__table__  # type: ignore[attr-defined]
_shares: Any = CaseShare.__table__  # type: ignore[attr-defined]
_followers: Any = CaseFollower.__table__  # type: ignore[attr-defined]


def under(path_column: ColumnElement[str], path: str) -> ColumnElement[bool]:
    """Everything at or below `path`, as an index range ("0" is the character after "/")."""
    return and_(path_column >= path, path_column < path[:-1] + "0")


def cases_under(path: str) -> ColumnElement[bool]:
    """Cases at or below a division.

    A county or more holds so large a share of all cases that newest-first lists do better to walk the newest cases
    and test the path than to collect the whole division and sort it (38 ms against 2 ms for 50 of 20,000); the
    expression keeps planners from the path index there.
    """
    is_large = path.count("/") <= LARGE_DEPTH
    return under(_cases.c.division_path.concat("") if is_large else _cases.c.division_path, path)


def in_scope(scope: Scope) -> ColumnElement[bool]:
    """Cases of the scope's realm that one of its grants covers."""
    covered = or_(false(), *(_covered(grant) for grant in sorted(scope.grants)))
    return and_(_cases.c.realm == scope.realm, covered)


def _covered(grant: Grant) -> ColumnElement[bool]:
    match grant.kind:
        case ScopeKind.ALL:
            return true()
        case ScopeKind.DIVISION:
            return cases_under(grant.value)
        case ScopeKind.GRID:
            clause: ColumnElement[bool] = _cases.c.grid_id == int(grant.value)
        case ScopeKind.DEPARTMENT:
            shared = select(_shares.c.case_id).where(
                _shares.c.department_id == int(grant.value), _shares.c.ended_at.is_(None)
            )
            clause = or_(_cases.c.responsible_unit_id == int(grant.value), _cases.c.id.in_(shared))
        case ScopeKind.SERVICE_PROVIDER:
            orders = select(_orders.c.case_id).where(
                _orders.c.service_provider_id == int(grant.value), _orders.c.is_visible
            )
            clause = _cases.c.id.in_(orders)
        case ScopeKind.SELF:
            followed = select(_followers.c.case_id).where(_followers.c.follower_key == grant.value)
            clause = or_(_cases.c.submitter_key == grant.value, _cases.c.id.in_(followed))
        case ScopeKind.NOTHING:
            return false()
    return clause
