"""Being there, on record."""

from __future__ import annotations

from datetime import datetime

import strawberry

from resolvers import visits
from schema.context import Ask
from schema.filters import aware
from schema.mutations import payloads
from schema.mutations.intake import PointInput
from schema.mutations.payloads import CasePayload, CaseTouchInput, EvidenceInput, act_on_case


@strawberry.input(description="Record a visit to the place of a case.")
class CaseVisitInput(CaseTouchInput):
    point: PointInput = strawberry.field(description="Where the phone was; kept, never shown.")
    visited_at: datetime | None = strawberry.field(
        default=None, description="When, by the phone; now where left out. Not before the case was handed in."
    )
    note: str | None = strawberry.field(default=None, description="Internal; at most 200 characters.")
    evidence: list[EvidenceInput] | None = strawberry.field(default=None, description="Photos, at most 9.")


@strawberry.type
class VisitMutation:
    @strawberry.mutation(
        description="走访: who works the case was there. Near enough to its place (500 m; 2 km where only the grid "
        "is known) it is the proof that some standards ask for before a case is closed."
    )
    async def case_visit(self, info: Ask, input: CaseVisitInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: visits.visit(
                info.context.db,
                call,
                case,
                point=(input.point.longitude, input.point.latitude),
                visited_at=aware(input.visited_at, "visitedAt"),
                note=input.note,
                evidence=payloads.evidence_of(input.evidence),
            ),
        )
