"""A case's way between levels; when somebody has seen an urgent case."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
CODE = sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('hops',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('case_id', BIG_ID, nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('direction', sa.String(length=40), nullable=False),
    sa.Column('from_code', CODE, nullable=False),
    sa.Column('to_code', CODE, nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('received_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
    sa.Column('answer_passed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['from_code'], ['divisions.code'], ),
    sa.ForeignKeyConstraint(['to_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('hops', schema=None) as batch_op:
        batch_op.create_index('ix_hops_case', ['case_id', 'id'], unique=False)
        batch_op.create_index('ix_hops_unreceived', ['realm', 'at'], unique=False,
                              sqlite_where=sa.text('received_at IS NULL'),
                              postgresql_where=sa.text('received_at IS NULL'))

    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.add_column(sa.Column('hops', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('hop_id', BIG_ID, nullable=True))
        batch_op.add_column(sa.Column('answer_with', CODE, nullable=True))
        batch_op.add_column(sa.Column('acknowledged_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('acknowledged_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True))
        batch_op.create_index('ix_cases_held', ['realm', 'held_by', 'id'], unique=False,
                              sqlite_where=sa.text('is_open = 1'), postgresql_where=sa.text('is_open'))


def downgrade() -> None:
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.drop_index('ix_cases_held')
        batch_op.drop_column('acknowledged_by')
        batch_op.drop_column('acknowledged_at')
        batch_op.drop_column('answer_with')
        batch_op.drop_column('hop_id')
        batch_op.drop_column('hops')

    with op.batch_alter_table('hops', schema=None) as batch_op:
        batch_op.drop_index('ix_hops_unreceived')
        batch_op.drop_index('ix_hops_case')

    op.drop_table('hops')
