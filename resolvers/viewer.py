"""Who is calling: a principal with its grants, resolved once per token."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from db.scope import Grant, Masking, Scope, ScopeKind
from db.vocabulary import Realm, Role
from db.vocabulary.integration import KeyScope

NO_PERSONAL_DATA = frozenset({Role.ANALYST, Role.DISPLAY, Role.PROVIDER_STAFF, Role.PROVIDER_ADMIN})
ONLY_OWN = frozenset({Role.RESIDENT, Role.ENTERPRISE, Role.SOURCE_SYSTEM})
READ_ONLY = frozenset({Role.ANALYST, Role.DISPLAY, Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says."""

    subject: str
    realm: Realm
    grants: tuple[tuple[Role, str], ...]  # role and scope code
    name: str
    issued_at: datetime
    expires_at: datetime
    token_id: str
    app: str | None = None  # client app the token is bound to
    key_scopes: frozenset[KeyScope] | None = None  # of a service account's key; None: of a person


class Standing:
    """Whether rights are still what they were when they were looked up."""

    __slots__ = ("is_current",)

    def __init__(self) -> None:
        self.is_current = True


@dataclass(frozen=True, slots=True)
class Viewer:
    principal: str  # stable name of the account, e.g. "HANDLER:D3205-CG"; also its submitter key
    name: str  # shown beside what it did: a unit or a role, never a private person's name
    scope: Scope
    expires_at: datetime | None = None
    claims: Claims | None = None  # of the token, to look the rights up again; None for SYSTEM
    app: str | None = None  # code of the client app they speak through
    standing: Standing = field(default_factory=Standing, compare=False, repr=False)

    @property
    def realm(self) -> Realm:
        return self.scope.realm

    @property
    def grants(self) -> frozenset[Grant]:
        return self.scope.grants

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.scope.grants)

    @property
    def language(self) -> str:
        return self.scope.language

    def with_role(self, role: Role) -> Grant | None:
        """The first grant that carries `role`, in a stable order."""
        return next((grant for grant in sorted(self.scope.grants) if grant.role is role), None)


def masking_for(roles: frozenset[Role]) -> Masking:
    """Nothing personal for who holds such a role and no working one; what one handed in oneself is shown anyway."""
    sees_none = bool(roles & NO_PERSONAL_DATA) and roles <= NO_PERSONAL_DATA | ONLY_OWN
    return Masking.NONE_PERSONAL if sees_none else Masking.WORKING


def system_viewer(realm: Realm) -> Viewer:
    """Gridcast itself, for timers and follow-up actions."""
    grants = frozenset({Grant(Role.SYSTEM, ScopeKind.ALL)})
    return Viewer("SYSTEM", "系统", Scope(realm, grants, Masking.WORKING, "zh"))
