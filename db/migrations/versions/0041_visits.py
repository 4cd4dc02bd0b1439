"""Visits, matters that ask for one, and how pressing and risky a case is."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0041'
down_revision = '0040'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_visits',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('actor', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('actor_role', sa.String(length=40), nullable=False),
    sa.Column('visited_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('longitude', sa.Float(), nullable=False),
    sa.Column('latitude', sa.Float(), nullable=False),
    sa.Column('metres', sa.Integer(), nullable=True),
    sa.Column('is_proof', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('case_visits', schema=None) as batch_op:
        batch_op.create_index('ix_case_visits_case', ['case_id', 'id'], unique=False)

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('visits', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('is_pressing', sa.Boolean(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('risk', sa.String(length=40), nullable=True))

    with op.batch_alter_table('matters', schema=None) as batch_op:
        batch_op.add_column(sa.Column('needs_visit', sa.Boolean(), server_default='0', nullable=False))



def downgrade() -> None:
    with op.batch_alter_table('matters', schema=None) as batch_op:
        batch_op.drop_column('needs_visit')

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_column('risk')
        batch_op.drop_column('is_pressing')
        batch_op.drop_column('visits')

    with op.batch_alter_table('case_visits', schema=None) as batch_op:
        batch_op.drop_index('ix_case_visits_case')

    op.drop_table('case_visits')
