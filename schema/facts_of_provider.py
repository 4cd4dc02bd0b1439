"""What a service provider shows beside its name: code, class, qualifications, areas, crews."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db.clock import local_day
from db.vocabulary.purchasing import InstitutionClass
from resolvers.rules import access, uscc
from schema.context import Ask
from schema.ids import global_id
from schema.shown import Shown, is_below_event, own

if TYPE_CHECKING:
    from schema.places import Division

LocalDay = Annotated[date | None, strawberry.argument(description="On this local day; today where left out.")]


@strawberry.type(description="资质: a qualification of a service provider.")
class Qualification(Shown):
    row: strawberry.Private[Any]

    name: str = own("Chinese name of its kind.")
    number: str = own("Number of the certificate; empty where none was named.")
    valid_from: date = own("First local day.")
    valid_to: date = own("Last local day; it ends at midnight.")

    @strawberry.field(description="Code of its kind, as catalogue items ask for it.")
    def code(self) -> str:
        return str(self.row.kind_code)

    @strawberry.field(description="Whether it is valid on that day.")
    def is_valid(self, info: Ask, on: LocalDay = None) -> bool:
        return bool(self.row.valid_from <= (on or local_day(info.context.clock())) <= self.row.valid_to)


@strawberry.type(description="技工: somebody who does the work of a service provider.")
class Technician(Shown):
    row: strawberry.Private[Any]

    code: str = own("Code, unique for the provider.")
    name: str = own("Name.")
    is_active: bool = own("Whether still sent out.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Technician", self.row.id)

    @strawberry.field(description="Crew they belong to; null where they go with any.")
    async def crew(self, info: Ask) -> Crew | None:
        row = await info.context.loaders.crew.load(self.row.crew_id or 0)
        return None if row is None else Crew(row=row)


@strawberry.type(description="班组: a crew of a service provider.")
class Crew(Shown):
    row: strawberry.Private[Any]

    code: str = own("Code, unique for the provider.")
    name: str = own("Name.")
    is_active: bool = own("Whether still sent out.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Crew", self.row.id)

    @strawberry.field(description="Its technicians, by code; a handful.")
    async def technicians(self, info: Ask) -> list[Technician]:
        found = await info.context.loaders.technicians.load(self.row.service_provider_id)
        return [Technician(row=row) for row in found if row.crew_id == self.row.id]


@strawberry.type
class FactsOfProvider:
    uscc: str | None = own("Unified social credit code, 18 characters (GB 32100); null where none is registered.")
    institution_class: InstitutionClass | None = own("Class of a public institution; null for others.")
    licence_until: date | None = own("Last local day of its licence or registration; null where without an end.")
    blacklisted_until: date | None = own(
        "Last local day on which it gets no order; null where it is not on the list."
    )

    @strawberry.field(description="Whether its code agrees with its own check character.")
    def has_valid_uscc(self) -> bool:
        code = self.row.uscc  # type: ignore[attr-defined]  # of the noun it is mixed into
        return code is not None and uscc.is_valid_uscc(code)

    @strawberry.field(description="Its qualifications, by code of their kind; a dozen at most.")
    async def qualifications(self, info: Ask) -> list[Qualification]:
        found = await info.context.loaders.qualifications.load(_id(self))
        return [Qualification(row=row) for row in found]

    @strawberry.field(description="Where it works, by code; its whole division where it has none.")
    async def areas(self, info: Ask) -> list[Annotated[Division, strawberry.lazy("schema.places")]]:
        from schema.places import Division as Place  # noqa: PLC0415  # a division's cases have orders

        codes = [row.division_code for row in await info.context.loaders.provider_areas.load(_id(self))]
        return [Place(row=row) for row in await info.context.loaders.division.load_many(codes)]

    @strawberry.field(
        description="Its crews, by code, for itself and for those who work on cases; empty for others and on events."
    )
    async def crews(self, info: Ask) -> list[Crew]:
        if is_below_event(info) or not access.may_see_staff(info.context.viewer.scope, _id(self)):
            return []
        return [Crew(row=row) for row in await info.context.loaders.crews.load(_id(self))]

    @strawberry.field(description="Everybody it sends out, by code; who may see them is as for `crews`.")
    async def technicians(self, info: Ask) -> list[Technician]:
        if is_below_event(info) or not access.may_see_staff(info.context.viewer.scope, _id(self)):
            return []
        return [Technician(row=row) for row in await info.context.loaders.technicians.load(_id(self))]


def _id(provider: Any) -> int:
    return int(provider.row.id)
