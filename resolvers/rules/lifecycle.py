"""The life-cycle as one table of actions. From it come the decision, the refusal, `Case.availableActions`, the page
docs/lifecycle.md and the parametrised test.

Pure. Source of the seven links and the two closing rules: the study this service implements, and the county
regulation and provincial guide it stands on (docs/lifecycle.md, "Sources").
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from db.vocabulary import OPEN_STATES, CaseAction, CaseState, Role
from resolvers.refusals import Code, Refusal
from resolvers.rules.guards import (
    CaseFacts,
    Guard,
    Tie,
    answer_is_here,
    answers_for_it,
    asks_for_an_extension,
    asks_for_no_extension,
    assists,
    awaits_evaluation,
    found_by_staff,
    had_been_closed,
    had_never_been_closed,
    has_appealed,
    has_commitment,
    has_disposition,
    has_extensions_left,
    has_hop_under_way,
    has_not_appealed,
    has_open_delivery,
    has_open_expedite,
    has_response,
    held_here,
    held_here_or_below,
    is_common_superior,
    is_divided,
    is_no_child,
    is_not_divided,
    is_shared,
    is_urgent,
    joint_units_have_spoken,
    no_hop_under_way,
    no_open_children,
    no_open_expedite,
    no_open_work_orders,
    not_acknowledged,
    not_ruled,
    views_agree,
    was_late,
    was_settled_on_the_spot,
)
from resolvers.rules.standing import Party, Standing

A, S, R = CaseAction, CaseState, Role


class Clock(StrEnum):
    """What an action does to the handling clock."""

    START = "START"
    PAUSE = "PAUSE"
    RESUME = "RESUME"  # with the counted time that was left
    STOP = "STOP"
    CONTINUE = "CONTINUE"  # runs on towards the same due time
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: who may take an action from where to where, what must be supplied, what happens to the clock."""

    action: CaseAction
    from_states: frozenset[CaseState]
    to: CaseState | None  # None: stays, or the action works it out (`to_text` says how)
    who: frozenset[Role | Party]
    needs: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    ties: tuple[Tie, ...] = ()  # guards that also ask how somebody stands to the case
    clock: Clock = Clock.NONE
    to_text: str = ""
    source: str = ""


def _rule(
    action: CaseAction,
    from_states: Iterable[CaseState],
    to: CaseState | None,
    who: Iterable[Role | Party],
    *,
    needs: tuple[str, ...] = (),
    guards: tuple[Guard, ...] = (),
    ties: tuple[Tie, ...] = (),
    clock: Clock = Clock.NONE,
    to_text: str = "",
    source: str = "",
) -> Rule:
    return Rule(action, frozenset(from_states), to, frozenset(who), needs, guards, ties, clock, to_text, source)


SUBMITTER = Party.SUBMITTER
LEVELS = "information flows up and down between levels, with receipts"
EXPEDITING = "orders for what is late, returned or important close with a reply"
POLICING = "grids and police beats work together"
LOOP = "every problem gets a response and a disposition"
SUBMITTERS = (
    R.RESIDENT, R.ENTERPRISE, R.GRID_WORKER, R.COMMUNITY_WORKER, R.PATROL_OFFICER, R.INTAKE_OFFICER,
    R.DISPATCHER, R.SHIFT_LEADER, R.HANDLER, R.COMMANDER, R.POLICE, R.SOURCE_SYSTEM,
)  # fmt: skip
DECLINE_NEEDS = ("reason code", "outcome NOT_OURS or NO_PROBLEM_FOUND", "disposition", "response",
                 "suggested channel")  # fmt: skip
ON_THE_SPOT = (R.CHECKER, R.GRID_WORKER, R.PATROL_OFFICER)
VISITORS = (R.GRID_WORKER, R.COMMUNITY_WORKER, R.PATROL_OFFICER, R.CHECKER, R.HANDLER)
SHARING = (R.HANDLER, R.DISPATCHER, R.SHIFT_LEADER)
SIDEWAYS = "flat cooperation between units, without the detour through a superior"
COMMITTERS = (R.HANDLER, R.DISPATCHER, R.SHIFT_LEADER)
TELLERS = (R.INTAKE_OFFICER, R.DISPATCHER, R.SHIFT_LEADER, R.HANDLER, R.COMMUNITY_WORKER)
LINKING = (R.INTAKE_OFFICER, R.DISPATCHER, R.SHIFT_LEADER, R.HANDLER)
ONE_MATTER = "one matter for many units is one application with one reply"
COMBINED = ("disposition", "outcome", "response")
WITH_UNIT = (S.DISPATCHED, S.SIGNED, S.IN_PROGRESS, S.ON_HOLD, S.LONG_TERM)
BETWEEN_LEVELS = (S.ACCEPTED, S.REGISTERED, S.RETURNED)
OTHER_HOLDER = "stays; another centre holds it"
OPEN_BUT_REOPENING = OPEN_STATES - {S.REOPEN_REQUESTED}

