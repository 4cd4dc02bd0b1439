"""Words people type: present where required, not too long, nothing invisible."""

from __future__ import annotations

import unicodedata

from resolvers.refusals import Code, Refusal

SHORT = 200  # reasons, clauses, addresses
LONG = 4_000  # descriptions, dispositions, responses


def text(value: str | None, field: str, *, limit: int = LONG) -> str:
    """The words without surrounding space; refuses empty, over-long and control characters."""
    found = optional(value, field, limit=limit)
    if found is None:
        raise Refusal(Code.INVALID_INPUT, field=[field], expected="不能为空", expected_en="must not be empty")
    return found


def optional(value: str | None, field: str, *, limit: int = LONG) -> str | None:
    if value is None or not value.strip():
        return None
    if len(value) > limit:
        raise Refusal(
            Code.INVALID_INPUT,
            field=[field],
            expected=f"不超过 {limit} 字",
            expected_en=f"at most {limit} characters",
        )
    if any(unicodedata.category(character) == "Cc" and character not in "\n\r\t" for character in value):
        raise Refusal(
            Code.INVALID_INPUT, field=[field], expected="不能含控制字符", expected_en="no control characters"
        )
    return value.strip()


def reason(value: str | None, field: str = "reason") -> str:
    if value is None or not value.strip():
        raise Refusal(Code.REASON_REQUIRED, field=[field])
    return text(value, field, limit=SHORT)
