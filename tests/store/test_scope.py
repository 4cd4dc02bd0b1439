"""The scope and the filter, each said twice: as a WHERE clause and of the journal's columns. They must agree."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select

from db.cases import CaseFilter, by_ids, cases, columns_of, followers, shares, work_orders
from db.database import Database
from db.scope import Grant, Masking, Scope, ScopeKind
from db.visible import in_scope
from db.vocabulary import (
    OPEN_STATES,
    CaseKind,
    CaseSource,
    CaseState,
    OutsourceReason,
    Priority,
    Realm,
    Role,
    ShareRight,
    WorkOrderState,
)
from tests.city import DIVISIONS, GRIDS, path_of
from tests.city import Town as City
from tests.conftest import A_WORKING_DAY

PLACES = [code for code in DIVISIONS if len(code) == 12]
ACCOUNTS = ["RESIDENT:zhang", "RESIDENT:li", "GRID_WORKER:1", ""]
GONE = (WorkOrderState.DECLINED, WorkOrderState.CANCELLED)


async def scatter(db: Database, count: int = 120) -> None:
    """Cases in every place, unit, state and realm, with orders seen and no longer seen. Only once per database."""
    random = Random(7)
    async with db.write() as session:
        if (await session.execute(select(func.count()).select_from(cases))).scalar_one():
            return
        for number in range(1, count + 1):
            place, state = random.choice(PLACES), random.choice(list(CaseState))
            orders = [
                (random.choice((1, 2)), random.choice(list(WorkOrderState)))
                for _ in range(random.choice((0, 0, 1, 3)))
            ]
            shared = {random.choice((1, 2, 3)): random.choice((None, A_WORKING_DAY)) for _ in range(number % 3)}
            following = random.sample(ACCOUNTS[:3], number % 4 // 2)
            await session.execute(
                insert(cases).values(
                    id=number, realm=random.choice(list(Realm)), kind=random.choice(list(CaseKind)),
                    source=CaseSource.HOTLINE, priority=random.choice(list(Priority)), title="样例",
                    description="样例",
                    matter_id=random.choice((None, 1, 2, 3, 4)), submitter_key=random.choice(ACCOUNTS),
                    submitter_role=Role.RESIDENT, division_code=place, division_path=path_of(place),
                    grid_id=random.choice((None, *range(1, len(GRIDS) + 1))), state=state,
                    is_open=state in OPEN_STATES, held_by="320508",
                    responsible_unit_id=random.choice((None, 1, 2, 3, 4)),
                    service_provider_ids=sorted({provider for provider, state in orders if state not in GONE}),
                    submitted_at=A_WORKING_DAY, updated_at=A_WORKING_DAY, stage_at=A_WORKING_DAY,
                    shared_unit_ids=[unit for unit, ended_at in shared.items() if ended_at is None],
                    follower_keys=following,
                )
            )  # fmt: skip
            for unit, ended_at in shared.items():
                await session.execute(
                    insert(shares).values(
                        case_id=number, department_id=unit, share_right=ShareRight.VIEW, reason="样例", shared_by="-",
                        at=A_WORKING_DAY, ended_at=ended_at,
                    )
                )  # fmt: skip
            for key in following:
                await session.execute(insert(followers).values(case_id=number, follower_key=key, at=A_WORKING_DAY))
            for provider, order_state in orders:
                await session.execute(
                    insert(work_orders).values(
                        case_id=number, service_provider_id=provider, department_id=1, state=order_state, task="样例",
                        is_visible=order_state not in GONE, reason=OutsourceReason.HEAVY_LOAD,
                        offered_at=A_WORKING_DAY,
                    )
                )  # fmt: skip


DIVISION_PATHS = [path_of(code) for code in DIVISIONS] + ["32/3299/"]
GRID_IDS, UNIT_IDS, PROVIDER_IDS = list("123459"), list("12349"), list("129")  # the last is nobody's
grants = st.one_of(
    st.builds(Grant, st.just(Role.DISPATCHER), st.just(ScopeKind.DIVISION), st.sampled_from(DIVISION_PATHS)),
    st.builds(Grant, st.just(Role.GRID_WORKER), st.just(ScopeKind.GRID), st.sampled_from(GRID_IDS)),
    st.builds(Grant, st.just(Role.HANDLER), st.just(ScopeKind.DEPARTMENT), st.sampled_from(UNIT_IDS)),
    st.builds(
        Grant, st.just(Role.PROVIDER_STAFF), st.just(ScopeKind.SERVICE_PROVIDER), st.sampled_from(PROVIDER_IDS)
    ),
    st.builds(Grant, st.just(Role.RESIDENT), st.just(ScopeKind.SELF), st.sampled_from([*ACCOUNTS, "RESIDENT:x"])),
    st.just(Grant(Role.SYSTEM, ScopeKind.ALL)),
    st.just(Grant(Role.AUDIT_ADMIN, ScopeKind.NOTHING)),
)
scopes = st.builds(
    Scope, st.sampled_from(list(Realm)), st.frozensets(grants, max_size=3), st.just(Masking.WORKING), st.just("zh")
)


def some(values: Any, most: int = 3) -> Any:
    return st.frozensets(st.sampled_from(values), max_size=most)


filters = st.builds(
    CaseFilter,
    paths=some(DIVISION_PATHS, 2).map(lambda paths: tuple(sorted(paths))),
    grids=some([1, 2, 3, 4, 5, 99]),
    states=some([state.value for state in CaseState], 9),
    kinds=some([kind.value for kind in CaseKind]),
    matters=some([1, 2, 3, 4, 99]),
    priorities=some([priority.value for priority in Priority]),
    departments=some([1, 2, 3, 4, 99]),
    service_providers=some([1, 2, 99]),
)
RELAXED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def _all(db: Database) -> list[Any]:
    async with db.read() as session:
        return list(await session.execute(select(cases).order_by(cases.c.id)))


@given(scope=scopes)
@RELAXED
async def test_the_clause_and_the_grants_see_the_same_cases(town: City, scope: Scope) -> None:
    await scatter(town.db)

    async with town.db.read() as session:
        seen = set((await session.execute(select(cases.c.id).where(in_scope(scope)))).scalars())

    everything = await _all(town.db)
    expected = {row.id for row in everything if row.realm is scope.realm and scope.covers(columns_of(row))}
    assert seen == expected


@given(narrowed=filters)
@RELAXED
async def test_a_filter_matches_what_its_clauses_find(town: City, narrowed: CaseFilter) -> None:
    await scatter(town.db)

    async with town.db.read() as session:
        found = set((await session.execute(select(cases.c.id).where(*narrowed.clauses()))).scalars())

    assert found == {row.id for row in await _all(town.db) if narrowed.matches(columns_of(row))}


async def test_every_kind_of_grant_sees_some_cases_and_not_all(town: City) -> None:
    await scatter(town.db)
    everything = await _all(town.db)
    for grant in (
        Grant(Role.DISPATCHER, ScopeKind.DIVISION, path_of("320508")),
        Grant(Role.GRID_WORKER, ScopeKind.GRID, "1"),
        Grant(Role.HANDLER, ScopeKind.DEPARTMENT, "1"),
        Grant(Role.PROVIDER_STAFF, ScopeKind.SERVICE_PROVIDER, "1"),
        Grant(Role.RESIDENT, ScopeKind.SELF, "RESIDENT:zhang"),
    ):
        scope = Scope(Realm.LIVE, frozenset({grant}), Masking.WORKING, "zh")
        async with town.db.read() as session:
            seen = set(await by_ids(session, scope, [row.id for row in everything]))
        live = {row.id for row in everything if row.realm is Realm.LIVE}
        assert set() < seen < live, grant


async def test_a_division_is_not_its_neighbour_with_a_longer_code(town: City) -> None:
    await scatter(town.db)
    scope = Scope(
        Realm.LIVE, frozenset({Grant(Role.DISPLAY, ScopeKind.DIVISION, path_of("3205"))}), Masking.WORKING, "zh"
    )

    async with town.db.read() as session:
        found = (await session.execute(select(cases.c.division_path).where(in_scope(scope)))).scalars().all()

    assert found and all(path.startswith("32/3205/") for path in found)
