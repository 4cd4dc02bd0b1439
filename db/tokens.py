"""Poll tokens: kept as hashes, one for each person and case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update

from db.cases import cases
from db.database import Session
from db.tables import PollToken
from db.vocabulary import Realm

poll_tokens: Any = PollToken.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it


async def add(session: Session, values: Mapping[str, Any]) -> None:
    await session.execute(insert(poll_tokens).values(**values))


async def hand_out(session: Session, case_id: int, account: str, token_hash: str) -> bool:
    """From now on this token counts, and none before it. Whether the case has a place for it."""
    mine = (poll_tokens.c.case_id == case_id) & (poll_tokens.c.account == account)
    return bool((await session.execute(update(poll_tokens).where(mine).values(token_hash=token_hash))).rowcount)


async def accounts_of_case(session: Session, case_id: int) -> list[str]:
    statement = select(poll_tokens.c.account).where(poll_tokens.c.case_id == case_id).order_by(poll_tokens.c.id)
    return list((await session.execute(statement)).scalars())


async def valid(session: Session, realm: Realm, token_hash: str, now: datetime) -> Any | None:
    """The row of a token that counts, with its case."""
    statement = select(poll_tokens).where(
        poll_tokens.c.token_hash == token_hash, poll_tokens.c.realm == realm, poll_tokens.c.expires_at > now
    )
    return (await session.execute(statement)).one_or_none()


async def has_handed_in(session: Session, realm: Realm, submitter_key: str) -> bool:
    """Whether an account has a case, or a token of one."""
    case = select(cases.c.id).where(cases.c.realm == realm, cases.c.submitter_key == submitter_key).limit(1)
    account = submitter_key.partition(":")[2]
    token = select(poll_tokens.c.id).where(poll_tokens.c.account == account).limit(1)
    return any([(await session.execute(one)).first() is not None for one in (case, token)])


async def hold_account(session: Session, submitter_key: str) -> None:
    """Let others of the same account wait until this transaction ends."""
    if session.dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(submitter_key))))
