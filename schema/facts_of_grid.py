"""What a grid shows beside its place and its cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db.vocabulary.grid_facts import GridProgramme, PartyOrganisationKind
from schema.context import Ask
from schema.shown import Shown, own
from schema.workers import GridWorker

if TYPE_CHECKING:
    from schema.beats import PoliceBeat


@strawberry.type(description="党组织: a party organisation of a grid.")
class PartyOrganisation(Shown):
    row: strawberry.Private[Any]

    kind: PartyOrganisationKind = own("What form it has.")
    name: str = own("Chinese name.")


@strawberry.type
class FactsOfGrid:
    programme: GridProgramme | None = own("Programme it takes part in; null where in none.")

    @strawberry.field(description="Who works it today, by kind and code; a handful.")
    async def workers(self, info: Ask) -> list[GridWorker]:
        return [GridWorker(row=row) for row in await info.context.loaders.grid_workers.load(_id(self))]

    @strawberry.field(description="Its party organisations; a handful.")
    async def party_organisations(self, info: Ask) -> list[PartyOrganisation]:
        rows = await info.context.loaders.party_organisations.load(_id(self))
        return [PartyOrganisation(row=row) for row in rows]

    @strawberry.field(description="Police beat it is linked to; null where none is.")
    async def police_beat(self, info: Ask) -> Annotated[PoliceBeat, strawberry.lazy("schema.beats")] | None:
        from schema.beats import PoliceBeat as Beat  # noqa: PLC0415  # a beat has grids

        row = await info.context.loaders.beat_of_grid.load(_id(self))
        return None if row is None else Beat(row=row)


def _id(grid: Any) -> int:
    return int(grid.row.id)
