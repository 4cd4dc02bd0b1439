"""Figures of answers, for who may read figures of the place."""

from __future__ import annotations

from collections.abc import Sequence

from db import answers, tallies
from db.answers import Speed
from db.database import Database
from db.scope import Scope, ScopeKind
from db.vocabulary import Channel
from resolvers.measuring import Period, Subject, may_measure
from resolvers.refusals import Code, Refusal

CHANNELS_MOST = 10


def few(given: Sequence[Channel]) -> Sequence[Channel]:
    if len(given) > CHANNELS_MOST:
        raise Refusal(Code.BAD_USER_INPUT, detail=f"channels: expected at most {CHANNELS_MOST}")
    return given


def own_path(scope: Scope) -> str | None:
    """The widest division somebody holds a role over."""
    held = [grant.value for grant in scope.grants if grant.kind is ScopeKind.DIVISION]
    return min(held, key=lambda path: (len(path), path)) if held else None


async def speed(db: Database, scope: Scope, path: str | None, period: Period) -> Speed | None:
    """From disposition to delivered at a division and below; None where the viewer may not read it."""
    place = path or own_path(scope)
    if place is None or not may_measure(scope, Subject(tallies.DIVISION, tallies.ancestors(place)[-1], place)):
        return None
    start, end = period.moments
    async with db.read() as session:
        return await answers.speed(session, scope.realm, place, start, end)
