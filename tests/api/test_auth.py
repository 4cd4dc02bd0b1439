"""Tokens: what is refused, and that nothing about the refusal helps a forger."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from api.auth import KEY_ID, LEEWAY_SECONDS, Claims, Identities, TokenExpired, Tokens, bearer
from api.settings import Settings, SettingsError
from db.scope import Grant, Masking, Scope, ScopeKind
from db.vocabulary import Realm, Role
from resolvers.refusals import Code, Refusal
from resolvers.viewer import Viewer

SECRET = "a-secret-of-the-tests-that-is-long-enough"


def good(clock: Any) -> dict[str, Any]:
    now = int(clock().timestamp())
    return {
        "iss": "gridcast",
        "aud": "gridcast",
        "sub": "HANDLER:3205-CG",
        "realm": "LIVE",
        "grants": [["HANDLER", "3205-CG"]],
        "name": "城管局",
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "jti": "x",
    }


def sign(claims: dict[str, Any], *, secret: str = SECRET, **header: Any) -> str:
    head = {"alg": "HS256", "kid": KEY_ID} | header
    return jwt.encode(head, claims, OctKey.import_key(secret), algorithms=["HS256", "HS512"])


def test_a_token_carries_who_and_what(clock: Any) -> None:
    tokens = Tokens(SECRET, clock)

    issued = tokens.issue("a", Realm.EXERCISE, [(Role.DISPLAY, "32")], name="", lifetime=timedelta(hours=1))

    claims = tokens.read(issued)
    assert (claims.subject, claims.realm, claims.name) == ("a", Realm.EXERCISE, "")
    assert claims.grants == ((Role.DISPLAY, "32"),)
    assert claims.expires_at == clock() + timedelta(hours=1)
    assert SECRET not in repr(tokens)


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "realm", "grants", "name", "iat", "nbf", "exp", "jti"])
def test_every_claim_is_required(clock: Any, missing: str) -> None:
    claims = good(clock)
    del claims[missing]

    with pytest.raises(Refusal) as refused:
        Tokens(SECRET, clock).read(sign(claims))
    assert refused.value.code is Code.UNAUTHENTICATED


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "other"},
        {"aud": "other"},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 121},
        {"realm": "TEST"},
        {"realm": None},
        {"grants": []},
        {"grants": "HANDLER"},
        {"grants": [["HANDLER"]]},
        {"grants": [["KING", "32"]]},
        {"grants": [["SYSTEM", "32"]]},
        {"grants": [["HANDLER", 7]]},
        {"grants": [["HANDLER", "1"]] * 21},
        {"name": 7},
        {"exp": "soon"},
        {"exp": None},
        {"exp": 10**30},
        {"nbf": 4_000_000_000},
        {"iat": 4_000_000_000},
        {"jti": 7},
        {"jti": ""},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(clock: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        Tokens(SECRET, clock).read(sign(good(clock) | wrong))
    assert refused.value.code is Code.UNAUTHENTICATED


def unsigned(claims: dict[str, Any], alg: str) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": alg, "kid": KEY_ID, "typ": "JWT"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def test_forged_tokens_are_refused(clock: Any) -> None:
    claims, tokens = good(clock), Tokens(SECRET, clock)
    head, body, signature = sign(claims).split(".")
    forged = [
        unsigned(claims, "none"),
        unsigned(claims, "NONE"),
        unsigned(claims, "HS256"),
        sign(claims, secret="another-secret-of-the-same-good-length-here"),
        sign(claims, alg="HS512"),
        sign(claims, kid="other"),
        sign(claims, kid="../../dev/null"),
        f"{head}.{body[:-2]}xx.{signature}",
        f"{head}.{body}",
        f"{head}.{body}.{signature}.x",
        "..",
        "",
        "中文",
        "x" * 10_000,
    ]

    for token in forged:
        with pytest.raises(Refusal) as refused:
            tokens.read(token)
        assert refused.value.code is Code.UNAUTHENTICATED
        assert SECRET not in refused.value.message("en")


def test_the_end_has_thirty_seconds_of_leeway(clock: Any) -> None:
    tokens, token = Tokens(SECRET, clock), sign(good(clock))

    clock.advance(timedelta(seconds=60 + 29))
    tokens.read(token)
    clock.advance(timedelta(seconds=2))
    with pytest.raises(TokenExpired):
        tokens.read(token)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer  ", "Basic x", "Bearer 中", 7, ["Bearer x"], {}])
def test_the_authorization_value_has_one_form(header: object) -> None:
    with pytest.raises(Refusal):
        bearer(header)
    assert bearer("bearer a.b.c") == "a.b.c"


async def test_a_viewer_is_looked_up_once_a_minute_and_language(clock: Any) -> None:
    tokens, asked = Tokens(SECRET, clock), []

    async def viewer_of(claims: Claims, language: str) -> Viewer:
        asked.append(language)
        scope = Scope(claims.realm, frozenset({Grant(Role.DISPLAY, ScopeKind.NOTHING)}), Masking.WORKING, language)
        return Viewer(claims.subject, claims.name, scope, claims.expires_at)

    identities = Identities(tokens, viewer_of, clock)
    header = "Bearer " + tokens.issue("a", Realm.LIVE, [(Role.DISPLAY, "32")], name="", lifetime=timedelta(hours=1))

    for language in ("zh", "zh", "en", "zh"):
        assert (await identities.identify(header, language)).language == language
    assert asked == ["zh", "en"]
    clock.advance(timedelta(seconds=61))
    await identities.identify(header, "zh")
    assert asked == ["zh", "en", "zh"]
    clock.advance(timedelta(hours=2))
    with pytest.raises(TokenExpired):
        await identities.identify(header, "zh")


@pytest.mark.parametrize("secret", ["", "short", "x" * 31, "x" * 64, "changeme-changeme-changeme-changeme-1"])
def test_production_refuses_a_missing_default_or_short_secret(secret: str, tmp_path: Any) -> None:
    settings = Settings(secret=secret, var_dir=tmp_path)

    with pytest.raises(SettingsError, match="GRIDCAST_SECRET"):
        settings.signing_secret()
    assert not (tmp_path / "dev-secret").exists()


def test_development_makes_a_secret_once_and_keeps_it_private(tmp_path: Any) -> None:
    first = Settings(dev=True, var_dir=tmp_path).signing_secret()

    assert Settings(dev=True, var_dir=tmp_path).signing_secret() == first
    assert len(first) >= 32
    assert (tmp_path / "dev-secret").stat().st_mode & 0o777 == 0o600
    assert "long-enough" not in repr(Settings(secret=SECRET))


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9001")
    monkeypatch.setenv("GRIDCAST_ALLOWED_ORIGINS", '["https://wall.example"]')
    monkeypatch.setenv("GRIDCAST_DEV", "1")

    settings = Settings()

    assert (settings.port, settings.dev) == (9001, True)
    assert settings.allowed_origins == ["https://wall.example"]
    assert Settings(port=9002).port == 9002
    monkeypatch.setenv("GRIDCAST_PORT", "9003")
    assert Settings().port == 9003  # our own name before everybody's
    with pytest.raises(ValueError, match="port"):
        Settings(port=99_999)  # uvicorn would listen on another one and print this


def test_a_token_that_was_read_before_ends_when_it_ends(clock: Any) -> None:
    tokens = Tokens(SECRET, clock)
    token = tokens.issue("x", Realm.LIVE, [(Role.RESIDENT, "x")], name="", lifetime=timedelta(minutes=1))

    assert tokens.read(token) is tokens.read(token)  # its signature was found good
    with pytest.raises(Refusal):
        tokens.read(token[:-3] + ("AAA" if not token.endswith("AAA") else "BBB"))
    clock.advance(timedelta(seconds=60 + LEEWAY_SECONDS))
    tokens.read(token)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(TokenExpired):
        tokens.read(token)
    with pytest.raises(TokenExpired):
        Tokens(SECRET, clock).read(token)


def test_tokens_that_are_remembered_are_bounded(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.auth.TOKENS_KNOWN", 3)
    tokens = Tokens(SECRET, clock)
    for number in range(10):
        tokens.read(
            tokens.issue(str(number), Realm.LIVE, [(Role.RESIDENT, "x")], name="", lifetime=timedelta(minutes=1))
        )

    assert len(tokens._known) == 3
