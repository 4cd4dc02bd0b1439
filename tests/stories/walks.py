"""Cases brought to a state by the people who may, random histories of legal actions, and what a database holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from db.attachments import Photo, insert_photo, new_id
from db.vocabulary import Realm, Role
from resolvers.timers import Timers
from tests.city import DISPUTE, POTHOLE, Speaker, Town

GRID = "320508019044001"
NEXT_GRID = "320508019045001"
FAR_GRID = "320506001001001"
UNIT, OTHER_UNIT, CITY_UNIT = "320508-CG", "320508-ZJ", "3205-SW"
DONE = {"text": "已处理", "basis": "养护标准"}


@dataclass
class Cast:
    """Everybody the loop needs, in one realm."""

    town: Town
    realm: Realm
    resident: Speaker
    worker: Speaker
    intake: Speaker
    dispatcher: Speaker
    city_dispatcher: Speaker
    handler: Speaker
    other_handler: Speaker
    provider: Speaker
    leader: Speaker
    commander: Speaker
    checker: Speaker

    @property
    def all(self) -> list[Speaker]:
        return [
            self.resident, self.worker, self.intake, self.dispatcher, self.city_dispatcher,
            self.handler, self.other_handler,
            self.provider, self.leader, self.commander, self.checker,
        ]  # fmt: skip


async def cast(town: Town, realm: Realm = Realm.LIVE) -> Cast:
    async def one(role: Role, code: str) -> Speaker:
        return await town.as_(role, code, realm)

    return Cast(
        town,
        realm,
        resident=await one(Role.RESIDENT, "zhang"),
        worker=await one(Role.GRID_WORKER, GRID),
        intake=await one(Role.INTAKE_OFFICER, "320508"),
        dispatcher=await one(Role.DISPATCHER, "320508"),
        city_dispatcher=await one(Role.DISPATCHER, "3205"),
        handler=await one(Role.HANDLER, UNIT),
        other_handler=await one(Role.HANDLER, OTHER_UNIT),
        provider=await one(Role.PROVIDER_STAFF, "SP-1"),
        leader=await one(Role.SHIFT_LEADER, "3205"),
        commander=await one(Role.COMMANDER, "3205"),
        checker=await one(Role.CHECKER, "320508"),
    )


async def hand_in(
    people: Cast, *, grid: str = GRID, matter: str | None = DISPUTE, by: Speaker | None = None, **more: Any
) -> dict[str, Any]:
    """A new case; its id, number, version, state and stage."""
    given: dict[str, Any] = {"description": "请来看看", "grid": people.town.city.grids[grid]} | more
    if matter is not None:
        given["matter"] = people.town.city.matters[matter]
    payload = await (by or people.resident).do("caseSubmit", **given)
    assert payload["userErrors"] == [], payload
    found: dict[str, Any] = payload["case"]
    return found


async def bring_to(people: Cast, state: str, **more: Any) -> dict[str, Any]:
    """A new case, led by the shortest way to a state."""
    departments = people.town.city.departments
    case = await hand_in(people, **more)
    if state == "SUBMITTED":
        return case
    if state == "ACCEPTED":
        return await people.intake.act("caseAccept", case)
    case = await people.intake.act("caseRegister", case)
    if state == "REGISTERED":
        return case
    case = await people.dispatcher.act("caseDispatch", case, department=departments[UNIT])
    if state == "DISPATCHED":
        return case
    case = await people.handler.act("caseSign", case)
    if state == "SIGNED":
        return case
    case = await people.handler.act("caseStart", case)
    if state == "IN_PROGRESS":
        return case
    case = await people.handler.act("caseComplete", case, outcome="RESOLVED", disposition=DONE)
    if state == "HANDLED":
        return case
    case = await people.handler.act("caseRespond", case, text="已处理，请查看。")
    case = await people.leader.act("caseClose", case)
    assert state == "CLOSED", f"no way to {state}"
    return case


async def outsourced(people: Cast, case: dict[str, Any], provider: str = "SP-1") -> tuple[str, dict[str, Any]]:
    """A work order offered for a case in progress: its id, and the case after it."""
    payload = await people.handler.do(
        "caseOutsource",
        "case { id number version state } workOrder { id }",
        caseId=case["id"],
        expectedVersion=case["version"],
        serviceProvider=people.town.city.providers[provider],
        task="修补路面",
        reason="HEAVY_LOAD",
    )
    assert payload["userErrors"] == [], payload
    return payload["workOrder"]["id"], payload["case"]


async def photo(speaker: Speaker) -> str:
    """A photo the speaker has uploaded and no action has taken up."""
    taken = Photo(
        new_id(), speaker.viewer.realm, speaker.viewer.principal, "image/jpeg", 1_000, 10, 10, speaker.clock()
    )
    async with speaker.db.write() as session:
        await insert_photo(session, taken)
    return taken.id


async def rows(town: Town, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything the database holds, by table."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    async with town.db.read() as session:
        for table in SQLModel.metadata.sorted_tables:
            if table.name not in without:
                lines = await session.execute(select(table))
                found[table.name] = sorted(tuple(map(repr, line)) for line in lines)
    return found


async def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Return once a condition holds; fail when it never does."""
    async with asyncio.timeout(seconds):
        while not happened():  # noqa: ASYNC110  # most conditions have no event of their own
            await asyncio.sleep(0.005)


