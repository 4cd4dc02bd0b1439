"""Units that a case is shared with, as they are shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db.cases import columns_of
from db.shares import ShareRow
from db.vocabulary import ShareRight
from resolvers.rules import access
from schema.catalogue import Department
from schema.context import Ask
from schema.shown import Shown, hides_words, is_in_view


@strawberry.type(description="共享: what a unit may do with a case that another answers for.")
class CaseShare(Shown):
    row: strawberry.Private[ShareRow]
    hides_notes: strawberry.Private[bool] = False

    @strawberry.field(description="The unit.")
    async def department(self, info: Ask) -> Department:
        return Department(row=await info.context.loaders.department.load(self.row.department_id))

    @strawberry.field(description="What it may do.")
    def right(self) -> ShareRight:
        right: ShareRight = self.row.share_right
        return right

    @strawberry.field(description="Since when it has this right.")
    def since(self) -> datetime:
        at: datetime = self.row.at
        return at

    @strawberry.field(description="Why; null for submitters, service providers, walls and analysts, and on events.")
    def reason(self) -> str | None:
        return None if self.hides_notes else self.row.reason


@strawberry.type
class SharedCase:
    """What a case shows of the units beside its responsible one."""

    row: strawberry.Private[Any]

    @strawberry.field(description="Units it is shared with now, oldest first; unpaged, at most 20.")
    async def shares(self, info: Ask) -> list[CaseShare]:
        if not await is_in_view(info, self.row):
            return []
        hides = hides_words(info, self.row) or access.hides_notes(info.context.viewer.scope, columns_of(self.row))
        rows = await info.context.loaders.shares.load(self.row.id)
        return [CaseShare(row=row, hides_notes=hides) for row in rows]
