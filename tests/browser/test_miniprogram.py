"""Residents in a mini-program: its own pages and transport, a simulated phone, a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from db.vocabulary import Role
from tests.browser.conftest import Server
from tests.browser.mini import LONG, Mini, OpenMini, photo
from tests.city import POTHOLE
from tests.stories.walks import DONE, UNIT, hand_in

pytestmark = pytest.mark.browser

CASE = """query ($number: String!) { case(number: $number) {
  id number version state kind description evidence { kind } availableActions } }"""


async def report(phone: Mini, matter: str = "道路破损") -> None:
    await phone.tap("scene-PROBLEM")
    await phone.tap("matter", matter)
    await phone.tap("grid", "第1网格")
    await phone.tap("send", times=2)


async def reported(phone: Mini, server: Server, matter: str = "道路破损") -> dict[str, Any]:
    """A case that has arrived; the phone shows it."""
    await report(phone, matter)
    await phone.on("case")
    return await on_server(server, await phone.text("number"))


async def on_server(server: Server, number: str) -> dict[str, Any]:
    found: dict[str, Any] = (await server.cast().leader.ask(CASE, number=number))["case"]
    return found


async def dispatched(server: Server, case: dict[str, Any]) -> dict[str, Any]:
    people = server.cast()
    case = case | await people.intake.act("caseAccept", case)
    case |= await people.intake.act("caseRegister", case)
    return case | await people.dispatcher.act("caseDispatch", case, department=server.city.departments[UNIT])


async def closed(server: Server, case: dict[str, Any]) -> dict[str, Any]:
    people = server.cast()
    handler = {"authorization": f"Bearer {server.token(Role.HANDLER, UNIT)}", "content-type": "image/png"}
    taken = (await server.http.post("/files", content=photo(), headers=handler)).json()["id"]
    for act, given in (
        ("caseSign", {}),
        ("caseStart", {}),
        ("caseComplete", {"outcome": "RESOLVED", "disposition": DONE, "evidence": [{"id": taken, "kind": "AFTER"}]}),
        ("caseRespond", {"text": f"已修补路面，请查看。{LONG}"}),
    ):
        case = case | await people.handler.act(act, case, **given)
    return case | await people.leader.act("caseClose", case)


async def test_a_photo_and_words_written_over_a_cut_line_are_sent_once(
    standing: Server, apps: None, open_mini: OpenMini, tmp_path: Path
) -> None:
    taken = tmp_path / "坑.png"
    taken.write_bytes(photo())
    phone = await open_mini(standing)
    await phone.tap("scene-PROBLEM")
    await phone.sees("matter", "道路破损")  # known from now on, also without a line
    await phone.sees("grid", "第1网格")
    await phone.do("back")

    await phone.set(online=False, photos=[str(taken)])
    await phone.tap("scene-PROBLEM")
    await phone.sees("offline", "现在没有网络")
    await phone.tap("take")
    await phone.counts("photo", 1)
    await phone.fill("text", LONG)
    await phone.tap("matter", "道路破损")
    await phone.kill()
    phone = await open_mini(standing)  # it fell into the water before it was sent
    await phone.tap("scene-PROBLEM")
    await phone.counts("photo", 1)
    await phone.sees("grid", "第1网格")
    await phone.set(online=False)
    await phone.tap("grid", "第1网格")
    await phone.tap("send", times=2)
    await phone.on("mine")
    await phone.sees("waiting-sentence", "有网络时自动送出")
    await phone.kill()
    phone = await open_mini(standing)  # the same phone, switched on again
    await phone.on("home")
    await phone.sees_no_more("waiting-entry")
    await phone.tap("tab-mine")
    await phone.counts("case-card", 1)
    await phone.tap("case-card")
    await phone.counts("picture", 1)

    case = await on_server(standing, await phone.text("number"))
    assert (case["description"], case["version"]) == (LONG, 1)
    assert [one["kind"] for one in case["evidence"]] == ["BEFORE"]
    sent = await phone.asked("mutation CaseSubmit")
    assert len({one["variables"]["input"]["idempotencyKey"] for one in sent}) == 1
    assert await phone.texts("description") == [LONG]


async def test_a_case_is_seen_live_urged_once_and_taken_back(
    standing: Server, apps: None, open_mini: OpenMini
) -> None:
    phone = await open_mini(standing)

    case = await reported(phone, standing)
    await phone.at("RECEIVED")
    assert (await phone.told())["sockets"] == 1
    case = await dispatched(standing, case)
    await phone.at("IN_HAND")
    await phone.sees("unit", "姑苏区城管局")
    await phone.sees("due", "月")
    await phone.tap("urge", times=2)
    await phone.sees("urges", "已催办 1 次")
    await phone.tap("urge")
    await phone.sees("waiting-sentence", "催办")  # the quiet period, in the city's own words
    refused = await phone.text("waiting-sentence")
    await phone.tap("waiting-drop")
    await phone.sees_no_more("waiting-entry")
    await phone.tap("call")
    await phone.tap("copy")
    told = await phone.told()

    assert refused.endswith("。")
    assert (told["copied"], told["called"]) == (case["number"], "12345")

    await phone.do("back")
    await phone.tap("tab-home")
    await phone.tap("scene-PROBLEM")
    await phone.tap("matter", "道路破损")
    await phone.sees("hints", "已有同样的诉求")
    await phone.sees("chosen-place", "第1网格")  # as the last time
    await phone.tap("send")
    await phone.on("case")
    second = await phone.text("number")
    await phone.tap("withdraw")
    await phone.fill("reason", "已经有人修了")
    await phone.tap("send-reason", times=2)
    await phone.at("FINISHED")

    assert second != case["number"]
    assert (await on_server(standing, second))["state"] == "WITHDRAWN"


async def test_where_sockets_are_refused_the_way_of_a_case_comes_by_polling(
    standing: Server, apps: None, open_mini: OpenMini
) -> None:
    phone = await open_mini(standing)
    await phone.set(hasSockets=False)
    case = await reported(phone, standing)

    await dispatched(standing, case)

    await phone.at("IN_HAND")
    assert (await phone.told())["sockets"] == 0
    await phone.sees_no_more("offline")


async def test_number_and_token_show_the_way_on_another_phone_and_one_tap_says_not_solved(
    standing: Server, apps: None, open_mini: OpenMini
) -> None:
    first = await open_mini(standing)
    case = await reported(first, standing)
    await first.tap("elsewhere")
    token = await first.text("poll-token")

    other = await open_mini(standing, name="other")
    await other.tap("tab-track")
    await other.tap("look")
    await other.sees("trouble", "请填写编号和查询凭证")
    await other.fill("track-number", case["number"])
    await other.fill("track-token", "不对的凭证")
    await other.tap("look")
    await other.sees("trouble", "编号和查询凭证对不上")
    await other.fill("track-token", token)
    await other.tap("look")
    await other.at("RECEIVED")
    await closed(standing, await dispatched(standing, case))
    await other.at("FINISHED")
    await other.sees("answers", LONG[:20])
    await other.sees("outcome", "已解决")
    await other.tap("not-solved", times=2)

    await other.sees("verdict", "未解决")
    await first.sees("verdict", "未解决")
    await other.tap("reopen")
    await other.tap("send-reason")
    await other.sees("reason-trouble", "请写一句原因")
    await other.fill("reason", "还是坏的")
    await other.tap("send-reason")
    await other.sees_no_more("reopen")
    assert (await on_server(standing, case["number"]))["state"] == "REOPEN_REQUESTED"


async def test_a_server_that_is_killed_and_started_again_costs_nothing(server: Server, open_mini: OpenMini) -> None:
    await server.start()
    phone = await open_mini(server, app="")
    await phone.tap("scene-PROBLEM")
    await phone.tap("matter", "道路破损")
    await phone.set(place={"longitude": 120.61, "latitude": 31.3})
    await phone.tap("locate")
    await phone.sees("chosen-place", "当前位置")
    await phone.tap("send")
    await phone.on("case")
    case = await on_server(server, await phone.text("number"))
    await dispatched(server, case)
    await phone.at("IN_HAND")

    await server.kill()
    await phone.sees("offline", "正在重连")
    await phone.tap("urge")
    await phone.sees("waiting-sentence", "正在等服务器回应")
    await server.start()

    await phone.sees("urges", "已催办 1 次")
    await phone.sees_no_more("offline")
    await phone.sees_no_more("waiting-entry")
    sent = await phone.asked("mutation CaseUrge")
    assert len({one["variables"]["input"]["idempotencyKey"] for one in sent}) == 1


async def test_who_has_an_account_follows_what_is_there_and_goes_on_without_when_it_ends(
    standing: Server, apps: None, open_mini: OpenMini
) -> None:
    await hand_in(standing.cast(), matter=POTHOLE)
    token = standing.person((Role.RESIDENT, "mini-wang"), name="王先生")
    phone = await open_mini(standing)
    await phone.tap("to-sign-in")
    await phone.tap("enter")
    await phone.sees("trouble", "请填写登录令牌")
    await phone.fill("account", "王先生")
    await phone.tap("enter")
    await phone.sees("trouble", "这不是登录令牌")
    await phone.fill("account", token)
    await phone.tap("enter")

    await phone.tap("scene-PROBLEM")
    await phone.tap("matter", "道路破损")
    await phone.tap("grid", "第1网格")
    await phone.tap("follow")
    await phone.on("mine")
    await phone.counts("case-card", 1)
    await phone.sees("case-card", "我关注的")
    await standing.take_back(token)
    await phone.do("pull")
    await phone.sees("ended", "登录已到期")
    await phone.tap("tab-home")
    await phone.tap("scene-PROBLEM")  # as it was left
    await phone.sees("chosen-place", "第1网格")
    await phone.tap("send")
    await phone.counts("waiting-entry", 1)
    await phone.tap("sign-in-again")
    token = standing.person((Role.RESIDENT, "mini-wang"), name="王先生")
    await phone.fill("account", token)
    await phone.tap("enter")
    await phone.on("home")
    await phone.sees_no_more("waiting-entry")
    await phone.tap("tab-mine")
    await phone.counts("case-card", 2)

    await standing.take_back(token)
    await phone.do("pull")
    await phone.tap("go-on-without")
    await phone.sees("none", "还没有诉求")


async def test_a_full_phone_says_so_and_keeps_what_was_written(
    standing: Server, apps: None, open_mini: OpenMini
) -> None:
    phone = await open_mini(standing)
    await phone.tap("scene-PROBLEM")
    await phone.tap("send")
    await phone.sees("trouble", "请选一个事项，或写几句话说明情况")
    await phone.fill("text", LONG)
    await phone.tap("grid", "第1网格")
    await phone.set(isFull=True)
    await phone.tap("send")
    await phone.sees("trouble", "手机存储空间不够")
    await phone.set(isFull=False)

    await phone.tap("send")

    await phone.on("case")
    assert (await on_server(standing, await phone.text("number")))["description"] == LONG
