"""Facts of grids from files: who works them, party organisations, programmes, beats.

Or, without files, invented ones for every grid that is stored.

Workers belong to a realm, so that an exercise never changes who works in earnest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from hashlib import blake2b
from pathlib import Path

from db.database import Database, Session
from db.imports import (
    BeatGridRow,
    Counts,
    GridWorkerRow,
    PartyOrganisationRow,
    PoliceBeatRow,
    ProgrammeGridRow,
    Progress,
    WorkerAssignmentRow,
    beat_ids,
    division_paths,
    grids_by_code,
    save_beat_grids,
    save_grid_workers,
    save_party_organisations,
    save_police_beats,
    save_programmes,
    save_worker_assignments,
)
from db.vocabulary import Realm
from db.vocabulary.grid_facts import GridProgramme, PartyOrganisationKind
from db.vocabulary.workers import WorkerKind
from resolvers.importing import ImportReport, all_or_nothing
from resolvers.spreadsheets import BadCell, Errors, Line, rows_of

GRID_WORKERS, WORKER_ASSIGNMENTS = "grid_workers", "worker_assignments"
PARTY_ORGANISATIONS, PROGRAMMES = "party_organisations", "programmes"
POLICE_BEATS, BEAT_GRIDS = "police_beats", "beat_grids"
COLUMNS: dict[str, tuple[str, ...]] = {
    GRID_WORKERS: ("code", "name", "account"),
    WORKER_ASSIGNMENTS: ("worker_code", "grid_code", "kind", "from_day", "until_day"),
    PARTY_ORGANISATIONS: ("grid_code", "kind", "name"),
    PROGRAMMES: ("grid_code", "programme"),
    POLICE_BEATS: ("code", "name", "division_code"),
    BEAT_GRIDS: ("grid_code", "beat_code"),
}
FIRST_DAY = date(2025, 1, 1)  # of invented people
INVENTED = {
    # Of a hundred grids so many have one; the letter begins the staff code.
    WorkerKind.GRID_LEADER: (100, "L"),
    WorkerKind.FULL_TIME: (97, "W"),
    WorkerKind.PART_TIME: (40, "P"),
    WorkerKind.SUPERVISOR: (4, "S"),
    WorkerKind.VOLUNTEER: (15, "V"),
    WorkerKind.POLICE: (10, "J"),
}

PARTY_KINDS = (
    *[PartyOrganisationKind.GRID_BRANCH] * 5,
    *[PartyOrganisationKind.BUILDING_GROUP] * 2,
    *[PartyOrganisationKind.MEMBER_HOUSEHOLD] * 2,
    PartyOrganisationKind.OTHER,
)
"""Of ten invented organisations so many are of a kind. Every grid has one, as the study says."""
TOWNSHIP = 4  # codes of a path down to the township, which has one invented beat
OUTPOST_PERCENT = 10  # of grids take part in the programme


@dataclass(slots=True)
class Facts:
    workers: list[GridWorkerRow] = field(default_factory=list)
    assignments: list[WorkerAssignmentRow] = field(default_factory=list)
    party: list[PartyOrganisationRow] = field(default_factory=list)
    programmes: list[ProgrammeGridRow] = field(default_factory=list)
    beats: list[PoliceBeatRow] = field(default_factory=list)
    beat_grids: list[tuple[int, str]] = field(default_factory=list)  # grid id, code of the beat


async def import_facts(
    db: Database, realm: Realm, folder: Path | None, *, dry_run: bool = False, progress: Progress | None = None
) -> ImportReport:
    """From the files of a folder, some of which may be missing; without a folder the invented ones."""
    async with db.read() as session:
        grids = await grids_by_code(session)
        paths = await division_paths(session)
    errors = Errors()
    facts = invented(realm, grids) if folder is None else _read(folder, realm, grids, paths, errors)

    async def save(session: Session) -> dict[str, Counts]:
        return {
            GRID_WORKERS: await save_grid_workers(session, facts.workers, progress),
            WORKER_ASSIGNMENTS: await save_worker_assignments(session, facts.assignments, progress),
            PARTY_ORGANISATIONS: await save_party_organisations(session, facts.party, progress),
            PROGRAMMES: await save_programmes(session, facts.programmes),
            POLICE_BEATS: await save_police_beats(session, facts.beats),
            BEAT_GRIDS: await _link(session, facts, progress),
        }

    return await all_or_nothing(db, errors, save, dry_run=dry_run)


async def _link(session: Session, facts: Facts, progress: Progress | None) -> Counts:
    known = await beat_ids(session)
    rows = [BeatGridRow(grid_id, known[beat]) for grid_id, beat in facts.beat_grids]
    return await save_beat_grids(session, rows, progress)


def invented(realm: Realm, grids: dict[str, tuple[int, str]]) -> Facts:
    """The same people on every machine: codes instead of names, marked as sample data. Nothing is random."""
    facts = Facts()
    beats: dict[str, PoliceBeatRow] = {}
    for code, (grid_id, path) in sorted(grids.items()):
        draws = blake2b(f"workers:{code}".encode(), digest_size=8).digest()
        since = FIRST_DAY + timedelta(days=draws[7])
        for kind, staff in _staff(code, draws):
            account = f"GRID_WORKER:{code}" if kind is WorkerKind.FULL_TIME else None
            facts.workers.append(GridWorkerRow(staff, f"样例{kind.label}", account, True))
            facts.assignments.append(WorkerAssignmentRow(realm, staff, grid_id, kind, since, path, None))
        *above, township = path.split("/")[:TOWNSHIP]
        beat = f"J{township}"
        whole = "/".join([*above, township, ""])
        beats.setdefault(beat, PoliceBeatRow(beat, f"样例警格 {township}", township, whole))
        facts.beat_grids.append((grid_id, beat))
        organisation = PARTY_KINDS[draws[6] % len(PARTY_KINDS)]
        facts.party.append(PartyOrganisationRow(grid_id, organisation, f"样例{organisation.label}"))
        if draws[5] * 100 < OUTPOST_PERCENT * 256:
            facts.programmes.append(ProgrammeGridRow(grid_id, GridProgramme.SAFETY_OUTPOST))
    facts.beats = list(beats.values())
    return facts


def _staff(code: str, draws: bytes) -> Iterator[tuple[WorkerKind, str]]:
    for place, (kind, (share, letter)) in enumerate(INVENTED.items()):
        if draws[place] * 100 < share * 256:
            yield kind, f"{letter}{code}"


def _read(
    folder: Path, realm: Realm, grids: dict[str, tuple[int, str]], paths: dict[str, str], errors: Errors
) -> Facts:
    if not any((folder / f"{kind}.csv").is_file() for kind in COLUMNS):
        names = "、".join(f"{kind}.csv" for kind in COLUMNS)
        errors.add(folder.name, 0, "", f"文件夹内没有可导入的文件：{names}", "the folder holds none of these files")
    facts = Facts()
    facts.workers = rows_of(folder, GRID_WORKERS, COLUMNS[GRID_WORKERS], ("code",), _worker, errors)
    codes = {row.code for row in facts.workers}

    def assignment(line: Line) -> WorkerAssignmentRow:
        worker = line.code("worker_code")
        if worker not in codes:
            raise BadCell("worker_code", f"人员「{worker}」不存在", f"worker {worker!r} is unknown")
        grid_id, path = _grid(line, grids)
        first = line.day("from_day")
        until = line.day("until_day") if line.has("until_day") else None
        if until is not None and until < first:
            raise BadCell("until_day", "截止日期早于开始日期", "until_day lies before from_day")
        return WorkerAssignmentRow(realm, worker, grid_id, line.word("kind", WorkerKind), first, path, until)

    key = ("worker_code", "grid_code", "kind", "from_day")
    columns = COLUMNS[WORKER_ASSIGNMENTS]
    facts.assignments = rows_of(folder, WORKER_ASSIGNMENTS, columns, key, assignment, errors)
    _read_places(folder, grids, paths, facts, errors)
    return facts


def _read_places(
    folder: Path, grids: dict[str, tuple[int, str]], paths: dict[str, str], facts: Facts, errors: Errors
) -> None:
    def organisation(line: Line) -> PartyOrganisationRow:
        kind = line.word("kind", PartyOrganisationKind)
        return PartyOrganisationRow(_grid(line, grids)[0], kind, line.text("name", 80))

    def programme(line: Line) -> ProgrammeGridRow:
        return ProgrammeGridRow(_grid(line, grids)[0], line.word("programme", GridProgramme))

    def beat(line: Line) -> PoliceBeatRow:
        code = line.digits("division_code", (2, 4, 6, 9, 12))
        if code not in paths:
            raise BadCell("division_code", f"行政区划「{code}」不存在", f"division {code!r} is unknown")
        return PoliceBeatRow(line.code("code"), line.text("name", 80), code, paths[code])

    def link(line: Line) -> tuple[int, str]:
        code = line.code("beat_code")
        if code not in {row.code for row in facts.beats}:
            raise BadCell("beat_code", f"警格「{code}」不存在", f"beat {code!r} is unknown")
        return _grid(line, grids)[0], code

    facts.beats = rows_of(folder, POLICE_BEATS, COLUMNS[POLICE_BEATS], ("code",), beat, errors)
    facts.beat_grids = rows_of(folder, BEAT_GRIDS, COLUMNS[BEAT_GRIDS], ("grid_code",), link, errors)
    key = ("grid_code", "kind", "name")
    columns = COLUMNS[PARTY_ORGANISATIONS]
    facts.party = rows_of(folder, PARTY_ORGANISATIONS, columns, key, organisation, errors)
    facts.programmes = rows_of(folder, PROGRAMMES, COLUMNS[PROGRAMMES], ("grid_code",), programme, errors)


def _worker(line: Line) -> GridWorkerRow:
    account = line.text("account", 120) if line.has("account") else None
    return GridWorkerRow(line.code("code"), line.text("name", 40), account, False)


def _grid(line: Line, grids: dict[str, tuple[int, str]]) -> tuple[int, str]:
    code = line.cells["grid_code"]
    if code not in grids:
        raise BadCell("grid_code", f"网格「{code}」不存在", f"grid {code!r} is unknown")
    return grids[code]
