"""What the work is about and who does it: matters, departments, service providers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import strawberry

from db import tallies
from db.vocabulary import (
    CaseKind,
    LimitUnit,
    MatterClass,
    MatterDomain,
    Priority,
    ServiceProviderKind,
)
from resolvers.measuring import Subject
from schema import filters
from schema.context import Ask
from schema.facts_of_provider import FactsOfProvider
from schema.ids import Node, global_id
from schema.metrics import Metrics
from schema.places import Division, figures_of
from schema.shown import Shown, own

if TYPE_CHECKING:
    pass


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


async def department_of(info: Ask, department_id: int | None) -> Department | None:
    if department_id is None:
        return None
    return Department(row=await info.context.loaders.department.load(department_id))


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
