"""Whose case it is: what units say when they send it back, and what their common superior decides."""

from __future__ import annotations

from typing import Any

from db import catalogue, rulings
from db.cases import CaseRow
from db.database import Session
from db.scope import ScopeKind
from db.vocabulary import Role
from resolvers.call import Call
from resolvers.rules import jurisdiction


async def heard_view(
    session: Session, call: Call, case: CaseRow, proposed_unit_id: int, reason: str
) -> dict[str, Any]:
    """Columns of a held case once its unit has named another: who has to rule, if views conflict."""
    view = {
        "case_id": case.id,
        "round": case.round,
        "version": case.version + 1,
        "department_id": case.responsible_unit_id,
        "proposed_unit_id": proposed_unit_id,
        "reason": reason,
        "by": call.viewer.principal,
        "at": call.now,
    }
    await rulings.add_view(session, view)
    views = await rulings.views_of_round(session, case.id, case.round)
    if not jurisdiction.are_in_conflict(views):
        return {"ruling_path": None}
    units = await catalogue.by_ids(session, catalogue.departments, sorted(jurisdiction.named(views)))
    return {"ruling_path": jurisdiction.common_superior(unit.path for unit in units.values())}


async def units_named(session: Session, case: CaseRow) -> frozenset[int]:
    """Units that spoke or were proposed in this round: a ruling may choose each of them, wherever it is."""
    return jurisdiction.named(await rulings.views_of_round(session, case.id, case.round))


async def record_ruling(
    session: Session, call: Call, case: CaseRow, department_id: int, legal_basis: str | None, reason: str
) -> None:
    await rulings.add_ruling(
        session,
        {
            "realm": case.realm,
            "case_id": case.id,
            "round": case.round,
            "version": case.version + 1,
            "division_code": _ruling_division(call, case),
            "matter_id": case.matter_id,
            "unit_ids": sorted(await units_named(session, case)),
            "department_id": department_id,
            "legal_basis": legal_basis,
            "reason": reason,
            "by": call.viewer.principal,
            "at": call.now,
        },
    )


def _ruling_division(call: Call, case: CaseRow) -> str:
    """The division whose commander rules: of several, the one nearest to the dispute."""
    about = case.ruling_path or case.division_path
    held = [
        grant.value
        for grant in call.viewer.grants
        if grant.role is Role.COMMANDER and grant.kind is ScopeKind.DIVISION and about.startswith(grant.value)
    ]
    nearest = max(held, key=len, default=case.division_path)
    return nearest.rstrip("/").rpartition("/")[2]
