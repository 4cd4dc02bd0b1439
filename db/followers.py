"""Who follows a case without having handed it in: rows for the scope's clause, keys on the case for all else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from db.cases import CaseRow, cases, followers
from db.database import Session


async def add_followers(
    session: Session, case: CaseRow, keys: Iterable[str], *, at: datetime, merged_case_id: int | None = None
) -> list[str]:
    """Let `keys` follow a held case: all its followers afterwards, for its column `follower_keys`.

    Who handed it in sees it anyway. Who comes by a merge and chooses to follow stays when the merge is taken back.
    """
    wanted = set(keys) - {case.submitter_key}
    present = set(case.follower_keys)
    if merged_case_id is None and wanted & present:
        chosen = followers.c.follower_key.in_(sorted(wanted & present))
        of_case = update(followers).where(followers.c.case_id == case.id, chosen)
        await session.execute(of_case.values(merged_case_id=None))
    new = [
        {"case_id": case.id, "follower_key": key, "at": at, "merged_case_id": merged_case_id}
        for key in sorted(wanted - present)
    ]
    if new:
        await session.execute(insert(followers), new)
    return sorted(wanted | present)


async def remove_followers(session: Session, case: CaseRow, keys: Iterable[str]) -> list[str]:
    """Let `keys` follow a held case no longer: who still does, for its column `follower_keys`."""
    gone = set(keys)
    which = followers.c.follower_key.in_(sorted(gone))
    await session.execute(delete(followers).where(followers.c.case_id == case.id, which))
    return sorted(set(case.follower_keys) - gone)


async def release_merged(session: Session, master: CaseRow, merged: CaseRow) -> list[str]:
    """Undo what merging `merged` into a held master added: who still follows the master.

    Who handed in another duplicate of it stays, because of that one.
    """
    of_merge = (followers.c.case_id == master.id) & (followers.c.merged_case_id == merged.id)
    brought = set((await session.execute(select(followers.c.follower_key).where(of_merge))).scalars())
    others = select(cases.c.submitter_key, cases.c.id).where(
        cases.c.merged_into_id == master.id, cases.c.id != merged.id, cases.c.submitter_key.in_(sorted(brought))
    )
    for row in await session.execute(others):
        because = update(followers).where(of_merge, followers.c.follower_key == row.submitter_key)
        await session.execute(because.values(merged_case_id=row.id))
        brought.discard(row.submitter_key)
    return await remove_followers(session, master, brought)
