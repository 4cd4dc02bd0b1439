"""Batching loaders: one statement per level, each in its own short read; a set per operation or event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from strawberry.dataloader import DataLoader

from db import (
    breaks,
    cases,
    catalogue,
    centres,
    client_apps,
    clocks,
    collecting,
    decisions,
    expediting,
    grid_facts,
    journal,
    knowledge,
    order_contacts,
    outsourcing,
    permits,
    places,
    policing,
    purchasing,
    urging,
    workers,
)
from db import commitments as commitments_
from db import deliveries as deliveries_
from db import hops as hops_
from db import visits as visits_
from db.cases import CaseFilter, CaseListFilter, CaseRow
from db.children import children_by_parent
from db.clock import local_day
from db.command_orders import units_by_order
from db.database import Session
from db.links import links_by_case
from db.posts import Post, posts
from db.rulings import rulings_by_case, views_by_case
from db.shares import shares_by_case
from db.webhooks import attempts_by_delivery
from db.work_orders import own_by_ids
from resolvers import order_contacts as order_contacts_
from resolvers.measuring import Figures, Period, Subject, measure
from resolvers.order_contacts import Look

if TYPE_CHECKING:
    from schema.context import Context

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
PARENTS_PER_STATEMENT = 100  # SQLite joins at most 500 selects
PARAMETERS_PER_STATEMENT = 20_000  # PostgreSQL takes 32,767, SQLite one less


@dataclass(frozen=True, slots=True)
class CasePage:
    rows: Sequence[CaseRow]  # one more than asked for when there is a next page
    seq: int  # journal position of the snapshot


@dataclass(frozen=True, slots=True)
class CasePageKey:
    parent: str  # "grid" or "division"
    value: str  # grid id or division path
    narrowed: CaseListFilter
    first: int
    before_id: int | None


@dataclass(frozen=True, slots=True)
class FiguresKey:
    subject: Subject
    period: Period


Keyed = Callable[["Loaders", Session, Sequence[K]], Awaitable[dict[K, Any]]]


class _Loader(Generic[K, V]):
    """A loader of a set, made when it is first asked for: most operations use a few of them, events fewer."""

    def __init__(self, batch: Callable[[Loaders, list[K]], Awaitable[Sequence[V]]]) -> None:
        self._batch = batch

    def __set_name__(self, owner: type[Loaders], name: str) -> None:
        self._name = name

    def __get__(self, loaders: Loaders, owner: type[Loaders]) -> DataLoader[K, V]:
        made: DataLoader[K, V] = DataLoader(partial(self._batch, loaders))
        loaders.__dict__[self._name] = made  # found there from now on
        return made


def _keyed(load: Keyed[K]) -> _Loader[K, Any]:
    """What one statement finds, by key; None where it finds nothing."""

    async def batch(loaders: Loaders, keys: list[K]) -> list[Any]:
        async with loaders.context.db.read() as session:
            found = await load(loaders, session, keys)
        return [found.get(key) for key in keys]

    return _Loader(batch)


def _from_db(load: Callable[[Session, Sequence[K]], Awaitable[dict[K, Any]]]) -> _Loader[K, Any]:
    """The same for everybody: who may see it is asked elsewhere."""
    return _keyed(lambda loaders, session, keys: load(session, keys))


def _of(table: Any) -> Callable[[Session, Sequence[int]], Awaitable[dict[int, Any]]]:
    async def load(session: Session, ids: Sequence[int]) -> dict[int, Any]:
        return await catalogue.by_ids(session, table, ids)

    return load


class Loaders:
    def __init__(self, context: Context) -> None:
        self.context = context

    division = _from_db(places.divisions_by_code)
    children = _from_db(places.children_by_parent)
    grid_count = _from_db(places.count_grids_by_division)
    grid = _from_db(places.grids_by_id)
    matter = _from_db(_of(catalogue.matters))
    department = _from_db(_of(catalogue.departments))
    service_provider = _from_db(_of(catalogue.service_providers))
    masters = _from_db(cases.masters_without_scope)
    stopped_clocks = _from_db(clocks.stopped_by_case)
    steps = _from_db(cases.steps_by_case)
    shares = _from_db(shares_by_case)
    unit_views = _from_db(views_by_case)
    rulings = _from_db(rulings_by_case)
    links = _from_db(links_by_case)
    case_children = _from_db(children_by_parent)
    dispositions = _from_db(cases.dispositions_by_case)
    responses = _from_db(cases.responses_by_case)
    work_orders = _from_db(cases.work_orders_by_case)
    centre = _from_db(centres.by_codes)
    centres_on_path = _from_db(places.centres_on_paths)
    centres_below = _from_db(centres.below_by_path)
    seats = _from_db(centres.seats_by_centre)
    webhook_attempts = _from_db(attempts_by_delivery)
    loop_breaks = _from_db(breaks.by_case)
    expedite_orders = _from_db(expediting.by_case)
    command_units = _from_db(units_by_order)
    hops = _from_db(hops_.hops_by_case)
    evidence = _from_db(cases.evidence_by_case)
    beat_of_grid = _from_db(policing.beats_by_grid)
    police_beat = _from_db(policing.beats_by_id)
    police_tasks = _from_db(policing.tasks_by_case)
    party_organisations = _from_db(grid_facts.party_by_grid)
    handover_counts = _from_db(workers.counts_by_handover)
    deliveries = _from_db(deliveries_.by_case)
    decisions_of_case = _from_db(decisions.count_by_case)
    cases_of_decision = _from_db(decisions.case_ids_by_decision)

    # Promises, urges, and what apps show.
    commitments = _from_db(commitments_.by_case)
    urgings = _from_db(urging.by_case)
    collection_field = _from_db(collecting.fields_by_id)
    field_consumers = _from_db(collecting.consumers_by_field)
    collection_subject = _from_db(collecting.subjects_by_id)
    collection_reach = _from_db(collecting.reached_by_submission)
    collected_values = _from_db(collecting.values_by_submission)
    knowledge_verdicts = _from_db(knowledge.verdicts_by_item)
    visits = _from_db(visits_.by_case)
    app_documents = _from_db(client_apps.documents_by_app)

    permit_facts = _from_db(permits.applications_without_scope)
    permits_of_application = _from_db(permits.permits_by_application)
    permit_reviews = _from_db(permits.reviews_by_application)
    permit_steps = _from_db(permits.steps_by_application)

    catalogue_item = _from_db(_of(purchasing.items))
    qualification_kind = _from_db(purchasing.kind_names)
    qualifications = _from_db(purchasing.qualifications_by_provider)
    provider_areas = _from_db(purchasing.areas_by_provider)
    crew = _from_db(outsourcing.crews_by_id)
    technician = _from_db(outsourcing.technicians_by_id)
    order_contact = _from_db(order_contacts.by_order)
    order_notes = _from_db(outsourcing.notes_by_order)
    order_requests = _from_db(outsourcing.requests_by_order)
    order_evidence = _from_db(outsourcing.evidence_by_order)
    crews = _from_db(purchasing.crews_by_provider)
    technicians = _from_db(purchasing.technicians_by_provider)

    @_Loader
    async def posts(self, keys: list[str]) -> list[tuple[Post, ...]]:
        async with self.context.db.read() as session:
            held = await posts(session, self.context.viewer.scope)
        return [held] * len(keys)

    @_keyed
    async def current_shift(self, session: Session, codes: Sequence[str]) -> dict[str, Any]:
        return await centres.current_shifts(session, self.context.viewer.realm, codes)

    @_keyed
    async def case(self, session: Session, ids: Sequence[int]) -> dict[int, CaseRow]:
        return await cases.by_ids(session, self.context.viewer.scope, ids)

    @_Loader
    async def police_attempt(self, case_ids: list[int]) -> list[None]:
        """Record that somebody without the right asked for what the police keep; one record of each case."""
        viewer = self.context.viewer
        record = {"realm": viewer.realm, "principal": viewer.principal, "at": self.context.clock()}
        record["reason"] = "查看警务反馈详情：无警务权限，未予显示"
        async with self.context.db.write() as session:
            await policing.record_attempts(session, [record | {"case_id": case_id} for case_id in case_ids])
        return [None for _ in case_ids]

    @_Loader
    async def contact_look(self, looks: list[Look]) -> list[None]:
        context = self.context
        await order_contacts_.record(context.db, context.viewer, context.clock(), looks)
        return [None for _ in looks]

    @_keyed
    async def grid_workers(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        context = self.context
        return await workers.by_grid(session, context.viewer.realm, local_day(context.clock()), ids)

    @_keyed
    async def permit_application(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        return await permits.by_ids(session, self.context.viewer.scope, ids)

    @_keyed
    async def work_order(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        return await cases.work_orders_by_ids(session, self.context.viewer.scope, ids)

    @_keyed
    async def own_work_order(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        return await own_by_ids(session, self.context.viewer.scope, ids)

    @_Loader
    async def case_page(self, keys: list[CasePageKey]) -> list[CasePage]:
        found: dict[CasePageKey, CasePage] = {}
        by_question: dict[tuple[CaseListFilter, int, int | None], list[CasePageKey]] = {}
        for key in keys:
            by_question.setdefault((key.narrowed, key.first, key.before_id), []).append(key)
        for (narrowed, first, before_id), members in by_question.items():
            at_once = _parents_at_once(narrowed, len(self.context.viewer.grants))
            for start in range(0, len(members), at_once):
                some = members[start : start + at_once]
                async with self.context.db.snapshot() as session:
                    seq = (await journal.position(session)).seq
                    pages = await cases.pages_by_parent(
                        session,
                        self.context.viewer.scope,
                        narrowed,
                        self.context.clock(),
                        parents=[_parent(key) for key in some],
                        first=first + 1,
                        before_id=before_id,
                    )
                found |= {key: CasePage(rows, seq) for key, rows in zip(some, pages, strict=True)}
        return [found[key] for key in keys]

    @_Loader
    async def figures(self, keys: list[FiguresKey]) -> list[Figures | None]:
        groups: dict[tuple[str, str, Period], list[FiguresKey]] = {}
        for key in keys:
            groups.setdefault((key.subject.dimension, key.subject.matter, key.period), []).append(key)
        found: dict[FiguresKey, Figures | None] = {}
        for (_, _, period), members in groups.items():
            context = self.context
            subjects = [key.subject for key in members]
            figures = await measure(context.db, context.viewer.scope, subjects, period, context.clock())
            found |= dict(zip(members, figures, strict=True))
        return [found[key] for key in keys]


def _parents_at_once(narrowed: CaseListFilter, grants: int) -> int:
    """How many parents one statement asks for: each repeats the filter and the scope with all their parameters."""
    lists = [getattr(narrowed.base, name) for name in CaseFilter.__dataclass_fields__]
    named = sum(map(len, lists)) + len(narrowed.stages) + len(narrowed.sources)
    return max(1, min(PARENTS_PER_STATEMENT, PARAMETERS_PER_STATEMENT // (4 * (named + grants + 10))))


def _parent(key: CasePageKey) -> Any:
    return cases.of_grid(int(key.value)) if key.parent == "grid" else cases.of_division(key.value)
