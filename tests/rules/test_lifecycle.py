"""The life-cycle by table: every state, action and role, allowed and refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from db.vocabulary import (
    OPEN_STATES,
    OPEN_WORK_ORDER_STATES,
    CaseAction,
    CaseStage,
    CaseState,
    PlainStage,
    Priority,
    Role,
    WorkOrderState,
    stage_of,
)
from resolvers.refusals import Code, Refusal
from resolvers.rules import lifecycle, orders
from resolvers.rules.clocks import plain_stage
from resolvers.rules.lifecycle import TABLE, Clock
from resolvers.rules.orders import ORDER_TABLE
from resolvers.rules.standing import Standing
from tests.conftest import A_WORKING_DAY

SUBMITTER = "SUBMITTER"  # whoever handed it in, by no role of theirs
FOLLOWER = "FOLLOWER"  # who follows it
SHARER = "SHARER"  # a unit that assists
ENDED = {"CLOSED", "DECLINED", "MERGED", "VOIDED", "WITHDRAWN"}
OPEN = {state.name for state in CaseState} - ENDED
ABLE_TO_VERIFY = {"CHECKER", "GRID_WORKER", "PATROL_OFFICER"}
HOLDER = "320508"  # code of the centre that holds the case
WAIT_FOR_RECEIPT = {"ESCALATE", "ASSIGN_DOWN", "DISPATCH", "RULE"}
WITH_UNIT = {"DISPATCHED", "SIGNED", "IN_PROGRESS", "ON_HOLD", "LONG_TERM"}
TELLERS = {"INTAKE_OFFICER", "DISPATCHER", "SHIFT_LEADER", "HANDLER", "COMMUNITY_WORKER"}
UNDER_WAY = OPEN - {"REOPEN_REQUESTED"}

# Written from the domain's own table, not from the code: action, from, to, who.
EXPECTED: list[tuple[str, set[str], str | None, set[str]]] = [
    ("SELF_HANDLE", {"SUBMITTED"}, "HANDLED", {SUBMITTER}),
    ("ACCEPT", {"SUBMITTED"}, "ACCEPTED", {"INTAKE_OFFICER"}),
    ("REQUEST_VERIFICATION", {"ACCEPTED"}, "VERIFYING", {"INTAKE_OFFICER"}),
    ("VERIFY", {"VERIFYING"}, "ACCEPTED", ABLE_TO_VERIFY),
    ("CANCEL_VERIFICATION", {"VERIFYING"}, "ACCEPTED", {"INTAKE_OFFICER"}),
    ("REGISTER", {"SUBMITTED", "ACCEPTED"}, "REGISTERED", {"INTAKE_OFFICER"}),
    ("DECLINE", {"SUBMITTED", "ACCEPTED"}, "DECLINED", {"INTAKE_OFFICER"}),
    ("DECLINE", {"RETURNED"}, "DECLINED", {"DISPATCHER"}),
    ("MERGE", {"SUBMITTED", "ACCEPTED"}, "MERGED", {"INTAKE_OFFICER"}),
    ("UNMERGE", {"MERGED"}, "ACCEPTED", {"INTAKE_OFFICER"}),
    ("TAKE_IN", OPEN, None, {"SYSTEM"}),
    ("LET_GO", OPEN, None, {"SYSTEM"}),
    ("DISPATCH", {"REGISTERED", "RETURNED"}, "DISPATCHED", {"DISPATCHER"}),
    ("SHARE", UNDER_WAY, None, {"HANDLER", "DISPATCHER", "SHIFT_LEADER"}),
    ("UNSHARE", UNDER_WAY, None, {"HANDLER", "DISPATCHER", "SHIFT_LEADER"}),
    ("ADD_DISPOSITION", WITH_UNIT | {"HANDLED", "CHECKING"}, None, {SHARER}),
    ("LINK", OPEN, None, {"INTAKE_OFFICER", "DISPATCHER", "SHIFT_LEADER", "HANDLER"}),
    ("UNLINK", OPEN, None, {"INTAKE_OFFICER", "DISPATCHER", "SHIFT_LEADER", "HANDLER"}),
    ("ADD_CHILD", WITH_UNIT | {"REGISTERED"}, None, {"HANDLER", "DISPATCHER", "SHIFT_LEADER"}),
    ("NOTE_CHILD", OPEN, None, {"SYSTEM"}),
    ("END_WITH_PARENT", OPEN, "VOIDED", {"SYSTEM"}),
    ("COMBINE_REPLY", {"REGISTERED"}, "HANDLED", {"DISPATCHER", "SHIFT_LEADER"}),
    ("COMBINE_REPLY", {"IN_PROGRESS"}, "HANDLED", {"HANDLER"}),
    ("SIGN", {"DISPATCHED"}, "SIGNED", {"HANDLER"}),
    ("RETURN", {"DISPATCHED", "SIGNED", "IN_PROGRESS"}, "RETURNED", {"HANDLER"}),
    ("RULE", {"RETURNED"}, "DISPATCHED", {"COMMANDER"}),
    ("START", {"SIGNED"}, "IN_PROGRESS", {"HANDLER"}),
    ("OUTSOURCE", {"IN_PROGRESS"}, None, {"HANDLER"}),
    ("COMPLETE", {"IN_PROGRESS"}, "HANDLED", {"HANDLER"}),
    ("HOLD", {"IN_PROGRESS"}, "ON_HOLD", {"HANDLER"}),
    ("MAKE_LONG_TERM", {"IN_PROGRESS"}, "LONG_TERM", {"HANDLER"}),
    ("RESUME", {"ON_HOLD", "LONG_TERM"}, "IN_PROGRESS", {"HANDLER", "SYSTEM"}),
    ("REASSIGN", {"DISPATCHED", "SIGNED", "IN_PROGRESS", "ON_HOLD", "LONG_TERM"}, "DISPATCHED", {"DISPATCHER"}),
    ("ESCALATE", {"ACCEPTED", "REGISTERED", "RETURNED"}, None, {"DISPATCHER"}),
    ("ASSIGN_DOWN", {"ACCEPTED", "REGISTERED", "RETURNED"}, None, {"DISPATCHER"}),
    ("RECEIVE_HOP", {"ACCEPTED", "REGISTERED", "RETURNED"}, None, {"DISPATCHER"}),
    ("PASS_ANSWER", {"HANDLED", "CLOSED"}, None, {"DISPATCHER"}),
    ("REQUEST_CHECK", {"HANDLED"}, "CHECKING", {"SHIFT_LEADER", "SYSTEM"}),
    ("CHECK", {"CHECKING"}, "HANDLED", ABLE_TO_VERIFY),
    ("REWORK", {"HANDLED"}, "IN_PROGRESS", {"SHIFT_LEADER"}),
    ("CLOSE", {"HANDLED"}, "CLOSED", {"SHIFT_LEADER", "SYSTEM"}),
    ("EVALUATE", {"CLOSED"}, "CLOSED", {"SYSTEM"}),
    ("CONFIRM", {"CLOSED"}, "CLOSED", {SUBMITTER}),
    ("REQUEST_REOPEN", {"CLOSED", "DECLINED", "MERGED", "VOIDED"}, "REOPEN_REQUESTED", {SUBMITTER}),
    ("REOPEN", {"REOPEN_REQUESTED"}, "REGISTERED", {"SHIFT_LEADER"}),
    ("REFUSE_REOPEN", {"REOPEN_REQUESTED"}, None, {"SHIFT_LEADER"}),
    ("WITHDRAW_REOPEN", {"REOPEN_REQUESTED"}, None, {SUBMITTER}),
    ("WITHDRAW", UNDER_WAY, "WITHDRAWN", {SUBMITTER}),
    ("VOID", UNDER_WAY, "VOIDED", {"SHIFT_LEADER"}),
    ("REQUEST_EXTENSION", {"SIGNED", "IN_PROGRESS"}, None, {"HANDLER"}),
    ("DECIDE_EXTENSION", {"SIGNED", "IN_PROGRESS"}, None, {"SHIFT_LEADER", "COMMANDER"}),
    ("APPEAL_LATENESS", {"CLOSED"}, "CLOSED", {"HANDLER"}),
    ("DECIDE_APPEAL", {"CLOSED"}, "CLOSED", {"COMMANDER"}),
    ("NEAR_DUE", {state.name for state in CaseState}, None, {"SYSTEM"}),
    ("OVERDUE", {state.name for state in CaseState}, None, {"SYSTEM"}),
    ("WORK_ORDER_NOTE", {state.name for state in CaseState}, None, {"SYSTEM"}),
    ("RESPOND", OPEN, None, TELLERS),
    ("COMMIT", OPEN, None, {"HANDLER", "DISPATCHER", "SHIFT_LEADER"}),
    ("KEEP_COMMITMENT", OPEN, None, {"HANDLER", "DISPATCHER", "SHIFT_LEADER"}),
    ("DELIVER", OPEN | ENDED, None, TELLERS | {"SOURCE_SYSTEM"}),
    ("FAIL_DELIVERY", OPEN | ENDED, None, TELLERS | {"SOURCE_SYSTEM", "SYSTEM"}),
    ("FOLLOW", OPEN, None, {"RESIDENT", "ENTERPRISE"}),
    ("UNFOLLOW", OPEN | ENDED, None, {FOLLOWER}),
    ("URGE", OPEN, None, {SUBMITTER, FOLLOWER}),
    ("EXPEDITE", OPEN, None, {"COMMANDER", "SHIFT_LEADER", "DISPATCHER", "SYSTEM"}),
    ("REPLY_EXPEDITE", OPEN, None, {"HANDLER", "DISPATCHER"}),
    ("NOTIFY_POLICE", UNDER_WAY, None, {"DISPATCHER", "SHIFT_LEADER", "GRID_WORKER"}),
    ("JOINT_POLICE", UNDER_WAY, None, {"DISPATCHER", "SHIFT_LEADER", "GRID_WORKER"}),
    ("TRANSFER_POLICE", UNDER_WAY, None, {"DISPATCHER", "SHIFT_LEADER"}),
    ("TAG", OPEN, None, {"INTAKE_OFFICER", "DISPATCHER", "SHIFT_LEADER"}),
    ("VISIT", OPEN, None, {"GRID_WORKER", "COMMUNITY_WORKER", "PATROL_OFFICER", "CHECKER", "HANDLER"}),
    ("AMEND", OPEN, None, {"INTAKE_OFFICER", "DISPATCHER", "SHIFT_LEADER"}),
    ("ACKNOWLEDGE", OPEN, None, {"SHIFT_LEADER", "DISPATCHER", "COMMANDER"}),
]
PARTIES = {
    SUBMITTER: Standing(frozenset(), is_submitter=True),
    FOLLOWER: Standing(frozenset(), is_submitter=False, is_follower=True),
    SHARER: Standing(frozenset(), is_submitter=False, is_sharer=True, shared_with=frozenset({9})),
}
# Answers to what somebody asked: possible only while it waits, when what would be asked again is not.
ANSWERS: dict[str, tuple[set[str], dict[str, Any]]] = {
    "DECIDE_EXTENSION": ({"REQUEST_EXTENSION"}, {"extension_requested_at": A_WORKING_DAY}),
    "DECIDE_APPEAL": ({"APPEAL_LATENESS"}, {"appealed_at": A_WORKING_DAY}),
    "REPLY_EXPEDITE": ({"CLOSE"}, {"open_expedites": 1}),
    "COMBINE_REPLY": ({"COMPLETE"}, {"children": 2}),
    "RECEIVE_HOP": (WAIT_FOR_RECEIPT, {"hop_id": 7}),
}
ACTORS = [role.name for role in Role] + list(PARTIES)


def facts(state: CaseState, **differences: Any) -> Any:
    """A case that no guard refuses."""
    usual = {
        "state": state, "open_work_orders": 0, "is_ruled": False, "open_deliveries": 1, "dispositions": 1,
        "responses": 1,
        "submitter_role": Role.GRID_WORKER, "is_self_handled": True, "is_open": state in OPEN_STATES,
        "stage": None, "state_before": CaseState.CLOSED, "priority": Priority.URGENT, "acknowledged_at": None,
        "division_path": "32/3205/320508/", "held_by": HOLDER, "hops": 1, "hop_id": None, "answer_with": HOLDER,
        "extensions": 0, "extension_requested_at": None, "was_late": True, "appealed_at": None,
        "appeal_decided_at": None, "is_evaluated": False, "open_expedites": 0, "responsible_unit_id": None,
        "ruling_path": None, "shared_unit_ids": [9], "assisting_unit_ids": [9], "joint_unit_ids": [],
        "clocks": [{"kind": "COMMITMENT"}],
        "parent_id": None, "children": 0, "open_children": 0,
    }  # fmt: skip
    return SimpleNamespace(**(usual | differences))


def standing(actor: str, of: str = HOLDER) -> Standing:
    if actor in PARTIES:
        return PARTIES[actor]
    here = frozenset({"32/3205/"})
    return Standing(frozenset({Role(actor)}), False, dispatches_for=frozenset({of}), commands=here)


def waiting_for(action: str) -> dict[str, Any]:
    """Facts with which an answer is possible."""
    return ANSWERS[action][1] if action in ANSWERS else {}


def expected_actions(state: str, actor: str, answer: str = "") -> set[str]:
    """Actions of the domain's table, but for what an answer that waits (`answer`), or one that does not, forbids."""
    hidden = set(ANSWERS) - {answer} | (ANSWERS[answer][0] if answer in ANSWERS else set())
    return {action for action, states, _, who in EXPECTED if state in states and actor in who} - hidden


