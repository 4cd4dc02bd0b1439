"""Promises, as a case shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db import cases
from db.cases import CaseRow
from db.vocabulary import ClockKind, Role
from db.vocabulary.commitments import CommitmentState
from resolvers.rules import access, clocks, commitments
from schema.context import Ask
from schema.ids import global_id
from schema.shown import Shown, hides_words, is_in_view, own


@strawberry.type(description="承诺: what was promised to who handed the case in, and until when.")
class Commitment(Shown):
    row: strawberry.Private[Any]
    case_row: strawberry.Private[CaseRow]

    @strawberry.field(description="Opaque id, for caseKeepCommitment.")
    def id(self) -> strawberry.ID:
        return global_id("Commitment", self.row.id)

    round: int = own("Round of the case it belongs to.")
    unit_name: str = own("Chinese name of the unit or role that promised.")
    actor_role: Role = own("Role of who promised.")
    made_at: datetime = own("When it was promised.")
    promised_at: datetime = own("Until when.")
    kept_at: datetime | None = own("When it was done; null while it is not.")

    @strawberry.field(description="How it stands now.")
    def state(self, info: Ask) -> CommitmentState:
        return commitments.state(self.row, self.case_row, info.context.clock())

    @strawberry.field(
        description="What was promised, to followers without numbers and the submitter's name; null on events and "
        "where nothing personal is shown."
    )
    def text(self, info: Ask) -> str | None:
        if hides_words(info, self.case_row):
            return None
        if access.only_follows(info.context.viewer.scope, cases.columns_of(self.case_row)):
            return access.redacted(self.row.text, (self.case_row.submitter_name,))
        return str(self.row.text)


def next_promise(row: CaseRow) -> datetime | None:
    running = (one for one in clocks.running_clocks(row) if one.kind is ClockKind.COMMITMENT)
    return min((one.due_at for one in running), default=None)


@strawberry.type
class PromisedCase:
    """What a case shows of promises."""

    row: strawberry.Private[CaseRow]

    @strawberry.field(description="The next date promised to who handed it in; null where nothing is promised.")
    def promised_at(self) -> datetime | None:
        return next_promise(self.row)

    @strawberry.field(description="Every commitment, oldest first; unpaged, a few for each round.")
    async def commitments(self, info: Ask) -> list[Commitment]:
        if not await is_in_view(info, self.row):
            return []
        rows = await info.context.loaders.commitments.load(self.row.id)
        case_row = await info.context.loaders.case.load(self.row.id) if hasattr(self.row, "is_snapshot") else self.row
        return [Commitment(row=row, case_row=case_row) for row in rows]
