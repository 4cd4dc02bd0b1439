"""Ways in for people without an account: whoever holds a token of a case may see how it goes.

A token is shown once and kept as a hash. Asked for again with the same right, a new one is made and the older stops
counting: an answer that was lost costs nobody their case.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from db import cases, tokens
from db.cases import CaseRow, parse_number
from db.database import Database, Session
from db.scope import ScopeKind
from db.vocabulary import Realm, Role
from resolvers.call import Call
from resolvers.refusals import Code, Refusal
from resolvers.rules.policy import Policy
from resolvers.viewer import Viewer

ANONYMOUS = "anon."
TOKEN_BYTES = 24
LONGEST = 200  # nobody's token


def new_account() -> str:
    """An account that nobody can guess and that belongs to one case."""
    return f"{ANONYMOUS}{secrets.token_hex(16)}"


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> str:
    return hashlib.sha256(token[:LONGEST].encode()).hexdigest()


def is_anonymous(viewer: Viewer) -> bool:
    """Whether somebody has no account: a guest, or who came in by a token of a case."""
    return any(
        grant.kind is ScopeKind.SELF and grant.value.startswith(f"{Role.RESIDENT}:{ANONYMOUS}")
        for grant in viewer.grants
    )


def account_of(submitter_key: str) -> str:
    return submitter_key.partition(":")[2]


async def require_first(session: Session, call: Call, submitter_key: str) -> None:
    """One case for each anonymous account, so that its token opens that case and no other."""
    await tokens.hold_account(session, submitter_key)
    if await tokens.has_handed_in(session, call.viewer.realm, submitter_key):
        raise Refusal(Code.ONE_CASE_EACH)


async def let_poll(session: Session, case_id: int, realm: Realm, account: str, now: datetime, policy: Policy) -> None:
    """Give a case a place for somebody's token."""
    row = {"realm": realm, "case_id": case_id, "account": account, "created_at": now}
    await tokens.add(session, row | {"expires_at": now + policy.poll_lifetime})


async def hand_out(db: Database, case_id: int) -> tuple[str | None, str | None]:
    """New tokens of a case that was just handed in: of who did it without a name, and of who it was done for; None
    where there is no such person."""
    async with db.read() as session:
        accounts = await tokens.accounts_of_case(session, case_id)
        if not accounts:
            return None, None
        case = (await cases.rows_without_scope(session, [case_id]))[case_id]
    made = {account: new_token() for account in accounts}
    async with db.write() as session:
        for account, token in made.items():
            await tokens.hand_out(session, case_id, account, hash_of(token))
    own = account_of(case.submitter_key)
    return made.get(own), next((token for account, token in made.items() if account != own), None)


@dataclass(frozen=True, slots=True)
class Pass:
    """What a token opens: one case, under one account of its own."""

    case: CaseRow
    account: str


async def opened_by(db: Database, realm: Realm, number: str, token: str, now: datetime) -> Pass | None:
    """The case a number and a token open together; None for every other pair."""
    parsed = parse_number(number)
    if parsed is None or not token or len(token) > LONGEST:
        return None
    async with db.read() as session:
        row = await tokens.valid(session, realm, hash_of(token), now)
        if row is None:
            return None
        case = (await cases.rows_without_scope(session, [row.case_id])).get(row.case_id)
    if case is None or cases.number_of(case) != number:
        return None
    return Pass(case, row.account)
