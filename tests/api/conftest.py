"""A small schema with every kind of trouble in it, behind the real endpoint and the real protocol."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import strawberry
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.extensions import ParserCache, ValidationCache
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from api.auth import Claims, Identities, Tokens
from api.endpoint import Endpoint
from api.engine import Engine
from api.files import Files
from api.health import Metrics, health_routes
from api.live.hub import Hub
from api.live.protocol import Live
from api.live.sockets import Sockets
from api.live.streams import Streams
from api.operation import Operations
from api.settings import Settings
from api.supervise import Supervisor
from db.attachments import PhotoFiles
from db.database import Database
from db.feed import Feed
from db.scope import Grant, Scope, ScopeKind
from db.vocabulary import Realm, Role
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Viewer, masking_for

SECRET = "a-secret-of-the-tests-that-is-long-enough"


@dataclass
class Stage:
    """What the small schema's resolvers wait for and leave behind."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    cleaned: list[str] = field(default_factory=list)
    changed: int = 0


@dataclass
class SmallContext:
    viewer: Viewer
    request_id: str
    stage: Stage


Info = strawberry.Info[SmallContext, None]


@strawberry.type
class Row:
    number: int

    @strawberry.field
    def rows(self, first: int = 20) -> Page:
        return Page(rows=[])

    @strawberry.field
    def same(self) -> Row:
        return self

    @strawberry.field
    def bad(self) -> str | None:
        raise ValueError("postgresql://user:password@host/db")

    @strawberry.field
    def many(self) -> list[Row]:
        return [Row(number=n) for n in range(15)]


@strawberry.type
class Page:
    rows: list[Row]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def me(self, info: Info) -> str:
        return f"{info.context.viewer.principal} {info.context.viewer.language}"

    @strawberry.field
    def row(self) -> Row:
        return Row(number=1)

    @strawberry.field
    def rows(self, first: int = 20) -> Page:
        return Page(rows=[Row(number=n) for n in range(min(first, 100))])

    @strawberry.field
    def crash(self) -> str:
        raise ValueError("postgresql://user:password@host/db")

    @strawberry.field
    def refuse(self) -> str | None:
        raise Refusal(Code.FORBIDDEN, action="查看", action_name="look")

    @strawberry.field
    async def slow(self, info: Info) -> str:
        info.context.stage.entered.set()
        await info.context.stage.gate.wait()
        return "done"


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self, info: Info) -> int:
        info.context.stage.entered.set()
        await info.context.stage.gate.wait()
        info.context.stage.changed += 1
        return info.context.stage.changed


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int = 3) -> AsyncIterator[Row]:
        for number in range(to):
            yield Row(number=number)

    @strawberry.subscription
    async def forever(self, info: Info) -> AsyncIterator[int]:
        try:
            yield 0
            await info.context.stage.gate.wait()
            yield 1
            await asyncio.Event().wait()
        finally:
            info.context.stage.cleaned.append(info.context.request_id)

    @strawberry.subscription
    async def breaks(self) -> AsyncIterator[int]:
        yield 0
        raise ValueError("postgresql://user:password@host/db")

    @strawberry.subscription
    async def refuses(self) -> AsyncIterator[int]:
        raise Refusal(Code.NOT_FOUND, what="区划")
        yield 0


SMALL = strawberry.Schema(Query, Mutation, Subscription, extensions=[ParserCache, ValidationCache])


def make_app(
    settings: Settings, db: Database, clock: Any, stage: Stage, schema: strawberry.Schema = SMALL
) -> Starlette:
    tokens = Tokens(SECRET, clock)
    metrics = Metrics()
    sockets = Sockets(settings, clock, metrics)

    async def viewer_of(claims: Claims, language: str) -> Viewer:
        kind = ScopeKind.NOTHING
        grants = frozenset(Grant(role, kind, code) for role, code in claims.grants)
        masking = masking_for(frozenset(grant.role for grant in grants))
        return Viewer(claims.subject, claims.name, Scope(claims.realm, grants, masking, language), claims.expires_at)

    engine = Engine(
        schema=schema,
        operations=Operations(schema._schema, introspection=settings.dev),
        identify=Identities(tokens, viewer_of, clock).identify,
        context_of=lambda viewer, request_id: SmallContext(viewer, request_id, stage),
        settings=settings,
        metrics=metrics,
    )
    hub = Hub(engine, Feed(db))

    class Ready:
        is_feed_running = True

        @property
        def is_draining(self) -> bool:
            return sockets.is_draining

        def refresh(self, metrics: Metrics) -> None: ...

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        supervisor = Supervisor()
        supervisor.start("token-ends", sockets.close_expired)
        yield
        await supervisor.stop()

    app = Starlette(
        routes=[
            Route("/graphql", Endpoint(engine, Streams(engine, sockets, hub)).serve, methods=["GET", "POST"]),
            WebSocketRoute("/graphql", Live(engine, sockets, hub).serve),
            *Files(engine, db, PhotoFiles(settings.files_dir), clock).routes,
            *health_routes(db, Ready(), metrics),
        ],
        lifespan=lifespan,
    )
    app.state.settings, app.state.live = settings, sockets
    app.state.tokens, app.state.metrics, app.state.leaving = tokens, metrics, ()
    return app


