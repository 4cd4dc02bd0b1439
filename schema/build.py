"""The GraphQL schema, put together."""

from __future__ import annotations

import strawberry
from graphql import GraphQLError
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.answers import AnswersQuery
from schema.assessment import AssessmentQuery
from schema.batches import BatchQuery
from schema.beats import PoliceQuery
from schema.breaks import BreaksQuery, BreaksSubscription
from schema.burden import BurdenQuery
from schema.candidates import CandidatesQuery
from schema.cases import Case, WorkOrder
from schema.catalogue import Department, Matter, ServiceProvider
from schema.centres import CentreQuery, CentreSubscription
from schema.client_apps import ClientAppQuery
from schema.collecting import CollectingQuery
from schema.command_orders import CommandOrderQuery, CommandOrderSubscription
from schema.consultations import ConsultationQuery, ConsultationSubscription
from schema.costs import CostQuery
from schema.crews import CrewQuery
from schema.decisions import DecisionQuery
from schema.directives import DirectiveQuery
from schema.dwell import DwellQuery
from schema.expediting import ExpeditingQuery
from schema.followers import FollowersQuery
from schema.funnel import FunnelQuery
from schema.grid_facts import GridFactsQuery
from schema.knowledge import KnowledgeQuery
from schema.mutations.assessment import AssessmentMutation
from schema.mutations.batches import BatchMutation
from schema.mutations.centres import CentreMutation
from schema.mutations.children import ChildrenMutation
from schema.mutations.client_apps import ClientAppMutation
from schema.mutations.closing import ClosingMutation
from schema.mutations.collecting import CollectingMutation
from schema.mutations.command_orders import CommandOrderMutation
from schema.mutations.commitments import CommitmentMutation
from schema.mutations.consultations import ConsultationMutation
from schema.mutations.crews import CrewMutation
from schema.mutations.decisions import DecisionMutation
from schema.mutations.deliveries import DeliveriesMutation
from schema.mutations.directives import DirectiveMutation
from schema.mutations.expediting import ExpeditingMutation
from schema.mutations.extending import ExtendingMutation
from schema.mutations.followers import FollowersMutation
from schema.mutations.grid_facts import GridFactsMutation
from schema.mutations.handling import HandlingMutation
from schema.mutations.hops import HopMutation
from schema.mutations.intake import IntakeMutation
from schema.mutations.knowledge import KnowledgeMutation
from schema.mutations.order_contacts import OrderContactMutation
from schema.mutations.order_links import OrderLinkMutation
from schema.mutations.order_requests import OrderRequestMutation
from schema.mutations.outsourcing import OutsourcingMutation
from schema.mutations.permits import PermitMutation
from schema.mutations.policing import PoliceMutation
from schema.mutations.sandboxes import SandboxMutation
from schema.mutations.screens import ScreenMutation
from schema.mutations.service_accounts import ServiceAccountMutation
from schema.mutations.shares import ShareMutation
from schema.mutations.surveys import SurveysMutation
from schema.mutations.updating import UpdatingMutation
from schema.mutations.visits import VisitMutation
from schema.mutations.webhooks import WebhookMutation
from schema.mutations.workers import WorkerMutation
from schema.order_links import OrderLinkQuery
from schema.outsourcing import OutsourcingQuery
from schema.permits import PermitQuery
from schema.places import Division, Grid
from schema.purchasing import PurchasingQuery
from schema.queries import Query as FirstQuery
from schema.residents import ResidentsQuery
from schema.rulings import RulingQuery
from schema.sandboxes import SandboxQuery
from schema.scalars import SCALARS
from schema.screens import ScreenQuery, ScreenSubscription
from schema.service_accounts import ServiceAccountQuery
from schema.subscriptions import Subscription as FirstSubscription
from schema.surveys import SurveysQuery
from schema.today import TodayQuery
from schema.unit_board import UnitBoardQuery
from schema.webhooks import WebhookQuery
from schema.work_orders import WorkOrderQuery, WorkOrderSubscription

CACHED_DOCUMENTS = 1_000


@strawberry.type(
    description="One mutation per action, object first. Each is one transaction; a refusal is a userErrors entry, "
    "changes nothing and announces nothing."
)
class Mutation(
    IntakeMutation,
    BatchMutation,
    ChildrenMutation,
    ShareMutation,
    HandlingMutation,
    OutsourcingMutation,
    OrderContactMutation,
    OrderRequestMutation,
    ClosingMutation,
    PermitMutation,
    HopMutation,
    CentreMutation,
    FollowersMutation,
    DirectiveMutation,
    CommandOrderMutation,
    AssessmentMutation,
    ExtendingMutation,
    ExpeditingMutation,
    ScreenMutation,
    DecisionMutation,
    WorkerMutation,
    DeliveriesMutation,
    CollectingMutation,
    ConsultationMutation,
    VisitMutation,
    KnowledgeMutation,
    CommitmentMutation,
    SurveysMutation,
    GridFactsMutation,
    PoliceMutation,
    ServiceAccountMutation,
    WebhookMutation,
    UpdatingMutation,
    OrderLinkMutation,
    SandboxMutation,
    ClientAppMutation,
    CrewMutation,
): ...


@strawberry.type(description="Everything that can be asked.")
class Query(
    FirstQuery,
    BatchQuery,
    RulingQuery,
    PermitQuery,
    UnitBoardQuery,
    DwellQuery,
    FunnelQuery,
    AssessmentQuery,
    DecisionQuery,
    FollowersQuery,
    DirectiveQuery,
    ScreenQuery,
    CentreQuery,
    BurdenQuery,
    AnswersQuery,
    SurveysQuery,
    TodayQuery,
    ConsultationQuery,
    KnowledgeQuery,
    CollectingQuery,
    ExpeditingQuery,
    GridFactsQuery,
    CommandOrderQuery,
    PoliceQuery,
    BreaksQuery,
    ClientAppQuery,
    WorkOrderQuery,
    ResidentsQuery,
    ServiceAccountQuery,
    PurchasingQuery,
    OutsourcingQuery,
    CandidatesQuery,
    CostQuery,
    WebhookQuery,
    OrderLinkQuery,
    SandboxQuery,
    CrewQuery,
): ...


@strawberry.type(description="Streams, over graphql-transport-ws or server-sent events.")
class Subscription(
    FirstSubscription,
    ScreenSubscription,
    CentreSubscription,
    CommandOrderSubscription,
    ConsultationSubscription,
    BreaksSubscription,
    WorkOrderSubscription,
): ...


class GridcastSchema(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Silent here: the transport masks and logs each error once, with its request."""


def build(*, suggests: bool = True) -> strawberry.Schema:
    """`suggests`: whether a misspelt field is answered with what it might have meant; for development."""
    return GridcastSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Division, Grid, Matter, Department, ServiceProvider, Case, WorkOrder],
        extensions=[
            lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
        ],
        config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not suggests),
    )


schema = build()
