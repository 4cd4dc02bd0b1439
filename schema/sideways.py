"""What a case shows of the units beside its responsible one."""

from __future__ import annotations

import strawberry

from schema.children import DividedCase
from schema.links import LinkedCase
from schema.rulings import DisputedCase
from schema.shares import SharedCase
from schema.visits import VisitedCase


@strawberry.type
class SidewaysCase(SharedCase, DisputedCase, LinkedCase, DividedCase, VisitedCase): ...
