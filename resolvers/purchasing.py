"""What a department may buy for a case, and from whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from db import cases, catalogue, purchasing
from db.cases import CaseRow
from db.clock import local_day
from db.database import Session
from db.purchasing import Done, ItemRow, ProviderRow
from db.scope import Scope
from db.vocabulary import Role
from resolvers.call import Call
from resolvers.refusals import Code, Refusal
from resolvers.rules import purchasing as rules
from resolvers.rules.policy import Policy
from resolvers.rules.purchasing import Fitness

MOST_PROVIDERS = 100  # of one place that are weighed; a prefecture has some dozens
MOST_QUANTITY = 10_000
MOST_CENTS = 2_000_000_000  # of one order: what an integer of GraphQL holds


async def item_of(session: Session, case: CaseRow, item_id: int | None, day: date) -> ItemRow:
    """The item a task for the case is bought by: the one named, else that of the nearest division.

    Refuses NOT_DELEGABLE for what may never be bought, NOT_IN_CATALOGUE for what nobody lists on that day.
    """
    matter = await catalogue.by_id(session, catalogue.matters, case.matter_id)
    name = "" if matter is None else matter.name
    if matter is not None and not matter.is_delegable:
        raise Refusal(Code.NOT_DELEGABLE, matter=name, why="涉及处罚、许可或裁决")
    await _check_not_reserved(session, case, None, name)
    listed = await purchasing.items_for(session, case.matter_id, case.division_path)
    if item_id is not None:
        listed = [item for item in listed if item.id == item_id]
    item = next((one for one in listed if one.valid_from <= day <= one.valid_to), None)
    if item is None:
        last = max((one.valid_to for one in listed), default=None)
        field = [] if item_id is None else ["catalogueItem"]
        raise Refusal(Code.NOT_IN_CATALOGUE, field=field, matter=name, until=last or "—", day=day)
    await _check_not_reserved(session, case, item, name)
    return item


async def _check_not_reserved(session: Session, case: CaseRow, item: ItemRow | None, matter: str) -> None:
    kind = None if item is None else item.task_kind
    reserved = await purchasing.reserved_for(session, case.division_path, case.matter_id, kind)
    if reserved is not None:
        raise Refusal(Code.NOT_DELEGABLE, matter=matter, why=reserved.reason)


async def fitnesses(
    session: Session, policy: Policy, case: CaseRow, item: ItemRow, providers: Sequence[ProviderRow], day: date
) -> list[Fitness]:
    """How fit these providers are for the task, the one to ask first at the head."""
    ids = [provider.id for provider in providers]
    areas = await purchasing.areas_by_provider(session, ids)
    held = await purchasing.qualifications_by_provider(session, ids)
    done = await purchasing.done_by_provider(session, case.realm, ids, item.id)
    required = await purchasing.kind_names(session, item.qualifications)
    found = []
    for provider in providers:
        paths = [area.path for area in areas[provider.id]]
        against = rules.obstacles(
            provider,
            areas=paths,
            held={one.kind_code: one for one in held[provider.id]},
            required=required,
            place=case.division_path,
            day=day,
            barred=policy.barred_institutions,
        )
        merits = rules.merits(provider, areas=paths, place=case.division_path, done=done.get(provider.id, Done()))
        found.append(Fitness(provider, tuple(against or merits)))
    return rules.ranked(found)


async def checked_provider(
    session: Session, call: Call, case: CaseRow, item: ItemRow, provider_id: int
) -> ProviderRow | None:
    """The provider if the task may be offered to it; None where it is not there for this place.

    Refuses with the code of the first obstacle, naming the item that is missing.
    """
    day = local_day(call.now)
    provider = await purchasing.provider_around(session, case.division_path, day, provider_id)
    if provider is None:
        return None
    [fitness] = await fitnesses(session, call.policy, case, item, [provider], day)
    for obstacle in fitness.obstacles:
        code = rules.REFUSED_WITH[obstacle.reason]
        raise Refusal(code, field=["serviceProvider"], provider=provider.name, detail=obstacle.detail)
    return provider


def checked_price(
    item: ItemRow, quantity: int, unit_price_cents: int | None, *, field: str = "unitPriceCents"
) -> int:
    """The price of one unit, the item's ceiling where none is named; refused above the ceiling."""
    if not 1 <= quantity <= MOST_QUANTITY:
        raise _not_between("quantity", 1, MOST_QUANTITY)
    price = item.ceiling_cents if unit_price_cents is None else unit_price_cents
    if price < 0 or price * quantity > MOST_CENTS:
        raise _not_between(field, 0, MOST_CENTS // quantity)
    if price > item.ceiling_cents:
        raise Refusal(
            Code.PRICE_OVER_CEILING,
            field=[field],
            item=item.minor_name,
            unit=item.unit,
            ceiling=yuan(item.ceiling_cents),
            price=yuan(price),
        )
    return price


def _not_between(field: str, least: int, most: int) -> Refusal:
    expected, expected_en = f"应为 {least} 至 {most}", f"expected {least} to {most}"
    return Refusal(Code.INVALID_INPUT, field=[field], expected=expected, expected_en=expected_en)


def yuan(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


CHOOSERS = frozenset({Role.HANDLER, Role.DISPATCHER, Role.SHIFT_LEADER, Role.COMMANDER})


def may_choose(scope: Scope, case: CaseRow) -> bool:
    """Who weighs providers for a case: its unit, and who leads the place. Not who is hired, nor who asked."""
    return bool(CHOOSERS & scope.roles_over(cases.columns_of(case)))


async def eligible(session: Session, policy: Policy, case: CaseRow, item: ItemRow, day: date) -> list[Fitness]:
    """Who of the place may take the task on, the one to ask first at the head, then who may not and why."""
    providers = await purchasing.around(session, case.division_path, day, MOST_PROVIDERS)
    return await fitnesses(session, policy, case, item, providers, day)
