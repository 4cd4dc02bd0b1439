"""Publishing a period: from then on nothing moves it."""

from __future__ import annotations

from datetime import date

import strawberry

from db import publications
from resolvers import publishing
from resolvers.measuring import LONGEST_DAYS, Period
from resolvers.refusals import Code, Refusal
from schema import ids
from schema.assessment import AssessmentPublication
from schema.context import Ask
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of

DIVISION = ("该行政区划", "The division")


@strawberry.input(description="Freeze a period of a division and everything below it.")
class AssessmentPublishInput(KeyedInput):
    division: strawberry.ID = strawberry.field(description="A division the caller commands.")
    scheme: str = strawberry.field(description="Code of the scheme, e.g. JIANGSU_DUAL.")
    from_: date = strawberry.field(name="from", description="First local day.")
    to: date = strawberry.field(description="Last local day; it must be over. At most 366 days.")


@strawberry.type(description="Answer of assessmentPublish.")
class AssessmentPublicationPayload:
    publication: AssessmentPublication | None = strawberry.field(description="What was published; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


def _period(first: date, last: date) -> Period:
    if first > last or (last - first).days >= LONGEST_DAYS:
        raise Refusal(
            Code.INVALID_INPUT,
            field=["from"],
            expected=f"不晚于截止日，且不超过 {LONGEST_DAYS} 天",
            expected_en=f"not after `to`, and at most {LONGEST_DAYS} days",
        )
    return Period(first, last)


def _division_code(info: Ask, id_: strawberry.ID) -> str:
    try:
        found = ids.code(id_, "Division")
    except Refusal:
        found = None
    if found is None:
        what = DIVISION[0] if info.context.viewer.language == "zh" else DIVISION[1]
        raise Refusal(Code.NOT_FOUND, field=["division"], what=what)
    return found


@strawberry.type
class AssessmentMutation:
    @strawberry.mutation(
        description="公布考核: a commander freezes a period. Later changes of cases, weights or schemes do not move "
        "it; what a level below has published already stays as it is."
    )
    async def assessment_publish(self, info: Ask, input: AssessmentPublishInput) -> AssessmentPublicationPayload:
        context = info.context
        try:
            code = _division_code(info, input.division)
            period = _period(input.from_, input.to)
            result = await publishing.publish(context.db, call_of(info, input), code, period, input.scheme)
        except Refusal as refusal:
            return AssessmentPublicationPayload(publication=None, user_errors=[error_of(refusal, info)])
        async with context.db.read() as session:
            rows = await publications.by_ids(session, [result.object_id or 0])
        row = rows.get(result.object_id or 0)
        shown = None if row is None else AssessmentPublication(row=row)
        return AssessmentPublicationPayload(publication=shown, user_errors=[])
