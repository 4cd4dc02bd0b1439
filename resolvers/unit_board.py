"""谁没动: units of a division by what they have not signed, what is late with them, what was demanded of them, and
what they sent back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from db import unit_board
from db.database import Database
from db.indicators import Span
from db.unit_board import Pair
from db.vocabulary import Realm
from resolvers.measuring import Period


@dataclass(frozen=True, slots=True)
class Standing:
    department_id: int
    unsigned: int
    overdue: int
    expedited: int
    returned: int


@dataclass(frozen=True, slots=True)
class Board:
    """All units with anything on them, the heaviest first."""

    as_of: datetime
    period: Period
    units: Sequence[Standing]
    pairs: Sequence[Pair]


async def board(db: Database, realm: Realm, path: str, period: Period, now: datetime) -> Board:
    span = Span.of(period.first, period.last)
    async with db.snapshot() as session:
        unsigned = await unit_board.unsigned(session, realm, path)
        overdue = await unit_board.overdue(session, realm, path, now)
        expedited = await unit_board.expedited(session, realm, path)
        pairs = await unit_board.return_pairs(session, realm, path, span.start, span.end)
    returned: Counter[int] = Counter()
    for pair in pairs:
        returned[pair.returned_by] += pair.count
    units = [
        Standing(unit, unsigned.get(unit, 0), overdue.get(unit, 0), expedited.get(unit, 0), returned[unit])
        for unit in unsigned.keys() | overdue.keys() | expedited.keys() | returned.keys()
    ]
    # What lies there weighs before what was sent away: the question is who has not moved.
    units.sort(key=lambda one: (-one.unsigned - one.overdue, -one.expedited, -one.returned, one.department_id))
    return Board(now, period, units, pairs)
