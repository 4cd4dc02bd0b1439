"""Who works a grid."""

from __future__ import annotations

from datetime import date
from typing import Any

import strawberry

from db.scope import Masking
from db.vocabulary.workers import WorkerKind
from resolvers.rules import access
from schema.context import Ask
from schema.shown import Shown, own


@strawberry.type(description="网格人员: somebody who works a grid.")
class GridWorker(Shown):
    row: strawberry.Private[Any]

    kind: WorkerKind = own("What they are to the grid.")
    is_sample: bool = own("Whether they are invented.")

    @strawberry.field(description="Staff code, unique.")
    def code(self) -> str:
        return str(self.row.worker_code)

    @strawberry.field(description="First local day.")
    def since(self) -> date:
        return self.row.from_day  # type: ignore[no-any-return]

    @strawberry.field(description="Masked name, e.g. 张**; null where nothing personal is shown.")
    def name(self, info: Ask) -> str | None:
        if info.context.viewer.scope.masking is Masking.NONE_PERSONAL:
            return None
        return access.masked_name(self.row.name)
