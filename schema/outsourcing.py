"""Work orders of the cases one works on, and how a service provider does."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from db import outsourcing
from db.vocabulary import WorkOrderState
from db.work_orders import providers_of
from resolvers.measuring import Period
from resolvers.rules import access
from schema import connection, filters, ids
from schema.cases import WorkOrder
from schema.connection import PageInfo
from schema.context import Ask
from schema.scalars import PageCursor
from schema.shown import Shown, own

InStates = Annotated[list[WorkOrderState] | None, strawberry.argument(description="Only in one of these states.")]
OfProvider = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this service provider.")]
TheProvider = Annotated[strawberry.ID, strawberry.argument(description="The service provider.")]


@strawberry.type(description="A work order in a list.")
class CaseWorkOrderEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: WorkOrder = strawberry.field(description="The work order.")


@strawberry.type(description="A page of work orders of cases.")
class CaseWorkOrderConnection:
    edges: list[CaseWorkOrderEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="承接记录: counts of orders of one service provider that were offered in a period.")
class Scorecard(Shown):
    row: strawberry.Private[Any]

    offered: int = own("Orders offered.")
    accepted: int = own("Of these, accepted.")
    declined: int = own("Declined.")
    lapsed: int = own("Not answered in time.")
    cancelled: int = own("Cancelled by the department, or with their case.")
    done: int = own("Whose result was accepted.")
    on_time: int = own("Of those done, whose accepted result was submitted in time.")
    late: int = own("Of those done, whose accepted result was submitted late.")
    right_first_time: int = own("Of those done, whose first result was accepted.")
    rejected_rounds: int = own("How often a result was rejected.")


@strawberry.type
class OutsourcingQuery:
    @strawberry.field(
        description="Work orders of the cases the viewer works on, newest first; empty for service providers, who "
        "ask for `workOrders`, and for who only hands cases in."
    )
    async def case_work_orders(
        self,
        info: Ask,
        states: InStates = None,
        service_provider: OfProvider = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> CaseWorkOrderConnection:
        size, before_id = connection.page_size(first), connection.id_after(after, "caseOrder")
        provider_id = None if service_provider is None else ids.number(service_provider, "ServiceProvider") or 0
        async with info.context.db.read() as session:
            rows = await outsourcing.page_in_scope(
                session,
                access.working_scope(info.context.viewer.scope),
                states=frozenset(states or ()),
                provider_id=provider_id,
                first=size + 1,
                before_id=before_id,
            )
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("caseOrder", row.id) for row in page.rows]
        edges = [
            CaseWorkOrderEdge(cursor=c, node=WorkOrder(row=row)) for c, row in zip(cursors, page.rows, strict=True)
        ]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return CaseWorkOrderConnection(edges=edges, page_info=page_info)

    @strawberry.field(
        description="How a service provider does: for its own people over all its orders, for others over orders of "
        "the cases they work on; null for who does neither."
    )
    async def scorecard(
        self, info: Ask, service_provider: TheProvider, from_: filters.From = None, to: filters.To = None
    ) -> Scorecard | None:
        context = info.context
        scope = context.viewer.scope
        provider_id = ids.number(service_provider, "ServiceProvider") or 0
        is_own = provider_id in providers_of(scope)
        working = access.working_scope(scope)
        if not is_own and not working.grants:
            return None
        since, until = Period.of(from_, to, context.clock()).moments
        async with context.db.read() as session:
            row = await outsourcing.scorecard(session, working, provider_id, since, until, is_own=is_own)
        return Scorecard(row=row)
