"""Bring a database to the newest shape, and give a new one its epoch."""

from __future__ import annotations

import secrets
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, insert, select, text
from sqlmodel import col

from db.database import Database
from db.tables import JournalCounter

MIGRATIONS = Path(__file__).parent / "migrations"


def _config(connection: Connection) -> Config:
    config = Config(MIGRATIONS / "alembic.ini")
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")


def _check(connection: Connection) -> None:
    command.check(_config(connection))


async def migrate(db: Database) -> None:
    """Apply what is missing. Running it twice changes nothing."""
    async with db.write() as session:
        await session.run_sync(_upgrade)
        if (await session.execute(select(col(JournalCounter.id)))).first() is None:
            epoch = secrets.token_hex(6)
            await session.execute(insert(JournalCounter).values(id=1, epoch=epoch, seq=0, compacted_to=0))


async def check_migrations(db: Database) -> None:
    """Raise when tables and migrations tell different stories."""
    async with db.write() as session:
        await session.run_sync(_check)


async def require_migrated(db: Database) -> None:
    """Raise when the database has no journal, or one of an older shape: nothing can be served or counted from it."""
    async with db.read() as session:
        await session.execute(select(col(JournalCounter.rights_version)))  # the newest column it cannot do without


async def analyze(db: Database) -> None:
    """Let the planner know the sizes; after an import its guesses are stale."""
    async with db.write() as session:
        await session.execute(text("ANALYZE"))
