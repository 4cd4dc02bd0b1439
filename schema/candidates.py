"""Which matters a division might buy the work of, and how much of what comes in the catalogue holds."""

from __future__ import annotations

from datetime import date

import strawberry

from db.vocabulary import OutsourceReason
from resolvers import candidates
from resolvers.candidates import Candidates, Month
from resolvers.measuring import Period
from resolvers.rules.candidates import LEAST_CASES, Weighed
from schema import connection, filters
from schema.catalogue import Matter
from schema.context import Ask
from schema.metrics import MetricsPeriod, Rate
from schema.shown import Shown, own
from schema.unit_board import OfDivision, measured_path


@strawberry.type(description="购买候选: a matter whose work might be bought, by the three reasons to outsource.")
class CatalogueCandidate:
    row: strawberry.Private[Weighed]
    everything: strawberry.Private[int]

    is_listed: bool = strawberry.field(
        description="Whether an item of the catalogue holds for it in the division on the period's last day."
    )

    @strawberry.field(description="The matter.")
    def matter(self) -> Matter:
        return Matter(row=self.row.said.matter)

    @strawberry.field(
        description="任务重: its cases registered in the period, and their share of all cases registered there then."
    )
    def load(self) -> Rate:
        return Rate(numerator=self.row.said.registered, denominator=self.everything)

    @strawberry.field(
        description="矛盾突出: of its cases, those people were at odds over: disputes, called unsolved by their "
        "submitter, taken up again, or with conflicting views or a ruling on whose they are."
    )
    def conflicts(self) -> Rate:
        return Rate(numerator=self.row.said.contentious, denominator=self.row.said.registered)

    @strawberry.field(
        description="监管难度大: of its cases, those that could not simply be done: sent back by a unit, failed in a "
        "check, extended, or late."
    )
    def difficulty(self) -> Rate:
        return Rate(numerator=self.row.said.hard, denominator=self.row.said.registered)

    @strawberry.field(description="Of its cases, those with a work order that was neither declined nor cancelled.")
    def bought(self) -> Rate:
        return Rate(numerator=self.row.said.bought, denominator=self.row.said.registered)

    @strawberry.field(
        description="0 to 100: the mean of load (count), conflicts and difficulty (shares), each relative to the "
        "highest among these matters."
    )
    def points(self) -> int:
        return self.row.points

    @strawberry.field(description="The reason that stands out most: what `caseOutsource` would name.")
    def reason(self) -> OutsourceReason:
        return self.row.reason


@strawberry.type(description="购买候选: matters of a division by the three reasons to outsource.")
class CatalogueCandidates:
    row: strawberry.Private[Candidates]

    period: MetricsPeriod = strawberry.field(description="Days on which the cases were registered.")

    @strawberry.field(description="Cases registered there in the period, of whatever matter.")
    def registered(self) -> int:
        return self.row.registered

    @strawberry.field(description="How many matters there are below.")
    def total_count(self) -> int:
        return len(self.row.rows)

    @strawberry.field(
        description=f"Matters with at least {LEAST_CASES} cases that may be bought at all, most points first."
    )
    def candidates(self, first: filters.First = 20) -> list[CatalogueCandidate]:
        return [
            CatalogueCandidate(
                row=one, everything=self.row.registered, is_listed=one.said.matter.id in self.row.listed
            )
            for one in self.row.rows[: connection.page_size(first)]
        ]


@strawberry.type(description="目录覆盖: what the catalogue of a division held in a month, and of how many cases.")
class CatalogueMonth(Shown):
    row: strawberry.Private[Month]

    first: date = own("First local day, of the month or of the period.")
    last: date = own("Last local day; the catalogue is that of this day.")

    @strawberry.field(description="Matters with an item in force, of those that may be bought at all.")
    def matters(self) -> Rate:
        return Rate(numerator=self.row.listed, denominator=self.row.matters)

    @strawberry.field(
        description="Cases registered in the month whose matter was among them, of those whose matter may be bought."
    )
    def cases(self) -> Rate:
        return Rate(numerator=self.row.registered_listed, denominator=self.row.registered)


@strawberry.type
class CandidatesQuery:
    @strawberry.field(
        description="Matters that a division might buy the work of, by what the cases of a period say; null where "
        "the viewer may not read its figures."
    )
    async def catalogue_candidates(
        self, info: Ask, division: OfDivision, from_: filters.From = None, to: filters.To = None
    ) -> CatalogueCandidates | None:
        path = await measured_path(info, division)
        context = info.context
        period = Period.of(from_, to, context.clock())
        if path is None:
            return None
        found = await candidates.ranked(context.db, context.viewer.realm, path, period)
        return CatalogueCandidates(row=found, period=MetricsPeriod(from_=period.first, to=period.last))

    @strawberry.field(
        description="How much the catalogue of a division held, month by month, at most 13; null where the viewer "
        "may not read its figures."
    )
    async def catalogue_coverage(
        self, info: Ask, division: OfDivision, from_: filters.From = None, to: filters.To = None
    ) -> list[CatalogueMonth] | None:
        path = await measured_path(info, division)
        context = info.context
        period = Period.of(from_, to, context.clock())
        if path is None:
            return None
        found = await candidates.coverage(context.db, context.viewer.realm, path, period)
        return [CatalogueMonth(row=one) for one in found]
