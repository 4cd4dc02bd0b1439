"""Promised answers to consultations that are overdue are said once.

Revision ID: 0049
Revises: 0048
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None

PROMISED = "flagged_at IS NULL AND answered_at IS NULL AND withdrawn_at IS NULL"


def upgrade() -> None:
    with op.batch_alter_table("consultations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("flagged_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_consultations_promised",
            ["answer_by"],
            sqlite_where=sa.text(PROMISED),
            postgresql_where=sa.text(PROMISED),
        )


def downgrade() -> None:
    with op.batch_alter_table("consultations", schema=None) as batch_op:
        batch_op.drop_index("ix_consultations_promised")
        batch_op.drop_column("flagged_at")
