"""The nouns that point at each other: places, catalogue, the case, what hangs on it.

Every noun wraps a row and shows its columns by name; what needs another table goes through a loader.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import strawberry

from db import cases, places, tallies
from db.cases import CaseRow
from db.scope import Masking
from db.vocabulary import (
    CaseAction,
    CaseKind,
    CaseOutcome,
    CaseSource,
    CaseStage,
    CaseState,
    Channel,
    CheckResult,
    CodeScheme,
    DivisionLevel,
    EvidenceKind,
    GridKind,
    LimitUnit,
    MatterClass,
    MatterDomain,
    OutsourceReason,
    PlainStage,
    PopulationBand,
    Priority,
    Realm,
    Role,
    ServiceProviderKind,
    Setting,
    ShareRight,
    VerificationResult,
    WorkOrderState,
)
from db.vocabulary.grid_facts import GridProgramme
from resolvers.measuring import Period, Subject
from resolvers.rules import access, clocks, orders
from resolvers.rules.coordinates import to_gcj02
from schema import connection, filters
from schema.answered import AnsweredCase
from schema.case_clocks import CaseClock, shown_clocks
from schema.connection import PageInfo
from schema.context import Ask
from schema.decisions import DecidedCase
from schema.enums import Crs
from schema.facts_of_grid import FactsOfGrid
from schema.facts_of_order import FactsOfOrder
from schema.facts_of_provider import FactsOfProvider
from schema.ids import global_id
from schema.loaders import CasePage, CasePageKey, FiguresKey
from schema.metrics import Metrics
from schema.offered import offered
from schema.policing import PolicedCase
from schema.scalars import EventCursor, PageCursor
from schema.shown import Shown, hides_person, hides_words, is_below_event, is_in_view, own
from schema.sideways import SidewaysCase

if TYPE_CHECKING:
    from schema.breaks import LoopBreak
    from schema.expediting import ExpediteOrder
    from schema.hops import LevelPath


@strawberry.interface(description="Anything with a global id.")
class Node:
    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        raise NotImplementedError


@strawberry.type(description="A point on the map, in degrees.")
class Point:
    longitude: float = strawberry.field(description="Degrees east.")
    latitude: float = strawberry.field(description="Degrees north.")
    crs: Crs = strawberry.field(description="Which coordinates these are.")


def point_of(longitude: float | None, latitude: float | None, crs: Crs) -> Point | None:
    if longitude is None or latitude is None:
        return None
    if crs is Crs.GCJ02:
        longitude, latitude = to_gcj02(longitude, latitude)
    return Point(longitude=longitude, latitude=latitude, crs=crs)


@strawberry.type(description="行政区划: province, prefecture, county, township or community; a tree of codes.")
class Division(Shown, Node):
    row: strawberry.Private[places.DivisionRow]

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Division", self.row.code)

    code: str = own("Statistical division code: 2, 4, 6, 9 or 12 digits.")
    name: str = own("Chinese name.")
    level: DivisionLevel = own("Level in the tree.")

    @strawberry.field(description="Names from the prefecture down, as people write an address.")
    async def full_name(self, info: Ask) -> str:
        above = await info.context.loaders.division.load_many(tallies.ancestors(self.row.path))
        names = [row.name for row in above if row is not None]
        return "".join(names[1:]) or names[0]

    @strawberry.field(description="A point inside; null where none is known.")
    def point(self, crs: filters.InCrs = Crs.WGS84) -> Point | None:
        return point_of(self.row.longitude, self.row.latitude, crs)

    @strawberry.field(description="The division above; null for the province.")
    async def parent(self, info: Ask) -> Division | None:
        if self.row.parent_code is None:
            return None
        return Division(row=await info.context.loaders.division.load(self.row.parent_code))

    @strawberry.field(description="All divisions above, from the province down; at most four.")
    async def ancestors(self, info: Ask) -> list[Division]:
        codes = tallies.ancestors(self.row.path)[:-1]
        return [Division(row=row) for row in await info.context.loaders.division.load_many(codes)]

    @strawberry.field(description="Divisions directly below, in order of code; unpaged, at most some 50.")
    async def children(self, info: Ask) -> list[Division]:
        return [Division(row=row) for row in await info.context.loaders.children.load(self.row.code)]

    @strawberry.field(description="Active grids at any depth below, in order of import.")
    async def grids(self, info: Ask, first: filters.First = 20, after: filters.After = None) -> GridConnection:
        return await grid_page(
            info, places.grids_where(path=self.row.path, kind=None, setting=None, text=None), first=first, after=after
        )

    @strawberry.field(description="How many active grids lie below, at any depth.")
    async def grid_count(self, info: Ask) -> int:
        return int(await info.context.loaders.grid_count.load(self.row.path))

    @strawberry.field(
        description="Cases of this division and everything below that the viewer may see, newest first."
    )
    async def cases(
        self,
        info: Ask,
        first: filters.First = 20,
        after: filters.After = None,
        filter: filters.ListFilter = None,
    ) -> CaseConnection:
        return await nested_cases(info, "division", self.row.path, first, after, filter)

    @strawberry.field(description="Figures of this division; null where the viewer may not read them.")
    async def metrics(
        self,
        info: Ask,
        from_: filters.From = None,
        to: filters.To = None,
        matter: filters.OneMatter = None,
    ) -> Metrics | None:
        matter_key = await filters.matter_key(matter)
        subject = Subject(tallies.DIVISION, self.row.code, self.row.path, matter_key)
        return await figures_of(info, subject, from_, to, division=self)


async def figures_of(
    info: Ask, subject: Subject, from_: date | None, to: date | None, division: Division | None = None
) -> Metrics | None:
    period = Period.of(from_, to, info.context.clock())
    found = await info.context.loaders.figures.load(FiguresKey(subject, period))
    return None if found is None else Metrics(figures=found, about=division)


@strawberry.type(description="网格: the smallest governed area; belongs to exactly one community.")
class Grid(FactsOfGrid, Shown, Node):
    row: strawberry.Private[places.GridRow]

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Grid", self.row.id)

    code: str = own("Code within its scheme; 15 digits by default.")
    code_scheme: CodeScheme = own("Which scheme the code follows.")
    kind: GridKind = own("Basic or dedicated.")
    setting: Setting = own("Urban or rural.")
    name: str = own("Chinese name, within its community.")
    population_band: PopulationBand | None = own("Residents, as a band; null where unknown.")
    is_active: bool = own("Whether the grid is in use.")

    @strawberry.field(description="A point inside the grid; null where none is known.")
    def point(self, crs: filters.InCrs = Crs.WGS84) -> Point | None:
        return point_of(self.row.longitude, self.row.latitude, crs)

    @strawberry.field(description="Outline as the text of a GeoJSON geometry, WGS-84; null where none was imported.")
    def polygon(self) -> str | None:
        return None if self.row.polygon is None else orjson.dumps(self.row.polygon).decode()

    @strawberry.field(description="The community the grid belongs to.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.community_code))

    @strawberry.field(description="Cases of this grid that the viewer may see, newest first.")
    async def cases(
        self,
        info: Ask,
        first: filters.First = 20,
        after: filters.After = None,
        filter: filters.ListFilter = None,
    ) -> CaseConnection:
        return await nested_cases(info, "grid", str(self.row.id), first, after, filter)

    @strawberry.field(description="Figures of this grid; null where the viewer may not read them.")
    async def metrics(self, info: Ask, from_: filters.From = None, to: filters.To = None) -> Metrics | None:
        return await figures_of(info, Subject(tallies.GRID, str(self.row.id), self.row.path), from_, to)


@strawberry.type(description="A grid in a list.")
class GridEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Grid = strawberry.field(description="The grid.")


@strawberry.type(description="A page of grids.")
class GridConnection:
    edges: list[GridEdge] = strawberry.field(description="This page, in order of import.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    clauses: strawberry.Private[Any] = None

    @strawberry.field(description="Exact number of grids that match.")
    async def total_count(self, info: Ask) -> int:
        async with info.context.db.read() as session:
            return await places.count_grids(session, self.clauses)


async def grid_page(info: Ask, clauses: Any, *, first: int, after: str | None) -> GridConnection:
    size = connection.page_size(first)
    last = connection.id_after(after, "grid")
    async with info.context.db.read() as session:
        page = connection.Slice.of(await places.grids_page(session, clauses, first=size + 1, after_id=last), size)
    cursors = [connection.cursor("grid", row.id) for row in page.rows]
    edges = [GridEdge(cursor=c, node=Grid(row=row)) for c, row in zip(cursors, page.rows, strict=True)]
    info_ = connection.page_info(cursors, has_next=page.has_next, after=after)
    return GridConnection(edges=edges, page_info=info_, clauses=clauses)


@strawberry.type(description="事项: the kind of business a case is about, with its standard.")
class Matter(Shown, Node):
    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Matter", self.row.id)

    code: str = own("Short code, unique.")
    name: str = own("Chinese name.")
    domain: MatterDomain = own("Domain of governance.")
    class_kind: MatterClass = own("Component or event.")
    major_code: str = own("Major category, 2 digits.")
    major_name: str = own("Chinese name of the major category.")
    minor_code: str = own("Minor category, 2 or 3 digits.")
    is_extension: bool = own("Whether the minor category is a local extension.")
    kind: CaseKind = own("Kind a case of this matter usually has.")
    priority: Priority = own("Priority a case of this matter starts with.")
    standard: str = own("What counts as handled, in Chinese.")
    limit_value: int = own("Time limit for handling, in `limitUnit`.")
    limit_unit: LimitUnit = own("Unit of the time limit.")
    needs_after_photo: bool = own("Whether a photo after handling is required.")
    needs_visit: bool = own("Whether somebody has to go there before it is closed.")
    is_delegable: bool = own("Whether it may be outsourced; penalties, licences and rulings may not.")


@strawberry.type(description="责任部门: a government unit responsible for cases.")
class Department(Shown, Node):
    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Department", self.row.id)

    code: str = own("Code, unique.")
    name: str = own("Chinese name.")

    @strawberry.field(description="The division it belongs to; it may be given cases from there and below.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(
        description="Figures of cases it is responsible for now; null where the viewer may not read them."
    )
    async def metrics(self, info: Ask, from_: filters.From = None, to: filters.To = None) -> Metrics | None:
        return await figures_of(info, Subject(tallies.DEPARTMENT, str(self.row.id), self.row.path), from_, to)


@strawberry.type(description="服务商: an outside organisation that does outsourced routine tasks.")
class ServiceProvider(FactsOfProvider, Shown, Node):
    row: strawberry.Private[Any]

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("ServiceProvider", self.row.id)

    code: str = own("Code, unique.")
    name: str = own("Chinese name.")
    kind: ServiceProviderKind = own("Kind of organisation.")
    is_active: bool = own("Whether new work orders may be offered to it.")

    @strawberry.field(description="The division it works in.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="Figures of cases it has work orders of; null where the viewer may not read them.")
    async def metrics(self, info: Ask, from_: filters.From = None, to: filters.To = None) -> Metrics | None:
        return await figures_of(info, Subject(tallies.PROVIDER, str(self.row.id), self.row.path), from_, to)


@strawberry.type(description="Who handed a case in. Names and numbers are masked; full ones by caseRevealContact.")
class Submitter:
    role: Role = strawberry.field(description="In which role it was handed in.")
    name: str | None = strawberry.field(
        description="Masked name, e.g. 张**; null on events and where nothing personal is shown."
    )
    phone: str | None = strawberry.field(description="Masked number, e.g. 138****0000; null like the name.")


OnlyRunning = Annotated[
    bool, strawberry.argument(description="Whether only clocks that have not stopped are answered.")
]


@strawberry.type(description="办理记录: what one action left in the case's history.")
class Step(Shown):
    row: strawberry.Private[Any]
    hides_notes: strawberry.Private[bool] = False

    version: int = own("The case's version by this action.")
    action: CaseAction = own("What was done.")
    from_state: CaseState | None = own("State before; null for the submission.")
    to_state: CaseState = own("State after.")
    actor_role: Role = own("Role it was done in.")
    at: datetime = own("When, by the server's clock.")

    @strawberry.field(
        description="Internal note; null for submitters, service providers, walls and analysts, and on events."
    )
    def note(self) -> str | None:
        return None if self.hides_notes else self.row.note

    @strawberry.field(description="The department the action names; null where it names none.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="The work order it belongs to; null where there is none.")
    def work_order_id(self) -> strawberry.ID | None:
        return None if self.row.work_order_id is None else global_id("WorkOrder", self.row.work_order_id)


@strawberry.type(description="处理意见: the handling unit's finding and decision.")
class Disposition(Shown):
    row: strawberry.Private[Any]
    hides_words: strawberry.Private[bool] = False

    round: int = own("Round of the case it belongs to; 1 until reopened.")
    unit_name: str = own("Chinese name of the unit or role that decided.")
    basis: str | None = own("Basis of the decision; null where none was named.")
    outcome: CaseOutcome | None = own("Outcome it states.")
    share_right: ShareRight | None = own("Right of the assisting unit that gave it; null of the case's own unit.")
    at: datetime = own("When it was given.")

    @strawberry.field(description="The department that decided; null where it was a centre or a worker.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="The decision; null on events and where nothing personal is shown.")
    def text(self) -> str | None:
        return None if self.hides_words else self.row.text


@strawberry.type(description="回应: what the submitter was told.")
class Response(Shown):
    row: strawberry.Private[Any]
    hides_words: strawberry.Private[bool] = False
    names: strawberry.Private[tuple[str | None, ...] | None] = None  # to be taken out, with all long numbers

    round: int = own("Round of the case it belongs to.")
    channel: Channel = own("How it was delivered; before that, how it set out.")
    actor_role: Role = own("Role of who answered.")
    at: datetime = own("When it was written.")
    delivered_at: datetime | None = own("When it reached the submitter; null while it has not.")
    undeliverable_at: datetime | None = own("When the last channel failed, by report; null unless every one has.")

    @strawberry.field(
        description="The words, to followers without numbers and the submitter's name; null on events and where "
        "nothing personal is shown."
    )
    def text(self) -> str | None:
        if self.hides_words:
            return None
        return self.row.text if self.names is None else access.redacted(self.row.text, self.names)


@strawberry.type(description="A photo of a case.")
class Evidence(Shown):
    row: strawberry.Private[Any]

    @strawberry.field(description="The photo's id, as POST /files gave it.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.row.id)

    kind: EvidenceKind = own("Before or after handling.")
    media_type: str = own("image/jpeg or image/png.")
    size_bytes: int = own("Size in bytes.")
    width: int = own("Pixels.")
    height: int = own("Pixels.")
    created_at: datetime = own("When it was uploaded.")

    @strawberry.field(description="Path to fetch it from, with the same bearer token.")
    def url(self) -> str:
        return f"/files/{self.row.id}"


@strawberry.type(description="委托任务单: a task given to a service provider for a case.")
class WorkOrder(FactsOfOrder, Shown, Node):
    row: strawberry.Private[Any]
    case_row: strawberry.Private[CaseRow] = None

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("WorkOrder", self.row.id)

    version: int = own("Rises by one with every change of the order.")
    state: WorkOrderState = own("Where it stands.")
    round: int = own("Rises with each rejected result.")
    task: str = own("What is to be done.")
    reason: OutsourceReason = own("Why it was outsourced.")
    due_at: datetime | None = own("When the result is wanted; null where none was set.")
    offered_at: datetime = own("When it was offered.")
    accepted_at: datetime | None = own("When the service provider accepted; null before.")
    submitted_at: datetime | None = own("When the last result was submitted; null before.")
    done_at: datetime | None = own("When it ended; null while it is open.")
    clause: str | None = own("Clause of the standard the last rejected result failed.")
    flagged_at: datetime | None = own("When an update of the provider's system last did not fit; null for never.")

    @strawberry.field(description="The last result, in the service provider's words; null like `note`.")
    def result(self, info: Ask) -> str | None:
        return None if self._hides_words(info) else self.row.result

    @strawberry.field(
        description="Reason of the last decline, rejection or cancellation; null on events, walls and for analysts."
    )
    def note(self, info: Ask) -> str | None:
        return None if self._hides_words(info) else self.row.note

    def _hides_words(self, info: Ask) -> bool:
        return is_below_event(info) or access.is_onlooker(info.context.viewer.scope)

    @strawberry.field(description="The case it is for; null once that is out of the viewer's sight.")
    async def case(self, info: Ask) -> Case | None:
        row = self.case_row or await info.context.loaders.case.load(self.row.case_id)
        return None if row is None else Case(row=row)

    @strawberry.field(description="Who works on it.")
    async def service_provider(self, info: Ask) -> ServiceProvider:
        return ServiceProvider(row=await info.context.loaders.service_provider.load(self.row.service_provider_id))

    @strawberry.field(description="The department that gave it.")
    async def department(self, info: Ask) -> Department:
        return Department(row=await info.context.loaders.department.load(self.row.department_id))

    @strawberry.field(description="Actions the viewer may take on this order now: which buttons to show.")
    async def available_actions(self, info: Ask) -> list[CaseAction]:
        case = self.case_row or await info.context.loaders.case.load(self.row.case_id)
        if case is None:  # since the event that told of the order
            return []
        standing = access.standing(info.context.viewer.scope, cases.columns_of(case))
        return orders.available_for_order(case, self.row, standing)


async def department_of(info: Ask, department_id: int | None) -> Department | None:
    if department_id is None:
        return None
    return Department(row=await info.context.loaders.department.load(department_id))


@strawberry.type(description="事件: one problem or demand on its way through the loop.")
class Case(PolicedCase, SidewaysCase, AnsweredCase, DecidedCase, Shown, Node):
    row: strawberry.Private[CaseRow]

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Case", self.row.id)

    realm: Realm = own("LIVE or EXERCISE; the two never mix.")
    version: int = own("Rises by one with every change; name it as expectedVersion.")
    round: int = own("1 until the case is reopened.")
    kind: CaseKind = own("Kind of demand.")
    source: CaseSource = own("Where it came from.")
    priority: Priority = own("How urgent it is.")
    title: str = own("Matter and place; never a person.")
    state: CaseState = own("Where it stands in the life-cycle.")
    stage: CaseStage | None = own("Which of the seven links it stands in; null once it has left the loop.")
    outcome: CaseOutcome | None = own("What became of it; a closed case is not yet a solved one.")
    is_open: bool = own("Whether it is still on its way.")
    is_self_handled: bool = own("Settled on the spot by who found it.")
    is_discovery: bool = own("Found by grid, community or village staff.")
    is_ruled: bool = own("A jurisdiction ruling binds the unit.")
    is_confirmed: bool | None = own("What the submitter said: solved, not solved, or (null) nothing yet.")
    returns: int = own("How often a unit sent it back.")
    rework_count: int = own("How often it went back after it was reported handled.")
    verification: VerificationResult | None = own("Result of the last verification before registering.")
    check_result: CheckResult | None = own("Result of the last completion check in this round.")
    programme: GridProgramme | None = own("Programme it belongs to, by its grid or by a tag; null for none.")
    submitted_at: datetime = own("When it was handed in.")
    accepted_at: datetime | None = own("When it was taken up.")
    registered_at: datetime | None = own("When it was registered.")
    dispatched_at: datetime | None = own("When it was last given to a unit.")
    signed_at: datetime | None = own("When the present unit signed for it.")
    handled_at: datetime | None = own("When it was reported handled.")
    closed_at: datetime | None = own("When it was closed.")
    updated_at: datetime = own("When it last changed.")
    stage_at: datetime = own("Since when it stands in its present stage.")
    due_at: datetime | None = own("When handling is due; null before registration.")
    was_late: bool = own("Handled after it was due; stays.")
    acknowledged_at: datetime | None = own("When somebody said that they had seen it, if it is urgent; null before.")
    is_exempt: bool = own("Whether an appeal took its lateness out of the figures.")
    extensions: int = own("Approved extensions of this round; at most two.")
    extension_requested_at: datetime | None = own("When an extension was asked for that is not decided yet.")
    appealed_at: datetime | None = own("When the unit appealed its lateness; null where it has not.")

    @strawberry.field(description="Number to quote: place, local day, running number; Y in front in exercises.")
    def number(self) -> str:
        return cases.number_of(self.row)

    @strawberry.field(description="Four plain stages for who handed it in.")
    def plain_stage(self) -> PlainStage:
        return clocks.plain_stage(self.row)

    @strawberry.field(
        description="The submitter's own words, long numbers masked (in full to the submitter); null on "
        "events and where nothing personal is shown."
    )
    def description(self, info: Ask) -> str | None:
        if hides_person(info, self.row):
            return None
        words: str = self.row.description
        return words if self._is_mine(info) else access.masked_words(words)

    @strawberry.field(
        description="Address without house numbers (in full to the submitter); null like `description`."
    )
    def address(self, info: Ask) -> str | None:
        if hides_person(info, self.row):
            return None
        return self.row.address if self._is_mine(info) else access.masked_address(self.row.address)

    @strawberry.field(description="Place to about 100 m (exact to the submitter); null like `description`.")
    def point(self, info: Ask, crs: filters.InCrs = Crs.WGS84) -> Point | None:
        if hides_person(info, self.row) or self.row.longitude is None:
            return None
        longitude, latitude = self.row.longitude, self.row.latitude
        if not self._is_mine(info):
            longitude, latitude = access.rough(longitude), access.rough(latitude)
        return point_of(longitude, latitude, crs)

    @strawberry.field(description="Who handed it in.")
    def submitter(self, info: Ask) -> Submitter:
        role = self.row.submitter_role
        if hides_person(info, self.row):
            return Submitter(role=role, name=None, phone=None)
        name, phone = self.row.submitter_name, self.row.submitter_phone
        if not self._is_mine(info):
            name, phone = access.masked_name(name), access.masked_phone(phone)
        return Submitter(role=role, name=name, phone=phone)

    def _is_mine(self, info: Ask) -> bool:
        return info.context.viewer.scope.handed_in(cases.columns_of(self.row))

    @strawberry.field(description="Whether a response of this round was delivered, or provably cannot be.")
    def is_answered(self) -> bool:
        return bool(self.row.responses)

    @strawberry.field(description="Whether it has an open work order.")
    def is_outsourced(self) -> bool:
        return bool(self.row.open_work_orders)

    @strawberry.field(description="Whether its clock runs and its due time has passed.")
    def is_overdue(self, info: Ask) -> bool:
        return bool(self.row.clock_runs and self.row.due_at is not None and self.row.due_at < info.context.clock())

    @strawberry.field(description="The matter; null until one is chosen.")
    async def matter(self, info: Ask) -> Matter | None:
        if self.row.matter_id is None:
            return None
        return Matter(row=await info.context.loaders.matter.load(self.row.matter_id))

    @strawberry.field(description="The grid it lies in.")
    async def grid(self, info: Ask) -> Grid | None:
        return None if self.row.grid_id is None else Grid(row=await info.context.loaders.grid.load(self.row.grid_id))

    @strawberry.field(description="The community it lies in.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="Division whose centre holds the case now.")
    async def held_by(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.held_by))

    @strawberry.field(
        description="Department responsible for it, also while others do the work; null before dispatch."
    )
    async def responsible_unit(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.responsible_unit_id)

    @strawberry.field(description="Department the last return proposed; null otherwise.")
    async def proposed_unit(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.proposed_unit_id)

    @strawberry.field(
        description="The master it was merged into; null when it was not, or the master is out of scope."
    )
    async def merged_into(self, info: Ask) -> Case | None:
        if self.row.merged_into_id is None:
            return None
        master = await info.context.loaders.case.load(self.row.merged_into_id)
        return None if master is None else Case(row=master)

    @strawberry.field(description="Work orders the viewer may see, oldest first; a service provider sees its own.")
    async def work_orders(self, info: Ask) -> list[WorkOrder]:
        if not await is_in_view(info, self.row):
            return []
        orders = await info.context.loaders.work_orders.load(self.row.id)
        viewer, where = info.context.viewer, cases.columns_of(self.row)
        return [
            WorkOrder(row=one, case_row=self.row) for one in orders if access.may_see_order(viewer.scope, one, where)
        ]

    @strawberry.field(description="Every action so far, oldest first.")
    async def timeline(self, info: Ask) -> list[Step]:
        if not await is_in_view(info, self.row):
            return []
        scope = info.context.viewer.scope
        hides = hides_person(info, self.row) or access.hides_notes(scope, cases.columns_of(self.row))
        steps = await info.context.loaders.steps.load(self.row.id)
        return [Step(row=row, hides_notes=hides) for row in steps]

    @strawberry.field(description="The levels it has gone between; empty on events of a case that left the view.")
    async def level_path(self, info: Ask) -> Annotated[LevelPath, strawberry.lazy("schema.hops")]:
        from schema.hops import Hop, LevelPath  # noqa: PLC0415  # hops name divisions

        if not await is_in_view(info, self.row):
            return LevelPath(answer_with=None, hops=[])
        hides = hides_person(info, self.row) or access.hides_notes(
            info.context.viewer.scope, cases.columns_of(self.row)
        )
        rows = await info.context.loaders.hops.load(self.row.id)
        code = self.row.answer_with
        holder = None if code is None else Division(row=await info.context.loaders.division.load(code))
        return LevelPath(answer_with=holder, hops=[Hop(row=row, hides_notes=hides) for row in rows])

    @strawberry.field(description="Whether it is closed and every level that took it has passed the answer on.")
    def loop_closed(self) -> bool:
        return self.row.state is CaseState.CLOSED and self.row.answer_with is None and self.row.hop_id is None

    @strawberry.field(description="断环: loop breaks, oldest first, for those who work with the case; a handful.")
    async def loop_breaks(self, info: Ask) -> list[Annotated[LoopBreak, strawberry.lazy("schema.breaks")]]:
        from schema.breaks import breaks_of  # noqa: PLC0415  # breaks name cases

        return await breaks_of(info, self.row)

    @strawberry.field(description="督办: expedite orders, oldest first, for those who work with the case; a handful.")
    async def expedite_orders(
        self, info: Ask
    ) -> list[Annotated[ExpediteOrder, strawberry.lazy("schema.expediting")]]:
        from schema.expediting import orders_of  # noqa: PLC0415  # orders name cases

        return await orders_of(info, self.row)

    @strawberry.field(description="Dispositions, oldest first; a merged case shows its master's too.")
    async def dispositions(self, info: Ask) -> list[Disposition]:
        hides = hides_person(info, self.row)
        return [
            Disposition(row=row, hides_words=hides)
            for row in await self._with_master(info, info.context.loaders.dispositions)
        ]

    @strawberry.field(description="Responses, oldest first; a merged case shows its master's too.")
    async def responses(self, info: Ask) -> list[Response]:
        hides = hides_words(info, self.row)
        scope = info.context.viewer.scope
        names = (self.row.submitter_name,) if access.only_follows(scope, cases.columns_of(self.row)) else None
        return [
            Response(row=row, hides_words=hides, names=names)
            for row in await self._with_master(info, info.context.loaders.responses)
        ]

    async def _with_master(self, info: Ask, loader: Any) -> list[Any]:
        if not await is_in_view(info, self.row):
            return []
        masters = [] if self.row.merged_into_id is None else await info.context.loaders.masters.load(self.row.id)
        ids = [self.row.id, *masters]
        return [row for rows in await loader.load_many(ids) for row in rows]

    @strawberry.field(description="Photos, oldest first; empty where nothing personal is shown, and to followers.")
    async def evidence(self, info: Ask) -> list[Evidence]:
        scope = info.context.viewer.scope
        if scope.masking is Masking.NONE_PERSONAL or access.only_follows(scope, cases.columns_of(self.row)):
            return []
        if not await is_in_view(info, self.row):
            return []
        return [Evidence(row=row) for row in await info.context.loaders.evidence.load(self.row.id)]

    @strawberry.field(description="Actions the viewer may take now: which buttons to show.")
    async def available_actions(self, info: Ask) -> list[CaseAction]:
        return await offered(info, self.row)

    @strawberry.field(
        description="Every clock that has started, oldest first; on events the stopped ones are as of delivery."
    )
    async def clocks(self, info: Ask, running: OnlyRunning = False) -> list[CaseClock]:
        now = info.context.clock()
        ticking = await shown_clocks(info, self.row, clocks.running_clocks(self.row))
        found = [CaseClock.of_running(one, now) for one in ticking]
        if running:
            return found
        stopped = await shown_clocks(info, self.row, await info.context.loaders.stopped_clocks.load(self.row.id))
        return [CaseClock.of_stopped(one, is_exempt=self.row.is_exempt) for one in stopped] + found


@strawberry.type(description="A case in a list.")
class CaseEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Case = strawberry.field(description="The case.")


@strawberry.type(description="A page of cases.")
class CaseConnection:
    edges: list[CaseEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    cursor: EventCursor = strawberry.field(
        description="Journal position of the snapshot this list was read from (nested lists name their root's): "
        "subscribe after it and nothing is missed."
    )
    count: strawberry.Private[Any] = None

    @strawberry.field(description="Cases that match, counted up to 10,000; null on nested lists.")
    async def total_count(self) -> int | None:
        return None if self.count is None else await self.count()


def case_connection(
    info: Ask, page: CasePage, size: int, after: str | None, cursor: str, count: Any = None
) -> CaseConnection:
    found = connection.Slice.of(page.rows, size)
    cursors = [connection.cursor("case", row.id) for row in found.rows]
    edges = [CaseEdge(cursor=c, node=Case(row=row)) for c, row in zip(cursors, found.rows, strict=True)]
    page_info = connection.page_info(cursors, has_next=found.has_next, after=after)
    return CaseConnection(edges=edges, page_info=page_info, cursor=EventCursor(cursor), count=count)


async def nested_cases(
    info: Ask, parent: str, value: str, first: int, after: str | None, filter_: filters.CaseFilter | None
) -> CaseConnection:
    size = connection.page_size(first)
    before_id = connection.id_after(after, "case")
    narrowed = await filters.case_list_filter(info, filter_)
    page = await info.context.loaders.case_page.load(CasePageKey(parent, value, narrowed, size, before_id))
    seq = page.seq if info.context.list_seq is None else min(page.seq, info.context.list_seq)
    return case_connection(info, page, size, after, filters.event_cursor_at(info, seq))
