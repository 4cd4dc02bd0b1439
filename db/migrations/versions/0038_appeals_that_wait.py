"""Find the lateness appeals that wait for a decision."""

import sqlalchemy as sa
from alembic import op


revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None

WAITS = 'appealed_at IS NOT NULL AND appeal_decided_at IS NULL'


def upgrade() -> None:
    op.create_index(
        'ix_cases_appeal', 'cases', ['realm', 'id'], unique=False, sqlite_where=sa.text(WAITS), postgresql_where=sa.text(WAITS)
    )


def downgrade() -> None:
    op.drop_index('ix_cases_appeal', table_name='cases', sqlite_where=sa.text(WAITS), postgresql_where=sa.text(WAITS))
