"""How an application for a task permit is decided, by table."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from db.vocabulary import Realm
from db.vocabulary.permits import PermitAction, PermitKind, PermitOpinion, PermitState
from resolvers.refusals import Code, Refusal
from resolvers.rules import permits as rules

YES, NO = PermitOpinion.APPROVE, PermitOpinion.REJECT
ALLOWED = {
    "PENDING": {"REVIEW"}, "APPROVED": {"ADMIT", "REFUSE"}, "REJECTED": set(), "ADMITTED": {"END"}, "ENDED": set(),
}  # fmt: skip


def application(state: str, **more: Any) -> Any:
    usual = {
        "id": 7, "realm": Realm.LIVE, "kind": PermitKind.REGULAR, "state": PermitState[state], "reviewed_at": None,
        "division_code": "3205", "applied_at": datetime(2026, 3, 10, 17, tzinfo=UTC), "valid_from": None,
        "valid_to": None,
    }  # fmt: skip
    return SimpleNamespace(**(usual | more))


@pytest.mark.parametrize("state", [state.name for state in PermitState])
@pytest.mark.parametrize("is_reviewed", [True, False])
@pytest.mark.parametrize("kind", list(PermitKind))
def test_every_action_is_allowed_or_refused(state: str, is_reviewed: bool, kind: PermitKind) -> None:
    one = application(state, kind=kind, reviewed_at=datetime(2026, 3, 11, tzinfo=UTC) if is_reviewed else None)
    expected = ALLOWED[state] | ({"REVIEW"} if kind is PermitKind.EMERGENCY and not is_reviewed else set())

    assert {action.name for action in rules.available(one)} == expected
    for action in PermitAction:
        if action.name in expected:
            rules.decide(one, action)
            continue
        with pytest.raises(Refusal) as refused:
            rules.decide(one, action)
        assert refused.value.code is Code.ILLEGAL_ACTION
        assert set(str(refused.value.values["allowed_names"]).split(", ")) == (expected or {"none"})


@pytest.mark.parametrize(
    ("opinions", "expected"),
    [([None], None), ([YES, None], None), ([NO, None], None), ([YES], YES), ([YES, YES], YES), ([YES, NO, YES], NO)],
)
def test_a_joint_review_is_decided_when_all_have_spoken(
    opinions: list[PermitOpinion | None], expected: PermitOpinion | None
) -> None:
    assert rules.verdict(opinions) is expected


def test_a_rejected_emergency_leaves_the_list_and_an_approved_one_stays() -> None:
    one = application("ADMITTED", kind=PermitKind.EMERGENCY)

    assert [rules.after_review(one, said).name for said in (None, YES, NO)] == ["ADMITTED", "ADMITTED", "ENDED"]
    regular = application("PENDING")
    assert [rules.after_review(regular, said).name for said in (None, YES, NO)] == ["PENDING", "APPROVED", "REJECTED"]


def test_a_number_holds_the_place_and_the_local_day() -> None:
    assert rules.number_of(application("PENDING")) == "ZR3205002026031100007"
    assert rules.number_of(application("PENDING", realm=Realm.EXERCISE)) == "YZR3205002026031100007"


def test_what_is_told_of_an_application_can_be_acted_on() -> None:
    day = date(2026, 3, 11)
    dated = application("ADMITTED", valid_from=date(2025, 1, 1), valid_to=date(2025, 12, 31))

    assert rules.told_of(None, day, "zh") == "尚无准入申请，请由主管部门先申请准入"
    assert rules.told_of(None, day, "en") == "no application exists"
    assert rules.told_of(application("REJECTED"), day, "zh") == "准入申请 ZR3205002026031100007 目前「未通过」"
    assert rules.told_of(application("REJECTED"), day, "en") == "application ZR3205002026031100007 is REJECTED"
    assert rules.told_of(dated, day, "zh") == (
        "准入申请 ZR3205002026031100007 已准入，有效期 2025-01-01 至 2025-12-31，今天不在有效期内"
    )
    assert rules.told_of(dated, day, "en").endswith("is ADMITTED from 2025-01-01 to 2025-12-31, today is 2026-03-11")
