"""What a service provider's system says of its orders: each numbered thing has one effect, whenever it comes.

Any number of things come at once; one is many of one. What was dealt with before is told by reading. The rest is one
transaction: the numbers are written down with what was done, so that a crash leaves both or neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from db import updates
from db.database import Database, Session
from db.updates import Counts
from db.vocabulary.integration import WorkOrderUpdateOutcome
from db.work_orders import providers_of
from resolvers import order_acts, texts
from resolvers.bundling import Bundle
from resolvers.call import Call, not_found
from resolvers.order_acts import Said
from resolvers.refusals import Code, Refusal
from resolvers.viewer import system_viewer

EXTERNAL_ID_MAX = 64
O = WorkOrderUpdateOutcome  # noqa: E741

# What a wrong moment is told apart by; anything else is the sender's mistake, and may be sent again mended.
OUT_OF_STEP = frozenset({Code.ILLEGAL_ACTION})


@dataclass(frozen=True, slots=True)
class Update:
    order_id: int
    external_id: str
    external_seq: int
    said: Said


@dataclass(frozen=True, slots=True)
class Done:
    outcome: WorkOrderUpdateOutcome
    order_id: int
    code: Code | None = None  # why it was only kept as a note


Answer = Done | Refusal


class NothingNew(Exception):
    """Nothing was done; whatever was written is undone."""


async def take(db: Database, call: Call, given: Sequence[Update]) -> list[Answer]:
    """Act on updates in their order, or say of each why there is nothing to do. One that is refused writes nothing,
    and leaves the others as they are."""
    answers: list[Answer | None] = [_unfit(one) for one in given]
    async with db.read() as session:
        counts = await _counts(session, call, given)
    answers = [answer or _old(counts, one) for answer, one in zip(answers, given, strict=True)]
    fresh = [index for index, answer in enumerate(answers) if answer is None]
    if fresh:
        found = await _act(db, call, [given[index] for index in fresh])
        for index, answer in zip(fresh, found, strict=True):
            answers[index] = answer
    return [answer for answer in answers if answer is not None]


async def _act(db: Database, call: Call, given: Sequence[Update]) -> list[Answer]:
    """What nobody had dealt with a moment ago."""
    answers: list[Answer] = []
    try:
        async with db.write() as session:
            names = [one.external_id for one in given]
            await updates.queue_up(session, call.viewer.realm, providers_of(call.viewer.scope), names)
            counts, bundle = await _counts(session, call, given), Bundle(session)
            await bundle.hold(call, sorted({one.order_id for one in given}))
            for one in given:
                try:
                    answers.append(_old(counts, one) or await _do(bundle, counts, call, one))
                except Refusal as refusal:
                    answers.append(refusal)
            if not counts.news:
                raise NothingNew
            await updates.record(session, counts)
            await bundle.announce()
    except NothingNew:
        pass
    return answers


async def _do(bundle: Bundle, counts: Counts, call: Call, one: Update) -> Done:
    order = bundle.order(call, one.order_id)
    provider_id = order.service_provider_id
    if provider_id not in providers_of(call.viewer.scope):
        raise not_found(call, "workOrderId", "该任务单", "The work order")
    if counts.is_taken(provider_id, one.external_id, one.order_id):
        raise Refusal(Code.EXTERNAL_ID_TAKEN, field=["externalId"], external_id=one.external_id)
    words = texts.optional(one.said.text, "text")
    done = Done(O.APPLIED, one.order_id)
    try:
        await bundle.take(call, one.order_id, order_acts.of(call, one.said))
    except Refusal as refusal:
        if refusal.code not in OUT_OF_STEP:
            raise
        label = one.said.kind.label
        await bundle.flag(by_system(call), one.order_id, f"{label}：{words}" if words else label)
        done = Done(O.KEPT_AS_NOTE, one.order_id, refusal.code)
    told = {"kind": one.said.kind, "outcome": done.outcome, "code": done.code, "text": words, "at": call.now}
    counts.count(provider_id, one.external_id, one.order_id, one.external_seq, told)
    return done


async def _counts(session: Session, call: Call, given: Sequence[Update]) -> Counts:
    seqs = [(one.external_id, one.external_seq) for one in given]
    return await updates.counts(session, call.viewer.realm, providers_of(call.viewer.scope), seqs)


def _old(counts: Counts, one: Update) -> Done | None:
    """What was dealt with before, or overtaken, under this number of this order."""
    match counts.standing(one.external_id, one.order_id, one.external_seq):
        case None:
            return None
        case is_known:
            return Done(O.REPEATED if is_known else O.LATE, one.order_id)


def _unfit(one: Update) -> Refusal | None:
    """Why it cannot be a number of anything."""
    if not (one.external_id.strip() and len(one.external_id) <= EXTERNAL_ID_MAX):
        return Refusal(
            Code.INVALID_INPUT, field=["externalId"], expected=f"1 至 {EXTERNAL_ID_MAX} 个字符",
            expected_en=f"1 to {EXTERNAL_ID_MAX} characters",
        )  # fmt: skip
    if one.external_seq < 0:
        return Refusal(Code.INVALID_INPUT, field=["externalSeq"], expected="不小于 0", expected_en="0 or more")
    return None


def by_system(call: Call) -> Call:
    """The same call as SYSTEM's: one effect for each key of each caller, also among those of others."""
    key = hashlib.sha256(f"{call.viewer.principal}:{call.key}".encode()).hexdigest()[:63]
    return replace(call, viewer=system_viewer(call.viewer.realm), key=f"n{key}", expected_version=None)
