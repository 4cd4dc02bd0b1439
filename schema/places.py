"""Divisions, grids, and points on the map.

Every noun wraps a row and shows its columns by name; what needs another table goes through a loader.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import strawberry

from db import places, tallies
from db.vocabulary import (
    CodeScheme,
    DivisionLevel,
    GridKind,
    PopulationBand,
    Setting,
)
from resolvers.measuring import Period, Subject
from resolvers.rules.coordinates import to_gcj02
from schema import connection, filters
from schema.connection import PageInfo
from schema.context import Ask
from schema.enums import Crs
from schema.facts_of_grid import FactsOfGrid
from schema.ids import Node, global_id
from schema.loaders import FiguresKey
from schema.metrics import Metrics
from schema.scalars import PageCursor
from schema.shown import Shown, own

if TYPE_CHECKING:
    from schema.cases import CaseConnection


LazyCases = Annotated["CaseConnection", strawberry.lazy("schema.cases")]


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
    ) -> LazyCases:
        from schema.cases import nested_cases  # noqa: PLC0415  # cases name places

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
    ) -> LazyCases:
        from schema.cases import nested_cases  # noqa: PLC0415  # cases name places

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