TABLE: tuple[Rule, ...] = (
    _rule(A.SELF_HANDLE, [S.SUBMITTED], S.HANDLED, [SUBMITTER],
          needs=("matter", "before and after photos", "outcome", "disposition"), guards=(found_by_staff,),
          source="grid workers are also the strength to solve"),
    _rule(A.ACCEPT, [S.SUBMITTED], S.ACCEPTED, [R.INTAKE_OFFICER]),
    _rule(A.REQUEST_VERIFICATION, [S.ACCEPTED], S.VERIFYING, [R.INTAKE_OFFICER],
          needs=("task permit for a grid task",), source="permit system for grid matters"),
    _rule(A.VERIFY, [S.VERIFYING], S.ACCEPTED, ON_THE_SPOT, needs=("result",)),
    _rule(A.CANCEL_VERIFICATION, [S.VERIFYING], S.ACCEPTED, [R.INTAKE_OFFICER]),
    _rule(A.REGISTER, [S.SUBMITTED, S.ACCEPTED], S.REGISTERED, [R.INTAKE_OFFICER], needs=("matter",),
          clock=Clock.START),
    _rule(A.DECLINE, [S.SUBMITTED, S.ACCEPTED], S.DECLINED, [R.INTAKE_OFFICER], needs=DECLINE_NEEDS,
          clock=Clock.STOP, source=LOOP),
    _rule(A.DECLINE, [S.RETURNED], S.DECLINED, [R.DISPATCHER], needs=DECLINE_NEEDS, guards=(no_open_children,),
          ties=(held_here_or_below,), clock=Clock.STOP, source=LOOP),
    _rule(A.MERGE, [S.SUBMITTED, S.ACCEPTED], S.MERGED, [R.INTAKE_OFFICER], needs=("master",), clock=Clock.STOP),
    _rule(A.UNMERGE, [S.MERGED], S.ACCEPTED, [R.INTAKE_OFFICER], needs=("reason",)),
    _rule(A.TAKE_IN, OPEN_STATES, None, [R.SYSTEM], source=LOOP),
    _rule(A.LET_GO, OPEN_STATES, None, [R.SYSTEM]),
    _rule(A.DISPATCH, [S.REGISTERED, S.RETURNED], S.DISPATCHED, [R.DISPATCHER], needs=("department",),
          guards=(no_hop_under_way, views_agree), ties=(held_here_or_below,)),
    _rule(A.ESCALATE, BETWEEN_LEVELS, None, [R.DISPATCHER], needs=("reason",), guards=(no_hop_under_way,),
          ties=(held_here,), to_text=OTHER_HOLDER, source=LEVELS),
    _rule(A.ASSIGN_DOWN, BETWEEN_LEVELS, None, [R.DISPATCHER], needs=("centre below", "reason"),
          guards=(no_hop_under_way,), ties=(held_here,), to_text=OTHER_HOLDER, source=LEVELS),
    _rule(A.RECEIVE_HOP, BETWEEN_LEVELS, None, [R.DISPATCHER], guards=(has_hop_under_way,), ties=(held_here,),
          source=LEVELS),
    _rule(A.PASS_ANSWER, [S.HANDLED, S.CLOSED], None, [R.DISPATCHER], ties=(answer_is_here,), source=LEVELS),
    _rule(A.SHARE, OPEN_BUT_REOPENING, None, SHARING, needs=("department", "right", "reason"), source=SIDEWAYS),
    _rule(A.UNSHARE, OPEN_BUT_REOPENING, None, SHARING, needs=("department", "reason"), guards=(is_shared,),
          source=SIDEWAYS),
    _rule(A.ADD_DISPOSITION, [*WITH_UNIT, S.HANDLED, S.CHECKING], None, [Party.SHARER], needs=("disposition",),
          ties=(assists,), source=SIDEWAYS),
    _rule(A.LINK, OPEN_STATES, None, LINKING, needs=("other case", "reason"), source=SIDEWAYS),
    _rule(A.UNLINK, OPEN_STATES, None, LINKING, needs=("other case", "reason"), source=SIDEWAYS),
    _rule(A.ADD_CHILD, [S.REGISTERED, *WITH_UNIT], None, SHARING, needs=("department", "task"),
          guards=(is_no_child,), ties=(held_here_or_below,), to_text="stays; a child is dispatched",
          source=ONE_MATTER),
    _rule(A.NOTE_CHILD, OPEN_STATES, None, [R.SYSTEM], source=ONE_MATTER),
    _rule(A.END_WITH_PARENT, OPEN_STATES, S.VOIDED, [R.SYSTEM], clock=Clock.STOP, source=ONE_MATTER),
    _rule(A.COMBINE_REPLY, [S.REGISTERED], S.HANDLED, [R.DISPATCHER, R.SHIFT_LEADER], needs=COMBINED,
          guards=(is_divided, no_open_children, joint_units_have_spoken), ties=(held_here_or_below,),
          clock=Clock.STOP, source=ONE_MATTER),
    _rule(A.COMBINE_REPLY, [S.IN_PROGRESS], S.HANDLED, [R.HANDLER], needs=COMBINED,
          guards=(is_divided, no_open_children, no_open_work_orders, joint_units_have_spoken),
          clock=Clock.STOP, source=ONE_MATTER),
    _rule(A.SIGN, [S.DISPATCHED], S.SIGNED, [R.HANDLER]),
    _rule(A.RETURN, [S.DISPATCHED, S.SIGNED, S.IN_PROGRESS], S.RETURNED, [R.HANDLER],
          needs=("reason", "proposed department"), guards=(not_ruled, no_open_work_orders)),
    _rule(A.RULE, [S.RETURNED], S.DISPATCHED, [R.COMMANDER], needs=("department", "reason"),
          guards=(no_hop_under_way,), ties=(is_common_superior,), source="remove points of divergence"),
    _rule(A.START, [S.SIGNED], S.IN_PROGRESS, [R.HANDLER]),
    _rule(A.OUTSOURCE, [S.IN_PROGRESS], None, [R.HANDLER], needs=("service provider", "task", "reason"),
          to_text="stays; a work order is offered", source="government purchase of routine tasks"),
    _rule(A.COMPLETE, [S.IN_PROGRESS], S.HANDLED, [R.HANDLER],
          needs=("disposition", "outcome", "after photo where the standard asks"),
          guards=(is_not_divided, no_open_work_orders, joint_units_have_spoken), clock=Clock.STOP, source=LOOP),
    _rule(A.HOLD, [S.IN_PROGRESS], S.ON_HOLD, [R.HANDLER], needs=("reason", "end date"), clock=Clock.PAUSE),
    _rule(A.MAKE_LONG_TERM, [S.IN_PROGRESS], S.LONG_TERM, [R.HANDLER], needs=("reason", "end date"),
          clock=Clock.PAUSE),
    _rule(A.RESUME, [S.ON_HOLD, S.LONG_TERM], S.IN_PROGRESS, [R.HANDLER, R.SYSTEM], clock=Clock.RESUME),
    _rule(A.REASSIGN, WITH_UNIT, S.DISPATCHED, [R.DISPATCHER], needs=("department", "reason"),
          guards=(not_ruled, no_open_work_orders), ties=(held_here_or_below,), clock=Clock.RESUME),
    _rule(A.REQUEST_CHECK, [S.HANDLED], S.CHECKING, [R.SHIFT_LEADER], needs=("task permit for a grid task",)),
    _rule(A.REQUEST_CHECK, [S.HANDLED], S.CHECKING, [R.SYSTEM], guards=(was_settled_on_the_spot,)),
    _rule(A.CHECK, [S.CHECKING], S.HANDLED, ON_THE_SPOT, needs=("result", "not one's own work"),
          to_text="HANDLED; on FAIL as rework"),
    _rule(A.REWORK, [S.HANDLED], S.IN_PROGRESS, [R.SHIFT_LEADER], needs=("reason",), clock=Clock.CONTINUE,
          to_text="IN_PROGRESS, or REGISTERED where no unit has it"),
    _rule(A.CLOSE, [S.HANDLED], S.CLOSED, [R.SHIFT_LEADER], needs=("outcome",),
          guards=(no_open_children, has_disposition, joint_units_have_spoken, has_response, no_open_expedite),
          source=LOOP),
    _rule(A.CLOSE, [S.HANDLED], S.CLOSED, [R.SYSTEM],
          guards=(was_settled_on_the_spot, has_disposition, has_response, no_open_expedite)),
    _rule(A.EVALUATE, [S.CLOSED], S.CLOSED, [R.SYSTEM], guards=(awaits_evaluation,)),
    _rule(A.CONFIRM, [S.CLOSED], S.CLOSED, [SUBMITTER], needs=("solved or not",),
          source="resolution is confirmed by who asked"),
    _rule(A.REQUEST_REOPEN, [S.CLOSED, S.DECLINED, S.MERGED, S.VOIDED], S.REOPEN_REQUESTED, [SUBMITTER],
          needs=("reason",), source="the submitter's right to have it taken up again"),
    _rule(A.REOPEN, [S.REOPEN_REQUESTED], S.REGISTERED, [R.SHIFT_LEADER], needs=("reason",), clock=Clock.START,
          guards=(had_been_closed,)),
    _rule(A.REOPEN, [S.REOPEN_REQUESTED], S.ACCEPTED, [R.SHIFT_LEADER], needs=("reason",),
          guards=(had_never_been_closed,)),
    _rule(A.REFUSE_REOPEN, [S.REOPEN_REQUESTED], None, [R.SHIFT_LEADER], needs=("reason", "response"),
          to_text="the state it came from", source=LOOP),
    _rule(A.WITHDRAW_REOPEN, [S.REOPEN_REQUESTED], None, [SUBMITTER], to_text="the state it came from"),
    _rule(A.WITHDRAW, OPEN_BUT_REOPENING, S.WITHDRAWN, [SUBMITTER], clock=Clock.STOP,
          to_text="WITHDRAWN; open work orders are cancelled"),
    _rule(A.VOID, OPEN_BUT_REOPENING, S.VOIDED, [R.SHIFT_LEADER], needs=("reason", "response"), clock=Clock.STOP,
          to_text="VOIDED; open work orders are cancelled"),
    _rule(A.REQUEST_EXTENSION, [S.SIGNED, S.IN_PROGRESS], None, [R.HANDLER], needs=("reason", "before it is due"),
          guards=(has_extensions_left, asks_for_no_extension), source="time limits"),
    _rule(A.DECIDE_EXTENSION, [S.SIGNED, S.IN_PROGRESS], None, [R.SHIFT_LEADER, R.COMMANDER],
          needs=("verdict", "reason"), guards=(asks_for_an_extension,), source="time limits"),
    _rule(A.APPEAL_LATENESS, [S.CLOSED], S.CLOSED, [R.HANDLER], needs=("reason",),
          guards=(was_late, has_not_appealed), source="time limits"),
    _rule(A.DECIDE_APPEAL, [S.CLOSED], S.CLOSED, [R.COMMANDER], needs=("verdict", "reason"), guards=(has_appealed,),
          source="time limits"),
    _rule(A.NEAR_DUE, CaseState, None, [R.SYSTEM]),
    _rule(A.OVERDUE, CaseState, None, [R.SYSTEM]),
    _rule(A.WORK_ORDER_NOTE, CaseState, None, [R.SYSTEM]),
    _rule(A.RESPOND, OPEN_STATES, None, TELLERS, needs=("text",), source=LOOP),
    _rule(A.COMMIT, OPEN_STATES, None, COMMITTERS, needs=("text", "moment in the future"),
          source="every promise is shown"),
    _rule(A.KEEP_COMMITMENT, OPEN_STATES, None, COMMITTERS, needs=("commitment",), guards=(has_commitment,)),
    _rule(A.DELIVER, CaseState, None, (*TELLERS, R.SOURCE_SYSTEM), needs=("receipt",), guards=(has_open_delivery,),
          source=LOOP),
    _rule(A.FAIL_DELIVERY, CaseState, None, (*TELLERS, R.SOURCE_SYSTEM, R.SYSTEM), needs=("what was tried",),
          guards=(has_open_delivery,), source=LOOP),
    _rule(A.FOLLOW, OPEN_STATES, None, [R.RESIDENT, R.ENTERPRISE], source="follow gives updates without a new case"),
    _rule(A.UNFOLLOW, CaseState, None, [Party.FOLLOWER]),
    _rule(A.URGE, OPEN_STATES, None, [SUBMITTER, Party.FOLLOWER], needs=("quiet period over",),
          source="the submitter's right to urge"),
    _rule(A.EXPEDITE, OPEN_STATES, None, [R.COMMANDER, R.SHIFT_LEADER, R.DISPATCHER, R.SYSTEM],
          needs=("kind", "reason"), ties=(held_here_or_below,), source=EXPEDITING),
    _rule(A.REPLY_EXPEDITE, OPEN_STATES, None, [R.HANDLER, R.DISPATCHER], needs=("text",),
          guards=(has_open_expedite,), ties=(held_here_or_below, answers_for_it), source=EXPEDITING),
    _rule(A.NOTIFY_POLICE, OPEN_BUT_REOPENING, None, [R.DISPATCHER, R.SHIFT_LEADER, R.GRID_WORKER],
          needs=("reason", "a beat of the grid"), source=POLICING),
    _rule(A.JOINT_POLICE, OPEN_BUT_REOPENING, None, [R.DISPATCHER, R.SHIFT_LEADER, R.GRID_WORKER],
          needs=("reason", "a beat of the grid"), source=POLICING),
    _rule(A.TRANSFER_POLICE, OPEN_BUT_REOPENING, None, [R.DISPATCHER, R.SHIFT_LEADER],
          needs=("reason", "a beat of the grid"), source=POLICING),
    _rule(A.TAG, OPEN_STATES, None, [R.INTAKE_OFFICER, R.DISPATCHER, R.SHIFT_LEADER], needs=("programme",)),
    _rule(A.VISIT, OPEN_STATES, None, VISITORS, needs=("point",), source="online flow, work on the spot"),
    _rule(A.AMEND, OPEN_STATES, None, [R.INTAKE_OFFICER, R.DISPATCHER, R.SHIFT_LEADER], needs=("a change",)),
    _rule(A.ACKNOWLEDGE, OPEN_STATES, None, [R.SHIFT_LEADER, R.DISPATCHER, R.COMMANDER],
          guards=(is_urgent, not_acknowledged)),
)  # fmt: skip


