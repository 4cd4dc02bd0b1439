"""综合评价 ends when its period is published: cases closed in it leave the last link, a batch at a time."""

from __future__ import annotations

import structlog

from db import cases, leases, publications
from db.cases import CaseRow
from db.database import Session
from db.vocabulary import CaseAction
from resolvers.advance import Change, advance
from resolvers.refusals import Refusal
from resolvers.timers import Lead

CASES_AT_ONCE = 20  # a look: what was published is in no hurry, what is due is

log = structlog.get_logger("gridcast.evaluating")


async def clear(lead: Lead) -> int:
    """A duty of SYSTEM. Returns 0 however much is left, so that a published month holds nobody else up."""
    async with lead.db.read() as session:
        published = await publications.to_clear_without_scope(session)
        if published is None:
            return 0
        found = await publications.cases_of_without_scope(session, published, CASES_AT_ONCE)
    for case in found:
        await _evaluate(lead, case)
    if not found:
        async with lead.db.write() as session:
            await leases.check(session, lead.fence)
            await publications.clear(session, published.id, lead.now)
    return 0


async def _evaluate(lead: Lead, case: CaseRow) -> None:
    async def prepare(session: Session, seen: CaseRow) -> Change:
        return Change({"is_evaluated": True})

    call = lead.call(case.realm, f"evaluate:{case.id}:{case.version}", case.version)
    try:
        await advance(lead.db, call, case.id, CaseAction.EVALUATE, prepare)
    except Refusal as refusal:  # somebody acted first; the next look tries again
        log.info("evaluating.refused", case=cases.number_of(case), code=refusal.code)
