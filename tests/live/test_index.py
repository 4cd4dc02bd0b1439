"""The index finds every cohort that may see an event; whether it does is judged afterwards."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from api.live.index import Dimension, Index, places_of
from db.cases import CaseFilter
from db.journal import Event
from db.scope import CaseColumns, Grant, Masking, Scope, ScopeKind
from db.vocabulary import CaseAction, Realm, Role
from resolvers.following import View

PATHS = ("32/", "32/3205/", "32/3205/320508/", "32/3205/320508/320508019/", "32/3201/", "32/3201/320102/")
SMALL = st.integers(1, 3)

grants = st.one_of(
    st.builds(Grant, st.just(Role.DISPLAY), st.just(ScopeKind.DIVISION), st.sampled_from(PATHS)),
    st.builds(Grant, st.just(Role.GRID_WORKER), st.just(ScopeKind.GRID), SMALL.map(str)),
    st.builds(Grant, st.just(Role.HANDLER), st.just(ScopeKind.DEPARTMENT), SMALL.map(str)),
    st.builds(Grant, st.just(Role.PROVIDER_STAFF), st.just(ScopeKind.SERVICE_PROVIDER), SMALL.map(str)),
    st.builds(Grant, st.just(Role.RESIDENT), st.just(ScopeKind.SELF), st.sampled_from(("a", "b"))),
    st.just(Grant(Role.SYSTEM, ScopeKind.ALL)),
    st.just(Grant(Role.SYSTEM_ADMIN, ScopeKind.NOTHING)),
)
scopes = st.builds(
    Scope,
    st.sampled_from(Realm),
    st.frozensets(grants, min_size=1, max_size=3),
    st.just(Masking.NONE_PERSONAL),
    st.just("zh"),
)
some = st.frozensets(SMALL, max_size=2)
filters = st.just(CaseFilter()) | st.builds(
    CaseFilter,
    paths=st.lists(st.sampled_from(PATHS), max_size=2).map(tuple),
    grids=some,
    matters=some,
    departments=some,
    service_providers=some,
    states=st.frozensets(st.sampled_from(("OPEN", "CLOSED")), max_size=1),
)
columns = st.builds(
    CaseColumns,
    division_path=st.sampled_from(PATHS),
    grid_id=st.none() | SMALL,
    responsible_unit_id=st.none() | SMALL,
    service_provider_ids=st.lists(SMALL, max_size=2).map(tuple),
    submitter_key=st.sampled_from(("", "a", "b")),
    state=st.sampled_from(("OPEN", "CLOSED")),
    kind=st.just("COMPONENT"),
    matter_id=st.none() | SMALL,
    priority=st.just("NORMAL"),
    shared_unit_ids=st.lists(SMALL, max_size=2).map(tuple),
    follower_keys=st.lists(st.sampled_from(("a", "b")), max_size=2).map(tuple),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.builds(View, scopes, filters), max_size=12), st.sampled_from(Realm), st.none() | columns, columns)
def test_whoever_sees_an_event_is_found(
    views: list[View], realm: Realm, before: CaseColumns | None, after: CaseColumns
) -> None:
    index: Index[int] = Index()
    for number, view in enumerate(views):
        index.add(view, number)
    event = Event(realm, 1, 2, CaseAction.DISPATCH, Role.DISPATCHER, datetime.now(UTC), before, after, {}, seq=1)

    found = index.concerned(event)

    assert {number for number, view in enumerate(views) if view.kind_of(event)} <= found
    for number, view in enumerate(views):
        index.remove(view, number)
    assert len(index) == 0


def test_the_most_selective_dimension_is_chosen() -> None:
    wide = Scope(Realm.LIVE, frozenset({Grant(Role.DISPLAY, ScopeKind.DIVISION, "32/")}), Masking.NONE_PERSONAL, "zh")
    own = Scope(Realm.LIVE, frozenset({Grant(Role.RESIDENT, ScopeKind.SELF, "a")}), Masking.NONE_PERSONAL, "zh")

    assert places_of(View(wide, CaseFilter())) == [(Realm.LIVE, Dimension.DIVISION, "32/")]
    assert places_of(View(wide, CaseFilter(paths=("32/3205/",), grids=frozenset({7})))) == [
        (Realm.LIVE, Dimension.GRID, "7")
    ]
    assert places_of(View(own, CaseFilter(grids=frozenset({7})))) == [(Realm.LIVE, Dimension.SUBMITTER, "a")]
