"""What the units that a case is shared with may do, and what they find."""

import sqlalchemy as sa
from alembic import op


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('assisting_unit_ids', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('joint_unit_ids', sa.JSON(), server_default='[]', nullable=False))

    with op.batch_alter_table('dispositions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('share_right', sa.String(length=40), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('dispositions', schema=None) as batch_op:
        batch_op.drop_column('share_right')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_column('joint_unit_ids')
        batch_op.drop_column('assisting_unit_ids')
