"""Unified social credit codes. Pure. Source: GB 32100-2015."""

from __future__ import annotations

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
LENGTH = 18


def is_valid_uscc(code: str) -> bool:
    """Whether the 18 characters of a unified social credit code agree with its last."""
    if len(code) != LENGTH or any(character not in CHARACTERS for character in code):
        return False
    return CHARACTERS[check_value(code[:-1])] == code[-1]


def check_value(body: str) -> int:
    """Of the 17 characters before the last: weights are the powers of three, modulo 31."""
    total = sum(CHARACTERS.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return -total % 31
