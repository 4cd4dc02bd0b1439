"""A small city to tell stories in: two prefectures, real shapes, a handful of grids, units, matters and permits.

`City` knows the ids; `Speaker` asks the GraphQL schema as somebody.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import insert, select

from db.bell import Bell
from db.clock import Clock
from db.database import Database
from db.feed import Feed
from db.tables import (
    CatalogueItem,
    Centre,
    Department,
    Division,
    Grid,
    GridWorker,
    Matter,
    ProviderCrew,
    ServiceProvider,
    TaskPermit,
    WorkerAssignment,
)
from db.vocabulary import (
    CaseKind,
    CodeScheme,
    DivisionLevel,
    GridKind,
    GridTask,
    LimitUnit,
    MatterClass,
    MatterDomain,
    PopulationBand,
    Priority,
    Realm,
    Role,
    ServiceProviderKind,
    Setting,
)
from db.vocabulary.purchasing import TaskKind
from db.vocabulary.workers import WorkerKind
from resolvers.rules.policy import Policy
from resolvers.viewer import Viewer
from resolvers.viewing import viewer_of
from schema import ids
from schema.build import schema
from schema.context import Context

LEVELS = {2: "PROVINCE", 4: "PREFECTURE", 6: "COUNTY", 9: "TOWNSHIP", 12: "COMMUNITY"}
DIVISIONS = {
    "32": "江苏省",
    "3201": "南京市",
    "320102": "玄武区",
    "320102002": "梅园新村街道",
    "320102002001": "大悲巷社区居委会",
    "3205": "苏州市",
    "320506": "吴中区",
    "320506001": "长桥街道",
    "320506001001": "龙桥社区居委会",
    "320508": "姑苏区",
    "320508019": "双塔街道",
    "320508019044": "二郎巷社区居委会",
    "320508019045": "唐家巷社区居委会",
}
GRIDS = (
    "320508019044001", "320508019044002", "320508019045001", "320506001001001", "320102002001001",
)  # fmt: skip
POTHOLE, DISPUTE, FINE, GAS = "M-POTHOLE", "M-DISPUTE", "M-FINE", "M-GAS"
USCC, OTHER_USCC = "9132050000DEM02186", "9132050000DEM0250H"  # constructed: only the check character is right

_keys = itertools.count(1)


def key() -> str:
    return f"key-{next(_keys)}"


def path_of(code: str) -> str:
    return "".join(f"{code[:length]}/" for length in LEVELS if length <= len(code))


@dataclass
class City:
    """Global ids by code."""

    divisions: dict[str, str] = field(default_factory=dict)
    grids: dict[str, str] = field(default_factory=dict)
    departments: dict[str, str] = field(default_factory=dict)
    providers: dict[str, str] = field(default_factory=dict)
    matters: dict[str, str] = field(default_factory=dict)
    items: dict[str, str] = field(default_factory=dict)
    crews: dict[str, str] = field(default_factory=dict)  # by the provider's code


async def build_city(db: Database) -> City:
    city = City()
    async with db.write() as session:
        for code, name in DIVISIONS.items():
            length = len(code)
            parent = next((code[:shorter] for shorter in reversed(LEVELS) if shorter < length), None)
            level = DivisionLevel(LEVELS[length])
            await session.execute(
                insert(Division).values(code=code, level=level, parent_code=parent, name=name, path=path_of(code))
            )
            city.divisions[code] = ids.global_id("Division", code)
        for number, code in enumerate(GRIDS, 1):
            community = code[:12]
            await session.execute(
                insert(Grid).values(
                    id=number, code=code, code_scheme=CodeScheme.STAT15, kind=GridKind.BASIC, setting=Setting.URBAN,
                    name=f"第{int(code[12:])}网格", community_code=community, path=path_of(community),
                    population_band=PopulationBand.FROM_500, longitude=120.6 + number / 100, latitude=31.3,
                    is_active=True,
                )
            )  # fmt: skip
            city.grids[code] = ids.global_id("Grid", number)
        for division in ("3201", "3205", "320506", "320508"):
            await session.execute(
                insert(Centre).values(division_code=division, name=f"{DIVISIONS[division]}指挥中心")
            )
        units = (
            ("320508-CG", "姑苏区城管局", "320508"),
            ("320508-ZJ", "姑苏区住建局", "320508"),
            ("3205-SW", "苏州市水务局", "3205"),
            ("320102-CG", "玄武区城管局", "320102"),
        )
        for number, (code, name, division) in enumerate(units, 1):
            await session.execute(
                insert(Department).values(
                    id=number, code=code, name=name, division_code=division, path=path_of(division)
                )
            )
            city.departments[code] = ids.global_id("Department", number)
        firms = (("SP-1", "示范市政养护公司", USCC), ("SP-2", "示范物业公司", OTHER_USCC))
        for number, (code, name, uscc) in enumerate(firms, 1):
            await session.execute(
                insert(ServiceProvider).values(
                    id=number,
                    code=code,
                    name=name,
                    kind=ServiceProviderKind.ENTERPRISE,
                    uscc=uscc,
                    division_code="3205",
                    path=path_of("3205"),
                    is_active=True,
                )
            )
            city.providers[code] = ids.global_id("ServiceProvider", number)
            crew = await session.execute(
                insert(ProviderCrew)
                .values(service_provider_id=number, code="C1", name="一班", is_active=True)
                .returning(ProviderCrew.id)
            )
            city.crews[code] = ids.global_id("Crew", crew.scalar_one())
        await _add_matters(session, city)
        await _add_catalogue(session, city)
    return city


async def _add_matters(session: Any, city: City) -> None:
    rows = (
        (POTHOLE, "道路破损", CaseKind.PROBLEM, Priority.NORMAL, 2, LimitUnit.WORKING_DAY, True, True),
        (DISPUTE, "邻里纠纷", CaseKind.DISPUTE, Priority.NORMAL, 5, LimitUnit.WORKING_DAY, False, True),
        (FINE, "违停处罚", CaseKind.PROBLEM, Priority.NORMAL, 4, LimitUnit.WORKING_HOUR, False, False),
        (GAS, "燃气泄漏", CaseKind.PROBLEM, Priority.URGENT, 2, LimitUnit.URGENT_HOUR, False, True),
    )
    for number, (code, name, kind, priority, value, unit, needs_photo, delegable) in enumerate(rows, 1):
        await session.execute(
            insert(Matter).values(
                id=number, code=code, name=name, domain=MatterDomain.CITY_MANAGEMENT, class_kind=MatterClass.EVENT,
                major_code="01", major_name="样例", minor_code=f"{number:02}", is_extension=False, kind=kind,
                priority=priority, standard="恢复原状", limit_value=value, limit_unit=unit,
                needs_after_photo=needs_photo, is_delegable=delegable,
            )
        )  # fmt: skip
        city.matters[code] = ids.global_id("Matter", number)
    for task in GridTask:  # only potholes may be given to grids
        await session.execute(
            insert(TaskPermit).values(
                matter_id=1,
                division_code="3205",
                task=task,
                legal_basis="样例文件第一条",
                valid_from=date(2024, 1, 1),
                valid_to=date(2030, 12, 31),
            )
        )


async def _add_catalogue(session: Any, city: City) -> None:
    """Every matter that may be bought has an item of the province, without any qualification."""
    kinds = {POTHOLE: TaskKind.MAINTENANCE, DISPUTE: TaskKind.MEDIATION, GAS: TaskKind.INSPECTION}
    for matter, kind in kinds.items():
        code = f"G-{matter}"
        added = await session.execute(
            insert(CatalogueItem).returning(CatalogueItem.id).values(
                code=code, major_name="公共服务", middle_name="样例", minor_name="样例任务",
                division_code="32", path=path_of("32"), matter_id=ids.number(city.matters[matter], "Matter"),
                task_kind=kind, unit="处", ceiling_cents=80_000, qualifications=[], needs_before_photo=False,
                needs_after_photo=False, valid_from=date(2024, 1, 1), valid_to=date(2030, 12, 31),
            )
        )  # fmt: skip
        city.items[code] = ids.global_id("CatalogueItem", added.scalar_one())


@dataclass
class Speaker:
    """Somebody who asks the schema."""

    db: Database
    feed: Feed
    clock: Clock
    viewer: Viewer
    policy: Policy = field(default_factory=Policy)

    def context(self) -> Context:
        return Context(self.db, self.feed, self.viewer, self.clock, policy=self.policy)

    async def ask(self, document: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must succeed."""
        result = await self.answer(document, **variables)
        assert not result.errors, result.errors
        assert result.data is not None
        return result.data

    async def answer(self, document: str, **variables: Any) -> Any:
        return await schema.execute(document, variable_values=variables, context_value=self.context())

    async def do(self, mutation: str, selection: str = "case { id number version state stage }", **input: Any) -> Any:
        """The payload of one mutation; a fresh idempotency key unless one is given."""
        name = mutation[0].upper() + mutation[1:]
        document = (
            f"mutation ($input: {name}Input!) {{ {mutation}(input: $input) "
            f"{{ {selection} userErrors {{ code message field }} }} }}"
        )
        data = await self.ask(document, input={"idempotencyKey": key(), **input})
        return data[mutation]

    async def act(self, mutation: str, case: dict[str, Any], selection: str = "", **input: Any) -> dict[str, Any]:
        """Take an action on a case as it was seen; the case as it is afterwards. Must succeed."""
        payload = await self.do(
            mutation,
            f"case {{ id number version state stage {selection} }}",
            caseId=case["id"],
            expectedVersion=case["version"],
            **input,
        )
        assert payload["userErrors"] == [], payload["userErrors"]
        found: dict[str, Any] = payload["case"]
        return found

    async def refused(self, mutation: str, case: dict[str, Any], **input: Any) -> str:
        """The code of an action that must be refused."""
        version = input.pop("expectedVersion", case["version"])
        payload = await self.do(mutation, caseId=case["id"], expectedVersion=version, **input)
        assert payload["case"] is None
        [error] = payload["userErrors"]
        return str(error["code"])

    async def follow(self, document: str, **variables: Any) -> AsyncIterator[Any]:
        stream = await schema.subscribe(document, variable_values=variables, context_value=self.context())
        assert hasattr(stream, "__anext__"), getattr(stream, "errors", stream)
        return stream


