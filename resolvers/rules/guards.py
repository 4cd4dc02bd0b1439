"""What may stand in the way of an action that role and state allow: a code, or None where nothing does. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from db.vocabulary import CaseState, Priority, Role
from resolvers.refusals import Code
from resolvers.rules.standing import Standing

CaseFacts = Any
"""A case row: the guards read its columns by name."""

Guard = Callable[[CaseFacts], Code | None]
Tie = Callable[[CaseFacts, Standing], Code | None]


def no_open_work_orders(case: CaseFacts) -> Code | None:
    return Code.OPEN_WORK_ORDERS if case.open_work_orders else None


def not_ruled(case: CaseFacts) -> Code | None:
    return Code.RULING_BINDS if case.is_ruled else None


def views_agree(case: CaseFacts) -> Code | None:
    return Code.RULING_REQUIRED if case.ruling_path else None


def has_disposition(case: CaseFacts) -> Code | None:
    return None if case.dispositions else Code.DISPOSITION_REQUIRED


def has_response(case: CaseFacts) -> Code | None:
    return None if case.responses else Code.RESPONSE_REQUIRED


def joint_units_have_spoken(case: CaseFacts) -> Code | None:
    return Code.JOINT_DISPOSITION_REQUIRED if case.joint_unit_ids else None


def is_shared(case: CaseFacts) -> Code | None:
    return None if case.shared_unit_ids else Code.NOT_SHARED


def has_commitment(case: CaseFacts) -> Code | None:
    return None if any(clock["kind"] == "COMMITMENT" for clock in case.clocks or ()) else Code.NO_COMMITMENT


def has_open_delivery(case: CaseFacts) -> Code | None:
    return None if case.open_deliveries else Code.NO_DELIVERY


def no_open_expedite(case: CaseFacts) -> Code | None:
    return Code.REPLY_REQUIRED if case.open_expedites else None


def has_open_expedite(case: CaseFacts) -> Code | None:
    return None if case.open_expedites else Code.NO_EXPEDITE_ORDER


def no_open_children(case: CaseFacts) -> Code | None:
    return Code.OPEN_CHILDREN if case.open_children else None


def is_divided(case: CaseFacts) -> Code | None:
    return None if case.children else Code.NO_CHILDREN


def is_not_divided(case: CaseFacts) -> Code | None:
    return Code.COMBINED_REPLY_REQUIRED if case.children else None


def is_no_child(case: CaseFacts) -> Code | None:
    return None if case.parent_id is None else Code.IS_A_CHILD


def found_by_staff(case: CaseFacts) -> Code | None:
    return None if case.submitter_role in (Role.GRID_WORKER, Role.COMMUNITY_WORKER) else Code.FORBIDDEN


def was_settled_on_the_spot(case: CaseFacts) -> Code | None:
    return None if case.is_self_handled else Code.FORBIDDEN


def had_been_closed(case: CaseFacts) -> Code | None:
    return None if case.state_before is CaseState.CLOSED else Code.ILLEGAL_ACTION


def had_never_been_closed(case: CaseFacts) -> Code | None:
    return Code.ILLEGAL_ACTION if case.state_before is CaseState.CLOSED else None


def is_urgent(case: CaseFacts) -> Code | None:
    return None if case.priority is Priority.URGENT else Code.NOT_URGENT


def not_acknowledged(case: CaseFacts) -> Code | None:
    return None if case.acknowledged_at is None else Code.ALREADY_ACKNOWLEDGED


def no_hop_under_way(case: CaseFacts) -> Code | None:
    return None if case.hop_id is None else Code.HOP_NOT_RECEIVED


def has_hop_under_way(case: CaseFacts) -> Code | None:
    return Code.NO_HOP if case.hop_id is None else None


def held_here(case: CaseFacts, standing: Standing) -> Code | None:
    return None if case.held_by in standing.dispatches_for else Code.NOT_HOLDER


def held_here_or_below(case: CaseFacts, standing: Standing) -> Code | None:
    """Once a case has gone between levels, whose level does not hold it no longer directs it. Before that the place
    decides: where a county has no centre, its dispatcher works what the prefecture's centre holds."""
    if not case.hops or Role.DISPATCHER not in standing.roles:
        return None
    codes = case.division_path.rstrip("/").split("/")
    above = codes[: codes.index(case.held_by) + 1] if case.held_by in codes else []
    return None if standing.dispatches_for.intersection(above) else Code.NOT_HOLDER


def answers_for_it(case: CaseFacts, standing: Standing) -> Code | None:
    """A unit replies for itself; the dispatcher where none has the case."""
    return None if Role.HANDLER in standing.roles or case.responsible_unit_id is None else Code.FORBIDDEN


def answer_is_here(case: CaseFacts, standing: Standing) -> Code | None:
    if case.answer_with is None:
        return Code.NO_ANSWER_DUE
    return None if case.answer_with in standing.dispatches_for else Code.ANSWER_NOT_HERE


MOST_EXTENSIONS = 2


def has_extensions_left(case: CaseFacts) -> Code | None:
    return None if case.extensions < MOST_EXTENSIONS else Code.NO_EXTENSION_LEFT


def asks_for_no_extension(case: CaseFacts) -> Code | None:
    return None if case.extension_requested_at is None else Code.EXTENSION_PENDING


def asks_for_an_extension(case: CaseFacts) -> Code | None:
    return Code.NOTHING_TO_DECIDE if case.extension_requested_at is None else None


def was_late(case: CaseFacts) -> Code | None:
    return None if case.was_late else Code.NOT_LATE


def has_not_appealed(case: CaseFacts) -> Code | None:
    return None if case.appealed_at is None else Code.ALREADY_APPEALED


def awaits_evaluation(case: CaseFacts) -> Code | None:
    return Code.NOTHING_TO_DECIDE if case.is_evaluated else None


def has_appealed(case: CaseFacts) -> Code | None:
    is_waiting = case.appealed_at is not None and case.appeal_decided_at is None
    return None if is_waiting else Code.NOTHING_TO_DECIDE


def is_common_superior(case: CaseFacts, standing: Standing) -> Code | None:
    about = case.ruling_path
    is_above = about is None or any(about.startswith(path) for path in standing.commands)
    return None if is_above else Code.NOT_THE_COMMON_SUPERIOR


def assists(case: CaseFacts, standing: Standing) -> Code | None:
    return None if standing.shared_with.intersection(case.assisting_unit_ids or ()) else Code.FORBIDDEN
