"""今日清单: what waits for who works a grid, what is due first on top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from db import cases, places, today
from db.cases import CaseRow
from db.database import Database
from db.scope import ScopeKind
from db.vocabulary import Role
from db.vocabulary.collecting import TodayKind
from resolvers.refusals import Code, Refusal
from resolvers.rules import clocks
from resolvers.viewer import Viewer

MOST = 200  # several days' work; a list that is longer is no list of today
STAFF = frozenset({Role.GRID_WORKER, Role.COMMUNITY_WORKER})
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TodayItem:
    kind: TodayKind
    case: CaseRow
    since: datetime
    due_at: datetime | None
    task: Any | None = None


async def todays(db: Database, viewer: Viewer) -> list[TodayItem]:
    """Tasks of the viewer's grids and communities, and own submissions nobody has taken up; at most 200."""
    held = [grant for grant in viewer.grants if grant.role in STAFF]
    if not held:
        raise Refusal(Code.FORBIDDEN, action="今日清单", action_name="TODAY")
    grids = sorted(int(grant.value) for grant in held if grant.kind is ScopeKind.GRID)
    paths = sorted(grant.value for grant in held if grant.kind is ScopeKind.DIVISION)
    keys = sorted(grant.value for grant in held if grant.kind is ScopeKind.SELF)
    async with db.read() as session:
        given = await today.open_tasks(session, viewer.realm, grids, paths, MOST)
        found = await cases.by_ids(session, viewer.scope, [task.case_id for task in given])
        own = await today.own_submissions(session, viewer.scope, keys, MOST)
    items = [
        TodayItem(TodayKind[task.task.name], found[task.case_id], task.given_at, due_of(found[task.case_id]), task)
        for task in given
        if task.case_id in found
    ]
    items += [TodayItem(TodayKind.OWN_SUBMISSION, case, case.submitted_at, due_of(case)) for case in own]
    return sorted(items, key=lambda item: (item.due_at or NEVER, item.since, item.case.id))[:MOST]


async def own_grids(db: Database, viewer: Viewer) -> list[places.GridRow]:
    """Active grids somebody works, and those of the communities they work in; at most 200, in order of import."""
    held = [grant for grant in viewer.grants if grant.role in STAFF]
    async with db.read() as session:
        found = await places.grids_by_id(session, [int(one.value) for one in held if one.kind is ScopeKind.GRID])
        for path in sorted(one.value for one in held if one.kind is ScopeKind.DIVISION):
            found |= {grid.id: grid for grid in await places.grids_sample(session, path, MOST)}
    return sorted((grid for grid in found.values() if grid.is_active), key=lambda grid: grid.id)[:MOST]


def due_of(case: CaseRow) -> datetime | None:
    """The first of its clocks to run out."""
    return min((clock.due_at for clock in clocks.running_clocks(case)), default=None)
