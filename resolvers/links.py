"""Relating cases that have to do with each other. Each keeps its own way, and both hear of it."""

from __future__ import annotations

from db import cases, links
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction
from resolvers import texts
from resolvers.advance import Also, Change, acting_role, advance
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.lifecycle import LINKING, Rule


async def link(db: Database, call: Call, case_id: int, other_id: int, reason: str | None) -> Result:
    """Relate two cases that the viewer can see; the other may have ended: what happened before matters, too."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        other = await _other(session, call, case, other_id)
        if await links.exists(session, case.id, other.id):
            raise Refusal(
                Code.INVALID_INPUT, field=["otherId"], expected="尚未关联的事件", expected_en="not linked yet"
            )
        for one in (case, other):
            if await links.count(session, one.id) >= call.policy.links_per_case:
                raise Refusal(Code.TOO_MANY, limit=call.policy.links_per_case, what="个关联", what_en="links")
        await links.add(session, case.id, other.id, reason=words, by=call.viewer.principal, at=call.now)
        return Change(note=words, also=[_same_of(call, case, other, CaseAction.LINK, words)])

    return await advance(db, call, case_id, CaseAction.LINK, prepare, beside=other_id)


async def unlink(db: Database, call: Call, case_id: int, other_id: int, reason: str | None) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        other = await _other(session, call, case, other_id)
        if not await links.remove(session, case.id, other.id):
            raise not_found(call, "otherId", "该关联", "The link")
        return Change(note=words, also=[_same_of(call, case, other, CaseAction.UNLINK, words)])

    return await advance(db, call, case_id, CaseAction.UNLINK, prepare, beside=other_id)


async def _other(session: Session, call: Call, case: CaseRow, other_id: int) -> CaseRow:
    other = (await cases.by_ids(session, call.viewer.scope, [other_id])).get(other_id)
    if other is None or other.id == case.id:
        raise not_found(call, "otherId", "另一事件", "The other case")
    return other


def _same_of(call: Call, case: CaseRow, other: CaseRow, action: CaseAction, words: str) -> Also:
    """The same step on the other case, in whatever state it is, by who has the role over the first."""
    role = acting_role(call.viewer, case, frozenset(LINKING))
    return Also(other, Rule(action, frozenset({other.state}), None, frozenset({role})), Change(note=words), role)
