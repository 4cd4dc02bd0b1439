"""What people without an account may see and say, and what it adds up to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import cases
from db.cases import CaseRow
from db.vocabulary import CaseKind, CaseOutcome, CaseState, PlainStage
from resolvers import surveys, tokens
from resolvers.measuring import Period
from resolvers.rules import clocks
from schema import filters
from schema.commitments import next_promise
from schema.context import Ask
from schema.metrics import MetricsPeriod, Rate
from schema.plain import PlainStep, plain_steps
from schema.queries import path_of
from schema.shown import Shown, own

ByToken = Annotated[str, strawberry.argument(description="The token; send it by POST, never in an address.")]
TheNumber = Annotated[str, strawberry.argument(description="Number of the case.")]


@strawberry.type(description="What somebody was told.")
class ToldWords(Shown):
    row: strawberry.Private[Any]

    text: str = own("The words.")
    at: datetime = own("When it was written.")


@strawberry.type
class PlainCase:
    """What whoever holds a token of a case sees of it."""

    case_row: strawberry.Private[CaseRow]

    @strawberry.field(description="Number to quote.")
    def number(self) -> str:
        return cases.number_of(self.case_row)

    @strawberry.field(description="Matter and place; never a person.")
    def title(self) -> str:
        return str(self.case_row.title)

    @strawberry.field(description="When it was handed in.")
    def submitted_at(self) -> datetime:
        return self.case_row.submitted_at  # type: ignore[no-any-return]

    @strawberry.field(description="Name of the unit that answers for it; null before dispatch.")
    async def unit(self, info: Ask) -> str | None:
        unit_id = self.case_row.responsible_unit_id
        unit = None if unit_id is None else await info.context.loaders.department.load(unit_id)
        return None if unit is None else str(unit.name)

    @strawberry.field(description="What became of it; null while nothing has.")
    def outcome(self) -> CaseOutcome | None:
        return self.case_row.outcome  # type: ignore[no-any-return]

    @strawberry.field(description="What was told so far, oldest first; short: the answers to one case.")
    async def responses(self, info: Ask) -> list[ToldWords]:
        loaders = info.context.loaders
        masters = [] if self.case_row.merged_into_id is None else await loaders.masters.load(self.case_row.id)
        found = await loaders.responses.load_many([self.case_row.id, *masters])
        return [ToldWords(row=row) for rows in found for row in rows]


@strawberry.type(description="How a case goes, for who has its number and token.")
class Progress(PlainCase):
    @strawberry.field(description="Where it is, in four plain stages.")
    def plain_stage(self) -> PlainStage:
        return clocks.plain_stage(self.case_row)

    @strawberry.field(description="The four plain stages in their order, with the times they were reached.")
    async def plain_steps(self, info: Ask) -> list[PlainStep]:
        return await plain_steps(info, self.case_row)

    @strawberry.field(description="What it is.")
    def kind(self) -> CaseKind:
        return self.case_row.kind  # type: ignore[no-any-return]

    @strawberry.field(
        description="Until when the unit has to handle it, by the standard of the matter; null before it is "
        "registered and while the clock stands still."
    )
    def due_at(self) -> datetime | None:
        return self.case_row.due_at if self.case_row.clock_runs else None

    @strawberry.field(description="How often it was urged, over all rounds.")
    def urges(self) -> int:
        return self.case_row.urges or 0

    @strawberry.field(description="The next date that was promised; null where nothing is.")
    def promised_at(self) -> datetime | None:
        return next_promise(self.case_row)


@strawberry.type(description="评价: what whoever handed a case in is asked once it is closed.")
class Survey(PlainCase):
    row: strawberry.Private[Any]

    @strawberry.field(description="Until when it can be answered.")
    def expires_at(self) -> datetime:
        return self.row.expires_at  # type: ignore[no-any-return]

    @strawberry.field(description="When it was answered; null before.")
    def answered_at(self) -> datetime | None:
        return self.row.answered_at  # type: ignore[no-any-return]

    @strawberry.field(description="Whether it can be answered now.")
    def is_open(self, info: Ask) -> bool:
        case, survey = self.case_row, self.row
        is_current = case.state is CaseState.CLOSED and case.round == survey.round
        return is_current and survey.answered_at is None and survey.expires_at > info.context.clock()


@strawberry.type(description="What people said of cases that were closed in a period.")
class Satisfaction:
    period: MetricsPeriod = strawberry.field(description="Local days on which the cases were closed.")
    satisfaction_rate: Rate = strawberry.field(description="Satisfied, of those who answered.")
    solved_rate: Rate = strawberry.field(description="Said it is solved, of those who answered.")
    answered: int = strawberry.field(description="Surveys that were answered.")
    unanswered: int = strawberry.field(description="Surveys that were not, whether they still may be or not.")


@strawberry.type
class SurveysQuery:
    @strawberry.field(
        description="The survey of a token; null for what is none. Needs no account: a token of POST /guest will do."
    )
    async def survey(self, info: Ask, token: ByToken) -> Survey | None:
        found = await surveys.find(info.context.db, info.context.viewer.realm, token)
        return None if found is None else Survey(row=found.survey, case_row=found.case)

    @strawberry.field(
        description="How a case goes, by number and poll token; null where they do not belong together or the token "
        "is over. Needs no account: a token of POST /guest will do."
    )
    async def progress(self, info: Ask, number: TheNumber, token: ByToken) -> Progress | None:
        context = info.context
        found = await tokens.opened_by(context.db, context.viewer.realm, number, token, context.clock())
        return None if found is None else Progress(case_row=found.case)

    @strawberry.field(
        description="What people said at a division (the viewer's own where none is named); null where the viewer "
        "may not read its figures."
    )
    async def satisfaction(
        self, info: Ask, division: filters.Of = None, from_: filters.From = None, to: filters.To = None
    ) -> Satisfaction | None:
        path = await path_of(info, division)
        context = info.context
        period = Period.of(from_, to, context.clock())
        found = await surveys.satisfaction(context.db, context.viewer.scope, path, period)
        if found is None:
            return None
        return Satisfaction(
            period=MetricsPeriod(from_=period.first, to=period.last),
            satisfaction_rate=Rate(numerator=found.satisfied, denominator=found.answered),
            solved_rate=Rate(numerator=found.solved, denominator=found.answered),
            answered=found.answered,
            unanswered=found.unanswered,
        )
