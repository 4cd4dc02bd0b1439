"""What only the database knows of a refusal: the names in its sentence."""

from __future__ import annotations

from db import catalogue, places
from db.cases import CaseRow
from db.database import Session
from resolvers.refusals import Code, Refusal


async def explained(session: Session, refusal: Refusal, case: CaseRow) -> Refusal:
    """The same refusal, naming the units or the division it is about."""
    if refusal.code is Code.JOINT_DISPOSITION_REQUIRED:
        units = await catalogue.by_ids(session, catalogue.departments, case.joint_unit_ids)
        refusal.values["units"] = "、".join(units[unit].name for unit in case.joint_unit_ids)
    if refusal.code in (Code.RULING_REQUIRED, Code.NOT_THE_COMMON_SUPERIOR):
        division = await places.division(session, case.ruling_path.rstrip("/").rpartition("/")[2])
        refusal.values["division"] = division.name if division is not None else "上级"
    return refusal
