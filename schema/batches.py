"""One decision for a class of cases, and how far it has come."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db import batches
from db.vocabulary.batches import BatchItemState, BatchKind
from resolvers.batches import batch_of
from resolvers.refusals import Code, Refusal
from schema import ids
from schema.context import Ask
from schema.ids import global_id
from schema.shown import Shown, own

if TYPE_CHECKING:
    from schema.cases import Case

OneBatch = Annotated[strawberry.ID, strawberry.argument(description="Id of the batch decision.")]


@strawberry.type(description="What became of one case of a class.")
class BatchItem(Shown):
    row: strawberry.Private[Any]

    position: int = own("Its turn, from 1.")
    state: BatchItemState = own("Whether it was decided, or refused.")
    settled_at: datetime | None = own("When; null while it is pending.")

    @strawberry.field(description="The case; null where the viewer may not see it, or no longer.")
    async def case(self, info: Ask) -> Annotated[Case, strawberry.lazy("schema.cases")] | None:
        from schema.cases import Case as Noun  # noqa: PLC0415  # which imports what every noun may

        row = await info.context.loaders.case.load(self.row.case_id)
        return None if row is None else Noun(row=row)

    @strawberry.field(description="Code of the refusal, as the single action would have given; null where done.")
    def code(self) -> Code | None:
        return None if self.row.code is None else Code(self.row.code)

    @strawberry.field(description="The refusal's sentence, in the caller's language; null where done.")
    def message(self, info: Ask) -> str | None:
        if self.row.code is None:
            return None
        refusal = Refusal(Code(self.row.code), field=self.row.field_names or (), **(self.row.sentence_values or {}))
        return refusal.message(info.context.viewer.language)


@strawberry.type(description="处置一类事: one decision for a class of cases; each has its own event, step and words.")
class BatchDecision(Shown):
    row: strawberry.Private[batches.BatchRow]
    rows: strawberry.Private[list[Any]]

    @strawberry.field(description="Opaque id.")
    def id(self) -> strawberry.ID:
        return global_id("BatchDecision", self.row.id)

    kind: BatchKind = own("What was decided.")
    at: datetime = own("When it was made.")
    made_by_name: str = own("Unit or place of who made it.")

    @strawberry.field(description="How many cases it is for.")
    def total(self) -> int:
        return len(self.rows)

    @strawberry.field(description="How many are decided.")
    def done(self) -> int:
        return self._count(BatchItemState.DONE)

    @strawberry.field(description="How many were refused.")
    def refused(self) -> int:
        return self._count(BatchItemState.REFUSED)

    @strawberry.field(description="How many still wait; send the same mutation again where this stays above 0.")
    def pending(self) -> int:
        return self._count(BatchItemState.PENDING)

    @strawberry.field(description="Each case, in order; unpaged, at most 100.")
    def items(self) -> list[BatchItem]:
        return [BatchItem(row=row) for row in self.rows]

    def _count(self, state: BatchItemState) -> int:
        return sum(row.state is state for row in self.rows)


async def batch_now(info: Ask, batch_id: int) -> BatchDecision | None:
    row = await batch_of(info.context.db, info.context.viewer, batch_id)
    if row is None:
        return None
    async with info.context.db.read() as session:
        return BatchDecision(row=row, rows=await batches.items_of(session, row.id))


@strawberry.type
class BatchQuery:
    @strawberry.field(
        description="A decision for a class of cases and its progress, for who made it and for shift leaders and "
        "commanders above; null for others."
    )
    async def batch_decision(self, info: Ask, id: OneBatch) -> BatchDecision | None:
        number = ids.number(id, "BatchDecision")
        return None if number is None else await batch_now(info, number)
