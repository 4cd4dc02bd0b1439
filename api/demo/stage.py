"""What every actor of the demo city needs: the database, the time, chance, a viewer to act as, and words."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from api.demo.album import Album
from api.demo.reference import Reference
from api.demo.sentences import BASES, CREWS, DISPOSITIONS, FINDINGS, MEDIATIONS, RESPONSES, SERVICES
from db import places
from db.clock import Clock
from db.database import Database
from db.tallies import ancestors
from db.vocabulary import CaseKind, CaseOutcome, EvidenceKind, Realm, Role
from resolvers.advance import Disposition
from resolvers.call import Call
from resolvers.viewer import Viewer
from resolvers.viewing import viewer_of

VIEWERS = 4_096  # remembered; the least recently used are forgotten

T = TypeVar("T")


class Stage:
    def __init__(
        self, db: Database, clock: Clock, rng: random.Random, reference: Reference, album: Album, key_prefix: str
    ) -> None:
        self.db = db
        self.clock = clock
        self.rng = rng
        self.reference = reference
        self._album = album
        self._key_prefix = key_prefix
        self._keys = 0
        self.not_permitted = 0  # grid tasks the permit list refused
        self._viewers: OrderedDict[tuple[Role, str], Viewer] = OrderedDict()

    # Chance

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def one(self, of: Sequence[T]) -> T:
        return self.rng.choice(of)

    def by_weight(self, weights: Mapping[T, float]) -> T:
        return self.rng.choices(list(weights), list(weights.values()))[0]

    # Who acts

    def key(self) -> str:
        """Never used before on this database, unless the clock was set back to the very start of an earlier run."""
        self._keys += 1
        return f"{self._key_prefix}-{self._keys}"

    async def viewer(self, role: Role, code: str) -> Viewer:
        known = self._viewers.get((role, code))
        if known is None:
            known = await viewer_of(
                self.db,
                principal=f"{role}:{code}",
                realm=Realm.EXERCISE,
                grants=[(role, code)],
                name=None,
                language="zh",
                expires_at=None,
            )
            self._viewers[role, code] = known
            if len(self._viewers) > VIEWERS:
                self._viewers.popitem(last=False)
        else:
            self._viewers.move_to_end((role, code))
        return known

    async def call(self, role: Role, code: str, case: Any = None) -> Call:
        """One call as that role; on the case as it was read, where there is one."""
        version = None if case is None else case.version
        return Call(await self.viewer(role, code), self.clock(), self.key(), expected_version=version)

    async def of_county(self, role: Role, case: Any) -> Call:
        codes = ancestors(case.division_path)
        return await self.call(role, codes[min(2, len(codes) - 1)], case)

    async def of_dispatcher(self, case: Any) -> Call:
        """Of the centre that holds the case, once it has gone between levels; before that the county's."""
        if case.hops:
            return await self.call(Role.DISPATCHER, case.held_by, case)
        return await self.of_county(Role.DISPATCHER, case)

    async def of_prefecture(self, role: Role, case: Any) -> Call:
        codes = ancestors(case.division_path)
        return await self.call(role, codes[min(1, len(codes) - 1)], case)

    async def of_unit(self, case: Any) -> Call:
        return await self.call(Role.HANDLER, self.reference.department_codes[case.responsible_unit_id], case)

    async def of_provider(self, provider_id: int, case: Any) -> Call:
        return await self.call(Role.PROVIDER_STAFF, self.reference.provider_codes[provider_id], case)

    async def of_submitter(self, case: Any) -> Call:
        role, _, code = case.submitter_key.partition(":")
        return await self.call(Role[role], code, case)

    async def of_grid(self, case: Any) -> Call:
        """Its grid worker."""
        code = self.reference.grid_codes.get(case.grid_id)
        if code is None:  # handed in by others, outside of the sample
            async with self.db.read() as session:
                code = (await places.grids_by_id(session, [case.grid_id]))[case.grid_id].code
        return await self.call(Role.GRID_WORKER, code, case)

    # What they bring

    async def evidence(self, viewer: Viewer, *kinds: EvidenceKind) -> dict[str, EvidenceKind]:
        return {await self._album.photo(viewer, kind, self.rng.randrange(1_000)): kind for kind in kinds}

    def matter_name(self, case: Any) -> str:
        matter = self.reference.matters.get(case.matter_id)
        return str(matter.name) if matter else str(case.kind.label)

    def disposition(self, case: Any, outcome: CaseOutcome) -> Disposition:
        matter = self.reference.matters.get(case.matter_id)
        if case.kind is CaseKind.DISPUTE:
            templates: Sequence[str] = MEDIATIONS
        elif case.kind in (CaseKind.SERVICE_REQUEST, CaseKind.QUESTION, CaseKind.VOICE):
            templates = SERVICES
        else:
            templates = DISPOSITIONS
        standard = matter.standard if matter else "恢复原状"
        text = self.one(templates).format(finding=self.one(FINDINGS), crew=self.one(CREWS), standard=standard)
        return Disposition(text, self.one(BASES), outcome)

    def response(self, case: Any) -> str:
        unit = self.reference.department_names.get(case.responsible_unit_id, "工作人员")
        templates = RESPONSES.get(case.outcome, RESPONSES["RESOLVED"])
        return self.one(templates).format(matter=self.matter_name(case), unit=unit)
