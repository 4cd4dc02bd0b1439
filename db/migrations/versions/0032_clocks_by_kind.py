"""Clocks that stopped, by kind and time."""

from alembic import op

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('stopped_clocks', schema=None) as batch_op:
        batch_op.create_index('ix_stopped_clocks_kind', ['kind', 'stopped_at', 'case_id', 'was_late'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('stopped_clocks', schema=None) as batch_op:
        batch_op.drop_index('ix_stopped_clocks_kind')
