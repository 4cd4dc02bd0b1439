"""Urging: submitters and followers ask that something be done, and are heard once a day."""

from __future__ import annotations

from dataclasses import dataclass

from db import urging
from db.cases import CaseRow
from db.clock import local
from db.database import Database, Session
from db.vocabulary import CaseAction
from db.vocabulary.expediting import ExpediteKind
from resolvers import texts
from resolvers.advance import Change, Then, advance
from resolvers.call import Call
from resolvers.expediting import by_system
from resolvers.followers import own_keys
from resolvers.once import Result
from resolvers.refusals import Code, Refusal


@dataclass(frozen=True, slots=True)
class Urges:
    """How often a case has been urged, this time included."""

    total: int
    followers: int  # different followers in this round


async def urge(db: Database, call: Call, case_id: int, note: str | None) -> Result:
    """Urge once a day: the same person is told when they may again."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.optional(note, "note", limit=texts.SHORT)
        key = _key(call, case)
        last = await urging.last_of(session, case.id, key)
        if last is not None and call.now < last + call.policy.urge_quiet:
            again = local(last + call.policy.urge_quiet)
            raise Refusal(Code.QUIET_PERIOD, again=f"{again:%Y-%m-%d %H:%M}")
        await urging.add(
            session,
            {
                "case_id": case.id,
                "round": case.round,
                "urger_key": key,
                "is_follower": key != case.submitter_key,
                "note": words,
                "at": call.now,
            },
        )
        urges = Urges(case.urges + 1, await urging.followers_of_round(session, case))
        then = await on_urged(session, call, case, urges)
        return Change({"urges": urges.total, "urged_at": call.now}, then=then)

    return await advance(db, call, case_id, CaseAction.URGE, prepare)


def _key(call: Call, case: CaseRow) -> str:
    """Under which account they urge: that of the submission first."""
    mine = own_keys(call.viewer)
    if case.submitter_key in mine:
        return str(case.submitter_key)
    return min(str(key) for key in case.follower_keys if key in mine)


async def on_urged(session: Session, call: Call, case: CaseRow, urges: Urges) -> list[Then]:
    """What follows from an urge, in its transaction: `case` is as it was before."""
    if urges.followers < call.policy.urges_to_expedite:
        return []
    return await by_system(session, call, case, ExpediteKind.URGED, f"{urges.followers}名关注人催办")
