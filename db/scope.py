"""What somebody may see, as a pure value: grants, and what a grant covers.

`db.visible` says the same as a WHERE clause; a test holds the two equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from db.vocabulary import Realm, Role


class ScopeKind(StrEnum):
    ALL = "ALL"  # every case of the realm: SYSTEM only
    DIVISION = "DIVISION"  # a path prefix
    GRID = "GRID"  # a grid id
    DEPARTMENT = "DEPARTMENT"  # a department id
    SERVICE_PROVIDER = "SERVICE_PROVIDER"  # a service provider id
    SELF = "SELF"  # a submitter key: what one handed in oneself
    NOTHING = "NOTHING"  # administrators: no cases


class Masking(StrEnum):
    """How much of a person an answer may show."""

    WORKING = "WORKING"  # names and numbers masked, own words with numbers masked
    NONE_PERSONAL = "NONE_PERSONAL"  # nothing personal at all


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    role: Role
    kind: ScopeKind
    value: str = ""  # path prefix, id as text or submitter key, as `kind` says

    def covers(self, where: CaseColumns) -> bool:
        """Whether the case may be seen by this grant: because it `holds`, or because others let it see the case."""
        match self.kind:
            case ScopeKind.DEPARTMENT:
                return self.holds(where) or int(self.value) in where.shared_unit_ids
            case ScopeKind.SELF:
                return self.holds(where) or self.value in where.follower_keys
            case _:
                return self.holds(where)

    def holds(self, where: CaseColumns) -> bool:
        """Whether the role is held over the case: it lies there, or the unit answers for it, or one handed it in."""
        match self.kind:
            case ScopeKind.ALL:
                return True
            case ScopeKind.DIVISION:
                return where.division_path.startswith(self.value)
            case ScopeKind.GRID:
                return str(where.grid_id) == self.value
            case ScopeKind.DEPARTMENT:
                return str(where.responsible_unit_id) == self.value
            case ScopeKind.SERVICE_PROVIDER:
                return int(self.value) in where.service_provider_ids
            case ScopeKind.SELF:
                return where.submitter_key == self.value
            case ScopeKind.NOTHING:
                return False


@dataclass(frozen=True, slots=True)
class CaseColumns:
    """The columns of a case that decide who sees it and which filters match: what the journal keeps
    before and after every change."""

    division_path: str
    grid_id: int | None
    responsible_unit_id: int | None
    service_provider_ids: tuple[int, ...]
    submitter_key: str
    state: str
    kind: str
    matter_id: int | None
    priority: str
    shared_unit_ids: tuple[int, ...] = ()  # units it is shared with, which do not answer for it
    follower_keys: tuple[str, ...] = ()  # who follows it without having handed it in


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything about a viewer that an event's payload may depend on. Two viewers with equal scopes may
    share one execution; nothing reachable from `CaseEvent` may read the principal in any other way."""

    realm: Realm
    grants: frozenset[Grant]
    masking: Masking
    language: str  # "zh" or "en"

    def covers(self, where: CaseColumns) -> bool:
        return any(grant.covers(where) for grant in self.grants)

    def roles_over(self, where: CaseColumns) -> frozenset[Role]:
        """Roles held over the case because of where it lies or who works it; having handed it in gives none."""
        return frozenset(
            grant.role for grant in self.grants if grant.kind is not ScopeKind.SELF and grant.holds(where)
        )

    def handed_in(self, where: CaseColumns) -> bool:
        return any(grant.kind is ScopeKind.SELF and grant.holds(where) for grant in self.grants)

    def shares(self, where: CaseColumns) -> frozenset[int]:
        """Units of the viewer that the case is shared with."""
        units = {int(grant.value) for grant in self.grants if grant.kind is ScopeKind.DEPARTMENT}
        return frozenset(units.intersection(where.shared_unit_ids))

    def follows(self, where: CaseColumns) -> bool:
        return any(grant.kind is ScopeKind.SELF and grant.value in where.follower_keys for grant in self.grants)

    @property
    def digest(self) -> str:
        """Short fingerprint of realm and rights: a cursor of other rights must not be resumed with these."""
        text = "|".join([self.realm, self.masking, *(f"{g.role}:{g.kind}:{g.value}" for g in sorted(self.grants))])
        return blake2b(text.encode(), digest_size=5).hexdigest()
