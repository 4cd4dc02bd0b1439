"""What never arrived: messages of an order are found by it.

Revision ID: 0045
Revises: 0044
"""

from __future__ import annotations

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_webhook_deliveries_arrived", "webhook_deliveries", ["work_order_id", "state"])


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_arrived", "webhook_deliveries")