def test_the_table_has_no_row_the_domain_does_not_know() -> None:
    known = {action for action, *_ in EXPECTED}

    assert {rule.action.name for rule in TABLE} == known
    of_orders = {action.name for action in CaseAction if action.name.startswith("WORK_ORDER_")}
    beside = {"SUBMIT", "HAND_OVER", "POLICE_RECEIPT", "POLICE_FEEDBACK"}
    assert {action.name for action in CaseAction} == known | of_orders | beside


@pytest.mark.parametrize("action", [row.name for row in CaseAction if row.name in {one[0] for one in EXPECTED}])
def test_every_state_and_actor_is_allowed_or_refused_as_the_domain_says(action: str) -> None:
    may_ever = set().union(*(who for name, _, _, who in EXPECTED if name == action))
    decided = 0

    for state in CaseState:
        for actor in ACTORS:
            rows = [row for row in EXPECTED if row[0] == action and state.name in row[1] and actor in row[3]]
            case = facts(state, **waiting_for(action))
            decided += 1
            if rows:
                rule = lifecycle.decide(case, CaseAction(action), standing(actor))
                [(_, _, to, _)] = rows
                assert (rule.action.name, rule.to and rule.to.name) == (action, to), (state, actor)
                continue
            with pytest.raises(Refusal) as refused:
                lifecycle.decide(case, CaseAction(action), standing(actor))
            if actor not in may_ever:
                assert refused.value.code is Code.FORBIDDEN, (state, actor)
                continue
            assert refused.value.code is Code.ILLEGAL_ACTION, (state, actor)
            allowed = expected_actions(state.name, actor, action)
            named = str(refused.value.values["allowed_names"])
            assert set(named.split(", ")) == (allowed or {"none"}), (state, actor)
            assert refused.value.values["state_name"] == state.name

    assert decided == len(CaseState) * len(ACTORS)


