"""Messages that are due are found webhook by webhook: what waits for one is not read for another.

Revision ID: 0047
Revises: 0046
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

WAITS = {"sqlite_where": sa.text("state = 'WAITING'"), "postgresql_where": sa.text("state = 'WAITING'")}


def upgrade() -> None:
    op.drop_index("ix_webhook_deliveries_due", "webhook_deliveries")
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["webhook_id", "next_at", "id"], **WAITS)


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_due", "webhook_deliveries")
    op.create_index("ix_webhook_deliveries_due", "webhook_deliveries", ["next_at", "id"], **WAITS)
