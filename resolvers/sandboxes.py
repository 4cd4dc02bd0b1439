"""A sandbox for who writes a provider's system: in the exercise realm what can go wrong does so, as often as they
say.

What is drawn is drawn by the thing itself, not by chance, so that a bad day can be repeated; an update that is tried
again a second later is drawn anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

from db import catalogue, sandboxes
from db.database import Database, Session
from db.scope import Grant, Masking, Scope, ScopeKind
from db.vocabulary import Realm, Role
from db.vocabulary.integration import SandboxFault
from db.work_orders import providers_of
from resolvers import once, outsourcing
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.timers import Lead
from resolvers.viewer import Viewer
from resolvers.webhooks import may_keep

BATCH = 20
PERCENT_MOST = 90  # whoever tries again gets through in the end


@dataclass(frozen=True, slots=True)
class Wish:
    faults: Mapping[SandboxFault, int]  # percent
    judges: bool


def is_drawn(faults: Mapping[str, int], fault: SandboxFault, what: str) -> bool:
    percent = faults.get(fault.value, 0)
    digest = blake2b(f"{fault.value}:{what}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") % 100 < percent


async def put(db: Database, call: Call, provider_id: int, wish: Wish) -> Result:
    """What is to go wrong from now on. Refused outside the exercise realm."""

    async def work(session: Session) -> Result:
        if call.viewer.realm is not Realm.EXERCISE:
            raise Refusal(Code.EXERCISE_ONLY)
        provider = await catalogue.by_id(session, catalogue.service_providers, provider_id)
        if provider is None or not may_keep(call.viewer, provider_id):
            raise not_found(call, "serviceProvider", "该服务商", "The service provider")
        if any(not 0 <= percent <= PERCENT_MOST for percent in wish.faults.values()):
            raise Refusal(Code.INVALID_INPUT, field=["faults"], expected="0 至 90", expected_en="0 to 90")
        await sandboxes.put(
            session,
            {
                "service_provider_id": provider_id,
                "faults": {fault.value: percent for fault, percent in wish.faults.items() if percent},
                "judges": wish.judges,
                "set_by": call.viewer.principal,
                "set_at": call.now,
            },
        )
        result = Result(0, 0, object_id=provider_id)
        await once.settle(session, call, result)
        return result

    return await once.once(db, call, work)


async def of_provider(db: Database, viewer: Viewer, provider_id: int) -> Any | None:
    if viewer.realm is not Realm.EXERCISE or not may_keep(viewer, provider_id):
        return None
    async with db.read() as session:
        return await sandboxes.of_provider(session, provider_id)


async def fate(db: Database, viewer: Viewer, what: str, now: datetime) -> SandboxFault | None:
    """What goes wrong with an update; nothing in the live realm, without a statement."""
    if viewer.realm is not Realm.EXERCISE:
        return None
    what = f"{what}:{int(now.timestamp())}"
    for provider_id in providers_of(viewer.scope):
        async with db.read() as session:
            found = await sandboxes.of_provider(session, provider_id)
        for fault in (SandboxFault.FAIL, SandboxFault.LOSE):
            if found is not None and is_drawn(found.faults, fault, what):
                return fault
    return None


async def judge(lead: Lead) -> int:
    """Plays the department: looks at results that wait, and rejects first ones that are drawn."""
    async with lead.db.read() as session:
        waiting = await sandboxes.waiting_results(session, BATCH)
    done = 0
    for row in waiting:
        grant = Grant(Role.HANDLER, ScopeKind.DEPARTMENT, str(row.department_id))
        scope = Scope(Realm.EXERCISE, frozenset({grant}), Masking.WORKING, "zh")
        viewer = Viewer("SANDBOX", "沙箱", scope)
        call = Call(viewer, lead.now, f"s{row.id}-{row.version}", {}, row.version, lead.policy, lead.fence)
        try:
            if row.round == 1 and is_drawn(row.faults, SandboxFault.REJECT, str(row.id)):
                await outsourcing.reject_result(lead.db, call, row.id, "沙箱：请返工一次", "沙箱条款")
            else:
                await outsourcing.accept_result(lead.db, call, row.id, "沙箱")
            done += 1
        except Refusal:  # somebody acted first
            continue
    return done
