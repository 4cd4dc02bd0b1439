"""The one way out: POST to an address somebody else has chosen.

The name is resolved once, every address it stands for must be a public one, and the connection goes to one of those
addresses. Redirects, proxies of the environment and cookies are not followed. What the answer holds means nothing: a
short body is read away, so that the connection serves again; a long one is cut off.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlsplit

import httpx2

from resolvers.courier import AT_ONCE, Outcome

SECONDS = 5.0  # until there is an answer; with its body less than the courier's ATTEMPT_SECONDS
BODY_SECONDS = 0.5
BODY_BYTES = 4_096
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]


class Refused(Exception):
    """Not an address that we connect to; the message goes into the delivery log."""


async def resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def is_public(text: str) -> bool:
    """Whether an address lies in the public network: none of ours, none of this machine, none in disguise."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast and not address.is_reserved


class Outbound:
    """`is_local`: http and this machine's own addresses are allowed, too; for development and tests."""

    def __init__(
        self, *, is_local: bool = False, resolve: Resolve = resolve, seconds: float = SECONDS,
        connections: int = AT_ONCE,
    ) -> None:  # fmt: skip
        self._is_local = is_local
        self._resolve = resolve
        self._seconds = seconds
        self._connections = connections
        self._client: httpx2.AsyncClient | None = None
        self._lookups: dict[tuple[str, int], asyncio.Task[list[str]]] = {}

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        began = time.perf_counter()
        status, error = None, None
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._post(url, headers, body)
            status = answer.status_code
            await _end(answer)
            if 300 <= status < 400:
                error = "redirects are not followed"
        except TimeoutError:
            error = f"no answer within {self._seconds:g} s"
        except Refused as refused:
            error = str(refused)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as failed:
            error = f"{type(failed).__name__}: {failed}"[:120]
        return Outcome(status, error, round((time.perf_counter() - began) * 1000))

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> httpx2.Response:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        address = await self._address(parts.scheme, host, port)
        at = f"[{address}]" if ":" in address else address
        target = f"{parts.scheme}://{at}:{port}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
        client = self._open()
        request = client.build_request(
            "POST",
            target,
            content=body,
            headers={**headers, "host": parts.netloc.rpartition("@")[2]},
            extensions={"sni_hostname": host},  # the certificate must be that of the name
        )
        return await client.send(request, stream=True)

    async def _address(self, scheme: str, host: str, port: int) -> str:
        if scheme != "https" and not (self._is_local and scheme == "http"):
            raise Refused("only https")
        try:
            found = await self._look_up(host, port)
        except (OSError, UnicodeError) as error:
            raise Refused(f"the name does not resolve: {type(error).__name__}") from None
        for address in found:
            if not is_public(address) and not (self._is_local and ipaddress.ip_address(address).is_loopback):
                raise Refused("the name leads to an address that is not public")
        if not found:
            raise Refused("the name does not resolve")
        return found[0]

    async def _look_up(self, host: str, port: int) -> list[str]:
        """Who asks for the same name meanwhile hears the same: one dead name does not take up all the threads."""
        lookup = self._lookups.get((host, port))
        if lookup is None:
            lookup = self._lookups[host, port] = asyncio.create_task(self._resolve_alone(host, port))
            lookup.add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )  # perhaps nobody waits any more
        return await asyncio.shield(lookup)

    async def _resolve_alone(self, host: str, port: int) -> list[str]:
        try:
            return await self._resolve(host, port)
        finally:
            del self._lookups[host, port]

    def _open(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                follow_redirects=False,
                trust_env=False,
                timeout=self._seconds,
                limits=httpx2.Limits(max_connections=self._connections, max_keepalive_connections=self._connections),
                headers={"user-agent": "Gridcast-Webhook/1"},
            )
        return self._client


async def _end(answer: httpx2.Response) -> None:
    """The status is known: whatever becomes of the body changes nothing about it."""
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in answer.aiter_raw():
                size += len(chunk)
                if size > BODY_BYTES:
                    break
    except (TimeoutError, httpx2.HTTPError):
        pass
    finally:
        await answer.aclose()
