"""Where a query may begin."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import cases, catalogue, journal, places, tallies
from db.cases import parse_number
from db.scope import Scope, ScopeKind
from db.vocabulary import DivisionLevel, GridKind, MatterDomain, Realm, Role, Setting
from resolvers.following import Follower, View
from resolvers.measuring import Subject
from resolvers.refusals import Code, Refusal
from resolvers.rules import access
from schema import connection, filters, ids
from schema.cases import Case, CaseConnection, WorkOrder, case_connection
from schema.catalogue import Department, Matter, ServiceProvider
from schema.connection import PageInfo
from schema.context import Ask, Context
from schema.events import CaseEventPage, event_page
from schema.ids import Node
from schema.loaders import CasePage
from schema.metrics import Metrics
from schema.places import Division, Grid, GridConnection, figures_of, grid_page
from schema.scalars import EventCursor, PageCursor

NODES_MAX = 100


@strawberry.type(description="A division in a list.")
class DivisionEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Division = strawberry.field(description="The division.")


@strawberry.type(description="A page of divisions.")
class DivisionConnection:
    edges: list[DivisionEdge] = strawberry.field(description="This page, in order of code.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    clauses: strawberry.Private[Any] = None

    @strawberry.field(description="Exact number of divisions that match.")
    async def total_count(self, info: Ask) -> int:
        async with info.context.db.read() as session:
            return await places.count_divisions(session, self.clauses)


@strawberry.type(description="A matter in a list.")
class MatterEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Matter = strawberry.field(description="The matter.")


@strawberry.type(description="A page of matters.")
class MatterConnection:
    edges: list[MatterEdge] = strawberry.field(description="This page, in order of import.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="A department in a list.")
class DepartmentEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Department = strawberry.field(description="The department.")


@strawberry.type(description="A page of departments.")
class DepartmentConnection:
    edges: list[DepartmentEdge] = strawberry.field(description="This page, in order of import.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="A service provider in a list.")
class ServiceProviderEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: ServiceProvider = strawberry.field(description="The service provider.")


@strawberry.type(description="A page of service providers.")
class ServiceProviderConnection:
    edges: list[ServiceProviderEdge] = strawberry.field(description="This page, in order of import.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="A role held at a scope.")
class ViewerGrant:
    role: Role = strawberry.field(description="The role.")
    scope: str = strawberry.field(
        description="Kind of scope: DIVISION, GRID, DEPARTMENT, SERVICE_PROVIDER, SELF, ..."
    )


@strawberry.type(description="Who is calling.")
class Viewer:
    name: str = strawberry.field(description="What is shown beside their actions.")
    realm: Realm = strawberry.field(description="The realm everything they see belongs to.")
    roles: list[Role] = strawberry.field(description="Roles held.")
    grants: list[ViewerGrant] = strawberry.field(description="Roles with their scopes.")
    language: str = strawberry.field(description="Language of messages: zh or en.")
    expires_at: datetime | None = strawberry.field(description="When the token ends; null where unknown.")
    server_time: datetime = strawberry.field(description="The server's clock now.")

    @strawberry.field(description="The division the viewer's own screens open on; null where they hold none.")
    async def division(self, info: Ask) -> Division | None:
        path = home_path(info.context)
        if path is None:
            return None
        return Division(row=await info.context.loaders.division.load(tallies.ancestors(path)[-1]))


ById = Annotated[strawberry.ID | None, strawberry.argument(description="Global id; or give the other one.")]
ByCode = Annotated[str | None, strawberry.argument(description="Code; or give the id.")]
ByNumber = Annotated[str | None, strawberry.argument(description="Number people quote; or give the id.")]
AboutDivision = Annotated[strawberry.ID | None, strawberry.argument(description="Figures of this division.")]
AboutGrid = Annotated[strawberry.ID | None, strawberry.argument(description="Figures of this grid.")]
AboutDepartment = Annotated[strawberry.ID | None, strawberry.argument(description="Figures of this department.")]
AboutProvider = Annotated[strawberry.ID | None, strawberry.argument(description="Figures of this service provider.")]
AfterEvent = Annotated[EventCursor, strawberry.argument(description="Position to go on from.")]
OneId = Annotated[strawberry.ID, strawberry.argument(description="Global id.")]
SomeIds = Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")]
AtLevel = Annotated[DivisionLevel | None, strawberry.argument(description="Only of this level.")]
OfKind = Annotated[GridKind | None, strawberry.argument(description="Only of this kind.")]
InSetting = Annotated[Setting | None, strawberry.argument(description="Only urban or only rural ones.")]
InDomain = Annotated[MatterDomain | None, strawberry.argument(description="Only of this domain.")]


def home_path(context: Context) -> str | None:
    """The widest division the viewer holds a role over."""
    held = [grant.value for grant in context.viewer.grants if grant.kind is ScopeKind.DIVISION]
    return min(held, key=lambda path: (len(path), path)) if held else None


@strawberry.type(description="Everything that can be asked.")
class Query:
    @strawberry.field(description="Who is calling, and what they may see.")
    def viewer(self, info: Ask) -> Viewer:
        viewer = info.context.viewer
        return Viewer(
            name=viewer.name,
            realm=viewer.realm,
            roles=sorted(viewer.roles),
            grants=[ViewerGrant(role=grant.role, scope=grant.kind) for grant in sorted(viewer.grants)],
            language=viewer.language,
            expires_at=viewer.expires_at,
            server_time=info.context.clock(),
        )

    @strawberry.field(description="Anything by its global id; null for what is not there or out of scope.")
    async def node(self, info: Ask, id: OneId) -> Node | None:
        return await find_node(info, id)

    @strawberry.field(
        description="Several by global id, in their order, null for each that is not there; at most 100."
    )
    async def nodes(self, info: Ask, ids: SomeIds) -> list[Node | None]:
        if len(ids) > NODES_MAX:
            raise Refusal(Code.BAD_USER_INPUT, detail=f"ids: expected at most {NODES_MAX}; came {len(ids)}")
        return list(await asyncio.gather(*(find_node(info, one) for one in ids)))

    @strawberry.field(description="One division by id or by code.")
    async def division(self, info: Ask, id: ById = None, code: ByCode = None) -> Division | None:
        wanted = code if id is None else ids.code(id, "Division")
        _one_of("id", id, "code", code)
        row = None if wanted is None else await info.context.loaders.division.load(wanted)
        return None if row is None else Division(row=row)

    @strawberry.field(description="Divisions in order of code.")
    async def divisions(
        self,
        info: Ask,
        level: AtLevel = None,
        under: filters.Of = None,
        text: filters.Text = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> DivisionConnection:
        size = connection.page_size(first)
        last = connection.code_after(after, "division")
        path = await path_of(info, under)
        clauses = places.divisions_where(level=level, path=path, text=filters.words(text))
        async with info.context.db.read() as session:
            rows = await places.divisions_page(session, clauses, first=size + 1, after_code=last)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("division", row.code) for row in page.rows]
        edges = [DivisionEdge(cursor=c, node=Division(row=row)) for c, row in zip(cursors, page.rows, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return DivisionConnection(edges=edges, page_info=page_info, clauses=clauses)

    @strawberry.field(description="One grid by id or by code.")
    async def grid(self, info: Ask, id: ById = None, code: ByCode = None) -> Grid | None:
        _one_of("id", id, "code", code)
        if id is not None:
            number = ids.number(id, "Grid")
            row = None if number is None else await info.context.loaders.grid.load(number)
        else:
            async with info.context.db.read() as session:
                row = await places.grid_by_code(session, code or "")
        return None if row is None else Grid(row=row)

    @strawberry.field(description="Active grids in order of import.")
    async def grids(
        self,
        info: Ask,
        division: filters.Of = None,
        kind: OfKind = None,
        setting: InSetting = None,
        text: filters.Text = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> GridConnection:
        path = await path_of(info, division)
        clauses = places.grids_where(path=path, kind=kind, setting=setting, text=filters.words(text))
        return await grid_page(info, clauses, first=first, after=after)

    @strawberry.field(description="One case by id or by number; null for what is not there or out of scope.")
    async def case(self, info: Ask, id: ById = None, number: ByNumber = None) -> Case | None:
        _one_of("id", id, "number", number)
        if id is not None:
            wanted = ids.number(id, "Case")
        else:
            parsed = parse_number(number or "")
            wanted = None if parsed is None else parsed[1]
        row = None if wanted is None else await info.context.loaders.case.load(wanted)
        if row is None or (number is not None and cases.number_of(row) != number):
            return None
        return Case(row=row)

    @strawberry.field(description="Cases the viewer may see, newest first.")
    async def cases(
        self,
        info: Ask,
        filter: filters.ListFilter = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> CaseConnection:
        return await list_cases(info, info.context.viewer.scope, filter, first, after)

    @strawberry.field(description="Matters in order of import.")
    async def matters(
        self,
        info: Ask,
        domain: InDomain = None,
        text: filters.Text = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> MatterConnection:
        clauses = catalogue.matters_where(domain=domain, text=filters.words(text))
        page, cursors, page_info = await _catalogue_page(info, catalogue.matters, clauses, first, after, "matter")
        edges = [MatterEdge(cursor=c, node=Matter(row=row)) for c, row in zip(cursors, page, strict=True)]
        return MatterConnection(edges=edges, page_info=page_info)

    @strawberry.field(description="Departments of a division and below, in order of import.")
    async def departments(
        self, info: Ask, division: filters.Of = None, first: filters.First = 20, after: filters.After = None
    ) -> DepartmentConnection:
        table = catalogue.departments
        clauses = catalogue.units_where(table, await path_of(info, division))
        page, cursors, page_info = await _catalogue_page(info, table, clauses, first, after, "department")
        edges = [DepartmentEdge(cursor=c, node=Department(row=row)) for c, row in zip(cursors, page, strict=True)]
        return DepartmentConnection(edges=edges, page_info=page_info)

    @strawberry.field(description="Service providers of a division and below, in order of import.")
    async def service_providers(
        self, info: Ask, division: filters.Of = None, first: filters.First = 20, after: filters.After = None
    ) -> ServiceProviderConnection:
        table = catalogue.service_providers
        clauses = catalogue.units_where(table, await path_of(info, division))
        page, cursors, page_info = await _catalogue_page(info, table, clauses, first, after, "provider")
        nodes = [ServiceProvider(row=row) for row in page]
        edges = [ServiceProviderEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        return ServiceProviderConnection(edges=edges, page_info=page_info)

    @strawberry.field(
        description="Figures of one subject: a division (the viewer's own where nothing is named), a division and a "
        "matter, a grid, a department or a service provider; null where the viewer may not read them."
    )
    async def metrics(
        self,
        info: Ask,
        division: AboutDivision = None,
        grid: AboutGrid = None,
        matter: filters.OneMatter = None,
        department: AboutDepartment = None,
        service_provider: AboutProvider = None,
        from_: filters.From = None,
        to: filters.To = None,
    ) -> Metrics | None:
        units = {"grid": grid, "department": department, "serviceProvider": service_provider, "division": division}
        named = [name for name, value in units.items() if value is not None]
        if len(named) > 1 or (matter is not None and named not in ([], ["division"])):
            raise Refusal(Code.BAD_USER_INPUT, detail=f"expected one subject; came {', '.join(named)}")
        if grid is not None or department is not None or service_provider is not None:
            subject = await _unit_subject(info, grid, department, service_provider)
            return None if subject is None else await figures_of(info, subject, from_, to)
        path = await path_of(info, division) if division is not None else home_path(info.context)
        if path is None:
            return None
        row = await info.context.loaders.division.load(tallies.ancestors(path)[-1])
        subject = Subject(tallies.DIVISION, row.code, row.path, await filters.matter_key(matter))
        return await figures_of(info, subject, from_, to, division=Division(row=row))

    @strawberry.field(
        description="The stream by polling: events of this view after a cursor. "
        "A cursor that is too old answers with one RESYNC_REQUIRED event."
    )
    async def case_events(
        self, info: Ask, after: AfterEvent, first: filters.First = 20, filter: filters.StreamFilter = None
    ) -> CaseEventPage:
        size = connection.page_size(first)
        narrowed = await filters.case_filter(info.context.db, filter)
        context = info.context
        follower = Follower(context.db, context.feed, View(context.viewer.scope, narrowed), context.clock)
        return event_page(await follower.page(after, size))


async def list_cases(
    info: Ask, scope: Scope, filter: filters.CaseFilter | None, first: int, after: PageCursor | None
) -> CaseConnection:
    """Cases of a scope that is the viewer's or a part of it, newest first."""
    size = connection.page_size(first)
    before_id = connection.id_after(after, "case")
    narrowed = await filters.case_list_filter(info, filter)
    context, now = info.context, info.context.clock()
    async with context.db.snapshot() as session:
        seq = (await journal.position(session)).seq
        rows = await cases.page(session, scope, narrowed, now, first=size + 1, before_id=before_id)

    async def count() -> int:
        async with context.db.read() as session:
            return await cases.count(session, scope, narrowed, now)

    context.list_seq = seq if context.list_seq is None else min(context.list_seq, seq)
    cursor = filters.event_cursor_at(info, seq)
    return case_connection(info, CasePage(rows, seq), size, after, cursor, count)


