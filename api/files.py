"""Photos over HTTP: the raw picture as the body, a token in the header, and nothing a browser would run."""

from __future__ import annotations

import asyncio

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from api.engine import Engine
from api.envelope import STATUS_OF, EnvelopeError, Reply, read_body
from db.attachments import PhotoFiles
from db.clock import Clock
from db.database import Database
from resolvers.photos import find_photo, keep_photo
from resolvers.refusals import Code, Refusal

ACCEPTED = ("image/jpeg", "image/png", "application/octet-stream")
EXTENSION = {"image/jpeg": "jpg", "image/png": "png"}


class Files:
    def __init__(self, engine: Engine, db: Database, files: PhotoFiles, clock: Clock) -> None:
        self._engine = engine
        self._db = db
        self._files = files
        self._clock = clock

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/files", self.upload, methods=["POST"]),
            Route("/files/{photo_id}", self.download, methods=["GET"]),
        ]

    async def upload(self, request: Request) -> Response:
        reply = Reply(request)
        with structlog.contextvars.bound_contextvars(request_id=reply.request_id):
            try:
                return await self._upload(request, reply)
            except (EnvelopeError, Refusal) as error:
                return _refused(reply, error)
            except Exception as error:
                return reply.failure(error)

    async def _upload(self, request: Request, reply: Reply) -> Response:
        # First who, then what: a stranger's megabytes are not read.
        viewer = await self._engine.identify(request.headers.get("authorization"), reply.language)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in ACCEPTED:
            raise Refusal(Code.UNSUPPORTED_MEDIA)
        body = await read_body(request, self._engine.settings.photo_bytes)
        photo = await keep_photo(self._db, self._files, viewer, body, clock=self._clock)
        described = {
            "id": photo.id,
            "mediaType": photo.media_type,
            "sizeBytes": photo.size_bytes,
            "width": photo.width,
            "height": photo.height,
        }
        return JSONResponse(described, 201, {"location": f"/files/{photo.id}", "x-request-id": reply.request_id})

    async def download(self, request: Request) -> Response:
        reply = Reply(request)
        with structlog.contextvars.bound_contextvars(request_id=reply.request_id):
            try:
                return await self._download(request, reply)
            except (EnvelopeError, Refusal) as error:
                return _refused(reply, error)
            except Exception as error:
                return reply.failure(error)

    async def _download(self, request: Request, reply: Reply) -> Response:
        viewer = await self._engine.identify(request.headers.get("authorization"), reply.language)
        photo = await find_photo(self._db, viewer, request.path_params["photo_id"])
        body = await asyncio.to_thread(self._files.load, photo.id) if photo else None
        if photo is None or body is None:
            return _missing(reply.language)
        return Response(
            body,
            headers={
                "content-type": photo.media_type,
                "content-disposition": f'attachment; filename="{photo.id}.{EXTENSION[photo.media_type]}"',
                "x-content-type-options": "nosniff",
                "content-security-policy": "default-src 'none'; sandbox",
                "cache-control": "private, max-age=300",
                "vary": "Authorization",
            },
        )


def _refused(reply: Reply, error: EnvelopeError | Refusal) -> Response:
    if isinstance(error, EnvelopeError):
        return reply.envelope_error(error)
    status = {Code.FORBIDDEN: 403}.get(error.code) or STATUS_OF.get(error.code, 400)
    return reply.envelope_error(EnvelopeError(status, error))


def _missing(language: str) -> Response:
    # The same bytes and headers for a photo that is not there and one that is not for this viewer.
    refusal = Refusal(Code.NOT_FOUND, what="照片" if language == "zh" else "The photo")
    error = {"message": refusal.message(language), "extensions": {"code": refusal.code.value}}
    return JSONResponse({"errors": [error]}, 404, {"cache-control": "no-store"})
