"""The outside of a GraphQL request over HTTP: media types, body, status, headers.

Follows "GraphQL over HTTP" (the working draft of the GraphQL foundation).
"""

from __future__ import annotations

import asyncio
import re
import secrets
from typing import Any

import orjson
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from api.answers import Answer
from api.errors import Presenter
from resolvers.refusals import Code, Refusal

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
BODY_SECONDS = 60  # a photo over a village's mobile network
RETRY_SECONDS = "60"
DISCARDED = 4  # times the limit that is read before we hang up

STATUS_OF = {
    Code.UNAUTHENTICATED: 401,
    Code.PAYLOAD_TOO_LARGE: 413,
    Code.UNSUPPORTED_MEDIA: 415,
    Code.RATE_LIMITED: 429,
}


class EnvelopeError(Exception):
    """The request did not get as far as being GraphQL: its status is the same for every media type."""

    def __init__(self, status: int, refusal: Refusal, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.refusal = refusal
        self.headers = headers or {}


def language_of(accept_language: str | None) -> str:
    """English where it is preferred to Chinese, else Chinese."""
    best, best_quality = "zh", 0.0
    for part in (accept_language or "")[:200].split(","):
        tag, _, quality_text = part.strip().partition(";")
        match = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", quality_text)
        quality = float(match[1]) if match else 1.0
        primary = tag.strip().lower().split("-")[0]
        if primary in ("zh", "en") and quality > best_quality:
            best, best_quality = primary, quality
    return best


def media_type_of(accept: str | None) -> str:
    """The answer's type. A client that names neither gets application/json, as clients of old expect."""
    qualities: dict[str, float] = {}
    for part in (accept or "")[:500].split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        try:
            qualities[name] = float(quality)
        except ValueError:
            continue
    wanted = qualities.get(GRAPHQL_JSON, 0.0)
    return GRAPHQL_JSON if wanted > 0 and wanted >= qualities.get(JSON, 0.0) else JSON


def require_json(request: HTTPRequest) -> None:
    """Only JSON in UTF-8: a form or plain text could be sent by any page without asking first."""
    name, *parameters = (piece.strip().lower() for piece in request.headers.get("content-type", "").split(";"))
    charset = next((piece[8:].strip('"') for piece in parameters if piece.startswith("charset=")), "utf-8")
    if name != JSON or charset not in ("utf-8", "utf8"):
        raise EnvelopeError(415, Refusal(Code.BAD_REQUEST, detail="expected Content-Type: application/json in UTF-8"))


async def read_body(request: HTTPRequest, limit_bytes: int) -> bytes:
    """The whole body; keeps none of one that is too long."""
    length = request.headers.get("content-length", "0")
    is_too_long = length.isdecimal() and (len(length) > 12 or int(length) > limit_bytes)
    body, came = bytearray(), 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                came += len(chunk)
                is_too_long = is_too_long or came > limit_bytes
                if not is_too_long:
                    body += chunk
                elif came > DISCARDED * limit_bytes:
                    break
    except TimeoutError:
        raise EnvelopeError(408, Refusal(Code.TIMEOUT), {"connection": "close"}) from None
    if is_too_long:
        # A little of it was read and thrown away: a client that is still writing would not hear our answer.
        refusal = Refusal(Code.PAYLOAD_TOO_LARGE, limit_bytes=limit_bytes)
        raise EnvelopeError(413, refusal, {"connection": "close"})
    return bytes(body)


def new_request_id() -> str:
    return secrets.token_hex(8)


class Reply:
    """Makes the responses of one request: its number, its media type, its language."""

    def __init__(self, request: HTTPRequest, *, suggestions: bool = False) -> None:
        self.request_id = new_request_id()
        self.language = language_of(request.headers.get("accept-language"))
        self.media_type = media_type_of(request.headers.get("accept"))
        self.presenter = Presenter(self.language, self.request_id, suggestions=suggestions)

    def answer(self, answer: Answer, milliseconds: float) -> Response:
        is_request_error = "data" not in answer.payload
        status = 400 if is_request_error and self.media_type == GRAPHQL_JSON else 200
        return self._respond(status, answer.payload, {"server-timing": f"exec;dur={milliseconds:.1f}"})

    def refusal(self, refusal: Refusal) -> Response:
        """A request that is GraphQL, refused before execution."""
        default = 400 if self.media_type == GRAPHQL_JSON else 200
        return self._refuse(STATUS_OF.get(refusal.code, default), refusal, {})

    def envelope_error(self, error: EnvelopeError) -> Response:
        return self._refuse(error.status, error.refusal, error.headers)

    def failure(self, error: Exception) -> Response:
        return self._respond(500, {"errors": [self.presenter.failure(error)]}, {})

    def _refuse(self, status: int, refusal: Refusal, headers: dict[str, str]) -> Response:
        if status == 401:
            headers = {**headers, "www-authenticate": "Bearer"}
        if status == 429:
            headers = {**headers, "retry-after": RETRY_SECONDS}
        return self._respond(status, {"errors": [self.presenter.refusal(refusal)]}, headers)

    def _respond(self, status: int, payload: dict[str, Any], headers: dict[str, str]) -> Response:
        return Response(
            orjson.dumps(payload),
            status,
            {
                "content-type": f"{self.media_type}; charset=utf-8",
                "x-request-id": self.request_id,
                "cache-control": "no-store",
                "vary": "Accept, Accept-Language, Authorization",
                **headers,
            },
        )
