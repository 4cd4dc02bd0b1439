"""Opaque global ids: which kind of thing, and which one."""

from __future__ import annotations

import base64
import binascii

import strawberry

from resolvers.refusals import Code, Refusal

BIGGEST = 2**63 - 1


def global_id(kind: str, key: int | str) -> strawberry.ID:
    return strawberry.ID(base64.urlsafe_b64encode(f"{kind}:{key}".encode()).decode().rstrip("="))


def parse(text: str) -> tuple[str, str]:
    """Kind and key. BAD_USER_INPUT for what never was an id of ours; whether it exists is another question."""
    try:
        if len(text) > 100:
            raise ValueError
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
    except (ValueError, binascii.Error, UnicodeDecodeError, UnicodeEncodeError) as error:
        raise Refusal(Code.BAD_USER_INPUT, detail="expected an id of this API") from error
    kind, _, key = decoded.partition(":")
    if not kind.isalpha() or not key.isascii() or not key.isalnum() or global_id(kind, key) != text.rstrip("="):
        raise Refusal(Code.BAD_USER_INPUT, detail="expected an id of this API")
    return kind, key


def number(text: str, kind: str) -> int | None:
    """The database id of a `kind`; None for an id of something else."""
    found, key = parse(text)
    if found != kind or not key.isdecimal():
        return None
    value = int(key) if len(key) < 20 else BIGGEST + 1
    return value if value <= BIGGEST else None


def code(text: str, kind: str) -> str | None:
    """The code of a `kind` whose key is a code; None for an id of something else."""
    found, key = parse(text)
    return key if found == kind else None


def code_or_nothing(text: str, kind: str) -> str:
    """The code an input of a mutation names; empty, the code of nothing, for what is no id of a `kind`."""
    try:
        return code(text, kind) or ""
    except Refusal:
        return ""


@strawberry.interface(description="Anything with a global id.")
class Node:
    @strawberry.field(description="Opaque global id.")
    def id(self) -> strawberry.ID:
        raise NotImplementedError
