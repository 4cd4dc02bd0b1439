"""Server processes of the command line, and the ways to break them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from tests.conftest import SECRET

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@dataclass
class Node:
    """`python -m api serve` on a port that it keeps over restarts."""

    database: str
    bell: str
    folder: Path
    port: int = field(default_factory=free_port)
    process: asyncio.subprocess.Process | None = None
    breaking: asyncio.Lock = field(default_factory=asyncio.Lock)
    more: dict[str, str] = field(default_factory=dict)  # settings

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql"

    async def start(self) -> None:
        settings = {
            "DATABASE_URL": self.database,
            "BELL_URL": self.bell,
            "VAR_DIR": str(self.folder),
            "SECRET": SECRET,
            "SUBSCRIPTIONS_PER_PRINCIPAL": "1000",
            "SOCKETS_PER_PRINCIPAL": "1000",
            "MESSAGES_PER_SECOND": "1000",
            **self.more,
        }
        log = (self.folder / f"node-{self.port}.log").open("ab")
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "api", "serve", "--port", str(self.port),
            cwd=ROOT, env=os.environ | {f"GRIDCAST_{name}": value for name, value in settings.items()},
            stdout=log, stderr=log,
        )  # fmt: skip
        log.close()
        async with asyncio.timeout(60), httpx2.AsyncClient(base_url=self.url, trust_env=False) as http:
            while True:
                try:
                    if (await http.get("/readyz")).status_code == 200:
                        return
                except httpx2.TransportError:
                    assert self.process.returncode is None, self.log()
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """As a power cut does."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def leave(self) -> None:
        """As an operator does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            code = await self.process.wait()
        assert code == 0, (code, self.log())

    def log(self) -> str:
        return (self.folder / f"node-{self.port}.log").read_text()[-4_000:]
