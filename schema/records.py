"""What hangs on a case: who handed it in, its steps, dispositions, responses and photos."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import strawberry

from db.vocabulary import (
    CaseAction,
    CaseOutcome,
    CaseState,
    Channel,
    EvidenceKind,
    Role,
    ShareRight,
)
from resolvers.rules import access
from schema.catalogue import Department, department_of
from schema.context import Ask
from schema.ids import global_id
from schema.shown import Shown, own

if TYPE_CHECKING:
    pass


@strawberry.type(description="Who handed a case in. Names and numbers are masked; full ones by caseRevealContact.")
class Submitter:
    role: Role = strawberry.field(description="In which role it was handed in.")
    name: str | None = strawberry.field(
        description="Masked name, e.g. 张**; null on events and where nothing personal is shown."
    )
    phone: str | None = strawberry.field(description="Masked number, e.g. 138****0000; null like the name.")


@strawberry.type(description="办理记录: what one action left in the case's history.")
class Step(Shown):
    row: strawberry.Private[Any]
    hides_notes: strawberry.Private[bool] = False

    version: int = own("The case's version by this action.")
    action: CaseAction = own("What was done.")
    from_state: CaseState | None = own("State before; null for the submission.")
    to_state: CaseState = own("State after.")
    actor_role: Role = own("Role it was done in.")
    at: datetime = own("When, by the server's clock.")

    @strawberry.field(
        description="Internal note; null for submitters, service providers, walls and analysts, and on events."
    )
    def note(self) -> str | None:
        return None if self.hides_notes else self.row.note

    @strawberry.field(description="The department the action names; null where it names none.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="The work order it belongs to; null where there is none.")
    def work_order_id(self) -> strawberry.ID | None:
        return None if self.row.work_order_id is None else global_id("WorkOrder", self.row.work_order_id)


@strawberry.type(description="处理意见: the handling unit's finding and decision.")
class Disposition(Shown):
    row: strawberry.Private[Any]
    hides_words: strawberry.Private[bool] = False

    round: int = own("Round of the case it belongs to; 1 until reopened.")
    unit_name: str = own("Chinese name of the unit or role that decided.")
    basis: str | None = own("Basis of the decision; null where none was named.")
    outcome: CaseOutcome | None = own("Outcome it states.")
    share_right: ShareRight | None = own("Right of the assisting unit that gave it; null of the case's own unit.")
    at: datetime = own("When it was given.")

    @strawberry.field(description="The department that decided; null where it was a centre or a worker.")
    async def department(self, info: Ask) -> Department | None:
        return await department_of(info, self.row.department_id)

    @strawberry.field(description="The decision; null on events and where nothing personal is shown.")
    def text(self) -> str | None:
        return None if self.hides_words else self.row.text


@strawberry.type(description="回应: what the submitter was told.")
class Response(Shown):
    row: strawberry.Private[Any]
    hides_words: strawberry.Private[bool] = False
    names: strawberry.Private[tuple[str | None, ...] | None] = None  # to be taken out, with all long numbers

    round: int = own("Round of the case it belongs to.")
    channel: Channel = own("How it was delivered; before that, how it set out.")
    actor_role: Role = own("Role of who answered.")
    at: datetime = own("When it was written.")
    delivered_at: datetime | None = own("When it reached the submitter; null while it has not.")
    undeliverable_at: datetime | None = own("When the last channel failed, by report; null unless every one has.")

    @strawberry.field(
        description="The words, to followers without numbers and the submitter's name; null on events and where "
        "nothing personal is shown."
    )
    def text(self) -> str | None:
        if self.hides_words:
            return None
        return self.row.text if self.names is None else access.redacted(self.row.text, self.names)


@strawberry.type(description="A photo of a case.")
class Evidence(Shown):
    row: strawberry.Private[Any]

    @strawberry.field(description="The photo's id, as POST /files gave it.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.row.id)

    kind: EvidenceKind = own("Before or after handling.")
    media_type: str = own("image/jpeg or image/png.")
    size_bytes: int = own("Size in bytes.")
    width: int = own("Pixels.")
    height: int = own("Pixels.")
    created_at: datetime = own("When it was uploaded.")

    @strawberry.field(description="Path to fetch it from, with the same bearer token.")
    def url(self) -> str:
        return f"/files/{self.row.id}"
