"""Who is calling: a signed token in, a viewer out."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import GuestProtocol, OctKey

from api.keys import Keys, is_key
from db.clock import Clock
from db.vocabulary import Realm, Role
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Claims, Viewer

ALGORITHMS = ["HS256"]  # the token does not choose: `none` and key confusion are refused
KEY_ID = "gridcast-1"
ISSUER = AUDIENCE = "gridcast"
LEEWAY_SECONDS = 30  # clocks of two machines
TOKEN_CHARACTERS = 4_096  # twenty grants need a quarter of it
REQUIRED = ("iss", "aud", "sub", "realm", "grants", "name", "iat", "nbf", "exp", "jti")
TOKENS_KNOWN = 4_096
VIEWERS_KEPT = 4_096
VIEWER_SECONDS = 60  # a changed right is seen this much later at most


class TokenExpired(Refusal):
    """Told apart because a socket closes with another reason for it."""


class TokenRevoked(Refusal):
    """The same."""


class Tokens:
    """Issues and reads tokens with one local key. The key never leaves this object."""

    def __init__(self, secret: str, clock: Clock) -> None:
        self._keys = {KEY_ID: OctKey.import_key(secret)}
        self._root = secret.encode()
        self._clock = clock
        self._known: dict[bytes, Claims] = {}  # whose signature was found good: a crowd shows the same ones again

    def __repr__(self) -> str:
        return "Tokens(***)"

    def issue(
        self,
        subject: str,
        realm: Realm,
        grants: Sequence[tuple[Role, str]],
        *,
        name: str,
        lifetime: timedelta,
        app: str | None = None,
    ) -> str:
        now = int(self._clock().timestamp())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": subject,
            "realm": realm.value,
            "grants": [[role.value, code] for role, code in grants],
            "name": name,
            "iat": now,
            "nbf": now,
            "exp": now + int(lifetime.total_seconds()),
            "jti": secrets.token_urlsafe(16),
        }
        if app is not None:
            claims["app"] = app
        header = {"alg": ALGORITHMS[0], "kid": KEY_ID}
        return jwt.encode(header, claims, self._keys[KEY_ID], algorithms=ALGORITHMS)

    def derived(self, purpose: str) -> str:
        """A secret for one purpose, the same each time, from which nobody learns the key."""
        return base64.urlsafe_b64encode(hmac.new(self._root, purpose.encode(), sha256).digest()).decode().rstrip("=")

    def read(self, token: str) -> Claims:
        """The token's claims; refuses whatever is not ours, not yet valid or over, without saying too much."""
        if len(token) > TOKEN_CHARACTERS:
            raise _refuse("the token is too long")
        digest = sha256(token.encode()).digest()  # of the signature, too; the token itself is not kept
        if (known := self._known.get(digest)) is not None:
            if known.expires_at.timestamp() < int(self._clock().timestamp()) - LEEWAY_SECONDS:
                raise TokenExpired(Code.UNAUTHENTICATED, detail="token expired")
            return known
        claims = self._known[digest] = self._verified(token)
        if len(self._known) > TOKENS_KNOWN:
            del self._known[next(iter(self._known))]
        return claims

    def read_ended(self, token: str, grace: timedelta) -> Claims:
        """The same of a token that has ended not longer ago than that. Opens nothing by itself."""
        if len(token) > TOKEN_CHARACTERS:
            raise _refuse("the token is too long")
        return self._verified(token, int(grace.total_seconds()))

    def _verified(self, token: str, grace: int = 0) -> Claims:
        try:
            claims = jwt.decode(token, self._key_of, algorithms=ALGORITHMS).claims
            _require(claims, int(self._clock().timestamp()), grace)
            return _claims(claims)
        except ExpiredTokenError:
            raise TokenExpired(Code.UNAUTHENTICATED, detail="token expired") from None
        except (JoseError, ValueError, TypeError, KeyError, OverflowError, RecursionError):
            raise _refuse("the token is not valid") from None

    def _key_of(self, token: GuestProtocol) -> OctKey:
        # From a local set only: headers that point elsewhere (jku, x5u, jwk) are never followed.
        return self._keys[token.headers().get("kid", "")]


