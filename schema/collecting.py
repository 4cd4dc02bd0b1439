"""统一采集: the register of fields, the unified form, and what was collected with it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from db import collecting
from db.vocabulary.collecting import CollectedKind, CollectionPart, FieldValueKind
from resolvers import collecting as reading
from resolvers.measuring import Period
from resolvers.rules.collecting import masked
from schema import connection, filters, ids
from schema.burden import ThePlace, measured_path
from schema.catalogue import Department
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Grid
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

InGrid = Annotated[strawberry.ID, strawberry.argument(description="A grid the caller collects in.")]
OfKind = Annotated[CollectedKind, strawberry.argument(description="Whom or what it describes.")]
AKind = Annotated[CollectedKind | None, strawberry.argument(description="Only of these.")]
APart = Annotated[CollectionPart | None, strawberry.argument(description="Only of this part of the form.")]
ReachedPart = Annotated[CollectionPart | None, strawberry.argument(description="Only what reached this part.")]
Reference = Annotated[
    str, strawberry.argument(description="Which of them: a door, a household's number; at most 60 characters.")
]


@strawberry.type(description="A unit that shares a field another owns.")
class FieldConsumer(Shown):
    row: strawberry.Private[Any]

    part: CollectionPart = own("For which part of the form.")
    reason: str = own("Why it was let.")
    since: datetime = own("Since when.")

    @strawberry.field(description="The unit.")
    async def department(self, info: Ask) -> Department:
        return Department(row=await info.context.loaders.department.load(self.row.department_id))


@strawberry.type(description="采集项: a field of the register, collected once for everybody who needs it.")
class CollectionField(Shown):
    row: strawberry.Private[Any]

    code: str = own("Code, for good.")
    version: int = own("Counts its changes.")
    kind: CollectedKind = own("Whom or what it describes.")
    part: CollectionPart = own("Part of the form it belongs to.")
    name: str = own("Chinese name, as it is asked.")
    definition: str = own("What exactly is meant.")
    value_kind: FieldValueKind = own("What a value looks like.")
    choices: list[str] = own("Of a CHOICE; else empty.")
    refresh_days: int = own("For so many days a value is fresh and need not be asked again.")
    is_personal: bool = own("Whether values are shown masked.")
    is_active: bool = own("Whether it is asked.")

    @strawberry.field(description="The unit that answers for it. It is asked in the unit's division.")
    async def owner(self, info: Ask) -> Department:
        return Department(row=await info.context.loaders.department.load(self.row.owner_id))

    @strawberry.field(description="Units that share it; a handful.")
    async def consumers(self, info: Ask) -> list[FieldConsumer]:
        return [FieldConsumer(row=row) for row in await info.context.loaders.field_consumers.load(self.row.id)]


@strawberry.type(description="A field in a list.")
class CollectionFieldEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: CollectionField = strawberry.field(description="The field.")


@strawberry.type(description="A page of fields.")
class CollectionFieldConnection:
    edges: list[CollectionFieldEdge] = strawberry.field(description="This page, in order of registration.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="A field of a form, with what is known.")
class AskedField:
    asked: strawberry.Private[reading.Asked]

    @strawberry.field(description="The field.")
    def field(self) -> CollectionField:
        return CollectionField(row=self.asked.field)

    @strawberry.field(description="The newest value, masked where the field is personal; null where none is known.")
    def value(self) -> str | None:
        asked = self.asked
        if asked.value is None or not asked.field.is_personal:
            return asked.value
        return masked(asked.field.value_kind, asked.value)

    @strawberry.field(description="When it was found; null where no value is known.")
    def found_at(self) -> datetime | None:
        return self.asked.found_at

    @strawberry.field(description="Whether the value pre-fills: it is new enough not to be asked again.")
    def is_fresh(self) -> bool:
        return self.asked.is_fresh


@strawberry.type(description="基础+业务 总表: the unified form for one person, household or premises.")
class CollectionForm:
    form: strawberry.Private[reading.Form]

    @strawberry.field(description="For collectionReveal; null while nothing was collected.")
    def subject_id(self) -> strawberry.ID | None:
        return None if self.form.subject is None else global_id("CollectionSubject", self.form.subject.id)

    @strawberry.field(description="Every field that is asked there, base part first; short: one form.")
    def fields(self) -> list[AskedField]:
        return [AskedField(asked=asked) for asked in self.form.fields]


@strawberry.type(description="A value that was collected.")
class CollectedValue(Shown):
    row: strawberry.Private[Any]
    field_row: strawberry.Private[Any]

    @strawberry.field(description="The field.")
    def field(self) -> CollectionField:
        return CollectionField(row=self.field_row)

    @strawberry.field(description="As it was told, masked where the field is personal.")
    def value(self) -> str:
        return masked(self.field_row.value_kind, self.row.value) if self.field_row.is_personal else self.row.value


@strawberry.type(description="A unit that a submission reached.")
class CollectionReach(Shown):
    row: strawberry.Private[Any]

    part: CollectionPart = own("For which part of the form.")

    @strawberry.field(description="The unit.")
    async def department(self, info: Ask) -> Department:
        return Department(row=await info.context.loaders.department.load(self.row.department_id))


@strawberry.type(description="采集记录: one form that was handed in.")
class CollectionSubmission(Shown):
    row: strawberry.Private[Any]

    found_at: datetime = own("When it was found, by the phone; never after `at`.")
    at: datetime = own("When it arrived.")
    collected: int = own("Values given.")
    reused: int = own("Fresh values nobody had to be asked for.")
    asked_twice: int = own("Values given although they were fresh, and the same.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("CollectionSubmission", self.row.id)

    @strawberry.field(description="For collectionReveal.")
    def subject_id(self) -> strawberry.ID:
        return global_id("CollectionSubject", self.row.subject_id)

    @strawberry.field(description="Whom or what it describes.")
    async def kind(self, info: Ask) -> CollectedKind:
        return (await info.context.loaders.collection_subject.load(self.row.subject_id)).kind  # type: ignore[no-any-return]

    @strawberry.field(description="Which of them; personal, so null to who does not collect there.")
    async def reference(self, info: Ask) -> str | None:
        if not reading.works_at(info.context.viewer, self.row.grid_id, self.row.path):
            return None
        return str((await info.context.loaders.collection_subject.load(self.row.subject_id)).reference)

    @strawberry.field(description="The grid.")
    async def grid(self, info: Ask) -> Grid:
        return Grid(row=await info.context.loaders.grid.load(self.row.grid_id))

    @strawberry.field(description="Units it reached, each for its part; one submission for all of them.")
    async def reached(self, info: Ask) -> list[CollectionReach]:
        return [CollectionReach(row=row) for row in await info.context.loaders.collection_reach.load(self.row.id)]

    @strawberry.field(
        description="What it said: all of it to who collects there, to a unit of the fields it owns or shares; "
        "short: one form."
    )
    async def values(self, info: Ask) -> list[CollectedValue]:
        loaders = info.context.loaders
        rows = await loaders.collected_values.load(self.row.id)
        fields = {row.id: row for row in await loaders.collection_field.load_many([row.field_id for row in rows])}
        shared = await loaders.field_consumers.load_many(list(fields))
        may = reading.readable_of(info.context.viewer, self.row, fields, dict(zip(fields, shared, strict=True)))
        return [CollectedValue(row=row, field_row=fields[row.field_id]) for row in rows if row.field_id in may]


@strawberry.type(description="A submission in a list.")
class CollectionSubmissionEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: CollectionSubmission = strawberry.field(description="The submission.")


@strawberry.type(description="A page of submissions.")
class CollectionSubmissionConnection:
    edges: list[CollectionSubmissionEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="统一采集 in figures: what was collected, and what nobody had to be asked for.")
class CollectionFigures(Shown):
    row: strawberry.Private[Any]
    first_day: date = strawberry.field(name="from", description="First local day.")
    last_day: date = strawberry.field(name="to", description="Last local day.")

    submissions: int = own("Forms handed in.")
    collected: int = own("Values given.")
    reused: int = own("Fresh values nobody had to be asked for.")
    asked_twice: int = own("Values given although they were fresh, and the same.")

    @strawberry.field(description="Systems touched for one form: everything came through one.")
    def systems_touched(self) -> int:
        return 1


@strawberry.type
class CollectingQuery:
    @strawberry.field(
        description="采集项目录: fields that are collected at a place (everywhere where none is named), in order of "
        "registration. Open to everybody: before asking people for something, look here."
    )
    async def collection_fields(
        self,
        info: Ask,
        division: filters.Of = None,
        kind: AKind = None,
        part: APart = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> CollectionFieldConnection:
        size, last = connection.page_size(first), connection.id_after(after, "field")
        path = await path_of(info, division)
        clauses = [] if path is None else [collecting.asked_at(path)]
        clauses += [column == wanted for column, wanted in collecting.of_words(kind, part) if wanted is not None]
        async with info.context.db.read() as session:
            realm = info.context.viewer.realm
            rows = await collecting.fields_page(session, realm, clauses, first=size + 1, after_id=last)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("field", row.id) for row in page.rows]
        nodes = [CollectionField(row=row) for row in page.rows]
        edges = [CollectionFieldEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        return CollectionFieldConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )

    @strawberry.field(
        description="The form of one person, household or premises, filled in with what is known, for who collects "
        "in the grid: its worker and the workers of its community."
    )
    async def collection_form(self, info: Ask, grid: InGrid, kind: OfKind, reference: Reference) -> CollectionForm:
        context = info.context
        grid_id = ids.number(grid, "Grid") or 0
        found = await reading.form(context.db, context.viewer, context.clock(), grid_id, kind, reference)
        return CollectionForm(form=found)

    @strawberry.field(
        description="采集记录, newest first: of the grids the caller collects in, and those that reached the "
        "caller's unit; null for everybody else."
    )
    async def collection_submissions(
        self, info: Ask, part: ReachedPart = None, first: filters.First = 20, after: filters.After = None
    ) -> CollectionSubmissionConnection | None:
        clause = reading.in_view(info.context.viewer)
        if clause is None:
            return None
        if part is not None:
            clause = clause & collecting.for_part(part)
        size, before = connection.page_size(first), connection.id_after(after, "collected")
        async with info.context.db.read() as session:
            realm = info.context.viewer.realm
            rows = await collecting.submissions_page(session, realm, clause, first=size + 1, before_id=before)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("collected", row.id) for row in page.rows]
        nodes = [CollectionSubmission(row=row) for row in page.rows]
        edges = [CollectionSubmissionEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        return CollectionSubmissionConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )

    @strawberry.field(
        description="统一采集 of a division over local days; null where the viewer may not read figures of it."
    )
    async def collection_figures(
        self, info: Ask, division: ThePlace, from_: filters.From = None, to: filters.To = None
    ) -> CollectionFigures | None:
        path = await measured_path(info, division)
        if path is None:
            return None
        context = info.context
        period = Period.of(from_, to, context.clock())
        start, end = period.moments
        async with context.db.read() as session:
            sums = await collecting.sums(session, context.viewer.realm, path, start, end)
        return CollectionFigures(row=sums, first_day=period.first, last_day=period.last)


async def submission_now(info: Ask, submission_id: int) -> CollectionSubmission:
    info.context.renew()
    async with info.context.db.read() as session:
        return CollectionSubmission(row=await collecting.submission(session, submission_id))
