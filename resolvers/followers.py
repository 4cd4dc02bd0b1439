"""Who follows a case: told of it like its submitter, with no say over it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from db import followers
from db.cases import CaseRow
from db.database import Session
from resolvers.call import Call
from resolvers.refusals import Code, Refusal


async def followed_by(
    session: Session, call: Call, case: CaseRow, keys: Iterable[str], *, merged_case_id: int | None = None
) -> dict[str, Any]:
    """Columns of a held case once `keys` follow it too. Refuses more than the policy's number."""
    after = await followers.add_followers(session, case, keys, at=call.now, merged_case_id=merged_case_id)
    if len(after) > call.policy.followers_per_case:
        raise Refusal(Code.TOO_MANY, limit=call.policy.followers_per_case, what="名关注人", what_en="followers")
    return {"follower_keys": after}
