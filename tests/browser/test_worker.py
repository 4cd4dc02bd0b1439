"""A grid worker's day on a phone: a real server, a real browser, a line that comes and goes."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FilePayload, Locator, expect
from sqlalchemy import insert, select

from db.database import Database
from db.tables import Department
from db.vocabulary import Role
from schema.ids import global_id
from tests.browser.accessible import barriers
from tests.browser.conftest import Caller, OpenPage, Server, Wall
from tests.browser.test_wall import SCROLLS
from tests.city import POTHOLE, path_of
from tests.stories.walks import GRID, hand_in

pytestmark = pytest.mark.browser

OUT = Path(__file__).parent / "out"
PHONE, LAPTOP = (390, 844), (1366, 768)
PATIENCE = 30_000  # a phone tries again by itself after ten seconds at most, fifteen with bad luck
LONG = "楼道里堆满了旧家具和电动车，消防通道只剩半米宽，已经劝过两次🚲🔥" * 8
DOT = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
MINE = """{ myCases(first: 100) { edges { node {
  number state description isSelfHandled evidence { kind } timeline { action } } } } }"""
COLLECTED = "{ collectionSubmissions(first: 100) { edges { node { reference reached { department { name } } } } } }"


def shot(name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/png", "buffer": DOT}


@dataclass
class Phone(Wall):
    """The page of a grid worker, and whoever holds it."""

    async def go(self, tab: str) -> None:
        await self.by(f"tab-{tab}").click()

    def card(self, number: str) -> Locator:
        return self.page.locator(f'[data-testid="case-card"][data-case-number="{number}"]')

    async def is_connected(self) -> None:
        await expect(self.by("connection")).to_have_attribute("data-state", "open", timeout=PATIENCE)

    async def loses_its_line(self) -> None:
        await self.page.context.set_offline(True)

    async def finds_its_line(self) -> None:
        await self.page.context.set_offline(False)

    async def delivers(self, count: int) -> None:
        """Waits until nothing waits any more and so much has arrived."""
        await expect(self.by("nothing-waits")).to_be_visible(timeout=PATIENCE)
        await expect(self.by("sent-one")).to_have_count(count)

    async def keeps_its_promises(self) -> None:
        assert self.foreign == []
        assert await barriers(self.page) == []
        assert await self.page.evaluate(SCROLLS) is False


async def open_phone(open_page: OpenPage, server: Server, token: str, size: tuple[int, int] = PHONE) -> Phone:
    phone: Phone = await open_page(lambda page: Phone(page, server.url), width=size[0], height=size[1])
    await phone.page.goto(f"{server.url}/worker")
    await phone.by("token-box").locator("input").fill(token)
    await phone.by("token-box").get_by_role("button", name="进入").click()
    await phone.is_connected()
    return phone


def worker(server: Server, name: str) -> str:
    """Each story has a worker of its own, in the same grid."""
    return server.person((Role.GRID_WORKER, GRID), name=name)


async def handed_in(server: Server, token: str, description: str) -> list[dict[str, Any]]:
    edges = (await Caller(server.http, token).ask(MINE))["myCases"]["edges"]
    return [node for node in (edge["node"] for edge in edges) if node["description"] == description]


async def test_the_list_of_today_is_live_and_is_answered(standing: Server, open_page: OpenPage) -> None:
    people = standing.cast()
    phone = await open_phone(open_page, standing, worker(standing, "甲"))
    case = await hand_in(people, matter=POTHOLE, description="路上有坑")
    case = await people.intake.act("caseAccept", case)

    await people.intake.act("caseRequestVerification", case, assignee="GRID_WORKER")
    await phone.card(case["number"]).click()
    await phone.by("answer").click()
    await expect(phone.by("answer-VERIFY")).to_contain_text("请选择结果")
    await phone.by("answer-VERIFY").get_by_text("属实", exact=True).click()
    await phone.by("answer").dblclick()

    await expect(phone.by("case")).to_have_attribute("data-state", "ACCEPTED", timeout=PATIENCE)
    await phone.page.go_back()
    await expect(phone.card(case["number"])).to_have_count(0)
    await phone.keeps_its_promises()


async def test_a_problem_is_settled_on_the_spot_with_photos(standing: Server, open_page: OpenPage) -> None:
    token = worker(standing, "乙")
    phone = await open_phone(open_page, standing, token)

    await phone.go("new")
    await phone.by("photos-BEFORE").set_input_files(shot("前.png"))
    await phone.by("description").fill(LONG)
    await phone.by("matter").fill("道路")
    await phone.by("matter-choice").first.click()
    await phone.by("settled").check()
    await phone.by("send").click()
    await expect(phone.page.get_by_role("alert")).to_contain_text("处置后的照片")
    await phone.by("photos-AFTER").set_input_files(shot("后.png"))
    await phone.by("disposition").fill("已和住户一起清走")
    await phone.keeps_its_promises()
    await phone.by("send").dblclick()

    await phone.delivers(2)
    [case] = await handed_in(standing, token, LONG)
    assert case["isSelfHandled"]
    assert sorted(photo["kind"] for photo in case["evidence"]) == ["AFTER", "BEFORE"]
    assert [step["action"] for step in case["timeline"]][:2] == ["SUBMIT", "SELF_HANDLE"]
    await phone.go("mine")
    await phone.card(case["number"]).click()
    await expect(phone.by("replies")).to_contain_text("已和住户一起清走")
    await phone.keeps_its_promises()


async def test_what_is_done_without_a_line_is_kept_and_sent_once(standing: Server, open_page: OpenPage) -> None:
    await the_form(standing)
    token = worker(standing, "丙")
    phone = await open_phone(open_page, standing, token)
    await phone.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    await phone.go("collect")
    await phone.by("reference").fill("1幢101室")
    await phone.by("open-form").click()
    await expect(phone.page.locator('[data-code="house_gas"]')).to_be_visible(timeout=PATIENCE)
    await phone.page.get_by_role("button", name="换一户").click()
    await phone.loses_its_line()

    await phone.go("new")
    await phone.by("photos-BEFORE").set_input_files(shot("井盖.png"))
    await phone.by("description").fill("井盖松动，没有网络时写的")
    await phone.by("send").click()
    await expect(phone.by("entry")).to_have_count(1)
    await phone.go("collect")
    await phone.by("reference").fill("2幢301室")
    await phone.by("open-form").click()
    await expect(phone.by("blind")).to_be_visible()
    await phone.page.locator('[data-code="house_phone"] input').fill("13812340000")
    await phone.page.locator('[data-code="house_gas"]').get_by_text("是", exact=True).click()
    await expect(phone.by("will-reach")).to_contain_text("姑苏区应急局")
    await phone.keeps_its_promises()
    await phone.by("send").click()
    await expect(phone.by("entry")).to_have_count(2)
    await phone.page.reload()  # the browser has kept the page, the phone what waits
    await expect(phone.by("entry")).to_have_count(2, timeout=PATIENCE)
    assert await handed_in(standing, token, "井盖松动，没有网络时写的") == []
    await phone.finds_its_line()

    await phone.delivers(2)
    await expect(phone.by("reached")).to_contain_text("姑苏区政法委")
    [case] = await handed_in(standing, token, "井盖松动，没有网络时写的")
    assert [photo["kind"] for photo in case["evidence"]] == ["BEFORE"]
    edges = (await Caller(standing.http, token).ask(COLLECTED))["collectionSubmissions"]["edges"]
    assert [edge["node"]["reference"] for edge in edges].count("2幢301室") == 1
    await phone.go("collect")
    await phone.by("reference").fill("2幢301室")
    await phone.by("open-form").click()
    known = phone.page.locator('[data-code="house_phone"]')
    await expect(known).to_have_attribute("data-fresh", "true", timeout=PATIENCE)
    await expect(known).not_to_contain_text("13812340000")  # masked
    await phone.keeps_its_promises()


async def test_a_refusal_is_shown_with_its_reason_and_a_way_on(standing: Server, open_page: OpenPage) -> None:
    people = standing.cast()
    token = worker(standing, "丁")
    phone = await open_phone(open_page, standing, token)
    case = await hand_in(people, matter=POTHOLE, description="路上又有坑")
    case = await people.intake.act("caseAccept", case)
    case = await people.intake.act("caseRequestVerification", case, assignee="GRID_WORKER")
    await phone.card(case["number"]).click()
    await phone.by("answer-VERIFY").get_by_text("属实", exact=True).click()
    await phone.loses_its_line()
    await phone.by("answer").click()
    await expect(phone.by("case-pending")).to_contain_text("等待发送")

    await people.intake.act("caseCancelVerification", case)
    await phone.finds_its_line()

    await phone.go("outbox")
    await expect(phone.by("why")).not_to_be_empty(timeout=PATIENCE)
    await phone.keeps_its_promises()
    await phone.by("discard").click()
    await phone.by("discard-surely").click()
    await expect(phone.by("nothing-waits")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_every_page_is_fit_to_be_seen(standing: Server, open_page: OpenPage, size: tuple[int, int]) -> None:
    await the_form(standing)
    phone = await open_phone(open_page, standing, worker(standing, "戊"), size)

    for tab in ("today", "new", "collect", "mine", "outbox", "grid"):
        await phone.page.goto(f"{standing.url}/worker#{tab}")
        await expect(phone.page.locator("#page-title")).to_be_visible()
        await phone.keeps_its_promises()
        OUT.mkdir(exist_ok=True)
        await phone.page.screenshot(path=OUT / f"worker-{size[0]}-{tab}.png")
    await expect(phone.by("grid")).to_have_attribute("data-code", GRID)
    phone.hold_its_promises()


async def the_form(server: Server) -> None:
    """Two units that want to know who lives where; they may be there already."""
    units = {"320508-YJ": (21, "姑苏区应急局"), "320508-ZF": (22, "姑苏区政法委")}
    for code, (number, _) in units.items():
        server.city.departments[code] = global_id("Department", number)
    db = Database(server.database_url)
    async with db.write() as session:
        known = set((await session.execute(select(Department.code))).scalars())
        for code, (number, name) in units.items():
            row = {"id": number, "code": code, "name": name, "division_code": "320508", "path": path_of("320508")}
            if code not in known:
                await session.execute(insert(Department).values(row))
    await db.close()
    if units.keys() <= known:
        return
    given: dict[str, Any] = {"kind": "HOUSEHOLD", "refreshDays": 180, "isPersonal": False}
    committee, safety = (Caller(server.http, server.token(Role.HANDLER, unit)) for unit in ("320508-ZF", "320508-YJ"))
    phone = {"code": "house_phone", "part": "BASE", "name": "联系电话", "valueKind": "TEXT", "isPersonal": True}
    use = {"code": "house_use", "part": "GOVERNANCE", "name": "房屋用途", "valueKind": "CHOICE"}
    gas = {"code": "house_gas", "part": "EMERGENCY", "name": "是否使用瓶装燃气", "valueKind": "YES_NO"}
    for one, unit, more in (
        (committee, "320508-ZF", phone),
        (committee, "320508-ZF", use | {"choices": ["自住", "出租"]}),
        (safety, "320508-YJ", gas),
    ):
        field = given | more | {"owner": server.city.departments[unit], "definition": f"{more['name']}，以户为单位"}
        payload = await one.do("fieldRegister", "field { code }", **field)
        assert payload["userErrors"] == [], payload
