"""Cases whose period was published, and publications whose cases still have to be told."""

import sqlalchemy as sa
from alembic import op

revision = '0040'
down_revision = '0039'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('is_evaluated', sa.Boolean(), server_default='0', nullable=False))

    with op.batch_alter_table('assessment_publications', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cleared_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            'ix_assessment_publications_to_clear',
            ['id'],
            unique=False,
            sqlite_where=sa.text('cleared_at IS NULL'),
            postgresql_where=sa.text('cleared_at IS NULL'),
        )


def downgrade() -> None:
    with op.batch_alter_table('assessment_publications', schema=None) as batch_op:
        batch_op.drop_index('ix_assessment_publications_to_clear')
        batch_op.drop_column('cleared_at')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_column('is_evaluated')
