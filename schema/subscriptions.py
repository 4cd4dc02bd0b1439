"""What can be followed live."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from db import tallies
from db.cases import CaseFilter
from db.clock import local_day
from resolvers.following import Follower, View, wait_for_news
from resolvers.measuring import Figures, Period, Subject, may_measure, measure
from resolvers.refusals import Code, Refusal
from schema import filters, ids
from schema.context import Ask, Context
from schema.events import CaseEvent
from schema.metrics import Metrics
from schema.places import Division
from schema.scalars import EventCursor

DAY_LOOK_SECONDS = 30.0  # a quiet division notices midnight this late at most
METRICS_SECONDS = 1.0  # a live value: at most one answer per second, the latest only

After = Annotated[
    EventCursor | None,
    strawberry.argument(description="Resume after this; without it the stream starts now, with a HEARTBEAT."),
]


Measured = Annotated[strawberry.ID, strawberry.argument(description="The division.")]
WithChildren = Annotated[bool, strawberry.argument(description="Whether its children are answered after it.")]


@strawberry.type(description="Streams, over graphql-transport-ws or server-sent events.")
class Subscription:
    @strawberry.subscription(
        description="New and changed cases of this view, in journal order, each once. "
        "A HEARTBEAT at least every 15 s carries the position. Ends only after RESYNC_REQUIRED."
    )
    async def case_events(
        self, info: Ask, after: After = None, filter: filters.StreamFilter = None
    ) -> AsyncIterator[CaseEvent]:
        context = info.context
        narrowed = await filters.case_filter(context.db, filter)
        viewer = context.viewer
        follower = Follower(context.db, context.feed, View(viewer.scope, narrowed), context.clock, viewer.standing)
        async for delivery in context.follow(follower, after):
            context.renew()
            yield CaseEvent(delivery=delivery)

    @strawberry.subscription(
        description="Figures of a division today (and, on request, of its children), at once and again when a case "
        "changes there: coalesced, at most once a second. Completes when your rights change."
    )
    async def metrics_changed(
        self, info: Ask, division: Measured, children: WithChildren = False
    ) -> AsyncIterator[list[Metrics]]:
        context = info.context
        subjects = await _measured(context, division, children)
        async for _ in _changes(context, subjects[0].path):
            context.renew()
            period = Period.of(None, None, context.clock())
            figures = await measure(context.db, context.viewer.scope, subjects, period, context.clock())
            if not context.viewer.standing.is_current:
                return
            yield [await _metrics(context, one) for one in figures if one is not None]


async def _measured(context: Context, division: str, children: bool) -> list[Subject]:
    row = await context.loaders.division.load(ids.code(division, "Division") or "")
    subject = None if row is None else Subject(tallies.DIVISION, row.code, row.path)
    if subject is None or not may_measure(context.viewer.scope, subject):
        raise Refusal(Code.NOT_FOUND, what="division")
    below = await context.loaders.children.load(subject.key) if children else []
    return [subject, *(Subject(tallies.DIVISION, child.code, child.path) for child in below)]


async def _changes(context: Context, path: str) -> AsyncIterator[None]:
    """Now, and again after events that concern a division; what happens within the interval is one change."""
    view = View(context.viewer.scope, CaseFilter(paths=(path,)))
    standing = context.viewer.standing
    seq, today, epoch = context.feed.head, local_day(context.clock()), context.feed.epoch
    yield
    while standing.is_current:
        news = context.feed.news
        if context.feed.epoch != epoch:  # restored: other cases, other figures, other numbers
            seq, epoch = context.feed.head, context.feed.epoch
            yield
        if local_day(context.clock()) != today:  # a new day starts from nothing, also where nothing happens
            today = local_day(context.clock())
            yield
        events = await context.feed.after(seq)
        seq = events[-1].seq if events else seq
        if any(view.kind_of(event) for event in events):
            await asyncio.sleep(METRICS_SECONDS)
            seq = context.feed.head
            yield
        elif not events:
            await wait_for_news(news, DAY_LOOK_SECONDS)


async def _metrics(context: Context, figures: Figures) -> Metrics:
    return Metrics(figures=figures, about=Division(row=await context.loaders.division.load(figures.subject.key)))
