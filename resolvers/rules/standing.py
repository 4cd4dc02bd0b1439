"""How somebody stands to a case. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from db.vocabulary import Role


class Party(StrEnum):
    """Who may act by relation rather than by role."""

    SUBMITTER = "SUBMITTER"  # whoever handed this case in
    SHARER = "SHARER"  # a unit the case is shared with
    FOLLOWER = "FOLLOWER"  # who follows it without having handed it in


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to one case: the roles they hold over it, and what else ties them to it."""

    roles: frozenset[Role]
    is_submitter: bool
    is_sharer: bool = False
    is_follower: bool = False
    dispatches_for: frozenset[str] = frozenset()  # codes of divisions whose own dispatcher they are
    commands: frozenset[str] = frozenset()  # paths of divisions whose commander they are
    shared_with: frozenset[int] = frozenset()  # units of theirs that it is shared with

    def is_one_of(self, who: frozenset[Role | Party]) -> bool:
        return (
            bool(self.roles & who)
            or (self.is_submitter and Party.SUBMITTER in who)
            or (self.is_sharer and Party.SHARER in who)
            or (self.is_follower and Party.FOLLOWER in who)
        )
