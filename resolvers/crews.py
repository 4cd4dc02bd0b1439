"""Whom a service provider sends out: crews and technicians, kept by its own administrator.

They belong to the firm and not to a realm: an order of a rehearsal is worked by the same people.
"""

from __future__ import annotations

import re
from typing import Any

from db import crews
from db.crews import CrewRow, TechnicianRow
from db.database import Database, Session
from db.purchasing import ProviderRow
from db.purchasing import crews as crew_rows
from db.purchasing import technicians as technician_rows
from db.scope import ScopeKind
from db.vocabulary import Role
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Viewer

NAME_MAX = 40
CREWS_MOST = 100  # a list of them is not paged
TECHNICIANS_MOST = 500
OF = frozenset({Role.PROVIDER_STAFF, Role.PROVIDER_ADMIN})

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def may_keep(viewer: Viewer, provider_id: int) -> bool:
    """Only the provider's own administrator; what a key is good for does not hold this."""
    return (viewer.claims is None or viewer.claims.key_scopes is None) and any(
        grant.role is Role.PROVIDER_ADMIN
        and grant.kind is ScopeKind.SERVICE_PROVIDER
        and grant.value == str(provider_id)
        for grant in viewer.grants
    )


async def own_providers(db: Database, viewer: Viewer) -> list[ProviderRow]:
    """Whom somebody works for: one, for nearly everybody."""
    grants = [one for one in viewer.grants if one.kind is ScopeKind.SERVICE_PROVIDER and one.role in OF]
    async with db.read() as session:
        return await crews.providers_by_id(session, sorted({int(one.value) for one in grants}))


async def create_crew(db: Database, call: Call, provider_id: int, code: str, name: str) -> Result:
    """From now on orders can be scheduled to it."""

    async def work(session: Session) -> Result:
        await _provider(session, call, provider_id)
        values = await _new(session, crew_rows, provider_id, code, name, CREWS_MOST)
        return await _settled(session, call, await crews.add(session, crew_rows, values))

    return await once.once(db, call, work)


async def change_crew(db: Database, call: Call, crew_id: int, *, name: str | None, is_active: bool | None) -> Result:
    """Another name; or retired, so that no order is scheduled to it any more, and taken on again."""

    async def work(session: Session) -> Result:
        crew = await _held_crew(session, call, crew_id)
        await _change(session, crew_rows, crew.id, _changed(name, is_active))
        return await _settled(session, call, crew.id)

    return await once.once(db, call, work)


async def create_technician(
    db: Database, call: Call, provider_id: int, code: str, name: str, crew_id: int | None
) -> Result:
    """Somebody who is sent out, with a crew or with any."""

    async def work(session: Session) -> Result:
        await _provider(session, call, provider_id)
        crew = None if crew_id is None else await _own_crew(session, call, provider_id, crew_id)
        values = await _new(session, technician_rows, provider_id, code, name, TECHNICIANS_MOST)
        values["crew_id"] = None if crew is None else crew.id
        return await _settled(session, call, await crews.add(session, technician_rows, values))

    return await once.once(db, call, work)


async def change_technician(
    db: Database, call: Call, technician_id: int, *, name: str | None, crew_id: int | None, is_active: bool | None
) -> Result:
    """Another name, another crew, or not sent out any more."""

    async def work(session: Session) -> Result:
        who = await _held_technician(session, call, technician_id)
        values = _changed(name, is_active)
        if crew_id is not None:
            values["crew_id"] = (await _own_crew(session, call, who.service_provider_id, crew_id)).id
        await _change(session, technician_rows, who.id, values)
        return await _settled(session, call, who.id)

    return await once.once(db, call, work)


def _changed(name: str | None, is_active: bool | None) -> dict[str, Any]:
    values: dict[str, Any] = {} if name is None else {"name": texts.text(name, "name", limit=NAME_MAX)}
    return values if is_active is None else values | {"is_active": is_active}


async def _change(session: Session, table: Any, row_id: int, values: dict[str, Any]) -> None:
    if values:
        await crews.change(session, table, row_id, values)


async def _new(session: Session, table: Any, provider_id: int, code: str, name: str, most: int) -> dict[str, Any]:
    if _CODE.fullmatch(code) is None:
        raise Refusal(
            Code.INVALID_INPUT,
            field=["code"],
            expected="1 至 32 位字母、数字、点、横线或下划线",
            expected_en="1 to 32 letters, digits, dots, hyphens or underscores",
        )
    words = texts.text(name, "name", limit=NAME_MAX)
    if (taken := await crews.name_of_code(session, table, provider_id, code)) is not None:
        raise Refusal(Code.CODE_TAKEN, field=["code"], taken=code, name=taken)
    if await crews.count(session, table, provider_id) >= most:
        raise Refusal(
            Code.INVALID_INPUT, field=["serviceProvider"], expected=f"最多 {most} 个", expected_en=f"at most {most}"
        )
    return {"service_provider_id": provider_id, "code": code, "name": words, "is_active": True}


async def _provider(session: Session, call: Call, provider_id: int) -> None:
    _require_any(call)
    if not may_keep(call.viewer, provider_id) or await crews.hold_provider(session, provider_id) is None:
        raise not_found(call, "serviceProvider", "该服务商", "The service provider")


async def _own_crew(session: Session, call: Call, provider_id: int, crew_id: int) -> CrewRow:
    crew = await crews.crew(session, crew_id)
    if crew is None or crew.service_provider_id != provider_id:
        raise not_found(call, "crew", "该班组", "The crew")
    return crew


async def _held_crew(session: Session, call: Call, crew_id: int) -> CrewRow:
    _require_any(call)
    crew = await crews.crew(session, crew_id, hold=True)
    if crew is None or not may_keep(call.viewer, crew.service_provider_id):
        raise not_found(call, "crew", "该班组", "The crew")
    return crew


async def _held_technician(session: Session, call: Call, technician_id: int) -> TechnicianRow:
    _require_any(call)
    who = await crews.technician(session, technician_id, hold=True)
    if who is None or not may_keep(call.viewer, who.service_provider_id):
        raise not_found(call, "technician", "该技工", "The technician")
    return who


def _require_any(call: Call) -> None:
    """Somebody who keeps no crews at all hears that, and not which there are."""
    if Role.PROVIDER_ADMIN not in call.viewer.roles:
        raise Refusal(Code.FORBIDDEN, action="维护班组", action_name="CREWS")


async def _settled(session: Session, call: Call, object_id: int) -> Result:
    result = Result(0, 0, object_id=object_id)
    await once.settle(session, call, result)
    return result
