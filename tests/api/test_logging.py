"""Logs hold no person's numbers, no secrets, and one line an event."""

from __future__ import annotations

import pytest

from api.logging_setup import _redact_all, redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13812345678。", "电话[redacted]。"),
        ("+86 13812345678", "[redacted]"),
        ("0512-65123456", "[redacted]"),
        ("32050819900101123X", "[redacted]"),
        ("320508199001011234", "[redacted]"),
        ("case 32050820261122000123", "case 32050820261122000123"),
        ("a\nb\r\x1b[31m", "a\\u000ab\\u000d\\u001b[31m"),
        ("ordinary 12345", "ordinary 12345"),
    ],
)
def test_numbers_of_persons_and_control_characters_do_not_reach_the_log(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_secrets_and_nested_values_are_covered() -> None:
    event = {"event": "x", "token": "abc", "Authorization": "Bearer x", "more": {"phone": ["13812345678"]}}

    assert _redact_all(None, "info", event) == {
        "event": "x",
        "token": "***",
        "Authorization": "***",
        "more": {"phone": ["[redacted]"]},
    }
