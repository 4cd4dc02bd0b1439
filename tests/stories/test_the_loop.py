"""The loop as each role sees it: from a resident's words to a closed, answered, confirmed case."""

from __future__ import annotations

from db.vocabulary import Role
from tests.city import POTHOLE, Town

GRID = "320508019044001"


async def test_a_pothole_travels_the_whole_loop(town: Town) -> None:
    resident = await town.as_(Role.RESIDENT, "zhang")
    intake = await town.as_(Role.INTAKE_OFFICER, "320508")
    dispatcher = await town.as_(Role.DISPATCHER, "320508")
    handler = await town.as_(Role.HANDLER, "320508-CG")
    provider = await town.as_(Role.PROVIDER_STAFF, "SP-1")
    leader = await town.as_(Role.SHIFT_LEADER, "3205")
    city = town.city

    payload = await resident.do(
        "caseSubmit",
        "case { id version state number title stage plainStage description submitter { name phone } }",
        description="门口路面坑洼，电话13812340000",
        matter=city.matters[POTHOLE],
        grid=city.grids[GRID],
        contact={"name": "张三丰", "phone": "13812340000"},
    )
    assert payload["userErrors"] == []
    case = payload["case"]
    assert case["state"] == "SUBMITTED" and case["stage"] == "INTAKE" and case["plainStage"] == "RECEIVED"
    assert case["title"] == "道路破损 · 二郎巷社区居委会第1网格"
    assert case["submitter"] == {"name": "张三丰", "phone": "13812340000"}

    seen = await intake.ask(
        "query ($id: ID!) { case(id: $id) { description submitter { name phone } availableActions } }", id=case["id"]
    )
    assert seen["case"]["description"] == "门口路面坑洼，电话****"
    assert seen["case"]["submitter"] == {"name": "张**", "phone": "138****0000"}
    assert seen["case"]["availableActions"][:4] == ["ACCEPT", "REGISTER", "DECLINE", "MERGE"]

    case = await intake.act("caseAccept", case)
    case = await intake.act("caseRegister", case, "dueAt clocks { state limitValue limitUnit }")
    assert case["dueAt"].startswith("2026-03-13T02:00:00")  # two working days
    case = await dispatcher.act("caseDispatch", case, department=city.departments["320508-CG"])
    case = await handler.act("caseSign", case)
    case = await handler.act("caseStart", case)
    payload = await handler.do(
        "caseOutsource",
        "case { id version isOutsourced } workOrder { id state }",
        caseId=case["id"],
        expectedVersion=case["version"],
        serviceProvider=city.providers["SP-1"],
        task="修补路面",
        reason="HEAVY_LOAD",
    )
    assert payload["case"]["isOutsourced"] and payload["workOrder"]["state"] == "OFFERED"
    order, version = payload["workOrder"]["id"], payload["case"]["version"]
    refused = await handler.refused("caseComplete", payload["case"], outcome="RESOLVED", disposition={"text": "已修"})
    assert refused == "OPEN_WORK_ORDERS"
    for speaker, mutation, extra, state in (
        (provider, "workOrderAccept", {}, "ACCEPTED"),
        (provider, "workOrderSubmit", {"result": "已修补并清场"}, "SUBMITTED"),
        (handler, "workOrderRejectResult", {"reason": "边缘不平", "clause": "第3条"}, "REJECTED"),
        (provider, "workOrderSubmit", {"result": "已找平"}, "SUBMITTED"),
        (handler, "workOrderAcceptResult", {}, "ACCEPTED_DONE"),
    ):
        payload = await speaker.do(
            mutation, "case { id version } workOrder { state }", workOrderId=order, expectedVersion=version, **extra
        )
        assert payload["userErrors"] == [], payload
        assert payload["workOrder"]["state"] == state
        version = payload["case"]["version"]
    case = payload["case"]
    assert await handler.refused("caseComplete", case, outcome="RESOLVED", disposition={"text": "已修"}) == (
        "EVIDENCE_REQUIRED"
    )
    case = await dispatcher.act("caseAmend", case, matter=city.matters["M-DISPUTE"])
    assert await handler.refused("caseComplete", case, outcome="RESOLVED", disposition={"text": " "}) == (
        "DISPOSITION_REQUIRED"
    )
    case = await handler.act(
        "caseComplete", case, outcome="RESOLVED", disposition={"text": "已修复", "basis": "养护标准"}
    )
    assert case["state"] == "HANDLED" and case["stage"] == "FEEDBACK"
    assert await leader.refused("caseClose", case) == "RESPONSE_REQUIRED"
    case = await handler.act("caseRespond", case, text="您反映的路面已修复。")
    assert case["stage"] == "CHECK_AND_CLOSURE"
    case = await leader.act("caseClose", case, "outcome wasLate")
    assert case["state"] == "CLOSED" and case["outcome"] == "RESOLVED" and case["wasLate"] is False
    case = await resident.act(
        "caseConfirm",
        case,
        "isConfirmed plainStage responses { text } dispositions { text unitName basis } "
        "timeline { version action note }",
        isSolved=True,
    )
    assert case["responses"] == [{"text": "您反映的路面已修复。"}]
    assert case["dispositions"] == [{"text": "已修复", "unitName": "姑苏区城管局", "basis": "养护标准"}]
    assert [step["version"] for step in case["timeline"]] == list(range(1, case["version"] + 1))
    assert all(step["note"] is None for step in case["timeline"])

    data = await leader.ask(
        "{ metrics { submitted closed declaredResolved confirmedResolved open onTimeRate { percent } } }"
    )
    assert data["metrics"] == {
        "submitted": 1,
        "closed": 1,
        "declaredResolved": 1,
        "confirmedResolved": 1,
        "open": 0,
        "onTimeRate": {"percent": 100.0},
    }