@pytest.mark.parametrize("actor", ACTORS)
def test_the_buttons_shown_are_the_actions_allowed(actor: str) -> None:
    for state in CaseState:
        shown = [action.name for action in lifecycle.available(facts(state), standing(actor))]
        assert len(shown) == len(set(shown))
        assert set(shown) == expected_actions(state.name, actor), state


def test_roles_add_up_and_the_submitter_may_also_be_staff() -> None:
    both = Standing(frozenset({Role.SHIFT_LEADER, Role.INTAKE_OFFICER}), True)

    shown = {action.name for action in lifecycle.available(facts(CaseState.SUBMITTED), both)}

    assert shown == {
        "SELF_HANDLE", "ACCEPT", "REGISTER", "DECLINE", "MERGE", "WITHDRAW", "VOID", "RESPOND", "AMEND",
        "LINK", "UNLINK", "NOTIFY_POLICE", "JOINT_POLICE", "TRANSFER_POLICE", "TAG",
        "ACKNOWLEDGE", "URGE", "SHARE", "UNSHARE", "DELIVER", "FAIL_DELIVERY", "EXPEDITE",
        "COMMIT", "KEEP_COMMITMENT",
    }  # fmt: skip


@pytest.mark.parametrize("before", ["DECLINED", "MERGED", "VOIDED"])
def test_a_case_that_was_never_closed_is_reopened_to_be_registered_first(before: str) -> None:
    case = facts(CaseState.REOPEN_REQUESTED, state_before=CaseState(before))

    rule = lifecycle.decide(case, CaseAction.REOPEN, standing("SHIFT_LEADER"))

    assert (rule.to, rule.clock) == (CaseState.ACCEPTED, Clock.NONE)


