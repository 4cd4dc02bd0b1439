"""Bytes and text from outside, made safe to hand on: JSON, and text that a database will take."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from resolvers.refusals import Code, Refusal

NESTING = 50  # levels of a variable; an input object of ours has four
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def parse_json(body: bytes | str) -> Any:
    """The value, or BAD_REQUEST. The standard library's parser, because it keeps lone surrogates for us to name."""
    try:
        text = body if isinstance(body, str) else body.decode("utf-8")
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Refusal(Code.BAD_REQUEST, detail="expected JSON in UTF-8") from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def require_storable(value: object, where: str) -> None:
    """Refuses NUL and lone surrogates anywhere inside, and nesting that no input of ours has."""
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        current, depth = waiting.pop()
        if depth > NESTING:
            raise Refusal(Code.BAD_USER_INPUT, detail=f"{where}: nested deeper than {NESTING}")
        if isinstance(current, str):
            if not is_storable(current):
                raise Refusal(Code.BAD_USER_INPUT, detail=f"{where}: NUL or lone surrogate")
        elif isinstance(current, dict):
            waiting += ((item, depth + 1) for pair in current.items() for item in pair)
        elif isinstance(current, list):
            waiting += ((item, depth + 1) for item in current)


def is_storable(text: str) -> bool:
    return (text.isascii() and "\x00" not in text) or _UNSTORABLE.search(text) is None
