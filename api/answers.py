"""Executes one query or mutation and makes its answer, the same for HTTP and for sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import strawberry
from graphql import OperationType
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType as AllowedType

from api.errors import Presenter
from api.operation import Operation
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Viewer

ContextOf = Callable[[Viewer, str], object]
"""Viewer and request id in; a context of the schema out, new for each operation."""

_ALLOWED = {
    OperationType.QUERY: AllowedType.QUERY,
    OperationType.MUTATION: AllowedType.MUTATION,
}


@dataclass(frozen=True, slots=True)
class Answer:
    payload: dict[str, Any]
    was_executed: bool  # false: refused before its first resolver ran

    @property
    def outcome(self) -> str:
        """For the metrics: ok, or the first error's code."""
        errors = self.payload.get("errors")
        return errors[0]["extensions"]["code"] if errors else "ok"


async def answer(
    schema: strawberry.Schema, operation: Operation, context: object, presenter: Presenter, *, seconds: float
) -> Answer:
    try:
        async with asyncio.timeout(seconds):
            result = await schema.execute(
                operation.query,
                operation.variables,
                context,
                operation_name=operation.name,
                allowed_operation_types=(_ALLOWED[operation.kind],),
            )
    except TimeoutError:
        return refused(presenter, Refusal(Code.TIMEOUT))
    except Refusal as refusal:
        return refused(presenter, refusal)
    except Exception as error:
        return Answer({"errors": [presenter.failure(error)]}, was_executed=True)
    if isinstance(result, PreExecutionError):
        return Answer({"errors": presenter.before_execution(result.errors or [])}, was_executed=False)
    return executed(result.data, result.errors, presenter)


def executed(data: object, errors: Any, presenter: Presenter) -> Answer:
    if not errors:
        return Answer({"data": data}, was_executed=True)
    shown = presenter.of_execution(errors)
    # A variable that does not fit is found before the first resolver: a request error, which carries no data.
    is_internal = any(error["extensions"]["code"] == Code.INTERNAL for error in shown)
    if data is None and not is_internal and all(error.path is None for error in errors):
        return Answer({"errors": shown}, was_executed=False)
    return Answer({"data": data, "errors": shown}, was_executed=True)


def refused(presenter: Presenter, refusal: Refusal) -> Answer:
    return Answer({"errors": [presenter.refusal(refusal)]}, was_executed=False)
