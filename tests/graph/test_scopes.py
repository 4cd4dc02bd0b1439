"""Who sees what, as one table: what is not in scope is byte for byte what does not exist."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from db.vocabulary import Realm, Role
from schema import ids
from schema.build import schema
from tests.city import Speaker, Town, key
from tests.stories.walks import (
    FAR_GRID,
    GRID,
    NEXT_GRID,
    OTHER_UNIT,
    UNIT,
    Cast,
    cast,
    feed_read,
    hand_in,
    outsourced,
)

NANJING_GRID = "320102002001001"
MISSING = ids.global_id("Case", 987654)
MISSING_ORDER = ids.global_id("WorkOrder", 987654)

# own: grid 1, unit CG, an order of SP-1, by zhang. next: another community, unit ZJ, an order of SP-2, by li.
# far: another county, by li. nanjing: another city, by li. exercise: as `own`, in the other realm.
CASES = ("own", "next", "far", "nanjing", "exercise")
SEES: dict[tuple[str, str], set[str]] = {
    ("RESIDENT", "zhang"): {"own"},
    ("RESIDENT", "li"): {"next", "far", "nanjing"},
    ("RESIDENT", "wang"): set(),
    ("ENTERPRISE", "zhang"): set(),
    ("SOURCE_SYSTEM", "zhang"): set(),
    ("GRID_WORKER", GRID): {"own"},
    ("GRID_WORKER", NEXT_GRID): {"next"},
    ("COMMUNITY_WORKER", "320508019044"): {"own"},
    ("PATROL_OFFICER", "320508019"): {"own", "next"},
    ("INTAKE_OFFICER", "320508"): {"own", "next"},
    ("INTAKE_OFFICER", "320506"): {"far"},
    ("DISPATCHER", "3205"): {"own", "next", "far"},
    ("SHIFT_LEADER", "3201"): {"nanjing"},
    ("HANDLER", UNIT): {"own"},
    ("HANDLER", OTHER_UNIT): {"next"},
    ("HANDLER", "3205-SW"): set(),
    ("CHECKER", "320508019045"): {"next"},
    ("PROVIDER_STAFF", "SP-1"): {"own"},
    ("PROVIDER_STAFF", "SP-2"): {"next"},
    ("COMMANDER", "32"): {"own", "next", "far", "nanjing"},
    ("POLICE", GRID): {"own"},
    ("ANALYST", "3205"): {"own", "next", "far"},
    ("DISPLAY", "320508"): {"own", "next"},
    ("SYSTEM_ADMIN", "32"): set(),
    ("SECURITY_ADMIN", "32"): set(),
    ("AUDIT_ADMIN", "32"): set(),
}
MEASURES: dict[tuple[str, str], set[str]] = {  # whose figures: own division, its community, own grid and unit, ...
    ("RESIDENT", "zhang"): set(),
    ("ENTERPRISE", "zhang"): set(),
    ("SOURCE_SYSTEM", "zhang"): set(),
    ("GRID_WORKER", GRID): {"grid"},
    ("COMMUNITY_WORKER", "320508019044"): {"grid"},
    ("INTAKE_OFFICER", "320508"): {"county", "grid", "unit"},
    ("INTAKE_OFFICER", "320506"): set(),
    ("DISPATCHER", "3205"): {"county", "grid", "unit", "provider"},
    ("HANDLER", UNIT): {"unit"},
    ("HANDLER", OTHER_UNIT): set(),
    ("PROVIDER_STAFF", "SP-1"): {"provider"},
    ("PROVIDER_STAFF", "SP-2"): set(),
    ("COMMANDER", "32"): {"county", "grid", "unit", "provider", "province"},
    ("ANALYST", "3205"): {"county", "grid", "unit", "provider"},
    ("DISPLAY", "320508"): {"county", "grid", "unit"},
    ("AUDIT_ADMIN", "32"): set(),
}


@dataclass
class World:
    town: Town
    cases: dict[str, dict[str, Any]]
    orders: dict[str, str]
    starts: dict[tuple[str, str], str]


async def _in_progress(people: Cast, case: dict[str, Any], unit: str, provider: str) -> tuple[str, dict[str, Any]]:
    handler = await people.town.as_(Role.HANDLER, unit, people.realm)
    case = await people.intake.act("caseRegister", case, matter=people.town.city.matters["M-POTHOLE"])
    case = await people.dispatcher.act("caseDispatch", case, department=people.town.city.departments[unit])
    case = await handler.act("caseSign", case)
    case = await handler.act("caseStart", case)
    people.handler, before = handler, people.handler
    order, case = await outsourced(people, case, provider)
    people.handler = before
    return order, case


@pytest.fixture
async def world(town: Town) -> World:
    people, exercise = await cast(town), await cast(town, Realm.EXERCISE)
    li = await town.as_(Role.RESIDENT, "li")
    starts = {}
    for role, code in SEES:
        speaker = await town.as_(Role(role), code)
        starts[role, code] = (await speaker.ask("{ cases(first: 1) { cursor } }"))["cases"]["cursor"]
    own = await _in_progress(people, await hand_in(people), UNIT, "SP-1")
    neighbour = await _in_progress(people, await hand_in(people, grid=NEXT_GRID, by=li), OTHER_UNIT, "SP-2")
    played = await _in_progress(exercise, await hand_in(exercise), UNIT, "SP-1")
    cases = {
        "own": own[1], "next": neighbour[1], "far": await hand_in(people, grid=FAR_GRID, by=li),
        "nanjing": await hand_in(people, grid=NANJING_GRID, by=li), "exercise": played[1],
    }  # fmt: skip
    await feed_read(town)
    return World(town, cases, {"own": own[0], "next": neighbour[0], "exercise": played[0]}, starts)


LOOK = """query ($id: ID!, $number: String!) {
  byId: case(id: $id) { __typename } byNumber: case(number: $number) { __typename }
  node(id: $id) { __typename } nodes(ids: [$id]) { __typename } }"""
LISTS = """query ($after: EventCursor!) {
  root: cases(first: 100) { totalCount edges { node { id } } }
  province: division(code: "32") { cases(first: 100) { edges { node { id } } }
    children { cases(first: 100) { edges { node { id } } } } }
  grids(first: 100) { edges { node { cases(first: 100) { edges { node { id } } } } } }
  caseEvents(after: $after, first: 100) { events { caseId kind case { realm } } } }"""


def found_in(connection: Any) -> set[str]:
    return {edge["node"]["id"] for edge in connection["edges"]}


async def test_every_role_finds_its_cases_everywhere_and_no_others_anywhere(world: World) -> None:
    names = {case["id"]: name for name, case in world.cases.items()}
    for (role, code), expected in SEES.items():
        speaker = await world.town.as_(Role(role), code)
        nothing = json.dumps(await speaker.ask(LOOK, id=MISSING, number="320508202603119999999"))
        for name, case in world.cases.items():
            answer = await speaker.ask(LOOK, id=case["id"], number=case["number"])
            if name in expected:
                shown = {"__typename": "Case"}
                everywhere = {"byId": shown, "byNumber": shown, "node": shown, "nodes": [shown]}
                assert answer == everywhere, (role, code, name)
            else:
                assert json.dumps(answer) == nothing, (role, code, name)

        data = await speaker.ask(LISTS, after=world.starts[role, code])
        children = [found_in(child["cases"]) for child in data["province"]["children"]]
        grids = [found_in(edge["node"]["cases"]) for edge in data["grids"]["edges"]]
        told = data["caseEvents"]["events"]
        for where, ids_ in {
            "cases": found_in(data["root"]), "division.cases": found_in(data["province"]["cases"]),
            "children.cases": set().union(*children), "grid.cases": set().union(*grids),
            "caseEvents": {event["caseId"] for event in told},
        }.items():  # fmt: skip
            assert {names[id_] for id_ in ids_} == expected, (role, code, where)
        assert data["root"]["totalCount"] == len(expected)
        assert {event["case"]["realm"] for event in told} <= {"LIVE"}


ORDER = "query ($id: ID!) { node(id: $id) { __typename } nodes(ids: [$id]) { __typename } }"
ORDERS_OF = """query ($id: ID!) { case(id: $id) { workOrders { id serviceProvider { code } } } }"""


async def test_a_work_order_is_there_for_who_works_the_case_and_its_own_provider(world: World) -> None:
    for (role, code), expected in SEES.items():
        speaker = await world.town.as_(Role(role), code)
        nothing = json.dumps(await speaker.ask(ORDER, id=MISSING_ORDER))
        for name, order in world.orders.items():
            answer = await speaker.ask(ORDER, id=order)
            if name in expected and role not in ("RESIDENT", "ENTERPRISE", "SOURCE_SYSTEM"):
                assert answer["node"] == {"__typename": "WorkOrder"}, (role, code, name)
                listed = (await speaker.ask(ORDERS_OF, id=world.cases[name]["id"]))["case"]["workOrders"]
                assert [one["id"] for one in listed] == [order]
            else:
                assert json.dumps(answer) == nothing, (role, code, name)


async def test_a_provider_never_sees_the_order_of_another_on_the_same_case(world: World) -> None:
    people = await cast(world.town)
    theirs, _ = await outsourced(people, world.cases["own"], "SP-2")
    second = await world.town.as_(Role.PROVIDER_STAFF, "SP-2")

    mine = (await people.provider.ask(ORDERS_OF, id=world.cases["own"]["id"]))["case"]["workOrders"]
    other = (await second.ask(ORDERS_OF, id=world.cases["own"]["id"]))["case"]["workOrders"]

    assert [one["serviceProvider"]["code"] for one in mine] == ["SP-1"]
    assert [one["serviceProvider"]["code"] for one in other] == ["SP-2"]
    assert (await people.provider.ask(ORDER, id=theirs))["node"] is None


# mutation, what it is given beside the case; the case's own place in the loop does not matter
ACTIONS: dict[str, dict[str, Any]] = {
    "caseAccept": {}, "caseRegister": {}, "caseSign": {}, "caseStart": {}, "caseResume": {}, "caseClose": {},
    "caseWithdraw": {}, "caseWithdrawReopen": {}, "caseConfirm": {"isSolved": True},
    "caseRequestVerification": {"assignee": "CHECKER"}, "caseVerify": {"result": "EXISTS"},
    "caseCancelVerification": {}, "caseUnmerge": {"reason": "x"}, "caseRework": {"reason": "x"},
    "caseRequestCheck": {"assignee": "CHECKER"}, "caseCheck": {"result": "PASS"},
    "caseRequestReopen": {"reason": "x"}, "caseReopen": {"reason": "x"},
    "caseRefuseReopen": {"reason": "x", "response": "y"}, "caseVoid": {"reason": "x", "response": "y"},
    "caseRespond": {"text": "x"}, "caseTag": {},
    "caseNotifyPolice": {"reason": "x"}, "caseJointPolice": {"reason": "x"}, "caseTransferPolice": {"reason": "x"},
    "caseAmend": {"priority": "URGENT"}, "caseVisit": {"point": {"longitude": 120.6, "latitude": 31.3}},
    "caseDecline": {"reason": "INSUFFICIENT", "outcome": "NOT_OURS", "disposition": {"text": "x"}, "response": "y",
                    "suggestedChannel": "z"},
    "caseHold": {"reason": "x", "until": "2027-01-01T00:00:00Z"},
    "caseMakeLongTerm": {"reason": "x", "until": "2027-01-01T00:00:00Z"},
    "caseComplete": {"outcome": "RESOLVED", "disposition": {"text": "x"}},
    "caseSelfHandle": {"outcome": "RESOLVED", "disposition": {"text": "x"}},
    "caseMerge": {"masterId": MISSING}, "caseDispatch": {"department": "UNIT"},
    "caseReassign": {"department": "UNIT", "reason": "x"}, "caseRule": {"department": "UNIT", "reason": "x"},
    "caseReturn": {"proposedDepartment": "UNIT", "reason": "x"},
    "caseOutsource": {"serviceProvider": "PROVIDER", "task": "x", "reason": "HEAVY_LOAD"},
    "caseLink": {"otherId": MISSING, "reason": "x"}, "caseUnlink": {"otherId": MISSING, "reason": "x"},
    "caseAddChild": {"department": "UNIT", "task": "x"},
    "caseCombineReply": {"outcome": "RESOLVED", "disposition": {"text": "x"}, "response": "y"},
    "caseShare": {"department": "UNIT", "right": "VIEW", "reason": "x"},
    "caseUnshare": {"department": "UNIT", "reason": "x"}, "caseAddDisposition": {"disposition": {"text": "x"}},
    "caseEscalate": {"reason": "x"}, "caseAssignDown": {"centre": "CENTRE", "reason": "x"}, "caseReceiveHop": {},
    "casePassAnswer": {}, "caseAcknowledge": {},
    "caseRevealContact": {"reason": "x"}, "caseUnfollow": {}, "caseUrge": {},
    "caseCommit": {"text": "x", "promisedAt": "2027-01-01T00:00:00Z"},
    "caseKeepCommitment": {"commitmentId": ids.global_id("Commitment", 987654)},
    "caseExpedite": {"kind": "KEY", "reason": "x"}, "caseReplyExpedite": {"text": "x"},
    "caseRequestExtension": {"reason": "x"}, "caseDecideExtension": {"approved": True, "reason": "x"},
    "caseAppealLateness": {"reason": "x"}, "caseDecideAppeal": {"exempt": True, "reason": "x"},
}  # fmt: skip
ORDER_ACTIONS: dict[str, dict[str, Any]] = {
    "workOrderAccept": {}, "workOrderDecline": {"reason": "x"}, "workOrderSubmit": {"result": "x"},
    "workOrderAcceptResult": {}, "workOrderRejectResult": {"reason": "x", "clause": "y"},
    "workOrderCancel": {"reason": "x"}, "workOrderResend": {}, "workOrderSettle": {}, "workOrderStart": {},
    "workOrderSchedule": {"crew": ids.global_id("Crew", 1), "appointmentAt": "2027-01-01T00:00:00Z"},
    "workOrderReport": {"text": "x"}, "workOrderAsk": {"text": "x"}, "workOrderAnswer": {"text": "x"},
    "workOrderRequestExtension": {"reason": "x", "wantedDueAt": "2027-01-01T00:00:00Z"},
    "workOrderRequestPrice": {"reason": "x", "wantedUnitPriceCents": 1},
    "workOrderSetContact": {"who": "物业", "phone": "0512-65000000"}, "workOrderClearContact": {},
    "workOrderDecide": {"kind": "EXTENSION", "approved": True, "reason": "x"},
}  # fmt: skip
CREATES = {"caseSubmit", "caseIngest"}
SCOPED_ELSEWHERE = {
    # tests/graph/test_batches.py
    "caseBatchDecide",
    # tests/graph/test_client_apps.py
    "clientAppRegister", "clientAppAmend", "clientAppRetire",
    # tests/graph/test_collecting.py
    "fieldRegister", "fieldShare", "fieldUnshare", "fieldRetire", "collectionSubmit", "collectionReveal",
    # tests/graph/test_consultations.py
    "consultationOpen", "consultationVote", "consultationAnswer", "consultationWithdraw",
    # tests/graph/test_knowledge.py
    "knowledgeAdd", "knowledgeAmend", "knowledgeWithdraw", "knowledgeJudge",
    # tests/live/test_service_accounts.py
    "serviceAccountCreate", "serviceAccountRevoke",
    # tests/live/test_webhooks.py
    "webhookCreate", "webhookChange", "webhookRotateSecret", "webhookEnd", "webhookRedeliver",
    # tests/graph/test_crews.py
    "crewCreate", "crewChange", "technicianCreate", "technicianChange",
    # tests/live/test_sandboxes.py
    "webhookSandbox",
    # tests/live/test_order_links.py
    "workOrderLinkCreate", "workOrderLinkRevoke", "linkedOrderAct",
    # tests/graph/test_updating.py, tests/graph/test_bundling.py
    "workOrderUpdate", "workOrderUpdates",
    # tests/graph/test_permits.py
    "permitApply", "permitReview", "permitDecide", "permitEnd", "permitBypass",
    # tests/graph/test_centres.py
    "shiftStart", "shiftHandOver", "shiftTakeOver", "centreArrange",
    # tests/graph/test_command_orders.py
    "commandOrderIssue", "commandOrderSign", "commandOrderReport", "commandOrderWithdraw",
    # tests/graph/test_directives.py
    "directiveIssue", "directiveReceipt", "directiveWithdraw",
    # tests/graph/test_publishing.py
    "assessmentPublish",
    # tests/graph/test_followers.py
    "caseFollow",
    # tests/graph/test_decisions.py
    "decisionRecord", "decisionFollowUp",
    # tests/graph/test_screens.py
    "screenFocus",
    # tests/graph/test_policing.py
    "policeReceipt", "policeFeedback",
    # tests/graph/test_burden.py
    "workerHandOver",
    # tests/graph/test_deliveries.py
    "deliveryReceipt", "deliveriesTake",
    # tests/graph/test_surveys.py
    "surveyOpen", "surveyAnswer", "surveyReopen", "surveyInvitationsTake",
}  # fmt: skip


def test_the_table_of_actions_is_whole() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None

    assert set(mutations.fields) == set(ACTIONS) | set(ORDER_ACTIONS) | CREATES | SCOPED_ELSEWHERE


async def _answer(speaker: Speaker, mutation: str, given: dict[str, Any]) -> str:
    name = mutation[0].upper() + mutation[1:]
    answered = "{ userErrors { code message field } }"
    document = f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) {answered} }}"
    result = await speaker.answer(document, input={"idempotencyKey": key(), **given})
    return json.dumps([result.data, [str(error) for error in result.errors or ()]], ensure_ascii=False)


async def test_every_action_on_a_foreign_case_answers_as_for_a_missing_one(world: World) -> None:
    city = world.town.city
    names = {"UNIT": city.departments[UNIT], "PROVIDER": city.providers["SP-1"], "CENTRE": city.divisions["3205"]}
    strangers = [("DISPATCHER", "3201"), ("HANDLER", OTHER_UNIT), ("RESIDENT", "wang"), ("PROVIDER_STAFF", "SP-2")]
    for role, code in strangers:
        speaker = await world.town.as_(Role(role), code)
        for mutation, given in (ACTIONS | ORDER_ACTIONS).items():
            given = {name: names.get(str(value), value) for name, value in given.items()}
            field, missing = ("workOrderId", MISSING_ORDER) if mutation in ORDER_ACTIONS else ("caseId", MISSING)
            if mutation != "caseRevealContact":
                given["expectedVersion"] = 1
            expected = await _answer(speaker, mutation, {**given, field: missing})
            assert "NOT_FOUND" in expected, (role, mutation, expected)
            for name in ("own", "exercise"):
                there = world.orders[name] if mutation in ORDER_ACTIONS else world.cases[name]["id"]
                assert await _answer(speaker, mutation, {**given, field: there}) == expected, (role, mutation, name)


FIGURES = """query ($county: ID!, $province: ID!, $grid: ID!, $unit: ID!, $provider: ID!, $matter: ID!) {
  county: metrics(division: $county) { submitted } province: metrics(division: $province) { submitted }
  grid: metrics(grid: $grid) { submitted } unit: metrics(department: $unit) { submitted }
  provider: metrics(serviceProvider: $provider) { submitted }
  matter: metrics(division: $county, matter: $matter) { submitted }
  byNode: division(id: $county) { metrics { submitted } } gridNode: grid(id: $grid) { metrics { submitted } }
  nodes(ids: [$unit, $provider]) { ... on Department { metrics { submitted } }
    ... on ServiceProvider { metrics { submitted } } } }"""


@pytest.mark.parametrize("realm", list(Realm))
async def test_figures_are_read_by_the_scope_and_hold_one_realm(world: World, realm: Realm) -> None:
    city = world.town.city
    asked = {
        "county": city.divisions["320508"], "province": city.divisions["32"], "grid": city.grids[GRID],
        "unit": city.departments[UNIT], "provider": city.providers["SP-1"], "matter": city.matters["M-POTHOLE"],
    }  # fmt: skip
    counts = {"county": 2, "province": 4, "grid": 1, "unit": 1, "provider": 1}
    if realm is Realm.EXERCISE:
        counts = dict.fromkeys(counts, 1)
    for (role, code), expected in MEASURES.items():
        data = await (await world.town.as_(Role(role), code, realm)).ask(FIGURES, **asked)
        flat = {name: data[name] and data[name]["submitted"] for name in counts}
        assert flat == {name: count if name in expected else None for name, count in counts.items()}, (role, code)
        unit, provider = data["nodes"]
        for name, node in (
            ("county", data["byNode"]), ("grid", data["gridNode"]), ("unit", unit), ("provider", provider),
        ):  # fmt: skip
            assert (node["metrics"] is not None) is (name in expected), (role, code, name)
        assert (data["matter"] is not None) is ("county" in expected), (role, code)


async def test_realms_never_mix_in_lists_and_numbers(world: World) -> None:
    for realm, expected in ((Realm.LIVE, 4), (Realm.EXERCISE, 1)):
        commander = await world.town.as_(Role.COMMANDER, "32", realm)
        data = await commander.ask(
            "{ viewer { realm } cases(first: 100) { totalCount edges { node { realm number } } } "
            "metrics { submitted open outsourced } }"
        )
        assert data["viewer"]["realm"] == realm.name
        assert data["cases"]["totalCount"] == expected
        assert {edge["node"]["realm"] for edge in data["cases"]["edges"]} == {realm.name}
        starts_with_y = {edge["node"]["number"].startswith("Y") for edge in data["cases"]["edges"]}
        assert starts_with_y == {realm is Realm.EXERCISE}
        assert data["metrics"]["submitted"] == expected


# -- no path without a test

SCOPED = {"Case", "CaseConnection", "CaseEdge", "WorkOrder", "Metrics", "CaseEvent", "CaseEventPage", "Node"}
HOLDERS_OF_SCOPED = {
    # roots, held above
    "Query.node", "Query.nodes", "Query.case", "Query.cases", "Query.metrics", "Query.caseEvents",
    "Subscription.caseEvents", "Subscription.metricsChanged",  # tests/live/test_following.py
    # from reference data down into scope: LISTS and FIGURES above
    "Division.cases", "Division.metrics", "Grid.cases", "Grid.metrics", "Department.metrics",
    "ServiceProvider.metrics",
    # between things already in scope
    "CaseConnection.edges", "CaseEdge.node", "CaseEventPage.events",
    "Case.workOrders",  # test_a_provider_never_sees_the_order_of_another_on_the_same_case
    "PoliceTaskPayload.case",  # tests/graph/test_policing.py
    "Case.parent", "CaseChild.case",  # tests/graph/test_children.py: null for who has no rights over it
    "BatchItem.case",  # tests/graph/test_batches.py: null for what its maker may not see
    "CaseLink.case",  # tests/graph/test_links.py: a link to what is not in view is left out
    "Case.mergedInto",  # tests/graph/test_mutations.py: a master of somebody else is null
    "CommandOrder.case",  # tests/graph/test_command_orders.py: null to who may not see it
    "CaseEvent.case",  # tests/live/test_following.py: and nothing hangs on it once it has left
    # what an action answers: the case in the scope of who acted
    "CasePayload.case", "CaseSubmitPayload.case", "CaseSubmitPayload.similarCases", "IngestedItem.case",
    "CaseWorkOrderEdge.node",  # tests/graph/test_work_orders.py: orders of cases in the working scope
    "WorkOrderPayload.case", "WorkOrderPayload.workOrder",
    "Query.unanswered", "Delivery.case", "DeliveryReceiptPayload.case",  # tests/graph/test_deliveries.py
    "Query.reopenRequests",  # tests/graph/test_commitments.py
    "Query.latenessAppeals",  # tests/graph/test_clocks.py
    "Decision.basedOnCases",  # tests/graph/test_decisions.py
    "Indicator.cases",  # tests/graph/test_assessment.py
    "ScreenFocus.case",  # tests/graph/test_screens.py
    "Ruling.case",  # tests/graph/test_rulings.py
    "LoopBreak.case",  # tests/graph/test_breaks.py
    "ExpediteOrder.case",  # tests/graph/test_expediting.py
    # tests/live/test_work_order_events.py: a provider's own and nobody else's
    "WorkOrderEdge.node", "WorkOrderEvent.workOrder",
    "WorkOrderUpdatePayload.workOrder",  # tests/graph/test_updating.py
    "WorkOrder.case",  # of an order in scope: its own case, masked as everywhere
    "Query.myCases",  # tests/graph/test_residents.py: one's own, whatever one's post shows
    "TodayItem.case",  # tests/graph/test_today.py: of one's own grids
}  # fmt: skip


def test_no_new_path_leads_to_a_case_an_order_or_figures_without_a_scope_test() -> None:
    found = {
        f"{kind.name}.{name}"
        for kind in schema._schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
        if get_named_type(field.type).name in SCOPED
    }

    assert found == HOLDERS_OF_SCOPED


async def test_similar_cases_are_those_the_submitter_may_see(world: World) -> None:
    city = world.town.city
    wang = await world.town.as_(Role.RESIDENT, "wang")
    zhang = await world.town.as_(Role.RESIDENT, "zhang")
    given = {"description": "又坏了", "grid": city.grids[GRID], "matter": city.matters["M-POTHOLE"]}

    strange = await wang.do("caseSubmit", "similarCases { id }", **given)
    own = await zhang.do("caseSubmit", "similarCases { id }", **given)

    assert strange["similarCases"] == []
    assert [one["id"] for one in own["similarCases"]] == [world.cases["own"]["id"]]


async def test_notes_of_the_house_are_not_for_submitters_and_providers(world: World) -> None:
    question = "query ($id: ID!) { case(id: $id) { timeline { action note } } }"
    expected = {"RESIDENT": False, "PROVIDER_STAFF": False, "HANDLER": True, "DISPATCHER": True}
    for (role, code), case in {
        ("RESIDENT", "zhang"): "own", ("PROVIDER_STAFF", "SP-1"): "own", ("HANDLER", UNIT): "own",
        ("DISPATCHER", "3205"): "own",
    }.items():  # fmt: skip
        data = await (await world.town.as_(Role(role), code)).ask(question, id=world.cases[case]["id"])
        notes = [step["note"] for step in data["case"]["timeline"] if step["action"] == "OUTSOURCE"]
        assert (notes[0] is not None) is expected[role], role


async def test_who_has_ended_with_an_order_no_longer_sees_the_case(world: World) -> None:
    provider = await world.town.as_(Role.PROVIDER_STAFF, "SP-1")
    case = world.cases["own"]

    payload = await provider.do(
        "workOrderDecline", "case { id } workOrder { id }", workOrderId=world.orders["own"],
        expectedVersion=case["version"], reason="没人手",
    )  # fmt: skip

    assert payload == {"case": None, "workOrder": None, "userErrors": []}
    assert (await provider.ask("{ cases { totalCount } }"))["cases"]["totalCount"] == 0
