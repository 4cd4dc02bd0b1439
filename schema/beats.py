"""Police beats and their grids, and figures of the linkage."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry

from db import policing
from resolvers.measuring import Period
from schema import connection, filters
from schema.burden import ThePlace, measured_path
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division, GridConnection, grid_page
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

OfDivision = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this division and below.")]


@strawberry.type(description="警格: the area of a community police officer; many grids belong to one.")
class PoliceBeat(Shown):
    row: strawberry.Private[Any]

    code: str = own("Code, unique.")
    name: str = own("Chinese name.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("PoliceBeat", self.row.id)

    @strawberry.field(description="The division it lies in.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="Active grids linked to it, in order of import.")
    async def grids(self, info: Ask, first: filters.First = 20, after: filters.After = None) -> GridConnection:
        return await grid_page(info, policing.grids_of_beat(self.row.id), first=first, after=after)


@strawberry.type(description="A police beat in a list.")
class PoliceBeatEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: PoliceBeat = strawberry.field(description="The beat.")


@strawberry.type(description="A page of police beats.")
class PoliceBeatConnection:
    edges: list[PoliceBeatEdge] = strawberry.field(description="This page, in order of import.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="网格警格融合: what grids and beats of a division did together.")
class PoliceLinkage(Shown):
    row: strawberry.Private[Any]

    notified: int = own("Notices to a beat in the period.")
    joint: int = own("Joint actions asked for in the period.")
    transferred: int = own("Transfers to the police in the period.")
    received: int = own("Of those, with a receipt.")
    answered: int = own("Of those, with an answer.")
    visits: int = own("Visits made in the period; a joint visit is one.")

    @strawberry.field(description="Visits that count for the grids: the joint ones.")
    def grid_visits(self) -> int:
        return int(self.row.joint_visits)

    @strawberry.field(description="Visits that count for the police: all of them, the joint ones among them.")
    def police_visits(self) -> int:
        return int(self.row.visits)


@strawberry.type
class PoliceQuery:
    @strawberry.field(description="警格, in order of import.")
    async def police_beats(
        self, info: Ask, division: OfDivision = None, first: filters.First = 20, after: filters.After = None
    ) -> PoliceBeatConnection:
        size, last = connection.page_size(first), connection.id_after(after, "beat")
        path = await path_of(info, division)
        async with info.context.db.read() as session:
            rows = await policing.beats_page(session, path, first=size + 1, after_id=last)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("beat", row.id) for row in page.rows]
        nodes = [PoliceBeat(row=row) for row in page.rows]
        edges = [PoliceBeatEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        return PoliceBeatConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )

    @strawberry.field(
        description="网格警格融合 of a division; null where the viewer may not read figures of the division."
    )
    async def police_linkage(
        self, info: Ask, division: ThePlace, from_: filters.From = None, to: filters.To = None
    ) -> PoliceLinkage | None:
        path = await measured_path(info, division)
        if path is None:
            return None
        period = Period.of(from_, to, info.context.clock())
        first, end = period.moments
        async with info.context.db.read() as session:
            found = await policing.linkage(session, info.context.viewer.realm, path, first, end)
        return PoliceLinkage(row=found)
