"""The one way out: POST to an address somebody else has chosen.

Every connection looks the name up once, every address it stands for must be a public one, and the connection goes to
one of those. It serves that name only, and again as long as it is open. Redirects, proxies of the environment and
cookies are not followed. What the answer holds means nothing: a short body is read away, so that the connection
serves again; a long one is cut off.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from typing import cast
from urllib.parse import urlsplit

import httpcore2
import httpx2

from resolvers.courier import AT_ONCE, Outcome

SECONDS = 5.0  # until there is an answer; with its body less than the courier's ATTEMPT_SECONDS
KEEP_SECONDS = 5.0
BODY_SECONDS = 0.5
BODY_BYTES = 4_096
USER_AGENT = b"Gridcast-Webhook/1"
FAILED = (
    httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.UnsupportedProtocol,
    OSError, ValueError,
)  # fmt: skip
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
        self._pool: httpcore2.AsyncConnectionPool | None = None
        self._lookups: dict[tuple[str, int], asyncio.Task[list[str]]] = {}

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        began = time.perf_counter()
        status, error = None, None
        try:
            async with asyncio.timeout(self._seconds):
                answer = await self._post(url, headers, body)
            status = answer.status
            await _end(answer)
            if 300 <= status < 400:
                error = "redirects are not followed"
        except TimeoutError:
            error = f"no answer within {self._seconds:g} s"
        except Refused as refused:
            error = str(refused)
        except FAILED as failed:
            error = f"{type(failed).__name__}: {failed}"[:120]
        return Outcome(status, error, round((time.perf_counter() - began) * 1000))

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> httpcore2.Response:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (self._is_local and parts.scheme == "http"):
            raise Refused("only https")
        target = httpcore2.URL(
            scheme=parts.scheme.encode(),
            host=(parts.hostname or "").encode("ascii"),
            port=parts.port or (443 if parts.scheme == "https" else 80),
            target=(parts.path or "/").encode("ascii") + (b"?" + parts.query.encode("ascii") if parts.query else b""),
        )
        sent = [(name.encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        host = parts.netloc.rpartition("@")[2].encode("ascii")
        sent += [(b"host", host), (b"content-length", str(len(body)).encode()), (b"user-agent", USER_AGENT)]
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._seconds)
        request = httpcore2.Request("POST", target, headers=sent, content=body, extensions={"timeout": limits})
        return await self._open().handle_async_request(request)

    async def _address(self, host: str, port: int) -> str:
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
            lookup.add_done_callback(lambda task: task.cancelled() or task.exception())  # perhaps nobody waits
        return await asyncio.shield(lookup)

    async def _resolve_alone(self, host: str, port: int) -> list[str]:
        try:
            return await self._resolve(host, port)
        finally:
            del self._lookups[host, port]

    def _open(self) -> httpcore2.AsyncConnectionPool:
        if self._pool is None:
            self._pool = httpcore2.AsyncConnectionPool(
                ssl_context=httpx2.create_ssl_context(trust_env=False),
                max_connections=self._connections,
                max_keepalive_connections=self._connections,
                keepalive_expiry=KEEP_SECONDS,
                network_backend=_Checked(self._address),
            )
        return self._pool


class _Checked(httpcore2.AsyncNetworkBackend):
    """Connects to an address that was looked at, for a name that the certificate must be of."""

    def __init__(self, address_of: Callable[[str, int], Awaitable[str]]) -> None:
        self._address_of = address_of
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        address = await self._address_of(host, port)
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def _end(answer: httpcore2.Response) -> None:
    """The status is known: whatever becomes of the body changes nothing about it."""
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in cast(AsyncIterable[bytes], answer.stream):
                size += len(chunk)
                if size > BODY_BYTES:
                    break
    except (TimeoutError, *FAILED):
        pass
    finally:
        await answer.aclose()