OPENS_OR_ENDS = frozenset(
    {
        A.DECLINE, A.MERGE, A.UNMERGE, A.CLOSE, A.REQUEST_REOPEN, A.REFUSE_REOPEN, A.WITHDRAW_REOPEN, A.WITHDRAW,
        A.VOID,
    }
)  # fmt: skip
"""Actions on a case after which it is open and was not, or the other way round: what it is part of counts that."""


def who(action: CaseAction) -> frozenset[Role | Party]:
    """Whoever may take an action from some state."""
    return frozenset().union(*(rule.who for rule in TABLE if rule.action is action))


def decide(case: CaseFacts, action: CaseAction, standing: Standing) -> Rule:
    """The row that allows it, or a Refusal: FORBIDDEN for the wrong role, ILLEGAL_ACTION for the wrong state, or
    what a guard says."""
    rows = [rule for rule in TABLE if rule.action is action]
    mine = [rule for rule in rows if standing.is_one_of(rule.who)]
    if not mine:
        raise Refusal(Code.FORBIDDEN, action=action.label, action_name=action.name)
    here = [rule for rule in mine if case.state in rule.from_states]
    if not here:
        raise illegal(case, action, available(case, standing))
    refusals = []
    for rule in here:
        refusal = _refused_by(rule, case, standing)
        if refusal is None:
            return rule
        refusals.append(refusal)
    raise Refusal(
        refusals[0],
        action=action.label,
        action_name=action.name,
        count=case.open_work_orders,
        children=case.open_children,
    )


