"""What every word of the domain is."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules
from typing import Self


class Word(StrEnum):
    label: str
    meaning: str

    def __new__(cls, value: str, label: str, meaning: str) -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        word.meaning = meaning
        return word


def all_words() -> list[type[Word]]:
    """Every kind of word there is: those of the case, then those of each subject in order of its name."""
    package = import_module(__package__)
    subjects = [
        import_module(f"{__package__}.{found.name}")
        for found in sorted(iter_modules(package.__path__), key=lambda found: found.name)
    ]
    return [
        words
        for module in (package, *subjects)
        for words in vars(module).values()
        if isinstance(words, type)
        and issubclass(words, Word)
        and words.__module__ == module.__name__
        and words is not Word
    ]
