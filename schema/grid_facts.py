"""What is known of grids: party organisations and their coverage, the Safety Outpost programme."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry

from db import grid_facts, places, tallies
from db.grid_facts import Share
from db.vocabulary.grid_facts import GridProgramme
from resolvers.grid_facts import coverage_percent, measure_programme
from resolvers.measuring import Period, Subject, may_measure
from resolvers.refusals import Code, Refusal
from resolvers.rules.rounding import percent
from schema import filters, ids
from schema.burden import ThePlace, measured_path
from schema.context import Ask
from schema.places import GridConnection, grid_page

AboutDivision = Annotated[strawberry.ID | None, strawberry.argument(description="Of this division and below.")]
AboutGrid = Annotated[strawberry.ID | None, strawberry.argument(description="Of this grid.")]


@strawberry.type(description="党建覆盖率: how many active grids of a division have a party organisation.")
class PartyCoverage:
    covered: int = strawberry.field(description="Active grids with one.")
    total: int = strawberry.field(description="Active grids.")
    path: strawberry.Private[str] = ""

    @strawberry.field(
        description="covered / total, x100, two decimals rounded down: 100.00 only if every active grid is covered; "
        "null where there is none."
    )
    def rate(self) -> float | None:
        return coverage_percent(self.covered, self.total)

    @strawberry.field(description="Active grids without one, in order of import.")
    async def uncovered(self, info: Ask, first: filters.First = 20, after: filters.After = None) -> GridConnection:
        clauses = [*places.grids_below(self.path), ~grid_facts.has_party_organisation()]
        return await grid_page(info, clauses, first=first, after=after)


@strawberry.type(description="A rate with the counts behind it.")
class OutpostIndicator:
    numerator: int = strawberry.field(description="Cases that count.")
    denominator: int = strawberry.field(description="Cases in question.")

    @strawberry.field(description="x100, two decimals half up; null where the denominator is 0.")
    def rate(self) -> float | None:
        return percent(self.numerator, self.denominator)


@strawberry.type(
    description="平安前哨: four indicators over the tagged cases that were handed in in a period. Duplicates, cases "
    "without a problem and those taken out count nowhere."
)
class SafetyOutpost:
    counts: strawberry.Private[Any]
    first_day: date = strawberry.field(name="from", description="First local day.")
    last_day: date = strawberry.field(name="to", description="Last local day.")

    @strawberry.field(description="Tagged cases of the period.")
    def cases(self) -> int:
        return int(self.counts.cases)

    @strawberry.field(description="前哨感知: problems first found by grid, community or village staff / problems.")
    def first_sensor(self) -> OutpostIndicator:
        return _indicator(self.counts.first_sensor)

    @strawberry.field(description="矛盾化解: disputes resolved on the spot or by a community unit / closed ones.")
    def mediation(self) -> OutpostIndicator:
        return _indicator(self.counts.mediation)

    @strawberry.field(description="隐患防范: hazards resolved / hazards found.")
    def defence(self) -> OutpostIndicator:
        return _indicator(self.counts.defence)

    @strawberry.field(description="便民窗口: service requests answered / service requests.")
    def window(self) -> OutpostIndicator:
        return _indicator(self.counts.window)


def _indicator(share: Share) -> OutpostIndicator:
    return OutpostIndicator(numerator=share.numerator, denominator=share.denominator)


@strawberry.type
class GridFactsQuery:
    @strawberry.field(
        description="党建覆盖率 of a division; null where the viewer may not read figures of the division."
    )
    async def party_coverage(self, info: Ask, division: ThePlace) -> PartyCoverage | None:
        path = await measured_path(info, division)
        if path is None:
            return None
        async with info.context.db.read() as session:
            covered, total = await grid_facts.party_coverage(session, path)
        return PartyCoverage(covered=covered, total=total, path=path)

    @strawberry.field(
        description="平安前哨 of a division or of a grid; null where the viewer may not read its figures."
    )
    async def safety_outpost(
        self,
        info: Ask,
        division: AboutDivision = None,
        grid: AboutGrid = None,
        from_: filters.From = None,
        to: filters.To = None,
    ) -> SafetyOutpost | None:
        if (division is None) == (grid is None):
            raise Refusal(Code.BAD_USER_INPUT, detail="expected either division or grid")
        place = await _place(info, division, grid)
        if place is None:
            return None
        context = info.context
        period = Period.of(from_, to, context.clock())
        programme = GridProgramme.SAFETY_OUTPOST
        counts = await measure_programme(context.db, context.viewer.realm, programme, place, period)
        return SafetyOutpost(counts=counts, first_day=period.first, last_day=period.last)


async def _place(info: Ask, division: strawberry.ID | None, grid: strawberry.ID | None) -> Any | None:
    """The clause of a place whose figures the viewer may read, or None."""
    if division is not None:
        path = await measured_path(info, division)
        return None if path is None else grid_facts.tagged_of_division(path)
    number = ids.number(grid or "", "Grid")
    row = None if number is None else await info.context.loaders.grid.load(number)
    if row is None or not may_measure(info.context.viewer.scope, Subject(tallies.GRID, str(row.id), row.path)):
        return None
    return grid_facts.tagged_of_grid(row.id)