async def find_node(info: Ask, id_: str) -> Node | None:
    kind, _ = ids.parse(id_)
    loaders = info.context.loaders
    if kind == "Division":
        row = await loaders.division.load(ids.code(id_, kind) or "")
        return None if row is None else Division(row=row)
    by_number: dict[str, tuple[Any, type[Any]]] = {
        "Grid": (loaders.grid, Grid),
        "Matter": (loaders.matter, Matter),
        "Department": (loaders.department, Department),
        "ServiceProvider": (loaders.service_provider, ServiceProvider),
        "Case": (loaders.case, Case),
    }
    number = ids.number(id_, kind)
    if number is None:
        return None
    if kind == "WorkOrder":
        return await _work_order(info, number)
    if kind not in by_number:
        return None
    loader, noun = by_number[kind]
    row = await loader.load(number)
    return None if row is None else noun(row=row)


async def _work_order(info: Ask, number: int) -> WorkOrder | None:
    row = await info.context.loaders.work_order.load(number)
    case = None if row is None else await info.context.loaders.case.load(row.case_id)
    if case is None or not access.may_see_order(info.context.viewer.scope, row, cases.columns_of(case)):
        return None
    return WorkOrder(row=row)


async def path_of(info: Ask, division: strawberry.ID | None) -> str | None:
    """Path of a division named as an argument; None where none is named, NOT_FOUND where it is not there."""
    if division is None:
        return None
    row = await info.context.loaders.division.load(ids.code(division, "Division") or "")
    if row is None:
        raise Refusal(Code.NOT_FOUND, what="division")
    return str(row.path)


