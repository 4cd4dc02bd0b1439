"""Settings that name a bell: which are taken, and that a refusal helps without repeating a password."""

from __future__ import annotations

import pytest

from api.settings import Settings, SettingsError
from db.bell import open_bell

DATABASE = "postgresql+asyncpg://gridcast:p%40ss@db.example/gridcast"


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        ("memory://", "memory://"),
        ("database", DATABASE),
        ("redis://broker", "redis://broker"),
        ("rediss://user:word@broker:6380/2", "rediss://user:word@broker:6380/2"),
        ("valkey://:w%2Ford@broker:6379", "valkey://:w%2Ford@broker:6379"),
        ("valkeys://broker", "valkeys://broker"),
        ("postgresql://user:word@one,two:5433/bells?sslmode=require", "postgresql://user:word@one,two:5433/bells?sslmode=require"),
        ("postgresql+asyncpg://postgres@/bells?host=/run/postgres", "postgresql+asyncpg://postgres@/bells?host=/run/postgres"),
    ],
)  # fmt: skip
def test_a_bell_is_named_by_its_address(given: str, opened: str) -> None:
    settings = Settings(database_url=DATABASE, bell_url=given)

    assert settings.bell == opened
    assert open_bell(settings.bell).is_connected is (given == "memory://")  # nothing is dialled yet


@pytest.mark.parametrize(
    "given",
    [
        "", "broker:6379", "kafka://broker", "redis-stream://broker", "http://broker", "database://", "MEMORY",
        "redis://", "redis://:6379", "redis://broker:port", "redis://broker:99999", "redis://:hidden/word@broker",
        "redis://:hidden#word@broker", "valkey:broker", "postgresql://user:hidden/word@broker/bells",
    ],
)  # fmt: skip
def test_what_would_never_ring_is_refused_in_both_languages(given: str) -> None:
    settings = Settings(database_url=DATABASE, bell_url=given)

    with pytest.raises(SettingsError) as refused:
        _ = settings.bell

    chinese, english = str(refused.value).splitlines()
    assert "GRIDCAST_BELL_URL" in chinese
    assert "GRIDCAST_BELL_URL" in english
    assert "hidden" not in str(refused.value) + repr(settings)


def test_the_database_is_no_bell_when_it_is_sqlite() -> None:
    with pytest.raises(SettingsError, match="needs PostgreSQL"):
        _ = Settings(bell_url="database").bell
