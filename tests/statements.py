"""The statements that a database is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from db.database import Database

NOT_OURS = ("BEGIN", "SET ", "SHOW ")


@contextmanager
def counting(db: Database, *, writing: bool = False) -> Iterator[list[str]]:
    """Those on the way that reads, with `writing` on either; stop the feed first, it reads on the same way."""
    seen: list[str] = []

    def before(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(NOT_OURS):
            seen.append(statement)

    engines = [one.sync_engine for one in ((db._reader, db._writer) if writing else (db._reader,))]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", before)
