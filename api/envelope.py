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
from api.live.frames import COMPLETE_EVENT, next_event
from resolvers.refusals import Code, Refusal

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
STREAM_HEADERS = {
    "content-type": f"{EVENT_STREAM}; charset=utf-8",
    "cache-control": "no-cache",
    "x-accel-buffering": "no",  # nginx would hold small events back
}
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


class Accept:
    """What a client takes: of the ranges that fit a type the most specific one counts (RFC 9110, 12.5.1)."""

    def __init__(self, header: str | None) -> None:
        self._qualities: dict[str, float] = {}
        for part in (header or "")[:500].split(","):
            name, *parameters = (piece.strip().lower() for piece in part.split(";"))
            given = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
            if re.fullmatch(r"0(\.\d{0,3})?|1(\.0{0,3})?", given):
                self._qualities[name] = max(float(given), self._qualities.get(name, 0.0))

    def quality(self, media_type: str) -> float:
        return next((self._qualities[one] for one in _ranges(media_type) if one in self._qualities), 0.0)

    def names(self, media_type: str) -> bool:
        """Whether it is asked for, and not only by `*/*`, with which everything is."""
        return self.quality(media_type) > 0 and any(one in self._qualities for one in _ranges(media_type)[:2])

    @property
    def json_type(self) -> str:
        """A client that names neither gets application/json, as clients of old expect."""
        wanted = self._qualities.get(GRAPHQL_JSON, 0.0)
        return GRAPHQL_JSON if wanted > 0 and wanted >= self._qualities.get(JSON, 0.0) else JSON

    @property
    def prefers_stream(self) -> bool:
        """Whether queries, too, are to be answered as events. At equal quality JSON is, where it is named: urql lists
        event streams last and does not expect one."""
        if not self.names(EVENT_STREAM):
            return False
        stream, json = self.quality(EVENT_STREAM), max(self.quality(GRAPHQL_JSON), self.quality(JSON))
        return stream > json or (stream == json and not (self.names(GRAPHQL_JSON) or self.names(JSON)))


def _ranges(media_type: str) -> tuple[str, str, str]:
    return (media_type, f"{media_type.partition('/')[0]}/*", "*/*")


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
        self.accept = Accept(request.headers.get("accept"))
        self.presenter = Presenter(self.language, self.request_id, suggestions=suggestions)

    def answer(self, answer: Answer, milliseconds: float) -> Response:
        is_request_error = "data" not in answer.payload
        status = self._status_of_request_errors if is_request_error else 200
        return self._respond(status, answer.payload, {"server-timing": f"exec;dur={milliseconds:.1f}"})

    @property
    def _status_of_request_errors(self) -> int:
        # An event stream says them itself: a browser would not show its page the answer to a 400.
        return 400 if self.accept.json_type == GRAPHQL_JSON and not self.accept.prefers_stream else 200

    def refusal(self, refusal: Refusal) -> Response:
        """A request that is GraphQL, refused before execution."""
        return self._refuse(STATUS_OF.get(refusal.code, self._status_of_request_errors), refusal, {})

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
        body, about = orjson.dumps(payload), {"content-type": f"{self.accept.json_type}; charset=utf-8"}
        if self.accept.prefers_stream and status == 200:
            body, about = next_event(body) + COMPLETE_EVENT, STREAM_HEADERS
        return Response(
            body,
            status,
            {
                "x-request-id": self.request_id,
                "cache-control": "no-store",
                "vary": "Accept, Accept-Language, Authorization",
                **about,
                **headers,
            },
        )
