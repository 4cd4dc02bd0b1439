"""Serves the built screens. Nothing here knows GraphQL, the city or its data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

STATIC = Path(__file__).parent / "static"

# 'unsafe-inline' for styles only: Vue and ECharts set style attributes, CodeMirror adds style elements.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",  # GraphiQL carries its fonts inside its style sheet
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

IN_THE_STREET = {**HEADERS, "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()"}
"""For people who show us where something is: their own page may ask them, nobody else's."""

PAGE_CACHE = "no-cache"
HASHED_CACHE = "public, max-age=31536000, immutable"  # the name changes with the content

NOT_BUILT = """页面尚未构建。请在 web 目录运行: npm ci && npm run build
The pages have not been built. In the folder web run: npm ci && npm run build
"""


class Files(StaticFiles):
    """Static files under strict headers; the folder may be built after the server has started."""

    def __init__(self, directory: Path, cache: str) -> None:
        super().__init__(directory=directory, check_dir=False)
        self.config_checked = True
        self.cache = cache

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update({**HEADERS, "Cache-Control": self.cache})
        return response


class Script:
    """The script with which a browser keeps a page for times without a line; it may answer for the page above it."""

    def __init__(self, file: Path, scope: str) -> None:
        self.file = file
        self.scope = scope

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {**HEADERS, "Cache-Control": PAGE_CACHE}
        if self.file.is_file():
            headers["Service-Worker-Allowed"] = self.scope
            await FileResponse(self.file, media_type="text/javascript", headers=headers)(scope, receive, send)
        else:
            await PlainTextResponse("Not Found", 404, headers=headers)(scope, receive, send)


class Page:
    """One built page; also the answer to paths below it, which the page itself reads."""

    def __init__(self, file: Path, headers: Mapping[str, str] = HEADERS) -> None:
        self.file = file
        self.headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.respond(Request(scope))(scope, receive, send)

    def respond(self, request: Request) -> Response:
        headers = {**self.headers, "Cache-Control": PAGE_CACHE}
        if not self.file.is_file():
            return PlainTextResponse(NOT_BUILT, status_code=503, headers={**headers, "Retry-After": "60"})
        return FileResponse(self.file, media_type="text/html", headers=headers)


def routes(*, dev: bool) -> list[BaseRoute]:
    """The screens always, `/graphiql` only while developing."""
    found: list[BaseRoute] = [
        *_screen("wall"), *_screen("desk"), *_screen("provider", IN_THE_STREET), *_screen("resident", IN_THE_STREET),
        *_phone_screen("worker"),
    ]  # fmt: skip
    if dev:
        found += [
            Route("/graphiql", Page(STATIC / "graphiql" / "index.html"), methods=["GET"], name="graphiql"),
            Route("/graphiql/", RedirectResponse("/graphiql", headers=dict(HEADERS)), methods=["GET"]),
            Mount("/graphiql", Files(STATIC / "graphiql", PAGE_CACHE), name="graphiql-files"),
        ]
    return found


def _phone_screen(name: str) -> list[BaseRoute]:
    script = Script(STATIC / name / "offline.js", f"/{name}")
    return [
        Route(f"/{name}/offline.js", script, methods=["GET"], name=f"{name}-offline"),
        *_screen(name, IN_THE_STREET),
    ]


def _screen(name: str, headers: Mapping[str, str] = HEADERS) -> list[BaseRoute]:
    page = Page(STATIC / name / "index.html", headers)
    return [
        Mount(f"/{name}/assets", Files(STATIC / name / "assets", HASHED_CACHE), name=f"{name}-assets"),
        Route(f"/{name}", page, methods=["GET"], name=name),
        Route(f"/{name}/{{path:path}}", page, methods=["GET"]),
    ]
