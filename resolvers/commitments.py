"""Promises to who handed a case in: shown to them, each with a clock of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from db import commitments
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction, ClockKind
from resolvers import texts
from resolvers.advance import Change, acting_role, advance
from resolvers.call import Call
from resolvers.clocking import ClockChange, NewClock
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import clocks, lifecycle

LONGEST = timedelta(days=366)
COMMITMENT = ClockKind.COMMITMENT


def open_ids(case: CaseRow) -> list[int]:
    """Promises whose clock runs."""
    return [int(clock.subject) for clock in clocks.running_clocks(case) if clock.kind is COMMITMENT]


async def commit(db: Database, call: Call, case_id: int, text: str, promised_at: datetime) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.text(text, "text", limit=texts.SHORT)
        if promised_at <= call.now:
            raise Refusal(Code.DATE_IN_PAST, field=["promisedAt"])
        if promised_at > call.now + LONGEST:
            raise Refusal(Code.INVALID_INPUT, field=["promisedAt"], expected="一年之内", expected_en="within a year")
        most = call.policy.commitments_per_case
        if len(open_ids(case)) >= most:
            raise Refusal(Code.TOO_MANY, limit=most, what="项未到期的承诺", what_en="commitments under way")
        role = acting_role(call.viewer, case, lifecycle.who(CaseAction.COMMIT))
        number = await commitments.add(
            session,
            {
                "case_id": case.id,
                "round": case.round,
                "text": words,
                "unit_name": call.viewer.name or role.label,
                "actor": call.viewer.principal,
                "actor_role": role,
                "made_at": call.now,
                "promised_at": promised_at,
            },
        )
        clock = NewClock(COMMITMENT, str(number), promised_at)
        return Change(clocks=ClockChange(start=[clock]), note=words)

    return await advance(db, call, case_id, CaseAction.COMMIT, prepare)


async def keep(db: Database, call: Call, case_id: int, commitment_id: int) -> Result:
    """Say that it is done; after its date it stays broken, and is known to be done."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        found = await commitments.of_case(session, case.id, commitment_id)
        if found is None:
            what = "该承诺" if call.viewer.language == "zh" else "The commitment"
            raise Refusal(Code.NOT_FOUND, field=["commitmentId"], what=what)
        if found.kept_at is not None:
            raise Refusal(Code.NO_COMMITMENT)
        await commitments.keep(session, [found.id], call.now)
        return Change(clocks=stopped([found.id]), note=found.text)

    return await advance(db, call, case_id, CaseAction.KEEP_COMMITMENT, prepare)


async def keep_all(session: Session, call: Call, case: CaseRow) -> ClockChange:
    """The work is done, and with it what was promised of it."""
    ids = open_ids(case)
    if ids:
        await commitments.keep(session, ids, call.now)
    return stopped(ids)


def stopped(ids: list[int]) -> ClockChange:
    return ClockChange(stop=[(COMMITMENT, str(one)) for one in ids])
