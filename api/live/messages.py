"""The words of graphql-transport-ws: what a client may say, checked before anything else sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from api.operation import Request, read_request
from api.wellformed import is_storable, parse_json
from resolvers.refusals import Refusal

SUBPROTOCOL = "graphql-transport-ws"
ID_CHARACTERS = 128
REASON_BYTES = 120  # a close frame holds 123


class Malformed(Exception):
    """Not a message of the protocol: closes the socket with 4400."""


@dataclass(frozen=True, slots=True)
class ConnectionInit:
    authorization: object
    language: str | None
    app: str | None = None  # client app that speaks


@dataclass(frozen=True, slots=True)
class Ping:
    payload: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Pong:
    pass


@dataclass(frozen=True, slots=True)
class Subscribe:
    id: str
    request: Request


@dataclass(frozen=True, slots=True)
class Complete:
    id: str


Message = ConnectionInit | Ping | Pong | Subscribe | Complete


def read_message(text: str | None) -> Message:
    """The message, or Malformed with a reason that fits into a close frame."""
    if text is None:
        raise Malformed("expected a text message")
    try:
        given = parse_json(text)
    except Refusal:
        raise Malformed("expected JSON") from None
    if not isinstance(given, dict):
        raise Malformed("expected an object")
    match given.get("type"):
        case "connection_init":
            return _connection_init(_payload(given))
        case "ping":
            return Ping(_payload(given))
        case "pong":
            _payload(given)
            return Pong()
        case "subscribe":
            return Subscribe(_id(given), _request(given))
        case "complete":
            return Complete(_id(given))
        case _:
            raise Malformed("unknown message type")


def _payload(given: dict[str, Any]) -> dict[str, Any] | None:
    payload = given.get("payload")
    if not (payload is None or isinstance(payload, dict)):
        raise Malformed("expected payload: an object or null")
    return payload


def _connection_init(payload: dict[str, Any] | None) -> ConnectionInit:
    given = payload or {}
    authorization = given.get("Authorization", given.get("authorization"))
    language = given.get("Accept-Language", given.get("language"))
    app = given.get("X-Gridcast-App", given.get("app"))
    return ConnectionInit(
        authorization,
        language if isinstance(language, str) else None,
        app if isinstance(app, str) and is_storable(app) else None,
    )


def _id(given: dict[str, Any]) -> str:
    value = given.get("id")
    if not isinstance(value, str) or not value:
        raise Malformed("expected id: non-empty text")
    if len(value) > ID_CHARACTERS or not is_storable(value):
        raise Malformed(f"expected id: at most {ID_CHARACTERS} ordinary characters")
    return value


def _request(given: dict[str, Any]) -> Request:
    if not isinstance(given.get("payload"), dict):
        raise Malformed("expected payload: an object")
    try:
        return read_request(given["payload"])
    except Refusal as refusal:
        raise Malformed(refusal.message("en")) from None


ACKNOWLEDGED = b'{"type":"connection_ack"}'


def pong(payload: dict[str, Any] | None) -> bytes:
    try:
        return orjson.dumps({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
    except TypeError:  # a number or text that cannot be written back
        return b'{"type":"pong"}'


def next_message(operation_id: str, payload: dict[str, Any]) -> bytes:
    return orjson.dumps({"id": operation_id, "type": "next", "payload": payload})


def error_message(operation_id: str, errors: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"id": operation_id, "type": "error", "payload": errors})


def complete_message(operation_id: str) -> bytes:
    return orjson.dumps({"id": operation_id, "type": "complete"})


def reason_that_fits(reason: str) -> str:
    return reason.encode()[:REASON_BYTES].decode(errors="ignore")
