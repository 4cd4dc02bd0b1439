"""Who works which grid, the tasks grids are given, and what they add up to."""

import sqlalchemy as sa
import sqlmodel
from alembic import op


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('burdens',
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('holder', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('grid_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('verifications', sa.Integer(), nullable=False),
    sa.Column('checks', sa.Integer(), nullable=False),
    sa.Column('submissions', sa.Integer(), nullable=False),
    sa.Column('self_handled', sa.Integer(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('overrides', sa.Integer(), nullable=False),
    sa.Column('ceiling', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('realm', 'day', 'holder', 'grid_id')
    )
    with op.batch_alter_table('burdens', schema=None) as batch_op:
        batch_op.create_index('ix_burdens_path', ['realm', 'day', 'path'], unique=False)

    op.create_table('grid_workers',
    sa.Column('code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
    sa.Column('account', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
    sa.Column('is_sample', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('code'),
    sa.UniqueConstraint('account')
    )
    op.create_table('burden_ceilings',
    sa.Column('division_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('tasks_per_day', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['division_code'], ['divisions.code'], ),
    sa.PrimaryKeyConstraint('division_code')
    )
    op.create_table('worker_handovers',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('from_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('to_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
    sa.Column('actor', sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['from_code'], ['grid_workers.code'], ),
    sa.ForeignKeyConstraint(['to_code'], ['grid_workers.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('worker_handovers', schema=None) as batch_op:
        batch_op.create_index('ix_worker_handovers_path', ['realm', 'path', 'id'], unique=False)

    op.create_table('handover_items',
    sa.Column('handover_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('what', sa.String(length=40), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['handover_id'], ['worker_handovers.id'], ),
    sa.PrimaryKeyConstraint('handover_id', 'what', 'item_id')
    )
    op.create_table('worker_assignments',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('worker_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=False),
    sa.Column('grid_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('path', sa.String(length=80).with_variant(sa.String(length=80, collation='C'), 'postgresql'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('from_day', sa.Date(), nullable=False),
    sa.Column('until_day', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['grid_id'], ['grids.id'], ),
    sa.ForeignKeyConstraint(['worker_code'], ['grid_workers.code'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('realm', 'worker_code', 'grid_id', 'kind', 'from_day')
    )
    with op.batch_alter_table('worker_assignments', schema=None) as batch_op:
        batch_op.create_index('ix_worker_assignments_grid', ['realm', 'grid_id', 'kind', 'from_day', 'until_day'], unique=False)
        batch_op.create_index('ix_worker_assignments_path', ['realm', 'path', 'kind', 'worker_code', 'from_day', 'until_day'], unique=False)

    op.create_table('grid_tasks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('realm', sa.String(length=40), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('grid_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('worker_code', sa.String(length=32).with_variant(sa.String(length=32, collation='C'), 'postgresql'), nullable=True),
    sa.Column('task', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('override_reason', sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], ),
    sa.ForeignKeyConstraint(['grid_id'], ['grids.id'], ),
    sa.ForeignKeyConstraint(['worker_code'], ['grid_workers.code'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('grid_tasks', schema=None) as batch_op:
        batch_op.create_index('ix_grid_tasks_open', ['case_id'], unique=False, sqlite_where=sa.text("state = 'OPEN'"), postgresql_where=sa.text("state = 'OPEN'"))
        batch_op.create_index('ix_grid_tasks_worker', ['realm', 'worker_code', 'state', 'id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('grid_tasks', schema=None) as batch_op:
        batch_op.drop_index('ix_grid_tasks_worker')
        batch_op.drop_index('ix_grid_tasks_open', sqlite_where=sa.text("state = 'OPEN'"), postgresql_where=sa.text("state = 'OPEN'"))

    op.drop_table('grid_tasks')
    with op.batch_alter_table('worker_assignments', schema=None) as batch_op:
        batch_op.drop_index('ix_worker_assignments_path')
        batch_op.drop_index('ix_worker_assignments_grid')

    op.drop_table('worker_assignments')
    op.drop_table('handover_items')
    with op.batch_alter_table('worker_handovers', schema=None) as batch_op:
        batch_op.drop_index('ix_worker_handovers_path')

    op.drop_table('worker_handovers')
    op.drop_table('burden_ceilings')
    op.drop_table('grid_workers')
    with op.batch_alter_table('burdens', schema=None) as batch_op:
        batch_op.drop_index('ix_burdens_path')

    op.drop_table('burdens')
