"""What people on duty at a centre do: acknowledge what is urgent."""

from __future__ import annotations

from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction
from resolvers import texts
from resolvers.advance import Change, advance
from resolvers.call import Call
from resolvers.once import Result


async def acknowledge(db: Database, call: Call, case_id: int, note: str | None) -> Result:
    """Say that an urgent case has been seen: until then no shift ends on it."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.optional(note, "note", limit=texts.SHORT)
        return Change({"acknowledged_at": call.now, "acknowledged_by": call.viewer.principal}, note=words)

    return await advance(db, call, case_id, CaseAction.ACKNOWLEDGE, prepare)
