"""Who is on duty in the demo city: every centre has a shift, and hands it over when its time is up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api.demo.reference import HOT_PREFECTURE
from api.demo.sentences import SHIFT_NOTES
from api.demo.stage import Stage
from db import centres as centre_rows
from db import places
from db.vocabulary import Realm, Role
from resolvers import centres
from resolvers.call import Call
from resolvers.refusals import Code, Refusal
from resolvers.viewing import viewer_of

SHIFT_HOURS = 8
DAY, NIGHT = "day", "night"  # two leaders take turns: who hands over does not take over
NOT_YET = frozenset({Code.URGENT_UNACKNOWLEDGED, Code.CONFLICT, Code.SHIFT_RUNNING})


async def look(stage: Stage) -> int:
    """Begin a shift where nobody is on duty, hand over those whose time is up; how many shifts began."""
    async with stage.db.read() as session:
        codes = await places.centre_codes(session)
        running = await centre_rows.current_shifts(session, Realm.EXERCISE, codes)
    began = 0
    for code in codes:
        shift = running.get(code)
        try:
            if shift is None:
                await _start(stage, code)
                began += 1
            elif shift.planned_end_at <= stage.clock():
                await _hand_over(stage, code, shift)
                began += 1
        except Refusal as refusal:
            if refusal.code not in NOT_YET:
                raise
    return began


async def _start(stage: Stage, code: str) -> None:
    """The first shift; where the walls open the night has just gone home, so that two signatures can be seen."""
    is_shown = code == HOT_PREFECTURE
    call = await _leader(stage, code, NIGHT if is_shown else DAY)
    await centres.start(stage.db, call, code, call.now + timedelta(hours=SHIFT_HOURS))
    if not is_shown:
        return
    async with stage.db.read() as session:
        running = await centre_rows.current_shifts(session, Realm.EXERCISE, [code])
    await _hand_over(stage, code, running[code])


async def _hand_over(stage: Stage, code: str, shift: Any) -> None:
    """Both sign: the leader on duty, and the other one."""
    outgoing = DAY if shift.leader.endswith(DAY) else NIGHT
    call = await _leader(stage, code, outgoing)
    await centres.hand_over(stage.db, call, shift.id, shift.version, stage.one(SHIFT_NOTES))
    call = await _leader(stage, code, NIGHT if outgoing == DAY else DAY)
    until = call.now + timedelta(hours=SHIFT_HOURS)
    await centres.take_over(stage.db, call, shift.id, shift.version + 1, until)


async def _leader(stage: Stage, code: str, which: str) -> Call:
    viewer = await viewer_of(
        stage.db,
        principal=f"{Role.SHIFT_LEADER}:{code}:{which}",
        realm=Realm.EXERCISE,
        grants=[(Role.SHIFT_LEADER, code)],
        name=None,
        language="zh",
        expires_at=None,
    )
    return Call(viewer, stage.clock(), stage.key())
