"""What centres are able to do, who sits there, and their shifts."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
CODE = sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql')
PATH = sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql')


def upgrade() -> None:
    with op.batch_alter_table('centres', schema=None) as batch_op:
        batch_op.add_column(sa.Column('capabilities', sa.JSON(), server_default='[]', nullable=False))

    op.create_table('seats',
    sa.Column('centre_code', CODE, nullable=False),
    sa.Column('department_id', BIG_ID, nullable=False),
    sa.Column('duty', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.ForeignKeyConstraint(['centre_code'], ['centres.division_code'], ),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], ),
    sa.PrimaryKeyConstraint('centre_code', 'department_id')
    )
    op.create_table('shifts',
    sa.Column('id', BIG_ID, nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('centre_code', CODE, nullable=False),
    sa.Column('path', PATH, nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('leader', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('leader_name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('planned_end_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('handed_over_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('handed_over_by', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
    sa.Column('handed_over_name', sqlmodel.sql.sqltypes.AutoString(length=80), nullable=True),
    sa.Column('handover', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('note', sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_id', BIG_ID, nullable=True),
    sa.ForeignKeyConstraint(['centre_code'], ['centres.division_code'], ),
    sa.ForeignKeyConstraint(['next_id'], ['shifts.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('shifts', schema=None) as batch_op:
        batch_op.create_index('ix_shifts_centre', ['realm', 'centre_code', 'id'], unique=False)
        batch_op.create_index('ix_shifts_running', ['realm', 'centre_code'], unique=True,
                              sqlite_where=sa.text('ended_at IS NULL'),
                              postgresql_where=sa.text('ended_at IS NULL'))


def downgrade() -> None:
    with op.batch_alter_table('shifts', schema=None) as batch_op:
        batch_op.drop_index('ix_shifts_running')
        batch_op.drop_index('ix_shifts_centre')

    op.drop_table('shifts')
    op.drop_table('seats')
    with op.batch_alter_table('centres', schema=None) as batch_op:
        batch_op.drop_column('capabilities')
