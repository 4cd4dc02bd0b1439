"""The house rules that a machine can check."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

from db.database import Database
from db.migrate import check_migrations

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("api", "schema", "resolvers", "db", "web")
# No one below these: each is a fault found in a test of the stack. See docs/adr/.
FLOORS = {
    "strawberry-graphql": "0.323.2",
    "graphql-core": "3.3.2",
    "starlette": "1.3.1",
    "uvicorn": "0.52.1",
    "websockets": "14",
    "sqlalchemy": "2.1.9",
    "joserfc": "1.8",
    "pillow": "13",
}


def sources(*suffixes: str) -> list[Path]:
    """Every file of ours, as git knows them."""
    listed = subprocess.run(
        # A container may have been given the clone of another user.
        ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.decode().splitlines()]
    return [path for path in paths if path.suffix in suffixes and path.exists()]


def test_imports_point_down_only() -> None:
    lint = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]

    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("package", PACKAGES)
def test_the_packages_loaded_are_ours(package: str) -> None:
    loaded = importlib.import_module(package)

    assert loaded.__file__ is not None
    assert Path(loaded.__file__).resolve().parent == ROOT / package


def test_nobody_waits_with_wait_for() -> None:
    # On Python 3.11 it can swallow a cancellation: a zombie goes on sending under its old id.
    banned = "wait" + "_for("

    found = [path for path in sources(".py") for line in path.read_text().splitlines() if f"asyncio.{banned}" in line]

    assert found == []


def test_no_sql_is_put_together_from_text() -> None:
    pattern = re.compile(r"\btext\(\s*f[\"']|exec_driver_sql\(\s*f[\"']")

    assert [path for path in sources(".py") if pattern.search(path.read_text())] == []


def test_nothing_is_left_to_do() -> None:
    marker = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|XX" + r"X)\b")

    kept = sources(".py", ".ts", ".vue", ".graphql", ".toml", ".sh")
    assert [path for path in kept if "node_modules" not in path.parts and marker.search(path.read_text())] == []


def test_chinese_is_set_with_chinese_punctuation() -> None:
    han = r"[\u4e00-\u9fff]"
    mark = re.compile(f"{han}[,:;?!](?={han}|[\"'`])|[,:;]{han}")

    shown = [path for path in sources(".py", ".ts", ".vue", ".wxml", ".graphql") if "tests" not in path.parts]
    lines = [line for path in shown for line in path.read_text().splitlines() if mark.search(line)]
    assert [line for line in lines if "://" not in line] == []  # the parts of an address stand between colons


def test_the_published_contract_is_the_served_one() -> None:
    from schema.build import schema  # noqa: PLC0415  # the other house rules hold without it

    assert (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8").strip() == schema.as_str().strip()


async def test_migrations_and_tables_tell_the_same_story(database: Database) -> None:
    await check_migrations(database)


@pytest.mark.parametrize("name", FLOORS)
def test_dependencies_are_above_their_known_faults(name: str) -> None:
    assert Version(version(name)) >= Version(FLOORS[name])
