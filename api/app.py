"""The composition root: everything that is wired, is wired here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import strawberry
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from api.answers import ContextOf
from api.auth import Identities, Tokens
from api.development import development_routes
from api.endpoint import Endpoint
from api.engine import Admit, Engine
from api.files import Files
from api.guests import Allowance, guest_routes
from api.health import Metrics, health_routes
from api.keys import Keys
from api.live.hub import Hub
from api.live.protocol import Live
from api.live.sockets import Sockets
from api.live.streams import Streams
from api.operation import Operations
from api.outbound import Outbound
from api.rights import Listener, Moved, Rights
from api.settings import Settings
from api.supervise import Supervisor
from db.attachments import PhotoFiles
from db.bell import open_bell
from db.clock import Clock, now
from db.compaction import Compaction
from db.database import Database
from db.feed import Feed
from db.vocabulary import Realm, Role
from resolvers import client_apps, order_links
from resolvers.courier import Courier, SecretOf
from resolvers.duties import DUTIES
from resolvers.timers import Timers
from resolvers.viewer import Viewer
from schema.build import schema as gridcast_schema
from schema.context import Context
from schema.webhooks import message
from web.pages import routes as page_routes

log = structlog.get_logger("gridcast.app")


def build_app(
    settings: Settings, *, clock: Clock = now, schema: strawberry.Schema = gridcast_schema, is_first: bool = True
) -> Starlette:
    """A server that is ready to start. Nothing is opened before the lifespan begins.

    Of several workers one is the first: it runs what may run only once.
    """
    tokens = Tokens(settings.signing_secret(), clock)
    db = Database(settings.database)
    bell = open_bell(settings.bell)
    db.ring = bell.ring
    feed = Feed(db, bell, clock=clock)
    metrics = Metrics()
    metrics.bell_connected.set_function(lambda: bell.is_connected)
    bell.on_cut_off = metrics.bell_cutoffs.inc
    sockets = Sockets(settings, clock, metrics)

    rights = Rights(db, clock)
    feed.on_rights = rights.read

    secret_of = _webhook_secrets(tokens)
    context_of = _contexts(settings, db, feed, clock, tokens)
    identities = Identities(tokens, rights.viewer_of, clock, rights.is_revoked, Keys(db, clock))
    rights.listeners.append(_followed_by(rights, identities, sockets))
    engine = Engine(
        schema=schema,
        operations=Operations(schema._schema, introspection=settings.dev),  # the SDL schema has no public name
        identify=identities.identify,
        context_of=context_of,
        settings=settings,
        metrics=metrics,
        admit=_door(settings, db, clock),
    )
    hub = Hub(engine, feed)
    outbound = Outbound(is_local=settings.webhooks_local, connections=settings.webhooks_at_once)
    courier = Courier(
        db, feed, clock, outbound.post, secret_of, message, first_pause=settings.webhook_retry_seconds,
        at_once=settings.webhooks_at_once, at_once_each=settings.webhooks_at_once_each,
    )  # fmt: skip
    state = _State(sockets, feed, hub, Timers(db, clock, duties=DUTIES), clock)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        supervisor = Supervisor()
        await feed.start()
        await bell.start(feed.epoch)  # one journal, one bell: two databases on one broker do not wake each other
        supervisor.start("timers", state.timers.run)
        supervisor.start("webhooks", courier.run)
        supervisor.start("compaction", Compaction(db, clock, settings.journal_days).run)
        hub.start()
        supervisor.start("hub", hub.run)
        supervisor.start("heartbeats", hub.speak)
        supervisor.start("token-ends", sockets.close_expired)
        supervisor.start("slow-sockets", sockets.close_slow)
        if settings.demo and is_first:
            supervisor.start("demo", _demo_city(settings, db, clock))
        log.info("started", dev=settings.dev, realm=settings.realm.value)
        try:
            yield
        finally:
            await supervisor.stop()
            await outbound.close()
            await feed.stop()
            await bell.stop()
            await db.close()
            log.info("stopped")

    routes: list[BaseRoute] = [
        Route("/graphql", Endpoint(engine, Streams(engine, sockets, hub)).serve, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", Live(engine, sockets, hub).serve),
        *Files(engine, db, PhotoFiles(settings.files_dir), clock).routes,
        *guest_routes(settings, tokens, db, clock, rights.is_revoked),
        *health_routes(db, state, metrics),
        *(development_routes(settings, tokens, identities) if settings.dev else []),
        *page_routes(dev=settings.dev),
    ]
    app = Starlette(routes=routes, middleware=_middleware(settings), lifespan=lifespan)
    app.state.settings, app.state.live, app.state.db, app.state.feed, app.state.tokens, app.state.rights = (
        settings, sockets, db, feed, tokens, rights,
    )  # fmt: skip
    app.state.metrics, app.state.hub, app.state.courier, app.state.leaving = (
        metrics, hub, courier, (courier.hold,),  # the last: what a server that is told to stop calls at once
    )  # fmt: skip
    return app


def _door(settings: Settings, db: Database, clock: Clock) -> Admit:
    allowance = Allowance(settings.guest_requests_per_minute, clock)

    async def admit(viewer: Viewer, named: str | None, query: str) -> Viewer:
        allowance.take(viewer)
        return await client_apps.admit(db, viewer, named, query)

    return admit


def _demo_city(settings: Settings, db: Database, clock: Clock) -> Callable[[], Awaitable[None]]:
    from api.demo import City  # noqa: PLC0415  # the demo city loads only where it lives

    files = PhotoFiles(settings.files_dir)
    return City(db, clock, rate_per_second=settings.demo, seed=settings.demo_seed, files=files).run


def _webhook_secrets(tokens: Tokens) -> SecretOf:
    return lambda webhook_id, version: f"whs_{tokens.derived(f'webhook:{webhook_id}:{version}')}"


def _contexts(settings: Settings, db: Database, feed: Feed, clock: Clock, tokens: Tokens) -> ContextOf:
    def order_link(who: str, order_id: int, realm: Realm, lifetime: timedelta) -> str:
        grants = [(Role.PROVIDER_STAFF, order_links.scope_code(order_id))]
        return tokens.issue(who, realm, grants, name=Role.PROVIDER_STAFF.label, lifetime=lifetime)

    made = {
        "webhook_secret": _webhook_secrets(tokens),
        "order_link": order_link,
        "webhooks_local": settings.webhooks_local,
    }

    def context_of(viewer: Viewer, request_id: str) -> Context:
        return Context(db, feed, viewer, clock, request_id, **made)  # type: ignore[arg-type]  # named as its fields

    return context_of


def _followed_by(rights: Rights, identities: Identities, sockets: Sockets) -> Listener:
    async def listen(moved: Moved) -> None:
        identities.forget()  # first: a socket that is just being opened must not be given what was kept
        if moved.has_revocations:
            sockets.revoke(rights.is_revoked)
        await sockets.rights_changed(moved.concerns, identities.look_up)

    return listen


def _middleware(settings: Settings) -> list[Middleware]:
    if not settings.allowed_origins:
        return []
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Accept-Language", "X-Gridcast-App"],
        expose_headers=["X-Request-Id", "Server-Timing"],
        max_age=600,
    )
    return [cors]


class _State:
    """What readiness and metrics look at."""

    def __init__(self, sockets: Sockets, feed: Feed, hub: Hub, timers: Timers, clock: Clock) -> None:
        self._sockets = sockets
        self._feed = feed
        self._hub = hub
        self.timers = timers
        self._clock = clock

    @property
    def is_draining(self) -> bool:
        return self._sockets.is_draining

    @property
    def is_feed_running(self) -> bool:
        return self._feed.is_running

    def refresh(self, metrics: Metrics) -> None:
        metrics.journal_head.set(self._feed.head)
        metrics.hub_lag.set(max(0, self._feed.head - self._hub.seq))
        metrics.kept_bytes.set(self._hub.kept.bytes)
        if self.timers.looked_at is not None:
            metrics.looked_at.set(self.timers.looked_at.timestamp())
        if self._feed.read_at is not None:
            metrics.journal_age.set(max(0.0, (self._clock() - self._feed.read_at).total_seconds()))
