"""The contract explains itself: whoever reads only the schema knows what everything means."""

from __future__ import annotations

from typing import Any

from db.vocabulary.word import all_words
from schema.build import schema


def undescribed() -> list[str]:
    missing = []
    for name, noun in schema._schema.type_map.items():
        if name.startswith("__"):
            continue
        if not noun.description:
            missing.append(name)
        fields: dict[str, Any] = getattr(noun, "fields", {})
        for field_name, field in fields.items():
            if not field.description:
                missing.append(f"{name}.{field_name}")
            arguments = getattr(field, "args", {})
            missing += [
                f"{name}.{field_name}({argument})"
                for argument, given in arguments.items()
                if argument != "input" and not given.description  # an input type describes itself
            ]
        missing += [f"{name}.{value}" for value, one in getattr(noun, "values", {}).items() if not one.description]
    return missing


def test_every_type_field_argument_and_value_says_what_it_means() -> None:
    assert undescribed() == []


def test_every_word_carries_its_chinese_label_into_the_contract() -> None:
    known = schema._schema.type_map
    for kind in all_words():
        if kind.__name__ not in known:
            continue
        values: dict[str, Any] = known[kind.__name__].values  # type: ignore[attr-defined]
        assert {name: value.description for name, value in values.items()} == {
            word.name: f"{word.label} · {word.meaning}" for word in kind
        }
        assert all("\u4e00" <= word.label[0] <= "\u9fff" or word.label[0].isascii() for word in kind)
