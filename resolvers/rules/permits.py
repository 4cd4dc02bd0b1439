"""How an application for a task permit is decided. Pure.

Source: the permit system for grid matters of the study; the practice of county permit lists behind it (an application
with basis, frequency and resources, a joint review, a dated admission, an exit). What follows here is our own
derivation: reviewers and days are data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from db.clock import local_day
from db.vocabulary import Realm
from db.vocabulary.permits import PermitAction, PermitKind, PermitOpinion, PermitState
from resolvers.refusals import Code, Refusal

A, S = PermitAction, PermitState


def available(application: Any) -> list[PermitAction]:
    """What may be done with it next, by whom that concerns."""
    is_unreviewed_emergency = application.kind is PermitKind.EMERGENCY and application.reviewed_at is None
    found = {
        S.PENDING: [A.REVIEW],
        S.APPROVED: [A.ADMIT, A.REFUSE],
        S.ADMITTED: [A.END],
        S.REJECTED: [],
        S.ENDED: [],
    }[application.state]
    return [A.REVIEW, *found] if is_unreviewed_emergency else found


def decide(application: Any, action: PermitAction) -> None:
    """Refuses ILLEGAL_ACTION, naming what is allowed."""
    allowed = available(application)
    if action not in allowed:
        raise Refusal(
            Code.ILLEGAL_ACTION,
            state=application.state.label,
            state_name=application.state.name,
            action=action.label,
            action_name=action.name,
            allowed="、".join(one.label for one in allowed) or "无",
            allowed_names=", ".join(one.name for one in allowed) or "none",
        )


def verdict(opinions: Sequence[PermitOpinion | None]) -> PermitOpinion | None:
    """What a joint review comes to: None until all have spoken; one that disagrees is enough."""
    if None in opinions:
        return None
    return PermitOpinion.REJECT if PermitOpinion.REJECT in opinions else PermitOpinion.APPROVE


def after_review(application: Any, said: PermitOpinion | None) -> PermitState:
    """Where an application stands after an opinion. An emergency is on the list already: refused, it leaves it."""
    if said is None:
        return application.state  # type: ignore[no-any-return]
    if application.kind is PermitKind.EMERGENCY:
        return S.ENDED if said is PermitOpinion.REJECT else application.state
    return S.REJECTED if said is PermitOpinion.REJECT else S.APPROVED


def number_of(application: Any) -> str:
    """The number people quote: ZR, six digits of place, the local day, a running number; Y in front in exercises."""
    prefix = "Y" if application.realm is Realm.EXERCISE else ""
    day = local_day(application.applied_at)
    return f"{prefix}ZR{application.division_code[:6]:0<6}{day:%Y%m%d}{application.id:05d}"


def told_of(application: Any | None, day: date, language: str) -> str:
    """What the sentence of a refused task says of the newest application for it."""
    is_english = language == "en"
    if application is None:
        return "no application exists" if is_english else "尚无准入申请，请由主管部门先申请准入"
    number, state = number_of(application), application.state
    if state is S.ADMITTED:
        first, last = application.valid_from, application.valid_to
        if is_english:
            return f"application {number} is {state.name} from {first} to {last}, today is {day}"
        return f"准入申请 {number} {state.label}，有效期 {first} 至 {last}，今天不在有效期内"
    if is_english:
        return f"application {number} is {state.name}"
    return f"准入申请 {number} 目前「{state.label}」"