@dataclass
class City:
    """A served application with what a test does to it."""

    url: str
    ws: str
    app: Starlette
    stage: Stage
    http: httpx2.AsyncClient
    server: Any

    def token(self, role: Role = Role.INTAKE_OFFICER, *, subject: str = "", hours: float = 1, **more: Any) -> str:
        grants = [(role, "3205")]
        realm = more.get("realm", Realm.LIVE)
        tokens: Tokens = self.app.state.tokens
        return tokens.issue(subject or f"{role}:3205", realm, grants, name="", lifetime=timedelta(hours=hours))

    def headers(self, **more: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token()}", "content-type": "application/json", **more}

    async def post(self, body: Any, **headers: str) -> httpx2.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.http.post("/graphql", content=content, headers=self.headers(**headers))

    async def ask(self, query: str, **headers: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.post({"query": query}, **headers)).json()
        return answer

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not holds():  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.005)

    async def is_alive(self) -> bool:
        return (await self.http.get("/livez")).text == "ok"

    @asynccontextmanager
    async def dial(self, **options: Any) -> AsyncIterator[ClientConnection]:
        options.setdefault("subprotocols", [Subprotocol("graphql-transport-ws")])
        options.setdefault("proxy", None)
        async with connect(self.ws, **options) as socket:
            yield socket

    @asynccontextmanager
    async def talk(self, token: str | None = None, **options: Any) -> AsyncIterator[Talk]:
        """A socket that has said who it is."""
        async with self.dial(**options) as socket:
            talk = Talk(socket)
            payload = {"Authorization": f"Bearer {token or self.token()}"}
            await talk.send({"type": "connection_init", "payload": payload})
            assert await talk.read() == {"type": "connection_ack"}
            yield talk


class Talk:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, message: Any) -> None:
        await self.socket.send(message if isinstance(message, str) else json.dumps(message))

    async def subscribe(self, id: str, query: str, **payload: Any) -> None:
        await self.send({"id": id, "type": "subscribe", "payload": {"query": query, **payload}})

    async def read(self) -> Any:
        async with asyncio.timeout(60):
            return json.loads(await self.socket.recv())

    async def closed(self) -> tuple[int | None, str | None]:
        """Close code and reason, whatever is still said before."""
        async with asyncio.timeout(60):
            with suppress(ConnectionClosed):
                while True:
                    await self.socket.recv()
        return self.socket.close_code, self.socket.close_reason


Open = Callable[..., Awaitable[City]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path)


@pytest.fixture
async def open_city(serve: Any, settings: Settings, sqlite: Database, clock: Any) -> AsyncIterator[Open]:
    clients: list[httpx2.AsyncClient] = []

    async def start(schema: strawberry.Schema = SMALL, **changes: Any) -> City:
        stage = Stage()
        app = make_app(settings.model_copy(update=changes), sqlite, clock, stage, schema)
        served = await serve(app)
        client = httpx2.AsyncClient(base_url=served.url, trust_env=False)
        clients.append(client)
        return City(served.url, served.ws, app, stage, client, served.server)

    yield start
    for client in clients:
        await client.aclose()


@pytest.fixture
async def city(open_city: Open) -> City:
    return await open_city()


@pytest.fixture(scope="session")
async def table_city(
    serve_for_session: Any, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[City]:
    """One server for tables of bad input: nothing of theirs may leave a trace in it."""
    settings = Settings(var_dir=tmp_path_factory.mktemp("table"), sockets_per_principal=1_000)
    db, stage = Database(f"sqlite+aiosqlite:///{sqlite_template}"), Stage()
    stage.gate.set()
    served = await serve_for_session(make_app(settings, db, lambda: datetime.now(UTC), stage))
    async with httpx2.AsyncClient(base_url=served.url, trust_env=False) as client:
        yield City(served.url, served.ws, served.app, stage, client, served.server)
    await db.close()
