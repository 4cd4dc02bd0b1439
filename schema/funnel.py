"""From taken up to agreed with: how far the cases of a period have come."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import funnel
from db.funnel import Funnel
from db.indicators import Span
from resolvers.measuring import Period
from schema import filters
from schema.context import Ask
from schema.metrics import MetricsPeriod
from schema.shown import Shown, own
from schema.unit_board import OfDivision, measured_path


@strawberry.type(
    description="答复漏斗: of the cases handed in during a period, how many have come how far in their present "
    "round. Duplicates that were merged are left out: their master is answered."
)
class AnswerFunnel(Shown):
    row: strawberry.Private[Funnel]

    as_of: datetime = strawberry.field(description="When it was counted.")
    period: MetricsPeriod = strawberry.field(description="Days on which the cases were handed in.")
    submitted: int = own("上报: handed in.")
    accepted: int = own("受理: taken up.")
    responded: int = own("回应: a response was written.")
    disposed: int = own("处理意见: a disposition was given.")
    delivered: int = own("送达: a response was delivered.")
    confirmed: int = own("认可: the submitter calls it solved.")
    unconfirmed: int = own("不认可: the submitter says that it is not solved.")


@strawberry.type
class FunnelQuery:
    @strawberry.field(
        description="How far the cases of a division and below have come that were handed in during a period; null "
        "where the viewer may not read its figures."
    )
    async def answer_funnel(
        self, info: Ask, division: OfDivision, from_: filters.From = None, to: filters.To = None
    ) -> AnswerFunnel | None:
        path = await measured_path(info, division)
        context = info.context
        now = context.clock()
        period = Period.of(from_, to, now)
        if path is None:
            return None
        async with context.db.read() as session:
            row = await funnel.count(session, context.viewer.realm, path, Span.of(period.first, period.last))
        return AnswerFunnel(row=row, as_of=now, period=MetricsPeriod(from_=period.first, to=period.last))
