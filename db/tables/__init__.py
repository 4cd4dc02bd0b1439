"""Every table, imported so that the metadata is whole wherever one of them is used."""

from db.tables.assessment import (
    AssessmentComponent,
    AssessmentPublication,
    AssessmentResult,
    AssessmentRule,
    AssessmentScheme,
)
from db.tables.batches import BatchDecision, BatchItem
from db.tables.breaks import LinkNorm, LoopBreak
from db.tables.burden import Burden, BurdenCeiling, GivenTask
from db.tables.cases import (
    Attachment,
    Case,
    CaseFollower,
    CaseShare,
    Disposition,
    IdempotencyRecord,
    Response,
    Step,
    WorkOrder,
)
from db.tables.catalogue import CalendarDay, Centre, Department, Matter, ServiceProvider, TaskPermit
from db.tables.centres import Seat, Shift
from db.tables.client_apps import ClientApp, ClientAppDocument
from db.tables.clocks import Lease, OfficeHours, StageLimit, StoppedClock
from db.tables.collecting import (
    CollectedValue,
    CollectionAccess,
    CollectionConsumer,
    CollectionField,
    CollectionFieldName,
    CollectionReach,
    CollectionSubject,
    CollectionSubmission,
    CurrentValue,
)
from db.tables.command_orders import CommandOrder, CommandUnit
from db.tables.commitments import Commitment
from db.tables.consultations import Consultation, ConsultationVote
from db.tables.decisions import Decision, DecisionCase
from db.tables.deliveries import Delivery, Gateway
from db.tables.directives import Directive, DirectiveReceipt, DirectiveTally
from db.tables.events import JournalCounter, JournalRow, Tally
from db.tables.expediting import ExpediteOrder
from db.tables.grid_facts import PartyOrganisation
from db.tables.hops import Hop
from db.tables.knowledge import KnowledgeItem, KnowledgeVerdict
from db.tables.links import CaseLink
from db.tables.outsourcing import OrderContact, OrderNote, OrderRequest
from db.tables.people import AccessRecord, Person
from db.tables.permits import (
    NegativeMatter,
    PermitApplication,
    PermitRefusal,
    PermitReview,
    PermitReviewer,
    PermitStep,
)
from db.tables.places import Division, Grid
from db.tables.policing import BeatGrid, PoliceBeat, PoliceTask
from db.tables.purchasing import (
    CatalogueItem,
    ProviderArea,
    ProviderCrew,
    ProviderQualification,
    ProviderTechnician,
    QualificationKind,
    ReservedTask,
)
from db.tables.rights import Revocation, RoleGrant
from db.tables.rulings import Ruling, UnitView
from db.tables.sandboxes import Sandbox
from db.tables.screens import Screen
from db.tables.service_accounts import ServiceAccount
from db.tables.templates import ResponseTemplate
from db.tables.tokens import PollToken, Survey
from db.tables.updates import OrderAlias, OrderUpdate
from db.tables.urging import Urge
from db.tables.visits import CaseVisit
from db.tables.webhooks import Webhook, WebhookAttempt, WebhookDelivery
from db.tables.workers import GridWorker, HandoverItem, WorkerAssignment, WorkerHandover

__all__ = [
    "AccessRecord",
    "AssessmentComponent",
    "AssessmentPublication",
    "AssessmentResult",
    "AssessmentRule",
    "AssessmentScheme",
    "Attachment",
    "BatchDecision",
    "BatchItem",
    "BeatGrid",
    "Burden",
    "BurdenCeiling",
    "CalendarDay",
    "Case",
    "CaseFollower",
    "CaseLink",
    "CaseShare",
    "CaseVisit",
    "CatalogueItem",
    "Centre",
    "ClientApp",
    "ClientAppDocument",
    "CollectedValue",
    "CollectionAccess",
    "CollectionConsumer",
    "CollectionField",
    "CollectionFieldName",
    "CollectionReach",
    "CollectionSubject",
    "CollectionSubmission",
    "CommandOrder",
    "CommandUnit",
    "Commitment",
    "Consultation",
    "ConsultationVote",
    "CurrentValue",
    "Decision",
    "DecisionCase",
    "Delivery",
    "Department",
    "Directive",
    "DirectiveReceipt",
    "DirectiveTally",
    "Disposition",
    "Division",
    "ExpediteOrder",
    "Gateway",
    "GivenTask",
    "Grid",
    "GridWorker",
    "HandoverItem",
    "Hop",
    "IdempotencyRecord",
    "JournalCounter",
    "JournalRow",
    "KnowledgeItem",
    "KnowledgeVerdict",
    "Lease",
    "LinkNorm",
    "LoopBreak",
    "Matter",
    "NegativeMatter",
    "OfficeHours",
    "OrderAlias",
    "OrderContact",
    "OrderNote",
    "OrderRequest",
    "OrderUpdate",
    "PartyOrganisation",
    "PermitApplication",
    "PermitRefusal",
    "PermitReview",
    "PermitReviewer",
    "PermitStep",
    "Person",
    "PoliceBeat",
    "PoliceTask",
    "PollToken",
    "ProviderArea",
    "ProviderCrew",
    "ProviderQualification",
    "ProviderTechnician",
    "QualificationKind",
    "ReservedTask",
    "Response",
    "ResponseTemplate",
    "Revocation",
    "RoleGrant",
    "Ruling",
    "Sandbox",
    "Screen",
    "Seat",
    "ServiceAccount",
    "ServiceProvider",
    "Shift",
    "StageLimit",
    "Step",
    "StoppedClock",
    "Survey",
    "Tally",
    "TaskPermit",
    "UnitView",
    "Urge",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WorkOrder",
    "WorkerAssignment",
    "WorkerHandover",
]