async def feed_read(town: Town) -> None:
    """Wait until the feed has read everything that is committed."""
    async with town.db.read() as session:
        from db import journal  # noqa: PLC0415  # the tests of the journal import this module

        newest = (await journal.position(session)).seq
    await until(lambda: town.feed.head >= newest)


LOOK = """query ($id: ID!) { case(id: $id) { id version state outcome round responsibleUnit { id } availableActions
  workOrders { id availableActions openRequests } } }"""
TRUTH = """query ($id: ID!) { case(id: $id) { id version state isOpen isChild outcome round stage isAnswered
  dispositions { round } responses { round } timeline { version action } } }"""
PROMISES = "query ($id: ID!) { case(id: $id) { commitments { id keptAt } } }"
NOT_A_WAY_ON = {
    "COMMIT", "KEEP_COMMITMENT",
    "RESPOND", "AMEND", "CONFIRM", "ACKNOWLEDGE", "PASS_ANSWER", "URGE", "REQUEST_EXTENSION", "DECIDE_EXTENSION",
    "APPEAL_LATENESS", "DECIDE_APPEAL", "EXPEDITE",
}  # fmt: skip
SELDOM = {
    "COMMIT", "KEEP_COMMITMENT",
    "VOID", "WITHDRAW", "DECLINE", "MERGE", "RESPOND", "AMEND", "ESCALATE", "URGE", "REQUEST_EXTENSION",
    "APPEAL_LATENESS", "EXPEDITE",
}  # fmt: skip
MAY_BE_REFUSED = {
    "OWN_WORK", "NOT_PERMITTED", "MASTER_CLOSED", "REOPEN_WINDOW_OVER", "NOT_DELEGABLE", "QUIET_PERIOD",
    "ALREADY_OVERDUE", "ALREADY_EXPEDITED",
    "TOO_MANY",
}  # fmt: skip


# What units do beside each other moves no case.
NOT_A_WAY_ON |= {"SHARE", "UNSHARE", "ADD_DISPOSITION", "LINK", "UNLINK", "ADD_CHILD"}
SELDOM |= {"SHARE", "UNSHARE", "REASSIGN", "LINK", "UNLINK", "ADD_CHILD"}
BESIDE = {"VISIT", "NOTIFY_POLICE", "JOINT_POLICE", "TRANSFER_POLICE", "TAG"}
NOT_A_WAY_ON |= BESIDE
SELDOM |= BESIDE


# Nor does what a provider asks on the way.
TALK = {
    "WORK_ORDER_REPORT", "WORK_ORDER_ASK", "WORK_ORDER_REQUEST_EXTENSION", "WORK_ORDER_REQUEST_PRICE",
    "WORK_ORDER_ANSWER", "WORK_ORDER_DECIDE",
    "WORK_ORDER_SET_CONTACT", "WORK_ORDER_CLEAR_CONTACT",
}  # fmt: skip
NOT_A_WAY_ON |= TALK | {"WORK_ORDER_SETTLE"}
SELDOM |= TALK


