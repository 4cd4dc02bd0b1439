"""What a subscription document has in common with others: its text without the position it starts from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    StringValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from api.operation import TOKENS, Operation

SHARED_FIELDS = frozenset({"caseEvents", "workOrderEvents"})
POSITION = "after"
DOCUMENTS_KEPT = 512


@dataclass(frozen=True, slots=True)
class Shape:
    """A subscription document, and its text without the position: what equal subscriptions have in common."""

    document: DocumentNode
    errors: tuple[GraphQLError, ...]
    text: str | None = None  # None where this cannot be told: such a subscription is executed by itself
    position_variable: str | None = None  # where the position is a variable
    position: str | None = None  # where it is written into the document
    field: str | None = None  # the root field, where it is shared

    @property
    def is_shared(self) -> bool:
        return self.text is not None


def shape_of(schema: GraphQLSchema, operation: Operation) -> Shape:
    return _shape(schema, operation.query, operation.name)


@lru_cache(maxsize=DOCUMENTS_KEPT)
def _shape(schema: GraphQLSchema, query: str, name: str | None) -> Shape:
    document = parse(query, max_lexical_tokens=TOKENS)
    errors = tuple(validate(schema, document))
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    chosen = next((one for one in operations if name is None or (one.name and one.name.value == name)), None)
    roots = chosen.selection_set.selections if chosen is not None else ()
    if errors or len(roots) != 1 or not isinstance(field := roots[0], FieldNode):
        return Shape(document, errors)
    if field.name.value not in SHARED_FIELDS or field.directives:
        return Shape(document, errors)
    name_of = field.name.value
    given = next((argument.value for argument in field.arguments or () if argument.name.value == POSITION), None)
    if given is None:
        return Shape(document, errors, print_ast(document), field=name_of)
    if isinstance(given, VariableNode) and _is_only_position(document, given.name.value):
        return Shape(document, errors, print_ast(document), position_variable=given.name.value, field=name_of)
    if isinstance(given, StringValueNode):
        text = print_ast(visit(document, _WithoutPosition(field)))
        return Shape(document, errors, text, position=given.value, field=name_of)
    return Shape(document, errors)


def _is_only_position(document: DocumentNode, variable: str) -> bool:
    """The variable is used once, and has no default that would stand for it."""
    counter = _Uses(variable)
    visit(document, counter)
    return counter.found == 2 and not counter.has_default  # its definition and its use


class _Uses(Visitor):
    def __init__(self, variable: str) -> None:
        super().__init__()
        self._variable = variable
        self.found = 0
        self.has_default = False

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: object) -> None:
        self.has_default |= node.variable.name.value == self._variable and node.default_value is not None

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.found += node.name.value == self._variable


class _WithoutPosition(Visitor):
    """Takes a literal position out of the root field, so that it does not tell equal subscriptions apart."""

    def __init__(self, field: FieldNode) -> None:
        super().__init__()
        self._field = field

    def enter_field(self, node: FieldNode, *_: object) -> FieldNode | None:
        if node is not self._field:
            return None
        kept = tuple(argument for argument in node.arguments or () if argument.name.value != POSITION)
        return FieldNode(
            alias=node.alias, name=node.name, arguments=kept, directives=node.directives,
            selection_set=node.selection_set,
        )  # fmt: skip
