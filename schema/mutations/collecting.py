"""Registering fields, handing forms in, and looking at values in full."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import strawberry

from db.vocabulary.collecting import CollectedKind, CollectionPart, FieldValueKind
from resolvers import collecting, field_register
from resolvers.call import Call
from resolvers.collecting import Visit
from resolvers.field_register import NewField
from resolvers.once import Result
from resolvers.refusals import Code, Refusal
from schema.collecting import CollectionField, CollectionSubmission, submission_now
from schema.context import Ask
from schema.filters import aware
from schema.mutations import payloads
from schema.mutations.payloads import KeyedInput, UserError, call_of, error_of, key_of

SUBJECT = ("该采集对象", "The subject")


@strawberry.input(description="Register a field for a department of the caller's.")
class FieldRegisterInput(KeyedInput):
    owner: strawberry.ID = strawberry.field(description="The department that answers for it; one of the caller's.")
    code: str = strawberry.field(
        description="2 to 40 small letters, digits or underscores, a letter first; unique, for good."
    )
    kind: CollectedKind = strawberry.field(description="Whom or what it describes.")
    part: CollectionPart = strawberry.field(description="Part of the form.")
    name: str = strawberry.field(description="Chinese name, at most 40 characters.")
    definition: str = strawberry.field(description="What exactly is meant, at most 200 characters.")
    value_kind: FieldValueKind = strawberry.field(description="What a value looks like.")
    refresh_days: int = strawberry.field(description="For so many days a value is fresh: 1 to 3,650.")
    is_personal: bool = strawberry.field(description="Whether values are shown masked.")
    aliases: list[str] = strawberry.field(
        default_factory=list, description="Other names of the same; nobody may register those either. At most 20."
    )
    choices: list[str] = strawberry.field(default_factory=list, description="2 to 50 of a CHOICE; none of others.")


@strawberry.input(description="Retire a field.")
class FieldRetireInput(KeyedInput):
    field: str = strawberry.field(description="Its code.")


@strawberry.input(description="Let another department use a field.")
class FieldShareInput(KeyedInput):
    field: str = strawberry.field(description="Its code.")
    department: strawberry.ID = strawberry.field(description="The department that needs it, too.")
    part: CollectionPart = strawberry.field(description="For which part of the form.")
    reason: str = strawberry.field(description="What it needs it for; at most 200 characters.")


@strawberry.input(description="Let a department use a field no longer.")
class FieldUnshareInput(KeyedInput):
    field: str = strawberry.field(description="Its code.")
    department: strawberry.ID = strawberry.field(description="The department.")


@strawberry.type(description="Answer of an action on a field.")
class FieldPayload:
    field: CollectionField | None = strawberry.field(description="The field as it is now; null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="One value of a form.")
class CollectedValueInput:
    field: str = strawberry.field(description="Code of the field.")
    value: str = strawberry.field(
        description="As the field's kind asks: text, a decimal number, YYYY-MM-DD, true or false, or a choice."
    )


@strawberry.input(description="Hand a form in. An outbox may repeat it with its key, however late.")
class CollectionSubmitInput(KeyedInput):
    grid: strawberry.ID = strawberry.field(description="A grid the caller collects in.")
    kind: CollectedKind = strawberry.field(description="Whom or what it describes.")
    reference: str = strawberry.field(description="Which of them; personal; at most 60 characters.")
    values: list[CollectedValueInput] = strawberry.field(
        description="What was found, 1 to 100. Leave fresh values out that still hold."
    )
    found_at: datetime | None = strawberry.field(
        default=None, description="When it was found, by the phone; now where left out. A later find is not undone."
    )


@strawberry.type(description="Answer of collectionSubmit.")
class CollectionSubmitPayload:
    submission: CollectionSubmission | None = strawberry.field(description="Null when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when it was done.")


@strawberry.input(description="Look at values in full.")
class CollectionRevealInput(KeyedInput):
    subject_id: strawberry.ID = strawberry.field(description="Whose values.")
    fields: list[str] = strawberry.field(description="Codes of the fields, 1 to 100.")
    reason: str = strawberry.field(description="Why; kept with name and time; at most 200 characters.")


@strawberry.type(description="A value in full. Personal where its field is.")
class RevealedValue:
    field: CollectionField = strawberry.field(description="The field.")
    value: str = strawberry.field(description="The newest value.")
    found_at: datetime = strawberry.field(description="When it was found.")


@strawberry.type(description="Answer of collectionReveal.")
class CollectionRevealPayload:
    values: list[RevealedValue] = strawberry.field(description="Those the caller may read; empty when refused.")
    user_errors: list[UserError] = strawberry.field(description="Empty when they were shown.")


async def _on_field(info: Ask, input: KeyedInput, run: Callable[[Call], Awaitable[Result]]) -> FieldPayload:
    try:
        result = await run(call_of(info, input))
    except Refusal as refusal:
        return FieldPayload(field=None, user_errors=[error_of(refusal, info)])
    info.context.renew()
    row = await info.context.loaders.collection_field.load(result.object_id or 0)
    return FieldPayload(field=CollectionField(row=row), user_errors=[])


@strawberry.type
class CollectingMutation:
    @strawberry.mutation(
        description="登记采集项: a department owns a field from now on. One that is collected there already is "
        "refused with FIELD_EXISTS, which names it and its owner."
    )
    async def field_register(self, info: Ask, input: FieldRegisterInput) -> FieldPayload:
        async def run(call: Call) -> Result:
            owner = key_of(input.owner, "Department", "owner", payloads.DEPARTMENT, info)
            given = NewField(
                input.code,
                input.kind,
                input.part,
                input.name,
                input.definition,
                input.value_kind,
                input.refresh_days,
                input.is_personal,
                input.aliases,
                input.choices,
            )
            return await field_register.register(info.context.db, call, owner, given)

        return await _on_field(info, input, run)

    @strawberry.mutation(description="共用采集项: its owner lets another department use what is collected anyway.")
    async def field_share(self, info: Ask, input: FieldShareInput) -> FieldPayload:
        async def run(call: Call) -> Result:
            unit = key_of(input.department, "Department", "department", payloads.DEPARTMENT, info)
            return await field_register.share(info.context.db, call, input.field, unit, input.part, input.reason)

        return await _on_field(info, input, run)

    @strawberry.mutation(description="停止共用: the department sees values of the field no longer.")
    async def field_unshare(self, info: Ask, input: FieldUnshareInput) -> FieldPayload:
        async def run(call: Call) -> Result:
            unit = key_of(input.department, "Department", "department", payloads.DEPARTMENT, info)
            return await field_register.unshare(info.context.db, call, input.field, unit)

        return await _on_field(info, input, run)

    @strawberry.mutation(description="停用采集项: nobody is asked for it any more.")
    async def field_retire(self, info: Ask, input: FieldRetireInput) -> FieldPayload:
        return await _on_field(info, input, lambda call: field_register.retire(info.context.db, call, input.field))

    @strawberry.mutation(
        description="提交总表: one form reaches every unit that owns or shares its fields. By the worker of the grid "
        "or of its community."
    )
    async def collection_submit(self, info: Ask, input: CollectionSubmitInput) -> CollectionSubmitPayload:
        try:
            call = call_of(info, input)
            given = {one.field: one.value for one in input.values}
            if len(given) != len(input.values):
                raise Refusal(Code.INVALID_INPUT, field=["values"], expected="每个采集项只填一次",
                              expected_en="each field once")  # fmt: skip
            visit = Visit(
                key_of(input.grid, "Grid", "grid", payloads.GRID, info),
                input.kind,
                input.reference,
                None if input.found_at is None else aware(input.found_at, "foundAt"),
                given,
            )
            result = await collecting.submit(info.context.db, call, visit)
        except Refusal as refusal:
            return CollectionSubmitPayload(submission=None, user_errors=[error_of(refusal, info)])
        return CollectionSubmitPayload(submission=await submission_now(info, result.object_id or 0), user_errors=[])

    @strawberry.mutation(
        description="查看采集信息: values in full, for who collects in the grid and for units that own or share the "
        "fields. Name, time, fields and reason are on record before they are shown."
    )
    async def collection_reveal(self, info: Ask, input: CollectionRevealInput) -> CollectionRevealPayload:
        try:
            call = call_of(info, input)
            subject = key_of(input.subject_id, "CollectionSubject", "subjectId", SUBJECT, info)
            _, found = await collecting.reveal(info.context.db, call, subject, input.fields, input.reason)
        except Refusal as refusal:
            return CollectionRevealPayload(values=[], user_errors=[error_of(refusal, info)])
        values = [
            RevealedValue(field=CollectionField(row=field), value=row.value, found_at=row.found_at)
            for field, row in found
        ]
        return CollectionRevealPayload(values=values, user_errors=[])
