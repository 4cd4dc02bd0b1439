"""What an answer may show of a person, and how much of a place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from unicodedata import decimal

from db.scope import CaseColumns, Masking, Scope, ScopeKind
from db.vocabulary import Role
from resolvers.rules.standing import Standing

# Phones, identity and card numbers, with whatever people put between the digits.
_NUMBERS = re.compile(r"(?<!\d)(\d(?:[^\w,;。，；]|_){0,3}){6,}\d[Xx]?(?!\d)")
_HOUSE = re.compile(r"\d+")
ROUGH_DECIMALS = 3  # about 100 m


def standing(scope: Scope, case: CaseColumns) -> Standing:
    return Standing(
        scope.roles_over(case),
        scope.handed_in(case),
        bool(scope.shares(case)),
        scope.follows(case),
        dispatches_for(scope),
        frozenset(g.value for g in scope.grants if g.role is Role.COMMANDER and g.kind is ScopeKind.DIVISION),
        scope.shares(case),
    )


def dispatches_for(scope: Scope) -> frozenset[str]:
    """Divisions whose own dispatcher somebody is: to work below a division is not to be the dispatcher there."""
    return frozenset(
        grant.value.rstrip("/").rpartition("/")[2]
        for grant in scope.grants
        if grant.role is Role.DISPATCHER and grant.kind is ScopeKind.DIVISION
    )


def may_see_order(scope: Scope, order: Any, where: CaseColumns) -> bool:
    """Who sees the case as an insider sees its every order; for a service provider others' orders are not there."""
    outside = (ScopeKind.SERVICE_PROVIDER, ScopeKind.SELF)
    if any(grant.kind not in outside and grant.covers(where) for grant in scope.grants):
        return True
    return looks_as_provider(scope, order)


def looks_as_provider(scope: Scope, order: Any) -> bool:
    """Whether somebody reads an order as the firm that was given it."""
    return bool(order.is_visible) and any(
        grant.kind is ScopeKind.SERVICE_PROVIDER and grant.value == str(order.service_provider_id)
        for grant in scope.grants
    )


_ABROAD_LEAST = 12  # digits with 86 before them
_NUMBER_LEAST = 7  # digits; with fewer, numbers are the same only if they are equal


def is_same_number(one: str | None, other: str | None) -> bool:
    """Whether two phone numbers reach the same: with or without prefixes, area code and what stands between."""
    short, long = sorted((_digits(one), _digits(other)), key=len)
    return bool(short) and (short == long or (len(short) >= _NUMBER_LEAST and short in long))


def _digits(phone: str | None) -> str:
    """Without the prefixes that lead out of a house, out of the country and into China."""
    digits = "".join(str(decimal(character)) for character in phone or "" if character.isdecimal()).lstrip("0")
    return digits[2:].lstrip("0") if digits.startswith("86") and len(digits) >= _ABROAD_LEAST else digits


ONLOOKERS = frozenset({Role.DISPLAY, Role.ANALYST})


def may_see_staff(scope: Scope, provider_id: int) -> bool:
    """Whom a provider sends out: for its own people, and for those who work on cases of divisions and units."""
    return any(
        grant.value == str(provider_id)
        if grant.kind is ScopeKind.SERVICE_PROVIDER
        else grant.kind in (ScopeKind.DIVISION, ScopeKind.DEPARTMENT) and grant.role not in ONLOOKERS
        for grant in scope.grants
    )


def is_onlooker(scope: Scope) -> bool:
    """Walls and analysts: they see that something happened, not the words people wrote about it."""
    return scope.masking is Masking.NONE_PERSONAL and not any(
        grant.kind is ScopeKind.SERVICE_PROVIDER for grant in scope.grants
    )


def working_scope(scope: Scope) -> Scope:
    """Cases somebody sees by a role over them: not because they handed them in, and not because they are hired."""
    outside = (ScopeKind.SELF, ScopeKind.SERVICE_PROVIDER)
    return replace(scope, grants=frozenset(grant for grant in scope.grants if grant.kind not in outside))


def only_follows(scope: Scope, case: CaseColumns) -> bool:
    """Whether somebody sees a case only because they follow it: how it goes, not what its submitter wrote."""
    return scope.follows(case) and not (scope.handed_in(case) or scope.roles_over(case) or scope.shares(case))


def hides_notes(scope: Scope, case: CaseColumns) -> bool:
    """Internal notes are for insiders: not for who handed it in, nor for service providers."""
    return scope.roles_over(case) <= {Role.PROVIDER_STAFF, Role.PROVIDER_ADMIN} and not scope.shares(case)


def masked_name(name: str | None) -> str | None:
    """张三丰 -> 张**."""
    return None if not name else name[0] + "*" * max(len(name) - 1, 1)


def masked_phone(phone: str | None) -> str | None:
    """13812340000 -> 138****0000; of a shorter number only the last two digits."""
    if not phone:
        return None
    digits = sum(character.isdecimal() for character in phone)
    if digits >= 11:
        return phone[:3] + "****" + phone[-4:]
    return "****" + phone[-2:] if digits >= 7 else "****"


def masked_words(text: str) -> str:
    """Somebody's own words with every long number masked."""
    return _NUMBERS.sub("****", text)


def redacted(text: str, names: Iterable[str | None] = ()) -> str:
    """Words that leave for somebody else's eyes or another network: long numbers and these names masked."""
    for name in names:
        if name and len(name) > 1:  # of one character every other word might be made
            text = text.replace(name, masked_name(name) or "")
    return masked_words(text)


def masked_address(address: str | None) -> str | None:
    """A street without house, building and room numbers."""
    return None if address is None else _HOUSE.sub("*", masked_words(address))


def rough(degrees: float) -> float:
    return round(degrees, ROUGH_DECIMALS)