DEEP = "32/3205/320508/320508019/320508019044/"
GUARDS = [
    ("SELF_HANDLE", "SUBMITTED", SUBMITTER, {"submitter_role": Role.RESIDENT}, "FORBIDDEN"),
    ("SELF_HANDLE", "SUBMITTED", SUBMITTER, {"submitter_role": Role.PATROL_OFFICER}, "FORBIDDEN"),
    ("SELF_HANDLE", "SUBMITTED", SUBMITTER, {"submitter_role": Role.COMMUNITY_WORKER}, None),
    ("RETURN", "SIGNED", "HANDLER", {"is_ruled": True}, "RULING_BINDS"),
    ("RETURN", "IN_PROGRESS", "HANDLER", {"open_work_orders": 1}, "OPEN_WORK_ORDERS"),
    ("COMPLETE", "IN_PROGRESS", "HANDLER", {"open_work_orders": 2}, "OPEN_WORK_ORDERS"),
    ("COMPLETE", "IN_PROGRESS", "HANDLER", {"joint_unit_ids": [9]}, "JOINT_DISPOSITION_REQUIRED"),
    ("CLOSE", "HANDLED", "SHIFT_LEADER", {"joint_unit_ids": [9]}, "JOINT_DISPOSITION_REQUIRED"),
    ("CLOSE", "HANDLED", "SYSTEM", {"joint_unit_ids": [9]}, None),
    ("EVALUATE", "CLOSED", "SYSTEM", {"is_evaluated": True}, "NOTHING_TO_DECIDE"),
    ("UNSHARE", "SIGNED", "HANDLER", {"shared_unit_ids": []}, "NOT_SHARED"),
    ("UNSHARE", "REGISTERED", "DISPATCHER", {"shared_unit_ids": None}, "NOT_SHARED"),
    ("ADD_DISPOSITION", "SIGNED", SHARER, {"assisting_unit_ids": []}, "FORBIDDEN"),
    ("ADD_DISPOSITION", "SIGNED", SHARER, {"assisting_unit_ids": None}, "FORBIDDEN"),
    ("COMPLETE", "IN_PROGRESS", "HANDLER", {"children": 1}, "COMBINED_REPLY_REQUIRED"),
    ("COMBINE_REPLY", "IN_PROGRESS", "HANDLER", {"children": 0}, "NO_CHILDREN"),
    ("COMBINE_REPLY", "IN_PROGRESS", "HANDLER", {"children": 2, "open_children": 1}, "OPEN_CHILDREN"),
    ("COMBINE_REPLY", "IN_PROGRESS", "HANDLER", {"children": 2, "open_work_orders": 1}, "OPEN_WORK_ORDERS"),
    ("COMBINE_REPLY", "IN_PROGRESS", "HANDLER", {"children": 2, "joint_unit_ids": [9]}, "JOINT_DISPOSITION_REQUIRED"),
    ("COMBINE_REPLY", "REGISTERED", "DISPATCHER", {"children": 2}, None),
    ("COMBINE_REPLY", "REGISTERED", "DISPATCHER", {"children": 2, "held_by": "3205"}, "NOT_HOLDER"),
    ("CLOSE", "HANDLED", "SHIFT_LEADER", {"open_children": 1}, "OPEN_CHILDREN"),
    ("DECLINE", "RETURNED", "DISPATCHER", {"open_children": 1}, "OPEN_CHILDREN"),
    ("ADD_CHILD", "REGISTERED", "DISPATCHER", {"parent_id": 3}, "IS_A_CHILD"),
    ("DISPATCH", "RETURNED", "DISPATCHER", {"ruling_path": "32/3205/"}, "RULING_REQUIRED"),
    ("RULE", "RETURNED", "COMMANDER", {"ruling_path": "32/"}, "NOT_THE_COMMON_SUPERIOR"),
    ("RULE", "RETURNED", "COMMANDER", {"ruling_path": "32/3205/"}, None),
    ("RULE", "RETURNED", "COMMANDER", {"ruling_path": "32/3205/320508/"}, None),
    ("REASSIGN", "SIGNED", "DISPATCHER", {"is_ruled": True}, "RULING_BINDS"),
    ("REASSIGN", "ON_HOLD", "DISPATCHER", {"open_work_orders": 1}, "OPEN_WORK_ORDERS"),
    ("HOLD", "IN_PROGRESS", "HANDLER", {"open_work_orders": 1}, None),
    ("CLOSE", "HANDLED", "SHIFT_LEADER", {"dispositions": 0}, "DISPOSITION_REQUIRED"),
    ("CLOSE", "HANDLED", "SHIFT_LEADER", {"responses": 0}, "RESPONSE_REQUIRED"),
    ("CLOSE", "HANDLED", "SHIFT_LEADER", {"dispositions": 0, "responses": 0}, "DISPOSITION_REQUIRED"),
    ("CLOSE", "HANDLED", "SHIFT_LEADER", {"is_self_handled": False}, None),
    ("CLOSE", "HANDLED", "SYSTEM", {"is_self_handled": False}, "FORBIDDEN"),
    ("CLOSE", "HANDLED", "SYSTEM", {"responses": 0}, "RESPONSE_REQUIRED"),
    ("REQUEST_CHECK", "HANDLED", "SYSTEM", {"is_self_handled": False}, "FORBIDDEN"),
    ("REQUEST_CHECK", "HANDLED", "SHIFT_LEADER", {"is_self_handled": False}, None),
    ("KEEP_COMMITMENT", "IN_PROGRESS", "HANDLER", {"clocks": [{"kind": "HANDLING"}]}, "NO_COMMITMENT"),
    ("DELIVER", "CLOSED", "HANDLER", {"open_deliveries": 0}, "NO_DELIVERY"),
    ("FAIL_DELIVERY", "HANDLED", "SYSTEM", {"open_deliveries": 0}, "NO_DELIVERY"),
    ("CLOSE", "HANDLED", "SHIFT_LEADER", {"open_expedites": 1}, "REPLY_REQUIRED"),
    ("CLOSE", "HANDLED", "SYSTEM", {"open_expedites": 2}, "REPLY_REQUIRED"),
    ("REPLY_EXPEDITE", "IN_PROGRESS", "HANDLER", {"open_expedites": 1, "responsible_unit_id": 1}, None),
    ("REPLY_EXPEDITE", "IN_PROGRESS", "HANDLER", {}, "NO_EXPEDITE_ORDER"),
    ("REPLY_EXPEDITE", "IN_PROGRESS", "DISPATCHER", {"open_expedites": 1, "responsible_unit_id": 1}, "FORBIDDEN"),
    ("REPLY_EXPEDITE", "RETURNED", "DISPATCHER", {"open_expedites": 1}, None),
    ("REPLY_EXPEDITE", "RETURNED", "DISPATCHER", {"open_expedites": 1, "held_by": "3205"}, "NOT_HOLDER"),
    ("EXPEDITE", "RETURNED", "DISPATCHER", {"held_by": "3205"}, "NOT_HOLDER"),
    ("EXPEDITE", "RETURNED", "COMMANDER", {"held_by": "3205"}, None),
    ("VOID", "IN_PROGRESS", "SHIFT_LEADER", {"open_work_orders": 3}, None),
    ("ACKNOWLEDGE", "SUBMITTED", "COMMANDER", {"priority": Priority.IMPORTANT}, "NOT_URGENT"),
    ("ACKNOWLEDGE", "SUBMITTED", "COMMANDER", {"acknowledged_at": "earlier"}, "ALREADY_ACKNOWLEDGED"),
    ("DISPATCH", "REGISTERED", "DISPATCHER", {"hop_id": 7}, "HOP_NOT_RECEIVED"),
    ("RULE", "RETURNED", "COMMANDER", {"hop_id": 7}, "HOP_NOT_RECEIVED"),
    ("ESCALATE", "ACCEPTED", "DISPATCHER", {"hop_id": 7}, "HOP_NOT_RECEIVED"),
    ("ASSIGN_DOWN", "RETURNED", "DISPATCHER", {"hop_id": 7}, "HOP_NOT_RECEIVED"),
    ("RECEIVE_HOP", "ACCEPTED", "DISPATCHER", {}, "NO_HOP"),
    ("ESCALATE", "ACCEPTED", "DISPATCHER", {"held_by": "3205"}, "NOT_HOLDER"),
    ("ASSIGN_DOWN", "ACCEPTED", "DISPATCHER", {"held_by": "320508019"}, "NOT_HOLDER"),
    ("RECEIVE_HOP", "ACCEPTED", "DISPATCHER", {"hop_id": 7, "held_by": "3205"}, "NOT_HOLDER"),
    ("DISPATCH", "REGISTERED", "DISPATCHER", {"held_by": "3205"}, "NOT_HOLDER"),
    ("DISPATCH", "REGISTERED", "DISPATCHER", {"held_by": "3205", "hops": 0}, None),
    ("DISPATCH", "REGISTERED", "DISPATCHER", {"held_by": "320508019", "division_path": DEEP}, None),
    ("REASSIGN", "SIGNED", "DISPATCHER", {"held_by": "3205"}, "NOT_HOLDER"),
    ("DECLINE", "RETURNED", "DISPATCHER", {"held_by": "3205"}, "NOT_HOLDER"),
    ("PASS_ANSWER", "CLOSED", "DISPATCHER", {"answer_with": None}, "NO_ANSWER_DUE"),
    ("PASS_ANSWER", "HANDLED", "DISPATCHER", {"answer_with": "3205"}, "ANSWER_NOT_HERE"),
    ("REQUEST_EXTENSION", "SIGNED", "HANDLER", {"extensions": 1}, None),
    ("REQUEST_EXTENSION", "SIGNED", "HANDLER", {"extensions": 2}, "NO_EXTENSION_LEFT"),
    ("REQUEST_EXTENSION", "SIGNED", "HANDLER", {"extension_requested_at": A_WORKING_DAY}, "EXTENSION_PENDING"),
    ("DECIDE_EXTENSION", "SIGNED", "COMMANDER", {}, "NOTHING_TO_DECIDE"),
    ("APPEAL_LATENESS", "CLOSED", "HANDLER", {"was_late": False}, "NOT_LATE"),
    ("APPEAL_LATENESS", "CLOSED", "HANDLER", {"appealed_at": A_WORKING_DAY}, "ALREADY_APPEALED"),
    ("DECIDE_APPEAL", "CLOSED", "COMMANDER", {}, "NOTHING_TO_DECIDE"),
    (
        "DECIDE_APPEAL",
        "CLOSED",
        "COMMANDER",
        {"appealed_at": A_WORKING_DAY, "appeal_decided_at": A_WORKING_DAY},
        "NOTHING_TO_DECIDE",
    ),
    ("WITHDRAW", "IN_PROGRESS", SUBMITTER, {"open_work_orders": 3}, None),
]


