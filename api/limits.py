"""The one rule of what a document may cost: computed before validation, in time linear in the document.

Every fragment is measured once and its figures are added wherever it is spread, so nested spreads cost nothing
extra to measure. Figures saturate instead of growing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)
from graphql.type import GraphQLField, GraphQLInterfaceType, GraphQLObjectType

from resolvers.refusals import Code, Refusal

DEPTH = 15
ALIASES = 100
FIELDS = 2_000
LIST_COST = 200_000
DIRECTIVES = 100
REPETITIONS = 100  # of response names, whole document: validation compares such fields pair by pair
PAGE_DEFAULT = 20
PAGE_MOST = 100  # resolvers refuse more, with a message of their own
UNPAGED_LIST = 10  # rows we expect of a list that is short by nature
SATURATED = 10_000_000


@dataclass(slots=True)
class Weight:
    depth: int = 0
    aliases: int = 0
    fields: int = 0
    rows: int = 0  # objects the answer may hold
    names: Counter[str] = field(default_factory=Counter)  # response names of this level

    def add(self, other: Weight) -> None:
        self.depth = max(self.depth, other.depth)
        self.aliases = min(SATURATED, self.aliases + other.aliases)
        self.fields = min(SATURATED, self.fields + other.fields)
        self.rows = min(SATURATED, self.rows + other.rows)


class CostRule:
    """Made once per schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._pages = _types_of_pages(schema)

    def check(self, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> None:
        """Raises QUERY_TOO_COMPLEX, naming the limit and what came."""
        measured = _Measurement(self._schema, self._pages, document, variables)
        weight = measured.operation(operation)
        figures = (
            ("depth", weight.depth, DEPTH),
            ("aliases", weight.aliases, ALIASES),
            ("fields", weight.fields, FIELDS),
            ("cost", weight.rows, LIST_COST),
            ("directives", measured.directives, DIRECTIVES),
            ("repetitions of fields", measured.repetitions, REPETITIONS),
        )
        for what, came, most in figures:
            if came > most:
                raise Refusal(Code.QUERY_TOO_COMPLEX, detail=f"{what} {came} > {most}")


def _types_of_pages(schema: GraphQLSchema) -> frozenset[str]:
    """Types that stand between a field with `first` and its rows: their own lists are the page."""
    with_fields = GraphQLObjectType | GraphQLInterfaceType
    objects = (kind for kind in schema.type_map.values() if isinstance(kind, with_fields))
    return frozenset(
        get_named_type(field.type).name
        for kind in objects
        for field in kind.fields.values()
        if "first" in field.args and not is_list_type(get_nullable_type(field.type))
    )


class _Measurement:
    def __init__(
        self, schema: GraphQLSchema, pages: frozenset[str], document: DocumentNode, variables: Mapping[str, Any]
    ) -> None:
        self._schema = schema
        self._document = document
        self._pages = pages
        self._variables = variables
        self._definitions = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._fragments: dict[str, Weight] = {}
        self.directives = 0
        self.repetitions = 0

    def operation(self, chosen: OperationDefinitionNode) -> Weight:
        """Weight of the chosen operation. Directives and repetitions are counted over the whole document, used or
        not, because validation walks all of it."""
        for name in self._definitions:
            self._measure_fragments_below(name)
        operations = [node for node in self._document.definitions if isinstance(node, OperationDefinitionNode)]
        return {id(node): self._whole(node) for node in operations}[id(chosen)]

    def _whole(self, node: OperationDefinitionNode) -> Weight:
        self.directives += len(node.directives or ())
        return self._selections(node.selection_set, self._schema.get_root_type(node.operation))

    def _measure_fragments_below(self, first: str) -> None:
        """Innermost first and without recursion: a chain of fragments may be longer than the stack."""
        waiting, entered = [first], set[str]()
        while waiting:
            name = waiting[-1]
            definition = self._definitions[name]
            needed = (
                []
                if name in entered
                else [
                    spread
                    for spread in _spreads(definition.selection_set)
                    if spread in self._definitions and spread not in self._fragments and spread not in entered
                ]
            )
            entered.add(name)
            if needed:
                waiting += needed
                continue
            waiting.pop()
            if name not in self._fragments:
                self.directives += len(definition.directives or ())
                kind = self._schema.get_type(definition.type_condition.name.value)
                self._fragments[name] = self._selections(definition.selection_set, kind)

    def _selections(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Weight:
        total = Weight()
        for node in selections.selections if selections else ():
            self.directives += len(node.directives or ())
            if isinstance(node, FieldNode):
                total.add(self._field(node, parent))
                total.names[(node.alias or node.name).value] += 1
                continue
            if isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                kind = self._schema.get_type(condition.name.value) if condition else parent
                inner = self._selections(node.selection_set, kind)
            elif isinstance(node, FragmentSpreadNode):
                # A cycle has no weight yet; validation refuses it by its own rule.
                inner = self._fragments.get(node.name.value, Weight())
            else:
                continue
            total.add(inner)
            total.names.update(inner.names)
        repeated = total.names.total() - len(total.names)
        self.repetitions = min(SATURATED, self.repetitions + repeated)
        return total

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Weight:
        definition = _definition(self._schema, parent, node.name.value)
        kind = get_named_type(definition.type) if definition else None
        inner = self._selections(node.selection_set, kind)
        rows = 0
        if node.selection_set and (kind is None or is_composite_type(kind)):
            rows = min(SATURATED, self._rows_of(node, definition, parent) * (1 + inner.rows))
        return Weight(
            depth=inner.depth + 1,
            aliases=inner.aliases + (node.alias is not None),
            fields=inner.fields + 1,
            rows=rows,
        )

    def _rows_of(self, node: FieldNode, definition: GraphQLField | None, parent: GraphQLNamedType | None) -> int:
        if definition is None:
            return 1
        if "first" in definition.args:
            return self._first(node)
        if not is_list_type(get_nullable_type(definition.type)):
            return 1
        if parent is not None and parent.name in self._pages:
            return 1
        return max([UNPAGED_LIST, *self._lengths_of_lists(node)])

    def _first(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value != "first":
                continue
            value = argument.value
            if isinstance(value, IntValueNode):
                # The digits are counted first: int() of thousands of them is slow or refused.
                return PAGE_MOST if len(value.value) > 3 else max(1, min(PAGE_MOST, int(value.value)))
            given = self._variables.get(value.name.value) if isinstance(value, VariableNode) else None
            if isinstance(given, int) and not isinstance(given, bool):
                return max(1, min(PAGE_MOST, given))
            # Left to a default of the variable, which may be anything a page may be.
            return PAGE_MOST if isinstance(value, VariableNode) and given is None else PAGE_DEFAULT
        return PAGE_DEFAULT

    def _lengths_of_lists(self, node: FieldNode) -> Iterable[int]:
        """`nodes(ids: [...])` answers as many rows as it was given ids."""
        for argument in node.arguments or ():
            value = argument.value
            if isinstance(value, ListValueNode):
                yield len(value.values)
            elif isinstance(value, VariableNode):
                given = self._variables.get(value.name.value)
                if isinstance(given, list):
                    yield len(given)


def _spreads(selections: SelectionSetNode | None) -> list[str]:
    found: list[str] = []
    waiting = [selections]
    while waiting:
        current = waiting.pop()
        for node in current.selections if current else ():
            if isinstance(node, FragmentSpreadNode):
                found.append(node.name.value)
            elif isinstance(node, FieldNode | InlineFragmentNode):
                waiting.append(node.selection_set)
    return found


def _definition(schema: GraphQLSchema, parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) or (name.startswith("__") and parent is not None):
        return schema.get_field(parent, name)  # type: ignore[arg-type]  # knows __typename and __schema as well
    return None
