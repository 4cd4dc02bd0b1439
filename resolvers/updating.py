"""What a service provider's system says of its orders: each numbered thing has one effect, whenever it comes.

The number is written down in the transaction of the action, so that a crash leaves both or neither.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

import orjson

from db import cases, updates
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction, EvidenceKind
from db.vocabulary.integration import WorkOrderUpdateKind, WorkOrderUpdateOutcome
from db.work_orders import providers_of
from resolvers import outsourcing, texts
from resolvers.advance import Change, advance
from resolvers.call import Call, not_found
from resolvers.once import Result
from resolvers.proofs import Proof
from resolvers.refusals import Code, Refusal
from resolvers.viewer import system_viewer

EXTERNAL_ID_MAX = 64
K, O = WorkOrderUpdateKind, WorkOrderUpdateOutcome  # noqa: E741

# What a wrong moment is told apart by; anything else is the sender's mistake, and may be sent again mended.
OUT_OF_STEP = frozenset({Code.ILLEGAL_ACTION})


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who comes and when, as a provider's system names it."""

    crew_id: int
    at: datetime
    technician_id: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Update:
    external_id: str
    external_seq: int
    kind: WorkOrderUpdateKind
    text: str | None = None
    evidence: Mapping[str, EvidenceKind] = field(default_factory=dict)
    proofs: Mapping[str, Proof] = field(default_factory=dict)  # where and when photos of `evidence` were taken
    appointment: Appointment | None = None


@dataclass(frozen=True, slots=True)
class Done:
    outcome: WorkOrderUpdateOutcome
    order_id: int
    code: Code | None = None  # why it was only kept as a note


class NotNews(Exception):
    """Dealt with before, or overtaken: everything is undone, and the sender is told."""

    def __init__(self, outcome: WorkOrderUpdateOutcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


async def take(db: Database, call: Call, order_id: int, given: Update) -> Done:
    """Act on an update, or say why there is nothing to do."""
    if not (given.external_id.strip() and len(given.external_id) <= EXTERNAL_ID_MAX):
        raise Refusal(
            Code.INVALID_INPUT, field=["externalId"], expected=f"1 至 {EXTERNAL_ID_MAX} 个字符",
            expected_en=f"1 to {EXTERNAL_ID_MAX} characters",
        )  # fmt: skip
    if given.external_seq < 0:
        raise Refusal(Code.INVALID_INPUT, field=["externalSeq"], expected="不小于 0", expected_en="0 or more")
    words = texts.optional(given.text, "text")
    noted = _Noted(order_id, given, words)
    try:
        try:
            result = await _act(db, noted.call(call, O.APPLIED, None), order_id, given, words)
        except Refusal as refusal:
            if refusal.code not in OUT_OF_STEP:
                raise
            kept = noted.call(call, O.KEPT_AS_NOTE, refusal.code)
            result = await _keep(db, kept, order_id, given, words)
            return Done(O.REPEATED if result.is_replay else O.KEPT_AS_NOTE, order_id, refusal.code)
    except NotNews as old:
        return Done(old.outcome, order_id)
    return Done(O.REPEATED if result.is_replay else O.APPLIED, order_id)


async def _act(db: Database, call: Call, order_id: int, given: Update, words: str | None) -> Result:
    match given.kind:
        case K.ACCEPT:
            return await outsourcing.accept(db, call, order_id)
        case K.DECLINE:
            return await outsourcing.decline(db, call, order_id, words)
        case K.SUBMIT:
            return await outsourcing.submit_result(db, call, order_id, words or "", given.evidence, given.proofs)
        case K.START:
            return await outsourcing.start(db, call, order_id)
        case K.PROGRESS:
            return await outsourcing.report(db, call, order_id, words or "")
        case K.SCHEDULE:
            wanted = given.appointment
            if wanted is None:
                raise Refusal(
                    Code.INVALID_INPUT, field=["crew"], expected="需要班组和时间", expected_en="a crew and a time"
                )
            return await outsourcing.schedule(
                db, call, order_id, crew_id=wanted.crew_id, technician_id=wanted.technician_id,
                appointment_at=wanted.at, appointment_until=wanted.until,
            )  # fmt: skip


async def _keep(db: Database, call: Call, order_id: int, given: Update, words: str | None) -> Result:
    """What does not fit is a note at the case and a flag at the order; SYSTEM writes both."""
    case_id = await _case_of(db, call, order_id)

    async def prepare(session: Session, case: CaseRow) -> Change:
        await cases.change_work_order(session, order_id, {"flagged_at": call.now})
        note = f"{given.kind.label}:{words}" if words else given.kind.label
        return Change(note=note[:200], work_order_id=order_id)

    # Whoever may say it was found out above; the step itself is nobody's action.
    return await advance(db, by_system(call), case_id, CaseAction.WORK_ORDER_NOTE, prepare)


def by_system(call: Call) -> Call:
    """The same call as SYSTEM's: one effect for each key of each caller, also among those of others."""
    key = hashlib.sha256(f"{call.viewer.principal}:{call.key}".encode()).hexdigest()[:63]
    return replace(call, viewer=system_viewer(call.viewer.realm), key=f"n{key}", expected_version=None)


async def _case_of(db: Database, call: Call, order_id: int) -> int:
    missing = not_found(call, "workOrderId", "该任务单", "The work order")
    async with db.read() as session:
        found = await cases.work_orders_by_ids(session, call.viewer.scope, [order_id])
    order = found.get(order_id)
    if order is None or not order.is_visible or order.service_provider_id not in providers_of(call.viewer.scope):
        raise missing
    return int(order.case_id)


@dataclass(frozen=True, slots=True)
class _Noted:
    """Counts an update in the transaction that acts on it."""

    order_id: int
    given: Update
    words: str | None

    def call(self, call: Call, outcome: WorkOrderUpdateOutcome, code: Code | None) -> Call:
        async def within(session: Session) -> None:
            provider_id = await updates.provider_of(session, self.order_id)
            if provider_id is None or provider_id not in providers_of(call.viewer.scope):
                raise not_found(call, "workOrderId", "该任务单", "The work order")
            external_id, seq = self.given.external_id, self.given.external_seq
            alias = await updates.hold_alias(session, call.viewer.realm, provider_id, external_id, self.order_id)
            if alias.work_order_id != self.order_id:
                raise Refusal(Code.EXTERNAL_ID_TAKEN, field=["externalId"], external_id=external_id)
            if seq <= alias.last_seq:
                is_known = await updates.has_seq(session, alias.id, seq)
                raise NotNews(O.REPEATED if is_known else O.LATE)
            told = {"kind": self.given.kind, "outcome": outcome, "code": code, "text": self.words, "at": call.now}
            await updates.record(session, alias.id, {"external_seq": seq, "work_order_id": self.order_id, **told})

        return replace(call, key=self._key, body={}, expected_version=None, within=within)

    @property
    def _key(self) -> str:
        """Of what is said, too: what was refused may be sent mended, under the same number."""
        said = [self.order_id, asdict(self.given)]
        return "u" + hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()[:62]
