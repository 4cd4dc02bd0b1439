"""Where answers are missing, on their way, and how fast they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import strawberry

from db import cases, deliveries
from db import journal as journals
from db.cases import CaseFilter, CaseListFilter
from db.vocabulary import CaseAction, CaseState, Channel
from resolvers import answers, templates
from resolvers.measuring import Period as Days
from schema import connection, filters, ids
from schema.cases import CaseConnection, case_connection
from schema.context import Ask
from schema.deliveries import Delivery, DeliveryConnection, DeliveryEdge
from schema.loaders import CasePage
from schema.metrics import MetricsPeriod
from schema.queries import path_of

ByChannels = Annotated[
    list[Channel] | None, strawberry.argument(description="Only on these channels, at most 10; all where left out.")
]


OfCase = Annotated[strawberry.ID, strawberry.argument(description="The case to answer.")]
ForAction = Annotated[
    CaseAction, strawberry.argument(description="The action that answers: RESPOND, DECLINE, VOID or REFUSE_REOPEN.")
]


@strawberry.type(description="回应模板: words for a response, filled in for a case.")
class ResponseTemplate:
    id: strawberry.ID = strawberry.field(description="For caseRespond.")
    code: str = strawberry.field(description="Code, unique.")
    name: str = strawberry.field(description="Chinese name.")
    text: str = strawberry.field(description="The words; …… where something is left for a person to fill in.")
    is_complete: bool = strawberry.field(description="Whether nothing is.")


@strawberry.type(description="How long dispositions of a period took to reach who handed the cases in.")
class AnswerSpeed:
    period: MetricsPeriod = strawberry.field(description="Local days on which the dispositions were given.")
    p50_seconds: int | None = strawberry.field(
        description="Half were delivered within so many seconds (nearest rank); null when none was."
    )
    p90_seconds: int | None = strawberry.field(description="Nine tenths were; null when none was.")
    count: int = strawberry.field(description="Dispositions whose answer was delivered.")
    unanswered: int = strawberry.field(description="Dispositions that still wait for it.")
    undeliverable: int = strawberry.field(description="Dispositions whose answer every channel failed to deliver.")


@strawberry.type
class AnswersQuery:
    @strawberry.field(
        description="Cases that were handled, or ended, more than 24 hours ago and whose submitter has no delivered "
        "response, or that have no disposition; newest first. Empty in a healthy city."
    )
    async def unanswered(
        self, info: Ask, division: filters.Of = None, first: filters.First = 20, after: filters.After = None
    ) -> CaseConnection:
        before = info.context.clock() - info.context.policy.unanswered_wait
        return await _listed(info, division, CaseListFilter(unanswered_before=before), first, after)

    @strawberry.field(
        description="Cases whose submitter asks to have them taken up again and has no answer yet, newest first; the "
        "clock REOPEN of each says until when."
    )
    async def reopen_requests(
        self, info: Ask, division: filters.Of = None, first: filters.First = 20, after: filters.After = None
    ) -> CaseConnection:
        asked = CaseListFilter(base=CaseFilter(states=frozenset({CaseState.REOPEN_REQUESTED})))
        return await _listed(info, division, asked, first, after)

    @strawberry.field(
        description="超期申诉: cases whose unit asks that their lateness does not count and has no decision yet, "
        "newest first; caseDecideAppeal decides."
    )
    async def lateness_appeals(
        self, info: Ask, division: filters.Of = None, first: filters.First = 20, after: filters.After = None
    ) -> CaseConnection:
        return await _listed(info, division, CaseListFilter(awaits_appeal=True), first, after)

    @strawberry.field(
        description="Templates for a response, filled in for a case, those for its matter first; at most 50. "
        "Empty for who may not answer it."
    )
    async def response_templates(
        self, info: Ask, case: OfCase, action: ForAction = CaseAction.RESPOND
    ) -> list[ResponseTemplate]:
        context = info.context
        number = ids.number(case, "Case") or 0
        found = await templates.suiting(context.db, context.viewer, number, action, context.clock())
        return [
            ResponseTemplate(
                id=ids.global_id("ResponseTemplate", one.id),
                code=one.code,
                name=one.name,
                text=one.text,
                is_complete=one.is_complete,
            )
            for one in found
        ]

    @strawberry.field(
        description="Deliveries of cases in scope that have no outcome yet, the longest waiting first: whom to call, "
        "what the duty desk has to sign for."
    )
    async def deliveries_waiting(
        self,
        info: Ask,
        division: filters.Of = None,
        channels: ByChannels = None,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> DeliveryConnection:
        size = connection.page_size(first)
        after_id = connection.id_after(after, "delivery")
        path = await path_of(info, division)
        db, scope = info.context.db, info.context.viewer.scope
        clauses = deliveries.waiting(scope, path=path, channels=answers.few(channels or ()))
        async with db.read() as session:
            rows = await deliveries.page(session, clauses, first=size + 1, after_id=after_id)

        async def count() -> int:
            async with db.read() as session:
                return await deliveries.count(session, clauses)

        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("delivery", row.id) for row in page.rows]
        edges = [DeliveryEdge(cursor=c, node=Delivery(row=row)) for c, row in zip(cursors, page.rows, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return DeliveryConnection(edges=edges, page_info=page_info, count=count)

    @strawberry.field(
        description="From disposition to delivered, of a division (the viewer's own where none is named); null where "
        "the viewer may not read its figures."
    )
    async def answer_speed(
        self, info: Ask, division: filters.Of = None, from_: filters.From = None, to: filters.To = None
    ) -> AnswerSpeed | None:
        path = await path_of(info, division)
        context = info.context
        period = Days.of(from_, to, context.clock())
        speed = await answers.speed(context.db, context.viewer.scope, path, period)
        if speed is None:
            return None
        return AnswerSpeed(
            period=MetricsPeriod(from_=period.first, to=period.last),
            p50_seconds=speed.p50,
            p90_seconds=speed.p90,
            count=speed.answered,
            unanswered=speed.unanswered,
            undeliverable=speed.undeliverable,
        )


async def _listed(
    info: Ask, division: strawberry.ID | None, narrowed: CaseListFilter, first: int, after: str | None
) -> CaseConnection:
    size = connection.page_size(first)
    before_id = connection.id_after(after, "case")
    path = await path_of(info, division)
    if path is not None:
        narrowed = replace(narrowed, base=replace(narrowed.base, paths=(path,)))
    context = info.context
    scope, now = context.viewer.scope, context.clock()
    async with context.db.snapshot() as session:
        seq = (await journals.position(session)).seq
        rows = await cases.page(session, scope, narrowed, now, first=size + 1, before_id=before_id)

    async def count() -> int:
        async with context.db.read() as session:
            return await cases.count(session, scope, narrowed, now)

    cursor = filters.event_cursor_at(info, seq)
    return case_connection(info, CasePage(rows, seq), size, after, cursor, count)