@pytest.mark.parametrize(("action", "state", "actor", "differences", "code"), GUARDS)
def test_a_guard_refuses_and_hides_the_button(
    action: str, state: str, actor: str, differences: dict[str, Any], code: str | None
) -> None:
    case = facts(CaseState(state), **differences)
    shown = CaseAction(action) in lifecycle.available(case, standing(actor))

    assert shown is (code is None)
    if code is None:
        assert lifecycle.decide(case, CaseAction(action), standing(actor)).action.name == action
        return
    with pytest.raises(Refusal) as refused:
        lifecycle.decide(case, CaseAction(action), standing(actor))
    assert refused.value.code.name == code


def test_the_actions_that_open_or_end_a_case_are_named() -> None:
    back = {rule.action for rule in TABLE if rule.to_text == "the state it came from"}
    found = back | {
        rule.action
        for rule in TABLE
        for state in rule.from_states
        if rule.to is not None and (state in OPEN_STATES) != (rule.to in OPEN_STATES)
    }

    assert found == lifecycle.OPENS_OR_ENDS | {CaseAction.END_WITH_PARENT}  # which holds the whole already


CLOCKS = {
    "REGISTER": "START", "REOPEN": "START", "HOLD": "PAUSE", "MAKE_LONG_TERM": "PAUSE", "RESUME": "RESUME",
    "REASSIGN": "RESUME", "COMPLETE": "STOP", "DECLINE": "STOP", "WITHDRAW": "STOP", "VOID": "STOP",
    "REWORK": "CONTINUE", "MERGE": "STOP", "COMBINE_REPLY": "STOP", "END_WITH_PARENT": "STOP",
}  # fmt: skip


