"""线上流转、线下处置: who was at the place of a case, when, and how near."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from db import catalogue, places, visits
from db.cases import CaseRow
from db.database import Database, Session
from db.vocabulary import CaseAction, EvidenceKind
from resolvers import texts
from resolvers.advance import Change, acting_role, advance
from resolvers.call import Call
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from resolvers.rules import lifecycle
from resolvers.rules.coordinates import metres_between

FAST_CLOCK = timedelta(minutes=10)  # of a phone, that is set right without a word


async def visit(
    db: Database,
    call: Call,
    case_id: int,
    *,
    point: tuple[float, float],
    visited_at: datetime | None,
    note: str | None,
    evidence: Mapping[str, EvidenceKind],
) -> Result:
    """Record that somebody was there. Near enough to the place of the case, it counts as proof in this round."""

    async def prepare(session: Session, case: CaseRow) -> Change:
        words = texts.optional(note, "note", limit=texts.SHORT)
        longitude, latitude = _point(point)
        metres, reach = await _distance(session, call, case, (longitude, latitude))
        is_proof = metres is None or metres <= reach
        await visits.add(
            session,
            {
                "case_id": case.id,
                "round": case.round,
                "actor": call.viewer.principal,
                "actor_role": acting_role(call.viewer, case, lifecycle.who(CaseAction.VISIT)),
                "visited_at": _moment(call, case, visited_at),
                "at": call.now,
                "longitude": longitude,
                "latitude": latitude,
                "metres": metres,
                "is_proof": is_proof,
            },
        )
        told = "到场" if is_proof else f"未到现场（相距 {metres} 米）"
        columns = {"visits": (case.visits or 0) + is_proof}
        return Change(columns, note=f"{told}：{words}" if words else told, evidence=evidence)

    return await advance(db, call, case_id, CaseAction.VISIT, prepare)


async def require_visit(session: Session, case: CaseRow, matter_id: int | None) -> None:
    """Where the standard of the matter asks for it, nothing is closed that nobody went to see in this round."""
    matter = None if matter_id is None else await catalogue.by_id(session, catalogue.matters, matter_id)
    if matter is not None and matter.needs_visit and not case.visits:
        raise Refusal(Code.VISIT_REQUIRED, matter=matter.name)


def _point(point: tuple[float, float]) -> tuple[float, float]:
    longitude, latitude = point
    if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
        raise Refusal(
            Code.INVALID_INPUT, field=["point"], expected="经纬度超出范围", expected_en="WGS-84 degrees in range"
        )
    return point


async def _distance(
    session: Session, call: Call, case: CaseRow, point: tuple[float, float]
) -> tuple[int | None, int]:
    """How far from the place of the case, and how far is near enough; None where nobody knows the place."""
    if case.longitude is not None:
        return metres_between(point, (case.longitude, case.latitude)), call.policy.visit_metres
    grid: Any = (await places.grids_by_id(session, [case.grid_id])).get(case.grid_id) if case.grid_id else None
    if grid is None or grid.longitude is None:
        return None, 0
    return metres_between(point, (grid.longitude, grid.latitude)), call.policy.visit_grid_metres


def _moment(call: Call, case: CaseRow, visited_at: datetime | None) -> datetime:
    """When it was: since the case was handed in, and not in the future."""
    if visited_at is None:
        return call.now
    if not case.submitted_at <= visited_at <= call.now + FAST_CLOCK:
        raise Refusal(
            Code.INVALID_INPUT, field=["visitedAt"], expected="应在上报之后、现在之前",
            expected_en="after the case was handed in, and not in the future",
        )  # fmt: skip
    return min(visited_at, call.now)
