"""Which units have not moved, and which pass cases to each other."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from db import tallies
from db.unit_board import Pair
from resolvers.measuring import Period, Subject, may_measure
from resolvers.unit_board import Board, Standing, board
from schema import connection, filters
from schema.catalogue import Department
from schema.context import Ask
from schema.metrics import MetricsPeriod
from schema.queries import path_of

PAIRS_MOST = 20

OfDivision = Annotated[strawberry.ID, strawberry.argument(description="The division.")]


async def _department(info: Ask, number: int) -> Department:
    return Department(row=await info.context.loaders.department.load(number))


@strawberry.type(description="A unit on the board: what lies with it and what it sent back.")
class UnitStanding:
    row: strawberry.Private[Standing]

    @strawberry.field(description="The unit.")
    async def department(self, info: Ask) -> Department:
        return await _department(info, self.row.department_id)

    @strawberry.field(description="未签收: cases given to it that it has neither signed nor returned, now.")
    def unsigned(self) -> int:
        return self.row.unsigned

    @strawberry.field(description="超期: cases it is responsible for whose handling is past due, now.")
    def overdue(self) -> int:
        return self.row.overdue

    @strawberry.field(description="督办: expedite orders that wait for its reply, now.")
    def expedited(self) -> int:
        return self.row.expedited

    @strawberry.field(description="退回: how often it sent a case back in the period.")
    def returned(self) -> int:
        return self.row.returned


@strawberry.type(description="互推: how often one unit sent cases back and named the other.")
class ReturnPair:
    row: strawberry.Private[Pair]

    @strawberry.field(name="from", description="The unit that sent back.")
    async def from_(self, info: Ask) -> Department:
        return await _department(info, self.row.returned_by)

    @strawberry.field(description="The unit it said should have them.")
    async def to(self, info: Ask) -> Department:
        return await _department(info, self.row.proposed)

    @strawberry.field(description="How often in the period.")
    def count(self) -> int:
        return self.row.count


@strawberry.type(description="谁没动: the units of a division beside each other.")
class UnitBoard:
    row: strawberry.Private[Board]

    @strawberry.field(description="When it was counted.")
    def as_of(self) -> datetime:
        return self.row.as_of

    @strawberry.field(description="Days the returns cover.")
    def period(self) -> MetricsPeriod:
        return MetricsPeriod(from_=self.row.period.first, to=self.row.period.last)

    @strawberry.field(description="How many units have anything on them.")
    def unit_count(self) -> int:
        return len(self.row.units)

    @strawberry.field(description="Most unsigned and overdue cases first, then expedite orders and returns.")
    def units(self, first: filters.First = 10) -> list[UnitStanding]:
        return [UnitStanding(row=one) for one in self.row.units[: connection.page_size(first)]]

    @strawberry.field(description=f"Who passes cases to whom, the most first; at most {PAIRS_MOST}.")
    def return_pairs(self) -> list[ReturnPair]:
        return [ReturnPair(row=one) for one in self.row.pairs[:PAIRS_MOST]]


@strawberry.type
class UnitBoardQuery:
    @strawberry.field(
        description="Units by what they have not signed, what is overdue and what they sent back, for cases of a "
        "division and below; null where the viewer may not read its figures."
    )
    async def unit_board(
        self, info: Ask, division: OfDivision, from_: filters.From = None, to: filters.To = None
    ) -> UnitBoard | None:
        found = await measured_path(info, division)
        context = info.context
        now = context.clock()
        period = Period.of(from_, to, now)
        if found is None:
            return None
        return UnitBoard(row=await board(context.db, context.viewer.realm, found, period, now))


async def measured_path(info: Ask, division: strawberry.ID) -> str | None:
    """Path of a division whose figures the viewer may read; None where they may not."""
    path = await path_of(info, division) or ""
    subject = Subject(tallies.DIVISION, tallies.ancestors(path)[-1], path)
    return path if may_measure(info.context.viewer.scope, subject) else None
