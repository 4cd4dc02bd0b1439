"""The plot of the demo city as one table: what happens next to a case, by its state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from api.demo import closing, handling, intake
from api.demo.agenda import Entry
from api.demo.stage import Stage
from db.vocabulary import CaseAction, CaseState, Priority

Next = Callable[[Stage, Any, Entry], Awaitable[CaseAction | None]]

S, A = CaseState, CaseAction

NEXT: dict[CaseState, Next] = {
    S.SUBMITTED: intake.submitted,
    S.ACCEPTED: intake.accepted,
    S.VERIFYING: intake.verifying,
    S.REGISTERED: handling.registered,
    S.DISPATCHED: handling.dispatched,
    S.RETURNED: handling.returned,
    S.SIGNED: handling.signed,
    S.IN_PROGRESS: handling.in_progress,
    S.ON_HOLD: handling.held,
    S.LONG_TERM: handling.held,
    S.HANDLED: closing.handled,
    S.CHECKING: closing.checking,
    S.REOPEN_REQUESTED: closing.reopen_requested,
    S.CLOSED: closing.closed,
    S.DECLINED: closing.ask_again,
    S.MERGED: intake.merged,
}
"""VOIDED and WITHDRAWN have no next."""

ENDS = frozenset({A.CLOSE, A.DECLINE, A.MERGE, A.VOID, A.WITHDRAW, A.REFUSE_REOPEN, A.WITHDRAW_REOPEN, A.CONFIRM})
"""After these a case is not open."""

HEARD_AFTER: dict[CaseAction, float] = {A.CLOSE: 0.5, A.DECLINE: 0.4, A.MERGE: 0.25, A.CONFIRM: 1.0}
"""The share of ended cases of which one hears again."""

WAIT_SHARE: dict[CaseAction, float] = {A.HOLD: 3.0, A.MAKE_LONG_TERM: 5.0, A.SUBMIT: 0.4, A.REWORK: 0.6, A.START: 1.3}
"""How long until the next action, where it differs from the ordinary."""

WAIT_BY_PRIORITY = {Priority.URGENT: 0.12, Priority.IMPORTANT: 0.5, Priority.NORMAL: 1.0}
