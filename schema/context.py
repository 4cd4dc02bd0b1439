"""What a resolver may reach: one context per operation, with loaders of its own."""

from __future__ import annotations

from dataclasses import dataclass, field

from strawberry.types import Info

from db.clock import Clock
from db.database import Database
from db.feed import Feed
from resolvers.rules.lifecycle import Policy
from resolvers.viewer import Viewer
from schema.loaders import Loaders


@dataclass
class Context:
    db: Database
    feed: Feed
    viewer: Viewer
    clock: Clock
    request_id: str = ""
    policy: Policy = field(default_factory=Policy)
    loaders: Loaders = field(init=False, repr=False)
    list_seq: int | None = None  # journal position of the first root list: nested lists name the same

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Forget what was loaded. Before each event of a stream: a loader that lives as long as a subscription
        would answer from last night."""
        self.loaders = Loaders(self)


Ask = Info[Context, None]
"""What resolvers are handed by Strawberry."""