@dataclass
class Town:
    """A city with a running feed; `town.as_(Role.DISPATCHER, "3205")` speaks."""

    db: Database
    feed: Feed
    bell: Bell
    clock: Clock
    city: City

    async def as_(
        self, role: Role, code: str, realm: Realm = Realm.LIVE, *, language: str = "zh", principal: str | None = None
    ) -> Speaker:
        viewer = await viewer_of(
            self.db,
            principal=principal or f"{role}:{code}",
            realm=realm,
            grants=[(role, code)],
            name=None,
            language=language,
            expires_at=None,
        )
        return Speaker(self.db, self.feed, self.clock, viewer)


async def add_worker(town: Town, code: str, grid: str, kind: WorkerKind = WorkerKind.FULL_TIME, **more: Any) -> None:
    """Somebody who works a grid; their account is `GRID_WORKER:<grid>` unless one is given."""
    realm, since = more.pop("realm", Realm.LIVE), more.pop("since", date(2026, 1, 1))
    values = {"code": code, "name": "张三丰", "account": f"GRID_WORKER:{grid}", "is_sample": False} | more
    async with town.db.write() as session:
        known = await session.execute(select(GridWorker.__table__.c.code).where(GridWorker.__table__.c.code == code))
        if known.first() is None:
            await session.execute(insert(GridWorker).values(**values))
        await session.execute(
            insert(WorkerAssignment).values(
                realm=realm, worker_code=code, grid_id=GRIDS.index(grid) + 1, path=path_of(grid[:12]), kind=kind,
                from_day=since,
            )
        )  # fmt: skip
