"""The answers of one operation that is executed by itself, one after another."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError, OperationType
from strawberry.types.execution import PreExecutionError

from api.answers import answer, executed
from api.engine import Engine
from api.errors import Presenter
from api.operation import Operation


@dataclass(frozen=True, slots=True)
class Next:
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """Nothing follows. Sent as `error`: a stream that ends by failure is never completed in silence."""

    errors: list[dict[str, Any]]


async def answers(
    engine: Engine, operation: Operation, context: object, presenter: Presenter
) -> AsyncGenerator[Next | Failed, None]:
    """What the operation yields. Ends by itself when all was well; the last is a Failed when not."""
    if operation.kind is OperationType.SUBSCRIPTION:
        async with aclosing(_events(engine, operation, context, presenter)) as events:
            async for event in events:
                yield event
        return
    done = await answer(engine.schema, operation, context, presenter, seconds=engine.settings.request_seconds)
    yield Next(done.payload) if done.was_executed else Failed(done.payload["errors"])


async def _events(
    engine: Engine, operation: Operation, context: object, presenter: Presenter
) -> AsyncGenerator[Next | Failed, None]:
    stream: Any = await engine.schema.subscribe(
        operation.query, operation.variables, context, operation_name=operation.name
    )
    async with aclosing(stream):
        async for result in stream:
            if isinstance(result, PreExecutionError):
                yield Failed(start_errors(result.errors or [], presenter))
                return
            if _ends_the_stream(result.data, result.errors):
                yield Failed(presenter.of_execution(result.errors))
                return
            yield Next(executed(result.data, result.errors, presenter).payload)


def start_errors(errors: Sequence[GraphQLError], presenter: Presenter) -> list[dict[str, Any]]:
    """Validation speaks in its own words; an error of starting the stream has a path."""
    is_validation = all(error.path is None and error.original_error is None for error in errors)
    return presenter.before_execution(list(errors)) if is_validation else presenter.of_execution(list(errors))


def _ends_the_stream(data: object, errors: list[GraphQLError] | None) -> bool:
    # The engine gives an exception of the source itself no path; one of an event's fields has one.
    return data is None and bool(errors) and all(error.path is None for error in errors or ())
