"""A database that was in use is brought to the newest shape, and one that was not is refused with a sentence."""

from __future__ import annotations

import pytest
from alembic import command
from sqlalchemy import Connection, update

from db import journal
from db.database import TROUBLE, Database
from db.migrate import _config, migrate, require_migrated
from db.tables import JournalCounter


def _back_to_the_first(connection: Connection) -> None:
    command.downgrade(_config(connection), "0001")


async def test_a_database_of_the_first_shape_keeps_its_journal_and_gets_rights(database: Database) -> None:
    async with database.write() as session:
        await session.execute(update(JournalCounter).values(seq=7, compacted_to=3))
        before = await journal.position(session)
        await session.run_sync(_back_to_the_first)
    with pytest.raises(TROUBLE):
        await require_migrated(database)

    await migrate(database)

    await require_migrated(database)
    async with database.read() as session:
        assert await journal.position(session) == before
    assert (before.seq, before.compacted_to, before.rights_version) == (7, 3, 0)
