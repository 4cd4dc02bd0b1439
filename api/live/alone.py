"""One operation that is executed by itself: its answers, one after another, in a task of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from graphql import GraphQLError, OperationType
from strawberry.types.execution import PreExecutionError

from api.answers import answer, executed
from api.engine import Engine
from api.errors import Presenter
from api.operation import Operation
from resolvers.refusals import Refusal
from resolvers.viewer import Viewer


class Host(Protocol):
    """Whose operation it is: a socket, or an event stream."""

    async def tell(self, running: Alone, payload: dict[str, Any]) -> bool:
        """One answer, when the peer keeps up; false when it is gone."""

    def completed(self, running: Any) -> None:
        """It has ended; the peer is told so."""

    def failed(self, running: Any, errors: list[dict[str, Any]]) -> None:
        """It has ended by an error; the peer is told so."""


class Alone:
    """A query, a mutation, or a subscription that shares nothing with others."""

    def __init__(
        self,
        host: Host,
        engine: Engine,
        operation_id: str,
        operation: Operation,
        viewer: Viewer,
        presenter: Presenter,
    ) -> None:
        self.id = operation_id
        self.is_mutation = operation.kind is OperationType.MUTATION
        self._host = host
        self._engine = engine
        self._operation = operation
        self._viewer = viewer
        self._presenter = presenter

    async def begin(self) -> None:
        with structlog.contextvars.bound_contextvars(request_id=self._presenter.request_id):
            try:
                await self._answer()
            except Refusal as refusal:
                self._host.failed(self, [self._presenter.refusal(refusal)])
            except Exception as error:
                self._host.failed(self, [self._presenter.failure(error)])

    async def _answer(self) -> None:
        context = self._engine.context_of(self._viewer, self._presenter.request_id)
        async with aclosing(answers(self._engine, self._operation, context, self._presenter)) as found:
            async for item in found:
                if isinstance(item, Failed):
                    self._host.failed(self, item.errors)
                    return
                if not await self._host.tell(self, item.payload):
                    break
                self._engine.metrics.deliveries.inc()
        self._host.completed(self)

    def stop(self) -> None:
        """Its task is cancelled by the host."""


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