def consequence(case: CaseFacts, action: CaseAction) -> Rule:
    """The row of what SYSTEM does to one case because another changed; that it has none is our mistake."""
    return decide(case, action, Standing(frozenset({R.SYSTEM}), False))


def available(case: CaseFacts, standing: Standing) -> list[CaseAction]:
    """Actions that would not be refused for role, state or guards, in the order of the table: the buttons to show."""
    found = [
        rule.action
        for rule in TABLE
        if case.state in rule.from_states
        and standing.is_one_of(rule.who)
        and _refused_by(rule, case, standing) is None
    ]
    return list(dict.fromkeys(found))


def illegal(case: CaseFacts, action: CaseAction, allowed: list[CaseAction]) -> Refusal:
    return illegal_from(case.state.label, case.state.name, action, allowed)


def illegal_from(state: str, state_name: str, action: CaseAction, allowed: list[CaseAction]) -> Refusal:
    return Refusal(
        Code.ILLEGAL_ACTION,
        state=state,
        state_name=state_name,
        action=action.label,
        action_name=action.name,
        allowed="、".join(one.label for one in allowed) or "无",
        allowed_names=", ".join(one.name for one in allowed) or "none",
    )


def _refused_by(rule: Rule, case: CaseFacts, standing: Standing) -> Code | None:
    codes = itertools.chain((guard(case) for guard in rule.guards), (tie(case, standing) for tie in rule.ties))
    return next((code for code in codes if code is not None), None)