def test_only_these_actions_touch_the_clock() -> None:
    found = {rule.action.name: rule.clock.name for rule in TABLE if rule.clock is not Clock.NONE}

    assert found == CLOCKS


STAGES = {
    "SUBMITTED": "INTAKE", "ACCEPTED": "REGISTRATION", "VERIFYING": "REGISTRATION", "REGISTERED": "DISPATCH",
    "DISPATCHED": "DISPATCH", "RETURNED": "DISPATCH", "SIGNED": "HANDLING", "IN_PROGRESS": "HANDLING",
    "ON_HOLD": "HANDLING", "LONG_TERM": "HANDLING", "CHECKING": "CHECK_AND_CLOSURE",
    "REOPEN_REQUESTED": "CHECK_AND_CLOSURE", "CLOSED": "EVALUATION", "DECLINED": None, "MERGED": None,
    "VOIDED": None, "WITHDRAWN": None,
}  # fmt: skip


@pytest.mark.parametrize("answered", [False, True])
def test_each_state_stands_in_its_link_of_the_loop(answered: bool) -> None:
    expected = STAGES | {"HANDLED": "CHECK_AND_CLOSURE" if answered else "FEEDBACK"}

    found = {state.name: stage_of(state, is_answered=answered) for state in CaseState}

    assert {name: stage and stage.name for name, stage in found.items()} == expected


