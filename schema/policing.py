"""Police beats, and what cases ask of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db import cases
from db.cases import CaseRow
from db.vocabulary import CaseAction, Role
from db.vocabulary.policing import PoliceTaskKind, PoliceTaskState
from resolvers.policing import available
from resolvers.rules import access
from schema.context import Ask
from schema.ids import global_id
from schema.shown import Shown, is_below_event, is_in_view, own

if TYPE_CHECKING:
    from schema.beats import PoliceBeat


@strawberry.type(description="警务联动: what a case asked of the police beat of its grid, and the answer.")
class PoliceTask(Shown):
    row: strawberry.Private[Any]
    case_row: strawberry.Private[CaseRow]

    kind: PoliceTaskKind = own("How the police are brought in.")
    state: PoliceTaskState = own("Where it stands.")
    asked_by: Role = own("Role of who asked.")
    asked_at: datetime = own("When it was asked.")
    received_at: datetime | None = own("When the beat signed for it; null before.")
    answered_at: datetime | None = own("When the beat answered; null before.")
    visited_at: datetime | None = own("When somebody was there; null where nobody was. A joint visit is one visit.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("PoliceTask", self.row.id)

    @strawberry.field(description="Why; null on events, walls and for analysts.")
    def reason(self, info: Ask) -> str | None:
        return None if self._hides_words(info) else self.row.reason

    @strawberry.field(description="The answer for who works the case; null before, and like `reason`.")
    def result(self, info: Ask) -> str | None:
        return None if self._hides_words(info) else self.row.result

    @strawberry.field(
        description="Details of the answer, for who holds POLICE over the case; null for everybody else, and that "
        "they asked is put on record."
    )
    async def detail(self, info: Ask) -> str | None:
        if is_below_event(info):
            return None
        if Role.POLICE in info.context.viewer.scope.roles_over(cases.columns_of(self.case_row)):
            return self.row.detail  # type: ignore[no-any-return]
        await info.context.loaders.police_attempt.load(self.row.case_id)
        return None

    @strawberry.field(description="The beat that was asked.")
    async def beat(self, info: Ask) -> Annotated[PoliceBeat, strawberry.lazy("schema.beats")]:
        from schema.beats import PoliceBeat as Beat  # noqa: PLC0415  # a beat has grids, a grid has cases

        return Beat(row=await info.context.loaders.police_beat.load(self.row.beat_id))

    @strawberry.field(description="Actions the viewer may take on it now: which buttons to show.")
    def available_actions(self, info: Ask) -> list[CaseAction]:
        return available(self.row, info.context.viewer.scope.roles_over(cases.columns_of(self.case_row)))

    def _hides_words(self, info: Ask) -> bool:
        return is_below_event(info) or access.is_onlooker(info.context.viewer.scope)


@strawberry.type
class PolicedCase:
    """What a case shows of the police."""

    row: strawberry.Private[CaseRow]

    @strawberry.field(description="What was asked of the police, oldest first, a handful; empty for outsiders.")
    async def police_tasks(self, info: Ask) -> list[PoliceTask]:
        scope = info.context.viewer.scope
        if access.hides_notes(scope, cases.columns_of(self.row)) or not await is_in_view(info, self.row):
            return []
        rows = await info.context.loaders.police_tasks.load(self.row.id)
        return [PoliceTask(row=row, case_row=self.row) for row in rows]
