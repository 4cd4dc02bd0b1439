"""Turning what a token says into a viewer: scope codes become grants."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from db import catalogue, places
from db.database import Database, Session
from db.scope import Grant, Scope, ScopeKind
from db.vocabulary import Realm, Role
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Viewer, masking_for

OF_DIVISION = frozenset(
    {
        Role.COMMUNITY_WORKER,
        Role.PATROL_OFFICER,
        Role.INTAKE_OFFICER,
        Role.DISPATCHER,
        Role.SHIFT_LEADER,
        Role.CHECKER,
        Role.COMMANDER,
        Role.POLICE,
        Role.ANALYST,
        Role.DISPLAY,
    }
)
OF_ONESELF = frozenset({Role.RESIDENT, Role.ENTERPRISE, Role.SOURCE_SYSTEM})
ALSO_OF_ONESELF = frozenset({Role.GRID_WORKER, Role.COMMUNITY_WORKER, Role.PATROL_OFFICER})
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
LINK_CODE = re.compile(r"order:[0-9]{1,18}")
ACCOUNT = re.compile(r"[A-Za-z0-9_.\-]{1,64}")


async def viewer_of(
    db: Database,
    *,
    principal: str,
    realm: Realm,
    grants: Sequence[tuple[Role, str]],
    name: str | None,
    language: str,
    expires_at: datetime | None,
) -> Viewer:
    """The viewer a token stands for. Refuses UNAUTHENTICATED when a scope code names nothing."""
    found: set[Grant] = set()
    async with db.read() as session:
        for role, code in grants:
            found.add(await _grant(session, role, code))
            if role in ALSO_OF_ONESELF:
                found.add(Grant(role, ScopeKind.SELF, principal))
            if role in OF_ONESELF:
                found.add(Grant(role, ScopeKind.SELF, f"{role}:{code}"))
        known = None if name else await _known_name(session, grants)
    roles = frozenset(role for role, _ in grants)
    scope = Scope(realm, frozenset(found), masking_for(roles), language)
    return Viewer(principal, name or known or "", scope, expires_at)


async def _grant(session: Session, role: Role, code: str) -> Grant:
    if role in OF_ONESELF:
        if not ACCOUNT.fullmatch(code):
            raise _unknown(role, code)
        return Grant(role, ScopeKind.SELF, f"{role}:{code}")
    if role in ADMINISTRATORS:
        return Grant(role, ScopeKind.NOTHING)
    if role is Role.GRID_WORKER:
        return Grant(role, ScopeKind.GRID, str(_found(await places.grid_by_code(session, code), role, code).id))
    if role is Role.HANDLER:
        unit = await catalogue.by_code(session, catalogue.departments, code)
        return Grant(role, ScopeKind.DEPARTMENT, str(_found(unit, role, code).id))
    if role is Role.PROVIDER_STAFF and LINK_CODE.fullmatch(code):
        return Grant(role, ScopeKind.NOTHING)  # of one order's link: it opens nothing by itself
    if role in (Role.PROVIDER_STAFF, Role.PROVIDER_ADMIN):
        provider = await catalogue.by_code(session, catalogue.service_providers, code)
        return Grant(role, ScopeKind.SERVICE_PROVIDER, str(_found(provider, role, code).id))
    if role in OF_DIVISION:
        if (division := await places.division(session, code)) is not None:
            return Grant(role, ScopeKind.DIVISION, division.path)
        if (grid := await places.grid_by_code(session, code)) is not None:
            return Grant(role, ScopeKind.GRID, str(grid.id))
    raise _unknown(role, code)


async def _known_name(session: Session, grants: Sequence[tuple[Role, str]]) -> str | None:
    """What to show beside their actions: the unit or place they act for, never a private person's name."""
    tables = {Role.HANDLER: catalogue.departments, Role.PROVIDER_STAFF: catalogue.service_providers}
    tables |= {Role.PROVIDER_ADMIN: catalogue.service_providers}
    for role, code in grants:
        if role in tables and (unit := await catalogue.by_code(session, tables[role], code)) is not None:
            return str(unit.name)
        if role in OF_DIVISION and (division := await places.division(session, code)) is not None:
            return f"{division.name}{role.label}"
        if role is Role.GRID_WORKER and (grid := await places.grid_by_code(session, code)) is not None:
            return f"{grid.name}{role.label}"
        return role.label
    return None


def _found(row: Any | None, role: Role, code: str) -> Any:
    if row is None:
        raise _unknown(role, code)
    return row


def _unknown(role: Role, code: str) -> Refusal:
    return Refusal(Code.UNAUTHENTICATED, detail=f"{role.name} {code[:40]}")
