"""What somebody has to do with by themselves: what they handed in and what they follow."""

from __future__ import annotations

from dataclasses import replace

import strawberry

from db.scope import ScopeKind
from schema import filters
from schema.cases import CaseConnection
from schema.context import Ask
from schema.queries import list_cases


@strawberry.type
class ResidentsQuery:
    @strawberry.field(
        description="我的诉求: cases the caller handed in or follows, newest first; not those they see by their "
        "post. `isFollowed` tells the two apart. For grid workers: replies to what they uploaded."
    )
    async def my_cases(
        self,
        info: Ask,
        filter: filters.ListFilter = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> CaseConnection:
        scope = info.context.viewer.scope
        own = frozenset(grant for grant in scope.grants if grant.kind is ScopeKind.SELF)
        return await list_cases(info, replace(scope, grants=own), filter, first, after)
