"""A case's way between levels: given up or down, signed for, and its answer passed back the same way."""

from __future__ import annotations

from dataclasses import replace

from db import hops, places, tallies
from db.cases import CaseRow
from db.database import Database, Session
from db.hops import HopRow
from db.vocabulary import CaseAction, ClockKind, Priority
from db.vocabulary.hops import HopDirection
from resolvers import texts
from resolvers.advance import Change, advance
from resolvers.call import Call, not_found
from resolvers.clocking import ClockChange, NewClock
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import clocks
from resolvers.timetables import timetable


async def escalate(db: Database, call: Call, case_id: int, reason: str | None) -> Result:
    """Give the case to the next centre above."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        holder = await places.division(session, case.held_by)
        above = tallies.ancestors(holder.path)[:-1] if holder is not None else []
        found = await places.centres_among(session, above)
        to = next((code for code in reversed(above) if code in found), None)
        if to is None:
            raise Refusal(Code.NO_CENTRE_ABOVE)
        return await _given_to(session, call, case, to, HopDirection.UP, words)

    return await advance(db, call, case_id, CaseAction.ESCALATE, prepare)


async def assign_down(db: Database, call: Call, case_id: int, to: str, reason: str | None) -> Result:
    """Give the case to a centre below, in whose division it lies."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.reason(reason)
        codes = tallies.ancestors(case.division_path)
        below = codes[codes.index(case.held_by) + 1 :] if case.held_by in codes else []
        # The centre of a place that has nothing to do with the case is as good as not there.
        if to not in below or not await places.centres_among(session, [to]):
            raise not_found(call, "centre", "该下级指挥中心", "The centre below")
        return await _given_to(session, call, case, to, HopDirection.DOWN, words)

    return await advance(db, call, case_id, CaseAction.ASSIGN_DOWN, prepare)


async def _given_to(
    session: Session, call: Call, case: CaseRow, to: str, direction: HopDirection, reason: str
) -> Change:
    table = await timetable(session, case.division_path)
    limit = table.limit(ClockKind.HOP, is_urgent=case.priority is Priority.URGENT)
    due_at = clocks.started((ClockKind.HOP, to), limit, call.now, table.office).due_at
    hop_id = await hops.add(
        session,
        {
            "realm": case.realm,
            "case_id": case.id,
            "version": case.version + 1,
            "direction": direction,
            "from_code": case.held_by,
            "to_code": to,
            "reason": reason,
            "at": call.now,
            "by": call.viewer.principal,
            "due_at": due_at,
        },
    )
    division = await places.division(session, to)
    columns = {"held_by": to, "hops": (case.hops or 0) + 1, "hop_id": hop_id, "answer_with": to}
    return Change(
        columns,
        note=f"至{division.name if division else to}：{reason}",
        clocks=ClockChange(start=[NewClock(ClockKind.HOP, to)]),
    )


async def receive(db: Database, call: Call, case_id: int) -> Result:
    """The receiving centre's receipt: its own clock on the case begins."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        await hops.receive(session, case.hop_id, call.now, call.viewer.principal)
        level = NewClock(ClockKind.LEVEL, case.held_by)
        return Change({"hop_id": None}, clocks=ClockChange(start=[level], stop=[(ClockKind.HOP, case.held_by)]))

    return await advance(db, call, case_id, CaseAction.RECEIVE_HOP, prepare)


async def pass_answer(db: Database, call: Call, case_id: int, note: str | None) -> Result:
    """Pass the answer on to the level the case came from; the last level first, as the answer itself travels."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.optional(note, "note", limit=texts.SHORT)
        waiting = [hop for hop in (await hops.hops_by_case(session, [case.id]))[case.id] if not hop.answer_passed_at]
        await hops.pass_answer(session, waiting[-1].id, call.now)
        passed = ClockChange(stop=[(ClockKind.LEVEL, waiting[-1].to_code)])
        return Change({"answer_with": _next_with(waiting)}, note=words, clocks=passed)

    return await advance(db, call, case_id, CaseAction.PASS_ANSWER, prepare)


def _next_with(waiting: list[HopRow]) -> str | None:
    """Who has the answer once the last of these hops has passed it: a case that was moved elsewhere between two hops
    has left the older ones behind."""
    if len(waiting) < 2 or waiting[-2].to_code != waiting[-1].from_code:
        return None
    return str(waiting[-2].to_code)


async def ask_answers_again(session: Session, case: CaseRow, change: Change) -> None:
    """A case is done again: its next answer goes the whole way back, and each level that took it has a clock."""
    if not case.hops:
        return
    taken = {hop.to_code for hop in (await hops.hops_by_case(session, [case.id]))[case.id] if hop.received_at}
    running = {clock.name for clock in clocks.running_clocks(case)}
    again = [NewClock(ClockKind.LEVEL, code) for code in sorted(taken) if (ClockKind.LEVEL, code) not in running]
    await hops.ask_answers_again(session, case.id)
    change.columns["answer_with"] = case.held_by
    change.clocks = replace(change.clocks, start=[*change.clocks.start, *again])


def leave_levels(case: CaseRow, change: Change) -> None:
    """A case moves to a place that the levels it went between have nothing to do with: it starts there as if new."""
    lost = [clock.name for clock in clocks.running_clocks(case) if clock.kind in (ClockKind.HOP, ClockKind.LEVEL)]
    change.columns |= {"hops": 0, "hop_id": None, "answer_with": None}
    change.clocks = replace(change.clocks, stop=[*change.clocks.stop, *lost])
