"""Who else sees a case: units it is shared with, people who follow it."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_followers',
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('follower_key', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.PrimaryKeyConstraint('case_id', 'follower_key')
    )
    with op.batch_alter_table('case_followers', schema=None) as batch_op:
        batch_op.create_index('ix_case_followers_key', ['follower_key', 'case_id'], unique=False)

    op.create_table('case_shares',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('share_right', sa.String(length=40), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('shared_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('case_shares', schema=None) as batch_op:
        batch_op.create_index('ix_case_shares_case', ['case_id', 'department_id'], unique=False)
        batch_op.create_index('ix_case_shares_department', ['department_id', 'case_id'], unique=False)

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('shared_unit_ids', sa.JSON(), server_default='[]', nullable=False))
        batch_op.add_column(sa.Column('follower_keys', sa.JSON(), server_default='[]', nullable=False))



def downgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_column('follower_keys')
        batch_op.drop_column('shared_unit_ids')

    with op.batch_alter_table('case_shares', schema=None) as batch_op:
        batch_op.drop_index('ix_case_shares_department')
        batch_op.drop_index('ix_case_shares_case')

    op.drop_table('case_shares')
    with op.batch_alter_table('case_followers', schema=None) as batch_op:
        batch_op.drop_index('ix_case_followers_key')

    op.drop_table('case_followers')
