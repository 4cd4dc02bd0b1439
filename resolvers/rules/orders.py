"""The table of work orders: each of its actions is also a step of the case. Pure.

Source: the study's purchase of routine tasks from outside; the states as docs/lifecycle.md prints them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from db.vocabulary import OPEN_STATES, OPEN_WORK_ORDER_STATES, CaseAction, Role, WorkOrderState
from db.vocabulary.outsourcing import OrderRequestKind
from resolvers.refusals import Code, Refusal
from resolvers.rules.guards import CaseFacts
from resolvers.rules.lifecycle import illegal_from
from resolvers.rules.standing import Standing

A, R, W, K = CaseAction, Role, WorkOrderState, OrderRequestKind

OrderFacts = Any
"""A row of work orders: the guards read its columns by name."""

ANSWERED = frozenset({K.QUESTION, K.ACCESS})
"""Requests that are answered in words; the others are granted or refused."""


def has_question(order: OrderFacts) -> Code | None:
    return None if ANSWERED.intersection(order.open_requests or ()) else Code.NOTHING_TO_DECIDE


def has_application(order: OrderFacts) -> Code | None:
    return None if set(order.open_requests or ()) - ANSWERED else Code.NOTHING_TO_DECIDE


def wants_no_extension(order: OrderFacts) -> Code | None:
    return Code.ALREADY_ASKED if K.EXTENSION in (order.open_requests or ()) else None


def wants_no_other_price(order: OrderFacts) -> Code | None:
    return Code.ALREADY_ASKED if K.PRICE_CHANGE in (order.open_requests or ()) else None


def has_contact(order: OrderFacts) -> Code | None:
    return None if order.contact_given_at is not None else Code.NO_CONTACT


@dataclass(frozen=True, slots=True)
class OrderRule:
    """One row: who may take an action from where to where, and what must be supplied."""

    action: CaseAction
    from_states: frozenset[WorkOrderState]
    to: WorkOrderState | None  # None: stays
    who: Role
    needs: tuple[str, ...] = ()
    guards: tuple[Callable[[OrderFacts], Code | None], ...] = ()
    outlives_case: bool = False  # may be done once the case has ended


AT_WORK = frozenset({W.ACCEPTED, W.SCHEDULED, W.IN_PROGRESS, W.REJECTED})
OPEN = frozenset(OPEN_WORK_ORDER_STATES)
IN_HAND = AT_WORK | {W.SUBMITTED}
"""Taken on by the provider and not over: while it is told whom to ask for at the place."""

ORDER_TABLE: tuple[OrderRule, ...] = (
    OrderRule(A.WORK_ORDER_ACCEPT, frozenset({W.OFFERED}), W.ACCEPTED, R.PROVIDER_STAFF),
    OrderRule(A.WORK_ORDER_DECLINE, frozenset({W.OFFERED}), W.DECLINED, R.PROVIDER_STAFF, ("reason",)),
    OrderRule(A.WORK_ORDER_LAPSE, frozenset({W.OFFERED}), W.CANCELLED, R.SYSTEM, ("time-out",)),
    OrderRule(A.WORK_ORDER_SEND_FAILED, frozenset({W.OFFERED}), W.SEND_FAILED, R.SYSTEM, ("reason",)),
    OrderRule(A.WORK_ORDER_RESEND, frozenset({W.SEND_FAILED}), W.OFFERED, R.HANDLER),
    OrderRule(A.WORK_ORDER_SCHEDULE, frozenset({W.ACCEPTED, W.SCHEDULED}), W.SCHEDULED, R.PROVIDER_STAFF,
              ("crew", "time")),
    OrderRule(A.WORK_ORDER_START, frozenset({W.ACCEPTED, W.SCHEDULED, W.REJECTED}), W.IN_PROGRESS, R.PROVIDER_STAFF),
    OrderRule(A.WORK_ORDER_REPORT, AT_WORK, None, R.PROVIDER_STAFF, ("text",)),
    OrderRule(A.WORK_ORDER_ASK, OPEN, None, R.PROVIDER_STAFF, ("text",)),
    OrderRule(A.WORK_ORDER_REQUEST_EXTENSION, OPEN, None, R.PROVIDER_STAFF, ("reason", "later due time"),
              (wants_no_extension,)),
    OrderRule(A.WORK_ORDER_REQUEST_PRICE, OPEN, None, R.PROVIDER_STAFF, ("reason", "price of one unit"),
              (wants_no_other_price,)),
    OrderRule(A.WORK_ORDER_ANSWER, OPEN, None, R.HANDLER, ("text",), (has_question,)),
    OrderRule(A.WORK_ORDER_DECIDE, OPEN, None, R.HANDLER, ("verdict", "reason"), (has_application,)),
    OrderRule(A.WORK_ORDER_SET_CONTACT, OPEN, None, R.HANDLER, ("who to ask for", "telephone")),
    OrderRule(A.WORK_ORDER_CLEAR_CONTACT, OPEN, None, R.HANDLER, (), (has_contact,)),
    OrderRule(A.WORK_ORDER_SUBMIT, AT_WORK, W.SUBMITTED, R.PROVIDER_STAFF,
              ("result", "evidence with place and time where the item asks")),
    OrderRule(A.WORK_ORDER_ACCEPT_RESULT, frozenset({W.SUBMITTED}), W.ACCEPTED_DONE, R.HANDLER),
    OrderRule(A.WORK_ORDER_REJECT_RESULT, frozenset({W.SUBMITTED}), W.REJECTED, R.HANDLER,
              ("reason", "clause of the standard")),
    OrderRule(A.WORK_ORDER_SETTLE, frozenset({W.ACCEPTED_DONE}), W.SETTLED, R.HANDLER, outlives_case=True),
    OrderRule(A.WORK_ORDER_CANCEL, OPEN, W.CANCELLED, R.HANDLER, ("reason",)),
)  # fmt: skip


def decide_order(case: CaseFacts, order: OrderFacts, action: CaseAction, standing: Standing) -> OrderRule:
    """The row that allows it, or a Refusal: FORBIDDEN for the wrong role, ILLEGAL_ACTION for the wrong state, or what
    a guard says."""
    rule = next(row for row in ORDER_TABLE if row.action is action)
    if rule.who not in standing.roles:
        raise Refusal(Code.FORBIDDEN, action=action.label, action_name=action.name)
    if order.state not in rule.from_states or not _is_time(case, rule):
        allowed = available_for_order(case, order, standing)
        raise illegal_from(order.state.label, order.state.name, action, allowed)
    for guard in rule.guards:
        code = guard(order)
        if code is not None:
            raise Refusal(code)
    return rule


def available_for_order(case: CaseFacts, order: OrderFacts, standing: Standing) -> list[CaseAction]:
    """Actions that would not be refused for role, state or guards, in the order of the table: the buttons to show."""
    return [
        rule.action
        for rule in ORDER_TABLE
        if order.state in rule.from_states
        and rule.who in standing.roles
        and _is_time(case, rule)
        and not any(guard(order) for guard in rule.guards)
    ]


def _is_time(case: CaseFacts, rule: OrderRule) -> bool:
    return rule.outlives_case or case.state in OPEN_STATES
