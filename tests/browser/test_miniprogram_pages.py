"""What a community says to its people in a mini-program, and they to it: answers, votes, colours, languages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser

from db.clock import now
from db.vocabulary import Role
from tests.browser.conftest import Caller, Server
from tests.browser.mini import LONG, OpenMini, photo
from tests.browser.test_miniprogram import on_server

pytestmark = pytest.mark.browser

OUT = Path(__file__).parent / "out"
ERLANG = "320508019044"


def community_worker(server: Server) -> Caller:
    return Caller(server.http, server.token(Role.COMMUNITY_WORKER, ERLANG))


async def test_a_question_is_answered_with_its_source_or_handed_to_a_person(
    standing: Server, apps: None, open_mini: OpenMini
) -> None:
    added = await community_worker(standing).do(
        "knowledgeAdd", "item { id }", division=standing.city.divisions[ERLANG], code="mini-parking",
        question="小区怎么申请停车位？", alsoAsked=["车位登记"], answer="向社区登记，按登记先后安排。",
        source="二郎巷社区居民公约", validFrom="2026-01-01",
    )  # fmt: skip
    assert added["userErrors"] == []
    phone = await open_mini(standing)

    await phone.tap("scene-QUESTION")
    await phone.sees("nothing-asked")
    await phone.tap("ask")
    await phone.sees("trouble", "请写下您的问题")
    await phone.fill("question", "怎么申请停车位")
    await phone.tap("ask")
    await phone.sees("answer-words", "向社区登记，按登记先后安排。")
    await phone.sees("source", "二郎巷社区居民公约")
    await phone.sees("confidence", "%")
    await phone.tap("helped", times=2)
    await phone.sees("thanks")
    await phone.sees_no_more("waiting-entry")
    assert len(await phone.asked("mutation KnowledgeJudge")) == 1

    await phone.fill("question", "月球上的邮局几点开门？")
    await phone.tap("ask")
    await phone.sees("shown-question", "月球上的邮局")
    await phone.tap("person")
    await phone.tap("hand-in")
    await phone.sees("person-trouble", "请先选地点")
    await phone.tap("grid", "第1网格")
    await phone.tap("hand-in", times=2)
    await phone.on("case")
    case = await on_server(standing, await phone.text("number"))
    assert (case["kind"], case["description"], case["version"]) == ("QUESTION", "月球上的邮局几点开门？", 1)
    await phone.do("back")
    await phone.sees("see-case", case["number"])


async def test_a_consultation_takes_one_vote_from_an_account_and_shows_what_came_of_others(
    standing: Server, apps: None, open_mini: OpenMini
) -> None:
    worker = community_worker(standing)
    given = {
        "division": standing.city.divisions[ERLANG], "text": f"请选一项。{LONG}", "options": ["健身角", "停车位"],
        "answerBy": (now() + timedelta(days=14)).isoformat(),
    }  # fmt: skip
    title = "小广场怎么改"
    opened = await worker.do(
        "consultationOpen",
        "consultation { id }",
        title=title,
        closesAt=(now() + timedelta(days=7)).isoformat(),
        **given,
    )
    await over(standing, given)
    phone = await open_mini(standing)

    await phone.tap("scene-VOICE")
    await phone.tap("consultation", "去年的路灯")
    await phone.sees("result", "2 人参加")
    await phone.sees("bar", "健身角")
    await phone.sees("answer", "已截止，等待答复")
    await phone.do("back")
    await phone.tap("consultation", title)
    await phone.sees("vote-needs-account", "一人一票")
    await phone.tap("to-sign-in")
    await phone.fill("account", standing.person((Role.RESIDENT, "mini-li"), name="李女士"))
    await phone.tap("enter")
    await phone.on("home")
    await phone.tap("scene-VOICE")
    await phone.tap("consultation", title)
    await phone.tap("vote")
    await phone.sees("vote-trouble", "请先选一项")
    await phone.tap("option", "健身角")
    await phone.tap("vote", times=2)
    await phone.sees("my-vote")
    await phone.tap("vote")
    await phone.sees("vote-trouble", "每人只算一票")

    votes = await phone.asked("mutation ConsultationVote")
    shown = await worker.ask(
        "query ($id: ID!) { consultation(id: $id) { digest { voters options { votes } } } }",
        id=opened["consultation"]["id"],
    )
    assert len(votes) == 1
    assert shown["consultation"]["digest"] == {"voters": 1, "options": [{"votes": 1}, {"votes": 0}]}


async def over(server: Server, given: dict[str, Any]) -> None:
    """A consultation of long ago in which two people voted."""
    async with server.behind_its_back(lambda: now() - timedelta(days=30)) as town:
        worker = await town.as_(Role.COMMUNITY_WORKER, ERLANG)
        closes = (town.clock() + timedelta(days=7)).isoformat()
        found = await worker.do(
            "consultationOpen", "consultation { id }", title="去年的路灯", closesAt=closes, **given
        )
        for name in ("wang", "zhao"):
            voter = await town.as_(Role.RESIDENT, name)
            await voter.do("consultationVote", "consultation { id }", id=found["consultation"]["id"], choice=0)


async def test_two_communities_are_drawn_from_their_apps_and_every_page_speaks_both_languages(
    standing: Server, apps: None, open_mini: OpenMini
) -> None:
    phone = await open_mini(standing)
    await phone.sees("name", "二郎巷社区随手报")
    await phone.counts("scene-VOICE", 1)
    await phone.sees("logo")
    first = await phone.told()

    await phone.do("front", query={"scene": "app%3Dmini-tangjia"})
    await phone.sees("name", "唐家巷邻里")
    await phone.sees("division", "唐家巷")
    await phone.counts("scene-VOICE", 0)
    await phone.sees_no_more("logo")
    second = await phone.told()
    commander = standing.cast().commander
    given = {"name": "唐家巷好邻居", "colour": "#00695C", "scenes": ["PROBLEM", "VOICE"]}
    app = (await commander.ask('{ clientApp(code: "mini-tangjia") { id version } }'))["clientApp"]
    await commander.do("clientAppAmend", "app { code }", id=app["id"], expectedVersion=app["version"], **given)
    await phone.do("front")  # the mini-program was only away for a while
    await phone.sees("name", "唐家巷好邻居")
    await phone.counts("scene-VOICE", 1)
    await phone.counts("scene-QUESTION", 0)
    amended = await phone.told()
    await phone.do("front", query={"app": "no-such-app"})
    await phone.sees("app-unknown", "请向社区索取新的二维码")
    await phone.do("front", query={"app": "mini"})
    await phone.sees("scene-PROBLEM", "我要报事")
    await phone.tap("language")
    await phone.sees("scene-PROBLEM", "Report")
    await phone.tap("tab-track")
    await phone.fill("track-number", "1")
    await phone.fill("track-token", "1")
    await phone.tap("look")
    await phone.sees("trouble", "Number and token do not match")

    assert [(one["title"], one["colour"]) for one in (first, second, amended)] == [
        ("二郎巷社区随手报", "#1A6B54"),
        ("唐家巷邻里", "#FFD34E"),
        ("唐家巷好邻居", "#00695C"),
    ]


ROUND = (
    ("counts", "picture", 1), ("tap", "withdraw"), ("tap", "elsewhere"), ("look", "case"), ("back",),
    ("counts", "case-card", 1), ("look", "mine"), ("tap", "tab-track"), ("look", "track"),
    ("tap", "tab-home"), ("counts", "case-card", 1), ("look", "home"),
    ("tap", "scene-QUESTION"), ("fill", "question", "月球上的邮局几点开门？"), ("tap", "ask"), ("tap", "person"),
    ("look", "ask"), ("back",), ("tap", "scene-VOICE"), ("sees", "own-voice"), ("look", "voice"), ("back",),
    ("tap", "to-sign-in"), ("look", "sign-in"), ("back",),
)  # fmt: skip
"""The way through all pages, from a case to the front page."""


async def test_every_page_fits_a_phone_in_both_languages(
    standing: Server, apps: None, open_mini: OpenMini, chromium: Browser, tmp_path: Path
) -> None:
    """Drawn by the simulator, laid out by a browser under the pages' own WXSS."""
    taken = tmp_path / "坑.png"
    taken.write_bytes(photo())
    screen = await chromium.new_page(viewport={"width": 390, "height": 844})
    phone = await open_mini(standing)
    OUT.mkdir(exist_ok=True)

    async def look(name: str) -> None:
        drawn = tmp_path / f"{name}.html"
        drawn.write_text(await phone.do("html"))
        await screen.goto(drawn.as_uri())
        await screen.screenshot(path=OUT / f"mini-{name}.png", full_page=True)
        assert await screen.evaluate("document.documentElement.scrollWidth") == 390, name
        assert "undefined" not in await screen.inner_text("body"), name

    async def walk(language: str) -> None:
        for verb, *what in ROUND:
            if verb == "look":
                await look(f"{what[0]}-{language}")
            elif verb == "back":
                await phone.do("back")
            else:
                await getattr(phone, verb)(*what)

    await phone.tap("scene-PROBLEM")
    await phone.set(photos=[str(taken)])
    await phone.tap("take")
    await phone.counts("photo", 1)
    await phone.fill("text", f"{LONG}{'w' * 90}")
    await phone.tap("matter", "道路破损")
    await phone.tap("more")
    await phone.tap("grid", "第1网格")
    await look("report-zh")
    await phone.tap("send")
    await phone.on("case")
    await walk("zh")
    await phone.tap("language")
    await phone.sees("scene-PROBLEM", "Report")
    await phone.tap("scene-PROBLEM")
    await look("report-en")
    await phone.do("back")
    await phone.tap("tab-mine")
    await phone.tap("case-card")
    await walk("en")
    await screen.close()
