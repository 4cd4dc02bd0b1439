"""Announcing what has become due; more time for a case; lateness that shall not count."""

from __future__ import annotations

from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction
from db.vocabulary.expediting import ExpediteKind
from resolvers import texts
from resolvers.advance import Change, Then, advance
from resolvers.call import Call
from resolvers.clocking import HANDLING, ClockChange, limit_of
from resolvers.expediting import by_system
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import clocks
from resolvers.rules.clocks import Told
from resolvers.timetables import timetable


async def request_extension(db: Database, call: Call, case_id: int, reason: str | None) -> Result:
    """Ask for one more limit of the case's matter, before the present one has passed."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        if case.due_at is None or call.now >= case.due_at:
            raise Refusal(Code.ALREADY_OVERDUE)
        return Change({"extension_requested_at": call.now}, note=words)

    return await advance(db, call, case_id, CaseAction.REQUEST_EXTENSION, prepare)


async def decide_extension(
    db: Database, call: Call, case_id: int, *, is_approved: bool, reason: str | None
) -> Result:
    """Add one limit, or leave it; a refusal does not count against the two that may be approved."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        change = Change({"extension_requested_at": None}, note=f"{_verdict(is_approved)}：{texts.reason(reason)}")
        if is_approved:
            change.columns["extensions"] = case.extensions + 1
            change.clocks = await _one_more_limit(session, call, case)
        return change

    return await advance(db, call, case_id, CaseAction.DECIDE_EXTENSION, prepare)


async def _one_more_limit(session: Session, call: Call, case: CaseRow) -> ClockChange:
    office = (await timetable(session, case.division_path)).office
    limit = await limit_of(session, case.matter_id)
    running = [clock for clock in clocks.running_clocks(case) if clock.name == HANDLING]
    return ClockChange(replace=[clock.extended(limit, office, call.now) for clock in running])


async def appeal_lateness(db: Database, call: Call, case_id: int, reason: str | None) -> Result:
    async def prepare(session: Session, case: CaseRow) -> Change:
        return Change({"appealed_at": call.now, "appeal_decided_at": None}, note=texts.reason(reason))

    return await advance(db, call, case_id, CaseAction.APPEAL_LATENESS, prepare)


async def decide_appeal(db: Database, call: Call, case_id: int, *, is_exempt: bool, reason: str | None) -> Result:
    """Take the lateness out of the figures, or not; that it was late stays on record."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        note = f"{_verdict(is_exempt)}：{texts.reason(reason)}"
        return Change({"appeal_decided_at": call.now, "is_exempt": is_exempt}, note=note)

    return await advance(db, call, case_id, CaseAction.DECIDE_APPEAL, prepare)


def _verdict(is_granted: bool) -> str:
    return "同意" if is_granted else "不同意"


async def announce(db: Database, call: Call, case: CaseRow) -> Result:
    """Say once that clocks of a case have become near due or overdue. `case` is as the caller saw it."""
    told = [(clock, clock.as_told(call.now)) for clock in clocks.running_clocks(case)]
    news = [after for before, after in told if after.told is not before.told]
    is_overdue = any(clock.told is Told.OVERDUE for clock in news)
    note = "；".join(f"{clock.kind.label}{'超期' if clock.told is Told.OVERDUE else '临期'}" for clock in news)

    is_late = any(clock.name == HANDLING and clock.told is Told.OVERDUE for clock in news)

    async def prepare(session: Session, seen: CaseRow) -> Change:
        then: list[Then] = []
        if is_late and seen.is_open:
            then = await by_system(session, call, seen, ExpediteKind.TIMEOUT, "处置时限已超期")
        return Change(clocks=ClockChange(announces=True), note=note, then=then)

    action = CaseAction.OVERDUE if is_overdue else CaseAction.NEAR_DUE
    return await advance(db, call, case.id, action, prepare)
