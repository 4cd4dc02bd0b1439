"""Keeping the knowledge base, and what people say of its answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

import strawberry

from resolvers import knowledge
from resolvers.call import Call
from resolvers.knowledge import Item
from resolvers.once import Result
from resolvers.refusals import Refusal
from schema.context import Ask
from schema.ids import code_or_nothing
from schema.knowledge import KnowledgeItem, item_now
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of

ITEM = ("该知识", "The item")


@strawberry.input(description="What an item says.")
class KnowledgeInput(KeyedInput):
    question: str = strawberry.field(description="As it is usually asked, at most 100 characters.")
    answer: str = strawberry.field(description="At most 4,000 characters; no personal data.")
    source: str = strawberry.field(description="What it stands on, at most 200 characters.")
    valid_from: date = strawberry.field(description="First local day it holds.")
    valid_to: date | None = strawberry.field(default=None, description="Last local day; left out: no end is set.")
    also_asked: list[str] = strawberry.field(
        default_factory=list, description="Other ways to ask, each at most 100 characters."
    )

    def item(self) -> Item:
        return Item(self.question, self.also_asked, self.answer, self.source, self.valid_from, self.valid_to)


@strawberry.input(description="Add an item to the knowledge base.")
class KnowledgeAddInput(KnowledgeInput):
    code: str = strawberry.field(description="2 to 40 letters, digits or hyphens; unique, for good.")
    division: strawberry.ID = strawberry.field(description="Where it holds: one of the caller's divisions or below.")


@strawberry.input(description="Write an item anew: all of it, as on adding.")
class KnowledgeAmendInput(KnowledgeInput):
    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")


@strawberry.input(description="Take an item back.")
class KnowledgeWithdrawInput(KeyedInput):
    id: strawberry.ID = strawberry.field(description="The item.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")


@strawberry.input(description="Say whether an answer helped.")
class KnowledgeJudgeInput(KeyedInput):
    id: strawberry.ID = strawberry.field(description="The item.")
    is_solved: bool = strawberry.field(description="已解决 or 没有解决.")


@strawberry.type(description="Answer of an action on the knowledge base.")
class KnowledgePayload:
    item: KnowledgeItem | None = strawberry.field(description="The item as it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def _act(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> KnowledgePayload:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return KnowledgePayload(item=None, user_errors=[error_of(refusal, info)])
    return KnowledgePayload(item=await item_now(info, result.object_id or 0), user_errors=[])


@strawberry.type
class KnowledgeMutation:
    @strawberry.mutation(
        description="新增知识: by a commander, shift leader, intake officer or community worker of the division or "
        "above."
    )
    async def knowledge_add(self, info: Ask, input: KnowledgeAddInput) -> KnowledgePayload:
        division = code_or_nothing(input.division, "Division")
        return await _act(
            info, input, lambda call: knowledge.add(info.context.db, call, input.code, division, input.item())
        )

    @strawberry.mutation(description="修改知识: write it anew; who may add it may amend it.")
    async def knowledge_amend(self, info: Ask, input: KnowledgeAmendInput) -> KnowledgePayload:
        async def run(call: Call) -> Result:
            item_id = key_of(input.id, "KnowledgeItem", "id", ITEM, info)
            return await knowledge.amend(info.context.db, call, item_id, input.item())

        return await _act(info, input, run)

    @strawberry.mutation(description="撤下知识: it is cited no more from now on.")
    async def knowledge_withdraw(self, info: Ask, input: KnowledgeWithdrawInput) -> KnowledgePayload:
        async def run(call: Call) -> Result:
            item_id = key_of(input.id, "KnowledgeItem", "id", ITEM, info)
            return await knowledge.withdraw(info.context.db, call, item_id)

        return await _act(info, input, run)

    @strawberry.mutation(
        description="有没有解决: what somebody says of an answer counts once, the last time they say it. Needs no "
        "account: a token of POST /guest will do."
    )
    async def knowledge_judge(self, info: Ask, input: KnowledgeJudgeInput) -> KnowledgePayload:
        async def run(call: Call) -> Result:
            item_id = key_of(input.id, "KnowledgeItem", "id", ITEM, info)
            return await knowledge.judge(info.context.db, call, item_id, input.is_solved)

        return await _act(info, input, run)
