"""A server in a process of its own, Chromium, and walls that write down what they ask for and complain about."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Browser, Locator, Page, WebSocket, async_playwright, expect

from api.auth import Tokens
from db import rights
from db.bell import Bell
from db.clock import Clock, now
from db.database import Database
from db.feed import Feed
from db.rights import By
from db.vocabulary import Realm, Role
from tests.browser.mini import apps, open_mini  # noqa: F401  # fixtures
from tests.city import City, Speaker, Town, build_city
from tests.conftest import ROOT, SECRET
from tests.stories.walks import GRID, OTHER_UNIT, UNIT, Cast, until

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SECONDS = 30  # the longest wait for anything; on an idle machine a step is seen in a tenth of a second
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
LOST = re.compile(
    r"WebSocket connection to .* failed"
    r"|net::ERR_(CONNECTION_|CONTENT_LENGTH_|EMPTY_RESPONSE|INTERNET_DISCONNECTED|FAILED)"
)

expect.set_options(timeout=SECONDS * 1_000)


class Caller(Speaker):
    """Somebody who asks the served API; says the same things as a `Speaker`."""

    def __init__(self, http: httpx2.AsyncClient, token: str) -> None:
        self.http = http
        self.token = token

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        answer = await self.http.post(
            "/graphql",
            json={"query": document, "variables": variables},
            headers={"authorization": f"Bearer {self.token}"},
        )
        body = answer.json()
        assert not body.get("errors"), body
        data: dict[str, Any] = body["data"]
        return data


@dataclass
class Server:
    """A development server that can be killed and started again on the same port and database."""

    var_dir: Path
    city: City
    port: int
    http: httpx2.AsyncClient
    process: asyncio.subprocess.Process | None = None
    tokens: Tokens = field(default_factory=lambda: Tokens(SECRET, now))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        return f"sqlite+aiosqlite:///{self.var_dir / 'gridcast.db'}"

    async def start(self) -> None:
        settings = {"VAR_DIR": str(self.var_dir), "PORT": str(self.port), "SECRET": SECRET, "WEBHOOKS_LOCAL": "true"}
        with (self.var_dir / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "api", "serve", "--dev",
                cwd=ROOT, env=os.environ | {f"GRIDCAST_{name}": value for name, value in settings.items()},
                stdout=log, stderr=log,
            )  # fmt: skip
        async with asyncio.timeout(60):
            while not await self._is_ready():  # noqa: ASYNC110  # another process cannot wake us
                await asyncio.sleep(0.02)

    async def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.returncode is None, (self.var_dir / "log").read_text()
        try:
            return (await self.http.get("/readyz")).status_code == 200
        except httpx2.TransportError:
            return False

    async def kill(self) -> None:
        """As the power cut does it."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def token(self, role: Role, code: str, realm: Realm = Realm.LIVE, seconds: float = 3_600) -> str:
        lifetime = timedelta(seconds=seconds)
        return self.tokens.issue(f"{role}:{code}", realm, [(role, code)], name="", lifetime=lifetime)

    def person(self, *grants: tuple[Role, str], seconds: float = 3_600, name: str = "值班员甲") -> str:
        """A token of somebody with several roles."""
        lifetime = timedelta(seconds=seconds)
        subject = "+".join([*(f"{role}:{code}" for role, code in grants), name])
        return self.tokens.issue(subject, Realm.LIVE, list(grants), name=name, lifetime=lifetime)

    async def take_back(self, token: str) -> None:
        """End a token now; no page need be drawn before a token's time is up. Returns once the server refuses it."""
        claims = self.tokens.read(token)
        db = Database(self.database_url)
        async with db.write() as session:
            await rights.revoke(session, claims.subject, claims.token_id, By("the security officer", "ended", now()))
        await db.close()
        asked = {"json": {"query": "{ viewer { name } }"}, "headers": {"authorization": f"Bearer {token}"}}
        async with asyncio.timeout(SECONDS):
            while (await self.http.post("/graphql", **asked)).status_code != 401:  # noqa: ASYNC110  # it polls
                await asyncio.sleep(0.05)

    async def say(self, token: str, *words: tuple[Role, str, bool]) -> None:
        """Give roles to a token's holder, or take them back; from the first word on these count, not the token's."""
        claims, by = self.tokens.read(token), By("the security officer", "changed", now())
        db = Database(self.database_url)
        async with db.write() as session:
            for role, code, is_held in words:
                await rights.say(session, claims.realm, claims.subject, role, code, by, is_held=is_held)
        await db.close()

    def cast(self, realm: Realm = Realm.LIVE) -> Cast:
        """Everybody the loop needs, over HTTP."""

        def one(role: Role, code: str) -> Caller:
            return Caller(self.http, self.token(role, code, realm))

        nothing: Any = None
        return Cast(
            Town(nothing, nothing, nothing, nothing, self.city),
            realm,
            resident=one(Role.RESIDENT, "zhang"),
            worker=one(Role.GRID_WORKER, GRID),
            intake=one(Role.INTAKE_OFFICER, "320508"),
            dispatcher=one(Role.DISPATCHER, "320508"),
            city_dispatcher=one(Role.DISPATCHER, "3205"),
            handler=one(Role.HANDLER, UNIT),
            other_handler=one(Role.HANDLER, OTHER_UNIT),
            provider=one(Role.PROVIDER_STAFF, "SP-1"),
            leader=one(Role.SHIFT_LEADER, "3205"),
            commander=one(Role.COMMANDER, "3205"),
            checker=one(Role.CHECKER, "320508"),
        )

    @asynccontextmanager
    async def behind_its_back(self, clock: Clock = now) -> AsyncIterator[Town]:
        """The same database from this process, whether the server runs or not."""
        db = Database(self.database_url)
        bell = Bell()
        feed = Feed(db, bell, clock=clock)
        db.ring = bell.ring
        await bell.start()
        await feed.start()
        try:
            yield Town(db, feed, bell, clock, self.city)  # type: ignore[arg-type]
        finally:
            await feed.stop()
            await bell.stop()
            await db.close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


