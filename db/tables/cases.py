"""The case and everything its loop leaves behind. Columns marked personal never reach the journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, String, Text, UniqueConstraint, column, false, text
from sqlmodel import Field, SQLModel

from db.tables.columns import BIG_ID, CODE, PATH, Instant, Words
from db.vocabulary import (
    CaseAction,
    CaseKind,
    CaseOutcome,
    CaseSource,
    CaseStage,
    CaseState,
    Channel,
    CheckResult,
    EvidenceKind,
    OutsourceReason,
    Priority,
    Realm,
    Role,
    ShareRight,
    VerificationResult,
    WorkOrderState,
)
from db.vocabulary.grid_facts import GridProgramme
from db.vocabulary.visits import RiskLevel


class Case(SQLModel, table=True):
    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_path", "realm", "division_path", "id"),
        Index("ix_cases_grid", "realm", "grid_id", "id"),
        Index("ix_cases_unit", "realm", "responsible_unit_id", "id"),
        Index("ix_cases_matter", "realm", "matter_id", "id"),
        Index("ix_cases_state", "realm", "state", "id"),
        Index("ix_cases_submitter", "realm", "submitter_key", "id"),
        Index(
            "ix_cases_parent",
            "parent_id",
            sqlite_where=text("parent_id IS NOT NULL"),
            postgresql_where=text("parent_id IS NOT NULL"),
        ),
        Index(
            "ix_cases_master",
            "merged_into_id",
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
        # Lists of open cases walk this newest first, however many have been closed since.
        Index(
            "ix_cases_open",
            "realm",
            "id",
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open"),
        ),
        # Near due and overdue are counts over this index, whatever the number of closed cases.
        Index(
            "ix_cases_open_due",
            "realm",
            "near_due_at",
            "due_at",
            "division_path",
            sqlite_where=text("clock_runs = 1"),  # spelt as statements spell it, or SQLite passes it by
            postgresql_where=text("clock_runs"),
        ),
        # How long cases have stood in a link: the one in the middle is a step along this.
        Index(
            "ix_cases_dwell",
            "realm",
            "stage",
            "stage_at",
            "division_path",
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open"),
        ),
        # What a centre holds: handovers and desks ask for it.
        Index(
            "ix_cases_held",
            "realm",
            "held_by",
            "id",
            sqlite_where=text("is_open = 1"),
            postgresql_where=text("is_open"),
        ),
        Index(
            "ix_cases_timer",
            "timer_at",
            sqlite_where=text("timer_at IS NOT NULL"),
            postgresql_where=text("timer_at IS NOT NULL"),
        ),
        # Indicators count a period by what happened in it: one way in for each moment.
        Index("ix_cases_submitted", "realm", "submitted_at", "division_path"),
        *(
            Index(
                f"ix_cases_{name}",
                "realm",
                f"{name}_at",
                "division_path",
                sqlite_where=column(f"{name}_at").is_not(None),
                postgresql_where=column(f"{name}_at").is_not(None),
            )
            for name in ("registered", "handled", "reworked", "closed")
        ),
        # Most of what was due was done: whether it was is answered by the index.
        Index(
            "ix_cases_due",
            "realm",
            "due_at",
            "division_path",
            "closed_at",
            "handled_at",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        # What an account handed in shortly before: a problem handed in in pieces counts once.
        Index(
            "ix_cases_discovery",
            "realm",
            "submitter_key",
            "submitted_at",
            sqlite_where=text("is_discovery = 1"),
            postgresql_where=text("is_discovery"),
        ),
        Index(
            "ix_cases_reopened",
            "realm",
            "round",
            sqlite_where=text("round > 1"),
            postgresql_where=text("round > 1"),
        ),
        Index(
            "ix_cases_alarm",
            "alarm_at",
            sqlite_where=text("alarm_at IS NOT NULL"),
            postgresql_where=text("alarm_at IS NOT NULL"),
        ),
        # Empty in a healthy city.
        Index(
            "ix_cases_unanswered",
            "realm",
            "unanswered_since",
            sqlite_where=text("unanswered_since IS NOT NULL"),
            postgresql_where=text("unanswered_since IS NOT NULL"),
        ),
        Index(
            "ix_cases_appeal",
            "realm",
            "id",
            sqlite_where=text("appealed_at IS NOT NULL AND appeal_decided_at IS NULL"),
            postgresql_where=text("appealed_at IS NOT NULL AND appeal_decided_at IS NULL"),
        ),
        Index(
            "ix_cases_programme",
            "realm",
            "programme",
            "division_path",
            "submitted_at",
            sqlite_where=text("programme IS NOT NULL"),
            postgresql_where=text("programme IS NOT NULL"),
        ),
        Index(
            "ix_cases_watch",
            "watch_at",
            sqlite_where=text("watch_at IS NOT NULL"),
            postgresql_where=text("watch_at IS NOT NULL"),
        ),
        UniqueConstraint("realm", "submitter_key", "external_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    realm: Realm = Field(sa_type=Words(Realm))
    version: int = 1
    round: int = 1  # rises when a closed case is taken up again

    kind: CaseKind = Field(sa_type=Words(CaseKind))
    source: CaseSource = Field(sa_type=Words(CaseSource))
    priority: Priority = Field(sa_type=Words(Priority))
    title: str = Field(max_length=120)  # matter and place, never a person
    matter_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="matters.id")

    description: str = Field(sa_type=Text)  # personal: the submitter's own words
    address: str | None = Field(default=None, max_length=200)  # personal
    longitude: float | None = None  # personal, WGS-84
    latitude: float | None = None  # personal, WGS-84
    submitter_name: str | None = Field(default=None, max_length=40)  # personal
    submitter_phone: str | None = Field(default=None, max_length=20)  # personal

    beneficiary_name: str | None = Field(default=None, max_length=40)  # personal: for whom it was handed in
    beneficiary_phone: str | None = Field(default=None, max_length=20)  # personal

    submitter_key: str = Field(max_length=120)
    submitter_role: Role = Field(sa_type=Words(Role))
    external_id: str | None = Field(default=None, max_length=80)  # the number in the source system

    division_code: str = Field(sa_type=CODE, foreign_key="divisions.code")
    division_path: str = Field(sa_type=PATH)
    grid_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="grids.id")
    programme: GridProgramme | None = Field(default=None, sa_type=Words(GridProgramme))  # of its grid, or by a tag

    state: CaseState = Field(sa_type=Words(CaseState))
    stage: CaseStage | None = Field(default=None, sa_type=Words(CaseStage))
    is_open: bool = True
    outcome: CaseOutcome | None = Field(default=None, sa_type=Words(CaseOutcome))
    held_by: str = Field(sa_type=CODE, foreign_key="divisions.code")  # centre that holds the case now
    hops: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # how often it went to another level
    hop_id: int | None = Field(default=None, sa_type=BIG_ID)  # the hop that waits for its receipt
    answer_with: str | None = Field(default=None, sa_type=CODE)  # centre that passes the answer on next
    responsible_unit_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="departments.id")
    proposed_unit_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="departments.id")
    service_provider_ids: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    open_work_orders: int = 0
    open_expedites: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # orders without a reply
    shared_unit_ids: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    assisting_unit_ids: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    joint_unit_ids: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    """Joint units whose disposition of this round is still missing."""
    follower_keys: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    merged_into_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="cases.id")
    parent_id: int | None = Field(default=None, sa_type=BIG_ID)  # never changes
    children: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # of all rounds
    open_children: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    state_before: CaseState | None = Field(default=None, sa_type=Words(CaseState))  # while a reopen is decided
    urges: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    urged_at: datetime | None = Field(default=None, sa_type=Instant)  # last

    channel: Channel | None = Field(default=None, sa_type=Words(Channel))  # asked for, else by source
    dispositions: int = 0  # given in this round
    responses: int = 0  # delivered, or provably undeliverable, in this round
    open_deliveries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # of any round
    unanswered_since: datetime | None = Field(default=None, sa_type=Instant)  # no disposition or response
    ruling_path: str | None = Field(default=None, sa_type=PATH)
    """Division whose commander, or one above, has to rule: views conflict; null where they do not."""
    is_ruled: bool = False  # a jurisdiction ruling binds the unit
    is_self_handled: bool = False
    visits: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # that prove somebody went, this round
    is_pressing: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # 急难愁盼
    risk: RiskLevel | None = Field(default=None, sa_type=Words(RiskLevel))
    is_discovery: bool = False  # found by grid, community or village staff
    returns: int = 0
    rework_count: int = 0
    verification: VerificationResult | None = Field(default=None, sa_type=Words(VerificationResult))
    check_result: CheckResult | None = Field(default=None, sa_type=Words(CheckResult))
    handled_by: str | None = Field(default=None, max_length=120)  # principal; may not check its own work
    acknowledged_at: datetime | None = Field(default=None, sa_type=Instant)  # of an urgent case: somebody has seen it
    acknowledged_by: str | None = Field(default=None, max_length=120)  # principal
    is_confirmed: bool | None = None  # what the submitter said: solved or not

    submitted_at: datetime = Field(sa_type=Instant)
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    registered_at: datetime | None = Field(default=None, sa_type=Instant)
    dispatched_at: datetime | None = Field(default=None, sa_type=Instant)
    signed_at: datetime | None = Field(default=None, sa_type=Instant)
    handled_at: datetime | None = Field(default=None, sa_type=Instant)
    reworked_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
    stage_at: datetime = Field(sa_type=Instant)  # when the present stage began

    clock_started_at: datetime | None = Field(default=None, sa_type=Instant)
    clock_runs: bool = False
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    near_due_at: datetime | None = Field(default=None, sa_type=Instant)
    paused_at: datetime | None = Field(default=None, sa_type=Instant)
    was_late: bool = False
    is_exempt: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # from figures of lateness
    appealed_at: datetime | None = Field(default=None, sa_type=Instant)  # the unit calls its lateness excused
    appeal_decided_at: datetime | None = Field(default=None, sa_type=Instant)
    is_evaluated: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # period published
    extensions: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # approved, of this round
    extension_requested_at: datetime | None = Field(default=None, sa_type=Instant)  # until it is decided
    clocks: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    """Those that have not stopped, as resolvers/rules/clocks.py stores them."""
    alarm_at: datetime | None = Field(default=None, sa_type=Instant)  # when one becomes near due or overdue
    timer_at: datetime | None = Field(default=None, sa_type=Instant)  # when SYSTEM has something to do
    watch_at: datetime | None = Field(default=None, sa_type=Instant)  # when it is looked at for a loop break


class Step(SQLModel, table=True):
    """What one action left in the case's history. Only ever appended."""

    __tablename__ = "steps"
    __table_args__ = (
        UniqueConstraint("case_id", "version"),
        # Who sends back to whom, in a period: few steps are returns.
        Index(
            "ix_steps_returns",
            "at",
            "case_id",
            sqlite_where=text("action = 'RETURN'"),
            postgresql_where=text("action = 'RETURN'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    version: int
    action: CaseAction = Field(sa_type=Words(CaseAction))
    from_state: CaseState | None = Field(default=None, sa_type=Words(CaseState))
    to_state: CaseState = Field(sa_type=Words(CaseState))
    actor: str = Field(max_length=120)
    actor_role: Role = Field(sa_type=Words(Role))
    at: datetime = Field(sa_type=Instant)
    note: str | None = Field(default=None, sa_type=Text)  # internal
    work_order_id: int | None = Field(default=None, sa_type=BIG_ID)
    department_id: int | None = Field(default=None, sa_type=BIG_ID)  # the unit the action names


class Disposition(SQLModel, table=True):
    """The handling unit's finding and decision."""

    __tablename__ = "dispositions"
    __table_args__ = (
        Index("ix_dispositions_case", "case_id", "id"),
        Index("ix_dispositions_speed", "realm", "at", "division_path", "answer_seconds"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int
    unit_name: str = Field(max_length=80)
    department_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="departments.id")
    basis: str | None = Field(default=None, max_length=200)
    text: str = Field(sa_type=Text)
    outcome: CaseOutcome | None = Field(default=None, sa_type=Words(CaseOutcome))
    share_right: ShareRight | None = Field(default=None, sa_type=Words(ShareRight))  # of an assisting unit
    actor: str = Field(max_length=120)
    at: datetime = Field(sa_type=Instant)
    realm: Realm | None = Field(default=None, sa_type=Words(Realm))
    division_path: str | None = Field(default=None, sa_type=PATH)  # of the case when it was given
    is_superseded: bool = Field(default=False, sa_column_kwargs={"server_default": false()})  # by a rework
    answered_at: datetime | None = Field(default=None, sa_type=Instant)  # a response written since was delivered, or
    answer_seconds: int | None = None  # ... proved undeliverable, which takes no seconds


class Response(SQLModel, table=True):
    """What the submitter is told, and whether it reached them."""

    __tablename__ = "responses"
    __table_args__ = (Index("ix_responses_case", "case_id", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    round: int
    text: str = Field(sa_type=Text)
    channel: Channel = Field(sa_type=Words(Channel))
    actor: str = Field(max_length=120)
    actor_role: Role = Field(sa_type=Words(Role))
    at: datetime = Field(sa_type=Instant)
    delivered_at: datetime | None = Field(default=None, sa_type=Instant)
    undeliverable_at: datetime | None = Field(default=None, sa_type=Instant)  # every channel failed, by report


class WorkOrder(SQLModel, table=True):
    """A task given to a service provider for a case."""

    __tablename__ = "work_orders"
    __table_args__ = (
        Index("ix_work_orders_case", "case_id", "id"),
        Index("ix_work_orders_provider", "service_provider_id", "is_visible", "case_id"),
        # Offers nobody has answered: a handful, looked at every second.
        Index(
            "ix_work_orders_offers",
            "offer_until",
            sqlite_where=text("state = 'OFFERED'"),
            postgresql_where=text("state = 'OFFERED'"),
        ),
        # What a period cost: only what was settled, which most orders are not.
        Index(
            "ix_work_orders_settled",
            "settled_at",
            sqlite_where=text("settled_at IS NOT NULL"),
            postgresql_where=text("settled_at IS NOT NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    service_provider_id: int = Field(sa_type=BIG_ID, foreign_key="service_providers.id")
    department_id: int = Field(sa_type=BIG_ID, foreign_key="departments.id")
    state: WorkOrderState = Field(sa_type=Words(WorkOrderState))
    is_visible: bool = True  # to its service provider: until declined or cancelled
    round: int = 1
    task: str = Field(max_length=200)
    reason: OutsourceReason = Field(sa_type=Words(OutsourceReason))
    catalogue_item_id: int | None = Field(default=None, sa_type=BIG_ID)  # null: offered before there was a catalogue
    quantity: int = Field(default=1, sa_column_kwargs={"server_default": "1"})  # in the item's unit
    unit_price_cents: int | None = None
    place: str | None = Field(default=None, max_length=200)  # where, in the department's words; no person
    offer_until: datetime | None = Field(default=None, sa_type=Instant)  # unanswered until then it lapses
    is_lapsed: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    crew_id: int | None = Field(default=None, sa_type=BIG_ID)
    technician_id: int | None = Field(default=None, sa_type=BIG_ID)
    appointment_at: datetime | None = Field(default=None, sa_type=Instant)
    appointment_until: datetime | None = Field(default=None, sa_type=Instant)
    started_at: datetime | None = Field(default=None, sa_type=Instant)
    rejected_at: datetime | None = Field(default=None, sa_type=Instant)  # last
    settled_at: datetime | None = Field(default=None, sa_type=Instant)
    settled_cents: int | None = None
    contact_given_at: datetime | None = Field(default=None, sa_type=Instant)  # while there is an `OrderContact`
    open_requests: Any = Field(default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]"))
    """Kinds of `OrderRequest` that wait for the department; one of a kind at a time."""
    due_at: datetime | None = Field(default=None, sa_type=Instant)
    offered_at: datetime = Field(sa_type=Instant)
    accepted_at: datetime | None = Field(default=None, sa_type=Instant)
    submitted_at: datetime | None = Field(default=None, sa_type=Instant)
    done_at: datetime | None = Field(default=None, sa_type=Instant)
    result: str | None = Field(default=None, sa_type=Text)
    note: str | None = Field(default=None, sa_type=Text)  # reason of the last decline, rejection or cancellation
    clause: str | None = Field(default=None, max_length=200)  # of the standard, when a result is rejected
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})  # of its own events in the journal
    flagged_at: datetime | None = Field(default=None, sa_type=Instant)  # when an update last did not fit its state


class CaseShare(SQLModel, table=True):
    """The right of a unit over a case that another answers for. The last one of a unit counts."""

    __tablename__ = "case_shares"
    __table_args__ = (
        Index("ix_case_shares_case", "case_id", "department_id"),
        Index("ix_case_shares_department", "department_id", "case_id"),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=BIG_ID)
    case_id: int = Field(sa_type=BIG_ID, foreign_key="cases.id")
    department_id: int = Field(sa_type=BIG_ID, foreign_key="departments.id")
    share_right: ShareRight = Field(sa_type=Words(ShareRight))
    reason: str = Field(max_length=200)
    shared_by: str = Field(max_length=120)
    at: datetime = Field(sa_type=Instant)
    ended_at: datetime | None = Field(default=None, sa_type=Instant)


class CaseFollower(SQLModel, table=True):
    """Somebody who follows a case without having handed it in."""

    __tablename__ = "case_followers"
    __table_args__ = (Index("ix_case_followers_key", "follower_key", "case_id"),)

    case_id: int = Field(primary_key=True, sa_type=BIG_ID, foreign_key="cases.id")
    follower_key: str = Field(primary_key=True, max_length=120)
    at: datetime = Field(sa_type=Instant)
    merged_case_id: int | None = Field(default=None, sa_type=BIG_ID)
    """The duplicate of theirs that was merged into it; null where they chose to follow."""


class Attachment(SQLModel, table=True):
    """A photo. Stored under a random name; belongs to whoever sent it until an action takes it up."""

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_case", "case_id", "created_at"),
        Index(
            "ix_attachments_order",
            "work_order_id",
            sqlite_where=text("work_order_id IS NOT NULL"),
            postgresql_where=text("work_order_id IS NOT NULL"),
        ),
    )

    id: str = Field(primary_key=True, max_length=40)
    realm: Realm = Field(sa_type=Words(Realm))
    uploader: str = Field(max_length=120)
    media_type: str = Field(max_length=40)
    size_bytes: int
    width: int
    height: int
    created_at: datetime = Field(sa_type=Instant)
    case_id: int | None = Field(default=None, sa_type=BIG_ID, foreign_key="cases.id")
    kind: EvidenceKind | None = Field(default=None, sa_type=Words(EvidenceKind))
    version: int | None = None  # of the case whose action took it up
    work_order_id: int | None = Field(default=None, sa_type=BIG_ID)  # whose result it belongs to
    taken_at: datetime | None = Field(default=None, sa_type=Instant)  # by the camera
    longitude: float | None = None  # personal, WGS-84: where somebody stood
    latitude: float | None = None  # personal
    distance_metres: int | None = None  # from the place of the case


class IdempotencyRecord(SQLModel, table=True):
    """What a (principal, key) was answered; kept for 24 hours."""

    __tablename__ = "idempotency_records"
    __table_args__ = (Index("ix_idempotency_records_age", "created_at"),)

    principal: str = Field(primary_key=True, max_length=120)
    key: str = Field(primary_key=True, max_length=64)
    body_hash: str = Field(sa_type=String(64))
    result: Any = Field(default=None, sa_type=JSON(none_as_null=True), nullable=True)
    created_at: datetime = Field(sa_type=Instant)
