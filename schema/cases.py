"""The case and its work orders, which point at each other."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db import cases
from db.cases import CaseRow
from db.scope import Masking
from db.vocabulary import (
    CaseAction,
    CaseKind,
    CaseOutcome,
    CaseSource,
    CaseStage,
    CaseState,
    CheckResult,
    OutsourceReason,
    PlainStage,
    Priority,
    Realm,
    VerificationResult,
    WorkOrderState,
)
from db.vocabulary.grid_facts import GridProgramme
from resolvers.rules import access, clocks, orders
from schema import connection, filters
from schema.answered import AnsweredCase
from schema.case_clocks import CaseClock, shown_clocks
from schema.catalogue import Department, Matter, ServiceProvider, department_of
from schema.connection import PageInfo
from schema.context import Ask
from schema.decisions import DecidedCase
from schema.enums import Crs
from schema.facts_of_order import FactsOfOrder
from schema.ids import Node, global_id
from schema.loaders import CasePage, CasePageKey
from schema.offered import offered
from schema.places import Division, Grid, Point, point_of
from schema.policing import PolicedCase
from schema.records import Disposition, Evidence, Response, Step, Submitter
from schema.scalars import EventCursor, PageCursor
from schema.shown import Shown, hides_person, hides_words, is_below_event, is_in_view, own
from schema.sideways import SidewaysCase

if TYPE_CHECKING:
    from schema.breaks import LoopBreak
    from schema.expediting import ExpediteOrder
    from schema.hops import LevelPath


OnlyRunning = Annotated[
    bool, strawberry.argument(description="Whether only clocks that have not stopped are answered.")
]


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
