"""A database that was in use is brought to the newest shape, and one that was not is refused with a sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, event, update
from sqlmodel import SQLModel

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


async def test_no_table_that_others_point_at_is_made_anew(tmp_path: Path) -> None:
    """SQLite copies and drops a table for changes it cannot make in place, and refuses that where rows point at it:
    a city in use could not be brought to the newest shape. A default that is an expression is such a change."""
    pointed_at = {key.column.table.name for table in SQLModel.metadata.tables.values() for key in table.foreign_keys}
    dropped = []

    def look(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        dropped.extend(re.findall(r"DROP TABLE (\w+)", statement))

    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'new.db'}")
    event.listen(database._writer.sync_engine, "before_cursor_execute", look)  # what is sent, not what is meant
    await migrate(database)
    await database.close()

    assert pointed_at & set(dropped) == set()