def _require(claims: dict[str, Any], now: int, grace: int) -> None:
    if missing := [name for name in REQUIRED if name not in claims]:
        raise ValueError(f"expected {missing[0]}")
    registry = jwt.JWTClaimsRegistry(now=now, leeway=LEEWAY_SECONDS, iss={"value": ISSUER}, aud={"value": AUDIENCE})
    registry.validate(claims if grace == 0 else claims | {"exp": claims["exp"] + grace})


def _claims(claims: dict[str, Any]) -> Claims:
    subject, name, token_id, grants = claims["sub"], claims["name"], claims["jti"], claims["grants"]
    if not (isinstance(name, str) and 0 < len(subject) <= 120 and len(name) <= 120 and 0 < len(token_id) <= 120):
        raise ValueError("expected names of at most 120 characters")
    if not (isinstance(grants, list) and 1 <= len(grants) <= 20):
        raise ValueError("expected 1 to 20 grants")
    return Claims(
        subject=subject,
        realm=Realm[claims["realm"]],
        grants=tuple((_issued(Role[role]), _text(code)) for role, code in grants),
        name=name,
        issued_at=datetime.fromtimestamp(claims["iat"], UTC),
        expires_at=datetime.fromtimestamp(claims["exp"], UTC),
        token_id=token_id,
        app=None if claims.get("app") is None else _text(claims["app"]),
    )


def _issued(role: Role) -> Role:
    if role is Role.SYSTEM:
        raise ValueError("SYSTEM is Gridcast itself and signs in nowhere")
    return role


def _text(value: object) -> str:
    if not (isinstance(value, str) and len(value) <= 120):
        raise ValueError("expected text")
    return value


def _refuse(detail: str) -> Refusal:
    return Refusal(Code.UNAUTHENTICATED, detail=detail)


def bearer(header: object) -> str:
    """The token of an `Authorization` value."""
    if header is None or header == "":
        raise _refuse("expected Authorization: Bearer <token>")
    scheme, _, token = header.partition(" ") if isinstance(header, str) else ("", "", "")
    if scheme.lower() != "bearer" or not token.strip() or not token.isascii():
        raise _refuse("expected Authorization: Bearer <token>")
    return token.strip()


class ViewerOf(Protocol):
    async def __call__(self, claims: Claims, language: str) -> Viewer: ...


Identify = Callable[[object, str], Awaitable[Viewer]]
"""Authorization value and language in, viewer out; raises UNAUTHENTICATED."""


class Identities:
    """Viewers by token, kept for a minute, so that a request costs no statement for its caller."""

    def __init__(
        self,
        tokens: Tokens,
        viewer_of: ViewerOf,
        clock: Clock,
        is_revoked: Callable[[Claims], bool] = lambda claims: False,
        keys: Keys | None = None,
    ) -> None:
        self._keys = keys
        self._tokens = tokens
        self._viewer_of = viewer_of
        self._clock = clock
        self._is_revoked = is_revoked
        self._kept: OrderedDict[tuple[str, str], tuple[datetime, Viewer]] = OrderedDict()
        self._times_forgotten = 0

    async def identify(self, authorization: object, language: str) -> Viewer:
        # Only of a token whose signature was found good the id is worth anything as a key.
        shown = bearer(authorization)
        claims = self._tokens.read(shown) if self._keys is None or not is_key(shown) else await self._keys.read(shown)
        key, now = (claims.token_id, language), self._clock()
        while True:
            if self._is_revoked(claims):
                raise TokenRevoked(Code.UNAUTHENTICATED, detail="the token is revoked")
            if (kept := self._kept.get(key)) and kept[0] > now:
                self._kept.move_to_end(key)
                return kept[1]
            asked_at = self._times_forgotten
            viewer = await self.look_up(claims, language)
            if asked_at == self._times_forgotten:  # else rights changed while we looked
                break
        self._kept[key] = (now + timedelta(seconds=VIEWER_SECONDS), viewer)
        self._kept.move_to_end(key)
        while len(self._kept) > VIEWERS_KEPT:
            self._kept.popitem(last=False)
        return viewer

    async def look_up(self, claims: Claims, language: str) -> Viewer:
        """The viewer these claims stand for at this moment."""
        return replace(await self._viewer_of(claims, language), claims=claims)

    def forget(self) -> None:
        """Rights have changed: look everybody up again."""
        self._kept.clear()
        self._times_forgotten += 1
