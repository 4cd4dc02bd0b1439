"""Residents at their phones: a real server, a real browser, real taps."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FilePayload, Request, expect

from db.vocabulary import Role
from tests.browser.accessible import AXE
from tests.browser.conftest import OpenPhone, Phone, Server
from tests.browser.test_desk import DOT, LONG
from tests.city import POTHOLE
from tests.conftest import ROOT
from tests.stories.walks import DONE, UNIT, hand_in

pytestmark = pytest.mark.browser

OUT = Path(__file__).parent / "out"
BUILT = ROOT / "web" / "static" / "resident"
APP = "erlang"
WIDER = "() => document.documentElement.scrollWidth > innerWidth"
COUNT_TAPS = "() => { window.taps = 0; document.addEventListener('click', () => window.taps++, true); }"
PHOTO = FilePayload(name="坑.png", mimeType="image/png", buffer=DOT)
MINE = "query ($number: String!) { case(number: $number) { id number version state description evidence { kind } } }"


@pytest.fixture(scope="session")
async def app(standing: Server) -> str:
    """The community has its own app."""
    payload = await standing.cast().commander.do(
        "clientAppRegister", selection="app { code }",
        code=APP, division=standing.city.divisions["320508019044"], name="二郎巷社区随手报", colour="#1A6B54",
        scenes=["PROBLEM", "SERVICE_REQUEST", "VOICE"], onlyRegistered=False,
    )  # fmt: skip
    assert payload == {"app": {"code": APP}, "userErrors": []}
    return APP


async def report(phone: Phone, photo: FilePayload | None = PHOTO, taps: int = 1) -> None:
    """A photo, and three taps; the last one by fingers that tap so often."""
    await phone.by("scene-PROBLEM").click()
    if photo:
        await phone.by("photo-input").set_input_files(photo)
        await expect(phone.by("photo")).to_have_count(1)
    await phone.by("matter").filter(has_text="道路破损").click()
    await phone.by("grid").filter(has_text="第1网格").click()
    await phone.by("send").click(click_count=taps)


async def number_of(phone: Phone) -> str:
    await expect(phone.by("case")).to_be_visible(timeout=20_000)
    return (await phone.by("number").text_content() or "").strip()


async def on_server(server: Server, number: str) -> dict[str, Any]:
    found: dict[str, Any] = (await server.cast().leader.ask(MINE, number=number))["case"]
    return found


async def test_a_problem_is_handed_in_in_three_taps_and_followed_live(
    standing: Server, app: str, open_phone: OpenPhone
) -> None:
    people = standing.cast()
    phone = await open_phone(standing, address=f"?app={app}")
    await expect(phone.page.locator("h1")).to_have_text("二郎巷社区随手报")

    await phone.page.evaluate(COUNT_TAPS)
    await report(phone)
    number = await number_of(phone)
    assert await phone.page.evaluate("taps") == 1 + 3  # into the page, and after the photo
    await phone.at("RECEIVED")
    case = await on_server(standing, number)
    await expect(phone.by("picture")).to_have_count(1)

    unit = standing.city.departments[UNIT]
    case |= await people.intake.act("caseAccept", case)
    case |= await people.intake.act("caseRegister", case)
    case |= await people.dispatcher.act("caseDispatch", case, department=unit)
    await phone.at("IN_HAND")
    await expect(phone.by("unit")).to_have_text("姑苏区城管局")
    await phone.by("urge").dblclick()
    await expect(phone.by("urges")).to_have_text("已催办 1 次")
    await phone.page.go_back()
    await expect(phone.by("scene-PROBLEM")).to_be_visible()

    assert [photo["kind"] for photo in case["evidence"]] == ["BEFORE"]
    assert case["description"] == "道路破损（见照片）"
    phone.hold_its_promises()


async def test_without_a_line_a_report_is_kept_and_sent_once(
    standing: Server, app: str, open_phone: OpenPhone
) -> None:
    phone = await open_phone(standing, address=f"?app={app}#/report/PROBLEM")
    await expect(phone.by("matter").first).to_be_visible()
    await expect(phone.by("grid").first).to_be_visible()
    sent: list[Request] = []
    phone.page.on("request", lambda one: sent.append(one) if "mutation CaseSubmit" in (one.post_data or "") else None)
    await phone.page.evaluate("location.hash = '#/'")

    await phone.page.context.set_offline(True)
    await report(phone)
    entry = phone.by("waiting-entry")
    await expect(entry).to_have_attribute("data-state", "waiting")
    await expect(entry).to_contain_text("有网络时自动送出")
    await expect(phone.by("offline")).to_contain_text("现在没有网络")
    await phone.page.screenshot(path=OUT / "resident-offline.png")
    await phone.page.context.set_offline(False)
    await expect(entry).to_have_count(0, timeout=30_000)
    await expect(phone.by("case-card")).to_have_count(1, timeout=20_000)

    assert len({re.search(r'"idempotencyKey":"(\w+)"', one.post_data or "")[1] for one in sent}) == 1  # type: ignore[index]
    number = await phone.by("case-card").get_attribute("data-number")
    assert (await on_server(standing, str(number)))["version"] == 1
    assert phone.foreign == []


async def test_number_and_token_show_the_way_to_the_answer_on_another_phone(
    standing: Server, app: str, open_phone: OpenPhone
) -> None:
    people = standing.cast()
    first = await open_phone(standing, address=f"?app={app}")
    await report(first, photo=None)
    number = await number_of(first)
    await first.page.get_by_text("在别的手机上看进度").click()
    token = (await first.by("poll-token").text_content() or "").strip()
    case = await on_server(standing, number)

    other = await open_phone(standing, address=f"?app={app}#/track")
    await other.page.get_by_label("编号").fill(number)
    await other.page.get_by_label("查询凭证").fill("不对的凭证")
    await other.by("track").get_by_role("button").click()
    await expect(other.by("trouble")).to_contain_text("编号和查询凭证对不上")
    await other.page.get_by_label("查询凭证").fill(token)
    await other.by("track").get_by_role("button").click()
    await other.at("RECEIVED")
    case |= await people.intake.act(
        "caseDecline", case, reason="OUT_OF_SCOPE", outcome="NOT_OURS", disposition=DONE, response=LONG,
        suggestedChannel="12345",
    )  # fmt: skip

    await other.at("FINISHED")
    await axe_finds_nothing(other, "case")
    await expect(other.by("answers")).to_contain_text(LONG[:20])
    await expect(other.by("outcome")).to_contain_text("不属受理范围")
    other.hold_its_promises()


async def test_who_has_an_account_follows_what_is_reported_already(
    standing: Server, app: str, open_phone: OpenPhone
) -> None:
    await hand_in(standing.cast(), matter=POTHOLE)
    phone = await open_phone(standing, address=f"?app={app}#/sign-in")
    await phone.page.get_by_label("登录令牌").fill("李女士")
    await phone.by("sign-in").get_by_role("button", name="登录", exact=True).click()
    await expect(phone.by("no-token")).to_contain_text("这不是登录令牌")
    await phone.page.get_by_label("登录令牌").fill(standing.person((Role.RESIDENT, "li"), name="李女士"))
    await phone.by("sign-in").get_by_role("button", name="登录", exact=True).click()
    await phone.by("scene-PROBLEM").click()

    await phone.by("matter").filter(has_text="道路破损").click()
    await phone.by("grid").filter(has_text="第1网格").click()
    await phone.by("follow").first.click()

    await expect(phone.by("case-card")).to_have_count(1, timeout=20_000)
    await expect(phone.by("case-card")).to_contain_text("我关注的")
    phone.hold_its_promises()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1366, 768)])
async def test_every_page_fits_and_axe_finds_nothing(
    standing: Server, app: str, open_phone: OpenPhone, width: int, height: int
) -> None:
    phone = await open_phone(standing, width=width, height=height, address=f"?app={app}")
    OUT.mkdir(exist_ok=True)
    for name in ("", "report/PROBLEM", "mine", "track", "sign-in"):
        await phone.page.evaluate(f"location.hash = '#/{name}'")
        await expect(phone.page.locator("main > :not([role=status])").first).to_be_visible()
        if name == "report/PROBLEM":
            await phone.by("photo-input").set_input_files(PHOTO)
            await phone.by("matter").first.click()
            await phone.by("text").fill(f"{LONG}🕳️👨‍👩‍👧")
        await phone.page.screenshot(path=OUT / f"resident-{width}-{name.replace('/', '-') or 'home'}.png")
        assert not await phone.page.evaluate(WIDER)
        await axe_finds_nothing(phone, name)
    phone.hold_its_promises()


async def axe_finds_nothing(phone: Phone, where: str) -> None:
    await phone.page.evaluate(AXE.read_text("utf-8"))
    found = await phone.page.evaluate("axe.run().then(({ violations }) => violations)")
    assert [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found] == [], where


def test_the_first_load_is_small() -> None:
    page = (BUILT / "index.html").read_text()
    files = re.findall(r'(?:src|href)="/resident/([^"]+)"', page)

    total = sum(len(gzip.compress((BUILT / name).read_bytes())) for name in ("index.html", *files))

    assert len(files) >= 2
    assert total < 120_000
