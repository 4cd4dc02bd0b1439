"""Indicators of performance reviews: figures that open to the cases behind them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

import strawberry

from db.vocabulary.assessment import AssessedKind, ExclusionReason, IndicatorCode, IndicatorSet, IndicatorUnit
from resolvers import assessing
from resolvers.assessing import Assessed, Figure
from resolvers.measuring import Period
from resolvers.refusals import Code, Refusal
from schema import connection, filters, ids
from schema.cases import CaseConnection, case_connection
from schema.catalogue import Department
from schema.context import Ask
from schema.loaders import CasePage
from schema.metrics import MetricsPeriod
from schema.places import Division, Grid


@strawberry.input(description="Whom to assess: exactly one of them.")
class AssessmentSubjectInput:
    division: strawberry.ID | None = strawberry.field(default=None, description="A division with all below it.")
    grid: strawberry.ID | None = strawberry.field(default=None, description="A grid.")
    department: strawberry.ID | None = strawberry.field(default=None, description="A department.")
    worker: str | None = strawberry.field(
        default=None, description="Account of a grid, community or patrol worker; `me` for the viewer's own."
    )


Of = Annotated[AssessmentSubjectInput, strawberry.argument(description="Whom to assess.")]
Which = Annotated[IndicatorCode, strawberry.argument(description="Which indicator.")]
OfFigure = Annotated[IndicatorSet, strawberry.argument(description="Which part of the figure.")]
Why = Annotated[
    ExclusionReason | None, strawberry.argument(description="Only those left out for this reason; with EXCLUDED.")
]


@strawberry.type(description="Who or what a figure is about. One of the nouns is set, or the account.")
class AssessmentSubject:
    subject: strawberry.Private[Assessed]

    @strawberry.field(description="Kind of subject.")
    def kind(self) -> AssessedKind:
        return self.subject.kind

    @strawberry.field(description="The division; null for another kind of subject.")
    async def division(self, info: Ask) -> Division | None:
        if self.subject.kind is not AssessedKind.DIVISION:
            return None
        return Division(row=await info.context.loaders.division.load(self.subject.key))

    @strawberry.field(description="The grid; null for another kind of subject.")
    async def grid(self, info: Ask) -> Grid | None:
        if self.subject.kind is not AssessedKind.GRID:
            return None
        return Grid(row=await info.context.loaders.grid.load(int(self.subject.key)))

    @strawberry.field(description="The department; null for another kind of subject.")
    async def department(self, info: Ask) -> Department | None:
        if self.subject.kind is not AssessedKind.DEPARTMENT:
            return None
        return Department(row=await info.context.loaders.department.load(int(self.subject.key)))

    @strawberry.field(description="Code of the worker's account, never a name; null for another kind of subject.")
    def worker(self) -> str | None:
        return self.subject.key if self.subject.kind is AssessedKind.WORKER else None


@strawberry.type(description="Cases left out of an indicator for one reason.")
class Exclusion:
    reason: ExclusionReason = strawberry.field(description="Why; the first reason that fits a case.")
    count: int = strawberry.field(description="How many cases.")


def exclusions(counts: Mapping[ExclusionReason, int]) -> list[Exclusion]:
    return [Exclusion(reason=reason, count=counts[reason]) for reason in ExclusionReason if counts.get(reason)]


@strawberry.type(
    description="指标: one figure with what it is made of. Cases belong to the period by the local day on which "
    "something happened to them, judged by how they stand at `asOf`. Formulas: docs/assessment.md."
)
class Indicator:
    figure: strawberry.Private[Figure]

    @strawberry.field(description="Which indicator.")
    def code(self) -> IndicatorCode:
        return self.figure.code

    @strawberry.field(description="Chinese name.")
    def name(self) -> str:
        return self.figure.code.label

    @strawberry.field(description="Whom it is about.")
    def subject(self) -> AssessmentSubject:
        return AssessmentSubject(subject=self.figure.subject)

    @strawberry.field(description="What `value` counts in.")
    def unit(self) -> IndicatorUnit:
        return self.figure.unit

    @strawberry.field(description="The figure in `unit`; null, not 0, when the denominator is 0.")
    def value(self) -> float | None:
        return self.figure.value

    @strawberry.field(description="Cases that count.")
    def numerator(self) -> int:
        return self.figure.numerator

    @strawberry.field(
        description="Cases they are measured against; residents or grids where `unit` says so; "
        "for a count, what is left after the exclusions."
    )
    def denominator(self) -> int:
        return self.figure.denominator

    @strawberry.field(description="Cases left out of both, by reason; at most ten.")
    def excluded(self) -> list[Exclusion]:
        return exclusions(self.figure.excluded)

    @strawberry.field(description="Days it covers.")
    def period(self) -> MetricsPeriod:
        return MetricsPeriod(from_=self.figure.period.first, to=self.figure.period.last)

    @strawberry.field(description="When the cases were counted.")
    def as_of(self) -> datetime:
        return self.figure.as_of

    @strawberry.field(
        description="The cases of one part of the figure that the viewer may see, newest first; empty where the "
        "denominator is not cases. `totalCount` is exact."
    )
    async def cases(
        self, info: Ask, of: OfFigure, reason: Why = None, first: filters.First = 20, after: filters.After = None
    ) -> CaseConnection:
        size = connection.page_size(first)
        before_id = connection.id_after(after, "case")
        context = info.context
        scope = context.viewer.scope
        rows = await assessing.cases_behind(
            context.db, scope, self.figure, of, reason, first=size + 1, before_id=before_id
        )

        async def count() -> int:
            return await assessing.count_behind(context.db, scope, self.figure, of, reason)

        seq = context.feed.head
        cursor = filters.event_cursor_at(info, seq)
        return case_connection(info, CasePage(rows, seq), size, after, cursor, count)


async def subject_of(info: Ask, given: AssessmentSubjectInput) -> Assessed | None:
    """The subject an input names; None where it is not there or the viewer may not read its figures."""
    named = [name for name in ("division", "grid", "department", "worker") if getattr(given, name) is not None]
    if len(named) != 1:
        raise Refusal(Code.BAD_USER_INPUT, detail=f"expected one subject; came {', '.join(named) or 'none'}")
    if given.worker is not None:
        viewer = info.context.viewer
        account = viewer.principal if given.worker == "me" else given.worker
        return await assessing.worker_of(info.context.db, viewer, account)
    subject = await _placed(info, given)
    return subject if subject is not None and assessing.may_read(info.context.viewer.scope, subject) else None


async def _placed(info: Ask, given: AssessmentSubjectInput) -> Assessed | None:
    loaders = info.context.loaders
    if given.division is not None:
        row = await loaders.division.load(ids.code(given.division, "Division") or "")
        return None if row is None else Assessed(AssessedKind.DIVISION, row.code, row.path, row=row)
    for id_, kind, noun, loader in (
        (given.grid, AssessedKind.GRID, "Grid", loaders.grid),
        (given.department, AssessedKind.DEPARTMENT, "Department", loaders.department),
    ):
        if id_ is not None:
            number = ids.number(id_, noun)
            row = None if number is None else await loader.load(number)
            return None if row is None else Assessed(kind, str(row.id), row.path, row=row)
    return None


@strawberry.type(description="Questions about indicators.")
class IndicatorQuery:
    @strawberry.field(
        description="An indicator of one subject over a period; null where the subject is not there or the viewer "
        "may not read it. A grid worker reads their own, a department its own."
    )
    async def indicator(
        self,
        info: Ask,
        code: Which,
        subject: Of,
        from_: filters.From = None,
        to: filters.To = None,
    ) -> Indicator | None:
        now = info.context.clock()
        period = Period.of(from_, to, now)
        found = await subject_of(info, subject)
        if found is None:
            return None
        context = info.context
        return Indicator(figure=await assessing.figure(context.db, context.viewer.realm, code, found, period, now))
