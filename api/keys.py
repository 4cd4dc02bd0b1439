"""Keys of service accounts, sent as a bearer like tokens. What one stands for is kept for a minute."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta

from db.clock import Clock
from db.database import Database
from resolvers.refusals import Code, Refusal
from resolvers.service_accounts import KEY_MARK, claims_of
from resolvers.viewer import Claims

KEPT = 4_096
KEPT_SECONDS = 60
LONGEST = 200  # nobody's key


def is_key(bearer: str) -> bool:
    return bearer.startswith(KEY_MARK)


class Keys:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._kept: OrderedDict[bytes, tuple[datetime, Claims]] = OrderedDict()

    async def read(self, key: str) -> Claims:
        """The claims of a key that counts; a revocation is heard of like that of a token."""
        if len(key) > LONGEST:
            raise Refusal(Code.UNAUTHENTICATED, detail="the key is not valid")
        digest, now = hashlib.sha256(key.encode()).digest(), self._clock()
        if (known := self._kept.get(digest)) is not None and known[0] > now < known[1].expires_at:
            return known[1]
        claims = await claims_of(self._db, key, now)
        self._kept[digest] = (now + timedelta(seconds=KEPT_SECONDS), claims)
        self._kept.move_to_end(digest)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return claims
