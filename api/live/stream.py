"""The answers of one operation, one after another.

Subscriptions to case events are answered through their cohort, which executes each event once for all its members.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult, GraphQLError, OperationType
from strawberry.types.execution import PreExecutionError

from api.answers import answer, executed
from api.engine import Engine
from api.errors import Presenter
from api.live.cohorts import Cohorts
from api.live.shape import Shape, shape_of
from api.operation import Operation


@dataclass(frozen=True, slots=True)
class Next:
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A payload that was encoded once for many."""

    body: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing follows. Sent as `error`: a stream that ends by failure is never completed in silence."""

    errors: list[dict[str, Any]]


async def answers(
    engine: Engine, cohorts: Cohorts, operation: Operation, context: object, presenter: Presenter
) -> AsyncGenerator[Next | Encoded | Failed, None]:
    """What the operation yields. Ends by itself when all was well; the last is a Failed when not."""
    if operation.kind is OperationType.SUBSCRIPTION:
        shape = shape_of(engine.schema._schema, operation)  # the SDL schema has no public name
        stream: AsyncGenerator[Next | Encoded | Failed, None] = (
            _shared(cohorts, shape, operation, context, presenter)
            if shape.is_shared
            else _events(engine, operation, context, presenter)
        )
        async with aclosing(stream) as events:
            async for event in events:
                yield event
        return
    done = await answer(engine.schema, operation, context, presenter, seconds=engine.settings.request_seconds)
    yield Next(done.payload) if done.was_executed else Failed(done.payload["errors"])


async def _shared(
    cohorts: Cohorts, shape: Shape, operation: Operation, context: object, presenter: Presenter
) -> AsyncGenerator[Next | Encoded | Failed, None]:
    async with aclosing(cohorts.follow(shape, operation, context, presenter)) as payloads:
        async for payload in payloads:
            if isinstance(payload, ExecutionResult):
                yield Failed(_start_errors(payload.errors or [], presenter))
                return
            yield Encoded(payload)


async def _events(
    engine: Engine, operation: Operation, context: object, presenter: Presenter
) -> AsyncGenerator[Next | Encoded | Failed, None]:
    stream: Any = await engine.schema.subscribe(
        operation.query, operation.variables, context, operation_name=operation.name
    )
    async with aclosing(stream):
        async for result in stream:
            if isinstance(result, PreExecutionError):
                yield Failed(_start_errors(result.errors or [], presenter))
                return
            if _ends_the_stream(result.data, result.errors):
                yield Failed(presenter.of_execution(result.errors))
                return
            yield Next(executed(result.data, result.errors, presenter).payload)


def _start_errors(errors: list[GraphQLError], presenter: Presenter) -> list[dict[str, Any]]:
    """Validation speaks in its own words; an error of starting the stream has a path."""
    is_validation = all(error.path is None and error.original_error is None for error in errors)
    return presenter.before_execution(errors) if is_validation else presenter.of_execution(errors)


def _ends_the_stream(data: object, errors: list[GraphQLError] | None) -> bool:
    # The engine gives an exception of the source itself no path; one of an event's fields has one.
    return data is None and bool(errors) and all(error.path is None for error in errors or ())
