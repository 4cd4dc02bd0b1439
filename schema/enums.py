"""The vocabulary as GraphQL enums: each value's description is its Chinese label and one English sentence."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from db.vocabulary.word import all_words
from resolvers.refusals import CATALOGUE, Code


class Crs(StrEnum):
    """Coordinate systems."""

    WGS84 = "WGS84"
    GCJ02 = "GCJ02"


def _describe(words: type[StrEnum], name: str, descriptions: dict[str, str]) -> None:
    strawberry.enum(words, name=name, description=words.__doc__)
    for value in words.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = descriptions[value.name]


for _words in all_words():
    _describe(_words, _words.__name__, {word.name: f"{word.label} · {word.meaning}" for word in _words})

_describe(Code, "ErrorCode", {code.name: f"{CATALOGUE[code].zh} · {CATALOGUE[code].en}" for code in Code})
_describe(
    Crs,
    "Crs",
    {
        "WGS84": "WGS-84 · Longitude and latitude as a satellite receiver gives them.",
        "GCJ02": "GCJ-02 火星坐标 · Shifted coordinates as Chinese web maps and mini-programs draw them.",
    },
)
