"""What a case shows of visits, of how pressing it is and of what may come of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db.cases import CaseRow
from db.vocabulary import Role
from db.vocabulary.visits import RiskLevel
from schema.context import Ask
from schema.shown import Shown, is_in_view, own


@strawberry.type(description="走访记录: somebody was at the place of a case. Who it was stays with the role.")
class CaseVisit(Shown):
    row: strawberry.Private[Any]

    round: int = own("Round of the case it belongs to.")
    visited_at: datetime = own("When, by the phone; never after `at`.")
    at: datetime = own("When it was told.")
    actor_role: Role = own("Role of who was there.")
    metres: int | None = own("How far from the place of the case; null where that is not known.")
    is_proof: bool = own("Whether that is near enough to count.")


@strawberry.type
class VisitedCase:
    row: strawberry.Private[CaseRow]

    risk: RiskLevel | None = own("风险等级: how much harm it may do; null while nobody has said.")

    @strawberry.field(description="急难愁盼: whether staff have marked it as what presses people most.")
    def is_pressing(self) -> bool:
        return bool(self.row.is_pressing)

    @strawberry.field(description="Whether somebody was there in this round, near enough to count.")
    def has_visit_proof(self) -> bool:
        return bool(self.row.visits)

    @strawberry.field(description="Every visit, oldest first; unpaged, a few for each round.")
    async def visits(self, info: Ask) -> list[CaseVisit]:
        if not await is_in_view(info, self.row):
            return []
        return [CaseVisit(row=row) for row in await info.context.loaders.visits.load(self.row.id)]
