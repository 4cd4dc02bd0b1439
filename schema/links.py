"""Related cases, as a case shows them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from db.cases import columns_of
from resolvers.rules import access
from schema.context import Ask
from schema.shown import hides_words, is_in_view

if TYPE_CHECKING:
    from schema.cases import Case


@strawberry.type(description="关联: a case that has to do with this one.")
class CaseLink:
    case: Annotated[Case, strawberry.lazy("schema.cases")] = strawberry.field(description="The other case.")
    since: datetime = strawberry.field(description="Since when the two are linked.")
    reason: str | None = strawberry.field(
        description="Why; null for submitters, service providers, walls and analysts, and on events."
    )


@strawberry.type
class LinkedCase:
    """What a case shows of related ones."""

    row: strawberry.Private[Any]

    @strawberry.field(description="Related cases that the viewer may see, oldest link first; unpaged, at most 50.")
    async def links(self, info: Ask) -> list[CaseLink]:
        from schema.cases import Case as Noun  # noqa: PLC0415  # which imports this module

        if not await is_in_view(info, self.row):
            return []
        hides = hides_words(info, self.row) or access.hides_notes(info.context.viewer.scope, columns_of(self.row))
        rows = await info.context.loaders.links.load(self.row.id)
        others = await info.context.loaders.case.load_many(
            [row.second_id if row.first_id == self.row.id else row.first_id for row in rows]
        )
        return [
            CaseLink(case=Noun(row=other), since=row.at, reason=None if hides else row.reason)
            for row, other in zip(rows, others, strict=True)
            if other is not None
        ]
