"""Alive, ready, and how much of what: for the people and programs that run the server. No personal data."""

from __future__ import annotations

import asyncio
import os
from typing import Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from db import breaks
from db.database import Database
from db.vocabulary import Realm
from db.vocabulary.breaks import BreakKind

DATABASE_SECONDS = 2  # a balancer asks every few seconds


class Metrics:
    """A registry of its own for each application, so that two in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "gridcast_requests", "GraphQL operations over HTTP", ["kind", "outcome"], registry=self.registry
        )
        self.request_seconds = Histogram(
            "gridcast_request_seconds", "Execution time of queries and mutations over HTTP", registry=self.registry
        )
        self.sockets = Gauge("gridcast_sockets", "Open live sockets", registry=self.registry)
        self.subscriptions = Gauge("gridcast_subscriptions", "Running operations on sockets", registry=self.registry)
        self.cohorts = Gauge("gridcast_cohorts", "Groups of equal subscriptions", registry=self.registry)
        self.executions = Counter("gridcast_executions", "Events executed for a cohort", registry=self.registry)
        self.deliveries = Counter("gridcast_deliveries", "Messages `next` written", registry=self.registry)
        self.batch_events = Histogram(
            "gridcast_batch_events",
            "Events written to a subscriber at once",
            buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=self.registry,
        )
        self.skipped = Counter(
            "gridcast_skipped", "Subscribers left out of a pass because their peer did not keep up",
            registry=self.registry,
        )  # fmt: skip
        self.latency = Histogram(
            "gridcast_event_to_frame_seconds",
            "From a change to the last frame of its pass",
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )
        self.closes = Counter("gridcast_closes", "Sockets closed by us", ["code"], registry=self.registry)
        self.journal_head = Gauge("gridcast_journal_head", "Last journal number read", registry=self.registry)
        self.journal_age = Gauge(
            "gridcast_journal_age_seconds", "Time since the journal was last read to its end", registry=self.registry
        )
        self.hub_lag = Gauge("gridcast_hub_lag", "Events read and not yet offered to cohorts", registry=self.registry)
        self.kept_bytes = Gauge("gridcast_kept_bytes", "Encoded payloads kept in memory", registry=self.registry)
        self.bell_connected = Gauge(
            "gridcast_bell_connected", "1 while rings of other processes are heard", registry=self.registry
        )
        self.bell_cutoffs = Counter("gridcast_bell_cutoffs", "Times the bell lost its broker", registry=self.registry)
        self.process = Gauge("gridcast_process", "The process that answers", ["pid"], registry=self.registry)
        self.process.labels(os.getpid()).set(1)
        self.looked_at = Gauge(
            "gridcast_timers_looked_at_seconds",
            "When this process last did all that is done by itself, in seconds since 1970; 0 where it never led",
            registry=self.registry,
        )
        self.open_breaks = Gauge(
            "gridcast_open_loop_breaks", "Loop breaks not repaired", ["realm", "kind"], registry=self.registry
        )
        self.connections = Gauge(
            "gridcast_database_connections", "Database connections in use", registry=self.registry
        )


class Readiness(Protocol):
    """Why this process should, or should not, be given work."""

    @property
    def is_draining(self) -> bool: ...

    @property
    def is_feed_running(self) -> bool: ...

    def refresh(self, metrics: Metrics) -> None: ...


def health_routes(db: Database, state: Readiness, metrics: Metrics) -> list[BaseRoute]:
    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_: Request) -> Response:
        checks = {
            "serving": not state.is_draining,
            "feed": state.is_feed_running,
            "database": not state.is_draining and await _answers(db),
        }
        is_ready = all(checks.values())
        return JSONResponse({"ready": is_ready, **checks}, 200 if is_ready else 503, {"cache-control": "no-store"})

    async def numbers(_: Request) -> Response:
        state.refresh(metrics)
        await _count_breaks(db, metrics)
        metrics.connections.set(db.connections_in_use)
        return Response(generate_latest(metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST})

    return [Route("/livez", livez), Route("/readyz", readyz), Route("/metrics", numbers)]


async def _count_breaks(db: Database, metrics: Metrics) -> None:
    """As the database says now; without an answer no number at all is shown, rather than an old one."""
    metrics.open_breaks.clear()
    try:
        async with asyncio.timeout(DATABASE_SECONDS), db.read() as session:
            found = await breaks.open_by_kind_without_scope(session)
    except Exception:  # the other numbers are wanted most when the database is away
        return
    for realm in Realm:
        for kind in BreakKind:
            metrics.open_breaks.labels(realm.name, kind.name).set(found.get((realm, kind), 0))


async def _answers(db: Database) -> bool:
    try:
        async with asyncio.timeout(DATABASE_SECONDS), db.read() as session:
            await session.exec_driver_sql("SELECT 1")
    except Exception:  # whatever it is, the database does not answer
        return False
    return True
