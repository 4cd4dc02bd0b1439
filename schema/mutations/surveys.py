"""Answering, with an account or a token."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import cases
from resolvers import surveys
from resolvers.refusals import Refusal
from schema.context import Ask
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, error_of, key_of
from schema.surveys import Survey


@strawberry.input(description="Open the survey of an own case.")
class SurveyOpenInput(KeyedInput):
    case_id: strawberry.ID = strawberry.field(description="The case: closed, and handed in by the caller.")


@strawberry.type(description="Answer of surveyOpen.")
class SurveyOpenPayload:
    token: str | None = strawberry.field(description="For surveyAnswer, once; it replaces any older one.")
    expires_at: datetime | None = strawberry.field(description="Until when.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="The answer to a survey.")
class SurveyAnswerInput(KeyedInput):
    token: str = strawberry.field(description="The token.")
    is_solved: bool = strawberry.field(description="认可 or 未解决.")
    is_satisfied: bool | None = strawberry.field(default=None, description="满意 or 不满意; left out: not said.")
    note: str | None = strawberry.field(default=None, description="In their own words; at most 200 characters.")


@strawberry.input(description="Ask to have it taken up again, after 未解决.")
class SurveyReopenInput(KeyedInput):
    token: str = strawberry.field(description="The token that answered.")
    reason: str = strawberry.field(description="At most 200 characters.")


@strawberry.type(description="Answer of surveyAnswer and surveyReopen.")
class SurveyPayload:
    survey: Survey | None = strawberry.field(description="The survey as it is now; null when refused.")
    offers_reopening: bool = strawberry.field(description="Whether surveyReopen is open to them now.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="Take surveys to send.")
class SurveyInvitationsTakeInput(KeyedInput):
    first: int = strawberry.field(default=20, description="How many at most, 1 to 100.")


@strawberry.type(description="An invitation to a survey, for a gateway of text messages. Personal.")
class SurveyInvitation:
    case_number: str = strawberry.field(description="Number to quote.")
    phone: str | None = strawberry.field(description="Where to, in full; the access is on record.")
    token: str = strawberry.field(description="To put into the link.")
    expires_at: datetime = strawberry.field(description="Until when it can be answered.")


@strawberry.type(description="Answer of surveyInvitationsTake.")
class SurveyInvitationsTakePayload:
    invitations: list[SurveyInvitation] = strawberry.field(description="Oldest first; empty when none waits.")
    user_errors: list[UserError] = strawberry.field(description="Empty when they were taken.")


@strawberry.type
class SurveysMutation:
    @strawberry.mutation(description="The token of the survey of a case one handed in, for one's own app.")
    async def survey_open(self, info: Ask, input: SurveyOpenInput) -> SurveyOpenPayload:
        try:
            case_id = key_of(input.case_id, "Case", "caseId", payloads.CASE, info)
            token, until = await surveys.open_own(info.context.db, payloads.call_of(info, input), case_id)
        except Refusal as refusal:
            return SurveyOpenPayload(token=None, expires_at=None, user_errors=[error_of(refusal, info)])
        return SurveyOpenPayload(token=token, expires_at=until, user_errors=[])

    @strawberry.mutation(
        description="评价: answer a survey by its token, once. Needs no account: a token of POST /guest will do."
    )
    async def survey_answer(self, info: Ask, input: SurveyAnswerInput) -> SurveyPayload:
        try:
            await surveys.answer(
                info.context.db,
                payloads.call_of(info, input),
                input.token,
                is_solved=input.is_solved,
                is_satisfied=input.is_satisfied,
                note=input.note,
            )
        except Refusal as refusal:
            return SurveyPayload(survey=None, offers_reopening=False, user_errors=[error_of(refusal, info)])
        return await _payload(info, input.token)

    @strawberry.mutation(
        description="申请重办: after 未解决, ask with the same token to have the case taken up again, once."
    )
    async def survey_reopen(self, info: Ask, input: SurveyReopenInput) -> SurveyPayload:
        try:
            call = payloads.call_of(info, input)
            await surveys.request_reopen(info.context.db, call, input.token, input.reason)
        except Refusal as refusal:
            return SurveyPayload(survey=None, offers_reopening=False, user_errors=[error_of(refusal, info)])
        return await _payload(info, input.token)

    @strawberry.mutation(
        description="A gateway of text messages takes the surveys it is to send, each with a token that counts from "
        "now on. The same key gives the same surveys again, with new tokens."
    )
    async def survey_invitations_take(
        self, info: Ask, input: SurveyInvitationsTakeInput
    ) -> SurveyInvitationsTakePayload:
        try:
            found = await surveys.take_invitations(info.context.db, payloads.call_of(info, input), input.first)
        except Refusal as refusal:
            return SurveyInvitationsTakePayload(invitations=[], user_errors=[error_of(refusal, info)])
        invitations = [
            SurveyInvitation(
                case_number=cases.number_of(row), phone=row.submitter_phone, token=token, expires_at=row.expires_at
            )
            for row, token in found
        ]
        return SurveyInvitationsTakePayload(invitations=invitations, user_errors=[])


async def _payload(info: Ask, token: str) -> SurveyPayload:
    context = info.context
    found = await surveys.find(context.db, context.viewer.realm, token)
    assert found is not None, "it was there a moment ago"
    offers = surveys.offers_reopening(found, context.clock(), context.policy)
    return SurveyPayload(
        survey=Survey(row=found.survey, case_row=found.case), offers_reopening=offers, user_errors=[]
    )
