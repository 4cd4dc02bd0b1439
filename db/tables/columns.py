"""Column types shared by all tables."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

BIG_ID = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers only INTEGER keys by itself
CODE = String(32).with_variant(String(32, collation="C"), "postgresql")
PATH = String(80).with_variant(String(80, collation="C"), "postgresql")  # subtree = range scan, so bytes must order


class Words(TypeDecorator[StrEnum]):
    """A vocabulary word (of one kind, or of one of several), stored as its name: adding a word is no migration."""

    impl = String(40)
    cache_ok = True

    def __init__(self, *words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words
        self._by_name = {word.value: word for kind in words for word in kind}

    def word(self, value: str) -> StrEnum:
        return self._by_name[value]

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> Any:
        return None if value is None else str(self.word(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.word(value)


class Instant(TypeDecorator[datetime]):
    """A moment: aware, kept in UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("expected an aware datetime; came a naive one")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
