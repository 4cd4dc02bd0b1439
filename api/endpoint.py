"""GraphQL over HTTP: one operation a request, credentials in a header, never in a cookie."""

from __future__ import annotations

import time

import structlog
from graphql import OperationType
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from api.answers import answer
from api.engine import Engine
from api.envelope import EVENT_STREAM, EnvelopeError, Reply, read_body, require_json
from api.live.streams import Streams
from api.operation import Operation, Request, read_request
from api.wellformed import parse_json
from resolvers.refusals import Code, Refusal

log = structlog.get_logger("gridcast.http")


class Endpoint:
    def __init__(self, engine: Engine, streams: Streams) -> None:
        self._engine = engine
        self._streams = streams

    async def serve(self, request: HTTPRequest) -> Response:
        reply = Reply(request, suggestions=self._engine.settings.dev)
        with structlog.contextvars.bound_contextvars(request_id=reply.request_id):
            try:
                return await self._respond(request, reply)
            except EnvelopeError as error:
                self._count(error.refusal.code)
                return reply.envelope_error(error)
            except Refusal as refusal:
                self._count(refusal.code)
                return reply.refusal(refusal)
            except Exception as error:
                self._count(Code.INTERNAL)
                return reply.failure(error)

    async def _respond(self, request: HTTPRequest, reply: Reply) -> Response:
        engine = self._engine
        asked = await self._read(request)
        viewer = await engine.identify(request.headers.get("authorization"), reply.language)
        operation = engine.operations.choose(asked)
        viewer = await engine.admit(viewer, request.headers.get("x-gridcast-app"), asked.query)
        if _is_streamed(request.method, operation, reply):
            engine.metrics.requests.labels(operation.kind.value, "ok").inc()
            return self._streams.open(operation, viewer, reply.presenter)
        _require_possible(request.method, operation)
        context = engine.context_of(viewer, reply.request_id)
        began = time.perf_counter()
        done = await answer(
            engine.schema, operation, context, reply.presenter, seconds=engine.settings.request_seconds
        )
        milliseconds = (time.perf_counter() - began) * 1000
        engine.metrics.requests.labels(operation.kind.value, done.outcome).inc()
        engine.metrics.request_seconds.observe(milliseconds / 1000)
        log.info("operation", kind=operation.kind.value, outcome=done.outcome, ms=round(milliseconds, 1))
        return reply.answer(done, milliseconds)

    async def _read(self, request: HTTPRequest) -> Request:
        if request.method != "POST":
            return _read_query_string(request)
        require_json(request)
        body = await read_body(request, self._engine.settings.body_bytes)
        try:
            payload = parse_json(body)
            if isinstance(payload, list):
                raise Refusal(Code.BATCHING_DISABLED)
            return read_request(payload)
        except Refusal as refusal:
            raise EnvelopeError(400, refusal) from None

    def _count(self, code: Code) -> None:
        self._engine.metrics.requests.labels("none", code.value).inc()


def _read_query_string(request: HTTPRequest) -> Request:
    given = request.query_params
    try:
        texts = {name: given[name] for name in ("query", "operationName") if name in given}
        values = {name: parse_json(given[name]) for name in ("variables", "extensions") if name in given}
        return read_request(texts | values)
    except Refusal as refusal:
        raise EnvelopeError(400, refusal) from None


def _is_streamed(method: str, operation: Operation, reply: Reply) -> bool:
    """Nothing else could answer a subscription, so here an event stream need not be what the client likes best."""
    is_subscription = operation.kind is OperationType.SUBSCRIPTION
    return is_subscription and method in ("GET", "POST") and reply.accept.names(EVENT_STREAM)


def _require_possible(method: str, operation: Operation) -> None:
    if operation.kind is OperationType.SUBSCRIPTION:
        raise EnvelopeError(400, Refusal(Code.SUBSCRIPTION_OVER_HTTP))
    if method != "POST" and operation.kind is not OperationType.QUERY:
        # A link or an image must not change anything.
        refusal = Refusal(Code.BAD_REQUEST, detail="GET serves queries only; use POST")
        raise EnvelopeError(405, refusal, {"allow": "POST"})
