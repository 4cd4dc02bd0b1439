"""Task permits: the list, the applications behind it with their history, the negative list, and what was refused."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from db import permits, tallies
from db.clock import local_day
from db.vocabulary import GridTask
from db.vocabulary.permits import PermitAction, PermitFrequency, PermitKind, PermitOpinion, PermitState
from resolvers.measuring import Period, Subject, may_measure
from resolvers.refusals import Code
from resolvers.rules import permits as rules
from schema import connection, filters, ids
from schema.catalogue import Department, Matter, department_of
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

REFUSALS_MOST = 200  # groups of refused tasks that one answer names

InState = Annotated[PermitState | None, strawberry.argument(description="Only in this state.")]
At = Annotated[date | None, strawberry.argument(description="Local day they hold on; today where left out.")]
AlsoOver = Annotated[
    bool, strawberry.argument(description="Also those that are over or have not begun; `at` is ignored then.")
]
ThePlace = Annotated[strawberry.ID, strawberry.argument(description="The division.")]


@strawberry.type(description="联审意见: one reviewer of an application.")
class PermitReview(Shown):
    row: strawberry.Private[Any]

    opinion: PermitOpinion | None = own("What it said; null while it has not.")
    reason: str | None = own("Why; null while it has not spoken.")
    at: datetime | None = own("When it spoke; null while it has not.")

    @strawberry.field(description="The department that reviews; null where it is the commander of the division.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="The division whose centre or department reviews.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))


@strawberry.type(description="What was done with an application for a task permit.")
class PermitStep(Shown):
    row: strawberry.Private[Any]

    action: PermitAction = own("What was done.")
    state: PermitState = own("Where the application stood after it.")
    unit_name: str = own("Chinese name of the unit or role it was done for; never a person.")
    note: str | None = own("Opinion or reason; null where none was given.")
    at: datetime = own("When, by the server's clock.")


@strawberry.type(description="准入申请: a department asks that grids be given a matter.")
class PermitApplication(Shown):
    row: strawberry.Private[Any]

    kind: PermitKind = own("Regular, or an emergency that is reviewed afterwards.")
    state: PermitState = own("Where it stands.")
    legal_basis: str = own("Law or document it rests on, in Chinese.")
    frequency: PermitFrequency = own("How often a grid is given it.")
    minutes_per_task: int = own("Estimated minutes of one task; what burden is reckoned with.")
    resources: str = own("人随事走、费随事转: people and money that follow the matter, in Chinese.")
    wanted_from: date = own("First local day wanted.")
    wanted_to: date = own("Last local day wanted.")
    valid_from: date | None = own("First local day admitted; null before admission.")
    valid_to: date | None = own("Last local day admitted; null before admission.")
    applied_at: datetime = own("When it was handed in.")
    reviewed_at: datetime | None = own("When the last reviewer had spoken; null before.")
    review_due_on: date | None = own("Last local day for the review of an emergency; null for a regular one.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("PermitApplication", self.row.id)

    @strawberry.field(description="Number to quote: ZR, place, local day, running number; Y in front in exercises.")
    def number(self) -> str:
        return rules.number_of(self.row)

    @strawberry.field(description="Whether an emergency was not reviewed in time.")
    def is_review_overdue(self, info: Ask) -> bool:
        return _is_review_overdue(self.row, info)

    @strawberry.field(description="The matter it is about.")
    async def matter(self, info: Ask) -> Matter:
        return Matter(row=await info.context.loaders.matter.load(self.row.matter_id))

    @strawberry.field(description="The division whose grids would be given it.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="The department that applies; null for an emergency.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="Tasks it is about; at most as many as there are kinds.")
    def tasks(self) -> list[GridTask]:
        return [GridTask[task] for task in self.row.tasks]

    @strawberry.field(description="Its reviewers, as named when it was handed in; a handful.")
    async def reviews(self, info: Ask) -> list[PermitReview]:
        return [PermitReview(row=row) for row in await info.context.loaders.permit_reviews.load(self.row.id)]

    @strawberry.field(description="What it put on the permit list: one for each task.")
    async def permits(self, info: Ask) -> list[TaskPermit]:
        return [TaskPermit(row=row) for row in await info.context.loaders.permits_of_application.load(self.row.id)]

    @strawberry.field(description="Everything that was done with it, oldest first; a handful.")
    async def history(self, info: Ask) -> list[PermitStep]:
        return [PermitStep(row=row) for row in await info.context.loaders.permit_steps.load(self.row.id)]

    @strawberry.field(description="What may be done with it next, by whom it concerns.")
    def available_actions(self) -> list[PermitAction]:
        return rules.available(self.row)


@strawberry.type(description="准入: grids of a division may be given a task about a matter. Public.")
class TaskPermit(Shown):
    row: strawberry.Private[Any]

    task: GridTask = own("The task.")
    legal_basis: str = own("Law or document it rests on, in Chinese.")
    valid_from: date = own("First local day.")
    valid_to: date = own("Last local day.")
    end_reason: str | None = own("Why it was taken off the list; null where it was not.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("TaskPermit", self.row.id)

    @strawberry.field(description="Estimated minutes of one task; null where nobody has estimated them.")
    def minutes_per_task(self) -> int | None:
        return self.row.minutes_per_task or None

    @strawberry.field(description="Whether it holds on the local day today.")
    def is_in_force(self, info: Ask) -> bool:
        return bool(self.row.valid_from <= local_day(info.context.clock()) <= self.row.valid_to)

    @strawberry.field(description="The matter it is about.")
    async def matter(self, info: Ask) -> Matter:
        return Matter(row=await info.context.loaders.matter.load(self.row.matter_id))

    @strawberry.field(description="The division whose grids may be given it.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="How it came onto the list; an imported one counts as regular.")
    async def kind(self, info: Ask) -> PermitKind:
        facts = await self._facts(info)
        return PermitKind.REGULAR if facts is None else facts.kind

    @strawberry.field(description="Number of its application; null where it was imported.")
    async def application_number(self, info: Ask) -> str | None:
        facts = await self._facts(info)
        return None if facts is None else rules.number_of(facts)

    @strawberry.field(description="The department that applied; null for an emergency or where it was imported.")
    async def department(self, info: Ask) -> Department | None:
        facts = await self._facts(info)
        return None if facts is None else await department_of(info, facts.department_id)

    @strawberry.field(description="Why an emergency was let in; null for others.")
    async def bypass_reason(self, info: Ask) -> str | None:
        facts = await self._facts(info)
        if facts is None or facts.kind is not PermitKind.EMERGENCY:
            return None
        history = await info.context.loaders.permit_steps.load(facts.id)
        return next((step.note for step in history if step.action is PermitAction.BYPASS), None)

    @strawberry.field(description="Whether an emergency was not reviewed in time.")
    async def is_review_overdue(self, info: Ask) -> bool:
        facts = await self._facts(info)
        return facts is not None and _is_review_overdue(facts, info)

    @strawberry.field(description="Its application; null where it was imported or is out of the viewer's scope.")
    async def application(self, info: Ask) -> PermitApplication | None:
        if self.row.application_id is None:
            return None
        row = await info.context.loaders.permit_application.load(self.row.application_id)
        return None if row is None else PermitApplication(row=row)

    async def _facts(self, info: Ask) -> Any | None:
        if self.row.application_id is None:
            return None
        return await info.context.loaders.permit_facts.load(self.row.application_id)


def _is_review_overdue(row: Any, info: Ask) -> bool:
    due = row.review_due_on
    return bool(due is not None and row.reviewed_at is None and due < local_day(info.context.clock()))


@strawberry.type(description="A task permit in a list.")
class TaskPermitEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: TaskPermit = strawberry.field(description="The permit.")


@strawberry.type(description="A page of task permits.")
class TaskPermitConnection:
    edges: list[TaskPermitEdge] = strawberry.field(description="This page, oldest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    clauses: strawberry.Private[Any] = None

    @strawberry.field(description="Exact number of permits that match.")
    async def total_count(self, info: Ask) -> int:
        async with info.context.db.read() as session:
            return await permits.count(session, self.clauses)


@strawberry.type(description="An application for a task permit in a list.")
class PermitApplicationEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: PermitApplication = strawberry.field(description="The application.")


@strawberry.type(description="A page of applications for task permits.")
class PermitApplicationConnection:
    edges: list[PermitApplicationEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    clauses: strawberry.Private[Any] = None

    @strawberry.field(description="Exact number of applications that match and the viewer may read.")
    async def total_count(self, info: Ask) -> int:
        async with info.context.db.read() as session:
            return await permits.count_applications(session, info.context.viewer.scope, self.clauses)


@strawberry.type(description="负面清单: a matter that may never be given to the grids of a division.")
class NegativeMatter(Shown):
    row: strawberry.Private[Any]

    reason: str = own("Why, in Chinese.")

    @strawberry.field(description="The matter.")
    async def matter(self, info: Ask) -> Matter:
        return Matter(row=await info.context.loaders.matter.load(self.row.matter_id))

    @strawberry.field(description="The division whose list it stands on; it holds for everything below.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))


@strawberry.type(description="Tasks that were not given to grids for lack of a permit.")
class PermitRefusalCount(Shown):
    row: strawberry.Private[Any]

    last_at: datetime = own("When the last of them was refused.")

    @strawberry.field(description="How many tasks were refused in the period.")
    def count(self) -> int:
        return int(self.row.number)

    @strawberry.field(
        description="Department it was wanted for: responsible for the case, else the applicant; null for neither."
    )
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="Division whose centre asked.")
    async def asked_by(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.asked_by))

    @strawberry.field(description="The matter without a permit.")
    async def matter(self, info: Ask) -> Matter:
        return Matter(row=await info.context.loaders.matter.load(self.row.matter_id))


@strawberry.type
class PermitQuery:
    @strawberry.field(description="准入清单: what grids of a place may be given, in force on a day.")
    async def task_permits(
        self,
        info: Ask,
        division: filters.Of = None,
        matter: filters.OneMatter = None,
        at: At = None,
        also_over: AlsoOver = False,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> TaskPermitConnection:
        """Of a division: those that hold there, given for it or for a division above."""
        clauses = [permits.listed(info.context.viewer.realm)]
        if division is not None:
            clauses.append(permits.holding_in(tallies.ancestors(await path_of(info, division) or "")))
        if matter is not None:
            clauses.append(permits.about(int(await filters.matter_key(matter))))
        if not also_over:
            clauses.append(permits.valid_on(at or local_day(info.context.clock())))
        size = connection.page_size(first)
        async with info.context.db.read() as session:
            last = connection.id_after(after, "permit")
            page = connection.Slice.of(await permits.page(session, clauses, first=size + 1, after_id=last), size)
        cursors = [connection.cursor("permit", row.id) for row in page.rows]
        edges = [
            TaskPermitEdge(cursor=c, node=TaskPermit(row=row)) for c, row in zip(cursors, page.rows, strict=True)
        ]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return TaskPermitConnection(edges=edges, page_info=page_info, clauses=clauses)

    @strawberry.field(description="准入申请: applications the viewer may read, newest first.")
    async def permit_applications(
        self,
        info: Ask,
        division: filters.Of = None,
        state: InState = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> PermitApplicationConnection:
        clauses = permits.applications_where(path=await path_of(info, division), state=state)
        size = connection.page_size(first)
        before = connection.id_after(after, "application")
        scope = info.context.viewer.scope
        async with info.context.db.read() as session:
            rows = await permits.applications_page(session, scope, clauses, first=size + 1, before_id=before)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("application", row.id) for row in page.rows]
        nodes = [PermitApplication(row=row) for row in page.rows]
        edges = [PermitApplicationEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return PermitApplicationConnection(edges=edges, page_info=page_info, clauses=clauses)

    @strawberry.field(description="One application by id; null for what is not there or out of scope.")
    async def permit_application(
        self, info: Ask, id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")]
    ) -> PermitApplication | None:
        number = ids.number(id, "PermitApplication")
        row = None if number is None else await info.context.loaders.permit_application.load(number)
        return None if row is None else PermitApplication(row=row)

    @strawberry.field(description="负面清单 of a place: its own and those of divisions above; at most 100.")
    async def negative_matters(self, info: Ask, division: ThePlace) -> list[NegativeMatter]:
        codes = tallies.ancestors(await path_of(info, division) or "")
        async with info.context.db.read() as session:
            rows = await permits.negative_page(session, codes, first=100)
        return [NegativeMatter(row=row) for row in rows]

    @strawberry.field(
        description="Grid tasks refused for lack of a permit, by department, asking centre and matter; the most "
        "refused first, at most 200 groups. Null where the viewer may not read figures of the division."
    )
    async def permit_refusals(
        self, info: Ask, division: ThePlace, from_: filters.From = None, to: filters.To = None
    ) -> list[PermitRefusalCount] | None:
        path = await path_of(info, division) or ""
        period = Period.of(from_, to, info.context.clock())
        viewer = info.context.viewer
        if not may_measure(viewer.scope, Subject(tallies.DIVISION, tallies.ancestors(path)[-1], path)):
            return None
        async with info.context.db.read() as session:
            rows = await permits.refusal_counts(
                session, viewer.realm, path, Code.NOT_PERMITTED, period.first, period.last, REFUSALS_MOST
            )
        return [PermitRefusalCount(row=row) for row in rows]
