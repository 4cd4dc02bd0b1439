"""Executes a subscription's selection for events. The one place where that happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast

import orjson
from graphql import ExecutionResult, Executor, GraphQLError, create_source_event_stream, execute_subscription_event

from api.answers import executed
from api.engine import Engine
from api.errors import Presenter
from api.live.shape import Shape
from api.operation import Operation
from db.scope import Scope
from resolvers.following import Delivery, Follower
from resolvers.viewer import Viewer
from schema.events import CaseEvent
from schema.work_orders import WorkOrderEvent

EVENT_OF: dict[str | None, type[CaseEvent] | type[WorkOrderEvent]] = {
    "caseEvents": CaseEvent,
    "workOrderEvents": WorkOrderEvent,
}

Key = tuple[str, str | None, bytes, Scope]


class CannotStart(Exception):
    """The operation's variables or arguments do not fit."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__(errors)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Selection:
    """What one subscription asks for and as whom; equal keys are answered with the same bytes."""

    engine: Engine
    shape: Shape
    operation: Operation
    viewer: Viewer
    presenter: Presenter

    @property
    def key(self) -> Key:
        variables = {
            name: value for name, value in self.operation.variables.items() if name != self.shape.position_variable
        }
        text = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
        return (self.shape.text or "", self.operation.name, text, self.viewer.scope)

    @property
    def after(self) -> object:
        """The position that was given. Whoever reads it checks that it is text."""
        if self.shape.position_variable is not None:
            return self.operation.variables.get(self.shape.position_variable)
        return self.shape.position

    def of_nobody(self) -> Selection:
        """The same for everybody with the same rights: nothing below `CaseEvent` may read who it is."""
        return replace(self, viewer=replace(self.viewer, principal="", name="", expires_at=None, claims=None))

    async def followed(self) -> Follower:
        """What is followed, as the resolver says; CannotStart or a Refusal when it does not get that far."""
        context: Any = self.engine.context_of(self.viewer, self.presenter.request_id)
        said = list[Follower]()

        async def take_note(follower: Follower, after: str | None) -> AsyncIterator[Delivery]:
            said.append(follower)
            return
            yield

        context.follow = take_note
        executor = self._executor(context)
        source = create_source_event_stream(executor)
        if executor.is_awaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            raise CannotStart(source.errors or [])
        async with aclosing(cast("Any", source)) as stream:
            async for _ in stream:
                pass
        return said[0]

    async def encode(self, deliveries: Sequence[Delivery]) -> list[bytes]:
        """The `payload` of the `next` message of each. One context for all: what they share is loaded once."""
        executor = self._executor(self.engine.context_of(self.viewer, self.presenter.request_id))
        told = EVENT_OF[self.shape.field]
        results: list[Any] = [
            execute_subscription_event(executor.build_per_event_executor(told(delivery=one))) for one in deliveries
        ]
        if waiting := [index for index, result in enumerate(results) if executor.is_awaitable(result)]:
            found = await asyncio.gather(*(results[index] for index in waiting))
            for index, result in zip(waiting, found, strict=True):
                results[index] = result
        return [_payload(result, one, self.presenter) for result, one in zip(results, deliveries, strict=True)]

    def _executor(self, context: object) -> Executor[Any]:
        built = Executor.build(
            self.engine.schema._schema,  # the SDL schema has no public name
            self.shape.document,
            context_value=context,
            raw_variable_values=self.operation.variables,
            operation_name=self.operation.name,
        )
        if isinstance(built, list):
            raise CannotStart(built)
        return built


def _payload(result: ExecutionResult, delivery: Delivery, presenter: Presenter) -> bytes:
    if not result.errors:
        return orjson.dumps({"data": result.data})
    payload = executed(result.data, result.errors, presenter).payload
    for error in payload.get("errors", ()):
        error["extensions"]["cursor"] = delivery.cursor  # a failed event does not hold its reader up
    return orjson.dumps(payload)
