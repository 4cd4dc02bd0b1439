"""Asking people, voting, and answering those who took part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from resolvers import consultations
from resolvers.call import Call
from resolvers.consultations import Question
from resolvers.once import Result
from resolvers.refusals import Refusal
from schema.consultations import Consultation, find_consultation
from schema.context import Ask
from schema.filters import aware
from schema.ids import code_or_nothing
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of

WHAT = ("该征求意见", "The consultation")


@strawberry.input(description="Ask the people of a division.")
class ConsultationOpenInput(KeyedInput):
    division: strawberry.ID = strawberry.field(description="Whose people; one of the caller's divisions or below.")
    title: str = strawberry.field(description="At most 60 characters.")
    text: str = strawberry.field(description="What is asked, at most 4,000 characters; no personal data.")
    options: list[str] = strawberry.field(description="2 to 10 different ones, each at most 40 characters.")
    closes_at: datetime = strawberry.field(description="Until when people may vote.")
    answer_by: datetime = strawberry.field(description="Until when they are to be answered; after it closes.")
    opens_at: datetime | None = strawberry.field(default=None, description="From when on; now where left out.")


@strawberry.input(description="Vote.")
class ConsultationVoteInput(KeyedInput):
    id: strawberry.ID = strawberry.field(description="The consultation.")
    choice: int = strawberry.field(description="Place in the options, from 0.")
    words: str | None = strawberry.field(default=None, description="In their own words; at most 500 characters.")


@strawberry.input(description="Answer everybody who took part.")
class ConsultationAnswerInput(KeyedInput):
    id: strawberry.ID = strawberry.field(description="The consultation.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")
    text: str = strawberry.field(description="What becomes of it, at most 4,000 characters; no personal data.")


@strawberry.input(description="Take a consultation back.")
class ConsultationWithdrawInput(KeyedInput):
    id: strawberry.ID = strawberry.field(description="The consultation.")
    expected_version: int = strawberry.field(description="Version the client saw; CONFLICT when it has moved on.")


@strawberry.type(description="Answer of an action on a consultation.")
class ConsultationPayload:
    consultation: Consultation | None = strawberry.field(description="As it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


async def _act(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> ConsultationPayload:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return ConsultationPayload(consultation=None, user_errors=[error_of(refusal, info)])
    return ConsultationPayload(consultation=await find_consultation(info, result.object_id or 0), user_errors=[])


@strawberry.type
class ConsultationMutation:
    @strawberry.mutation(
        description="发起征求意见: by a commander, shift leader or community worker of the division or above."
    )
    async def consultation_open(self, info: Ask, input: ConsultationOpenInput) -> ConsultationPayload:
        async def run(call: Call) -> Result:
            given = Question(
                input.title,
                input.text,
                input.options,
                aware(input.opens_at, "opensAt"),
                aware(input.closes_at, "closesAt") or call.now,
                aware(input.answer_by, "answerBy") or call.now,
            )
            division = code_or_nothing(input.division, "Division")
            return await consultations.open_one(info.context.db, call, division, given)

        return await _act(info, input, run)

    @strawberry.mutation(
        description="投票: one vote a person, residents and enterprises with an account; until it closes the last "
        "one counts."
    )
    async def consultation_vote(self, info: Ask, input: ConsultationVoteInput) -> ConsultationPayload:
        async def run(call: Call) -> Result:
            number = key_of(input.id, "Consultation", "id", WHAT, info)
            return await consultations.vote(info.context.db, call, number, input.choice, input.words)

        return await _act(info, input, run)

    @strawberry.mutation(
        description="答复征求意见: once it is over, everybody who took part is told what becomes of it."
    )
    async def consultation_answer(self, info: Ask, input: ConsultationAnswerInput) -> ConsultationPayload:
        async def run(call: Call) -> Result:
            number = key_of(input.id, "Consultation", "id", WHAT, info)
            return await consultations.answer(info.context.db, call, number, input.text)

        return await _act(info, input, run)

    @strawberry.mutation(description="撤回征求意见: before anybody has voted.")
    async def consultation_withdraw(self, info: Ask, input: ConsultationWithdrawInput) -> ConsultationPayload:
        async def run(call: Call) -> Result:
            number = key_of(input.id, "Consultation", "id", WHAT, info)
            return await consultations.withdraw(info.context.db, call, number)

        return await _act(info, input, run)
