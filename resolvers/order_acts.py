"""What a service provider does with an order: each an act, whichever way it comes in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from db import outsourcing
from db.cases import CaseRow
from db.database import Session
from db.vocabulary import CaseAction, ClockKind, EvidenceKind, Role
from db.vocabulary.integration import WorkOrderUpdateKind
from resolvers import texts
from resolvers.call import Call, not_found
from resolvers.clocking import NewClock
from resolvers.order_moves import Act, Move, end, ticks
from resolvers.proofs import Proof, check_proofs, place_proofs
from resolvers.refusals import Code, Refusal

A, C, K = CaseAction, ClockKind, WorkOrderUpdateKind


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who comes and when."""

    crew_id: int
    at: datetime
    technician_id: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of an order, by a provider's system or over a link."""

    kind: WorkOrderUpdateKind
    text: str | None = None
    evidence: Mapping[str, EvidenceKind] = field(default_factory=dict)
    proofs: Mapping[str, Proof] = field(default_factory=dict)  # where and when photos of `evidence` were taken
    appointment: Appointment | None = None


def of(call: Call, said: Said) -> Act:
    """The act that something said stands for; refused where it lacks what the act needs."""
    words = texts.optional(said.text, "text")
    match said.kind:
        case K.ACCEPT:
            return accept(call)
        case K.DECLINE:
            return decline(call, words)
        case K.SCHEDULE:
            if said.appointment is None:
                raise Refusal(
                    Code.INVALID_INPUT, field=["crew"], expected="需要班组和时间", expected_en="a crew and a time"
                )
            return schedule(call, said.appointment)
        case K.START:
            return start(call)
        case K.PROGRESS:
            return report(call, words or "")
        case K.SUBMIT:
            return submit(call, words or "", said.evidence, said.proofs)


def accept(call: Call) -> Act:
    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        moved = ticks(order, stop=(C.ORDER_ACCEPT,), start=(NewClock(C.ORDER_WORK, str(order.id), order.due_at),))
        return Move({"accepted_at": call.now}, moved)

    return Act(A.WORK_ORDER_ACCEPT, prepare)


def decline(call: Call, reason: str | None) -> Act:
    words = texts.reason(reason)
    return end(call, A.WORK_ORDER_DECLINE, {"note": words, "is_visible": False}, words)


def schedule(call: Call, wanted: Appointment) -> Act:
    """Name who comes and when; again for another time."""

    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        if wanted.at <= call.now:
            raise Refusal(Code.DATE_IN_PAST, field=["appointmentAt"])
        if wanted.until is not None and wanted.until <= wanted.at:
            raise Refusal(Code.DATE_IN_PAST, field=["appointmentUntil"])
        crew = await outsourcing.active_crew(session, order.service_provider_id, wanted.crew_id)
        if crew is None:
            raise not_found(call, "crew", "该班组", "The crew")
        if wanted.technician_id is not None:
            who = await outsourcing.active_technician(session, order.service_provider_id, wanted.technician_id)
            if who is None or who.crew_id not in (None, crew.id):
                raise not_found(call, "technician", "该技工", "The technician")
        columns = {
            "crew_id": crew.id,
            "technician_id": wanted.technician_id,
            "appointment_at": wanted.at,
            "appointment_until": wanted.until,
        }
        return Move(columns, note=crew.name)

    return Act(A.WORK_ORDER_SCHEDULE, prepare)


def start(call: Call) -> Act:
    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        return Move({"started_at": order.started_at or call.now})

    return Act(A.WORK_ORDER_START, prepare)


def report(call: Call, text: str) -> Act:
    """Note how the work goes."""
    words = texts.text(text, "text")

    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        note = {
            "work_order_id": order.id,
            "round": order.round,
            "text": words,
            "actor": call.viewer.principal,
            "actor_role": Role.PROVIDER_STAFF,
            "at": call.now,
        }
        return Move(order_note=note)

    return Act(A.WORK_ORDER_REPORT, prepare)


def submit(
    call: Call, result: str, evidence: Mapping[str, EvidenceKind], proofs: Mapping[str, Proof] | None = None
) -> Act:
    """A service provider can only submit; an insider accepts the result. `proofs` say where and when photos of
    `evidence` were taken."""
    words = texts.text(result, "result")

    async def prepare(session: Session, case: CaseRow, order: Any) -> Move:
        await check_proofs(session, call, order, evidence, proofs or {})
        await place_proofs(session, call, case, order, evidence, proofs or {})
        moved = ticks(order, stop=(C.ORDER_ACCEPT, C.ORDER_WORK), start=(NewClock(C.ORDER_CONFIRM, str(order.id)),))
        return Move({"result": words, "submitted_at": call.now}, moved, evidence=evidence)

    return Act(A.WORK_ORDER_SUBMIT, prepare, refuses_late=bool(evidence))  # a photo may be somebody else's
