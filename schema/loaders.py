"""Batching loaders: one statement per level, each in its own short read; a set per operation or event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from strawberry.dataloader import DataLoader

from db import (
    breaks,
    cases,
    catalogue,
    centres,
    client_apps,
    clocks,
    collecting,
    commitments,
    decisions,
    deliveries,
    expediting,
    grid_facts,
    hops,
    journal,
    knowledge,
    outsourcing,
    permits,
    places,
    policing,
    purchasing,
    urging,
    visits,
    workers,
)
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
from resolvers.measuring import Figures, Period, Subject, measure

if TYPE_CHECKING:
    from schema.context import Context

K = TypeVar("K", bound=Hashable)
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


class Loaders:
    def __init__(self, context: Context) -> None:
        self._context = context
        self.division = self._by_key(places.divisions_by_code)
        self.children = self._by_key(places.children_by_parent)
        self.grid_count = self._by_key(places.count_grids_by_division)
        self.grid = self._by_key(places.grids_by_id)
        self.matter = self._by_key(_of(catalogue.matters))
        self.department = self._by_key(_of(catalogue.departments))
        self.service_provider = self._by_key(_of(catalogue.service_providers))
        self.case = self._by_key(self._cases)
        self.work_order, self.own_work_order = self._by_key(self._work_orders), self._by_key(self._own_work_orders)
        self.masters = self._by_key(cases.masters_without_scope)
        self.stopped_clocks = self._by_key(clocks.stopped_by_case)
        self.steps = self._by_key(cases.steps_by_case)
        self.shares = self._by_key(shares_by_case)
        self.unit_views = self._by_key(views_by_case)
        self.rulings = self._by_key(rulings_by_case)
        self.links = self._by_key(links_by_case)
        self.case_children = self._by_key(children_by_parent)
        self.dispositions = self._by_key(cases.dispositions_by_case)
        self.responses = self._by_key(cases.responses_by_case)
        self.work_orders = self._by_key(cases.work_orders_by_case)
        self.posts: DataLoader[str, tuple[Post, ...]] = DataLoader(self._posts)
        self.centre = self._by_key(centres.by_codes)
        self.centres_on_path = self._by_key(places.centres_on_paths)
        self.centres_below = self._by_key(centres.below_by_path)
        self.seats = self._by_key(centres.seats_by_centre)
        self.current_shift = self._by_key(self._current_shifts)
        self.webhook_attempts = self._by_key(attempts_by_delivery)
        self.loop_breaks = self._by_key(breaks.by_case)
        self.expedite_orders = self._by_key(expediting.by_case)
        self.command_units = self._by_key(units_by_order)
        self.hops = self._by_key(hops.hops_by_case)
        self.evidence = self._by_key(cases.evidence_by_case)
        self.beat_of_grid = self._by_key(policing.beats_by_grid)
        self.police_beat = self._by_key(policing.beats_by_id)
        self.police_tasks = self._by_key(policing.tasks_by_case)
        self.police_attempt: DataLoader[int, None] = DataLoader(self._police_attempts)
        self.party_organisations = self._by_key(grid_facts.party_by_grid)
        self.grid_workers = self._by_key(self._grid_workers)
        self.handover_counts = self._by_key(workers.counts_by_handover)
        self._add_permits()
        self._add_purchasing()
        self.deliveries = self._by_key(deliveries.by_case)
        self.decisions_of_case = self._by_key(decisions.count_by_case)
        self.cases_of_decision = self._by_key(decisions.case_ids_by_decision)
        self.case_page: DataLoader[CasePageKey, CasePage] = DataLoader(self._case_pages)
        self.figures: DataLoader[FiguresKey, Figures | None] = DataLoader(self._figures)
        self._of_residents()

    def _of_residents(self) -> None:
        """Promises, urges, and what apps show."""
        self.commitments = self._by_key(commitments.by_case)
        self.urgings = self._by_key(urging.by_case)
        self.collection_field = self._by_key(collecting.fields_by_id)
        self.field_consumers = self._by_key(collecting.consumers_by_field)
        self.collection_subject = self._by_key(collecting.subjects_by_id)
        self.collection_reach = self._by_key(collecting.reached_by_submission)
        self.collected_values = self._by_key(collecting.values_by_submission)
        self.knowledge_verdicts = self._by_key(knowledge.verdicts_by_item)
        self.visits = self._by_key(visits.by_case)
        self.app_documents = self._by_key(client_apps.documents_by_app)

    def _add_permits(self) -> None:
        self.permit_application = self._by_key(self._permit_applications)
        self.permit_facts = self._by_key(permits.applications_without_scope)
        self.permits_of_application = self._by_key(permits.permits_by_application)
        self.permit_reviews = self._by_key(permits.reviews_by_application)
        self.permit_steps = self._by_key(permits.steps_by_application)

    def _add_purchasing(self) -> None:
        self.catalogue_item = self._by_key(_of(purchasing.items))
        self.qualification_kind = self._by_key(purchasing.kind_names)
        self.qualifications = self._by_key(purchasing.qualifications_by_provider)
        self.provider_areas = self._by_key(purchasing.areas_by_provider)
        self.crew = self._by_key(outsourcing.crews_by_id)
        self.technician = self._by_key(outsourcing.technicians_by_id)
        self.order_notes = self._by_key(outsourcing.notes_by_order)
        self.order_requests = self._by_key(outsourcing.requests_by_order)
        self.order_evidence = self._by_key(outsourcing.evidence_by_order)
        self.crews = self._by_key(purchasing.crews_by_provider)
        self.technicians = self._by_key(purchasing.technicians_by_provider)

    def _by_key(self, load: Callable[[Session, Sequence[K]], Awaitable[dict[K, Any]]]) -> DataLoader[K, Any]:
        async def batch(keys: list[K]) -> list[Any]:
            async with self._context.db.read() as session:
                found = await load(session, keys)
            return [found.get(key) for key in keys]

        return DataLoader(batch)

    async def _posts(self, keys: list[str]) -> list[tuple[Post, ...]]:
        async with self._context.db.read() as session:
            held = await posts(session, self._context.viewer.scope)
        return [held] * len(keys)

    async def _current_shifts(self, session: Session, codes: Sequence[str]) -> dict[str, Any]:
        return await centres.current_shifts(session, self._context.viewer.realm, codes)

    async def _cases(self, session: Session, ids: Sequence[int]) -> dict[int, CaseRow]:
        return await cases.by_ids(session, self._context.viewer.scope, ids)

    async def _police_attempts(self, case_ids: list[int]) -> list[None]:
        """Record that somebody without the right asked for what the police keep; one record of each case."""
        viewer = self._context.viewer
        record = {"realm": viewer.realm, "principal": viewer.principal, "at": self._context.clock()}
        record["reason"] = "查看警务反馈详情:无警务权限,未予显示"
        async with self._context.db.write() as session:
            await policing.record_attempts(session, [record | {"case_id": case_id} for case_id in case_ids])
        return [None for _ in case_ids]

    async def _grid_workers(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        context = self._context
        return await workers.by_grid(session, context.viewer.realm, local_day(context.clock()), ids)

    async def _permit_applications(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        return await permits.by_ids(session, self._context.viewer.scope, ids)

    async def _work_orders(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        return await cases.work_orders_by_ids(session, self._context.viewer.scope, ids)

    async def _own_work_orders(self, session: Session, ids: Sequence[int]) -> dict[int, Any]:
        return await own_by_ids(session, self._context.viewer.scope, ids)

    async def _case_pages(self, keys: list[CasePageKey]) -> list[CasePage]:
        found: dict[CasePageKey, CasePage] = {}
        by_question: dict[tuple[CaseListFilter, int, int | None], list[CasePageKey]] = {}
        for key in keys:
            by_question.setdefault((key.narrowed, key.first, key.before_id), []).append(key)
        for (narrowed, first, before_id), members in by_question.items():
            at_once = _parents_at_once(narrowed, len(self._context.viewer.grants))
            for start in range(0, len(members), at_once):
                some = members[start : start + at_once]
                async with self._context.db.snapshot() as session:
                    seq = (await journal.position(session)).seq
                    pages = await cases.pages_by_parent(
                        session,
                        self._context.viewer.scope,
                        narrowed,
                        self._context.clock(),
                        parents=[_parent(key) for key in some],
                        first=first + 1,
                        before_id=before_id,
                    )
                found |= {key: CasePage(rows, seq) for key, rows in zip(some, pages, strict=True)}
        return [found[key] for key in keys]

    async def _figures(self, keys: list[FiguresKey]) -> list[Figures | None]:
        groups: dict[tuple[str, str, Period], list[FiguresKey]] = {}
        for key in keys:
            groups.setdefault((key.subject.dimension, key.subject.matter, key.period), []).append(key)
        found: dict[FiguresKey, Figures | None] = {}
        for (_, _, period), members in groups.items():
            context = self._context
            subjects = [key.subject for key in members]
            figures = await measure(context.db, context.viewer.scope, subjects, period, context.clock())
            found |= dict(zip(members, figures, strict=True))
        return [found[key] for key in keys]


def _of(table: Any) -> Callable[[Session, Sequence[int]], Awaitable[dict[int, Any]]]:
    async def load(session: Session, ids: Sequence[int]) -> dict[int, Any]:
        return await catalogue.by_ids(session, table, ids)

    return load


def _parents_at_once(narrowed: CaseListFilter, grants: int) -> int:
    """How many parents one statement asks for: each repeats the filter and the scope with all their parameters."""
    lists = [getattr(narrowed.base, name) for name in CaseFilter.__dataclass_fields__]
    named = sum(map(len, lists)) + len(narrowed.stages) + len(narrowed.sources)
    return max(1, min(PARENTS_PER_STATEMENT, PARAMETERS_PER_STATEMENT // (4 * (named + grants + 10))))


def _parent(key: CasePageKey) -> Any:
    return cases.of_grid(int(key.value)) if key.parent == "grid" else cases.of_division(key.value)
