"""What a resolver may reach: one context per operation, with loaders of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from strawberry.types import Info

from db.clock import Clock
from db.database import Database
from db.feed import Feed
from db.vocabulary import Realm
from resolvers.following import Delivery, Follower
from resolvers.rules.policy import Policy
from resolvers.viewer import Viewer
from schema.loaders import Loaders

Follow = Callable[[Follower, str | None], AsyncIterator[Delivery]]
"""A view and the cursor to resume after in; what its subscriber is told out, without end."""


def no_secret(webhook_id: int, version: int) -> str:
    raise RuntimeError("this process knows no secrets")


def no_link(who: str, order_id: int, realm: Realm, lifetime: timedelta) -> str:
    raise RuntimeError("this process signs no tokens")


@dataclass
class Context:
    db: Database
    feed: Feed
    viewer: Viewer
    clock: Clock
    request_id: str = ""
    policy: Policy = field(default_factory=Policy)
    follow: Follow = Follower.follow  # a transport that writes to many at once brings its own
    webhook_secret: Callable[[int, int], str] = no_secret  # of a webhook, by version
    order_link: Callable[[str, int, Realm, timedelta], str] = no_link  # whose token, for which order, for how long
    webhooks_local: bool = False  # whether webhooks may lead to this machine
    loaders: Loaders = field(init=False, repr=False)
    epoch: str = field(init=False)  # of the journal when the operation began: what is read later is no older
    list_seq: int | None = None  # journal position of the first root list: nested lists name the same

    def __post_init__(self) -> None:
        self.epoch = self.feed.epoch
        self.renew()

    def renew(self) -> None:
        """Forget what was loaded. Before each event of a stream: a loader that lives as long as a subscription
        would answer from last night."""
        self.loaders = Loaders(self)


Ask = Info[Context, None]
"""What resolvers are handed by Strawberry."""
