"""你问我答: asking, and the knowledge base behind the answers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from db import knowledge
from db.clock import local_day
from db.vocabulary.knowledge import KnowledgeState
from resolvers import knowledge as answering
from resolvers.refusals import Code, Refusal
from resolvers.rules.knowledge import state_of
from schema import connection, filters, ids
from schema.burden import ThePlace
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

TheQuestion = Annotated[str, strawberry.argument(description="In their own words, at most 200 characters. Not kept.")]
AtDivision = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Where they ask; that of the app where left out, else the whole province."),
]
AtGrid = Annotated[strawberry.ID | None, strawberry.argument(description="The same by grid; or give a division.")]
OfState = Annotated[KnowledgeState, strawberry.argument(description="Others than IN_FORCE to their keepers only.")]


@strawberry.type(description="知识: a question and its answer.")
class KnowledgeItem(Shown):
    row: strawberry.Private[Any]

    code: str = own("Code, for good.")
    version: int = own("Counts its changes.")
    question: str = own("As it is usually asked.")
    answer: str = own("The answer.")
    source: str = own("What it stands on.")
    owner: str = own("Who answers for it.")
    valid_from: date = own("First local day it holds.")
    valid_to: date | None = own("Last local day; null where none is set.")
    updated_at: datetime = own("When it was last written.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("KnowledgeItem", self.row.id)

    @strawberry.field(description="Other ways to ask; a handful.")
    def also_asked(self) -> list[str]:
        return list(self.row.also_asked.splitlines())

    @strawberry.field(description="Where it holds: there and below.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="Whether it may be cited today.")
    def state(self, info: Ask) -> KnowledgeState:
        row, today = self.row, local_day(info.context.clock())
        return state_of(row.valid_from, row.valid_to, row.withdrawn_at is not None, today)

    @strawberry.field(description="How many people said it solved their question.")
    async def solved(self, info: Ask) -> int:
        return int((await info.context.loaders.knowledge_verdicts.load(self.row.id))[0])

    @strawberry.field(description="没有解决: how many people said it did not.")
    async def unsolved(self, info: Ask) -> int:
        return int((await info.context.loaders.knowledge_verdicts.load(self.row.id))[1])


@strawberry.type(description="An item that answers a question.")
class CitedKnowledge:
    item: KnowledgeItem = strawberry.field(description="The item; in force, and it holds there.")
    confidence: float = strawberry.field(description="How well it fits: 0 to 1, two decimals.")


@strawberry.type(description="What is known of a question.")
class Answered:
    answer: strawberry.Private[answering.Answer]

    @strawberry.field(description="Items that fit, best first; at most 3, empty where nothing is known.")
    def cited(self) -> list[CitedKnowledge]:
        return [
            CitedKnowledge(item=KnowledgeItem(row=one.item), confidence=one.confidence) for one in self.answer.cited
        ]

    @strawberry.field(description="Whether the first of them may be given as the answer.")
    def is_sure(self) -> bool:
        return self.answer.is_sure

    @strawberry.field(
        description="转人工: whether to offer a person: caseSubmit with kind QUESTION and their own words. Always "
        "offered when unsure."
    )
    def offers_person(self) -> bool:
        return not self.answer.is_sure


@strawberry.type(description="An item in a list.")
class KnowledgeItemEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: KnowledgeItem = strawberry.field(description="The item.")


@strawberry.type(description="A page of items.")
class KnowledgeItemConnection:
    edges: list[KnowledgeItemEdge] = strawberry.field(description="This page, in order of their making.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


async def item_now(info: Ask, item_id: int) -> KnowledgeItem:
    info.context.renew()
    async with info.context.db.read() as session:
        return KnowledgeItem(row=await knowledge.by_id(session, info.context.viewer.realm, item_id))


@strawberry.type
class KnowledgeQuery:
    @strawberry.field(
        description="你问我答: what is in force of a question where it is asked, with source and confidence. Needs "
        "no account: a token of POST /guest will do."
    )
    async def ask(
        self, info: Ask, question: TheQuestion, division: AtDivision = None, grid: AtGrid = None
    ) -> Answered:
        context = info.context
        if division is not None and grid is not None:
            raise Refusal(Code.BAD_USER_INPUT, detail="expected division or grid, not both")
        path = await path_of(info, division)
        if grid is not None:
            row = await context.loaders.grid.load(ids.number(grid, "Grid") or 0)
            if row is None:
                raise Refusal(Code.NOT_FOUND, what="grid")
            path = row.path
        found = await answering.ask(context.db, context.viewer, local_day(context.clock()), question, path)
        return Answered(answer=found)

    @strawberry.field(
        description="知识库: items in force that hold at a division; of another state those of the division and "
        "below, for who keeps them, null for everybody else."
    )
    async def knowledge_items(
        self,
        info: Ask,
        division: ThePlace,
        state: OfState = KnowledgeState.IN_FORCE,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> KnowledgeItemConnection | None:
        context, today = info.context, local_day(info.context.clock())
        path = await path_of(info, division) or ""
        is_public = state is KnowledgeState.IN_FORCE
        if not is_public and not answering.may_keep(context.viewer, path):
            return None
        size, last = connection.page_size(first), connection.id_after(after, "knowledge")
        realm = context.viewer.realm
        async with context.db.read() as session:
            if is_public:
                rows = await knowledge.holding_at(session, realm, path, today, first=size + 1, after_id=last)
            else:
                clause = knowledge.in_state(state, today)
                rows = await knowledge.page(session, realm, path, clause, first=size + 1, after_id=last)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("knowledge", row.id) for row in page.rows]
        nodes = [KnowledgeItem(row=row) for row in page.rows]
        edges = [KnowledgeItemEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        return KnowledgeItemConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )
