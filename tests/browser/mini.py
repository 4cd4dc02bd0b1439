"""A phone with the mini-program on it: the real pages, drawn by the published simulator, over a real line."""

from __future__ import annotations

import asyncio
import json
import shutil
import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from db.vocabulary import Role
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.browser.conftest import Server

HERE = ROOT / "tests" / "miniprogram"
BUILT = ROOT / "web" / "static" / "miniprogram"
LONG = "这条路坑坑洼洼，" * 60 + "🕳️👨‍👩‍👧"
SECONDS = 60  # the phone itself gives up after 45


class Mini:
    """Handled by test ids, like every other page; each call waits for what it needs."""

    def __init__(self, folder: Path, origin: str, **settings: Any) -> None:
        self.folder = folder
        self.settings = {"origin": origin, **settings}
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> Mini:
        """Switch it on; what it kept is there."""
        self._process = await asyncio.create_subprocess_exec(
            _node(), "phone.mjs", str(BUILT), str(self.folder), json.dumps(self.settings), cwd=HERE,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24,
        )  # fmt: skip
        return self

    async def kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def do(self, what: str, **rest: Any) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, **rest}).encode() + b"\n")
        async with asyncio.timeout(SECONDS):
            line = await self._process.stdout.readline()
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    async def launch(self, **query: str) -> None:
        await self.do("launch", query=query)

    async def tap(self, name: str, has: str = "", times: int = 1) -> None:
        await self.do("tap", id=name, has=has, times=times)

    async def fill(self, name: str, value: str) -> None:
        await self.do("fill", id=name, value=value)

    async def sees(self, name: str, *has: str) -> None:
        for words in has or ("",):
            await self.do("see", id=name, has=words)

    async def sees_no_more(self, name: str) -> None:
        await self.do("gone", id=name)

    async def counts(self, name: str, many: int) -> None:
        await self.do("count", id=name, many=many)

    async def at(self, stage: str) -> None:
        """Waits until the case stands at a plain stage."""
        await self.do("data", id="case", name="stage", value=stage)

    async def text(self, name: str) -> str:
        found: str = await self.do("text", id=name)
        return found

    async def texts(self, name: str) -> list[str]:
        found: list[str] = await self.do("texts", id=name)
        return found

    async def on(self, page: str) -> None:
        await self.do("page", path=f"pages/{page}/{page}")

    async def set(self, **what: Any) -> None:
        """`online`, `hasSockets`, `isFull`, `photos`, `place`, `chosen`."""
        await self.do("set", **what)

    async def told(self) -> dict[str, Any]:
        """What the phone itself was told: title, colour, copied, called, sockets."""
        found: dict[str, Any] = await self.do("told")
        return found

    async def asked(self, name: str) -> list[dict[str, Any]]:
        """Every operation of this name that left the phone."""
        return [json.loads(one) for one in await self.do("asked", name=name)]


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        pytest.fail("these tests run the mini-program: Node 20.19 or newer is needed")
    if not (HERE / "node_modules" / "miniprogram-simulate").is_dir():
        pytest.fail("the simulator is not installed: run make tests/miniprogram/node_modules/.ready")
    if not (BUILT / "app.json").is_file():
        pytest.fail("the mini-program is not built: run make web")
    return found


def photo() -> bytes:
    """A picture of 3 x 2 grey pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\x00\x80\x80\x80" * 2)
    head = struct.pack(">IIBBBBB", 3, 2, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


OpenMini = Callable[..., Awaitable[Mini]]
ALL_SCENES = ["QUESTION", "SERVICE_REQUEST", "VOICE", "PROBLEM"]


@pytest.fixture
async def open_mini(tmp_path: Path) -> AsyncIterator[OpenMini]:
    """`phone = await open_mini(server, app="mini")`: somebody has opened the mini-program by a QR code."""
    phones: list[Mini] = []

    async def start(server: Server, *, app: str = "mini", name: str = "phone") -> Mini:
        phones.append(await Mini(tmp_path / name, server.url).start())
        await phones[-1].launch(**({"app": app} if app else {}))
        return phones[-1]

    yield start
    for phone in phones:
        await phone.kill()


@pytest.fixture(scope="session")
async def apps(standing: Server) -> None:
    """Two communities have their own; one has a picture to go with it."""
    commander = {"authorization": f"Bearer {standing.token(Role.COMMANDER, '3205')}", "content-type": "image/png"}
    logo = (await standing.http.post("/files", content=photo(), headers=commander)).json()["id"]
    for code, place, name, colour, scenes in (
        ("mini", "320508019044", "二郎巷社区随手报", "#1A6B54", ALL_SCENES),
        ("mini-tangjia", "320508019045", "唐家巷邻里", "#FFD34E", ["PROBLEM", "QUESTION"]),
    ):
        payload = await standing.cast().commander.do(
            "clientAppRegister", selection="app { code }",
            code=code, division=standing.city.divisions[place], name=name, colour=colour, scenes=scenes,
            onlyRegistered=False, **({"logoId": logo} if code == "mini" else {}),
        )  # fmt: skip
        assert payload["userErrors"] == []
