"""我有话说: a division asks, each person has one vote, and everybody who took part is answered.

What somebody says by themselves is a case of kind VOICE, with the clocks and the response of every case. Neither a
vote nor a voice changes another case.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db import consultations, journal, leases, places
from db.consultations import ConsultationRow
from db.database import Database, Session
from db.scope import ScopeKind
from db.vocabulary import Role, SubjectKind
from db.vocabulary.consultations import ConsultationState
from resolvers import client_apps, once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.topics import topics
from resolvers.timers import BATCH_CASES, Lead
from resolvers.tokens import is_anonymous
from resolvers.viewer import Viewer

KEEPERS = frozenset({Role.COMMANDER, Role.SHIFT_LEADER, Role.COMMUNITY_WORKER})
VOTERS = (Role.RESIDENT, Role.ENTERPRISE)
TITLE_MAX = 60
OPTION_MAX = 40
OPTIONS_MOST = 10
WORDS_MAX = 500
READ_MOST = 2_000  # of the words a digest counts topics in
TOPICS_MOST = 10


@dataclass(frozen=True, slots=True)
class Question:
    title: str
    text: str
    options: Sequence[str]
    opens_at: datetime | None
    closes_at: datetime
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """What a consultation came to."""

    voters: int
    votes: Sequence[tuple[str, int]]  # by option, in its order
    spoke: int  # in their own words, too
    topics: Sequence[tuple[str, int]]  # phrases and how many people used them, most first


async def open_one(db: Database, call: Call, division_code: str, given: Question) -> Result:
    """Ask the people of a division."""

    async def work(session: Session) -> Result:
        _require_keeper(call, "发起征求意见", "CONSULTATION_OPEN")
        division = await places.division(session, division_code)
        if division is None or not may_keep(call.viewer, division.path):
            raise not_found(call, "division", "该行政区划", "The division")
        row = {
            "realm": call.viewer.realm,
            "version": 1,
            "division_code": division.code,
            "path": division.path,
            "title": texts.text(given.title, "title", limit=TITLE_MAX),
            "text": texts.text(given.text, "text"),
            "options": _options(given.options),
            "asked_by": call.viewer.principal,
            "asked_name": call.viewer.name[:80],
            **_times(call, given),
        }
        number = await consultations.add(session, row)
        return await _told(session, call, number, 1, division.path)

    return await once.once(db, call, work)


async def vote(db: Database, call: Call, number: int, choice: int, words: str | None) -> Result:
    """One vote a person; until it closes the last one counts. Nobody votes without an account: they would be many."""
    key = voter_key(call.viewer)
    if key is None:
        raise Refusal(Code.FORBIDDEN, action="参加征求意见", action_name="CONSULTATION_VOTE")

    async def work(session: Session) -> Result:
        row = await consultations.by_id(session, call.viewer.realm, number)
        if row is None:
            raise not_found(call, "id", "该征求意见", "The consultation")
        state = state_of(row, call.now)
        if state is not ConsultationState.OPEN:
            raise Refusal(Code.NOT_OPEN, state=state.label, state_name=state.name)
        if not 0 <= choice < len(row.options):
            raise _invalid("choice", "不是可选项", "a place in the options, from 0")
        said = texts.optional(words, "words", limit=WORDS_MAX)
        mine = {"consultation_id": row.id, "voter_key": key, "choice": choice, "words": said, "at": call.now}
        await consultations.vote(session, mine)
        return await _done(session, call, row.id, row.version)

    return await once.once(db, call, work)


async def answer(db: Database, call: Call, number: int, text: str) -> Result:
    """Tell everybody who took part what becomes of it, once it is over."""

    async def work(session: Session) -> Result:
        row = await _held(session, call, number, "答复征求意见", "CONSULTATION_ANSWER")
        state = state_of(row, call.now)
        if state is not ConsultationState.CLOSED:
            raise Refusal(Code.NOT_OVER, state=state.label, state_name=state.name)
        columns = {"answer": texts.text(text, "text"), "answered_at": call.now, "answered_by": call.viewer.principal}
        await consultations.change(session, row.id, columns | {"version": row.version + 1})
        return await _told(session, call, row.id, row.version + 1, row.path)

    return await once.once(db, call, work)


async def withdraw(db: Database, call: Call, number: int) -> Result:
    """Take it back before it is over; what people said until then is answered by nobody, so it must not have begun
    or nobody may have voted."""

    async def work(session: Session) -> Result:
        row = await _held(session, call, number, "撤回征求意见", "CONSULTATION_WITHDRAW")
        voted = (await consultations.counts(session, [row.id]))[row.id]
        state = state_of(row, call.now)
        if voted or state not in (ConsultationState.PLANNED, ConsultationState.OPEN):
            raise Refusal(Code.HAS_VOTES)
        await consultations.change(session, row.id, {"withdrawn_at": call.now, "version": row.version + 1})
        return await _told(session, call, row.id, row.version + 1, row.path)

    return await once.once(db, call, work)


async def flag_unanswered(lead: Lead) -> int:
    """Say once of every consultation that its promised answer is overdue; it stays said. A duty of the leader."""
    async with lead.db.read() as session:
        due = await consultations.unflagged_without_scope(session, lead.now, BATCH_CASES)
    for one in due:
        async with lead.db.write() as session:
            await leases.check(session, lead.fence)
            row = await consultations.by_id(session, one.realm, one.id, hold=True)
            if row is None or row.flagged_at is not None or not is_overdue(row, lead.now):  # answered meanwhile
                continue
            version, kind = row.version + 1, SubjectKind.CONSULTATION
            await consultations.change(session, row.id, {"flagged_at": lead.now, "version": version})
            told = journal.notice(row.realm, kind, row.id, version, path=row.path, role=Role.SYSTEM, at=lead.now)
            await journal.append(session, [told])
    return len(due)


async def digest(db: Database, row: ConsultationRow) -> Digest:
    async with db.read() as session:
        counted = (await consultations.counts(session, [row.id]))[row.id]
        spoke = await consultations.count_words(session, row.id)
        said = await consultations.words_page(session, row.id, first=READ_MOST, after_id=None)
    spoken = await asyncio.to_thread(topics, [one.words for one in said], TOPICS_MOST)
    return Digest(
        sum(counted.values()),
        [(option, counted.get(place, 0)) for place, option in enumerate(row.options)],
        spoke,
        spoken,
    )


async def place_of(db: Database, viewer: Viewer, path: str | None) -> str | None:
    """The place whose consultations somebody asks for: that of their app where they name none."""
    if path is not None or viewer.app is None:
        return path
    app = await client_apps.find(db, viewer.realm, viewer.app)
    return None if app is None else str(app.path)


def state_of(row: ConsultationRow, now: datetime) -> ConsultationState:
    if row.withdrawn_at is not None:
        return ConsultationState.WITHDRAWN
    if row.answered_at is not None:
        return ConsultationState.ANSWERED
    if row.opens_at > now:
        return ConsultationState.PLANNED
    return ConsultationState.OPEN if row.closes_at > now else ConsultationState.CLOSED


def is_overdue(row: ConsultationRow, now: datetime) -> bool:
    return state_of(row, now) is ConsultationState.CLOSED and bool(row.answer_by < now)


def may_keep(viewer: Viewer, path: str) -> bool:
    return any(
        grant.role in KEEPERS and grant.kind is ScopeKind.DIVISION and path.startswith(grant.value)
        for grant in viewer.grants
    )


def may_see_counts(viewer: Viewer, row: ConsultationRow, now: datetime) -> bool:
    """How people voted shows when it is over: nobody should vote after the crowd. Who asks may look before."""
    return state_of(row, now) in (ConsultationState.CLOSED, ConsultationState.ANSWERED) or may_keep(viewer, row.path)


def voter_key(viewer: Viewer) -> str | None:
    """The account somebody votes with; None for who has none."""
    if is_anonymous(viewer):
        return None
    mine = sorted(
        grant.value
        for grant in viewer.grants
        if grant.role in VOTERS and grant.kind is ScopeKind.SELF and grant.value.startswith(f"{grant.role}:")
    )
    return mine[0] if mine else None


async def _held(session: Session, call: Call, number: int, action: str, name: str) -> ConsultationRow:
    _require_keeper(call, action, name)
    row = await consultations.by_id(session, call.viewer.realm, number, hold=True)
    if row is None or not may_keep(call.viewer, row.path):
        raise not_found(call, "id", "该征求意见", "The consultation")
    if call.expected_version is not None and call.expected_version != row.version:
        raise Refusal(Code.CONFLICT, field=["expectedVersion"], version=row.version)
    return row


def _require_keeper(call: Call, action: str, name: str) -> None:
    if not call.viewer.roles & KEEPERS:
        raise Refusal(Code.FORBIDDEN, action=action, action_name=name)


def _options(given: Sequence[str]) -> list[str]:
    options = [texts.text(one, "options", limit=OPTION_MAX) for one in given]
    if not 2 <= len(options) <= OPTIONS_MOST or len(set(options)) != len(options):
        raise _invalid("options", f"2 至 {OPTIONS_MOST} 个不同的选项", f"2 to {OPTIONS_MOST} different options")
    return options


def _times(call: Call, given: Question) -> dict[str, Any]:
    opens_at = max(given.opens_at or call.now, call.now)
    if given.closes_at <= opens_at:
        raise Refusal(Code.DATE_IN_PAST, field=["closesAt"])
    if given.answer_by <= given.closes_at:
        raise _invalid("answerBy", "应晚于截止时间", "after it closes")
    return {"opens_at": opens_at, "closes_at": given.closes_at, "answer_by": given.answer_by}


def _invalid(field_name: str, expected: str, expected_en: str) -> Refusal:
    return Refusal(Code.INVALID_INPUT, field=[field_name], expected=expected, expected_en=expected_en)


async def _told(session: Session, call: Call, number: int, version: int, path: str) -> Result:
    """A new version, announced to those who follow the place."""
    result = await _done(session, call, number, version)
    role = min(call.viewer.roles & KEEPERS)
    kind = SubjectKind.CONSULTATION
    await journal.append(
        session, [journal.notice(call.viewer.realm, kind, number, version, path=path, role=role, at=call.now)]
    )
    return result


async def _done(session: Session, call: Call, number: int, version: int) -> Result:
    result = Result(0, version, object_id=number)
    await once.settle(session, call, result)
    return result
