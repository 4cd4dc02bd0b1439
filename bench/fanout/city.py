"""Prepare a database for the server under test: the shipped province, a few real cases, a journal that has begun.

    python city.py DATABASE_URL

The journal's counter starts at a million, as it would after some weeks with retention, so that every number of a run
has seven digits and every frame one length.
"""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import delete, select, update

from db import places
from db.catalogue import matters
from db.clock import now
from db.database import Database
from db.migrate import analyze, migrate
from db.tables import JournalCounter, JournalRow
from db.vocabulary import Realm, Role
from resolvers import importing, intake, submitting
from resolvers.call import Call
from resolvers.submitting import Submission
from resolvers.viewing import viewer_of

COUNTER = 1_000_000
COUNTY = "320508"
CASES = 8
TITLE_BYTES = 62  # of each title, in UTF-8: with it a frame of the bench comes to 353 bytes


async def main(url: str) -> None:
    db = Database(url)
    try:
        await migrate(db)
        for load in (importing.import_divisions, importing.import_grids, importing.import_units):
            report = await load(db)
            assert not report.errors, report.errors
        await _cases(db)
        async with db.write() as session:
            await session.execute(delete(JournalRow))
            await session.execute(update(JournalCounter).values(seq=COUNTER, compacted_to=COUNTER))
        await analyze(db)
    finally:
        await db.close()


async def _cases(db: Database) -> None:
    """Cases of one matter, registered: their snapshots are what the mutations wrote."""
    grids, divisions = places.grids.c, places.divisions.c
    async with db.read() as session:
        matter = (await session.execute(select(matters.c.id, matters.c.name).order_by(matters.c.id).limit(1))).one()
        of_county = await session.execute(
            select(grids.id, grids.name, divisions.name.label("community"))
            .join(places.divisions, divisions.code == grids.community_code)
            .where(grids.community_code.startswith(COUNTY))
            .order_by(grids.code)
        )
        titles = [(row.id, f"{matter.name} · {row.community}{row.name}") for row in of_county]
    grid_ids = [grid_id for grid_id, title in titles if len(title.encode()) == TITLE_BYTES][:CASES]
    assert len(grid_ids) == CASES
    for index, grid_id in enumerate(grid_ids):
        resident, officer = await _viewer(db, Role.RESIDENT, "bench"), await _viewer(db, Role.INTAKE_OFFICER, COUNTY)
        handed_in = Submission(description="人行道地砖破损，晚上容易绊倒。", matter_id=matter.id, grid_id=grid_id)
        done = await submitting.submit(db, Call(resident, now(), f"submit-{index}"), handed_in)
        await intake.register(db, Call(officer, now(), f"register-{index}", {}, 1), done.case_id, None, None)


async def _viewer(db: Database, role: Role, code: str):  # type: ignore[no-untyped-def]  # the project's own type
    return await viewer_of(
        db, principal=f"{role}:{code}", realm=Realm.LIVE, grants=[(role, code)], name=None, language="zh",
        expires_at=None,
    )  # fmt: skip


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
