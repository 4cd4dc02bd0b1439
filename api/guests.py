"""Tokens for people without an account: a stranger hands one case in; who holds a token of a case sees how it goes.

A guest whose token has ended may show it for a day and is the same guest again: what was sent under it and never
answered can be repeated under its idempotency key, and has one effect.

The answer is an ordinary bearer token of role RESIDENT with a short life, whose account belongs to one case and to
nothing else. Every rule of scope, limits and revocation holds for it as for any other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.auth import Tokens
from api.envelope import STATUS_OF, EnvelopeError, Reply, read_body, require_json
from api.settings import Settings
from api.wellformed import is_storable, parse_json
from db.clock import Clock
from db.database import Database
from db.vocabulary import Realm, Role
from resolvers import client_apps
from resolvers.refusals import Code, Refusal
from resolvers.tokens import ANONYMOUS, is_anonymous, new_account, opened_by
from resolvers.viewer import Claims, Viewer

MINUTES = 15
BODY_BYTES = 1_024
NAME = "匿名居民"
MINUTE = timedelta(minutes=1)
AGAIN = timedelta(days=1)  # as long as an idempotency key counts


IsRevoked = Callable[[Claims], bool]


def guest_routes(
    settings: Settings, tokens: Tokens, db: Database, clock: Clock, is_revoked: IsRevoked
) -> list[BaseRoute]:
    if settings.guests_per_minute == 0:
        return []
    gate = Gate(settings.guests_per_minute, clock)

    async def let_in(request: Request) -> Response:
        reply = Reply(request)
        with structlog.contextvars.bound_contextvars(request_id=reply.request_id):
            try:
                gate.pass_one()
                account, app = await _account(request, settings, tokens, db, clock, is_revoked)
            except EnvelopeError as error:
                return reply.envelope_error(error)
            except Refusal as refusal:
                return reply.envelope_error(EnvelopeError(STATUS_OF.get(refusal.code, 400), refusal))
            except Exception as error:
                return reply.failure(error)
        lifetime = timedelta(minutes=MINUTES)
        grants = [(Role.RESIDENT, account)]
        issued = tokens.issue(
            f"{Role.RESIDENT}:{account}", settings.realm, grants, name=NAME, lifetime=lifetime, app=app
        )
        described = {"token": issued, "expiresAt": (clock() + lifetime).isoformat(), "realm": settings.realm.value}
        return JSONResponse(described, 201, {"cache-control": "no-store", "x-request-id": reply.request_id})

    return [Route("/guest", let_in, methods=["POST"])]


async def _account(
    request: Request, settings: Settings, tokens: Tokens, db: Database, clock: Clock, is_revoked: IsRevoked
) -> tuple[str, str | None]:
    """A new account, or that of the token which was shown; and the client app its token is bound to, where one is
    named."""
    require_json(request)
    body = await read_body(request, BODY_BYTES)
    given = parse_json(body) if body.strip() else {}
    if not isinstance(given, dict) or not given.keys() <= {"number", "token", "app", "again"}:
        raise Refusal(Code.BAD_REQUEST, detail="expected {}, {number, token} or {again}, each with or without app")
    app = given.pop("app", None)
    if app is not None:
        if not (isinstance(app, str) and is_storable(app)):
            raise Refusal(Code.BAD_REQUEST, detail="expected app: text")
        if await client_apps.find(db, settings.realm, app) is None:
            raise Refusal(Code.APP_UNKNOWN, app=app[:40])
    if not given:
        return new_account(), app
    if "again" in given:
        ended = given["again"]
        if not isinstance(ended, str) or len(given) > 1:
            raise Refusal(Code.BAD_REQUEST, detail="expected again: text, without number and token")
        return _same_guest(tokens.read_ended(ended, AGAIN), app, settings.realm, is_revoked), app
    number, token = given.get("number"), given.get("token")
    if not (isinstance(number, str) and isinstance(token, str)):
        raise Refusal(Code.BAD_REQUEST, detail="expected number and token: text")
    found = await opened_by(db, settings.realm, number, token, clock())
    if found is None:  # wrong, replaced or over: nobody is told which
        raise Refusal(Code.UNAUTHENTICATED, detail="the number and the token open no case")
    return found.account, app


def _same_guest(claims: Claims, app: str | None, realm: Realm, is_revoked: IsRevoked) -> str:
    """The account of a guest's own token; neither once it was taken back, nor for another app than it is bound to."""
    kind, _, account = claims.subject.partition(":")
    is_guest = kind == Role.RESIDENT and account.startswith(ANONYMOUS) and claims.realm is realm
    if not is_guest or is_revoked(claims) or claims.app != app:
        raise Refusal(Code.UNAUTHENTICATED, detail="not a guest's token")
    return account


class Gate:
    """Lets so many in each minute. Who comes from where, a proxy knows better than we do: see docs/operations.md."""

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._let_in: deque[datetime] = deque()

    def pass_one(self) -> None:
        now = self._clock()
        while self._let_in and self._let_in[0] <= now - MINUTE:
            self._let_in.popleft()
        if len(self._let_in) >= self._per_minute:
            raise Refusal(Code.RATE_LIMITED)
        self._let_in.append(now)


class Allowance:
    """So many requests a minute for each person without an account: nobody pays for what a stranger repeats."""

    KEPT = 4_096

    def __init__(self, per_minute: int, clock: Clock) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._used: dict[str, tuple[datetime, int]] = {}  # since when, how many; the eldest first

    def take(self, viewer: Viewer) -> None:
        """One request of theirs; refuses RATE_LIMITED when the minute's are used up."""
        if not is_anonymous(viewer):
            return
        now = self._clock()
        since, used = self._used.get(viewer.principal, (now, 0))
        if now - since >= MINUTE:
            self._used.pop(viewer.principal, None)  # to the end: the eldest are forgotten first
            since, used = now, 0
        if used >= self._per_minute:
            raise Refusal(Code.RATE_LIMITED)
        self._used[viewer.principal] = (since, used + 1)
        if len(self._used) > self.KEPT:
            del self._used[next(iter(self._used))]
