"""CSV as governments send it: UTF-8 or GB18030, typed by hand, checked cell by cell.

Nothing here knows a table. A cell that cannot be read raises `BadCell`; the caller notes it with `Errors`,
under file, line and column and in both languages, and reads on: one run shows every bad row of a file.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from db.vocabulary.word import Word

SHOWN_ERRORS = 100  # more than anybody corrects before trying again
CELL_CHARACTERS = 2_000_000  # a coastline in one cell; anything longer is an unclosed quote
REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # control, invisible and line-breaking characters

R = TypeVar("R")
W = TypeVar("W", bound=Word)


@dataclass(frozen=True, slots=True)
class RowError:
    file: str
    line: int
    column: str
    zh: str
    en: str

    def __str__(self) -> str:
        where = f"[{self.column}] " if self.column else ""
        return f"{self.file}:{self.line}: {where}{self.zh} / {self.en}"


class BadCell(Exception):
    """What is wrong with one cell, in both languages."""

    def __init__(self, column: str, zh: str, en: str) -> None:
        super().__init__(zh)
        self.column, self.zh, self.en = column, zh, en


@dataclass(slots=True)
class Errors:
    """The first errors found, and how many more there were."""

    shown: list[RowError] = field(default_factory=list)
    more: int = 0

    def add(self, file: str, line: int, column: str, zh: str, en: str) -> None:
        if len(self.shown) < SHOWN_ERRORS:
            self.shown.append(RowError(file, line, column, zh, en))
        else:
            self.more += 1

    def note(self, file: str, line: int, bad: BadCell) -> None:
        self.add(file, line, bad.column, bad.zh, bad.en)

    @property
    def count(self) -> int:
        return len(self.shown) + self.more


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a file, with readers that raise `BadCell`."""

    file: str
    number: int
    cells: dict[str, str]

    def has(self, column: str) -> bool:
        return bool(self.cells.get(column))

    def text(self, column: str, longest: int) -> str:
        value = self.cells[column]
        if not value:
            raise BadCell(column, "不能为空", "must not be empty")
        if len(value) > longest:
            raise BadCell(
                column,
                f"过长：最多 {longest} 字，实有 {len(value)} 字",
                f"too long: at most {longest} characters, came {len(value)}",
            )
        return value

    def word(self, column: str, words: type[W]) -> W:
        """The English name or the Chinese label."""
        value = self.cells[column]
        for word in words:
            if value == word.label or value.upper() == word.value:
                return word
        raise BadCell(
            column,
            f"未知取值「{value}」，应为：{'、'.join(word.label for word in words)}",
            f"unknown word {value!r}, expected one of {', '.join(word.value for word in words)}",
        )

    def digits(self, column: str, lengths: tuple[int, ...]) -> str:
        value = self.cells[column]
        if not (value.isascii() and value.isdigit()):
            raise BadCell(column, f"「{value}」应全为数字", f"{value!r} must be digits only")
        if len(value) not in lengths:
            listed = "/".join(map(str, lengths))
            raise BadCell(
                column,
                f"「{value}」应为 {listed} 位，实为 {len(value)} 位",
                f"{value!r} must have {listed} digits, came {len(value)}",
            )
        return value

    def code(self, column: str) -> str:
        """A name for machines: ASCII letters, digits, hyphen and dot, at most 32."""
        value = self.text(column, 32)
        if not all(c.isascii() and (c.isalnum() or c in "-._") for c in value):
            raise BadCell(
                column,
                f"编码「{value}」只能用字母、数字、连字符和点",
                f"code {value!r} may hold letters, digits, hyphens and dots only",
            )
        return value

    def whole(self, column: str, least: int, most: int) -> int:
        value = self.cells[column]
        if value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most:
            return int(value)
        raise BadCell(
            column,
            f"「{value}」应为 {least} 至 {most} 的整数",
            f"{value!r} must be a whole number from {least} to {most}",
        )

    def yes_or_no(self, column: str) -> bool:
        value = self.cells[column].lower()
        if value in ("true", "1", "是"):
            return True
        if value in ("false", "0", "否"):
            return False
        raise BadCell(column, f"「{value}」应为 是 或 否", f"{value!r} must be true or false")

    def day(self, column: str) -> date:
        value = self.cells[column]
        try:
            if len(value) == 10:
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise BadCell(column, f"日期「{value}」应为 2024-01-31 的格式", f"{value!r} must be a date like 2024-01-31")

    def degrees(self, column: str, most: float) -> float:
        value = self.cells[column]
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if abs(number) <= most:  # false for nan
            return number
        raise BadCell(
            column,
            f"「{value}」应为 -{most:g} 至 {most:g} 之间的度数",
            f"{value!r} must be degrees from -{most:g} to {most:g}",
        )