def test_open_is_every_state_but_the_five_ends() -> None:
    assert {state.name for state in OPEN_STATES} == OPEN
    assert len(OPEN) == 13


def test_a_resident_is_told_one_of_four_plain_stages() -> None:
    def told(state: CaseState, responses: int) -> PlainStage:
        stage = stage_of(state, is_answered=responses > 0)
        return plain_stage(facts(state, stage=stage, responses=responses))

    received = {"SUBMITTED", "ACCEPTED", "VERIFYING"}
    for state in CaseState:
        for responses in (0, 1):
            found = told(state, responses).name
            if state.name in ENDED:
                assert found == "FINISHED", state
            elif state.name in received:
                assert found == "RECEIVED", state
            elif responses and stage_of(state, is_answered=True) is CaseStage.CHECK_AND_CLOSURE:
                assert found == "ANSWERED", state
            else:
                assert found == "IN_HAND", state


# Work orders: action, from, to (empty: stays), who.
AT_WORK = {"ACCEPTED", "SCHEDULED", "IN_PROGRESS", "REJECTED"}
OPEN_ORDER = {*AT_WORK, "OFFERED", "SEND_FAILED", "SUBMITTED"}
ORDERS: list[tuple[str, set[str], str, str]] = [
    ("WORK_ORDER_ACCEPT", {"OFFERED"}, "ACCEPTED", "PROVIDER_STAFF"),
    ("WORK_ORDER_DECLINE", {"OFFERED"}, "DECLINED", "PROVIDER_STAFF"),
    ("WORK_ORDER_LAPSE", {"OFFERED"}, "CANCELLED", "SYSTEM"),
    ("WORK_ORDER_SEND_FAILED", {"OFFERED"}, "SEND_FAILED", "SYSTEM"),
    ("WORK_ORDER_RESEND", {"SEND_FAILED"}, "OFFERED", "HANDLER"),
    ("WORK_ORDER_SCHEDULE", {"ACCEPTED", "SCHEDULED"}, "SCHEDULED", "PROVIDER_STAFF"),
    ("WORK_ORDER_START", {"ACCEPTED", "SCHEDULED", "REJECTED"}, "IN_PROGRESS", "PROVIDER_STAFF"),
    ("WORK_ORDER_REPORT", AT_WORK, "", "PROVIDER_STAFF"),
    ("WORK_ORDER_ASK", OPEN_ORDER, "", "PROVIDER_STAFF"),
    ("WORK_ORDER_REQUEST_EXTENSION", OPEN_ORDER, "", "PROVIDER_STAFF"),
    ("WORK_ORDER_REQUEST_PRICE", OPEN_ORDER, "", "PROVIDER_STAFF"),
    ("WORK_ORDER_ANSWER", OPEN_ORDER, "", "HANDLER"),
    ("WORK_ORDER_DECIDE", OPEN_ORDER, "", "HANDLER"),
    ("WORK_ORDER_SET_CONTACT", OPEN_ORDER, "", "HANDLER"),
    ("WORK_ORDER_CLEAR_CONTACT", OPEN_ORDER, "", "HANDLER"),
    ("WORK_ORDER_SUBMIT", AT_WORK, "SUBMITTED", "PROVIDER_STAFF"),
    ("WORK_ORDER_ACCEPT_RESULT", {"SUBMITTED"}, "ACCEPTED_DONE", "HANDLER"),
    ("WORK_ORDER_REJECT_RESULT", {"SUBMITTED"}, "REJECTED", "HANDLER"),
    ("WORK_ORDER_SETTLE", {"ACCEPTED_DONE"}, "SETTLED", "HANDLER"),
    ("WORK_ORDER_CANCEL", OPEN_ORDER, "CANCELLED", "HANDLER"),
]


