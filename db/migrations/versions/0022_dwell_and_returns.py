"""Indexes for how long cases stand in a link, and who sends back to whom."""

import sqlalchemy as sa
from alembic import op


revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index('ix_cases_dwell', ['realm', 'stage', 'stage_at', 'division_path'], unique=False,
                              sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))
    with op.batch_alter_table('steps', schema=None) as batch_op:
        batch_op.create_index('ix_steps_returns', ['at', 'case_id'], unique=False,
                              sqlite_where=sa.text("action = 'RETURN'"),
                              postgresql_where=sa.text("action = 'RETURN'"))


def downgrade() -> None:
    with op.batch_alter_table('steps', schema=None) as batch_op:
        batch_op.drop_index('ix_steps_returns')
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_dwell')
