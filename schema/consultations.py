"""征求意见: what a division asks its people, and what it came to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import strawberry

from db import consultations
from db.vocabulary import SubjectKind
from db.vocabulary.consultations import ConsultationState
from resolvers import consultations as asking
from resolvers.following import notices
from resolvers.refusals import Code, Refusal
from resolvers.rules import access
from schema import connection, filters, ids
from schema.connection import PageInfo
from schema.context import Ask
from schema.ids import global_id
from schema.places import Division
from schema.queries import path_of
from schema.scalars import PageCursor
from schema.shown import Shown, own

TheId = Annotated[strawberry.ID, strawberry.argument(description="Its global id.")]
Somewhere = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="What concerns this division: its own, those above and below; of the app's."),
]
FromDivision = Annotated[strawberry.ID, strawberry.argument(description="Its own and those below.")]
OnlyOverdue = Annotated[
    bool, strawberry.argument(description="Only those that wait too long for their answer, whatever `state` says.")
]
PROGRESS_MOST = 100
OfState = Annotated[ConsultationState, strawberry.argument(description="Only of this state.")]


@strawberry.type(description="An option and how many chose it.")
class OptionVotes:
    option: str = strawberry.field(description="The option.")
    votes: int = strawberry.field(description="People who chose it.")


@strawberry.type(description="What several people spoke of.")
class Topic:
    term: str = strawberry.field(description="A phrase of 2 to 8 characters, or a word of letters.")
    people: int = strawberry.field(description="How many people used it; at least two.")


@strawberry.type(description="意见汇总: what a consultation came to.")
class ConsultationDigest:
    voters: int = strawberry.field(description="People who took part; one vote each.")
    options: list[OptionVotes] = strawberry.field(description="In the order they were offered.")
    spoke: int = strawberry.field(description="How many said something in their own words, too.")
    topics: list[Topic] = strawberry.field(description="What several of them spoke of, most first; at most 10.")


@strawberry.type(description="What one person chose and said.")
class OwnVote(Shown):
    row: strawberry.Private[Any]

    choice: int = own("Place in the options, from 0.")
    words: str | None = own("In their own words; null where they said nothing.")
    at: datetime = own("When they last voted.")


@strawberry.type(description="What somebody said, without who.")
class SaidWords(Shown):
    row: strawberry.Private[Any]

    choice: int = own("Place in the options, from 0.")

    @strawberry.field(description="Their words, long numbers masked.")
    def words(self) -> str:
        return access.masked_words(self.row.words)


@strawberry.type(description="Words in a list.")
class SaidWordsEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: SaidWords = strawberry.field(description="The words.")


@strawberry.type(description="A page of words.")
class SaidWordsConnection:
    edges: list[SaidWordsEdge] = strawberry.field(description="This page, in the order people first voted.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")


@strawberry.type(description="征求意见: a division asks its people; one person, one vote.")
class Consultation(Shown):
    row: strawberry.Private[Any]

    version: int = own("Counts its changes.")
    title: str = own("What it is about.")
    text: str = own("What is asked.")
    options: list[str] = own("What may be chosen, 2 to 10.")
    opens_at: datetime = own("From when on people may vote.")
    closes_at: datetime = own("Until when.")
    answer_by: datetime = own("Until when those who took part are to be answered.")
    asked_name: str = own("Who asks.")
    answer: str | None = own("What those who took part were told; null before.")
    answered_at: datetime | None = own("When; null before.")
    flagged_at: datetime | None = own("When it was called overdue, once; it stays when answered. Null for never.")

    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        return global_id("Consultation", self.row.id)

    @strawberry.field(description="Whose people are asked.")
    async def division(self, info: Ask) -> Division:
        return Division(row=await info.context.loaders.division.load(self.row.division_code))

    @strawberry.field(description="Where it stands.")
    def state(self, info: Ask) -> ConsultationState:
        return asking.state_of(self.row, info.context.clock())

    @strawberry.field(description="Whether those who took part have waited too long for their answer.")
    def is_overdue(self, info: Ask) -> bool:
        return asking.is_overdue(self.row, info.context.clock())

    @strawberry.field(description="What the caller chose; null where they have not voted, or have no account.")
    async def my_vote(self, info: Ask) -> OwnVote | None:
        key = asking.voter_key(info.context.viewer)
        if key is None:
            return None
        async with info.context.db.read() as session:
            row = await consultations.vote_of(session, self.row.id, [key])
        return None if row is None else OwnVote(row=row)

    @strawberry.field(
        description="意见汇总; null until it is over, so that nobody votes after the crowd; who asks may look before."
    )
    async def digest(self, info: Ask) -> ConsultationDigest | None:
        context = info.context
        if not asking.may_see_counts(context.viewer, self.row, context.clock()):
            return None
        found = await asking.digest(context.db, self.row)
        return ConsultationDigest(
            voters=found.voters,
            options=[OptionVotes(option=option, votes=votes) for option, votes in found.votes],
            spoke=found.spoke,
            topics=[Topic(term=term, people=people) for term, people in found.topics],
        )

    @strawberry.field(description="What people said in their own words, for who asks; null for everybody else.")
    async def voices(
        self, info: Ask, first: filters.First = 20, after: filters.After = None
    ) -> SaidWordsConnection | None:
        if not asking.may_keep(info.context.viewer, self.row.path):
            return None
        size, last = connection.page_size(first), connection.id_after(after, "words")
        async with info.context.db.read() as session:
            rows = await consultations.words_page(session, self.row.id, first=size + 1, after_id=last)
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("words", row.id) for row in page.rows]
        nodes = [SaidWords(row=row) for row in page.rows]
        edges = [SaidWordsEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        return SaidWordsConnection(
            edges=edges, page_info=connection.page_info(cursors, has_next=page.has_next, after=after)
        )


@strawberry.type(description="A consultation in a list.")
class ConsultationEdge:
    cursor: PageCursor = strawberry.field(description="Ask for more after this.")
    node: Consultation = strawberry.field(description="The consultation.")


@strawberry.type(description="A page of consultations.")
class ConsultationConnection:
    edges: list[ConsultationEdge] = strawberry.field(description="This page, newest first.")
    page_info: PageInfo = strawberry.field(description="Where the page begins and ends.")
    place: strawberry.Private[str]
    asked: strawberry.Private[Any]  # clause of what was asked for

    @strawberry.field(description="How many there are in all of what was asked for.")
    async def total_count(self, info: Ask) -> int:
        return await self._count(info, self.asked)

    @strawberry.field(
        description="Of those that concern the place, in whatever state was asked for: how many wait too long "
        "for their promised answer."
    )
    async def overdue_count(self, info: Ask) -> int:
        return await self._count(info, consultations.overdue(info.context.clock()))

    async def _count(self, info: Ask, clause: Any) -> int:
        context = info.context
        async with context.db.read() as session:
            return await consultations.count(
                session, consultations.concerning(context.viewer.realm, self.place), clause
            )


async def find_consultation(info: Ask, number: int) -> Consultation | None:
    info.context.renew()
    async with info.context.db.read() as session:
        row = await consultations.by_id(session, info.context.viewer.realm, number)
    return None if row is None else Consultation(row=row)


@strawberry.type
class ConsultationQuery:
    @strawberry.field(description="One consultation; null for what is not there. A token of POST /guest will do.")
    async def consultation(self, info: Ask, id: TheId) -> Consultation | None:
        return await find_consultation(info, ids.number(id, "Consultation") or 0)

    @strawberry.field(
        description="Consultations that concern a place (that of the app where none is named), newest first. Open to "
        "everybody: a token of POST /guest will do."
    )
    async def consultations(
        self,
        info: Ask,
        division: Somewhere = None,
        state: OfState = ConsultationState.OPEN,
        only_overdue: OnlyOverdue = False,
        first: filters.First = 20,
        after: filters.After = None,
    ) -> ConsultationConnection:
        context = info.context
        path = await asking.place_of(context.db, context.viewer, await path_of(info, division))
        if path is None:
            raise Refusal(Code.BAD_USER_INPUT, detail="expected division, or an app that has one")
        size, before = connection.page_size(first), connection.id_after(after, "consultation")
        now = context.clock()
        clause = consultations.overdue(now) if only_overdue else consultations.in_state(state, now)
        async with context.db.read() as session:
            rows = await consultations.page(
                session, context.viewer.realm, path, clause, first=size + 1, before_id=before
            )
        page = connection.Slice.of(rows, size)
        cursors = [connection.cursor("consultation", row.id) for row in page.rows]
        nodes = [Consultation(row=row) for row in page.rows]
        edges = [ConsultationEdge(cursor=c, node=node) for c, node in zip(cursors, nodes, strict=True)]
        page_info = connection.page_info(cursors, has_next=page.has_next, after=after)
        return ConsultationConnection(edges=edges, page_info=page_info, place=path, asked=clause)


@strawberry.type
class ConsultationSubscription:
    @strawberry.subscription(
        description="For who answers consultations at a division: at once those of it and below that wait for their "
        "answer (at most 100, newest first), then each that is new, answered, withdrawn or has become overdue. "
        "Completes when your rights change."
    )
    async def consultation_progress(self, info: Ask, division: FromDivision) -> AsyncIterator[list[Consultation]]:
        context = info.context
        viewer, path = context.viewer, await path_of(info, division)
        if path is None or not asking.may_keep(viewer, path):
            raise Refusal(Code.NOT_FOUND, what="division")
        async for changes in notices(context.feed, SubjectKind.CONSULTATION, viewer.realm, path, viewer.standing):
            context.renew()
            if changes:
                numbers = sorted({change.subject_id for change in changes}, reverse=True)
                found = [await find_consultation(info, number) for number in numbers]
                yield [one for one in found if one is not None]
                continue
            async with context.db.read() as session:
                rows = await consultations.waiting_below(session, viewer.realm, path, context.clock(), PROGRESS_MOST)
            yield [Consultation(row=row) for row in rows]
