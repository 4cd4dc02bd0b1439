"""What comes in to the demo city: residents, enterprises, staff on their rounds, the hotline, sensors, rain."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from api.demo.agenda import Entry
from api.demo.reference import Spot
from api.demo.rhythm import Rain, clouds, is_winter
from api.demo.stage import Stage
from api.demo.stories import (
    BY_KIND,
    ESTATES,
    LEADS,
    MARKS,
    RAIN,
    ROADS,
    SENSED,
    SENSOR,
    SETTLED_BY_HAND,
    SHOPS,
    STORIES,
    SURNAMES,
    TAILS,
    VILLAGE_PLACES,
    WHENS,
    WINTER,
)
from db.vocabulary import CaseKind, CaseSource, EvidenceKind, MatterDomain, Priority, Role
from resolvers import submitting
from resolvers.submitting import Submission

RESIDENTS, ENTERPRISES = 900, 120  # accounts that hand things in again and again
HOTLINE, SENSORS = "12345", "sensors"
HANDED_IN_BY: dict[Role | str, float] = {
    Role.RESIDENT: 34, Role.ENTERPRISE: 6, Role.GRID_WORKER: 38, Role.COMMUNITY_WORKER: 9, Role.PATROL_OFFICER: 9,
    HOTLINE: 3, SENSORS: 2,
}  # fmt: skip
DOMAIN_SHARES = {MatterDomain.CITY_MANAGEMENT: 0.50, MatterDomain.HAZARD: 0.19, MatterDomain.MEDIATION: 0.18}
BREADTH_SHARE = 0.13  # of all other domains together
BY_HAND_SHARE = 4.0  # grid and community workers report what they settle themselves so much oftener
URGENT_SHARE = 0.35  # an urgent matter is that much rarer than an ordinary one of its domain
NOT_FOR = {  # what somebody of that role has no reason to report
    Role.ENTERPRISE: frozenset({MatterDomain.POPULATION, MatterDomain.COUNSELLING, MatterDomain.INFORMATION}),
    Role.PATROL_OFFICER: frozenset(MatterDomain) - {MatterDomain.CITY_MANAGEMENT, MatterDomain.HAZARD},
}
AGAIN_SHARE = 0.07  # of submissions that tell what somebody else has just told
UNNAMED_SHARE = 0.2  # of residents who choose no matter
PHOTO_SHARE = 0.08
RESENT_SHARE = 0.15  # of batches that repeat an item, as source systems do


@dataclass(frozen=True, slots=True)
class Told:
    """What was handed in lately, to be handed in again by somebody else."""

    spot: Spot
    matter_id: int


class Arrivals:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._lately: deque[Told] = deque(maxlen=40)
        self._sent: dict[str, Submission] = {}  # the last item of each source system
        self._rain: Rain | None = None
        self._offers: dict[tuple[Role, bool], tuple[list[Any], list[float]]] = {}

    @property
    def is_raining(self) -> bool:
        return self._rain is not None

    def look_at_the_sky(self) -> None:
        stage = self._stage
        if self._rain is None and clouds(stage.rng, stage.clock()) and self._known(RAIN):
            county = stage.reference.spot(stage.rng).county
            spots = [spot for spot in stage.reference.spots if spot.county == county]
            self._rain = Rain(spots, stage.rng.randint(10, 24))

    async def one_more(self) -> list[Entry]:
        """Hand something in; the cases that came of it, oldest first."""
        who = self._stage.by_weight(HANDED_IN_BY)
        if isinstance(who, Role):
            return await self._by_person(who)
        return await self._by_system(who)

    async def _by_person(self, role: Role) -> list[Entry]:
        stage = self._stage
        spot, matter = self._what(role)
        if self._lately and stage.chance(AGAIN_SHARE):
            told = stage.one(self._lately)
            spot, matter = told.spot, stage.reference.matters[told.matter_id]
        self._lately.append(Told(spot, matter.id))
        call = await stage.call(role, self._account(role, spot))
        submission = self._submission(role, spot, matter)
        is_public = role in (Role.RESIDENT, Role.ENTERPRISE)
        if is_public:
            submission = self._with_contact(role, submission)
        if is_public and stage.chance(UNNAMED_SHARE):
            submission = replace(submission, matter_id=None, kind=matter.kind)
        if stage.chance(PHOTO_SHARE):
            submission = replace(submission, evidence=await stage.evidence(call.viewer, EvidenceKind.BEFORE))
        result = await submitting.submit(stage.db, call, submission)
        return [Entry(result.case_id, matter.priority, matter_id=matter.id)]

    async def _by_system(self, account: str) -> list[Entry]:
        stage = self._stage
        call = await stage.call(Role.SOURCE_SYSTEM, account)
        items: dict[str, tuple[Submission, Any]] = {}
        for number in range(stage.rng.randint(2, 5) if account == HOTLINE else stage.rng.randint(1, 2)):
            spot, matter = self._what(Role.SOURCE_SYSTEM, sensed=account == SENSORS)
            item = self._submission(Role.SOURCE_SYSTEM, spot, matter, sensed=account == SENSORS)
            item = replace(item, external_id=f"{call.key}-{number}")
            items[f"{call.key}-{number}"] = (item, matter)
        batch = [item for item, _ in items.values()]
        if account in self._sent and stage.chance(RESENT_SHARE):
            batch.append(self._sent[account])
        result = await submitting.ingest(stage.db, call, batch)
        self._sent[account] = batch[0]
        return [
            Entry(one.case_id, items[one.external_id][1].priority, matter_id=items[one.external_id][1].id)
            for one in result.items
            if one.is_new and one.case_id is not None
        ]

    # Where and what

    def _what(self, role: Role, *, sensed: bool = False) -> tuple[Spot, Any]:
        stage = self._stage
        if self._rain is not None and stage.chance(0.7):
            spot, matters = stage.one(self._rain.spots), self._known(RAIN)
            self._rain.cases_left -= 1
            if self._rain.cases_left <= 0:
                self._rain = None
            return spot, stage.rng.choices(matters, [2.0**-index for index in range(len(matters))])[0]
        spot = stage.reference.spot(stage.rng)
        if sensed and (seen := self._known(SENSED)):
            return spot, stage.one(seen)
        return spot, stage.rng.choices(*self._offered(role))[0]

    def _known(self, codes: tuple[str, ...]) -> list[Any]:
        reference = self._stage.reference
        return [reference.matters[reference.matter_ids[code]] for code in codes if code in reference.matter_ids]

    def _offered(self, role: Role) -> tuple[list[Any], list[float]]:
        """Matters this role may report now, and how often each comes."""
        is_cold = is_winter(self._stage.clock())
        if (role, is_cold) not in self._offers:
            self._offers[role, is_cold] = self._weighed(role, is_cold)
        return self._offers[role, is_cold]

    def _weighed(self, role: Role, is_cold: bool) -> tuple[list[Any], list[float]]:
        matters = [
            matter
            for matter in self._stage.reference.matters.values()
            if matter.domain not in NOT_FOR.get(role, ()) and (is_cold or matter.code not in WINTER)
        ]
        if not matters:
            matters = list(self._stage.reference.matters.values())
        in_depth = [matter.domain for matter in matters if matter.domain in DOMAIN_SHARES]
        others = len(matters) - len(in_depth)
        weights = []
        for matter in matters:
            share = DOMAIN_SHARES.get(matter.domain)
            weight = share / in_depth.count(matter.domain) if share else BREADTH_SHARE / others
            if role in (Role.GRID_WORKER, Role.COMMUNITY_WORKER) and matter.code.startswith(SETTLED_BY_HAND):
                weight *= BY_HAND_SHARE
            weights.append(weight * (URGENT_SHARE if matter.priority is Priority.URGENT else 1))
        return matters, weights

    # Who

    def _account(self, role: Role, spot: Spot) -> str:
        rng = self._stage.rng
        match role:
            case Role.RESIDENT:
                return f"resident-{rng.randint(1, RESIDENTS)}"
            case Role.ENTERPRISE:
                return f"enterprise-{rng.randint(1, ENTERPRISES)}"
            case Role.GRID_WORKER:
                return spot.grid_code
            case Role.COMMUNITY_WORKER:
                return spot.community_code
            case _:
                return spot.county

    def _with_contact(self, role: Role, submission: Submission) -> Submission:
        stage = self._stage
        phone = f"199000{stage.rng.randrange(100_000):05}"
        if role is Role.ENTERPRISE:
            return replace(
                submission, contact_name=stage.one(("行政负责人", "安全员", "门店店长")), contact_phone=phone
            )
        if stage.chance(0.3):
            return submission
        return replace(submission, contact_name=f"{stage.one(SURNAMES)}某", contact_phone=phone)

    # In which words

    def _submission(self, role: Role, spot: Spot, matter: Any, *, sensed: bool = False) -> Submission:
        stage = self._stage
        slots = self._slots(spot, matter)
        source, priority = None, None
        if sensed and matter.code in SENSOR:
            text, source = stage.one(SENSOR[matter.code]), CaseSource.SENSOR
        else:
            stories = STORIES.get(matter.code) or BY_KIND[matter.kind]
            is_public = role in (Role.RESIDENT, Role.ENTERPRISE, Role.SOURCE_SYSTEM)
            voice = str(role) if is_public or matter.kind is CaseKind.PROBLEM else "ON_BEHALF"
            tails = TAILS[matter.kind] if is_public else TAILS.get(voice, TAILS["STAFF"])
            text = stage.one(LEADS[voice]) + stage.one(stories) + stage.one(tails)
        if role is Role.SOURCE_SYSTEM:
            source = source or (CaseSource.VIDEO if sensed else CaseSource.HOTLINE)
        elif role not in (Role.RESIDENT, Role.ENTERPRISE) and stage.chance(0.04):
            priority = Priority.IMPORTANT
        return Submission(
            text.format_map(slots),
            kind=CaseKind.TIP_OFF if matter.kind is CaseKind.PROBLEM and stage.chance(0.02) else None,
            matter_id=matter.id,
            grid_id=spot.grid_id,
            address=None if stage.chance(0.25) else f"{slots['road']}{stage.rng.randint(1, 388)}号",
            priority=None if priority is None or matter.priority is Priority.URGENT else priority,
            source=source,
        )

    def _slots(self, spot: Spot, matter: Any) -> dict[str, object]:
        stage, rng = self._stage, self._stage.rng
        road, other = rng.sample(ROADS, 2)
        corner = stage.one((f"{road}{stage.one(MARKS)}", f"{road}与{other}路口", f"{road}{rng.randint(1, 388)}号前"))
        return {
            "spot": stage.one(VILLAGE_PLACES) if spot.is_rural and stage.chance(0.6) else corner,
            "road": road,
            "estate": stage.one(ESTATES),
            "shop": stage.one(SHOPS),
            "when": stage.one(WHENS),
            "matter": matter.name,
            "n": rng.randint(2, 9),
            "cm": rng.randint(8, 55),
            "days": rng.randint(2, 12),
            "hour": rng.randint(9, 11),
            "age": rng.randint(71, 93),
            "building": rng.randint(10, 38),
            "floor": rng.randint(2, 17),
            "pct": rng.randint(12, 40),
            "device": f"{rng.randint(1, 400):03}号",
        }
