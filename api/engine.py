"""What it takes to run an operation, over whichever transport it came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import strawberry

from api.answers import ContextOf
from api.auth import Identify
from api.health import Metrics
from api.operation import Operations
from api.settings import Settings
from resolvers.viewer import Viewer

Admit = Callable[[Viewer, str | None, str], Awaitable[Viewer]]
"""A viewer, the client app they name and their document in; the viewer as that app may speak out, or a refusal."""


async def _as_they_are(viewer: Viewer, named: str | None, query: str) -> Viewer:
    return viewer


@dataclass(frozen=True, slots=True)
class Engine:
    schema: strawberry.Schema
    operations: Operations
    identify: Identify
    context_of: ContextOf
    settings: Settings
    metrics: Metrics
    admit: Admit = _as_they_are
