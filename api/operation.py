"""One operation that was asked for: read, parsed once, weighed and chosen. The same on HTTP and on sockets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    StringValueNode,
    Visitor,
    parse,
    visit,
)

from api.limits import CostRule
from api.wellformed import is_storable, require_storable
from resolvers.refusals import Code, Refusal

TOKENS = 2_000
COMMENTS = 1_000
INTROSPECTION = frozenset({"__schema", "__type"})
DOCUMENTS_KEPT = 512
KEPT_CHARACTERS = 16_384  # longer documents are parsed each time: nobody fills the memory with them


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent, with the right shapes and nothing else checked."""

    query: str
    operation_name: str | None
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    query: str
    name: str | None
    variables: dict[str, Any]
    kind: OperationType


@dataclass(frozen=True, slots=True)
class _Parsed:
    document: DocumentNode
    operations: tuple[OperationDefinitionNode, ...]
    introspects: bool
    is_storable: bool


def read_request(payload: object) -> Request:
    """The parameters of a GraphQL request; BAD_REQUEST names the one with the wrong shape."""
    if not isinstance(payload, dict):
        raise Refusal(Code.BAD_REQUEST, detail="expected a JSON object")
    query, name = payload.get("query"), payload.get("operationName")
    variables, extensions = payload.get("variables"), payload.get("extensions")
    if not isinstance(query, str) or not query.strip():
        raise Refusal(Code.BAD_REQUEST, detail="expected query: non-empty text")
    if not (name is None or isinstance(name, str)):
        raise Refusal(Code.BAD_REQUEST, detail="expected operationName: text or null")
    if not (variables is None or isinstance(variables, dict)):
        raise Refusal(Code.BAD_REQUEST, detail="expected variables: an object or null")
    if not (extensions is None or isinstance(extensions, dict)):
        raise Refusal(Code.BAD_REQUEST, detail="expected extensions: an object or null")
    return Request(query, name or None, variables or {})


class Operations:
    """Turns a request into an operation that may be executed, or refuses it."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool) -> None:
        self._cost = CostRule(schema)
        self._introspection = introspection

    def choose(self, request: Request) -> Operation:
        require_storable(request.query, "query")
        require_storable(request.variables, "variables")
        parsed = _parse_kept(request.query) if len(request.query) <= KEPT_CHARACTERS else _parse(request.query)
        if not parsed.is_storable:
            raise Refusal(Code.BAD_USER_INPUT, detail="query: NUL in a string")
        if parsed.introspects and not self._introspection:
            raise Refusal(Code.BAD_REQUEST, detail="introspection is off; the schema is published as schema.graphql")
        chosen = _choose(parsed.operations, request.operation_name)
        self._cost.check(parsed.document, chosen, request.variables)
        name = chosen.name.value if chosen.name else None
        return Operation(request.query, name, request.variables, chosen.operation)


def _choose(operations: tuple[OperationDefinitionNode, ...], name: str | None) -> OperationDefinitionNode:
    if name is None:
        if len(operations) != 1:
            raise Refusal(Code.BAD_REQUEST, detail=f"{len(operations)} operations in the document: name one")
        return operations[0]
    for operation in operations:
        if operation.name and operation.name.value == name:
            return operation
    raise Refusal(Code.BAD_REQUEST, detail="operationName is not an operation of the document")


def _parse(query: str) -> _Parsed:
    try:
        document = parse(query, max_lexical_tokens=TOKENS, max_comments=COMMENTS)
        seen = _Seen()
        visit(document, seen)
    except GraphQLError as error:
        raise _syntax_refusal(error) from None
    except RecursionError:
        raise Refusal(Code.QUERY_TOO_COMPLEX, detail="nested too deep to read") from None
    operations = tuple(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    return _Parsed(document, operations, seen.introspects, seen.is_storable)


_parse_kept = lru_cache(maxsize=DOCUMENTS_KEPT)(_parse)


class _Seen(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.introspects = False
        self.is_storable = True

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.introspects = self.introspects or node.name.value in INTROSPECTION

    def enter_string_value(self, node: StringValueNode, *_: object) -> None:
        self.is_storable = self.is_storable and is_storable(node.value)


def _syntax_refusal(error: GraphQLError) -> Refusal:
    if "nested too deeply" in error.message.lower():
        return Refusal(Code.QUERY_TOO_COMPLEX, detail="nested too deep to read")
    if "Document contains more than" in error.message:
        return Refusal(Code.QUERY_TOO_COMPLEX, detail=f"more than {TOKENS} tokens")
    # The lexer's word for a lone surrogate inside a string literal.
    is_surrogate = "Invalid Unicode escape sequence" in error.message
    code = Code.BAD_USER_INPUT if is_surrogate else Code.BAD_REQUEST
    line = error.locations[0].line if error.locations else 1
    column = error.locations[0].column if error.locations else 1
    return Refusal(code, detail=f"{error.message} ({line}:{column})")
