"""Loop breaks: the list, their live news, and how often and how long."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import breaks, cases, tallies
from db.breaks import BreakRow
from db.vocabulary import CaseAction, CaseOutcome, CaseStage, SubjectKind
from db.vocabulary.breaks import BreakCause, BreakKind, BreakRemedy
from resolvers.breaks import BreakFigures, figures
from resolvers.following import notices
from resolvers.measuring import Period
from resolvers.rules import access
from resolvers.rules.breaks import REMEDY
from schema import connection, filters
from schema.cases import Case
from schema.catalogue import Department, department_of
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.metrics import MetricsPeriod
from schema.places import Division
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, is_in_view, own

OPEN_MOST = 1_000  # a list of more is no list of exceptions any more: who reads it asks for pages

OneKind = Annotated[BreakKind | None, strawberry.argument(description="Only of this kind.")]
OnlyOpen = Annotated[
    bool | None, strawberry.argument(description="Only those not repaired, or only others; all where left out.")
]
ThePlace = Annotated[strawberry.ID, strawberry.argument(description="The division.")]


@strawberry.type(description="What one unit said, where units contradict each other.")
class BreakOpinion:
    said: strawberry.Private[dict[str, Any]]

    @strawberry.field(description="The unit; null where it is not known any more.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.said["unit"] or None)

    @strawberry.field(description="Whom it proposed on returning the case; null for dispositions.")
    async def proposed(self, info: Ask) -> Department | None:
        return await department_of(info, self.said.get("proposed"))

    @strawberry.field(description="The outcome it came to; null for returns.")
    def outcome(self) -> CaseOutcome | None:
        name = self.said.get("outcome")
        return None if name is None else CaseOutcome[name]


@strawberry.type(description="What shows that the loop is broken. Fields that a cause does not have are null.")
class BreakEvidence:
    found: strawberry.Private[dict[str, Any]]

    @strawberry.field(description="The link in which it stands.")
    def link(self) -> CaseStage | None:
        name = self.found.get("link")
        return None if name is None else CaseStage[name]

    @strawberry.field(description="Since when: in its link, without owner, receipt or delivery.")
    def since(self) -> datetime | None:
        since = self.found.get("since")
        return None if since is None else datetime.fromisoformat(since)

    @strawberry.field(description="Counted seconds in the link when it was found, without what it was put off.")
    def dwell_seconds(self) -> int | None:
        return self.found.get("dwell_seconds")

    @strawberry.field(description="Usual seconds in that link in that prefecture: the median of the last 30 days, "
                      "or the limit where `samples` is 0.")  # fmt: skip
    def median_seconds(self) -> int | None:
        return self.found.get("median_seconds")

    @strawberry.field(
        description="Of how many cases the median was taken; 0 where fewer than 20 had passed the link."
    )
    def samples(self) -> int | None:
        return self.found.get("samples")

    @strawberry.field(description="Division of the centre that gave it to another level.")
    async def from_centre(self, info: Ask) -> Division | None:
        return await _division(info, self.found.get("from"))

    @strawberry.field(description="Division of the centre that has not signed for it.")
    async def to_centre(self, info: Ask) -> Division | None:
        return await _division(info, self.found.get("to"))

    @strawberry.field(description="What the units said, the earlier first; two or more where they contradict.")
    def opinions(self) -> list[BreakOpinion]:
        return [BreakOpinion(said=said) for said in self.found.get("opinions", ())]


async def _division(info: Ask, code: str | None) -> Division | None:
    return None if code is None else Division(row=await info.context.loaders.division.load(code))


@strawberry.type(description="断环: a point at which the loop of a case is blocked, broken or divergent.")
class LoopBreak(Shown):
    row: strawberry.Private[BreakRow]

    version: int = own("1 when it was found, 2 once it is repaired.")
    kind: BreakKind = own("Blocked, broken or divergent.")
    cause: BreakCause = own("What exactly was found.")
    found_at: datetime = own("When it was found.")
    repair_by: datetime = own("Until when it should be repaired, by the working calendar.")
    repaired_at: datetime | None = own("When it was repaired; null while it was not.")
    repaired_by: CaseAction | None = own("The action that repaired it; null while it was not.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("LoopBreak", self.row.id)

    @strawberry.field(description="What mends it.")
    def remedy(self) -> BreakRemedy:
        return REMEDY[self.row.kind]

    @strawberry.field(description="Whether the repair came late, or is late by now.")
    def is_late(self, info: Ask) -> bool:
        return bool((self.row.repaired_at or info.context.clock()) > self.row.repair_by)

    @strawberry.field(description="What shows it.")
    def evidence(self) -> BreakEvidence:
        return BreakEvidence(found=self.row.evidence)

    @strawberry.field(description="Owner of the break: the unit that had the case; null where the centre owns it.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="Division of the centre that held the case.")
    async def centre(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.centre_code))

    @strawberry.field(description="Id of the case.")
    def case_id(self) -> strawberry.ID:
        return global_id("Case", self.row.case_id)

    @strawberry.field(description="The case; null once it is out of the viewer's scope.")
    async def case(self, info: Ask) -> Case | None:
        row = await info.context.loaders.case.load(self.row.case_id)
        return None if row is None else Case(row=row)


async def breaks_of(info: Ask, row: Any) -> list[LoopBreak]:
    """Of one case: for insiders, not for who handed it in and not for service providers."""
    scope = info.context.viewer.scope
    if access.hides_notes(scope, cases.columns_of(row)) or not await is_in_view(info, row):
        return []
    return [LoopBreak(row=one) for one in await info.context.loaders.loop_breaks.load(row.id)]


@strawberry.type(description="A loop break in a list.")
class LoopBreakEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: LoopBreak = strawberry.field(description="The break.")


@strawberry.type(description="A page of loop breaks.")
class LoopBreakConnection:
    edges: list[LoopBreakEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    clauses: strawberry.Private[Any] = None

    @strawberry.field(description="Breaks that match, counted up to 10,000.")
    async def total_count(self, info: Ask) -> int:
        scope = access.working_scope(info.context.viewer.scope)
        async with info.context.db.read() as session:
            return await breaks.count(session, scope, self.clauses)


@strawberry.type(description="News of loop breaks. Holds nothing personal.")
class LoopBreakNews:
    is_whole: bool = strawberry.field(
        description="Whether these are all open ones (the newest 1,000) and replace what was shown before; else they "
        "are those that were found or repaired."
    )
    breaks: list[LoopBreak] = strawberry.field(description="Newest first; repaired ones say so.")


@strawberry.type(description="How many breaks of one kind.")
class LoopBreakCount:
    kind: BreakKind = strawberry.field(description="The kind.")
    found: int = strawberry.field(description="Found in the period.")
    open: int = strawberry.field(description="Not repaired now.")


@strawberry.type(description="How often the loop breaks at a division and below, and how long repairs take.")
class LoopBreakFigures:
    figures: strawberry.Private[BreakFigures]

    @strawberry.field(description="Days it covers.")
    def period(self) -> MetricsPeriod:
        return MetricsPeriod(from_=self.figures.period.first, to=self.figures.period.last)

    @strawberry.field(description="断环率: `concerned` of `looked`, in percent; null, not 0, where no case was.")
    def break_rate(self) -> float | None:
        return self.figures.rate

    @strawberry.field(description="Cases open now or closed in the period with a break that was found in it.")
    def concerned(self) -> int:
        return self.figures.concerned

    @strawberry.field(description="Cases open now or closed in the period.")
    def looked(self) -> int:
        return self.figures.looked_at

    @strawberry.field(description="Median seconds from found to repaired, of repairs in the period; null for none.")
    def repair_seconds_p50(self) -> int | None:
        return self.figures.repair_seconds_p50

    @strawberry.field(description="Each kind of break.")
    def by_kind(self) -> list[LoopBreakCount]:
        counted = self.figures.counted
        return [
            LoopBreakCount(kind=kind, found=counted.found.get(kind, 0), open=counted.open.get(kind, 0))
            for kind in BreakKind
        ]


@strawberry.type
class BreaksQuery:
    @strawberry.field(
        description="断环: loop breaks of cases the viewer works with, newest first; empty for who only handed cases "
        "in, and for service providers."
    )
    async def loop_breaks(
        self,
        info: Ask,
        division: filters.Of = None,
        kind: OneKind = None,
        open: OnlyOpen = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> LoopBreakConnection:
        size = connection.page_size(first)
        before = connection.id_after(after, "break")
        clauses = breaks.where(path=await path_of(info, division), kind=kind, is_open=open)
        scope = access.working_scope(info.context.viewer.scope)
        async with info.context.db.read() as session:
            rows = await breaks.page(session, scope, clauses, first=size + 1, before_id=before)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("break", row.id) for row in page.rows]
        edges = [LoopBreakEdge(cursor=c, node=LoopBreak(row=r)) for c, r in zip(cursors, page.rows, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return LoopBreakConnection(edges=edges, page_info=page_info, clauses=clauses)

    @strawberry.field(
        description="Break rate and time to repair of a division; null where the viewer may not read its figures."
    )
    async def loop_break_figures(
        self, info: Ask, division: ThePlace, from_: filters.From = None, to: filters.To = None
    ) -> LoopBreakFigures | None:
        path = await path_of(info, division) or ""
        period = Period.of(from_, to, info.context.clock())
        code = tallies.ancestors(path)[-1]
        found = await figures(info.context.db, info.context.viewer, code, path, period)
        return None if found is None else LoopBreakFigures(figures=found)


@strawberry.type
class BreaksSubscription:
    @strawberry.subscription(
        description="断环发现: first all open loop breaks of the view, then each that is found or repaired; all of "
        "them again after the journal was replaced. Completes when your rights change."
    )
    async def loop_break_found(self, info: Ask, division: filters.Of = None) -> AsyncIterator[LoopBreakNews]:
        context = info.context
        viewer = context.viewer
        path = await path_of(info, division)
        scope = access.working_scope(viewer.scope)
        everything = breaks.where(path=path, kind=None, is_open=True)
        told = notices(context.feed, SubjectKind.LOOP_BREAK, viewer.realm, path or "", viewer.standing)
        async for events in told:
            context.renew()
            async with context.db.read() as session:
                if events:
                    ids = sorted({event.subject_id for event in events})
                    rows = await breaks.by_ids(session, scope, ids)
                else:
                    rows = await breaks.page(session, scope, everything, first=OPEN_MOST)
            if not viewer.standing.is_current:
                return
            if rows or not events:
                yield LoopBreakNews(is_whole=not events, breaks=[LoopBreak(row=row) for row in rows])
