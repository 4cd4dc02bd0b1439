"""One call of a use-case: who asks, when, and with which promises."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from db.database import Session
from db.leases import Fence
from resolvers.refusals import Code, Refusal
from resolvers.rules.policy import Policy
from resolvers.viewer import Viewer

Within = Callable[[Session], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Call:
    viewer: Viewer
    now: datetime
    key: str  # idempotency key: the same key and body within 24 h has one effect
    body: Mapping[str, Any] = field(default_factory=dict)  # everything else that was asked, for comparison
    expected_version: int | None = None  # of the case; None where the action has none
    policy: Policy = field(default_factory=Policy)
    fence: Fence | None = None  # of the leader that acts for SYSTEM
    within: Within | None = None  # done first in the same transaction; what it raises undoes everything

    @property
    def body_hash(self) -> str:
        canonical = orjson.dumps(
            {"body": dict(self.body), "expected": self.expected_version}, option=orjson.OPT_SORT_KEYS, default=str
        )
        return hashlib.sha256(canonical).hexdigest()


def not_found(call: Call, field_name: str, zh: str, en: str) -> Refusal:
    """Not there, or not for the caller: they hear the same."""
    return Refusal(Code.NOT_FOUND, field=[field_name], what=zh if call.viewer.language == "zh" else en)
