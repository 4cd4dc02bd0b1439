"""What only the database knows of a refusal: the names in its sentence."""

from __future__ import annotations

from db import catalogue
from db.cases import CaseRow
from db.database import Session
from resolvers.refusals import Code, Refusal


async def explained(session: Session, refusal: Refusal, case: CaseRow) -> Refusal:
    """The same refusal, naming the units it is about."""
    if refusal.code is Code.JOINT_DISPOSITION_REQUIRED:
        units = await catalogue.by_ids(session, catalogue.departments, case.joint_unit_ids)
        refusal.values["units"] = "、".join(units[unit].name for unit in case.joint_unit_ids)
    return refusal
