"""Strawberry as documented: its ASGI application on uvicorn, a subscription that yields, each subscriber executes.

After https://strawberry.rocks/docs/general/subscriptions and https://strawberry.rocks/docs/integrations/asgi.
The documentation leaves to the reader where values come from: here from a queue of each subscriber, the cheapest
source there is, filled by the control connection (see `control.py`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import strawberry
from control import Fields, fields_of, listen
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL

queues: set[asyncio.Queue[CaseEvent]] = set()


@strawberry.type
class Case:
    state: str
    title: str


@strawberry.type
class CaseEvent:
    kind: str
    cursor: str
    seq: str
    case_id: strawberry.ID
    version: int
    action: str
    case: Case


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "world"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def case_events(self) -> AsyncGenerator[CaseEvent, None]:
        queue: asyncio.Queue[CaseEvent] = asyncio.Queue()
        queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            queues.discard(queue)


def publish(number: int, filler: str) -> None:
    given: Fields = fields_of(number, filler)
    case_id = strawberry.ID(given["event"].pop("caseId"))
    event = CaseEvent(**given["event"], case_id=case_id, case=Case(**given["case"]))
    for queue in queues:
        queue.put_nowait(event)


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    server = await listen(int(os.environ["CONTROL_PORT"]), publish)
    yield
    server.close()


schema = strawberry.Schema(query=Query, subscription=Subscription)
graphql_app = GraphQL[None, None](schema)

app = Starlette(routes=[Route("/graphql", graphql_app), WebSocketRoute("/graphql", graphql_app)], lifespan=lifespan)
