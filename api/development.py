"""Tokens for a developer's own machine. Routed with --dev only, and answers to nobody but the machine itself."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from api.auth import Identities, Tokens
from api.settings import Settings
from db.vocabulary import Role
from resolvers.refusals import Refusal

TOKEN_HOURS = 12
SCOPES = {
    Role.RESIDENT: "any name in letters, digits and hyphens, such as anna",
    Role.ENTERPRISE: "any name in letters, digits and hyphens, such as bakery",
    Role.SOURCE_SYSTEM: "any name in letters, digits and hyphens, such as hotline",
    Role.GRID_WORKER: "a grid, such as 320508019044001",
    Role.HANDLER: "a department, such as 320508-CG",
    Role.PROVIDER_STAFF: "a service provider, such as 3205-P01",
    Role.PROVIDER_ADMIN: "a service provider, such as 3205-P01",
}
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def development_routes(settings: Settings, tokens: Tokens, identities: Identities) -> list[BaseRoute]:
    async def token(request: Request) -> Response:
        if not _is_this_machine(request):
            return PlainTextResponse("Not Found", 404)
        role_name, scope = request.query_params.get("role", "DISPLAY"), request.query_params.get("scope")
        if role_name not in Role.__members__ or role_name == Role.SYSTEM:
            return JSONResponse({"error": f"expected role: one of {', '.join(sorted(issuable()))}"}, 400)
        role, code = Role[role_name], scope or settings.dev_scope
        issued = tokens.issue(
            f"{role}:{code}", settings.realm, [(role, code)], name="", lifetime=timedelta(hours=TOKEN_HOURS)
        )
        try:
            await identities.identify(f"Bearer {issued}", "zh")
        except Refusal:
            expected = SCOPES.get(role, "a division or a grid, such as 3205")
            return JSONResponse({"error": f"expected scope of {role.name}: {expected}; there is no {code[:40]}"}, 400)
        described = {"token": issued, "role": role.value, "scope": code, "realm": settings.realm.value}
        return JSONResponse(described, headers={"cache-control": "no-store"})

    return [Route("/dev/token", token)]


def issuable() -> list[str]:
    return [role.value for role in Role if role is not Role.SYSTEM]


def _is_this_machine(request: Request) -> bool:
    # The address alone would let any page reach us through a name that it points at 127.0.0.1.
    client = request.client.host if request.client else ""
    host = request.headers.get("host", "")
    name = re.sub(r":\d+$", "", host)
    is_foreign_page = request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    was_forwarded = "x-forwarded-for" in request.headers or "forwarded" in request.headers
    return _is_loopback(client) and name.lower() in LOOPBACK_NAMES and not is_foreign_page and not was_forwarded


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
