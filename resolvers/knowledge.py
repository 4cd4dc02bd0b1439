"""你问我答: answers from what is in force where somebody asks, with source and confidence; a person when unsure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from db import client_apps, knowledge, places
from db.database import Database, Session
from db.knowledge import ItemRow
from db.scope import ScopeKind
from db.vocabulary import Role
from resolvers import once, texts
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules.knowledge import SURE, TERMS_MOST, confidence, terms
from resolvers.viewer import Viewer

KEEPERS = frozenset({Role.COMMANDER, Role.SHIFT_LEADER, Role.INTAKE_OFFICER, Role.COMMUNITY_WORKER})
CANDIDATES = 50
CITED_MOST = 3
QUESTION_MAX = 100
ASKED_MAX = 200
WORTH_SHOWING = 0.2
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,39}")
ROOT = "32/"  # the province: what holds there holds everywhere


@dataclass(frozen=True, slots=True)
class Cited:
    item: ItemRow
    confidence: float


@dataclass(frozen=True, slots=True)
class Answer:
    cited: Sequence[Cited]  # best first, at most three
    path: str  # place the answer is for

    @property
    def is_sure(self) -> bool:
        return bool(self.cited) and self.cited[0].confidence >= SURE


@dataclass(frozen=True, slots=True)
class Item:
    """What is written into the knowledge base."""

    question: str
    also_asked: Sequence[str]
    answer: str
    source: str
    valid_from: date
    valid_to: date | None = None


async def ask(db: Database, viewer: Viewer, today: date, question: str, path: str | None) -> Answer:
    """What is known of a question at a place; without one at that of the app, or what holds in the whole province.

    Nothing of the question is kept.
    """
    words = texts.optional(question, "question", limit=ASKED_MAX)
    if words is None:
        raise Refusal(Code.BAD_USER_INPUT, detail="question: expected 1 to 200 characters")
    asked = terms(words)[:TERMS_MOST]
    async with db.read() as session:
        if path is None and viewer.app is not None:
            app = await client_apps.by_code(session, viewer.realm, viewer.app)
            path = None if app is None else app.path
        rows = await knowledge.citable(session, viewer.realm, asked, path or ROOT, today, CANDIDATES)
    rated = [Cited(row, rate(asked, row)) for row in rows]
    best = sorted(rated, key=lambda one: (-one.confidence, -len(one.item.path), one.item.id))
    return Answer([one for one in best if one.confidence >= WORTH_SHOWING][:CITED_MOST], path or ROOT)


def rate(asked: Sequence[str], row: ItemRow) -> float:
    ways = [terms(way) for way in (row.question, *row.also_asked.splitlines())]
    return confidence(asked, ways, terms(row.answer))


def index_terms(row: Mapping[str, Any]) -> set[str]:
    """Everything an item may be found by."""
    return set(terms("\n".join((row["question"], row["also_asked"], row["answer"]))))


# -- keeping it


def may_keep(viewer: Viewer, path: str) -> bool:
    """Whether the items of a division are somebody's to write."""
    return any(
        grant.role in KEEPERS and grant.kind is ScopeKind.DIVISION and path.startswith(grant.value)
        for grant in viewer.grants
    )


async def add(db: Database, call: Call, code: str, division_code: str, given: Item) -> Result:
    async def work(session: Session) -> Result:
        _require_keeper(call, "新增知识", "KNOWLEDGE_ADD")
        division = await places.division(session, division_code)
        if division is None or not may_keep(call.viewer, division.path):
            raise not_found(call, "division", "该行政区划", "The division")
        if _CODE.fullmatch(code) is None:
            raise _invalid("code", "2 至 40 位字母、数字、连字符", "2 to 40 letters, digits or hyphens")
        if await knowledge.by_code(session, call.viewer.realm, code) is not None:
            raise _invalid("code", "该编码已被使用", "a code that is not used yet")
        columns = _columns(call, given)
        place = {"division_code": division.code, "path": division.path}
        fixed = {"realm": call.viewer.realm, "version": 1, "code": code, "owner": call.viewer.name[:80]}
        item_id = await knowledge.add(session, {**fixed, **place, **columns})
        return await _done(session, call, item_id, 1, columns)

    return await once.once(db, call, work)


async def amend(db: Database, call: Call, item_id: int, given: Item) -> Result:
    async def work(session: Session) -> Result:
        item = await _held(session, call, item_id)
        columns = _columns(call, given)
        await knowledge.change(session, item.id, columns | {"version": item.version + 1})
        return await _done(session, call, item.id, item.version + 1, columns)

    return await once.once(db, call, work)


async def withdraw(db: Database, call: Call, item_id: int) -> Result:
    """It is cited no more from now on."""

    async def work(session: Session) -> Result:
        item = await _held(session, call, item_id)
        columns = {"withdrawn_at": call.now, "updated_by": call.viewer.principal, "updated_at": call.now}
        await knowledge.change(session, item.id, columns | {"version": item.version + 1})
        return await _done(session, call, item.id, item.version + 1, None)

    return await once.once(db, call, work)


async def judge(db: Database, call: Call, item_id: int, is_solved: bool) -> Result:
    """有没有解决: what one person says of an item counts once, the last time they say it."""

    async def work(session: Session) -> Result:
        item = await knowledge.by_id(session, call.viewer.realm, item_id)
        if item is None or item.withdrawn_at is not None:
            raise not_found(call, "itemId", "该知识", "The item")
        row = {"item_id": item.id, "principal": call.viewer.principal, "is_solved": is_solved, "at": call.now}
        await knowledge.say(session, row)
        return await _done(session, call, item.id, item.version, None)

    return await once.once(db, call, work)


async def _held(session: Session, call: Call, item_id: int) -> ItemRow:
    _require_keeper(call, "维护知识", "KNOWLEDGE_AMEND")
    item = await knowledge.by_id(session, call.viewer.realm, item_id, hold=True)
    if item is None or item.withdrawn_at is not None or not may_keep(call.viewer, item.path):
        raise not_found(call, "id", "该知识", "The item")
    if call.expected_version is not None and call.expected_version != item.version:
        raise Refusal(Code.CONFLICT, field=["expectedVersion"], version=item.version)
    return item


def _require_keeper(call: Call, action: str, name: str) -> None:
    if not call.viewer.roles & KEEPERS:
        raise Refusal(Code.FORBIDDEN, action=action, action_name=name)


def _columns(call: Call, given: Item) -> dict[str, Any]:
    if given.valid_to is not None and given.valid_to < given.valid_from:
        raise _invalid("validTo", "不早于生效日期", "not before validFrom")
    also = "\n".join(texts.text(one, "alsoAsked", limit=QUESTION_MAX).replace("\n", " ") for one in given.also_asked)
    return {
        "question": texts.text(given.question, "question", limit=QUESTION_MAX),
        "also_asked": also,
        "answer": texts.text(given.answer, "answer"),
        "source": texts.text(given.source, "source", limit=texts.SHORT),
        "valid_from": given.valid_from,
        "valid_to": given.valid_to,
        "updated_by": call.viewer.principal,
        "updated_at": call.now,
    }


def _invalid(field_name: str, expected: str, expected_en: str) -> Refusal:
    return Refusal(Code.INVALID_INPUT, field=[field_name], expected=expected, expected_en=expected_en)


async def _done(
    session: Session, call: Call, item_id: int, version: int, columns: Mapping[str, Any] | None
) -> Result:
    if columns is not None:
        await knowledge.index(session, item_id, index_terms(columns))
    result = Result(0, version, object_id=item_id)
    await once.settle(session, call, result)
    return result
