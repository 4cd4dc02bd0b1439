"""Residents on a bad day: the token ends, the role is taken back, the server dies, the line crawls, fingers slip."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import FilePayload, Request, Route, expect

from db.clock import now
from db.tables import Case
from db.vocabulary import Role
from tests.browser.accessible import barriers
from tests.browser.conftest import SECONDS, Caller, OpenPhone, Phone, Server
from tests.browser.many import again
from tests.browser.mini import LONG
from tests.browser.test_miniprogram import closed, dispatched
from tests.browser.test_miniprogram_pages import ERLANG, community_worker, over
from tests.browser.test_resident import PHOTO, WIDER, number_of, on_server, report
from tests.browser.test_worker_faults import LONG_AGO

pytestmark = pytest.mark.browser

APP = "?app=mini"  # of the fixture `apps`
SLOW = {"offline": False, "latency": 600, "downloadThroughput": 30_000, "uploadThroughput": 8_000}


class Book:
    """What left a page: one key is one effect."""

    def __init__(self, phone: Phone) -> None:
        self.keys: dict[str, set[str]] = {}
        phone.page.on("request", self._write)

    def _write(self, request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/graphql"):
            sent = json.loads(request.post_data or "{}")
            if found := re.match(r"\s*mutation (\w+)", sent["query"]):
                self.keys.setdefault(found[1], set()).add(sent["variables"]["input"]["idempotencyKey"])

    def intents(self) -> dict[str, int]:
        return {mutation: len(keys) for mutation, keys in self.keys.items()}


async def sign_in(phone: Phone, token: str) -> None:
    await phone.page.get_by_label("登录令牌").fill(token)
    await phone.by("sign-in").get_by_role("button", name="登录", exact=True).click()


async def written(phone: Phone, words: str) -> None:
    """A report as far as its last tap."""
    await phone.by("scene-PROBLEM").click()
    await rest_of(phone, words)
    await phone.by("grid").filter(has_text="第1网格").click()


async def rest_of(phone: Phone, words: str) -> None:
    await phone.by("photo-input").set_input_files(PHOTO)
    await expect(phone.by("photo")).to_have_count(1)
    await phone.by("matter").filter(has_text="道路破损").click()
    await phone.by("text").fill(words)


async def stands_as_written(phone: Phone, words: str) -> None:
    await expect(phone.by("photo")).to_have_count(1)
    await expect(phone.by("text")).to_have_value(words)
    await expect(phone.by("matter").filter(has_text="道路破损")).to_have_attribute("aria-pressed", "true")
    await expect(phone.by("chosen-place")).to_contain_text("第1网格")


async def handed_in(server: Server, words: str) -> list[dict[str, Any]]:
    """Every case that was handed in with these words."""
    asked = "{ cases(first: 100) { edges { node { number version description evidence { kind } } } } }"
    edges = (await server.cast().leader.ask(asked))["cases"]["edges"]
    return [edge["node"] for edge in edges if edge["node"]["description"] == words]


async def holds(server: Server, token: str, role: str) -> None:
    """Waits until the server knows that somebody has this role now, and no other."""
    async with asyncio.timeout(SECONDS):
        while (await Caller(server.http, token).ask("{ viewer { roles } }"))["viewer"]["roles"] != [role]:  # noqa: ASYNC110  # it polls
            await asyncio.sleep(0.05)


async def test_a_token_that_ends_and_a_role_that_is_taken_back_cost_nothing_that_was_written(
    standing: Server, apps: None, open_phone: OpenPhone
) -> None:
    words = f"写到一半{LONG}"
    token = standing.person((Role.RESIDENT, "bad-day"), name="周女士")
    phone = await open_phone(standing, address=f"{APP}#/sign-in")
    book = Book(phone)
    await sign_in(phone, token)
    await expect(phone.by("who")).to_contain_text("周女士")
    await written(phone, words)
    await phone.page.go_back()
    await expect(phone.by("who")).to_be_visible()
    await phone.page.go_forward()
    await stands_as_written(phone, words)
    await phone.by("text").fill(f"{words}。")  # on the second visit
    await phone.page.reload()
    await stands_as_written(phone, f"{words}。")
    await phone.by("text").fill(words)

    await standing.take_back(token)
    await phone.by("send").click()
    await expect(phone.by("ended")).to_contain_text("已写的内容都还在")
    await expect(phone.by("waiting-entry")).to_have_count(1)
    await phone.by("ended").get_by_role("button", name="重新登录").click()
    renewed = standing.person((Role.RESIDENT, "bad-day"), name="周女士")
    await sign_in(phone, renewed)
    number = await number_of(phone)  # it was sent by itself
    await expect(phone.by("notice")).to_contain_text(number)
    assert book.intents() == {"CaseSubmit": 1}
    [case] = await handed_in(standing, words)
    assert (case["number"], case["version"], [one["kind"] for one in case["evidence"]]) == (number, 1, ["BEFORE"])

    await standing.say(renewed, (Role.RESIDENT, "bad-day", False), (Role.DISPLAY, ERLANG, True))
    await holds(standing, renewed, "DISPLAY")
    await phone.page.get_by_role("link", name="首页").click()
    await phone.by("scene-PROBLEM").click()
    await rest_of(phone, "身份变了")
    await phone.by("send").click()
    await expect(phone.by("waiting-entry")).to_have_attribute("data-state", "refused")
    await expect(phone.by("no-role")).to_contain_text("已写的内容都还在")
    assert await handed_in(standing, "身份变了") == []
    await standing.say(renewed, (Role.RESIDENT, "bad-day", True), (Role.DISPLAY, ERLANG, False))
    await holds(standing, renewed, "RESIDENT")
    await phone.by("put-right").click()
    await stands_as_written(phone, "身份变了")
    await phone.by("send").click()
    number = await number_of(phone)
    assert [one["number"] for one in await handed_in(standing, "身份变了")] == [number]
    assert phone.foreign == []


async def test_a_server_that_is_killed_while_it_answers_has_the_report_once_and_ten_thousand_others_stay_usable(
    server: Server, open_phone: OpenPhone
) -> None:
    await server.start()
    phone = await open_phone(server, address="#/sign-in")
    book = Book(phone)
    await sign_in(phone, server.person((Role.RESIDENT, "many"), name="吴先生"))
    await phone.by("scene-PROBLEM").click()
    await phone.by("locate").click()
    await expect(phone.by("place-trouble")).to_contain_text("没有取得位置")
    await phone.page.context.grant_permissions(["geolocation"], origin=server.url)
    await phone.page.context.set_geolocation({"longitude": 120.61, "latitude": 31.3})
    await phone.by("locate").click()
    await expect(phone.by("chosen-place")).to_contain_text("当前位置")
    await phone.by("photo-input").set_input_files(
        [PHOTO, FilePayload(name="说明.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4")]
    )
    await expect(phone.by("photo-trouble")).to_contain_text("「说明.pdf」不是能打开的照片")
    await expect(phone.by("photo")).to_have_count(1)
    await phone.by("text").fill(LONG)

    async def dies_while_it_answers(route: Route) -> None:
        if "mutation CaseSubmit" not in (route.request.post_data or "") or server.process is None:
            return await route.continue_()
        if server.process.returncode is None:
            await route.fetch()  # done, and nobody hears of it
            await server.kill()
        return await route.abort()

    await phone.page.route("**/graphql", dies_while_it_answers)
    await phone.by("send").dblclick()
    await expect(phone.by("waiting-entry")).to_contain_text("正在等服务器回应")
    await expect(phone.by("offline")).to_contain_text("正在重连")
    await again(server, Case.__table__, **LONG_AGO)  # type: ignore[attr-defined]
    await phone.page.unroute("**/graphql")
    await server.start()
    await expect(phone.by("waiting-entry")).to_have_count(0)
    number = await number_of(phone)

    assert book.intents() == {"CaseSubmit": 1}
    assert (await on_server(server, number))["description"] == LONG
    await phone.page.goto(f"{server.url}/resident#/mine")
    await expect(phone.by("case-card")).to_have_count(20)
    await phone.by("more-cases").click()
    await expect(phone.by("case-card")).to_have_count(40)
    asked = "{ cases(first: 1, filter: { isOpen: true }) { totalCount } }"
    assert (await server.cast().leader.ask(asked))["cases"]["totalCount"] == 1  # the others are closed ones
    assert phone.foreign == []


async def test_over_a_slow_line_fingers_and_the_back_button_send_nothing_twice(
    standing: Server, apps: None, open_phone: OpenPhone
) -> None:
    phone = await open_phone(standing, address=APP)
    book = Book(phone)
    await expect(phone.by("scene-PROBLEM")).to_be_visible()
    line = await phone.page.context.new_cdp_session(phone.page)
    await line.send("Network.enable")
    await line.send("Network.emulateNetworkConditions", SLOW)
    await report(phone, taps=2)
    number = await number_of(phone)
    await expect(phone.by("notice")).to_contain_text(number)
    await line.send(
        "Network.emulateNetworkConditions", {**SLOW, "latency": 0, "uploadThroughput": -1, "downloadThroughput": -1}
    )
    await phone.page.go_back()
    await expect(phone.by("case-card")).to_have_count(1)
    await phone.page.go_forward()

    case = await on_server(standing, number)
    case = await closed(standing, await dispatched(standing, case))
    await phone.at("FINISHED")
    await phone.by("not-solved").dblclick()  # one tap is enough
    await expect(phone.by("verdict")).to_contain_text("未解决")
    await phone.by("reopen").click()
    await phone.by("reason").fill("还是坏的")
    await phone.page.go_back()
    await expect(phone.by("scene-PROBLEM")).to_be_visible()
    await phone.page.go_forward()
    await expect(phone.by("reason")).to_have_value("还是坏的")
    await phone.by("send-reason").dblclick()
    await expect(phone.by("reopen")).to_have_count(0)
    await phone.page.go_back()
    await phone.page.go_forward()
    await expect(phone.by("case")).to_be_visible()
    assert (await on_server(standing, number))["state"] == "REOPEN_REQUESTED"
    await phone.page.go_back()

    await phone.by("scene-PROBLEM").click()
    await phone.by("matter").filter(has_text="道路破损").click()
    await expect(phone.by("chosen-place")).to_contain_text("第1网格")  # where they are as a rule
    await phone.by("send").dblclick()
    await expect(phone.by("case")).not_to_have_attribute("data-number", number)
    await phone.by("urge").dblclick()
    await expect(phone.by("urges")).to_have_text("已催办 1 次")
    await phone.by("withdraw").click()
    await phone.by("send-reason").dblclick()
    await phone.at("FINISHED")
    assert (await on_server(standing, await number_of(phone)))["state"] == "WITHDRAWN"
    assert book.intents() == {
        "CaseSubmit": 2, "CaseConfirm": 1, "CaseRequestReopen": 1, "CaseUrge": 1, "CaseWithdraw": 1,
    }  # fmt: skip
    phone.hold_its_promises()


async def test_every_page_with_something_on_it_is_for_everybody_in_both_languages(
    standing: Server, apps: None, open_phone: OpenPhone
) -> None:
    worker = community_worker(standing)
    place = standing.city.divisions[ERLANG]
    added = await worker.do(
        "knowledgeAdd", "item { id }", division=place, code="people-dogs", question="养犬怎么登记？",
        alsoAsked=["办狗证"], answer="带上犬只免疫证明，到社区登记。", source="二郎巷社区居民公约",
        validFrom="2026-01-01",
    )  # fmt: skip
    given = {
        "division": place, "text": LONG, "options": ["健身角", "停车位"],
        "answerBy": (now() + timedelta(days=14)).isoformat(),
    }  # fmt: skip
    open_one = await worker.do(
        "consultationOpen", "consultation { id }", title="楼道充电桩装在哪里",
        closesAt=(now() + timedelta(days=7)).isoformat(), **given,
    )  # fmt: skip
    await over(standing, given)
    assert (added["userErrors"], open_one["userErrors"]) == ([], [])
    phone = await open_phone(standing, address=f"{APP}#/sign-in")
    await sign_in(phone, standing.person((Role.RESIDENT, "everybody"), name="郑先生"))

    await expect(phone.by("how")).to_be_visible()
    for empty in ("mine", "ask"):
        await phone.page.evaluate(f"location.hash = '#/{empty}'")
        await fits(phone, "none", empty)
    await phone.page.evaluate("location.hash = '#/'")
    for language in ("zh-CN", "en"):
        await expect(phone.page.locator("html")).to_have_attribute("lang", language)
        await fits(phone, "how" if language == "zh-CN" else "case-card", "home")
        await phone.by("scene-PROBLEM").click()
        await phone.by("matter").first.click()
        await phone.by("text").fill(LONG)
        if await phone.by("chosen-place").count() == 0:
            await phone.by("grid").first.click()
        await fits(phone, "chosen-place", "report")
        await phone.by("send").click()
        await fits(phone, "case", "case")
        await phone.page.evaluate("location.hash = '#/ask'")
        await phone.by("question").fill("养犬怎么登记")
        await phone.by("ask").locator("button[type=submit]").click()
        await fits(phone, "source", "ask")
        await phone.page.evaluate("location.hash = '#/voices'")
        await fits(phone, "consultation-card", "voices")
        await phone.by("consultation-card").filter(has_text="楼道充电桩").click()
        await fits(phone, "vote-form", "consultation")
        await phone.page.go_back()
        await phone.by("consultation-card").filter(has_text="去年的路灯").first.click()
        await fits(phone, "result", "result")
        await phone.page.evaluate("location.hash = '#/track'")
        await phone.by("look").click()
        await fits(phone, "trouble", "track")
        await phone.page.evaluate("location.hash = '#/'")
        if language == "zh-CN":
            await phone.page.get_by_role("button", name="English").click()
    assert (phone.foreign, phone.complaints) == ([], [])


async def fits(phone: Phone, name: str, where: str) -> None:
    """Once what is named is there: nothing is wider than the phone, and nothing stands in anybody's way."""
    await expect(phone.by(name).first).to_be_visible()
    assert not await phone.page.evaluate(WIDER), where
    assert await barriers(phone.page) == [], where
