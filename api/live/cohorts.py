"""Equal subscriptions share one execution per event.

A cohort is everybody with the same document, variables (but for the position) and authorization scope: what such
members are sent for one event differs in nothing but the operation id, so it is executed and encoded once. Nothing
below `CaseEvent` may read the principal; the cohort's context does not even hold one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

import orjson
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    create_source_event_stream,
    execute_subscription_event,
)

from api.answers import executed
from api.engine import Engine
from api.errors import Presenter
from api.live.shape import Shape
from api.operation import Operation
from db.scope import Scope
from resolvers.viewer import Viewer
from schema.events import CaseEvent

BODIES_KEPT = 1_000  # of one cohort, for members that are a little behind

Key = tuple[str, str | None, bytes, Scope]


class Cohort:
    """One execution per event for all its members."""

    def __init__(self, engine: Engine, shape: Shape, operation: Operation, viewer: Viewer) -> None:
        self._engine = engine
        self._shape = shape
        self._operation = operation
        self._viewer = replace(viewer, principal="", name="", expires_at=None)
        self._bodies: OrderedDict[int, asyncio.Task[str]] = OrderedDict()
        self.members = 0

    async def body(self, event: CaseEvent, presenter: Presenter) -> str:
        """The encoded `payload` of one event's `next` message."""
        seq = event.delivery.seq
        task = self._bodies.get(seq)
        if task is None:
            task = asyncio.create_task(self._execute(event, presenter), name=f"cohort-event-{seq}")
            self._bodies[seq] = task
            while len(self._bodies) > BODIES_KEPT:
                self._bodies.popitem(last=False)
        # Shielded: a member that leaves must not take the execution away from the others.
        return await asyncio.shield(task)

    async def _execute(self, event: CaseEvent, presenter: Presenter) -> str:
        self._engine.metrics.executions.inc()
        return await encoded(self._engine, self._shape, self._operation, self._viewer, event, presenter)

    def close(self) -> None:
        for task in self._bodies.values():
            task.cancel()
        self._bodies.clear()


class Cohorts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._cohorts: dict[Key, Cohort] = {}

    def __len__(self) -> int:
        return len(self._cohorts)

    async def follow(
        self, shape: Shape, operation: Operation, context: Any, presenter: Presenter
    ) -> AsyncGenerator[str | ExecutionResult, None]:
        """Encoded payloads for one member, from its own position on; an ExecutionResult when it cannot start."""
        source = await _source(self._engine, shape, operation, context)
        if isinstance(source, ExecutionResult):
            yield source
            return
        viewer: Viewer = context.viewer
        key = _key(shape, operation, viewer.scope)
        cohort = self._join(key, shape, operation, viewer)
        try:
            async with aclosing(cast("Any", source)) as events:
                async for event in events:
                    if event.delivery.event is None:  # a heartbeat carries the member's own position
                        yield await encoded(self._engine, shape, operation, viewer, event, presenter)
                    else:
                        yield await cohort.body(event, presenter)
        finally:
            self._leave(key, cohort)

    def _join(self, key: Key, shape: Shape, operation: Operation, viewer: Viewer) -> Cohort:
        cohort = self._cohorts.get(key)
        if cohort is None:
            cohort = self._cohorts[key] = Cohort(self._engine, shape, operation, viewer)
            self._engine.metrics.cohorts.inc()
        cohort.members += 1
        return cohort

    def _leave(self, key: Key, cohort: Cohort) -> None:
        cohort.members -= 1
        if cohort.members == 0 and self._cohorts.pop(key, None) is not None:
            self._engine.metrics.cohorts.dec()
            cohort.close()


async def encoded(
    engine: Engine, shape: Shape, operation: Operation, viewer: Viewer, event: CaseEvent, presenter: Presenter
) -> str:
    """Execute the selection for one event and encode the answer. The one place where an event is executed."""
    executor = _executor(engine, shape, operation, engine.context_of(viewer, presenter.request_id))
    result = execute_subscription_event(executor.build_per_event_executor(event))
    if executor.is_awaitable(result):
        result = await result
    done = cast("ExecutionResult", result)
    payload = executed(done.data, done.errors, presenter).payload
    for error in payload.get("errors", ()):
        error["extensions"]["cursor"] = event.delivery.cursor  # a failed event does not hold its reader up
    return orjson.dumps(payload).decode()


async def _source(
    engine: Engine, shape: Shape, operation: Operation, context: Any
) -> AsyncIterable[CaseEvent] | ExecutionResult:
    try:
        executor = _executor(engine, shape, operation, context)
    except _CannotStart as failed:
        return ExecutionResult(None, errors=failed.errors)
    stream = create_source_event_stream(executor)
    if executor.is_awaitable(stream):
        stream = await stream
    return cast("AsyncIterable[CaseEvent] | ExecutionResult", stream)


class _CannotStart(Exception):
    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


def _executor(engine: Engine, shape: Shape, operation: Operation, context: Any) -> Executor[Any]:
    built = Executor.build(
        engine.schema._schema,  # the SDL schema has no public name
        shape.document,
        context_value=context,
        raw_variable_values=operation.variables,
        operation_name=operation.name,
    )
    if isinstance(built, list):
        raise _CannotStart(built)
    return built


def _key(shape: Shape, operation: Operation, scope: Scope) -> Key:
    variables = {name: value for name, value in operation.variables.items() if name != shape.position_variable}
    return (shape.text or "", operation.name, orjson.dumps(variables, option=orjson.OPT_SORT_KEYS), scope)
