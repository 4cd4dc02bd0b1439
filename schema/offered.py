"""The buttons of a case: what the life-cycle allows, without those that would find nothing to act on."""

from __future__ import annotations

from typing import Any

from db.cases import columns_of
from db.vocabulary import CaseAction
from resolvers.rules import access, lifecycle
from schema.context import Ask

BETWEEN_LEVELS = frozenset({CaseAction.ESCALATE, CaseAction.ASSIGN_DOWN})


async def offered(info: Ask, row: Any) -> list[CaseAction]:
    """What the viewer may do now. Links, centres and what a standard asks for are not columns of the case: they are
    looked up only where the life-cycle leaves the button standing."""
    found = lifecycle.available(row, access.standing(info.context.viewer.scope, columns_of(row)))
    loaders = info.context.loaders
    hidden: set[CaseAction] = set()
    if CaseAction.UNLINK in found and not await loaders.links.load(row.id):
        hidden.add(CaseAction.UNLINK)
    if CaseAction.CLOSE in found and await _waits_for_visit(info, row):
        hidden.add(CaseAction.CLOSE)
    if BETWEEN_LEVELS.intersection(found):
        codes = row.division_path.rstrip("/").split("/")
        centres = await loaders.centres_on_path.load(row.division_path)
        own = codes.index(row.held_by) if row.held_by in codes else len(codes)
        if centres.isdisjoint(codes[:own]):
            hidden.add(CaseAction.ESCALATE)
        if centres.isdisjoint(codes[own + 1 :]):
            hidden.add(CaseAction.ASSIGN_DOWN)
    return [action for action in found if action not in hidden]


async def _waits_for_visit(info: Ask, row: Any) -> bool:
    """Whether the standard asks for a visit that nobody has made. Settling on the spot stays on offer: its matter may
    be another."""
    if row.visits or row.matter_id is None:
        return False
    matter = await info.context.loaders.matter.load(row.matter_id)
    return matter is not None and bool(matter.needs_visit)