class Walk:
    """Random legal histories: every action is one that `availableActions` offered to somebody."""

    def __init__(self, people: Cast, random: Random) -> None:
        self.people = people
        self.random = random
        self.timers = Timers(people.town.db, people.town.clock)
        self.cases: list[str] = []
        self.taken: list[str] = []

    async def step(self) -> None:
        """Hand in a case, take one action, or let time pass."""
        roll = self.random.random()
        if not self.cases or roll < 0.06:
            await self.submit()
        elif roll < 0.12:
            self.people.town.clock.advance(timedelta(hours=self.random.choice((1, 5, 20, 60))))
            await self.timers.act()
        else:
            await self.act(self.random.choice(self.cases[-4:]))

    async def submit(self) -> None:
        by = self.random.choice([self.people.resident, self.people.worker, self.people.worker])
        case = await hand_in(
            self.people,
            by=by,
            grid=self.random.choice([GRID, NEXT_GRID]),
            matter=self.random.choice([POTHOLE, DISPUTE, None]),
        )
        self.cases.append(case["id"])

    async def act(self, case_id: str) -> None:
        """One action that somebody is offered."""
        people = list(self.people.all)
        self.random.shuffle(people)
        for speaker in people:
            case = (await speaker.ask(LOOK, id=case_id))["case"]
            if case is None:
                continue
            choices: list[tuple[str, str | None]] = [(action, None) for action in case["availableActions"]]
            choices += [(a, order["id"]) for order in case["workOrders"] for a in order["availableActions"]]
            # Endings and words are easy to come by; a walk that takes them all gets nowhere.
            choices = [c for c in choices if c[0] not in SELDOM or self.random.random() < 0.12]
            if len(self.cases) < 2:
                choices = [c for c in choices if c[0] != "MERGE"]
            if not choices:
                continue
            action, order = self.random.choice(choices)
            mutation, given = await self.input_for(speaker, case, action)
            target = {"caseId": case_id} if order is None else {"workOrderId": order}
            payload = await speaker.do(
                mutation, "case { id version }", expectedVersion=case["version"], **target, **given
            )
            codes = [error["code"] for error in payload["userErrors"]]
            expected = {
                "TAG": {"INVALID_INPUT"},  # as before
                **{one: {"NO_POLICE_BEAT", "POLICE_TASK_OPEN"} for one in BESIDE - {"TAG", "VISIT"}},
                "AMEND": {"INVALID_INPUT"}, "MERGE": {"NOT_FOUND", "MASTER_CLOSED"},  # nothing new, no master
                "LINK": {"INVALID_INPUT", "NOT_FOUND"}, "UNLINK": {"NOT_FOUND"},  # linked already, itself, not so
                "WORK_ORDER_ASK": {"ALREADY_ASKED"}, "WORK_ORDER_DECIDE": {"NOTHING_TO_DECIDE"},  # of another order
                "SHARE": {"INVALID_INPUT"}, "UNSHARE": {"NOT_FOUND"},  # the unit's own, as before, not shared
            }  # fmt: skip
            assert set(codes) <= expected.get(action, MAY_BE_REFUSED), (action, case, payload)
            if not codes:
                self.taken.append(action)
                await self.follow_children(case_id, action)
                after = payload["case"]
                # Of an urge or a return an expedite order may follow: a version of its own.
                more = {1, 2} if action in ("URGE", "RETURN") else {1}
                assert after is None or after["version"] - case["version"] in more, action
            return

    async def input_for(self, speaker: Speaker, case: dict[str, Any], action: str) -> tuple[str, dict[str, Any]]:
        city, pick = self.people.town.city, self.random.choice
        reason = {"reason": "原因"}
        later = (self.people.town.clock() + timedelta(hours=30)).isoformat()
        if action.startswith("WORK_ORDER_"):
            return self.input_of_order(case, action, later)
        match action:
            case "SELF_HANDLE":
                evidence = [{"id": await photo(speaker), "kind": kind} for kind in ("BEFORE", "AFTER")]
                given = {"outcome": "RESOLVED", "disposition": DONE, "matter": city.matters[DISPUTE]}
                return "caseSelfHandle", {**given, "evidence": evidence}
            case "REQUEST_VERIFICATION" | "REQUEST_CHECK":
                assignee = {"assignee": pick(["GRID_WORKER", "CHECKER", "PATROL_OFFICER"])}
                if case["state"] == "ACCEPTED":
                    assignee = {"assignee": "CHECKER"}
                return _mutation(action), assignee
            case "VERIFY":
                return "caseVerify", {"result": pick(["EXISTS", "NOT_EXISTS", "UNABLE"])}
            case "REGISTER":
                return "caseRegister", {"matter": city.matters[DISPUTE]}
            case "DECLINE":
                return "caseDecline", {
                    "reason": "OUT_OF_SCOPE", "outcome": pick(["NOT_OURS", "NO_PROBLEM_FOUND"]), "disposition": DONE,
                    "response": "不属受理范围", "suggestedChannel": "12345",
                }  # fmt: skip
            case "MERGE":
                return "caseMerge", {"masterId": await self.some_other_open(speaker, case)}
            case "DISPATCH" | "REASSIGN" | "RULE":
                given = {} if action == "DISPATCH" else reason
                return _mutation(action), {"department": city.departments[pick([UNIT, OTHER_UNIT])], **given}
            case "RETURN":
                here = case["responsibleUnit"]["id"]
                others = [u for c, u in city.departments.items() if u != here and c in (UNIT, OTHER_UNIT, CITY_UNIT)]
                return "caseReturn", {**reason, "proposedDepartment": pick(others)}
            case "OUTSOURCE":
                given = {"serviceProvider": city.providers[pick(["SP-1", "SP-2"])], "task": "维修"}
                return "caseOutsource", {**given, "reason": "HEAVY_LOAD"}
            case "COMPLETE":
                evidence = [{"id": await photo(speaker), "kind": "AFTER"}]
                outcome = pick(["RESOLVED", "PARTLY_RESOLVED", "EXPLAINED"])
                return "caseComplete", {"outcome": outcome, "disposition": DONE, "evidence": evidence}
            case "HOLD" | "MAKE_LONG_TERM":
                return _mutation(action), {**reason, "until": later}
            case "CHECK":
                return "caseCheck", {"result": pick(["PASS", "FAIL", "UNABLE"])}
            case "REFUSE_REOPEN" | "VOID":
                return _mutation(action), {**reason, "response": "已答复"}
            case "CONFIRM":
                return "caseConfirm", {"isSolved": pick([True, False])}
            case "COMMIT":
                return "caseCommit", {"text": "尽快办结", "promisedAt": later}
            case "KEEP_COMMITMENT":
                found = await speaker.ask(PROMISES, id=case["id"])
                kept = [one["id"] for one in found["case"]["commitments"] if one["keptAt"] is None]
                return "caseKeepCommitment", {"commitmentId": kept[-1]}
            case "RESPOND":
                return "caseRespond", {"text": "正在办理"}
            case "NOTIFY_POLICE" | "JOINT_POLICE" | "TRANSFER_POLICE":
                return _mutation(action), reason
            case "VISIT":
                return "caseVisit", {"point": {"longitude": 120.61, "latitude": 31.3}}
            case "TAG":
                return "caseTag", {"programme": pick(["SAFETY_OUTPOST", None])}
            case "AMEND":
                return "caseAmend", pick([
                    {"priority": "URGENT"}, {"kind": "VOICE"}, {"matter": city.matters[DISPUTE]},
                    {"grid": city.grids[NEXT_GRID]}, {"grid": city.grids[GRID]},
                ])  # fmt: skip
            case "EXPEDITE":
                return "caseExpedite", {**reason, "kind": "KEY"}
            case "REPLY_EXPEDITE":
                return "caseReplyExpedite", {"text": "正在处理"}
            case "DECIDE_EXTENSION":
                return "caseDecideExtension", {**reason, "approved": pick([True, False])}
            case "DECIDE_APPEAL":
                return "caseDecideAppeal", {**reason, "exempt": pick([True, False])}
            case "SHARE" | "UNSHARE" | "ADD_DISPOSITION" | "LINK" | "UNLINK" | "ADD_CHILD" | "COMBINE_REPLY":
                return _mutation(action), await self.input_sideways(speaker, case, action)
            case "ASSIGN_DOWN":
                return "caseAssignDown", {**reason, "centre": city.divisions["320508"]}
            case (
                "ESCALATE" | "UNMERGE" | "REWORK" | "REQUEST_REOPEN" | "REOPEN" | "REQUEST_EXTENSION"
                | "APPEAL_LATENESS"
            ):  # fmt: skip
                return _mutation(action), reason
        return _mutation(action), {}

    def input_of_order(self, case: dict[str, Any], action: str, later: str) -> tuple[str, dict[str, Any]]:
        city, pick = self.people.town.city, self.random.choice
        reason = {"reason": "原因"}
        match action:
            case "WORK_ORDER_SUBMIT":
                return "workOrderSubmit", {"result": "完成"}
            case "WORK_ORDER_SCHEDULE":
                return "workOrderSchedule", {"crew": city.crews["SP-1"], "appointmentAt": later}
            case "WORK_ORDER_REPORT" | "WORK_ORDER_ASK" | "WORK_ORDER_ANSWER":
                return _mutation(action), {"text": "说明"}
            case "WORK_ORDER_REQUEST_EXTENSION":
                much_later = self.people.town.clock() + timedelta(days=90 + len(self.taken))
                return "workOrderRequestExtension", {**reason, "wantedDueAt": much_later.isoformat()}
            case "WORK_ORDER_REQUEST_PRICE":
                return "workOrderRequestPrice", {**reason, "wantedUnitPriceCents": 100}
            case "WORK_ORDER_DECIDE":
                waiting = {one for order in case["workOrders"] for one in order["openRequests"]} - {"QUESTION"}
                given = {"kind": pick(sorted(waiting)), "approved": pick([True, False])}
                return "workOrderDecide", {**reason, **given}
            case "WORK_ORDER_SET_CONTACT":
                return "workOrderSetContact", {"who": "物业服务中心", "phone": "0512-65000000"}
            case "WORK_ORDER_REJECT_RESULT":
                return "workOrderRejectResult", {**reason, "clause": "第3条"}
            case "WORK_ORDER_DECLINE" | "WORK_ORDER_CANCEL":
                return _mutation(action), reason
        return _mutation(action), {}

    async def input_sideways(self, speaker: Speaker, case: dict[str, Any], action: str) -> dict[str, Any]:
        city, pick = self.people.town.city, self.random.choice
        unit = {"department": city.departments[pick([UNIT, OTHER_UNIT, CITY_UNIT])]}
        match action:
            case "SHARE":
                return {"reason": "涉及", **unit, "right": pick(["VIEW", "ASSIST", "JOINT"])}
            case "UNSHARE":
                return {"reason": "已办", **unit}
            case "LINK" | "UNLINK":
                return {"reason": "同一路段", "otherId": await self.some_other_open(speaker, case)}
            case "ADD_CHILD":
                return {**unit, "task": "请办"}
            case "COMBINE_REPLY":
                return {"outcome": "RESOLVED", "disposition": DONE, "response": "已办"}
        return {"disposition": DONE}

    async def follow_children(self, case_id: str, action: str) -> None:
        """A part of a case goes its own way."""
        if action == "ADD_CHILD":
            asked = "query ($id: ID!) { case(id: $id) { children { caseId } } }"
            found = (await self.people.leader.ask(asked, id=case_id))["case"]["children"]
            self.cases.append(found[-1]["caseId"])

    async def some_other_open(self, speaker: Speaker, case: dict[str, Any]) -> str:
        data = await speaker.ask("{ cases(first: 50, filter: { isOpen: true }) { edges { node { id } } } }")
        others = [edge["node"]["id"] for edge in data["cases"]["edges"] if edge["node"]["id"] != case["id"]]
        return self.random.choice(others) if others else self.cases[0]

    async def ways_on(self, case_id: str) -> set[str]:
        """What anybody may do that leads on."""
        found: set[str] = set()
        for speaker in self.people.all:
            case = (await speaker.ask(LOOK, id=case_id))["case"]
            if case is not None:
                found |= set(case["availableActions"])
        return found - NOT_A_WAY_ON


def _mutation(action: str) -> str:
    words = [word.capitalize() for word in action.split("_")]
    if action.startswith("WORK_ORDER_"):
        return "workOrder" + "".join(words[2:])
    return "case" + "".join(words)