async def _unit_subject(
    info: Ask, grid: strawberry.ID | None, department: strawberry.ID | None, provider: strawberry.ID | None
) -> Subject | None:
    loaders = info.context.loaders
    for given, kind, loader, dimension in (
        (grid, "Grid", loaders.grid, tallies.GRID),
        (department, "Department", loaders.department, tallies.DEPARTMENT),
        (provider, "ServiceProvider", loaders.service_provider, tallies.PROVIDER),
    ):
        if given is not None:
            number = ids.number(given, kind)
            row = None if number is None else await loader.load(number)
            return None if row is None else Subject(dimension, str(row.id), row.path)
    return None


async def _catalogue_page(
    info: Ask, table: Any, clauses: Any, first: int, after: str | None, kind: str
) -> tuple[list[Any], list[PageCursor], PageInfo]:
    size = connection.page_size(first)
    last = connection.id_after(after, kind)
    async with info.context.db.read() as session:
        rows = await catalogue.page(session, table, clauses, first=size + 1, after_id=last)
    page = connection.Slice.of(rows, size)
    cursors = [connection.cursor(kind, row.id) for row in page.rows]
    return list(page.rows), cursors, connection.page_info(cursors, has_next=page.has_next, after=after)


def _one_of(first: str, a: object, second: str, b: object) -> None:
    if (a is None) == (b is None):
        raise Refusal(Code.BAD_USER_INPUT, detail=f"expected either {first} or {second}")
