"""A case's way between levels, as it is shown."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db.hops import HopRow
from db.vocabulary.hops import HopDirection
from schema.context import Ask
from schema.places import Division
from schema.shown import Shown, own


@strawberry.type(description="层级流转: one centre gave the case to another.")
class Hop(Shown):
    row: strawberry.Private[HopRow]
    hides_notes: strawberry.Private[bool] = False

    direction: HopDirection = own("Up or down.")
    version: int = own("The case's version by this hop.")
    at: datetime = own("When it was given.")
    due_at: datetime = own("Until when the receiving centre has to sign, by the working calendar.")
    received_at: datetime | None = own("The receipt: when the receiving centre signed; null while it has not.")
    answer_passed_at: datetime | None = own(
        "When the receiving centre passed the answer back; null before, and again once the case is done anew."
    )

    @strawberry.field(name="from", description="Division of the centre that gave it.")
    async def from_(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.from_code))

    @strawberry.field(description="Division of the centre it was given to.")
    async def to(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.to_code))

    @strawberry.field(description="Why; null for submitters, service providers, walls and analysts, and on events.")
    def reason(self) -> str | None:
        return None if self.hides_notes else self.row.reason


@strawberry.type(description="层级路径: the levels a case has gone between.")
class LevelPath:
    answer_with: Division | None = strawberry.field(
        description="Division of the centre that passes the answer on next; null where none has to."
    )
    hops: list[Hop] = strawberry.field(description="Every hop, oldest first; unpaged, a handful.")
