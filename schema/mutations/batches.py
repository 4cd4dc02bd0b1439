"""Deciding for a class of cases at once."""

from __future__ import annotations

import strawberry

from db.vocabulary import CaseOutcome, DeclineReason
from db.vocabulary.batches import BatchKind
from resolvers import batches, texts
from resolvers.batches import BatchChoice
from resolvers.refusals import Code, Refusal
from schema import filters
from schema.batches import BatchDecision, batch_now
from schema.context import Ask
from schema.mutations.intake import DispositionInput
from schema.mutations.payloads import CASE, KeyedInput, UserError, call_of, error_of, key_of


@strawberry.input(description="Report every case handled, and answer it.")
class BatchDisposeInput:
    outcome: CaseOutcome = strawberry.field(description="What became of each.")
    disposition: DispositionInput = strawberry.field(description="Finding and decision for each.")
    response: str = strawberry.field(description="What each submitter is told; at most 4,000 characters.")


@strawberry.input(description="Decline every case, and answer why.")
class BatchDeclineInput:
    reason: DeclineReason = strawberry.field(description="Why.")
    outcome: CaseOutcome = strawberry.field(description="NOT_OURS or NO_PROBLEM_FOUND.")
    disposition: DispositionInput = strawberry.field(description="The decision.")
    response: str = strawberry.field(description="What each submitter is told.")
    suggested_channel: str = strawberry.field(description="Where they may turn; at most 200 characters.")


@strawberry.input(description="Tell every submitter the same.")
class BatchRespondInput:
    text: str = strawberry.field(description="At most 4,000 characters.")


@strawberry.input(description="Close every case.")
class BatchCloseInput:
    outcome: CaseOutcome | None = strawberry.field(default=None, description="Each case's own where left out.")


@strawberry.input(description="One decision for a class of cases: name cases or a filter, and one decision.")
class CaseBatchDecideInput(KeyedInput):
    case_ids: list[strawberry.ID] | None = strawberry.field(default=None, description="1 to 100 cases; or a filter.")
    filter: filters.CaseFilter | None = strawberry.field(
        default=None, description="All cases in scope that match, at most 100; or their ids."
    )
    dispose: BatchDisposeInput | None = strawberry.field(default=None, description="To report each handled.")
    decline: BatchDeclineInput | None = strawberry.field(default=None, description="To decline each.")
    respond: BatchRespondInput | None = strawberry.field(default=None, description="To tell each the same.")
    close: BatchCloseInput | None = strawberry.field(default=None, description="To close each.")


@strawberry.type(description="Answer of caseBatchDecide.")
class BatchDecisionPayload:
    batch: BatchDecision | None = strawberry.field(description="What became of each case; null when all was refused.")
    user_errors: list[UserError] = strawberry.field(description="Why the whole was refused; empty otherwise.")


def _choice(given: CaseBatchDecideInput) -> BatchChoice:
    """The one decision that was given, its words checked before the first case is touched."""
    found: list[BatchChoice] = []
    if given.dispose is not None:
        what = given.dispose
        told = texts.text(what.response, "dispose.response")
        found.append(BatchChoice(BatchKind.DISPOSE, what.outcome, what.disposition.value(), told))
    if given.decline is not None:
        no = given.decline
        told = texts.text(no.response, "decline.response")
        channel = texts.text(no.suggested_channel, "decline.suggestedChannel", limit=texts.SHORT)
        found.append(BatchChoice(BatchKind.DECLINE, no.outcome, no.disposition.value(), told, no.reason, channel))
    if given.respond is not None:
        found.append(BatchChoice(BatchKind.RESPOND, response=texts.text(given.respond.text, "respond.text")))
    if given.close is not None:
        found.append(BatchChoice(BatchKind.CLOSE, given.close.outcome))
    if len(found) != 1:
        raise Refusal(
            Code.INVALID_INPUT,
            field=["dispose"],
            expected="请给出且只给出一种决定",
            expected_en="exactly one of dispose, decline, respond, close",
        )
    return found[0]


@strawberry.type
class BatchMutation:
    @strawberry.mutation(
        description="处置一类事: one decision for up to 100 cases, each with its own event, step and words; what is "
        "refused is refused by itself. The same key goes on where it stopped."
    )
    async def case_batch_decide(self, info: Ask, input: CaseBatchDecideInput) -> BatchDecisionPayload:
        try:
            call, choice = call_of(info, input), _choice(input)
            if (input.case_ids is None) == (input.filter is None):
                raise Refusal(
                    Code.INVALID_INPUT, field=["caseIds"], expected="与筛选条件二选一", expected_en="ids or a filter"
                )
            named = None
            if input.case_ids is not None:
                named = [key_of(one, "Case", "caseIds", CASE, info) for one in input.case_ids]
            narrowed = None if input.filter is None else await filters.case_list_filter(info, input.filter)
            result = await batches.decide(info.context.db, call, choice, named, narrowed)
        except Refusal as refusal:
            return BatchDecisionPayload(batch=None, user_errors=[error_of(refusal, info)])
        info.context.renew()  # what was loaded before is out of date
        return BatchDecisionPayload(batch=await batch_now(info, result.object_id or 0), user_errors=[])
