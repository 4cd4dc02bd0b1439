"""Relating cases, dividing one among many units, and answering it once."""

from __future__ import annotations

import strawberry

from db.vocabulary import CaseOutcome
from resolvers import children, links
from schema.context import Ask
from schema.mutations import payloads
from schema.mutations.intake import DispositionInput
from schema.mutations.payloads import CaseActionInput, CasePayload, act_on_case, key_of, optional_key

OTHER = ("另一事件", "The other case")


@strawberry.input(description="Relate a case to another.")
class CaseLinkInput(CaseActionInput):
    other_id: strawberry.ID = strawberry.field(description="The other case, open or ended; in scope.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Take a relation between two cases back.")
class CaseUnlinkInput(CaseActionInput):
    other_id: strawberry.ID = strawberry.field(description="The other case.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.input(description="Give a part of a case to one of many units.")
class CaseAddChildInput(CaseActionInput):
    department: strawberry.ID = strawberry.field(description="The unit of this part, of the case's place or above.")
    task: str = strawberry.field(description="What the unit is asked to do; at most 4,000 characters.")
    matter: strawberry.ID | None = strawberry.field(
        default=None, description="What this part is about; the case's own matter where left out. Sets its limit."
    )


@strawberry.input(description="Answer a case whose parts are done, once.")
class CaseCombineReplyInput(CaseActionInput):
    outcome: CaseOutcome = strawberry.field(description="What became of the whole.")
    disposition: DispositionInput = strawberry.field(description="Finding and decision on the whole.")
    response: str = strawberry.field(description="The one reply to who handed it in; at most 4,000 characters.")


@strawberry.type
class ChildrenMutation:
    @strawberry.mutation(description="关联: relate a case to another; both hear of it.")
    async def case_link(self, info: Ask, input: CaseLinkInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: links.link(
                info.context.db, call, case, key_of(input.other_id, "Case", "otherId", OTHER, info), input.reason
            ),
        )

    @strawberry.mutation(description="取消关联: take a relation back; both hear of it.")
    async def case_unlink(self, info: Ask, input: CaseUnlinkInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: links.unlink(
                info.context.db, call, case, key_of(input.other_id, "Case", "otherId", OTHER, info), input.reason
            ),
        )

    @strawberry.mutation(description="分办: give a part to a unit, as a case of its own that is dispatched at once.")
    async def case_add_child(self, info: Ask, input: CaseAddChildInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: children.add_child(
                info.context.db,
                call,
                case,
                key_of(input.department, "Department", "department", payloads.DEPARTMENT, info),
                input.task,
                optional_key(input.matter, "Matter", "matter", payloads.MATTER, info),
            ),
        )

    @strawberry.mutation(
        description="合并答复: report a divided case handled, with one disposition and one response, once its parts "
        "are done."
    )
    async def case_combine_reply(self, info: Ask, input: CaseCombineReplyInput) -> CasePayload:
        return await act_on_case(
            info,
            input,
            lambda call, case: children.combine_reply(
                info.context.db,
                call,
                case,
                outcome=input.outcome,
                disposition=input.disposition.value(),
                response=input.response,
            ),
        )
