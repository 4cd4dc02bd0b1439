"""What it takes to run an operation, over whichever transport it came."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry

from api.answers import ContextOf
from api.auth import Identify
from api.health import Metrics
from api.operation import Operations
from api.settings import Settings


@dataclass(frozen=True, slots=True)
class Engine:
    schema: strawberry.Schema
    operations: Operations
    identify: Identify
    context_of: ContextOf
    settings: Settings
    metrics: Metrics
