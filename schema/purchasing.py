"""The catalogue of what may be bought, what never is, and whom to ask."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import strawberry

from db import catalogue, purchasing
from db.clock import local_day
from db.purchasing import ItemRow
from db.vocabulary.purchasing import EligibilityReason, TaskKind
from resolvers import purchasing as choosing
from resolvers.refusals import Refusal
from resolvers.rules.purchasing import Fitness, Reason
from schema import connection, filters, ids
from schema.catalogue import Matter, ServiceProvider
from schema.connection import PageInfo
from schema.context import Ask
from schema.facts_of_provider import LocalDay
from schema.ids import global_id
from schema.mutations.payloads import UserError, error_of
from schema.places import Division
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

OfMatter = Annotated[strawberry.ID | None, strawberry.argument(description="Only about this matter.")]
HoldingIn = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Only what holds in this division: its own, and those of divisions above it."),
]
OnlyInForce = Annotated[bool, strawberry.argument(description="Only what is in force on the day.")]
OneCase = Annotated[strawberry.ID, strawberry.argument(description="The case.")]
OneItem = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="By this item; where left out, what the nearest division lists for the matter."),
]


@strawberry.type(description="政府购买目录项: a routine task that may be bought.")
class CatalogueItem(Shown):
    row: strawberry.Private[ItemRow]

    code: str = own("Code, unique.")
    major_name: str = own("大类: first of the three levels, in Chinese.")
    middle_name: str = own("中类: second level.")
    minor_name: str = own("小类: third level, the item itself.")
    task_kind: TaskKind = own("Kind of task.")
    unit: str = own("What is counted and paid, in Chinese: 处, 次, 件.")
    ceiling_cents: int = own("Most that one unit may cost, in cents of a yuan (分).")
    needs_before_photo: bool = own("Whether a result needs a photo from before, with place and time.")
    needs_after_photo: bool = own("Whether a result needs a photo from after, with place and time.")
    valid_from: date = own("First local day.")
    valid_to: date = own("Last local day; it ends at midnight.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("CatalogueItem", self.row.id)

    @strawberry.field(description="The division that lists it; it holds there and below.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="The matter it is about.")
    async def matter(self, info: Ask) -> Matter:
        return Matter(row=await info.context.loaders.matter.load(self.row.matter_id))

    @strawberry.field(description="Names of the qualifications it asks for; all must be valid on the day.")
    async def qualifications(self, info: Ask) -> list[str]:
        codes = list(self.row.qualifications)
        names = await info.context.loaders.qualification_kind.load_many(codes)
        return [code if name is None else name for code, name in zip(codes, names, strict=True)]

    @strawberry.field(description="Whether it may be bought on that day.")
    def is_in_force(self, info: Ask, on: LocalDay = None) -> bool:
        return bool(self.row.valid_from <= (on or local_day(info.context.clock())) <= self.row.valid_to)


@strawberry.type(description="A catalogue item in a list.")
class CatalogueItemEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: CatalogueItem = strawberry.field(description="The item.")


@strawberry.type(description="A page of catalogue items.")
class CatalogueItemConnection:
    edges: list[CatalogueItemEdge] = strawberry.field(description="This page, in order of import.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="不得购买: what may never be given to a service provider.")
class ReservedTask(Shown):
    row: strawberry.Private[Any]

    reason: str = own("Why, in Chinese.")

    @strawberry.field(description="Kind of task; null for any about the matter.")
    def task_kind(self) -> TaskKind | None:
        return TaskKind[self.row.task_kind] if self.row.task_kind else None

    @strawberry.field(description="The matter; null for any.")
    async def matter(self, info: Ask) -> Matter | None:
        return Matter(row=await info.context.loaders.matter.load(self.row.matter_id)) if self.row.matter_id else None

    @strawberry.field(description="Where it holds: there and below.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))


@strawberry.type(description="A reserved task in a list.")
class ReservedTaskEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: ReservedTask = strawberry.field(description="The task.")


@strawberry.type(description="A page of what is never bought.")
class ReservedTaskConnection:
    edges: list[ReservedTaskEdge] = strawberry.field(description="This page, in order of import.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="One reason why a service provider stands where it stands.")
class EligibilityFinding:
    reason: EligibilityReason = strawberry.field(description="Which reason.")
    is_obstacle: bool = strawberry.field(description="Whether an order to it would be refused for this.")
    detail: str = strawberry.field(
        description="What exactly: a qualification, a date, a code, or a count like 18/20."
    )
    points: int = strawberry.field(description="What it adds to the provider's points; 0 for an obstacle.")
    sentence: str = strawberry.field(description="Reason and detail in the caller's language.")

    @staticmethod
    def of(reason: Reason, language: str) -> EligibilityFinding:
        return EligibilityFinding(
            reason=reason.reason,
            is_obstacle=reason.is_obstacle,
            detail=reason.detail,
            points=reason.points,
            sentence=reason.told(language),
        )


@strawberry.type(description="How one service provider stands to a task for a case.")
class ProviderStanding:
    provider: ServiceProvider = strawberry.field(description="The provider.")
    is_eligible: bool = strawberry.field(description="Whether an order may be offered to it today.")
    points: int = strawberry.field(description="Sum of its reasons' points; 0 where it is not eligible.")
    reasons: list[EligibilityFinding] = strawberry.field(
        description="What speaks for it, or, where it is not eligible, everything that keeps it out."
    )

    @staticmethod
    def of(fitness: Fitness, language: str) -> ProviderStanding:
        return ProviderStanding(
            provider=ServiceProvider(row=fitness.provider),
            is_eligible=not fitness.obstacles,
            points=fitness.points,
            reasons=[EligibilityFinding.of(one, language) for one in fitness.reasons],
        )


@strawberry.type(description="Whom a department may ask to do a task for a case.")
class EligibleProviders:
    catalogue_item: CatalogueItem | None = strawberry.field(
        description="By which item it would be bought; null where it may not be."
    )
    providers: list[ProviderStanding] = strawberry.field(
        description="Providers of the place, the one to ask first at the head, those who may not last; at most 100. "
        "Inactive and blacklisted ones never appear."
    )
    user_errors: list[UserError] = strawberry.field(
        description="Why nothing may be bought for this case: NOT_IN_CATALOGUE, NOT_DELEGABLE; empty where it may."
    )


@strawberry.type
class PurchasingQuery:
    @strawberry.field(description="The purchase catalogue (政府购买目录), in order of import.")
    async def catalogue_items(
        self,
        info: Ask,
        division: HoldingIn = None,
        matter: OfMatter = None,
        only_in_force: OnlyInForce = True,
        on: LocalDay = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> CatalogueItemConnection:
        clauses = []
        path = await path_of(info, division)
        if path is not None:
            clauses.append(purchasing.bought_at(path))
        if matter is not None:
            clauses.append(purchasing.items.c.matter_id == (ids.number(matter, "Matter") or 0))
        if only_in_force:
            clauses.append(purchasing.in_force(on or local_day(info.context.clock())))
        rows, cursors, page_info = await _page(info, purchasing.items, clauses, first, after, "catalogueItem")
        edges = [CatalogueItemEdge(cursor=c, node=CatalogueItem(row=r)) for c, r in zip(cursors, rows, strict=True)]
        return CatalogueItemConnection(edges=edges, page_info=page_info)

    @strawberry.field(description="What may never be bought (不得购买), in order of import.")
    async def reserved_tasks(
        self, info: Ask, division: HoldingIn = None, first: filters.First = 20, after: filters.After = None
    ) -> ReservedTaskConnection:
        path = await path_of(info, division)
        columns = purchasing.reserved_tasks.c
        codes = [] if path is None else path.rstrip("/").split("/")
        clauses = [] if path is None else [columns.division_code.in_(codes)]
        rows, cursors, page_info = await _page(info, purchasing.reserved_tasks, clauses, first, after, "reservedTask")
        edges = [ReservedTaskEdge(cursor=c, node=ReservedTask(row=r)) for c, r in zip(cursors, rows, strict=True)]
        return ReservedTaskConnection(edges=edges, page_info=page_info)

    @strawberry.field(
        description="Whom to ask to do a task for a case, with reasons; null where the case is not there for the "
        "viewer, or somebody else chooses (its department, and dispatchers, shift leaders and commanders over it)."
    )
    async def eligible_providers(
        self, info: Ask, case: OneCase, catalogue_item: OneItem = None
    ) -> EligibleProviders | None:
        context = info.context
        row = await context.loaders.case.load(ids.number(case, "Case") or 0)
        if row is None or not choosing.may_choose(context.viewer.scope, row):
            return None
        item_id = None if catalogue_item is None else ids.number(catalogue_item, "CatalogueItem") or 0
        day = local_day(context.clock())
        async with context.db.read() as session:
            try:
                item = await choosing.item_of(session, row, item_id, day)
            except Refusal as refusal:
                return EligibleProviders(catalogue_item=None, providers=[], user_errors=[error_of(refusal, info)])
            found = await choosing.eligible(session, context.policy, row, item, day)
        language = context.viewer.language
        providers = [ProviderStanding.of(one, language) for one in found]
        return EligibleProviders(catalogue_item=CatalogueItem(row=item), providers=providers, user_errors=[])


async def _page(
    info: Ask, table: Any, clauses: list[Any], first: int, after: str | None, kind: str
) -> tuple[list[Any], list[PageCursor], PageInfo]:
    size, after_id = connection.page_size(first), connection.id_after(after, kind)
    async with info.context.db.read() as session:
        rows = await catalogue.page(session, table, clauses, first=size + 1, after_id=after_id)
    page = connection.Slice.of(rows, size)
    cursors = [connection.cursor(kind, row.id) for row in page.rows]
    return list(page.rows), cursors, connection.page_info(cursors, has_next=page.has_next, after=after)
