"""Equal subscriptions share one execution, and nobody can tell: on real sockets, beside the stock executor."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import OperationType
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from api.app import build_app
from api.live.shape import shape_of
from api.operation import Operation
from api.settings import Settings
from db.vocabulary import Realm, Role
from schema.build import schema
from tests.city import POTHOLE, City, Town, build_city
from tests.conftest import SECRET, Clock

FOLLOW = """subscription ($after: EventCursor, $filter: CaseEventFilter) {
  caseEvents(after: $after, filter: $filter) {
    cursor seq kind at caseId version action
    case { number title state stage availableActions matter { name } grid { name } workOrders { state } }
  }
}"""
GRIDS = ("320508019044001", "320508019045001", "320506001001001")


@dataclass
class Wall:
    """One socket with one subscription."""

    socket: ClientConnection
    id: str

    async def next(self) -> dict[str, Any]:
        message = json.loads(await self.socket.recv())
        assert (message["type"], message["id"]) == ("next", self.id), message
        payload: dict[str, Any] = message["payload"]
        return payload


@dataclass
class Served:
    town: Town
    app: Any
    ws: str

    def token(self, role: Role, scope: str) -> str:
        tokens = self.app.state.tokens
        issued: str = tokens.issue(
            f"{role}:{scope}", Realm.LIVE, [(role, scope)], name="", lifetime=timedelta(hours=1)
        )
        return issued

    def gauge(self, name: str) -> float:
        return float(self.app.state.metrics.registry.get_sample_value(name) or 0.0)

    async def submit(self, grid: str) -> None:
        resident = await self.town.as_(Role.RESIDENT, "zhang")
        city = self.town.city
        done = await resident.do("caseSubmit", description="x", matter=city.matters[POTHOLE], grid=city.grids[grid])
        assert done["userErrors"] == []


@pytest.fixture
async def served(database_url: str, serve: Any, tmp_path: Path, clock: Clock) -> AsyncIterator[Served]:
    settings = Settings(dev=True, database_url=database_url, var_dir=tmp_path, secret=SECRET)
    app = build_app(settings, clock=clock)
    city: City = await build_city(app.state.db)
    running = await serve(app)
    town = Town(app.state.db, app.state.feed, None, clock, city)  # type: ignore[arg-type]  # the app rings its own bell
    yield Served(town, app, running.ws)


async def wall(stack: AsyncExitStack, served: Served, token: str, id: str, document: str, **variables: Any) -> Wall:
    socket = await stack.enter_async_context(
        connect(served.ws, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None)
    )
    await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
    assert json.loads(await socket.recv())["type"] == "connection_ack"
    payload = {"query": document, "variables": variables}
    await socket.send(json.dumps({"type": "subscribe", "id": id, "payload": payload}))
    return Wall(socket, id)


async def test_walls_of_one_division_share_one_execution_per_event(served: Served) -> None:
    async with AsyncExitStack() as stack:
        token = served.token(Role.DISPLAY, "3205")
        walls = [await wall(stack, served, token, f"w-{n}", FOLLOW) for n in range(4)]
        start = [(await one.next())["data"]["caseEvents"] for one in walls]
        assert {one["kind"] for one in start} == {"HEARTBEAT"}

        for grid in GRIDS:
            await served.submit(grid)
        seen = [[await one.next() for _ in GRIDS] for one in walls]

        assert all(events == seen[0] for events in seen)
        assert [event["data"]["caseEvents"]["kind"] for event in seen[0]] == ["SUBMITTED"] * 3
        assert served.gauge("gridcast_executions_total") == len(GRIDS)
        assert served.gauge("gridcast_cohorts") == 1

        # Others come back from different positions: the same cohort, and not one more execution.
        cursors = [start[0]["cursor"], *(event["data"]["caseEvents"]["cursor"] for event in seen[0][:2])]
        for n, cursor in enumerate(cursors):
            late = await wall(stack, served, token, f"late-{n}", FOLLOW, after=cursor)
            assert [await late.next() for _ in range(3 - n)] == seen[0][n:]
        literal = FOLLOW.replace("after: $after, ", f'after: "{cursors[1]}", ').replace("$after: EventCursor, ", "")
        other = await wall(stack, served, token, "literal", literal)
        assert [await other.next() for _ in range(2)] == seen[0][1:]
        assert served.gauge("gridcast_executions_total") == len(GRIDS) + 2  # the literal's text is another document
        assert served.gauge("gridcast_cohorts") == 2


async def test_other_rights_or_another_filter_make_another_cohort(served: Served) -> None:
    async with AsyncExitStack() as stack:
        suzhou, county = served.token(Role.DISPLAY, "3205"), served.token(Role.DISPLAY, "320508")
        handler = served.token(Role.HANDLER, "320508-CG")
        urgent = {"priorities": ["URGENT"]}
        walls = [
            await wall(stack, served, suzhou, "a", FOLLOW),
            await wall(stack, served, county, "b", FOLLOW),
            await wall(stack, served, handler, "c", FOLLOW),
            await wall(stack, served, suzhou, "d", FOLLOW, filter=urgent),
        ]
        for one in walls:
            await one.next()
        assert served.gauge("gridcast_cohorts") == 4

        await served.submit("320506001001001")  # in Suzhou, not in the county; nobody's unit; not urgent
        await served.submit("320508019044001")

        first, second = await walls[0].next(), await walls[0].next()
        assert first["data"]["caseEvents"]["case"]["grid"] == {"name": "第1网格"}
        assert await walls[1].next() != second  # the cursor carries other rights
        assert served.gauge("gridcast_executions_total") == 3
    async with AsyncExitStack() as stack:
        again = await wall(stack, served, suzhou, "e", "{ viewer { name } }")
        await again.next()
        assert served.gauge("gridcast_cohorts") == 0


async def test_a_shared_payload_is_what_the_stock_executor_answers(served: Served) -> None:
    async with AsyncExitStack() as stack:
        display = await served.town.as_(Role.DISPLAY, "3205")
        stock = await display.follow(FOLLOW)
        start = (await anext(stock)).data["caseEvents"]["cursor"]
        ours = await wall(stack, served, served.token(Role.DISPLAY, "3205"), "x", FOLLOW, after=start)

        for grid in GRIDS:
            await served.submit(grid)

        for _ in GRIDS:
            assert (await ours.next())["data"] == json.loads(json.dumps((await anext(stock)).data))
        await stock.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("query", "is_shared", "variable"),
    [
        (FOLLOW, True, "after"),
        ("subscription { caseEvents { seq } }", True, None),
        ('subscription { caseEvents(after: "ev1.x") { seq } }', True, None),
        ("subscription { live: caseEvents { seq } }", True, None),
        ("subscription ($on: Boolean!) { caseEvents @include(if: $on) { seq } }", False, None),
        ("subscription { ...Root } fragment Root on Subscription { caseEvents { seq } }", False, None),
        ('subscription { metricsChanged(division: "x") { open } }', False, None),
        ("subscription { caseEvents { nothing } }", False, None),
    ],
)
def test_a_document_tells_whether_and_how_it_is_shared(query: str, is_shared: bool, variable: str | None) -> None:
    shape = shape_of(schema._schema, Operation(query, None, {}, OperationType.SUBSCRIPTION))

    assert (shape.is_shared, shape.position_variable) == (is_shared, variable)


def test_a_literal_position_does_not_tell_documents_apart() -> None:
    texts = {
        shape_of(schema._schema, Operation(query, None, {}, OperationType.SUBSCRIPTION)).text
        for query in (
            'subscription { caseEvents(after: "ev1.a") { seq } }',
            'subscription {\n caseEvents(after: "ev1.b") {\n seq } }',
            "subscription { caseEvents { seq } }",
        )
    }

    assert len(texts) == 1
