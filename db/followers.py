"""Who follows a case without having handed it in: rows for the scope's clause, keys on the case for all else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from db.cases import CaseRow, cases, followers
from db.database import Session
from db.vocabulary import CaseKind, Realm


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


async def start_with(session: Session, case: CaseRow, at: datetime) -> None:
    """Rows for whoever follows a case from its first moment, as its column says."""
    rows = [{"case_id": case.id, "follower_key": key, "at": at} for key in case.follower_keys]
    if rows:
        await session.execute(insert(followers), rows)


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


async def lock_to_follow(session: Session, realm: Realm, case_id: int, kinds: frozenset[CaseKind]) -> CaseRow | None:
    """An open case that anybody may follow, held until the transaction ends."""
    statement = select(cases).where(cases.c.id == case_id, *_followable(realm, kinds)).with_for_update()
    return (await session.execute(statement)).one_or_none()


async def to_follow(
    session: Session,
    realm: Realm,
    kinds: frozenset[CaseKind],
    *,
    matter_id: int | None,
    grid: Any,
    limit: int,
) -> list[CaseRow]:
    """Open cases of a matter in the community of a grid, those of the grid first, then newest first; without a matter
    those of the grid. Whoever asks: nothing of who handed them in may be shown."""
    alike = cases.c.grid_id == grid.id if matter_id is None else cases.c.matter_id == matter_id
    statement = (
        select(cases)
        .where(*_followable(realm, kinds), alike, cases.c.division_path == grid.path)
        .order_by((cases.c.grid_id == grid.id).desc(), cases.c.id.desc())
        .limit(limit)
    )
    return list(await session.execute(statement))


def _followable(realm: Realm, kinds: frozenset[CaseKind]) -> list[Any]:
    is_whole = cases.c.parent_id.is_(None)  # whoever follows is told of the whole
    return [cases.c.realm == realm, cases.c.is_open, cases.c.kind.in_(sorted(kinds)), is_whole]