def read_lines(source: Path, columns: tuple[str, ...], errors: Errors) -> Iterator[Line]:
    """The records of a CSV file (plain or .gz) that has at least `columns` in its first line.

    Blank lines are skipped, unknown columns ignored, outer blanks of a cell dropped. A record with a control
    character or a wrong number of cells is noted and left out.
    """
    file = source.name
    text = _decode(file, source, errors)
    if text is None:
        return
    csv.field_size_limit(CELL_CHARACTERS)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _header_is_good(file, header, columns, errors):
            return
        first = reader.line_num + 1
        for record in reader:
            if any(record):
                try:
                    _check_record(header, record)
                except BadCell as bad:
                    errors.note(file, first, bad)
                else:
                    yield Line(file, first, dict(zip(header, map(str.strip, record), strict=True)))
            first = reader.line_num + 1
    except csv.Error as error:
        errors.add(file, reader.line_num, "", f"CSV 格式错误：{error}", f"malformed CSV: {error}")


def _header_is_good(file: str, header: list[str], columns: tuple[str, ...], errors: Errors) -> bool:
    missing = [column for column in columns if column not in header]
    for column in missing:
        errors.add(file, 1, column, "缺少表头列", "header column is missing")
    twice = sorted({column for column in header if column and header.count(column) > 1})
    for column in twice:
        errors.add(file, 1, column, "表头列重复", "header column appears twice")
    return not missing and not twice


def _check_record(header: list[str], record: list[str]) -> None:
    if len(record) != len(header):
        zh, en = f"应有 {len(header)} 列，实有 {len(record)} 列", f"expected {len(header)} cells, came {len(record)}"
        raise BadCell("", zh, en)
    for column, value in zip(header, record, strict=True):
        if value.isprintable():
            continue
        for character in value:
            if unicodedata.category(character) in REFUSED_CATEGORIES:
                name = f"U+{ord(character):04X}"
                raise BadCell(column, f"含控制字符 {name}", f"holds the control character {name}")


def _decode(file: str, source: Path, errors: Errors) -> str | None:
    try:
        raw = source.read_bytes()
        if source.suffix == ".gz":
            raw = gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        errors.add(file, 0, "", f"无法读取文件：{error}", f"cannot be read: {error}")
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start
    # GB18030 accepts nearly any bytes, so a UTF-8 file with one broken character would pass as gibberish.
    guess = raw.decode("utf-8", errors="replace")
    broken = guess.count("\ufffd")
    if sum(character > "\x7f" for character in guess) - broken <= broken:
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError as error:
            start = error.start
    errors.add(
        file,
        raw.count(b"\n", 0, start) + 1,
        "",
        "编码错误：既不是有效的 UTF-8，也不是 GB18030",
        "broken encoding: neither valid UTF-8 nor GB18030",
    )
    return None


def rows_of(
    folder: Path,
    kind: str,
    columns: tuple[str, ...],
    key: tuple[str, ...],
    read: Callable[[Line], R],
    errors: Errors,
) -> list[R]:
    """What `<kind>.csv` of a folder holds, none where there is no such file; each key once."""
    source = folder / f"{kind}.csv"
    if not source.is_file():
        return []
    rows: list[R] = []
    first_seen: dict[tuple[str, ...], int] = {}
    for line in read_lines(source, columns, errors):
        try:
            rows.append(read(line))
            first = first_seen.setdefault(tuple(line.cells[column] for column in key), line.number)
            if first != line.number:
                raise BadCell(key[0], f"与第 {first} 行重复", f"same key as line {first}")
        except BadCell as bad:
            errors.note(line.file, line.number, bad)
    return rows
