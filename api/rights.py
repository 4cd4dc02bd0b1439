"""What this process knows of revocations and changed grants. The feed says when there is something to read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from db import rights
from db.clock import Clock
from db.database import Database
from db.vocabulary import Realm
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Claims, Viewer
from resolvers.viewing import viewer_of

KEPT = timedelta(days=400)  # a token lives a year at most
CLOCKS = timedelta(seconds=30)  # a token of a machine whose clock is ahead must not outlive its revocation

log = structlog.get_logger("gridcast.rights")


@dataclass(frozen=True, slots=True)
class Moved:
    """What happened to whom since the last look."""

    has_revocations: bool  # `Rights.is_revoked` says whose
    changed: frozenset[tuple[Realm, str]]  # principals whose grants are others now
    is_everybody: bool = False  # a backup came back: nobody knows whose rights that changed

    def concerns(self, realm: Realm, principal: str) -> bool:
        return self.is_everybody or (realm, principal) in self.changed


Listener = Callable[[Moved], Awaitable[None]]


class Rights:
    """Listeners are told one after another, before any event is shown that is not older than the change."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.listeners: list[Listener] = []
        self._db = db
        self._clock = clock
        self._version: int | None = None  # None: nothing was read yet
        self._tokens: set[str] = set()
        self._principals: dict[str, datetime] = {}

    async def read(self, version: int, *, is_anew: bool) -> None:
        """Rights stand at this version now, perhaps of another history; the feed's `on_rights`."""
        is_first = self._version is None
        after = 0 if self._version is None or is_anew else self._version
        async with self._db.snapshot() as session:
            revoked = await rights.revoked_after(session, after, self._clock() - KEPT)
            changed = [] if is_first or is_anew else await rights.changed_after(session, after)
        if is_anew:
            self._tokens, self._principals = set(), {}
        for one in revoked:
            if one.token_id is not None:
                self._tokens.add(one.token_id)
            else:
                self._principals[one.principal] = max(one.at, self._principals.get(one.principal, one.at))
        moved = Moved(
            has_revocations=bool(revoked),
            changed=frozenset((one.realm, one.principal) for one in changed),
            is_everybody=is_anew and not is_first,
        )
        log.info("rights.read", version=version, revoked=len(revoked), changed=len(changed))
        for listener in self.listeners:
            await listener(moved)
        # What came after the feed's look is done too, and is not to be told twice.
        self._version = max([version, *(one.version for one in revoked), *(one.version for one in changed)])

    def is_revoked(self, claims: Claims) -> bool:
        if claims.token_id in self._tokens:
            return True
        at = self._principals.get(claims.subject)
        return at is not None and claims.issued_at <= at + CLOCKS

    async def viewer_of(self, claims: Claims, language: str) -> Viewer:
        """Whom a token stands for, with the rights that the database gives its principal, else with its own.

        Refuses UNAUTHENTICATED when every right was taken back, or when a scope names nothing.
        """
        async with self._db.read() as session:
            held = await rights.held(session, claims.realm, claims.subject)
        if held is not None and not held:
            raise Refusal(Code.UNAUTHENTICATED, detail="no rights are left")
        return await viewer_of(
            self._db,
            principal=claims.subject,
            realm=claims.realm,
            grants=claims.grants if held is None else held,
            name=claims.name or None,
            language=language,
            expires_at=claims.expires_at,
        )
