"""The files of an assessment folder: rules, schemes and their components, with the evidence for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from db.database import Session
from db.imports import (
    AssessmentComponentRow,
    AssessmentRuleRow,
    AssessmentSchemeRow,
    Counts,
    save_assessment_components,
    save_assessment_rules,
    save_assessment_schemes,
)
from db.vocabulary import PopulationBand
from db.vocabulary.assessment import AssessedKind, IndicatorCode, ScoreMethod
from resolvers.spreadsheets import BadCell, Errors, Line, read_lines

RULES, SCHEMES, COMPONENTS = "assessment_rules", "assessment_schemes", "assessment_components"
COLUMNS: dict[str, tuple[str, ...]] = {
    RULES: ("valid_from", "split_minutes", "split_metres", "cap_percentile", "residents", "evidence"),
    SCHEMES: ("code", "version", "name", "valid_from", "bands", "evidence"),
    COMPONENTS: (
        "scheme_code", "scheme_version", "subject_kind", "indicator", "weight", "method", "steps", "evidence",
    ),
}  # fmt: skip
KEYS: dict[str, tuple[str, ...]] = {
    RULES: ("valid_from",),
    SCHEMES: ("code", "version"),
    COMPONENTS: ("scheme_code", "scheme_version", "subject_kind", "indicator"),
}
LONGEST_SPLIT_MINUTES = 24 * 60
LARGEST = 1_000_000

R = TypeVar("R")


@dataclass(slots=True)
class Schemes:
    rules: list[AssessmentRuleRow] = field(default_factory=list)
    schemes: list[AssessmentSchemeRow] = field(default_factory=list)
    components: list[AssessmentComponentRow] = field(default_factory=list)


def read_schemes(folder: Path, errors: Errors) -> Schemes:
    """All three files; a scheme stands with its components, so that their weights can be added up."""
    for kind in COLUMNS:
        if not (folder / f"{kind}.csv").is_file():
            errors.add(f"{kind}.csv", 0, "", "缺少文件", "the file is missing")
    if errors.count:
        return Schemes()
    found = Schemes(
        _rows(folder, RULES, _rule, errors),
        _rows(folder, SCHEMES, _scheme, errors),
        _rows(folder, COMPONENTS, _component, errors),
    )
    _check_weights(found, errors)
    return found


async def save_schemes(session: Session, found: Schemes) -> dict[str, Counts]:
    return {
        RULES: await save_assessment_rules(session, found.rules),
        SCHEMES: await save_assessment_schemes(session, found.schemes),
        COMPONENTS: await save_assessment_components(session, found.components),
    }


def _rows(folder: Path, kind: str, read: Callable[[Line], R], errors: Errors) -> list[R]:
    rows: list[R] = []
    first_seen: dict[tuple[str, ...], int] = {}
    for line in read_lines(folder / f"{kind}.csv", COLUMNS[kind], errors):
        try:
            rows.append(read(line))
            first = first_seen.setdefault(tuple(line.cells[column] for column in KEYS[kind]), line.number)
            if first != line.number:
                raise BadCell(KEYS[kind][0], f"与第 {first} 行重复", f"same key as line {first}")
        except BadCell as bad:
            errors.note(line.file, line.number, bad)
    return rows


def _rule(line: Line) -> AssessmentRuleRow:
    residents = {}
    for name, number in _pairs(line, "residents"):
        if name not in PopulationBand.__members__:
            raise BadCell("residents", f"未知人口分档「{name}」", f"unknown population band {name!r}")
        residents[name] = _whole(line, "residents", number)
    return AssessmentRuleRow(
        valid_from=line.day("valid_from"),
        split_minutes=line.whole("split_minutes", 0, LONGEST_SPLIT_MINUTES),
        split_metres=line.whole("split_metres", 0, LARGEST),
        cap_percentile=line.whole("cap_percentile", 1, 100),
        residents=residents,
        evidence=line.text("evidence", 200),
    )


def _scheme(line: Line) -> AssessmentSchemeRow:
    bands = [(name, _whole(line, "bands", least)) for name, least in _pairs(line, "bands")]
    floors = [least for _, least in bands]
    if not bands or floors != sorted(floors, reverse=True):
        raise BadCell("bands", "等次应从高到低", "bands must go from best to least")
    return AssessmentSchemeRow(
        code=line.code("code"),
        version=line.whole("version", 1, LARGEST),
        name=line.text("name", 80),
        valid_from=line.day("valid_from"),
        bands=[list(band) for band in bands],
        evidence=line.text("evidence", 200),
    )


def _component(line: Line) -> AssessmentComponentRow:
    method = line.word("method", ScoreMethod)
    steps = None
    if method is ScoreMethod.STEPS:
        steps = [
            [None if up_to == "" else _whole(line, "steps", up_to), _whole(line, "steps", points)]
            for up_to, points in _pairs(line, "steps")
        ]
        if not steps or steps[-1][0] is not None:
            raise BadCell("steps", "最后一档应无上限", "the last step must have no upper end")
    return AssessmentComponentRow(
        scheme_code=line.code("scheme_code"),
        scheme_version=line.whole("scheme_version", 1, LARGEST),
        subject_kind=line.word("subject_kind", AssessedKind),
        indicator=line.word("indicator", IndicatorCode),
        weight=line.whole("weight", 1, 100),
        method=method,
        steps=steps,
        evidence=line.text("evidence", 200),
    )


def _pairs(line: Line, column: str) -> list[tuple[str, str]]:
    """ "a:1;b:2" as pairs."""
    pairs = [part.partition(":") for part in line.text(column, 500).split(";")]
    if any(not colon for _, colon, _ in pairs):
        raise BadCell(column, "应为 a:1;b:2 的格式", "expected pairs like a:1;b:2")
    return [(before, after) for before, _, after in pairs]


def _whole(line: Line, column: str, text: str) -> int:
    return Line(line.file, line.number, {column: text}).whole(column, 0, LARGEST)


def _check_weights(found: Schemes, errors: Errors) -> None:
    """Every version has components, each component a version, and the weights of a kind of subject make 100."""
    versions = {(row.code, row.version) for row in found.schemes}
    weights: dict[tuple[str, int], dict[Any, int]] = defaultdict(lambda: defaultdict(int))
    for row in found.components:
        weights[row.scheme_code, row.scheme_version][row.subject_kind] += row.weight
    for code, version in sorted(versions ^ weights.keys()):
        errors.add(
            f"{COMPONENTS}.csv", 0, "", f"方案 {code} 第 {version} 版与指标不对应",
            f"scheme {code} version {version} and its components do not match",
        )  # fmt: skip
    for (code, version), kinds in sorted(weights.items()):
        for kind, weight in sorted(kinds.items()):
            if weight != 100:
                errors.add(
                    f"{COMPONENTS}.csv", 0, "weight",
                    f"方案 {code} 第 {version} 版「{kind.label}」权重合计 {weight}，应为 100",
                    f"weights of {code} version {version} for {kind} add up to {weight}, not 100",
                )  # fmt: skip
