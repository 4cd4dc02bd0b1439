"""How long the middle case has stood in each link, and how much of its limit that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db import dwell
from db.database import Database
from db.vocabulary import CaseStage, ClockKind, Realm
from resolvers.rules import clocks
from resolvers.rules.clocks import Clock

K = ClockKind
CLOCKS_OF: dict[CaseStage, frozenset[ClockKind]] = {
    CaseStage.INTAKE: frozenset({K.ACCEPT}),
    CaseStage.REGISTRATION: frozenset({K.REGISTER, K.VERIFY}),
    CaseStage.DISPATCH: frozenset({K.DISPATCH, K.SIGN}),
    CaseStage.HANDLING: frozenset({K.HANDLING}),
    CaseStage.FEEDBACK: frozenset({K.RESPOND}),
    CaseStage.CHECK_AND_CLOSURE: frozenset({K.CHECK, K.CLOSE, K.REOPEN}),
}
"""Which clocks measure a link. Others of a case may run beside them: of its level, of a promise."""


@dataclass(frozen=True, slots=True)
class Dwell:
    stage: CaseStage
    count: int
    seconds: int
    percent_of_limit: int | None


async def by_stage(db: Database, realm: Realm, path: str, now: datetime) -> list[Dwell]:
    """In the order of the loop; links without open cases are left out."""
    async with db.snapshot() as session:
        middles = await dwell.middles(session, realm, path)
    found = {
        one.stage: Dwell(
            one.stage,
            one.count,
            max(0, int((now - one.case.stage_at).total_seconds())),
            used(one.stage, clocks.running_clocks(one.case), now),
        )
        for one in middles
    }
    return [found[stage] for stage in CaseStage if stage in found]


def used(stage: CaseStage, running: list[Clock], now: datetime) -> int | None:
    """Percent of the way from start to due, of the clock of this link that is furthest; 100 is due now."""
    shares = [
        ((one.paused_at or now) - one.started_at) / (one.due_at - one.started_at)
        for one in running
        if one.kind in CLOCKS_OF.get(stage, ()) and one.due_at > one.started_at
    ]
    return round(max(shares) * 100) if shares else None