OUTLIVES = {"WORK_ORDER_SETTLE"}  # the price is settled when the case has ended, too
WAITING = ["QUESTION", "EXTENSION"]  # a question and an application wait for the department
ASKED_ALREADY = {"WORK_ORDER_REQUEST_EXTENSION"}


def test_where_nothing_waits_there_is_nothing_to_answer() -> None:
    case, stands = facts(CaseState.IN_PROGRESS), standing("HANDLER")
    order = SimpleNamespace(state=WorkOrderState.ACCEPTED, open_requests=[], contact_given_at=None)

    shown = orders.available_for_order(case, order, stands)

    assert {one.name for one in shown} == {"WORK_ORDER_CANCEL", "WORK_ORDER_SET_CONTACT"}
    for action in (CaseAction.WORK_ORDER_ANSWER, CaseAction.WORK_ORDER_DECIDE):
        with pytest.raises(Refusal) as refused:
            orders.decide_order(case, order, action, stands)
        assert refused.value.code is Code.NOTHING_TO_DECIDE


def test_a_work_order_is_open_until_accepted_declined_or_cancelled() -> None:
    ends = {"ACCEPTED_DONE", "SETTLED", "DECLINED", "CANCELLED"}

    assert {state.name for state in OPEN_WORK_ORDER_STATES} == {state.name for state in WorkOrderState} - ends
    assert {row.action.name for row in ORDER_TABLE} == {row[0] for row in ORDERS}


@pytest.mark.parametrize(("action", "states", "to", "who"), ORDERS)
def test_every_state_and_actor_of_a_work_order_is_decided(action: str, states: set[str], to: str, who: str) -> None:
    for case_state in CaseState:
        case = facts(case_state)
        for state in WorkOrderState:
            order = SimpleNamespace(state=state, open_requests=WAITING, contact_given_at=True)
            for actor in ACTORS:
                stands = standing(actor)
                allowed = {
                    name
                    for name, froms, _, whose in ORDERS
                    if state.name in froms and whose == actor and (case_state.name in OPEN or name in OUTLIVES)
                    if name not in ASKED_ALREADY
                }
                shown = orders.available_for_order(case, order, stands)
                assert {one.name for one in shown} == allowed, (case_state, state, actor)
                if action in allowed:
                    rule = orders.decide_order(case, order, CaseAction(action), stands)
                    assert (rule.to.name if rule.to else "") == to
                    continue
                with pytest.raises(Refusal) as refused:
                    orders.decide_order(case, order, CaseAction(action), stands)
                is_time = state.name in states and (case_state.name in OPEN or action in OUTLIVES)
                expected = Code.FORBIDDEN if actor != who else Code.ALREADY_ASKED if is_time else Code.ILLEGAL_ACTION
                assert refused.value.code is expected, (case_state, state, actor)
                if expected is Code.ILLEGAL_ACTION:
                    named = str(refused.value.values["allowed_names"])
                    assert set(named.split(", ")) == (allowed or {"none"})
