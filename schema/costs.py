"""What outsourcing cost a division or a department."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import strawberry

from db import costs as costs_
from db import tallies
from db.costs import Cost
from resolvers import costs
from resolvers.costs import Month, Report
from resolvers.measuring import Period, Subject, may_measure
from resolvers.refusals import Code, Refusal
from resolvers.rules.rounding import nearest
from schema import connection, filters, ids
from schema.catalogue import Department, ServiceProvider
from schema.context import Ask
from schema.metrics import MetricsPeriod
from schema.purchasing import CatalogueItem
from schema.scalars import Cents
from schema.unit_board import measured_path

InDivision = Annotated[
    strawberry.ID | None, strawberry.argument(description="Orders for cases at or below this division.")
]
OfDepartment = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Orders this department gave; beside `division` those of both."),
]


@strawberry.type
class Costs:
    cost: strawberry.Private[Cost]

    @strawberry.field(description="How many orders were settled in the period.")
    def orders(self) -> int:
        return self.cost.orders

    @strawberry.field(description="What was settled for them, in cents (分).")
    def settled_cents(self) -> Cents:
        return Cents(self.cost.settled_cents)

    @strawberry.field(description="What was agreed for them: quantity times price of one unit, in cents (分).")
    def agreed_cents(self) -> Cents:
        return Cents(self.cost.agreed_cents)

    @strawberry.field(description="扣减: what was deducted at the settlement: agreed less settled, in cents (分).")
    def deducted_cents(self) -> Cents:
        return Cents(self.cost.agreed_cents - self.cost.settled_cents)

    @strawberry.field(description="Cases with such an order whose outcome is RESOLVED now, each counted once.")
    def resolved_cases(self) -> int:
        return self.cost.resolved

    @strawberry.field(
        description="`settledCents` by `resolvedCases`: what a resolved case cost, in whole cents (分), half up; "
        "null where none was resolved."
    )
    def cents_per_resolved_case(self) -> Cents | None:
        found = nearest(self.cost.settled_cents, self.cost.resolved)
        return None if found is None else Cents(found)


@strawberry.type(description="外包成本: orders that were settled, together.")
class CostTotal(Costs): ...


@strawberry.type(description="外包成本: orders that were settled in one local month.")
class CostOfMonth(Costs):
    first: date = strawberry.field(description="First local day, of the month or of the period.")
    last: date = strawberry.field(description="Last local day.")


@strawberry.type(description="外包成本: orders of one item of the catalogue.")
class CostOfItem(Costs):
    @strawberry.field(description="The item; null for orders from before there was a catalogue.")
    async def catalogue_item(self, info: Ask) -> CatalogueItem | None:
        row = await info.context.loaders.catalogue_item.load(self.cost.key or 0)
        return None if row is None else CatalogueItem(row=row)


@strawberry.type(description="外包成本: orders of one service provider.")
class CostOfProvider(Costs):
    @strawberry.field(description="The service provider.")
    async def service_provider(self, info: Ask) -> ServiceProvider:
        return ServiceProvider(row=await info.context.loaders.service_provider.load(self.cost.key or 0))


@strawberry.type(
    description="外包成本: what the orders cost that were settled in a period. An order counts when it is settled, "
    "not when it was given or done."
)
class CostReport:
    report: strawberry.Private[Report]

    period: MetricsPeriod = strawberry.field(description="Local days on which the orders were settled.")

    @strawberry.field(description="All together.")
    def total(self) -> CostTotal:
        return CostTotal(cost=self.report.total)

    @strawberry.field(description="By local month, oldest first, those without an order too; at most 13.")
    def months(self) -> list[CostOfMonth]:
        def shown(month: Month) -> CostOfMonth:
            return CostOfMonth(cost=month.cost, first=month.first, last=month.last)

        return [shown(month) for month in self.report.months]

    @strawberry.field(description="How many items there are in `items`, however many of them are asked for.")
    def item_count(self) -> int:
        return len(self.report.items)

    @strawberry.field(description="By item of the catalogue, most money first.")
    def items(self, first: filters.First = 20) -> list[CostOfItem]:
        return [CostOfItem(cost=one) for one in self.report.items[: connection.page_size(first)]]

    @strawberry.field(description="How many service providers there are in `providers`, likewise.")
    def provider_count(self) -> int:
        return len(self.report.providers)

    @strawberry.field(description="By service provider, most money first.")
    def providers(self, first: filters.First = 20) -> list[CostOfProvider]:
        return [CostOfProvider(cost=one) for one in self.report.providers[: connection.page_size(first)]]


@strawberry.type
class CostQuery:
    @strawberry.field(
        description="What outsourcing cost a division, a department, or a department in a division; null where the "
        "viewer may not read the figures of one of them. At least one has to be named."
    )
    async def cost_report(
        self,
        info: Ask,
        division: InDivision = None,
        department: OfDepartment = None,
        from_: filters.From = None,
        to: filters.To = None,
    ) -> CostReport | None:
        context = info.context
        if division is None and department is None:
            raise Refusal(Code.BAD_USER_INPUT, detail="expected division, department or both")
        period = Period.of(from_, to, context.clock())
        path = None if division is None else await measured_path(info, division)
        unit = None if department is None else await _measured_department(info, department)
        if (division is not None and path is None) or (department is not None and unit is None):
            return None
        where = costs_.Where(context.viewer.realm, path, None if unit is None else unit.row.id)
        found = await costs.report(context.db, where, period)
        return CostReport(report=found, period=MetricsPeriod(from_=period.first, to=period.last))


async def _measured_department(info: Ask, department: strawberry.ID) -> Department | None:
    row = await info.context.loaders.department.load(ids.number(department, "Department") or 0)
    if row is None:
        return None
    subject = Subject(tallies.DEPARTMENT, str(row.id), row.path)
    return Department(row=row) if may_measure(info.context.viewer.scope, subject) else None