@pytest.fixture
async def server(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Server]:
    """Not started yet: a test may prepare its city first."""
    async with _server(sqlite_template, tmp_path) as one:
        yield one


@pytest.fixture(scope="session")
async def standing(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """A server that runs, for stories that leave it running: starting one takes seconds."""
    async with _server(sqlite_template, tmp_path_factory.mktemp("standing")) as one:
        await one.start()
        yield one


@asynccontextmanager
async def _server(template: Path, var_dir: Path) -> AsyncIterator[Server]:
    shutil.copyfile(template, var_dir / "gridcast.db")
    port = _free_port()
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=SECONDS) as http:
        one = Server(var_dir, City(), port, http)
        db = Database(one.database_url)
        one.city = await build_city(db)
        await db.close()
        yield one
        await one.kill()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium fonts-noto-cjk")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        await browser.close()


@dataclass
class Wall:
    """A wall on a screen."""

    page: Page
    origin: str
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    followed: int = 0  # how often it asked for the events that come after its picture

    def by(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def row(self, number: str) -> Locator:
        """The newest line of the ticker about a case."""
        return self.page.locator(f'[data-testid="ticker-row"][data-case-number="{number}"]').first

    async def counts(self, test_id: str, count: int) -> None:
        """Waits until a link of the ring, or the whole, shows a number."""
        await expect(self.by(test_id)).to_have_attribute("data-count", str(count))

    async def shows(self, test_id: str, text: str) -> None:
        await expect(self.by(test_id)).to_have_text(text)

    async def tile(self, code: str, count: int) -> None:
        await expect(self.by(f"tile-{code}")).to_have_attribute("data-open", str(count))

    async def follows(self, times: int = 1) -> None:
        """Waits until it has a picture and asks for what comes after it, for the n-th time since it was opened."""
        await until(lambda: self.followed >= times, SECONDS)
        await expect(self.by("connection")).to_have_attribute("data-state", "open")

    async def ticker(self) -> list[tuple[str, str | None]]:
        """Case number and action of every line, oldest first."""
        lines = await self.by("ticker-row").evaluate_all(
            "rows => rows.map(row => [row.dataset.caseNumber, row.dataset.action ?? null])"
        )
        return [(number, action) for number, action in reversed(lines)]

    def hold_its_promises(self) -> None:
        """Everything came from its own server, nothing was reported broken, nobody pressed reload."""
        assert self.foreign == []
        assert [said for said in self.complaints if not LOST.search(said)] == []
        assert len(self.loads) == 1


OpenWall = Callable[..., Awaitable[Wall]]


@dataclass
class Desk(Wall):
    """A duty desk with somebody at it."""

    async def queue(self, key: str, count: int) -> None:
        await expect(self.by(f"queue-{key}")).to_have_attribute("data-count", str(count))

    def line(self, number: str) -> Locator:
        return self.page.locator(f'[data-testid="case-row"][data-case-number="{number}"]')

    async def shows_case(self, number: str, state: str, version: int) -> None:
        """Waits until the case stands on the right as it is on the server."""
        panel = self.by("case-panel")
        await expect(panel).to_have_attribute("data-case-number", number)
        await expect(panel).to_have_attribute("data-state", state)
        await expect(panel).to_have_attribute("data-version", str(version))

    async def press(self, action: str) -> None:
        await self.by(f"action-{action}").click()

    async def steps(self) -> list[str]:
        """What the timeline tells, oldest first."""
        actions = await self.by("step").evaluate_all("steps => steps.map(step => step.dataset.action)")
        return list(reversed(actions))


OpenDesk = Callable[..., Awaitable[Desk]]
OpenPage = Callable[..., Awaitable[Any]]


@pytest.fixture
async def open_page(chromium: Browser) -> AsyncIterator[OpenPage]:
    """A blank page, and the book that is kept about it."""
    contexts = []

    async def start(book: Callable[[Page], Any], *, width: int, height: int) -> Any:
        context = await chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
        contexts.append(context)
        page = await context.new_page()
        one = book(page)
        _watch(page, one)
        return one

    yield start
    for context in contexts:
        await context.close()


def _watch(page: Page, one: Wall) -> None:
    """Writes down what the page asks for and complains about."""

    def asked(url: str) -> None:
        if not url.startswith((f"{one.origin}/", f"{one.origin.replace('http', 'ws', 1)}/", "data:", "blob:")):
            one.foreign.append(url)

    def said(frame: str | bytes) -> None:
        one.followed += "subscription CaseEvents" in str(frame)

    def dialled(line: WebSocket) -> None:
        asked(line.url)
        line.on("framesent", said)

    page.on("request", lambda request: asked(request.url))
    page.on("websocket", dialled)
    page.on("console", lambda m: one.complaints.append(f"{m.text} {m.location}") if m.type == "error" else None)
    page.on("pageerror", lambda error: one.complaints.append(str(error)))
    page.on("load", lambda page: one.loads.append(page.url))


@pytest.fixture
def open_wall(open_page: OpenPage) -> OpenWall:
    """`wall = await open_wall(server)`; with `token`, that is what the development server gives; "" is none."""

    async def start(server: Server, *, token: str | None = None, width: int = 1920, height: int = 1080) -> Wall:
        wall: Wall = await open_page(lambda page: Wall(page, server.url), width=width, height=height)
        if token is not None:
            answer: dict[str, Any] = {"json": {"token": token}} if token else {"status": 404}
            await wall.page.route("**/dev/token", lambda route: route.fulfill(**answer))
        await wall.page.goto(f"{server.url}/wall")
        return wall

    return start


@pytest.fixture
def open_desk(open_page: OpenPage) -> OpenDesk:
    """`desk = await open_desk(server, server.person(...))`: somebody has pasted their token."""

    async def start(server: Server, token: str, *, width: int = 1366, height: int = 768, address: str = "") -> Desk:
        desk: Desk = await open_page(lambda page: Desk(page, server.url), width=width, height=height)
        await desk.page.goto(f"{server.url}/desk{address}")
        await desk.by("token-box").locator("input").fill(token)
        await desk.by("token-box").get_by_role("button", name="进入值班台").click()
        return desk

    return start


@pytest.fixture
def open_provider(open_page: OpenPage) -> OpenDesk:
    """A phone of a service provider, or with other sizes its office: somebody has pasted their token."""

    async def start(server: Server, token: str, *, width: int = 390, height: int = 844, address: str = "") -> Desk:
        desk: Desk = await open_page(lambda page: Desk(page, server.url), width=width, height=height)
        await desk.page.goto(f"{server.url}/provider{address}")
        await desk.by("token-box").locator("input").fill(token)
        await desk.by("token-box").get_by_role("button", name="进入工作台").click()
        return desk

    return start


@dataclass
class Phone(Wall):
    """A resident's page, on a phone or on a screen at home."""

    async def go(self, address: str) -> None:
        await self.page.goto(f"{self.origin}/resident{address}")
        await expect(self.page.locator("h1")).to_be_visible()

    async def at(self, stage: str) -> None:
        """Waits until the case stands at a plain stage."""
        await expect(self.by("case")).to_have_attribute("data-stage", stage)


OpenPhone = Callable[..., Awaitable[Phone]]


@pytest.fixture
def open_phone(open_page: OpenPage) -> OpenPhone:
    """`phone = await open_phone(server)`: somebody without an account has opened the page for residents."""

    async def start(server: Server, *, width: int = 390, height: int = 844, address: str = "") -> Phone:
        phone: Phone = await open_page(lambda page: Phone(page, server.url), width=width, height=height)
        await phone.go(address)
        return phone

    return start
