"""Photos of a result: taken where the work was, when it was, and there at all where the catalogue item asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from db import catalogue, outsourcing, purchasing
from db.cases import CaseRow
from db.database import Session
from db.vocabulary import EvidenceKind
from resolvers.call import Call
from resolvers.refusals import Code, Refusal
from resolvers.rules.coordinates import metres_between

AHEAD = timedelta(minutes=5)  # a phone's clock may be that wrong


@dataclass(frozen=True, slots=True)
class Proof:
    """Where and when a photo was taken; WGS-84."""

    taken_at: datetime | None = None
    longitude: float | None = None
    latitude: float | None = None

    @property
    def is_whole(self) -> bool:
        return self.taken_at is not None and self.longitude is not None and self.latitude is not None


async def check_proofs(
    session: Session, call: Call, order: Any, evidence: Mapping[str, EvidenceKind], proofs: Mapping[str, Proof]
) -> None:
    """Refuses a photo of the wrong time, and a result without those its item asks for, with place and time.

    How it was before may be an older photo of the order; what was done again is shown again.
    """
    for photo, proof in proofs.items():
        since = order.offered_at if evidence[photo] is EvidenceKind.BEFORE else order.rejected_at or order.offered_at
        since = since.replace(microsecond=0)  # a camera writes whole seconds
        _check_place(proof)
        if proof.taken_at is not None and not since <= proof.taken_at <= call.now + AHEAD:
            raise Refusal(
                Code.INVALID_INPUT,
                field=["evidence", "takenAt"],
                expected=f"应在 {since:%Y-%m-%d %H:%M} UTC 之后、现在之前拍摄",
                expected_en=f"expected a photo taken since {since:%Y-%m-%d %H:%M} UTC and not in the future",
            )
    item = await catalogue.by_id(session, purchasing.items, order.catalogue_item_id or 0)
    if item is None:
        return
    shown = {kind for photo, kind in evidence.items() if proofs.get(photo, Proof()).is_whole}
    if item.needs_before_photo and EvidenceKind.BEFORE not in shown:
        earlier = (await outsourcing.evidence_by_order(session, [order.id]))[order.id]
        if not any(one.kind is EvidenceKind.BEFORE and one.taken_at and one.longitude for one in earlier):
            raise _missing(call, EvidenceKind.BEFORE)
    if item.needs_after_photo and EvidenceKind.AFTER not in shown:
        raise _missing(call, EvidenceKind.AFTER)


def _check_place(proof: Proof) -> None:
    longitude, latitude = proof.longitude, proof.latitude
    one_is_missing = (longitude is None) is not (latitude is None)
    if one_is_missing or not (-180 <= (longitude or 0) <= 180 and -90 <= (latitude or 0) <= 90):
        raise Refusal(
            Code.INVALID_INPUT, field=["evidence", "point"], expected="应为经纬度", expected_en="expected degrees"
        )


def _missing(call: Call, kind: EvidenceKind) -> Refusal:
    word = kind.label if call.viewer.language == "zh" else kind.name
    return Refusal(Code.PROOF_REQUIRED, field=["evidence"], kind=word)


async def place_proofs(
    session: Session,
    call: Call,
    case: CaseRow,
    order: Any,
    evidence: Mapping[str, EvidenceKind],
    proofs: Mapping[str, Proof],
) -> None:
    """Write on each photo for which order it is, and where and when it was taken."""
    for photo in evidence:
        proof = proofs.get(photo, Proof())
        values = {
            "work_order_id": order.id,
            "taken_at": proof.taken_at,
            "longitude": proof.longitude,
            "latitude": proof.latitude,
            "distance_metres": _distance(case, proof),
        }
        viewer = call.viewer
        await outsourcing.place_evidence(
            session, realm=viewer.realm, uploader=viewer.principal, photo_id=photo, values=values
        )


def _distance(case: CaseRow, proof: Proof) -> int | None:
    if None in (case.longitude, case.latitude, proof.longitude, proof.latitude):
        return None
    return metres_between((case.longitude, case.latitude), (proof.longitude or 0.0, proof.latitude or 0.0))
