"""Why somebody follows a case: by choice, or because a duplicate of theirs was merged into it."""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('case_followers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('merged_case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('case_followers', schema=None) as batch_op:
        batch_op.drop_column('merged_case_id')
