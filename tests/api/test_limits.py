"""Bombs cost nothing: the rule is linear, counts each fragment once and refuses before validation."""

from __future__ import annotations

import time
from typing import Any

import pytest
from graphql import build_schema, get_introspection_query, parse

from api.limits import LIST_COST, CostRule
from api.operation import Operations, read_request
from resolvers.refusals import Code, Refusal

SDL = """
type Query { row: Row! rows(first: Int = 20): Pages! short: [Row!]! nodes(ids: [ID!]!): [Row]! name: String }
type Row { name: String row: Row! rows(first: Int = 20): Pages! short: [Row!]! }
type Pages { edges: [Edge!]! total: Int }
type Edge { node: Row! }
"""
SCHEMA = build_schema(SDL)
OPERATIONS = Operations(SCHEMA, introspection=True)


def weigh(query: str, variables: dict[str, Any] | None = None) -> Any:
    from api.limits import _Measurement, _types_of_pages  # noqa: PLC0415

    document = parse(query)
    measured = _Measurement(SCHEMA, _types_of_pages(SCHEMA), document, variables or {})
    return measured.operation(document.definitions[0])  # type: ignore[arg-type]


def chain(length: int, spreads: int = 2) -> str:
    links = [f"fragment F{n} on Row {{ row {{ {f'...F{n + 1} ' * spreads} }} }}" for n in range(length)]
    return "{ row { ...F0 } } " + " ".join(links) + f" fragment F{length} on Row {{ name }}"


def flat_chain(length: int) -> str:
    links = [f"fragment F{n} on Row {{ ...F{n + 1} }}" for n in range(length)]
    return "{ row { ...F0 } } " + " ".join(links) + f" fragment F{length} on Row {{ name }}"


EXPLODED = 1.0  # seconds of this thread: all take a tenth at most, and one that explodes takes minutes

BOMBS = {
    "depth": "{ row " * 16 + "{ name }" + " }" * 16,
    "nested fragments that double": chain(100, 2),
    "nested fragments of one level": "{ row { ...F0 } } "
    + " ".join(f"fragment F{n} on Row {{ ...F{n + 1} ...F{n + 1} }}" for n in range(120))
    + " fragment F120 on Row { name }",
    "aliases": "{ " + " ".join(f"a{n}: name" for n in range(101)) + " }",
    "aliases in a fragment": "{ "
    + " ".join(f"r{n}: row {{ ...A }}" for n in range(20))
    + " } fragment A on Row { "
    + " ".join(f"a{n}: name" for n in range(20))
    + " }",
    "tokens": "{ " + "name " * 2_001 + "}",
    "comments": "{ name } " + "#\n" * 1_001,
    "pages of pages": "{ rows(first: 100) { edges { node { rows(first: 100) { edges { node { rows(first: 100) "
    "{ edges { node { name } } } } } } } } } }",
    "lists of lists": "{ " + "short { " * 7 + "name" + " }" * 7 + " }",
    "directives": "{ name " + "@skip(if: false) " * 101 + "}",
    "one name many times": "{ " + "name " * 1_000 + "}",
    "one name through fragments": "{ "
    + " ".join(f"...A{n}" for n in range(120))
    + " } "
    + " ".join(f"fragment A{n} on Query {{ name }}" for n in range(120)),
    "in an operation not chosen": "query A { name } query B { " + "name " * 500 + "}",
    "a tree of one field": "{ " + "row { row { row { row { name } row { name } } } } " * 60 + "}",
    "brackets": "{ name(a: " + "[" * 900 + "]" * 900 + ") }",
    "braces": "{ row " * 900 + "}" * 900,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_refused_at_once(bomb: str) -> None:
    name = "A" if "query A" in BOMBS[bomb] else None
    request = read_request({"query": BOMBS[bomb], "operationName": name})

    began = time.thread_time()
    with pytest.raises(Refusal) as refused:
        OPERATIONS.choose(request)

    assert refused.value.code is Code.QUERY_TOO_COMPLEX
    assert time.thread_time() - began < EXPLODED


def test_two_hundred_nested_fragments_are_measured_at_once() -> None:
    query = flat_chain(200)
    document = parse(query)
    began = time.thread_time()

    CostRule(SCHEMA).check(document, document.definitions[0], {})  # type: ignore[arg-type]

    assert time.thread_time() - began < EXPLODED


@pytest.mark.parametrize(
    "query",
    [
        "{ row { ...A } } fragment A on Row { ...A }",
        "{ row { ...A } } fragment A on Row { row { ...B } } fragment B on Row { row { ...A } }",
        "{ row { ...Missing } }",
        "{ unknown { field } } fragment A on Nothing { x }",
        "{ ... on Nothing { a } }",
        "{ row }",
        "{ name { x } }",
        "{ row { } }",
    ],
)
def test_what_is_wrong_otherwise_is_left_to_validation(query: str) -> None:
    OPERATIONS.choose(read_request({"query": query}))


def test_the_figures_of_an_ordinary_query() -> None:
    weight = weigh("{ rows(first: 100) { total edges { node { name short { name } } } } a: name }")

    # 100 rows: page 1, edge 1, node 1, and a short list of 10 weighing 10 each with one object.
    assert (weight.depth, weight.aliases, weight.fields) == (5, 1, 8)
    assert weight.rows == 100 * (1 + 1 * (1 + 1 * (1 + 10)))


@pytest.mark.parametrize(
    ("query", "variables", "rows"),
    [
        ("{ rows { total } }", {}, 20),
        ("{ rows(first: 5) { total } }", {}, 5),
        ("{ rows(first: 1000000) { total } }", {}, 100),  # the resolver refuses it by name
        ("{ rows(first: -1) { total } }", {}, 1),
        ("{ rows(first: null) { total } }", {}, 20),
        ("query($n: Int) { rows(first: $n) { total } }", {"n": 7}, 7),
        ("query($n: Int) { rows(first: $n) { total } }", {"n": "x"}, 20),
        ("query($n: Int = 90) { rows(first: $n) { total } }", {}, 100),
        ('{ nodes(ids: ["1"]) { name } }', {}, 10),
        ("query($i: [ID!]!) { nodes(ids: $i) { name } }", {"i": ["1"] * 70}, 70),
    ],
)
def test_a_page_weighs_what_was_asked_for(query: str, variables: dict[str, Any], rows: int) -> None:
    assert weigh(query, variables).rows == rows


def test_the_limit_is_exact() -> None:
    fits = "{ rows(first: 100) { edges { node { rows(first: 100) { edges { node { name } } } } } } }"

    assert weigh(fits).rows == 100 * (1 + 1 + 1 + 100 * (1 + 1 + 1)) - 0
    assert weigh(fits).rows < LIST_COST


def test_the_introspection_of_the_tools_passes_in_development() -> None:
    OPERATIONS.choose(read_request({"query": get_introspection_query(descriptions=True)}))


async def test_the_same_rule_holds_on_http_and_on_sockets(city: Any) -> None:
    bomb = "{ row { " + "same { " * 20 + "number" + " }" * 21 + " }"

    over_http = await city.post({"query": bomb}, accept="application/graphql-response+json")
    async with city.talk() as talk:
        await talk.subscribe("1", bomb)
        on_socket = await talk.read()

    assert over_http.status_code == 400
    assert over_http.json()["errors"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
    assert on_socket["payload"][0]["extensions"]["code"] == "QUERY_TOO_COMPLEX"
