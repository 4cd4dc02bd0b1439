"""What makes two fields the same, what a value must look like, and how much of it may be shown. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from db.vocabulary.collecting import FieldValueKind
from resolvers.rules import access

SAYS_NOTHING = ("居民", "本人", "信息", "情况", "的")
"""Words that make a name longer and no field another."""

MANY_DIGITS = re.compile(r"\d[\d\- ]{5,}[\dXx]")
MASK = "***"


def name_key(name: str) -> str:
    """What of a name is compared: letters and digits in one width and case, without words that say nothing."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    letters = "".join(character for character in plain if character.isalnum())
    short = letters
    for word in SAYS_NOTHING:
        short = short.replace(word, "")
    return short or letters


def is_fresh(found_at: datetime, refresh_days: int, now: datetime) -> bool:
    return now < found_at + timedelta(days=refresh_days)


def read_value(kind: FieldValueKind, choices: list[str], given: str) -> str | None:
    """The value as it is kept; None where it is no value of the kind."""
    value = given.strip()
    match kind:
        case FieldValueKind.TEXT:
            is_right = 0 < len(value) <= 200 and not any(unicodedata.category(one) == "Cc" for one in value)
        case FieldValueKind.NUMBER:
            is_right = _is_number(value)
        case FieldValueKind.DATE:
            is_right = _is_day(value)
        case FieldValueKind.YES_NO:
            is_right = value in ("true", "false")
        case FieldValueKind.CHOICE:
            is_right = value in choices
    return value if is_right else None


def _is_number(value: str) -> bool:
    try:
        return len(value) <= 30 and Decimal(value).is_finite()
    except InvalidOperation:
        return False


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def masked(kind: FieldValueKind, value: str) -> str:
    """A personal value as who works the grid sees it: enough to ask whether it still holds, too little to keep."""
    if kind is not FieldValueKind.TEXT:
        return MASK
    if MANY_DIGITS.fullmatch(value):
        return access.masked_phone(value) or MASK
    return access.masked_name(value[:3]) or MASK
