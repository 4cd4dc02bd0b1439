"""Figures with the period they cover; each rate with what it is a share of."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from db.tallies import OPEN_MEASURE
from db.vocabulary import CaseStage
from resolvers.measuring import Figures
from resolvers.rules.rounding import percent

if TYPE_CHECKING:
    from schema.places import Division


@strawberry.type(description="A share: numerator, denominator and percent.")
class Rate:
    numerator: int = strawberry.field(description="Cases that count.")
    denominator: int = strawberry.field(description="Cases they are a share of.")

    @strawberry.field(description="x100, two decimals half up; null when the denominator is 0.")
    def percent(self) -> float | None:
        return percent(self.numerator, self.denominator)


@strawberry.type(description="Local days (Asia/Shanghai), both included.")
class MetricsPeriod:
    from_: date = strawberry.field(name="from", description="First day.")
    to: date = strawberry.field(description="Last day.")


@strawberry.type(description="Open cases of one link of the loop.")
class StageCount:
    stage: CaseStage = strawberry.field(description="The link.")
    open: int = strawberry.field(description="Cases that stand in it now.")


@strawberry.type(
    description="Counts and rates of one subject. Flows count cases on the local day of the step, by how the case "
    "stands now (a reopened case leaves the day it was closed); open, near due and overdue are as of `asOf`."
)
class Metrics:
    figures: strawberry.Private[Figures]
    about: strawberry.Private[object] = None

    @strawberry.field(description="The division the figures are of; null when they are of something else.")
    def division(self) -> Annotated[Division, strawberry.lazy("schema.places")] | None:
        return self.about  # type: ignore[return-value]  # which imports this module

    @strawberry.field(description="Days the flows cover.")
    def period(self) -> MetricsPeriod:
        return MetricsPeriod(from_=self.figures.period.first, to=self.figures.period.last)

    @strawberry.field(description="When the open counts were read.")
    def as_of(self) -> datetime:
        return self.figures.as_of

    def _count(self, measure: str) -> int:
        return self.figures.counts[measure]

    @strawberry.field(description="上报数: cases handed in.")
    def submitted(self) -> int:
        return self._count("submitted")

    @strawberry.field(description="立案数: cases registered.")
    def registered(self) -> int:
        return self._count("registered")

    @strawberry.field(description="处置数: cases reported handled.")
    def handled(self) -> int:
        return self._count("handled")

    @strawberry.field(description="结案数: cases closed.")
    def closed(self) -> int:
        return self._count("closed")

    @strawberry.field(description="按期结案数: closed and handled within the limit.")
    def on_time(self) -> int:
        return self._count("on_time")

    @strawberry.field(description="逾期结案数: closed and handled after the limit.")
    def late(self) -> int:
        return self._count("late")

    @strawberry.field(description="免责数: closed late, with the lateness taken out of the figures by an appeal.")
    def exempt(self) -> int:
        return self._count("exempt")

    @strawberry.field(
        description="返工数: cases sent back after they were reported handled, on the day of the last time."
    )
    def rework(self) -> int:
        return self._count("rework")

    @strawberry.field(
        description="问题发现数: valid submissions of grid, community and village staff, with suspected pieces of "
        "one problem; "
        "the indicator DISCOVERY_COUNT leaves those out."
    )
    def discovered(self) -> int:
        return self._count("discovered")

    @strawberry.field(description="自行处置数: closed cases that were settled on the spot.")
    def self_handled(self) -> int:
        return self._count("self_handled")

    @strawberry.field(description="声明解决数: closed with outcome RESOLVED, as the unit declares.")
    def declared_resolved(self) -> int:
        return self._count("declared_resolved")

    @strawberry.field(description="认可解决数: closed cases the submitter calls solved.")
    def confirmed_resolved(self) -> int:
        return self._count("confirmed_resolved")

    @strawberry.field(description="评价数: closed cases the submitter has judged.")
    def confirmed_answered(self) -> int:
        return self._count("confirmed_answered")

    @strawberry.field(description="Open cases by link, in the order of the loop; six links, EVALUATION holds none.")
    def open_by_stage(self) -> list[StageCount]:
        return [StageCount(stage=stage, open=self._count(measure)) for stage, measure in OPEN_MEASURE.items()]

    @strawberry.field(description="未办结数: cases open now.")
    def open(self) -> int:
        return sum(self._count(measure) for measure in OPEN_MEASURE.values())

    @strawberry.field(description="委托中: open cases with an open work order.")
    def outsourced(self) -> int:
        return self._count("open_outsourced")

    @strawberry.field(description="紧急: open cases of priority URGENT.")
    def urgent(self) -> int:
        return self._count("open_urgent")

    @strawberry.field(description="临期: running clocks with less than a fifth of the limit left.")
    def near_due(self) -> int:
        return self.figures.due.near_due

    @strawberry.field(description="超期: running clocks past their due time.")
    def overdue(self) -> int:
        return self.figures.due.overdue

    def _rate(self, numerator: str, denominator: str) -> Rate:
        return Rate(numerator=self._count(numerator), denominator=self._count(denominator))

    @strawberry.field(description="立案率: registered / submitted.")
    def registration_rate(self) -> Rate:
        return self._rate("registered", "submitted")

    @strawberry.field(description="按期结案率: on time / closed without those whose lateness is exempt.")
    def on_time_rate(self) -> Rate:
        return Rate(numerator=self._count("on_time"), denominator=self._count("closed") - self._count("exempt"))

    @strawberry.field(description="返工率: reworked / handled.")
    def rework_rate(self) -> Rate:
        return self._rate("rework", "handled")

    @strawberry.field(description="声明解决率: declared resolved / closed. Never mixed with the confirmed rate.")
    def declared_resolution_rate(self) -> Rate:
        return self._rate("declared_resolved", "closed")

    @strawberry.field(description="认可解决率: confirmed resolved / judged by their submitters.")
    def confirmed_resolution_rate(self) -> Rate:
        return self._rate("confirmed_resolved", "confirmed_answered")
