"""What a resolver may reach: one context per operation, and per event of a subscription."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from db.clock import Clock
from db.database import Database
from db.feed import Feed
from resolvers.viewer import Viewer

if TYPE_CHECKING:
    from schema.loaders import Loaders


@dataclass
class Context:
    db: Database
    feed: Feed
    viewer: Viewer
    clock: Clock
    request_id: str = ""
    _loaders: Loaders | None = field(default=None, repr=False)

    @property
    def loaders(self) -> Loaders:
        """Batching loaders of this operation. A socket makes a context per operation and per event: a cached
        loader that lives as long as a socket would answer from last night."""
        if self._loaders is None:
            from schema.loaders import Loaders  # noqa: PLC0415

            self._loaders = Loaders(self)
        return self._loaders
